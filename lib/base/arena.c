// base/arena.c
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>

enum { FIRST_CHUNK = 1024, LARGEST_CHUNK = 16384, ALIGNMENT = alignof(max_align_t) };

struct weft_arena_chunk {
    struct weft_arena_chunk *next;
    size_t size; // with this header
    max_align_t data[];
};

void weft_arena_init(struct weft_arena *arena, const struct weft_alloc *alloc, size_t limit)
{
    *arena = (struct weft_arena){.alloc = alloc, .limit = limit};
}

static size_t aligned(size_t size)
{
    return (size + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
}

// Chunks double up to a bound; a piece larger than that gets a chunk of its own size.
static size_t chunk_size_for(const struct weft_arena *arena, size_t size)
{
    size_t usual = arena->chunks ? arena->chunks->size * 2 : FIRST_CHUNK;
    if (usual > LARGEST_CHUNK) usual = LARGEST_CHUNK;

    size_t left = arena->limit - arena->held;
    size_t needed = sizeof(struct weft_arena_chunk) + size;
    if (usual > left) usual = left;
    return needed > usual ? needed : usual;
}

static bool add_chunk(struct weft_arena *arena, size_t size)
{
    size_t chunk_size = chunk_size_for(arena, size);
    if (chunk_size > arena->limit - arena->held) return false;

    struct weft_arena_chunk *chunk = weft_allocate(arena->alloc, chunk_size);
    if (!chunk) return false;
    chunk->next = arena->chunks;
    chunk->size = chunk_size;
    arena->chunks = chunk;
    arena->held += chunk_size;
    arena->at = (uint8_t *)chunk->data;
    arena->end = (uint8_t *)chunk + chunk_size;
    return true;
}

void *weft_arena_take(struct weft_arena *arena, size_t size)
{
    if (size > arena->limit) return NULL; // so that rounding up cannot overflow
    size = aligned(size > 0 ? size : 1);
    if (size > (size_t)(arena->end - arena->at) && !add_chunk(arena, size)) return NULL;

    void *piece = arena->at;
    arena->at += size;
    return piece;
}

void *weft_arena_grow(struct weft_arena *arena, void *old, size_t old_size, size_t new_size)
{
    if (!old) return weft_arena_take(arena, new_size);
    if (new_size > arena->limit) return NULL;

    uint8_t *start = old;
    bool newest = start + aligned(old_size) == arena->at;
    if (newest && aligned(new_size) <= (size_t)(arena->end - start)) {
        arena->at = start + aligned(new_size);
        return old;
    }
    if (new_size <= old_size) return old;

    void *moved = weft_arena_take(arena, new_size);
    if (moved) memcpy(moved, old, old_size);
    return moved;
}

void *weft_arena_grow_list(struct weft_arena *arena, void *list, size_t count, size_t size)
{
    if (count == 0) return weft_arena_take(arena, size);
    if ((count & (count - 1)) != 0) return list;
    if (count > SIZE_MAX / 2 / size) return NULL;
    return weft_arena_grow(arena, list, count * size, 2 * count * size);
}

struct weft_span weft_arena_copy(struct weft_arena *arena, struct weft_span bytes)
{
    if (bytes.size == 0) return (struct weft_span){(const uint8_t *)"", 0};

    uint8_t *copy = weft_arena_take(arena, bytes.size);
    if (!copy) return (struct weft_span){NULL, 0};
    memcpy(copy, bytes.data, bytes.size);
    return (struct weft_span){copy, bytes.size};
}

// Frees a chain of chunks.
static void free_chunks(struct weft_arena *arena, struct weft_arena_chunk *chunk)
{
    while (chunk) {
        struct weft_arena_chunk *next = chunk->next;
        arena->held -= chunk->size;
        weft_release(arena->alloc, chunk, chunk->size);
        chunk = next;
    }
}

void weft_arena_reset(struct weft_arena *arena)
{
    struct weft_arena_chunk *newest = arena->chunks;
    if (!newest) return;

    free_chunks(arena, newest->next);
    newest->next = NULL;
    arena->at = (uint8_t *)newest->data;
    arena->end = (uint8_t *)newest + newest->size;
}

void weft_arena_deinit(struct weft_arena *arena)
{
    free_chunks(arena, arena->chunks);
    arena->chunks = NULL;
    arena->at = arena->end = NULL;
    assert(arena->held == 0);
}
