// base/idmap.h: finds a thing by its number.
#ifndef WEFT_BASE_IDMAP_H
#define WEFT_BASE_IDMAP_H

#include "base/alloc.h"
#include "base/result.h"

struct weft_idmap_slot {
    uint64_t id;
    void *value; // NULL where the slot is free
};

/** A hash table with open addressing, never more than half full. Ids that were chosen to fall on one slot cost a look at each
 *  other: whoever lets a peer choose them bounds their number. */
struct weft_idmap {
    const struct weft_alloc *alloc;
    struct weft_idmap_slot *slots;
    size_t slot_count; // 0 or a power of two
    size_t count;
};

void weft_idmap_init(struct weft_idmap *map, const struct weft_alloc *alloc);
void weft_idmap_deinit(struct weft_idmap *map);

/** Adds `id`, which must not be there yet, with a `value` that is not NULL. Only this can fail. */
WEFT_MUST_USE enum weft_result weft_idmap_add(struct weft_idmap *map, uint64_t id, void *value);

/** The value under `id`, or NULL. */
void *weft_idmap_find(const struct weft_idmap *map, uint64_t id);

/** Takes `id` out and returns its value, or NULL where it was not there. */
void *weft_idmap_remove(struct weft_idmap *map, uint64_t id);

#endif
