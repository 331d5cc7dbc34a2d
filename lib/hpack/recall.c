// hpack/recall.c
#include "hpack/recall.h"

#include "base/hash.h"

static size_t slots_size(void)
{
    return WEFT_HPACK_RECALL_SLOTS * sizeof(struct weft_hpack_recall_slot);
}

void weft_hpack_recall_deinit(struct weft_hpack_recall *recall, const struct weft_alloc *alloc)
{
    weft_release(alloc, recall->slots, slots_size());
    recall->slots = NULL;
}

static struct weft_hpack_recall_slot *slot_of(const struct weft_hpack_recall *recall,
                                              uint64_t stamp)
{
    return &recall->slots[weft_hash_mix(0, stamp) % WEFT_HPACK_RECALL_SLOTS];
}

const struct weft_hpack_recall_slot *weft_hpack_recall_find(const struct weft_hpack_recall *recall,
                                                            const struct weft_hpack_table *table,
                                                            uint64_t stamp)
{
    if (!recall->slots) return NULL;
    const struct weft_hpack_recall_slot *slot = slot_of(recall, stamp);
    bool is_same =
        slot->stamp == stamp && slot->next == table->next && slot->oldest == table->oldest;
    return is_same ? slot : NULL;
}

void weft_hpack_recall_add(struct weft_hpack_recall *recall, const struct weft_hpack_table *table,
                           const struct weft_alloc *alloc, uint64_t stamp, struct weft_span block,
                           size_t text_size)
{
    if (block.size > WEFT_HPACK_RECALL_BLOCK || text_size > UINT16_MAX) return;
    if (!recall->slots) recall->slots = weft_allocate_zeroed(alloc, slots_size());
    if (!recall->slots) return; // it is only for speed

    struct weft_hpack_recall_slot *slot = slot_of(recall, stamp);
    slot->stamp = stamp;
    slot->oldest = table->oldest;
    slot->next = table->next;
    slot->text_size = (uint16_t)text_size;
    slot->size = (uint8_t)block.size;
    memcpy(slot->block, block.data, block.size);
}
