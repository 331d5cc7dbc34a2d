// http/range.h: which bytes of a representation a request asks for (RFC 9110 §14).
#ifndef WEFT_HTTP_RANGE_H
#define WEFT_HTTP_RANGE_H

#include "wire/writer.h"

enum { WEFT_HTTP_RANGES_MOST = 16 };

/** Bytes `first` to `last`, both included. */
struct weft_http_range {
    uint64_t first;
    uint64_t last;
};

enum weft_http_range_status {
    WEFT_HTTP_RANGE_WHOLE,         // the field is to be ignored: send all, 200
    WEFT_HTTP_RANGE_PARTS,         // `count` ranges: 206
    WEFT_HTTP_RANGE_UNSATISFIABLE, // 416, with Content-Range: bytes */size
};

struct weft_http_ranges {
    struct weft_http_range parts[WEFT_HTTP_RANGES_MOST]; // in order, apart by a byte at least
    size_t count;
};

/**
 * Reads a Range value, of a GET on a representation of `size` bytes.
 *
 * Another unit than bytes, a wrong syntax, or more than WEFT_HTTP_RANGES_MOST ranges make it WHOLE (§14.2).
 * Ranges that cannot be met are dropped. Where those that are left ask for more bytes than there are it is
 * WHOLE; else those that overlap or touch become one, and they come in the order of the bytes.
 */
enum weft_http_range_status weft_http_range_parse(struct weft_span value, uint64_t size,
                                                  struct weft_http_ranges *ranges);

/** Writes a Content-Range value, "bytes 0-9/100"; with NULL "bytes * /100" without the space (§14.4). */
void weft_http_content_range_write(struct weft_writer *out, const struct weft_http_range *range,
                                   uint64_t size);

/**
 * Reads a Content-Range value (§14.4), as a client does.
 *
 * range    left as it was for the form without a range
 * has_range, has_size  which of the two are stated
 * returns  false where it is not well-formed, or the range is not inside of the size
 */
bool weft_http_content_range_parse(struct weft_span value, struct weft_http_range *range,
                                   bool *has_range, uint64_t *size, bool *has_size);

#endif
