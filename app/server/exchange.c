// server/exchange.c
#include "server/exchange.h"

#include "server/delivery.h"

#include <stdlib.h>

void weft_exchange_pool_init(struct weft_exchange_pool *pool)
{
    *pool = (struct weft_exchange_pool){0};
}

void weft_exchange_pool_deinit(struct weft_exchange_pool *pool)
{
    while (pool->free) {
        struct weft_exchange *exchange = pool->free;
        pool->free = exchange->next_free;
        free(exchange);
    }
}

struct weft_exchange *weft_exchange_take(struct weft_exchange_pool *pool)
{
    struct weft_exchange *exchange = pool->free;
    if (exchange) {
        pool->free = exchange->next_free;
        pool->free_count--;
        __builtin_prefetch(pool->free); // it was let go some time ago, and is mostly asked for soon
    } else {
        exchange = malloc(sizeof(*exchange));
    }
    if (exchange) *exchange = (struct weft_exchange){0};
    return exchange;
}

void weft_exchange_give_back(struct weft_exchange_pool *pool, struct weft_exchange *exchange)
{
    weft_body_close(&exchange->body);
    weft_list_remove(&exchange->link);
    weft_promise_free(exchange->promise);
    if (pool->free_count == WEFT_EXCHANGES_KEPT) {
        free(exchange);
        return;
    }
    exchange->next_free = pool->free; // the one whose memory is warmest is next
    pool->free = exchange;
    pool->free_count++;
}

ssize_t weft_exchange_read(struct weft_exchange *exchange, uint8_t *room, size_t size, bool *ends)
{
    ssize_t got = weft_body_read(&exchange->body, room, size, ends);
    if (got > 0) exchange->content_sent += (uint64_t)got;
    return got;
}
