// http/end_counters.h: how often streams and connections were ended early, by whom and with which code.
#ifndef WEFT_HTTP_END_COUNTERS_H
#define WEFT_HTTP_END_COUNTERS_H

#include "http/error_code.h"

enum {
#define X(name, value) WEFT_HTTP_END_##name = value,
    WEFT_HTTP_ERROR_CODES(X)
#undef X
        WEFT_HTTP_END_OTHER, // codes that RFC 9113 §7 does not name
    WEFT_HTTP_END_CODES,
};

/** One thread's alone: they are plain numbers. Indexed by code. */
struct weft_http_end_counters {
    uint64_t resets_sent[WEFT_HTTP_END_CODES];
    uint64_t resets_received[WEFT_HTTP_END_CODES];
    uint64_t goaways_sent[WEFT_HTTP_END_CODES];
    uint64_t goaways_received[WEFT_HTTP_END_CODES];
};

/** Counts an end with `code`; `counters` may be NULL. */
#define WEFT_HTTP_COUNT_END(counters, which, code) \
    ((counters) ? (void)(counters)->which[weft_http_end_index(code)]++ : (void)0)

static inline uint32_t weft_http_end_index(uint32_t code)
{
    return code < WEFT_HTTP_END_OTHER ? code : WEFT_HTTP_END_OTHER;
}

#endif
