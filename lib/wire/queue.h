// wire/queue.h: bytes on their way out, in order, in one piece of memory.
#ifndef WEFT_WIRE_QUEUE_H
#define WEFT_WIRE_QUEUE_H

#include "base/alloc.h"
#include "base/result.h"

/** Bytes go in at the back and leave at the front; what waits is always contiguous. */
struct weft_queue {
    const struct weft_alloc *alloc;
    uint8_t *data;
    size_t start; // the first byte that waits
    size_t end;   // behind the last byte that waits
    size_t size;  // of `data`
};

void weft_queue_init(struct weft_queue *queue, const struct weft_alloc *alloc);
void weft_queue_deinit(struct weft_queue *queue);

/** What waits, lent until the next call on the queue. */
static inline struct weft_span weft_queue_bytes(const struct weft_queue *queue)
{
    if (!queue->data) return (struct weft_span){NULL, 0};
    return (struct weft_span){queue->data + queue->start, queue->end - queue->start};
}

static inline size_t weft_queue_size(const struct weft_queue *queue)
{
    return queue->end - queue->start;
}

/** What weft_queue_room() does where the back has not that much room: closes up, or grows. */
WEFT_MUST_USE uint8_t *weft_queue_make_room(struct weft_queue *queue, size_t size);

/**
 * Room for `size` bytes at the back, to be filled and then kept with weft_queue_add_room().
 *
 * returns  the room, lent until the next call on the queue; NULL without memory
 */
WEFT_MUST_USE static inline uint8_t *weft_queue_room(struct weft_queue *queue, size_t size)
{
    if (size <= queue->size - queue->end) return queue->data + queue->end;
    return weft_queue_make_room(queue, size);
}

/** Keeps the first `size` bytes of the room that weft_queue_room() gave. */
static inline void weft_queue_add_room(struct weft_queue *queue, size_t size)
{
    queue->end += size;
}

/** Adds a copy of `bytes`. */
WEFT_MUST_USE enum weft_result weft_queue_add(struct weft_queue *queue, struct weft_span bytes);

/** Drops the first `size` bytes, at most all; an empty queue keeps its memory. */
void weft_queue_drop(struct weft_queue *queue, size_t size);

/** Gives the memory of an empty queue back: an idle connection holds none. */
void weft_queue_trim(struct weft_queue *queue);

#endif
