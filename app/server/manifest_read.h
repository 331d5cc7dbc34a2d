// server/manifest_read.h: a manifest from its file, which is YAML (docs/delivery.md has the format).
#ifndef WEFT_SERVER_MANIFEST_READ_H
#define WEFT_SERVER_MANIFEST_READ_H

#include "server/manifest.h"

/** What is wrong, and where. */
struct weft_manifest_complaint {
    unsigned line; // from 1; 0 where it is of the file as a whole
    unsigned column;
    const char *text;
};

/** Who hears of what is wrong. */
struct weft_manifest_listener {
    void (*complain)(void *context, const struct weft_manifest_complaint *complaint);
    void *context;
};

/**
 * Reads a manifest. All that is wrong is told, not only the first of it.
 *
 * returns  NULL where anything is wrong
 */
struct weft_manifest *weft_manifest_read(const char *file,
                                         const struct weft_manifest_listener *listener);

/** The same from memory. */
struct weft_manifest *weft_manifest_read_bytes(struct weft_span bytes,
                                               const struct weft_manifest_listener *listener);

#endif
