// base/span.h: a borrowed run of bytes.
#ifndef WEFT_BASE_SPAN_H
#define WEFT_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** The number of elements of an array. */
#define WEFT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Marks what can fail: the caller has to look at the answer. */
#define WEFT_MUST_USE __attribute__((warn_unused_result))

/** Bytes that somebody else owns. `data` may be NULL where `size` is 0. */
struct weft_span {
    const uint8_t *data;
    size_t size;
};

/** A span over a string literal, without its NUL; also for tables: WEFT_SPAN_INIT. */
#define WEFT_SPAN(literal) ((struct weft_span){(const uint8_t *)(literal), sizeof(literal) - 1})
#define WEFT_SPAN_INIT(literal)                         \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }

/** A span over a C string. */
static inline struct weft_span weft_span_of(const char *text)
{
    return (struct weft_span){(const uint8_t *)text, strlen(text)};
}

/** The same bytes? */
static inline bool weft_span_equal(struct weft_span a, struct weft_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/** Is `span` the text of a literal, byte for byte? */
#define weft_span_is(span, literal) weft_span_equal((span), WEFT_SPAN(literal))

/** The same bytes, when ASCII letters are taken without regard to case? */
bool weft_span_equal_ignoring_case(struct weft_span a, struct weft_span b);

/** A space or a tab: OWS, RFC 9110 §5.6.3. */
static inline bool weft_is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/** The part of `span` from `from` on, at most `size` bytes; both are cut to what there is. */
static inline struct weft_span weft_span_part(struct weft_span span, size_t from, size_t size)
{
    if (from >= span.size) return (struct weft_span){NULL, 0};
    size_t left = span.size - from;
    return (struct weft_span){span.data + from, size < left ? size : left};
}

/** `span` without its first `size` bytes (all of them where it has fewer). */
static inline struct weft_span weft_span_skip(struct weft_span span, size_t size)
{
    return weft_span_part(span, size, SIZE_MAX);
}

/** `span` without the spaces and tabs around it (OWS of RFC 9110 §5.6.3). */
struct weft_span weft_span_trim(struct weft_span span);

/** Where `byte` first stands, or `span.size` where it does not. */
size_t weft_span_find(struct weft_span span, uint8_t byte);

/** Does `span` begin with `prefix`? */
static inline bool weft_span_starts_with(struct weft_span span, struct weft_span prefix)
{
    return span.size >= prefix.size &&
           weft_span_equal(weft_span_part(span, 0, prefix.size), prefix);
}

#endif
