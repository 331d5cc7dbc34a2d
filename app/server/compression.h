// server/compression.h: what is compressed, and how: the settings of a site.
#ifndef WEFT_SERVER_COMPRESSION_H
#define WEFT_SERVER_COMPRESSION_H

#include "http/encoding.h"
#include "http/mime.h"
#include "server/file.h"

enum { WEFT_COMPRESSION_TYPES_MOST = 32, WEFT_COMPRESSION_LEVELS = 9 };

struct weft_compression {
    unsigned codings; // that we make, an OR of enum weft_http_coding; 0 for none
    unsigned level;   // of what is kept, 1 to WEFT_COMPRESSION_LEVELS
    uint64_t least;   // bytes; smaller content is sent as it is
    struct weft_span types[WEFT_COMPRESSION_TYPES_MOST]; // text/html or text/*; borrowed
    size_t type_count;                                   // 0: those that lib/http/mime.c says
};

/** The defaults, as an initialiser. */
#define WEFT_COMPRESSION_INIT                                                                     \
    {                                                                                             \
        .codings = WEFT_HTTP_GZIP | WEFT_HTTP_BROTLI | WEFT_HTTP_ZSTD, .level = 6, .least = 1024, \
    }

/** Sets the codings from "on", "off" or a list: "gzip, br". returns NULL or what was expected: static text */
const char *weft_compression_set_codings(struct weft_compression *compression,
                                         struct weft_span text);

/** Adds media types in place of the usual ones, from a list of media ranges, which is borrowed. returns as above */
const char *weft_compression_add_types(struct weft_compression *compression, struct weft_span list);

/** The codings that may be made of content of that type and size, ORed. */
unsigned weft_compression_codings(const struct weft_compression *compression,
                                  const struct weft_http_mime *mime, uint64_t size);

/** Do the fields of an answer let its content be coded? Not with a Cache-Control of no-transform (RFC 9111 §5.2.2.6). */
bool weft_compression_is_allowed(const struct weft_http_field *fields, size_t count);

/** How a representation in a coding that we make is described, but for its content type. */
struct weft_file_traits weft_compression_traits(const struct weft_compression *compression,
                                                enum weft_http_coding coding);

#endif
