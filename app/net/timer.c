// net/timer.c
#include "net/timer.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

static void put(struct weft_timer_heap *heap, size_t index, struct weft_timer *timer)
{
    heap->slots[index] = timer;
    timer->heap_index = index;
}

// Moves `timer` from the free place `index` towards the top, as far as it belongs.
static void rise(struct weft_timer_heap *heap, size_t index, struct weft_timer *timer)
{
    while (index > 1 && timer->due_us < heap->slots[index / 2]->due_us) {
        put(heap, index, heap->slots[index / 2]);
        index /= 2;
    }
    put(heap, index, timer);
}

// Moves `timer` from the free place `index` towards the bottom, as far as it belongs.
static void sink(struct weft_timer_heap *heap, size_t index, struct weft_timer *timer)
{
    for (size_t child = index * 2; child <= heap->count; child = index * 2) {
        if (child < heap->count && heap->slots[child + 1]->due_us < heap->slots[child]->due_us) {
            child++;
        }
        if (timer->due_us <= heap->slots[child]->due_us) break;
        put(heap, index, heap->slots[child]);
        index = child;
    }
    put(heap, index, timer);
}

static void settle(struct weft_timer_heap *heap, size_t index, struct weft_timer *timer)
{
    rise(heap, index, timer);
    if (timer->heap_index == index) sink(heap, index, timer);
}

static int make_room(struct weft_timer_heap *heap)
{
    if (heap->count < heap->capacity) return 0;
    size_t capacity = heap->capacity ? heap->capacity * 2 : FIRST_CAPACITY;
    struct weft_timer **slots = realloc(heap->slots, (capacity + 1) * sizeof(*slots));
    if (!slots) return -ENOMEM;
    heap->slots = slots;
    heap->capacity = capacity;
    return 0;
}

int weft_timer_heap_set(struct weft_timer_heap *heap, struct weft_timer *timer, uint64_t due_us)
{
    if (timer->heap_index == 0) {
        int error = make_room(heap);
        if (error) return error;
        timer->heap_index = ++heap->count;
    }
    timer->due_us = due_us;
    settle(heap, timer->heap_index, timer);
    return 0;
}

void weft_timer_heap_remove(struct weft_timer_heap *heap, struct weft_timer *timer)
{
    size_t index = timer->heap_index;
    if (index == 0) return;
    timer->heap_index = 0;
    struct weft_timer *last = heap->slots[heap->count--];
    if (last != timer) settle(heap, index, last);
}

void weft_timer_heap_deinit(struct weft_timer_heap *heap)
{
    free(heap->slots);
    *heap = (struct weft_timer_heap){0};
}
