// base/idmap.c
#include "base/idmap.h"

#include <assert.h>

enum { FIRST_SLOT_COUNT = 8 };

void weft_idmap_init(struct weft_idmap *map, const struct weft_alloc *alloc)
{
    *map = (struct weft_idmap){.alloc = alloc};
}

void weft_idmap_deinit(struct weft_idmap *map)
{
    weft_release(map->alloc, map->slots, map->slot_count * sizeof(*map->slots));
    map->slots = NULL;
    map->slot_count = map->count = 0;
}

// In the order of the ids, so that what comes together is together in the processor's cache. Of streams every second id
// is one side's: with the slots between them free, a search or a removal ends at once.
static size_t home_of(const struct weft_idmap *map, uint64_t id)
{
    return (size_t)id & (map->slot_count - 1);
}

// The slot that holds `id`, or the free one where it would go.
static struct weft_idmap_slot *slot_of(const struct weft_idmap *map, uint64_t id)
{
    size_t at = home_of(map, id);
    while (map->slots[at].value && map->slots[at].id != id)
        at = (at + 1) & (map->slot_count - 1);
    return &map->slots[at];
}

static enum weft_result grow(struct weft_idmap *map)
{
    struct weft_idmap larger = {.alloc = map->alloc, .count = map->count};
    larger.slot_count = map->slot_count ? map->slot_count * 2 : FIRST_SLOT_COUNT;
    if (larger.slot_count > SIZE_MAX / sizeof(*larger.slots)) return WEFT_NO_MEMORY;
    larger.slots = weft_allocate_zeroed(map->alloc, larger.slot_count * sizeof(*larger.slots));
    if (!larger.slots) return WEFT_NO_MEMORY;

    for (size_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i].value) *slot_of(&larger, map->slots[i].id) = map->slots[i];
    }
    weft_idmap_deinit(map);
    *map = larger;
    return WEFT_OK;
}

enum weft_result weft_idmap_add(struct weft_idmap *map, uint64_t id, void *value)
{
    assert(value);
    if (map->count >= map->slot_count / 2) {
        enum weft_result result = grow(map);
        if (result != WEFT_OK) return result;
    }
    struct weft_idmap_slot *slot = slot_of(map, id);
    assert(!slot->value);
    *slot = (struct weft_idmap_slot){id, value};
    map->count++;
    return WEFT_OK;
}

void *weft_idmap_find(const struct weft_idmap *map, uint64_t id)
{
    return map->count ? slot_of(map, id)->value : NULL;
}

// Moves later entries of the probe run into the gap, so that no search ends too early.
static void close_gap(struct weft_idmap *map, size_t gap)
{
    size_t mask = map->slot_count - 1;
    for (size_t at = (gap + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        size_t distance_home = (at - home_of(map, map->slots[at].id)) & mask;
        size_t distance_gap = (at - gap) & mask;
        if (distance_home < distance_gap) continue; // its home lies behind the gap
        map->slots[gap] = map->slots[at];
        map->slots[at].value = NULL;
        gap = at;
    }
}

void *weft_idmap_remove(struct weft_idmap *map, uint64_t id)
{
    if (map->count == 0) return NULL;

    struct weft_idmap_slot *slot = slot_of(map, id);
    void *value = slot->value;
    if (!value) return NULL;
    slot->value = NULL;
    map->count--;
    close_gap(map, (size_t)(slot - map->slots));
    return value;
}
