// heap.h: the examples' memory: the C library's.
#include <stdlib.h>

#include "base/alloc.h"

static void *heap_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context, (void)old_size;
    if (new_size > 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

static const struct weft_alloc heap = {heap_resize, NULL};
