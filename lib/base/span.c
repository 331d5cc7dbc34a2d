// base/span.c
#include "base/span.h"

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

bool weft_span_equal_ignoring_case(struct weft_span a, struct weft_span b)
{
    if (a.size != b.size) return false;
    if (weft_span_equal(a, b)) return true; // as most senders write it
    for (size_t i = 0; i < a.size; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) return false;
    }
    return true;
}

struct weft_span weft_span_trim(struct weft_span span)
{
    while (span.size > 0 && weft_is_blank(span.data[0])) {
        span.data++;
        span.size--;
    }
    while (span.size > 0 && weft_is_blank(span.data[span.size - 1]))
        span.size--;
    return span;
}

size_t weft_span_find(struct weft_span span, uint8_t byte)
{
    if (span.size == 0) return 0;
    const uint8_t *at = memchr(span.data, byte, span.size);
    return at ? (size_t)(at - span.data) : span.size;
}
