// net/timer.h: timers in the order in which they are due, as a binary heap. The loop's own; others use net/loop.h.
#ifndef WEFT_NET_TIMER_H
#define WEFT_NET_TIMER_H

#include "net/loop.h"

#include <stddef.h>

/** Starts as {0}. A timer knows its place, so that moving and removing cost O(log n). */
struct weft_timer_heap {
    struct weft_timer **slots; // slots[1] is due first; slots[0] is not used
    size_t count;
    size_t capacity; // the most timers that fit
};

/** Sets a timer, or moves it where it is set already; returns 0 or -ENOMEM (then it is as it was). */
int weft_timer_heap_set(struct weft_timer_heap *heap, struct weft_timer *timer, uint64_t due_us);

/** Takes a timer out; one that is not set stays so. */
void weft_timer_heap_remove(struct weft_timer_heap *heap, struct weft_timer *timer);

/** The timer that is due first, or NULL. */
static inline struct weft_timer *weft_timer_heap_first(const struct weft_timer_heap *heap)
{
    return heap->count > 0 ? heap->slots[1] : NULL;
}

void weft_timer_heap_deinit(struct weft_timer_heap *heap);

#endif
