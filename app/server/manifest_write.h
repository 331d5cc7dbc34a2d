// server/manifest_write.h: manifests as they stand in a file (docs/man/weft-manifest.1.scd has the format).
#ifndef WEFT_SERVER_MANIFEST_WRITE_H
#define WEFT_SERVER_MANIFEST_WRITE_H

#include "server/manifest.h"

#include <stdio.h>

/**
 * Percent-encodes what cannot stand in a URI.
 *
 * is_name  the text is the name of a file: %, ? and # mean themselves, and are encoded too; else what is encoded already
 *          is left
 * out      room for `room` bytes; a text with a NUL behind it
 * returns  false where there is no room
 */
bool weft_manifest_encode(struct weft_span text, bool is_name, char *out, size_t room);

/** Writes the line that a page's resources stand below. */
void weft_manifest_write_page(FILE *out, struct weft_span wire_path);

/** Writes a resource, with what was counted of it where anything was. */
void weft_manifest_write_resource(FILE *out, const struct weft_manifest_resource *resource);

#endif
