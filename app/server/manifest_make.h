// server/manifest_make.h: a manifest made by reading the HTML and CSS of a site.
#ifndef WEFT_SERVER_MANIFEST_MAKE_H
#define WEFT_SERVER_MANIFEST_MAKE_H

#include <stddef.h>
#include <stdio.h>

/** What was found. */
struct weft_manifest_made {
    size_t page_count;     // read
    size_t resource_count; // in the manifest, over all pages
    size_t missing_count;  // named, but not there; each was told
};

/**
 * Reads the HTML files of a folder, and the CSS that they name, and writes the manifest.
 *
 * out      the manifest
 * news     a line for each resource that is not there; may be NULL
 * returns  0 or a negative errno
 */
int weft_manifest_make(const char *dir, FILE *out, FILE *news, struct weft_manifest_made *made);

#endif
