// hpack/recall.h: blocks that were written before, to be written again while the table has the entries that they name.
#ifndef WEFT_HPACK_RECALL_H
#define WEFT_HPACK_RECALL_H

#include "hpack/dynamic_table.h"

enum {
    WEFT_HPACK_RECALL_FIRST = 16, // slots
    WEFT_HPACK_RECALL_MOST = 256, // so half as many blocks
    WEFT_HPACK_RECALL_BLOCK = 39, // bytes of one: a slot takes 64
};

struct weft_hpack_recall_slot {
    uint64_t stamp;   // of the head; 0 where the slot is free
    uint64_t dynamic; // a bit for each byte of the block that is an index into the dynamic table
    uint32_t next;    // of the table, when these were right; each entry since adds one to them
    uint16_t text_size;
    bool came_before;
    uint8_t highest; // of these indices; 0 for none
    uint8_t size;    // 0: it was written once, and may be shorter the next time
    uint8_t block[WEFT_HPACK_RECALL_BLOCK];
};

/** A hash table with open addressing. It grows with what there is to remember; where it would then be more than half full,
 *  it begins anew. */
struct weft_hpack_recall {
    struct weft_hpack_recall_slot *slots; // NULL until the first block is remembered
    uint32_t slot_count;                  // a power of two
    uint32_t count;
};

void weft_hpack_recall_deinit(struct weft_hpack_recall *recall, const struct weft_alloc *alloc);

/** The block of the head with that stamp, its indices as they are now; NULL where it is not known, or names what is no longer
 *  in the table. */
const struct weft_hpack_recall_slot *weft_hpack_recall_find(struct weft_hpack_recall *recall,
                                                            const struct weft_hpack_table *table,
                                                            uint64_t stamp);

/**
 * Remembers a block that was just written; not one that adds to the table, is too long or has long numbers, nor without memory.
 *
 * is_shortest  all of its fields are indexed; else it is remembered when it comes again: its fields have had their chance
 *              to get into the table
 */
void weft_hpack_recall_add(struct weft_hpack_recall *recall, const struct weft_hpack_table *table,
                           const struct weft_alloc *alloc, uint64_t stamp, struct weft_span block,
                           size_t text_size, bool is_shortest);

#endif
