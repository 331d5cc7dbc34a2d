// http/mime.h: the media type of a file, by the end of its name (RFC 9110 §8.3).
#ifndef WEFT_HTTP_MIME_H
#define WEFT_HTTP_MIME_H

#include "base/span.h"

struct weft_http_mime {
    struct weft_span type; // a whole Content-Type value, with charset=utf-8 where it is text
    bool is_compressible;  // does compression pay? Not where the format compresses itself
};

/** The type for a file name or path; application/octet-stream for what is not known. */
const struct weft_http_mime *weft_http_mime_of(struct weft_span name);

#endif
