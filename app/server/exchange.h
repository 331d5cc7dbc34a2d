// server/exchange.h: one request and its answer, from the request's head to the end of its stream.
#ifndef WEFT_SERVER_EXCHANGE_H
#define WEFT_SERVER_EXCHANGE_H

#include "base/list.h"
#include "server/body.h"

enum { WEFT_EXCHANGES_KEPT = 1024 }; // free ones of a thread

struct weft_gate_wait;
struct weft_password;
struct weft_promise;
struct weft_site;

struct weft_exchange {
    struct weft_list link;           // among those of its connection
    struct weft_exchange *next_free; // in the pool
    uint64_t stream_id;
    const struct weft_http_head *request; // lent until the stream is closed, or the promise's
    struct weft_site *site;               // which it is for
    struct weft_promise *promise;         // where it was not asked for; freed with it
    struct weft_body body;
    size_t body_held; // bytes of it that count as the connection's, up to the end of the stream
    uint64_t started_us;
    uint32_t first_byte_us; // from then to the answer's head
    uint64_t content_sent;
    uint64_t content_received;        // of the request, thrown away
    uint16_t status;                  // 0 while it is not answered
    const struct weft_password *user; // whom the gate knows it to be from; NULL for others
    struct weft_gate_wait *wait;      // while the gate finds that out
    bool is_counted;                  // among its client's requests in flight
    bool awaits_content;              // answered once the request's content has come
};

/** Exchanges that are used again and again; one thread's. */
struct weft_exchange_pool {
    struct weft_exchange *free;
    size_t free_count;
};

void weft_exchange_pool_init(struct weft_exchange_pool *pool);
void weft_exchange_pool_deinit(struct weft_exchange_pool *pool);

/** A cleared one, or NULL without memory. */
struct weft_exchange *weft_exchange_take(struct weft_exchange_pool *pool);

/** Closes its body, takes it out of its list, and keeps it for the next. */
void weft_exchange_give_back(struct weft_exchange_pool *pool, struct weft_exchange *exchange);

/** Reads from its body and counts. */
ssize_t weft_exchange_read(struct weft_exchange *exchange, uint8_t *room, size_t size, bool *ends);

#endif
