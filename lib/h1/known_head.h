// h1/known_head.h: a head that came before, byte for byte: what it meant then, it means again.
//
// Who asks for the same again and again sends the same head, and gets the same until its date changes. It need not be searched
// for its end, charged to the limits, judged and taken apart each time: the limits of a connection do not change.
#ifndef WEFT_H1_KNOWN_HEAD_H
#define WEFT_H1_KNOWN_HEAD_H

#include "base/alloc.h"
#include "h1/parser.h"

enum { WEFT_H1_KNOWN_SIZE_MOST = 1024 }; // bytes of a head that is remembered

/** One piece of memory. */
struct weft_h1_known_head {
    size_t held;                    // bytes of it
    struct weft_span raw;           // as received
    struct weft_h1_message message; // its spans are of this memory
    size_t text_size;               // of the fields as text lines
};

/**
 * Makes one of a head that was parsed.
 *
 * most     bytes of memory that it may take
 * raw      the section as it was received, its empty line included
 * parsed   the copy that was parsed, as long as `raw`: the spans of `message` are of it
 * message  what it said
 * returns  NULL for one that is too large, that is not all of `parsed`, or without memory: it is only for speed
 */
struct weft_h1_known_head *weft_h1_known_head_new(const struct weft_alloc *alloc, size_t most,
                                                  struct weft_span raw, const uint8_t *parsed,
                                                  const struct weft_h1_message *message);

/** NULL does nothing. */
void weft_h1_known_head_free(struct weft_h1_known_head *known, const struct weft_alloc *alloc);

/** Do the bytes begin with that head? It ends in an empty line, so nothing of it is still to come. */
static inline bool weft_h1_known_head_is(const struct weft_h1_known_head *known,
                                         struct weft_span bytes)
{
    return known && weft_span_starts_with(bytes, known->raw);
}

#endif
