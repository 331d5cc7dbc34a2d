// net/memory.h: the allocator of the program: malloc().
#ifndef WEFT_NET_MEMORY_H
#define WEFT_NET_MEMORY_H

#include "base/alloc.h"

/** Memory of the C library, for engines and containers; safe from any thread. */
const struct weft_alloc *weft_heap_alloc(void);

#endif
