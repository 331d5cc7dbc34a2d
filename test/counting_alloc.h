// test/counting_alloc.h: an allocator that counts, and that fails when it is told to.
#ifndef TEST_COUNTING_ALLOC_H
#define TEST_COUNTING_ALLOC_H

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

/** Starts with {0}; hand `test_allocator(&it)` to what is tested. */
struct test_alloc {
    size_t calls;   // allocations and growths asked for so far
    size_t fail_at; // the number of the call (from 1) that fails; 0 for none
    size_t live;    // bytes held now
    size_t peak;    // the most bytes ever held
};

static inline void *test_alloc_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    struct test_alloc *self = context;
    if (new_size == 0) {
        free(old);
        self->live -= old_size;
        return NULL;
    }
    if (++self->calls == self->fail_at) return NULL;
    void *memory = malloc(new_size); // always moves, so that stale pointers show
    if (!memory) abort();
    memset(memory, 0xa5, new_size);
    if (old) memcpy(memory, old, old_size < new_size ? old_size : new_size);
    free(old);
    self->live = self->live - old_size + new_size;
    if (self->live > self->peak) self->peak = self->live;
    return memory;
}

static inline struct weft_alloc test_allocator(struct test_alloc *self)
{
    return (struct weft_alloc){test_alloc_resize, self};
}

#endif
