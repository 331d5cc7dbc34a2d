// RFC 9112 §9: how a connection begins, goes on and ends.
#include "h1/conn.h"
#include "h1/writer.h"

#include <assert.h>

enum {
    SPARES_MOST = 4,
    QUEUE_KEPT_MOST = 524288, // bytes of an empty queue
};

struct weft_h1_conn *weft_h1_new(const struct weft_http_engine_config *config)
{
    struct weft_h1_conn *conn = weft_allocate_zeroed(config->alloc, sizeof(*conn));
    if (!conn) return NULL;

    conn->role = config->role;
    conn->speaks_1_0 = config->speaks_1_0;
    conn->alloc = config->alloc;
    conn->limits = config->limits;
    conn->counters = config->counters;
    conn->trace = config->trace;
    conn->now_us = conn->born_us = conn->idle_us = config->now_us;
    weft_list_init(&conn->exchanges);
    weft_list_init(&conn->over);
    weft_list_init(&conn->spare);
    weft_queue_init(&conn->held, conn->alloc);
    weft_queue_init(&conn->out, conn->alloc);
    weft_arena_init(&conn->arena, conn->alloc, conn->limits->memory_budget);
    return conn;
}

static void free_exchanges(struct weft_h1_conn *conn, struct weft_list *list)
{
    struct weft_list *link;
    while ((link = weft_list_pop_front(list))) {
        struct weft_h1_exchange *exchange = WEFT_LIST_ENTRY(link, struct weft_h1_exchange, link);
        weft_release(conn->alloc, exchange, sizeof(*exchange));
    }
}

void weft_h1_free(struct weft_h1_conn *conn)
{
    if (!conn) return;
    free_exchanges(conn, &conn->exchanges);
    free_exchanges(conn, &conn->over);
    free_exchanges(conn, &conn->spare);
    weft_queue_deinit(&conn->held);
    weft_queue_deinit(&conn->out);
    weft_arena_deinit(&conn->arena);
    weft_h1_known_head_free(conn->known, conn->alloc);
    weft_h1_sent_head_free(conn->sent, conn->alloc);
    weft_release(conn->alloc, conn, sizeof(*conn));
}

// Exchanges

static struct weft_h1_exchange *take_spare(struct weft_h1_conn *conn)
{
    struct weft_list *link = weft_list_pop_front(&conn->spare);
    if (!link) return weft_allocate(conn->alloc, sizeof(struct weft_h1_exchange));
    conn->spare_count--;
    return WEFT_LIST_ENTRY(link, struct weft_h1_exchange, link);
}

struct weft_h1_exchange *weft_h1_exchange_add(struct weft_h1_conn *conn)
{
    struct weft_h1_exchange *exchange = take_spare(conn);
    if (!exchange) return NULL;
    *exchange = (struct weft_h1_exchange){.id = ++conn->last_id, .persists = true};
    weft_list_push_back(&conn->exchanges, &exchange->link);
    conn->exchange_count++;
    conn->totals.requests++;
    return exchange;
}

// Keeps an exchange that is in no list for use again.
static void put_spare(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange)
{
    conn->exchange_count--;
    if (conn->spare_count == SPARES_MOST) {
        weft_release(conn->alloc, exchange, sizeof(*exchange));
        return;
    }
    weft_list_push_front(&conn->spare, &exchange->link);
    conn->spare_count++;
}

void weft_h1_exchange_undo(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange)
{
    weft_list_remove(&exchange->link);
    put_spare(conn, exchange);
    conn->last_id--;
    conn->totals.requests--;
}

struct weft_h1_exchange *weft_h1_exchange_find(const struct weft_h1_conn *conn, uint64_t stream_id)
{
    WEFT_LIST_EACH(link, &conn->exchanges)
    {
        struct weft_h1_exchange *exchange = WEFT_LIST_ENTRY(link, struct weft_h1_exchange, link);
        if (exchange->id == stream_id) return exchange;
    }
    return NULL;
}

static void end_exchange(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange,
                         struct weft_http_error error)
{
    exchange->error = error;
    weft_list_remove(&exchange->link);
    weft_list_push_back(&conn->over, &exchange->link);
    conn->idle_us = conn->now_us;
    conn->is_trimmed = false;
    conn->unconsumed = 0;
    conn->interim_count = 0;
    conn->awaits_continue = false;
    conn->arena_is_stale = true; // but its head stays until the next call that reads
}

bool weft_h1_exchange_is_unsent(const struct weft_h1_conn *conn,
                                const struct weft_h1_exchange *exchange)
{
    return conn->role == WEFT_HTTP_CLIENT && exchange->start_mark >= conn->totals.sent_size;
}

static void stop_reading(struct weft_h1_conn *conn)
{
    conn->phase = WEFT_H1_CLOSED;
    conn->in = (struct weft_span){NULL, 0};
    conn->is_scanning = false;
    conn->is_discarding = false;
}

void weft_h1_conn_close(struct weft_h1_conn *conn)
{
    struct weft_h1_exchange *exchange;
    stop_reading(conn);
    while ((exchange = weft_h1_front(conn))) {
        struct weft_http_error error = {WEFT_HTTP_STREAM, WEFT_HTTP_REFUSED_STREAM,
                                        "the connection closed before the answer", true, true};
        end_exchange(conn, exchange, error); // §9.6: what follows a `close` is not processed
    }
}

void weft_h1_conn_break(struct weft_h1_conn *conn, uint32_t code, const char *reason, bool by_peer)
{
    struct weft_h1_exchange *exchange;
    if (conn->phase == WEFT_H1_CLOSED) return;
    conn->error = (struct weft_http_error){WEFT_HTTP_CONNECTION, code, reason, by_peer, false};
    conn->tells_failure = true;
    weft_h1_trace_error(conn);
    stop_reading(conn);
    while ((exchange = weft_h1_front(conn))) {
        struct weft_http_error error = conn->error;
        error.is_unprocessed = weft_h1_exchange_is_unsent(conn, exchange);
        end_exchange(conn, exchange, error);
    }
}

static uint32_t code_of(uint16_t status)
{
    switch (status) {
    case 408:
    case 414:
    case 431: return WEFT_HTTP_ENHANCE_YOUR_CALM;
    case 500: return WEFT_HTTP_INTERNAL_ERROR;
    default: return WEFT_HTTP_PROTOCOL_ERROR;
    }
}

void weft_h1_conn_refuse(struct weft_h1_conn *conn, struct weft_h1_error error)
{
    struct weft_h1_exchange *exchange = weft_h1_front(conn);
    bool may_answer = conn->role == WEFT_HTTP_SERVER &&
                      (!exchange || exchange->sending == WEFT_H1_SENDING_HEAD) &&
                      !conn->is_discarding;
    if (may_answer) {
        size_t before = weft_queue_size(&conn->out);
        bool is_head = exchange ? exchange->method == WEFT_HTTP_HEAD : conn->is_head;
        if (weft_h1_write_error(&conn->out, error, is_head) == WEFT_OK) { // else it just closes
            weft_h1_note_queued(conn, before);
        }
    }
    weft_h1_conn_break(conn, code_of(error.status), error.reason, false);
}

// The server has answered. What is left of the request is read and dropped, if that is little (§9.3).
static void settle_server(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange)
{
    bool goes_on = exchange->persists; // what its head has said, also while draining
    end_exchange(conn, exchange, (struct weft_http_error){.scope = WEFT_HTTP_FINE});
    conn->answered_count++;
    if (conn->answered_count == conn->limits->pipeline_count)
        WEFT_HTTP_COUNT(conn->counters, pipeline_count);
    if (exchange->is_received && goes_on) {
        conn->phase = WEFT_H1_READING_HEAD;
        return;
    }
    bool is_long = conn->framing == WEFT_H1_BY_LENGTH && conn->left > WEFT_H1_DISCARD_MOST;
    if (!goes_on || is_long) {
        weft_h1_conn_close(conn);
        return;
    }
    conn->is_discarding = true;
    conn->discarded = 0;
}

// The client has its answer. Where the connection ends with it, the rest of the request is of no use any more (§9.6).
static void settle_client(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange)
{
    bool goes_on = exchange->persists;
    if (exchange->sending != WEFT_H1_SENDING_DONE && goes_on) return;
    end_exchange(conn, exchange, (struct weft_http_error){.scope = WEFT_HTTP_FINE});
    bool is_last = conn->is_draining && weft_list_is_empty(&conn->exchanges);
    if (!goes_on || is_last) weft_h1_conn_close(conn);
}

void weft_h1_exchange_settle(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange)
{
    if (conn->role == WEFT_HTTP_SERVER) {
        if (exchange->sending == WEFT_H1_SENDING_DONE) settle_server(conn, exchange);
    } else {
        if (exchange->is_received) settle_client(conn, exchange);
    }
}

// Bytes in

size_t weft_h1_memory(const struct weft_h1_conn *conn)
{
    size_t exchanges = conn->exchange_count + conn->spare_count;
    size_t known = conn->known ? conn->known->held : 0;
    size_t sent = conn->sent ? conn->sent->held : 0;
    return sizeof(*conn) + conn->held.size + conn->out.size + conn->arena.held + known + sent +
           exchanges * sizeof(struct weft_h1_exchange);
}

// Adds bytes behind those that are held.
static bool hold(struct weft_h1_conn *conn, struct weft_span bytes)
{
    bool is_within = weft_h1_memory(conn) + bytes.size <= conn->limits->memory_budget;
    if (!is_within) WEFT_HTTP_COUNT(conn->counters, memory_budget);
    if (!is_within || weft_queue_add(&conn->held, bytes)) {
        weft_h1_conn_break(conn, WEFT_HTTP_INTERNAL_ERROR,
                           "no memory for what was received, or above the limit memory_budget",
                           false);
        return false;
    }
    conn->in = weft_queue_bytes(&conn->held);
    conn->is_holding = true;
    return true;
}

// Lets go of what was held and has been taken.
static void let_go(struct weft_h1_conn *conn)
{
    size_t left = conn->is_holding ? conn->in.size : 0;
    weft_queue_drop(&conn->held, weft_queue_size(&conn->held) - left);
    if (conn->held.size > QUEUE_KEPT_MOST) weft_queue_trim(&conn->held);
}

bool weft_h1_feed(struct weft_h1_conn *conn, struct weft_span bytes, uint64_t now_us)
{
    conn->now_us = now_us;
    if (conn->phase == WEFT_H1_CLOSED) return false;
    conn->totals.received_size += bytes.size;
    weft_h1_meter_add(&conn->reading, bytes.size, now_us);
    let_go(conn);
    if (conn->in.size > 0) {
        assert(conn->is_holding); // or the caller has not pulled all events
        return hold(conn, bytes);
    }
    conn->in = bytes;
    conn->is_holding = false;
    return true;
}

void weft_h1_feed_end(struct weft_h1_conn *conn, uint64_t now_us)
{
    conn->now_us = now_us;
    conn->input_ended = true;
}

bool weft_h1_wants_input(const struct weft_h1_conn *conn)
{
    if (conn->phase == WEFT_H1_CLOSED || conn->input_ended) return false;
    if (conn->phase == WEFT_H1_AWAITING_ANSWER) return conn->in.size == 0;
    if (conn->phase == WEFT_H1_READING_HEAD) { // what is held of a pipeline is to be pulled first
        return !weft_h1_is_held_back(conn) && (conn->in.size == 0 || conn->is_scanning);
    }
    return conn->unconsumed < conn->limits->stream_window || conn->is_discarding;
}

// Events

static void tell_closed(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    struct weft_list *link = weft_list_pop_front(&conn->over);
    struct weft_h1_exchange *exchange = WEFT_LIST_ENTRY(link, struct weft_h1_exchange, link);
    *event = (struct weft_http_event){
        .type = WEFT_HTTP_STREAM_CLOSED, .stream_id = exchange->id, .user = exchange->user};
    // An error that was written a moment ago is not yet to be had in one piece: the processor would wait for what was stored
    // before it, the content. Most have none.
    if (exchange->error.scope != WEFT_HTTP_FINE) event->error = exchange->error;
    put_spare(conn, exchange);
}

// Is there surely nothing to tell? Callers ask more often than there is.
static bool is_quiet(const struct weft_h1_conn *conn)
{
    if (!weft_list_is_empty(&conn->over)) return false;
    if (conn->phase == WEFT_H1_AWAITING_ANSWER) return conn->in.size == 0 || conn->is_holding;
    return conn->phase == WEFT_H1_READING_HEAD && conn->in.size == 0 && !conn->input_ended;
}

static bool tell(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    if (weft_list_is_empty(&conn->over) && weft_h1_receive(conn, event)) return true;
    if (!weft_list_is_empty(&conn->over)) {
        tell_closed(conn, event);
        return true;
    }
    if (conn->tells_failure) {
        conn->tells_failure = false;
        *event = (struct weft_http_event){.type = WEFT_HTTP_FAILED, .error = conn->error};
        return true;
    }
    if (conn->in.size == 0 || conn->is_holding) return false;
    return !hold(conn, conn->in) && tell(conn, event); // without memory there is more to tell
}

bool weft_h1_next_event(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    return !is_quiet(conn) && tell(conn, event);
}

void weft_h1_consume(struct weft_h1_conn *conn, uint64_t stream_id, size_t size)
{
    if (!weft_h1_exchange_find(conn, stream_id)) return;
    bool was_held_back = conn->unconsumed >= conn->limits->stream_window;
    conn->unconsumed -= size < conn->unconsumed ? size : conn->unconsumed;
    bool is_held_back = conn->unconsumed >= conn->limits->stream_window;
    if (was_held_back && !is_held_back) weft_h1_meter_start(&conn->reading, conn->now_us);
}

// Bytes out

struct weft_span weft_h1_output(struct weft_h1_conn *conn)
{
    return weft_queue_bytes(&conn->out);
}

void weft_h1_sent(struct weft_h1_conn *conn, size_t size, uint64_t now_us)
{
    conn->now_us = now_us;
    conn->totals.sent_size += size;
    weft_h1_meter_add(&conn->writing, size, now_us);
    weft_queue_drop(&conn->out, size);
    conn->answered_count = 0;
    if (conn->out.size > QUEUE_KEPT_MOST) weft_queue_trim(&conn->out);
}

// The connection's end

void weft_h1_trim(struct weft_h1_conn *conn)
{
    let_go(conn);
    weft_queue_trim(&conn->held);
    weft_queue_trim(&conn->out);
    if (conn->exchange_count > 0 || conn->is_discarding) return;
    weft_arena_deinit(&conn->arena);
    weft_h1_known_head_free(conn->known, conn->alloc);
    conn->known = NULL;
    weft_h1_sent_head_free(conn->sent, conn->alloc);
    conn->sent = NULL;
}

void weft_h1_drain(struct weft_h1_conn *conn, uint64_t now_us)
{
    conn->now_us = now_us;
    if (conn->is_draining || conn->phase == WEFT_H1_CLOSED) return;
    conn->is_draining = true;
    conn->drain_us = now_us;
    // A server may have a request under way to it: weft_h1_tick() closes once none has come for drain_ms.
    bool is_client = conn->role == WEFT_HTTP_CLIENT;
    if (is_client && weft_list_is_empty(&conn->exchanges)) weft_h1_conn_close(conn);
}

void weft_h1_fail(struct weft_h1_conn *conn, enum weft_http_error_code code, const char *reason)
{
    weft_h1_conn_break(conn, code, reason, false);
}

void weft_h1_reset(struct weft_h1_conn *conn, uint64_t stream_id, enum weft_http_error_code code)
{
    struct weft_h1_exchange *exchange = weft_h1_exchange_find(conn, stream_id);
    if (!exchange) return;
    conn->totals.resets_sent++;
    struct weft_http_error error = {WEFT_HTTP_STREAM, code, "given up", false,
                                    weft_h1_exchange_is_unsent(conn, exchange)};
    end_exchange(conn, exchange, error);
    weft_h1_conn_break(conn, WEFT_HTTP_CANCEL, "another stream of the connection was given up",
                       false);
    conn->tells_failure = false; // it was asked for
}

bool weft_h1_is_finished(const struct weft_h1_conn *conn)
{
    return conn->phase == WEFT_H1_CLOSED && conn->exchange_count == 0 && !conn->tells_failure;
}

struct weft_http_error weft_h1_last_error(const struct weft_h1_conn *conn)
{
    return conn->error;
}

size_t weft_h1_stream_count(const struct weft_h1_conn *conn)
{
    return conn->exchange_count;
}

const struct weft_http_totals *weft_h1_totals(const struct weft_h1_conn *conn)
{
    return &conn->totals;
}

void weft_h1_set_user(struct weft_h1_conn *conn, uint64_t stream_id, void *user)
{
    struct weft_h1_exchange *exchange = weft_h1_exchange_find(conn, stream_id);
    if (exchange) exchange->user = user;
}
