// base/alloc.c
#include "base/alloc.h"

void *weft_allocate_zeroed(const struct weft_alloc *alloc, size_t size)
{
    void *memory = weft_allocate(alloc, size);
    if (memory) memset(memory, 0, size);
    return memory;
}
