// h1/sent_head.h: a final head as it was written, to be sent again.
//
// Heads with the same stamp are the same (http/head.h), as those of one version of a file are until the date changes. On the wire they
// differ only in what an engine adds, and need not be put together field by field each time.
#ifndef WEFT_H1_SENT_HEAD_H
#define WEFT_H1_SENT_HEAD_H

#include "base/alloc.h"
#include "base/span.h"

enum { WEFT_H1_SENT_SIZE_MOST = 1024 }; // bytes of a head that is kept

/** All that the bytes of a head depend on. */
struct weft_h1_sent_key {
    uint64_t stamp;  // not 0
    uint8_t method;  // of the request: enum weft_http_method
    uint8_t framing; // enum weft_h1_framing
    uint8_t option;  // enum weft_h1_connection_option
};

/** One piece of memory. */
struct weft_h1_sent_head {
    size_t held; // bytes of it
    struct weft_h1_sent_key key;
    struct weft_span bytes;
    size_t text_size; // of the fields as text lines
};

/**
 * Keeps a head that was written.
 *
 * most     bytes of memory that it may take
 * returns  NULL for one that is too large or without memory: it is only for speed
 */
struct weft_h1_sent_head *weft_h1_sent_head_new(const struct weft_alloc *alloc, size_t most,
                                                const struct weft_h1_sent_key *key,
                                                struct weft_span bytes, size_t text_size);

/** NULL does nothing. */
void weft_h1_sent_head_free(struct weft_h1_sent_head *sent, const struct weft_alloc *alloc);

/** Is the head with that key the one that was kept? */
static inline bool weft_h1_sent_head_is(const struct weft_h1_sent_head *sent,
                                        const struct weft_h1_sent_key *key)
{
    return sent && sent->key.stamp == key->stamp && sent->key.method == key->method &&
           sent->key.framing == key->framing && sent->key.option == key->option;
}

#endif
