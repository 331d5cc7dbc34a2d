// h1/sent_head.c
#include "h1/sent_head.h"

struct weft_h1_sent_head *weft_h1_sent_head_new(const struct weft_alloc *alloc, size_t most,
                                                const struct weft_h1_sent_key *key,
                                                struct weft_span bytes, size_t text_size)
{
    if (bytes.size > WEFT_H1_SENT_SIZE_MOST) return NULL;
    size_t held = sizeof(struct weft_h1_sent_head) + bytes.size;
    struct weft_h1_sent_head *sent = held <= most ? weft_allocate(alloc, held) : NULL;
    if (!sent) return NULL;

    uint8_t *own = (uint8_t *)(sent + 1);
    memcpy(own, bytes.data, bytes.size);
    *sent = (struct weft_h1_sent_head){
        .held = held, .key = *key, .bytes = {own, bytes.size}, .text_size = text_size};
    return sent;
}

void weft_h1_sent_head_free(struct weft_h1_sent_head *sent, const struct weft_alloc *alloc)
{
    if (sent) weft_release(alloc, sent, sent->held);
}
