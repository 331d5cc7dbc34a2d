// net/pool.h: an allocator for one thread that keeps what was given back, warm, for the next who asks.
#ifndef WEFT_NET_POOL_H
#define WEFT_NET_POOL_H

#include "base/alloc.h"

enum {
    WEFT_POOL_STEP = 16,       // sizes are rounded up to it, up to WEFT_POOL_FINE
    WEFT_POOL_FINE = 2048,     // above this to the next power of two
    WEFT_POOL_LARGEST = 65536, // larger pieces are malloc()'s
    WEFT_POOL_CLASSES = WEFT_POOL_FINE / WEFT_POOL_STEP + 6,
};

/**
 * Free lists by size, last in, first out: the memory that one connection has just let go is in the processor's cache when
 * the next one asks. A heap of the C library would look for the best place instead.
 *
 * For one thread; zero it, then set `most`. Under AddressSanitizer it passes everything on to malloc(), so that use after
 * free shows.
 */
struct weft_pool {
    size_t most; // bytes to keep at the most
    size_t kept;
    size_t
        spare; // the least that was kept since the last weft_pool_trim(): nobody has asked for it
    struct weft_pool_piece *free[WEFT_POOL_CLASSES];
};

/** The allocator over `pool`, which has to outlive it. */
struct weft_alloc weft_pool_alloc(struct weft_pool *pool);

/** Gives back what nobody has asked for since the last call: to be called every now and then. Returns how many bytes. */
size_t weft_pool_trim(struct weft_pool *pool);

/** Gives back all that is kept. What was handed out has to have come back. */
void weft_pool_deinit(struct weft_pool *pool);

#endif
