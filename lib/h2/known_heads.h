// h2/known_heads.h: heads that came before, byte for byte: what they meant then, they mean again.
//
// HPACK makes the same head the same few bytes, as long as the table does not change. A client that asks again and
// again, as those of APIs do, need not have its heads decoded and judged again and again.
#ifndef WEFT_H2_KNOWN_HEADS_H
#define WEFT_H2_KNOWN_HEADS_H

#include "base/alloc.h"
#include "http/head.h"

enum {
    WEFT_H2_KNOWN_FIRST = 16,          // slots
    WEFT_H2_KNOWN_MOST = 256,          // so half as many heads: more than a page has assets
    WEFT_H2_KNOWN_SIZE_MOST = 1 << 16, // bytes of all of them
    WEFT_H2_KNOWN_BLOCK_MOST = 128,    // bytes of a block that is remembered
    WEFT_H2_KNOWN_SEEN = 8,            // words of bits
};

/** A head with the block that it came in; one piece of memory, shared by the streams that it came on. */
struct weft_h2_known_head {
    uint32_t references;
    uint32_t hash;  // of the block
    uint64_t table; // the state of the decoder's table, by weft_hpack_decoder_state()
    size_t held;    // bytes of memory
    struct weft_span block;
    uint32_t field_count; // as charged
    uint32_t text_size;   // of the fields as text lines
    struct weft_http_head head;
};

/** A hash table with open addressing. All heads in it came under one state of the decoder's table: it is emptied for
 *  those of another one, and where it would be too full. It grows with what there is to remember. */
struct weft_h2_known_heads {
    uint64_t table;                    // that state
    struct weft_h2_known_head **slots; // NULL until the first head is remembered
    uint32_t slot_count;               // a power of two
    uint32_t count;
    size_t held;                       // bytes of the heads
    uint64_t seen[WEFT_H2_KNOWN_SEEN]; // a bit for each hash of a block that came once
    uint32_t seen_count;
};

/** The head of a block that came before under the same state of the table, or NULL. The caller's reference is counted. */
struct weft_h2_known_head *weft_h2_known_heads_find(struct weft_h2_known_heads *heads,
                                                    struct weft_span block, uint64_t table);

/** Remembers a well-formed head, the second time that its block comes; does nothing where it takes more than `most` bytes
 *  or a connection's share, nor without memory. */
void weft_h2_known_heads_add(struct weft_h2_known_heads *heads, const struct weft_alloc *alloc,
                             size_t most, const struct weft_h2_known_head *known);

/** Gives a reference back; `known` may be NULL. */
void weft_h2_known_head_release(struct weft_h2_known_head *known, const struct weft_alloc *alloc);

/** Forgets all, and gives the memory back; heads that streams still refer to go with these. */
void weft_h2_known_heads_clear(struct weft_h2_known_heads *heads, const struct weft_alloc *alloc);

#endif
