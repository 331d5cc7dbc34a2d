// wire/queue.c
#include "wire/queue.h"

#include <assert.h>

enum { SMALLEST = 512 };

void weft_queue_init(struct weft_queue *queue, const struct weft_alloc *alloc)
{
    *queue = (struct weft_queue){.alloc = alloc};
}

void weft_queue_deinit(struct weft_queue *queue)
{
    weft_release(queue->alloc, queue->data, queue->size);
    weft_queue_init(queue, queue->alloc);
}

static bool grow(struct weft_queue *queue, size_t needed)
{
    size_t size = queue->size ? queue->size : SMALLEST;
    while (size < needed) {
        if (size > SIZE_MAX / 2) return false;
        size *= 2;
    }
    uint8_t *data = weft_resize(queue->alloc, queue->data, queue->size, size);
    if (!data) return false;
    queue->data = data;
    queue->size = size;
    return true;
}

uint8_t *weft_queue_make_room(struct weft_queue *queue, size_t size)
{
    size_t waiting = weft_queue_size(queue);
    if (size > SIZE_MAX - waiting) return NULL;
    if (queue->start > 0) { // close up before growing
        if (waiting > 0) memmove(queue->data, queue->data + queue->start, waiting);
        queue->start = 0;
        queue->end = waiting;
    }
    if (size > queue->size - waiting && !grow(queue, waiting + size)) return NULL;
    return queue->data + queue->end;
}

enum weft_result weft_queue_add(struct weft_queue *queue, struct weft_span bytes)
{
    if (bytes.size == 0) return WEFT_OK;

    uint8_t *room = weft_queue_room(queue, bytes.size);
    if (!room) return WEFT_NO_MEMORY;
    memcpy(room, bytes.data, bytes.size);
    weft_queue_add_room(queue, bytes.size);
    return WEFT_OK;
}

void weft_queue_drop(struct weft_queue *queue, size_t size)
{
    assert(size <= weft_queue_size(queue));
    queue->start += size;
    if (queue->start == queue->end) queue->start = queue->end = 0;
}

void weft_queue_trim(struct weft_queue *queue)
{
    if (weft_queue_size(queue) == 0) weft_queue_deinit(queue);
}
