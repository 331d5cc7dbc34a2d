// net/memory.c
#include "net/memory.h"

#include <stdlib.h>

static void *heap_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

static const struct weft_alloc heap = {heap_resize, NULL};

const struct weft_alloc *weft_heap_alloc(void)
{
    return &heap;
}
