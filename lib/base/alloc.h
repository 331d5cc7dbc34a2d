// base/alloc.h: memory that the caller hands in.
#ifndef WEFT_BASE_ALLOC_H
#define WEFT_BASE_ALLOC_H

#include "base/span.h"

/**
 * An allocator, as one function.
 *
 * resize   like realloc(), told the old size too: `old` NULL and `old_size` 0 to allocate, `new_size` 0
 *          to free (it then returns NULL); on failure it returns NULL and `old` stays as it was. What it
 *          returns is aligned for any type.
 * context  handed to it untouched
 */
struct weft_alloc {
    void *(*resize)(void *context, void *old, size_t old_size, size_t new_size);
    void *context;
};

/** `size` bytes (at least 1), not cleared, or NULL. */
WEFT_MUST_USE static inline void *weft_allocate(const struct weft_alloc *alloc, size_t size)
{
    return alloc->resize(alloc->context, NULL, 0, size);
}

/** The same, cleared. */
WEFT_MUST_USE void *weft_allocate_zeroed(const struct weft_alloc *alloc, size_t size);

/** Gives back what weft_allocate() gave; `old` may be NULL. */
static inline void weft_release(const struct weft_alloc *alloc, void *old, size_t size)
{
    if (old) alloc->resize(alloc->context, old, size, 0);
}

/** Grows or shrinks; NULL where there is no memory, and `old` is then as it was. */
WEFT_MUST_USE static inline void *weft_resize(const struct weft_alloc *alloc, void *old,
                                              size_t old_size, size_t new_size)
{
    return alloc->resize(alloc->context, old, old_size, new_size);
}

#endif
