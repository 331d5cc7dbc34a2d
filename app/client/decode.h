// client/decode.h: content codings taken off as the bytes come (RFC 9110 §8.4): gzip, br, zstd.
#ifndef WEFT_CLIENT_DECODE_H
#define WEFT_CLIENT_DECODE_H

#include "base/alloc.h"
#include "http/encoding.h"

struct weft_decoder;

struct weft_decoder_limits {
    uint64_t free_size; // bytes that may come out whatever went in
    uint32_t ratio;     // beyond them: bytes out for each byte in
};

/** Takes what was decoded: lent for the call; false ends the decoding with "given up". */
typedef bool weft_decoder_sink(void *context, struct weft_span bytes);

/** returns NULL without memory; `coding` is one of gzip, brotli and zstd */
struct weft_decoder *weft_decoder_new(enum weft_http_coding coding,
                                      const struct weft_decoder_limits *limits,
                                      const struct weft_alloc *alloc);
void weft_decoder_free(struct weft_decoder *decoder);

/** Decodes what came; returns NULL or what is wrong with it: static text. */
const char *weft_decoder_feed(struct weft_decoder *decoder, struct weft_span bytes,
                              weft_decoder_sink *sink, void *context);

/** All has come: was it whole? returns NULL or static text. */
const char *weft_decoder_end(const struct weft_decoder *decoder);

#endif
