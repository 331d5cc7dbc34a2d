// hpack/recall.h: blocks that were written before, to be written again while the table is as it was.
#ifndef WEFT_HPACK_RECALL_H
#define WEFT_HPACK_RECALL_H

#include "hpack/dynamic_table.h"

enum { WEFT_HPACK_RECALL_SLOTS = 64, WEFT_HPACK_RECALL_BLOCK = 40 };

struct weft_hpack_recall_slot {
    uint64_t stamp;  // of the head; 0 where the slot is free
    uint32_t oldest; // of the table, when the block was written
    uint32_t next;
    uint16_t text_size;
    uint8_t size;
    uint8_t block[WEFT_HPACK_RECALL_BLOCK];
};

/** A small cache, one slot a hash; its memory is taken when the first block is remembered. */
struct weft_hpack_recall {
    struct weft_hpack_recall_slot *slots;
};

void weft_hpack_recall_deinit(struct weft_hpack_recall *recall, const struct weft_alloc *alloc);

/** The block of the head with that stamp, or NULL where it is not known or the table has changed since. */
const struct weft_hpack_recall_slot *weft_hpack_recall_find(const struct weft_hpack_recall *recall,
                                                            const struct weft_hpack_table *table,
                                                            uint64_t stamp);

/** Remembers a block, in place of what had its slot; not one that is too long, nor without memory. */
void weft_hpack_recall_add(struct weft_hpack_recall *recall, const struct weft_hpack_table *table,
                           const struct weft_alloc *alloc, uint64_t stamp, struct weft_span block,
                           size_t text_size);

#endif
