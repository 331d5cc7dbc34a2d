// hpack/recall.c
#include "hpack/recall.h"

#include "base/hash.h"

static size_t slots_size(uint32_t slot_count)
{
    return slot_count * sizeof(struct weft_hpack_recall_slot);
}

void weft_hpack_recall_deinit(struct weft_hpack_recall *recall, const struct weft_alloc *alloc)
{
    weft_release(alloc, recall->slots, slots_size(recall->slot_count));
    *recall = (struct weft_hpack_recall){0};
}

// The slot with that stamp, or the free one where it would go.
static struct weft_hpack_recall_slot *slot_of(const struct weft_hpack_recall *recall,
                                              uint64_t stamp)
{
    uint32_t mask = recall->slot_count - 1;
    uint32_t at = (uint32_t)weft_hash_mix(0, stamp) & mask;
    while (recall->slots[at].stamp != stamp && recall->slots[at].stamp != 0)
        at = (at + 1) & mask;
    return &recall->slots[at];
}

static bool is_as_it_was(const struct weft_hpack_recall *recall,
                         const struct weft_hpack_table *table)
{
    return recall->next == table->next && recall->oldest == table->oldest;
}

const struct weft_hpack_recall_slot *weft_hpack_recall_find(const struct weft_hpack_recall *recall,
                                                            const struct weft_hpack_table *table,
                                                            uint64_t stamp)
{
    if (!recall->slots || !is_as_it_was(recall, table)) return NULL;
    const struct weft_hpack_recall_slot *slot = slot_of(recall, stamp);
    return slot->size > 0 ? slot : NULL;
}

static void forget(struct weft_hpack_recall *recall)
{
    if (recall->count > 0) memset(recall->slots, 0, slots_size(recall->slot_count));
    recall->count = 0;
}

// Takes twice as many slots; false where there are as many as may be, or no memory.
static bool grow(struct weft_hpack_recall *recall, const struct weft_alloc *alloc)
{
    struct weft_hpack_recall larger = *recall;
    larger.slot_count = recall->slots ? recall->slot_count * 2 : WEFT_HPACK_RECALL_FIRST;
    if (larger.slot_count > WEFT_HPACK_RECALL_MOST) return false;
    larger.slots = weft_allocate_zeroed(alloc, slots_size(larger.slot_count));
    if (!larger.slots) return false;
    for (uint32_t i = 0; recall->slots && i < recall->slot_count; i++) {
        const struct weft_hpack_recall_slot *old = &recall->slots[i];
        if (old->stamp != 0) *slot_of(&larger, old->stamp) = *old;
    }
    weft_release(alloc, recall->slots, slots_size(recall->slot_count));
    *recall = larger;
    return true;
}

// A slot with that stamp, a new one where there is none; NULL without memory.
static struct weft_hpack_recall_slot *take_slot(struct weft_hpack_recall *recall,
                                                const struct weft_alloc *alloc, uint64_t stamp)
{
    if (!recall->slots && !grow(recall, alloc)) return NULL; // it is only for speed
    struct weft_hpack_recall_slot *slot = slot_of(recall, stamp);
    if (slot->stamp == stamp) return slot;
    if (recall->count >= recall->slot_count / 2) {
        if (!grow(recall, alloc)) forget(recall);
        slot = slot_of(recall, stamp);
    }
    recall->count++;
    *slot = (struct weft_hpack_recall_slot){.stamp = stamp};
    return slot;
}

void weft_hpack_recall_add(struct weft_hpack_recall *recall, const struct weft_hpack_table *table,
                           const struct weft_alloc *alloc, uint64_t stamp, struct weft_span block,
                           size_t text_size, bool is_shortest)
{
    if (block.size > WEFT_HPACK_RECALL_BLOCK || text_size > UINT16_MAX) return;
    if (!is_as_it_was(recall, table)) {
        forget(recall);
        recall->next = table->next;
        recall->oldest = table->oldest;
    }
    struct weft_hpack_recall_slot *slot = take_slot(recall, alloc, stamp);
    if (!slot) return;
    bool is_settled = is_shortest || slot->came_before;
    slot->came_before = true;
    if (!is_settled) return;
    slot->text_size = (uint16_t)text_size;
    slot->size = (uint8_t)block.size;
    memcpy(slot->block, block.data, block.size);
}
