// net/pool.c
#include "net/pool.h"

#include <stdlib.h>

struct weft_pool_piece {
    struct weft_pool_piece *next;
};

#if defined(__SANITIZE_ADDRESS__)
enum { KEEPS = 0 };
#else
enum { KEEPS = 1 };
#endif

// What malloc() adds to a piece: with it, a fine piece fills whole steps.
enum { HEAD_SIZE = sizeof(size_t) };

static size_t class_of(size_t size)
{
    if (size <= WEFT_POOL_FINE - HEAD_SIZE) return (size + HEAD_SIZE - 1) / WEFT_POOL_STEP;

    size_t class = WEFT_POOL_FINE / WEFT_POOL_STEP;
    for (size_t room = WEFT_POOL_FINE; room < size; room *= 2)
        class ++;
    return class;
}

static size_t room_of(size_t class)
{
    if (class < WEFT_POOL_FINE / WEFT_POOL_STEP)
        return (class + 1) * (size_t)WEFT_POOL_STEP - HEAD_SIZE;
    return (size_t)WEFT_POOL_FINE << (class - WEFT_POOL_FINE / WEFT_POOL_STEP);
}

static bool is_pooled(size_t size)
{
    return KEEPS && size <= WEFT_POOL_LARGEST;
}

static void *take(struct weft_pool *pool, size_t size)
{
    if (!is_pooled(size)) return malloc(size);

    size_t class = class_of(size);
    struct weft_pool_piece *piece = pool->free[class];
    if (!piece) return malloc(room_of(class));
    pool->free[class] = piece->next;
    __builtin_prefetch(piece->next); // it was let go some time ago, and is mostly asked for soon
    pool->kept -= room_of(class);
    if (pool->kept < pool->spare) pool->spare = pool->kept;
    return piece;
}

static void give_back(struct weft_pool *pool, void *old, size_t size)
{
    size_t class = is_pooled(size) ? class_of(size) : 0;
    if (!is_pooled(size) || room_of(class) > pool->most - pool->kept) {
        free(old);
        return;
    }
    struct weft_pool_piece *piece = old;
    piece->next = pool->free[class];
    pool->free[class] = piece;
    pool->kept += room_of(class);
}

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    struct weft_pool *pool = context;
    if (!old) return take(pool, new_size);
    if (new_size == 0) {
        give_back(pool, old, old_size);
        return NULL;
    }
    if (!is_pooled(old_size) && !is_pooled(new_size)) return realloc(old, new_size);
    if (is_pooled(old_size) && is_pooled(new_size) && class_of(old_size) == class_of(new_size))
        return old;

    void *moved = take(pool, new_size);
    if (!moved) return NULL;
    memcpy(moved, old, old_size < new_size ? old_size : new_size);
    give_back(pool, old, old_size);
    return moved;
}

struct weft_alloc weft_pool_alloc(struct weft_pool *pool)
{
    return (struct weft_alloc){resize, pool};
}

// The largest pieces go first.
size_t weft_pool_trim(struct weft_pool *pool)
{
    size_t given = 0;
    for (size_t class = WEFT_POOL_CLASSES; class -- > 0;) {
        struct weft_pool_piece *piece;
        while ((piece = pool->free[class]) && given + room_of(class) <= pool->spare) {
            pool->free[class] = piece->next;
            given += room_of(class);
            free(piece);
        }
    }
    pool->kept -= given;
    pool->spare = pool->kept;
    return given;
}

void weft_pool_deinit(struct weft_pool *pool)
{
    for (size_t class = 0; class < WEFT_POOL_CLASSES; class ++) {
        struct weft_pool_piece *piece;
        while ((piece = pool->free[class])) {
            pool->free[class] = piece->next;
            free(piece);
        }
    }
    pool->kept = pool->spare = 0;
}
