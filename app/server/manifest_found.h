// server/manifest_found.h: what the page that is read makes a browser fetch.
#ifndef WEFT_SERVER_MANIFEST_FOUND_H
#define WEFT_SERVER_MANIFEST_FOUND_H

#include "server/manifest.h"

#include <stdio.h>

enum { WEFT_FOUND_PATH_SIZE = 2048 };

/** The resources of one page of a folder, in the order in which they were found. */
struct weft_found {
    const char *dir;
    FILE *news; // hears of what is not there; may be NULL
    struct weft_arena arena;
    char page[WEFT_FOUND_PATH_SIZE]; // its path on the wire
    char base
        [WEFT_FOUND_PATH_SIZE]; // what its references are relative to; empty where they lead elsewhere
    struct weft_manifest_resource resources[WEFT_MANIFEST_RESOURCES_MOST];
    size_t count;
    size_t image_count; // the caller's
    size_t missing_count;
};

/**
 * Starts a page.
 *
 * file     its name below the folder, with a slash in front
 * returns  0 or a negative errno; to be deinitialised either way
 */
int weft_found_init(struct weft_found *found, const char *dir, const char *file, FILE *news);
void weft_found_deinit(struct weft_found *found);

/** A <base> says what references are relative to. */
void weft_found_set_base(struct weft_found *found, const char *url);

/**
 * Adds a resource where it is one of the folder's files and not there yet; of another origin it adds the origin. Of a
 * style sheet it adds what that names in turn.
 *
 * base  what `url` is relative to: a path on the wire
 */
void weft_found_add(struct weft_found *found, const char *base, struct weft_span url,
                    enum weft_manifest_as as, enum weft_manifest_crossorigin crossorigin,
                    unsigned depth);

/** Adds what a style sheet names. */
void weft_found_scan_css(struct weft_found *found, const char *base, struct weft_span css,
                         unsigned depth);

/** Writes the page of the manifest, what blocks the page first. Nothing where nothing was found. */
void weft_found_write(const struct weft_found *found, FILE *out);

#endif
