// hpack/recall.c: RFC 7541
#include "hpack/recall.h"

#include "base/hash.h"
#include "hpack/static_table.h"
#include "wire/reader.h"

enum { ONE_BYTE_MOST = 0x7e }; // of indices, with seven bits for their start, §5.1

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

// Moves the indices of a block by the entries that were added since; false where one of them leads nowhere any more, or
// takes another byte.
static bool bring_up_to_date(struct weft_hpack_recall_slot *slot,
                             const struct weft_hpack_table *table)
{
    uint32_t moved = table->next - slot->next;
    uint32_t most = WEFT_HPACK_STATIC_COUNT + weft_hpack_table_count(table);
    if (most > ONE_BYTE_MOST) most = ONE_BYTE_MOST;
    if (slot->dynamic == 0) return true;
    if (moved > most || slot->highest + moved > most) return false;
    if (moved == 0) return true;
    for (uint64_t left = slot->dynamic; left != 0; left &= left - 1) {
        slot->block[__builtin_ctzll(left)] += (uint8_t)moved;
    }
    slot->highest = (uint8_t)(slot->highest + moved);
    slot->next = table->next;
    return true;
}

const struct weft_hpack_recall_slot *weft_hpack_recall_find(struct weft_hpack_recall *recall,
                                                            const struct weft_hpack_table *table,
                                                            uint64_t stamp)
{
    if (!recall->slots) return NULL;
    struct weft_hpack_recall_slot *slot = slot_of(recall, stamp);
    return slot->size > 0 && bring_up_to_date(slot, table) ? slot : NULL;
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

static bool skip_string(struct weft_reader *in)
{
    uint8_t size = weft_read_u8(in) & 0x7f; // H (1), String Length (7+), §5.2
    (void)weft_read_bytes(in, size);
    return size < 0x7f;
}

// A literal that does not go into the table, §6.2.2, §6.2.3; false where its name is in the dynamic table.
static bool skip_literal(struct weft_reader *in, uint8_t first)
{
    unsigned name_index = first & 0x0f;                     // Index (4+)
    if (name_index == 0x0f) name_index += weft_read_u8(in); // more than a byte more is far beyond
    if (name_index > WEFT_HPACK_STATIC_COUNT) return false;
    return (name_index > 0 || skip_string(in)) && skip_string(in);
}

// Notes which bytes of the slot's block are indices into the dynamic table; false where the block does something to the
// table, or has numbers of more than a byte.
static bool note_dynamic(struct weft_hpack_recall_slot *slot, struct weft_span block)
{
    struct weft_reader in = weft_reader_over(block);
    slot->dynamic = 0;
    slot->highest = 0;
    while (weft_reader_left(&in) > 0) {
        size_t at = block.size - weft_reader_left(&in);
        uint8_t first = weft_read_u8(&in);
        uint8_t index = first & 0x7f;
        if (!(first & 0x80)) {
            if (first & 0x60 || !skip_literal(&in, first)) return false; // §6.2.1, §6.3
        } else if (index > ONE_BYTE_MOST) {
            return false;
        } else if (index > WEFT_HPACK_STATIC_COUNT) { // §6.1
            slot->dynamic |= UINT64_C(1) << at;
            if (index > slot->highest) slot->highest = index;
        }
    }
    return !in.failed;
}

void weft_hpack_recall_add(struct weft_hpack_recall *recall, const struct weft_hpack_table *table,
                           const struct weft_alloc *alloc, uint64_t stamp, struct weft_span block,
                           size_t text_size, bool is_shortest)
{
    if (block.size > WEFT_HPACK_RECALL_BLOCK || text_size > UINT16_MAX) return;
    struct weft_hpack_recall_slot *slot = take_slot(recall, alloc, stamp);
    if (!slot) return;
    bool is_settled = is_shortest || slot->came_before;
    slot->came_before = true;
    slot->size = 0;
    if (!is_settled || !note_dynamic(slot, block)) return;
    slot->next = table->next;
    slot->text_size = (uint16_t)text_size;
    slot->size = (uint8_t)block.size;
    memcpy(slot->block, block.data, block.size);
}
