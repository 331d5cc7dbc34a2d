// h1/chunked.h: the chunked transfer coding (RFC 9112 §7.1).
//
//     chunked-body = *chunk last-chunk trailer-section CRLF
//     chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
//     last-chunk   = 1*("0") [ chunk-ext ] CRLF
//     chunk-ext    = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
#ifndef WEFT_H1_CHUNKED_H
#define WEFT_H1_CHUNKED_H

#include "h1/parser.h"

/** A decoder; starts as {0}. It takes any split of the bytes, keeps none, and is strict: every line ends in CR LF. */
struct weft_h1_chunked {
    uint8_t state;
    uint8_t digit_count;
    uint32_t extension_size;       // of this chunk
    uint32_t extension_size_total; // of the body
    uint64_t left;                 // of the chunk's data
};

enum weft_h1_chunked_status {
    WEFT_H1_CHUNKED_MORE, // all bytes were taken
    WEFT_H1_CHUNKED_DATA, // a piece of content
    WEFT_H1_CHUNKED_LAST, // the last chunk's line was taken: the trailer section follows
    WEFT_H1_CHUNKED_WRONG,
};

/**
 * Reads on.
 *
 * bytes    what has come; moved on behind what was taken
 * limits   chunk_extension_size holds for each chunk, and 16 times that for the body
 * data     set where the answer is DATA: a part of `bytes`
 * error    set where the answer is WRONG
 */
enum weft_h1_chunked_status weft_h1_chunked_read(
    struct weft_h1_chunked *chunked, struct weft_span *bytes, const struct weft_http_limits *limits,
    struct weft_http_limit_counters *counters, struct weft_span *data, struct weft_h1_error *error);

enum {
    WEFT_H1_CHUNK_LINE_MOST = 18, // 16 digits and CR LF
    WEFT_H1_CHUNK_END_SIZE = 2,   // CR LF behind the data
    WEFT_H1_LAST_CHUNK_SIZE = 5,  // "0" CR LF CR LF
};

/** The bytes that the line before a chunk of `size` bytes takes. */
size_t weft_h1_chunk_line_size(size_t size);

/** Writes that line so that it ends right before `data`, and CR LF behind the data. */
void weft_h1_chunk_wrap(uint8_t *data, size_t size);

#endif
