// base/arena.h: memory that is taken piece by piece and given back at once.
#ifndef WEFT_BASE_ARENA_H
#define WEFT_BASE_ARENA_H

#include "base/alloc.h"

struct weft_arena_chunk;

/** A bump allocator over a chain of chunks; what it hands out is aligned for any type. */
struct weft_arena {
    const struct weft_alloc *alloc;
    struct weft_arena_chunk *chunks; // the newest first
    uint8_t *at;
    uint8_t *end;
    size_t held;  // bytes of chunks, with their headers
    size_t limit; // `held` never passes this
};

/**
 * Starts an arena that holds nothing yet.
 *
 * alloc  where chunks come from; borrowed for the arena's life
 * limit  the most bytes it may ever hold
 */
void weft_arena_init(struct weft_arena *arena, const struct weft_alloc *alloc, size_t limit);

/** `size` bytes, not cleared, that live until reset or deinit; NULL past the limit or without memory. */
WEFT_MUST_USE void *weft_arena_take(struct weft_arena *arena, size_t size);

/**
 * Makes the newest piece larger or smaller where it stands, or moves it.
 *
 * old       the piece that weft_arena_take() or this gave last, or any older one (then it is copied)
 * returns   the piece, or NULL without memory; `old` is then as it was
 */
WEFT_MUST_USE void *weft_arena_grow(struct weft_arena *arena, void *old, size_t old_size,
                                    size_t new_size);

/**
 * Makes room for one thing more in a list, which doubles when its count is a power of two.
 *
 * list      what this gave before; any value where `count` is 0
 * size      bytes of one thing
 * returns   the list, or NULL without memory; `list` is then as it was
 */
WEFT_MUST_USE void *weft_arena_grow_list(struct weft_arena *arena, void *list, size_t count,
                                         size_t size);

/** A copy of `bytes` in the arena; `data` is NULL where there is no memory (and `bytes` is not empty). */
struct weft_span weft_arena_copy(struct weft_arena *arena, struct weft_span bytes);

/** Forgets all pieces but keeps the newest chunk, as a rule the largest: a next use of about the same size
 *  allocates nothing. */
void weft_arena_reset(struct weft_arena *arena);

/** Gives all memory back. */
void weft_arena_deinit(struct weft_arena *arena);

#endif
