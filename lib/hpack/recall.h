// hpack/recall.h: blocks that were written before, to be written again while the table is as it was.
#ifndef WEFT_HPACK_RECALL_H
#define WEFT_HPACK_RECALL_H

#include "hpack/dynamic_table.h"

enum {
    WEFT_HPACK_RECALL_FIRST = 16, // slots
    WEFT_HPACK_RECALL_MOST = 256, // so half as many blocks
    WEFT_HPACK_RECALL_BLOCK = 52, // bytes of one: a slot takes 64
};

struct weft_hpack_recall_slot {
    uint64_t stamp; // of the head; 0 where the slot is free
    uint16_t text_size;
    bool came_before;
    uint8_t size; // 0: it was written once, and may be shorter the next time
    uint8_t block[WEFT_HPACK_RECALL_BLOCK];
};

/** A hash table with open addressing. All that is in it was written under one state of the HPACK table: it is emptied
 *  when that has changed, and where it would be more than half full. It grows with what there is to remember. */
struct weft_hpack_recall {
    struct weft_hpack_recall_slot *slots; // NULL until the first block is remembered
    uint32_t slot_count;                  // a power of two
    uint32_t count;
    uint32_t oldest; // of the table, when the blocks were written
    uint32_t next;
};

void weft_hpack_recall_deinit(struct weft_hpack_recall *recall, const struct weft_alloc *alloc);

/** The block of the head with that stamp, or NULL where it is not known or the table has changed since. */
const struct weft_hpack_recall_slot *weft_hpack_recall_find(const struct weft_hpack_recall *recall,
                                                            const struct weft_hpack_table *table,
                                                            uint64_t stamp);

/**
 * Remembers a block; not one that is too long, nor without memory.
 *
 * is_shortest  all of its fields are indexed; else it is remembered when it comes again while the table is the same: its
 *              fields have had their chance to get into it
 */
void weft_hpack_recall_add(struct weft_hpack_recall *recall, const struct weft_hpack_table *table,
                           const struct weft_alloc *alloc, uint64_t stamp, struct weft_span block,
                           size_t text_size, bool is_shortest);

#endif
