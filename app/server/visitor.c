// server/visitor.c
#include "server/visitor.h"

#include "server/visitor_answer.h"
#include "server/visitor_record.h"
#include "server/visitor_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    // Bytes of a request's content, which nobody wants:
    AWAITED_MOST = 1 << 16,   // so many are read before the answer over HTTP/1
    DISCARDED_MOST = 1 << 20, // so many at all
};

// An exchange is over: it is counted, logged, and kept for the next request.
static void end_exchange(struct weft_session *session, struct weft_exchange *exchange,
                         const struct weft_http_error *error)
{
    struct weft_visitor *visitor = weft_visitor_of(session);
    weft_visitor_record(session, exchange, error);
    if (exchange->wait) weft_gate_forget(exchange->wait);
    if (exchange->is_counted) weft_client_is_answered(visitor->client_of);
    visitor->body_held -= exchange->body_held;
    weft_exchange_give_back(&visitor->worker->pool, exchange);
}

// A little content is read first, so that an HTTP/1 connection can be used again. Who asks whether to send it, or sends
// much, is told at once.
static bool content_is_awaited(const struct weft_http_event *event)
{
    if (event->head->version >= WEFT_HTTP_2) return false; // a stream is given up alone
    if (event->ends_message || event->head->expects_continue) return false;
    return event->head->content_length <= AWAITED_MOST; // also where it is not known
}

static void on_request(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_exchange *exchange = weft_visitor_take(session, event->stream_id, event->head);
    if (!exchange) {
        weft_conn_reset(weft_session_conn(session), event->stream_id, WEFT_HTTP_REFUSED_STREAM);
        return;
    }
    exchange->awaits_content = content_is_awaited(event);
    if (exchange->awaits_content) return;
    if (event->head->version < WEFT_HTTP_2) {
        weft_visitor_answer(session, exchange);
        return;
    }
    // A reset may be behind it: work begins once all that has come is known.
    weft_list_remove(&exchange->link);
    weft_list_push_back(&weft_visitor_of(session)->unstarted, &exchange->link);
}

static void on_settled(struct weft_session *session)
{
    struct weft_visitor *visitor = weft_visitor_of(session);
    while (!weft_list_is_empty(&visitor->unstarted)) {
        struct weft_exchange *exchange =
            WEFT_LIST_ENTRY(visitor->unstarted.next, struct weft_exchange, link);
        weft_list_remove(&exchange->link);
        weft_list_push_back(&visitor->exchanges, &exchange->link);
        weft_visitor_answer(session, exchange);
    }
}

// Content is read, so that the peer gets to reading the answer, but not without end.
static void on_content(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_conn *conn = weft_session_conn(session);
    struct weft_exchange *exchange = event->user;
    size_t size = event->type == WEFT_HTTP_DATA ? event->data.size : 0;
    if (exchange && exchange->wait) { // it is held back, so that it does not outrun the answer
        exchange->wait->held_size += size;
    } else if (size > 0) {
        weft_conn_consume(conn, event->stream_id, size);
    }
    if (!exchange) return;
    exchange->content_received += size;
    bool is_over = event->ends_message;
    if (exchange->awaits_content && (is_over || exchange->content_received > AWAITED_MOST)) {
        exchange->awaits_content = false;
        weft_visitor_answer(session, exchange);
    }
    if (exchange->content_received > DISCARDED_MOST && !is_over && !exchange->wait) {
        weft_conn_reset(conn, event->stream_id, WEFT_HTTP_NO_ERROR); // RFC 9113 §8.1
    }
}

// A push that the client gave up has cost what was sent of it.
static void note_end(struct weft_session *session, const struct weft_exchange *exchange,
                     const struct weft_http_error *error)
{
    const struct weft_witness *witness = &weft_visitor_of(session)->witness;
    if (!exchange->promise || !witness->notebook || !exchange->site->learned.shelf) return;
    if (error->scope == WEFT_HTTP_FINE || !error->by_peer) return;
    weft_witness_push(witness, exchange->site, exchange->promise, true, exchange->content_sent);
}

// At the end nobody waits for content that nobody wants: who has sent half of it has the answer all the same.
static void on_hurry(struct weft_session *session)
{
    WEFT_LIST_EACH(link, &weft_visitor_of(session)->exchanges)
    {
        struct weft_exchange *exchange = WEFT_LIST_ENTRY(link, struct weft_exchange, link);
        if (!exchange->awaits_content) continue;
        exchange->awaits_content = false;
        weft_visitor_answer(session, exchange);
        return; // HTTP/1: there is one at a time
    }
}

static void tell_of_lost_records(struct weft_worker *worker)
{
    weft_worker_tell_dropped(worker, &worker->traces.file,
                             "the qlog takes no lines: they are dropped");
}

static void read_trace(struct weft_session *session)
{
    struct weft_tap *tap = weft_visitor_of(session)->tap;
    if (!tap) return;
    tap->version = weft_conn_version(weft_session_conn(session));
    weft_tap_drain(tap);
    tell_of_lost_records(weft_visitor_of(session)->worker);
}

static void on_event(struct weft_session *session, const struct weft_http_event *event)
{
    if (weft_visitor_of(session)->tap) read_trace(session);
    struct weft_exchange *exchange = event->user;
    switch (event->type) {
    case WEFT_HTTP_REQUEST: on_request(session, event); break;
    case WEFT_HTTP_DATA:
    case WEFT_HTTP_TRAILERS: on_content(session, event); break;
    case WEFT_HTTP_STREAM_CLOSED:
        if (event->error.scope == WEFT_HTTP_STREAM) {
            weft_visitor_tell(session, event->stream_id, &event->error);
        }
        if (!exchange) break;
        note_end(session, exchange, &event->error);
        end_exchange(session, exchange, &event->error);
        weft_worker_tidy_later(weft_visitor_of(session)->worker);
        break;
    case WEFT_HTTP_FAILED: // it closes by itself
        weft_visitor_tell(session, 0, &event->error);
        break;
    default: break;
    }
}

static ssize_t on_fill(struct weft_session *session, void *user, uint8_t *room, size_t size,
                       bool *ends)
{
    struct weft_exchange *exchange = user;
    if (!exchange) return -EPIPE;
    ssize_t got = weft_exchange_read(exchange, room, size, ends);
    if (got < 0) weft_visitor_tell_unreadable(session, exchange, (int)-got);
    return got;
}

static void give_up(struct weft_session *session, struct weft_list *exchanges)
{
    static const struct weft_http_error gone = {.scope = WEFT_HTTP_CONNECTION, .by_peer = true};
    while (!weft_list_is_empty(exchanges)) {
        struct weft_exchange *exchange =
            WEFT_LIST_ENTRY(exchanges->next, struct weft_exchange, link);
        end_exchange(session, exchange, &gone);
    }
}

static void configure(struct weft_session *session, struct weft_http_engine_config *config)
{
    struct weft_visitor *visitor = weft_visitor_of(session);
    visitor->tap = weft_tap_open(&visitor->worker->traces, visitor->number, visitor->peer,
                                 weft_session_tls(session) != NULL);
    if (visitor->tap) config->trace = &visitor->tap->trace;
}

// The connection is there: after the handshake, where it is one over TLS.
static void on_ready(struct weft_session *session)
{
    struct weft_counts *counts = &weft_visitor_of(session)->worker->figures.counts;
    const struct weft_tls *tls = weft_session_tls(session);
    if (!tls) return;
    if (weft_tls_is_resumed(tls)) {
        counts->handshakes_resumed++;
    } else {
        counts->handshakes_full++;
    }
}

static void on_closed(struct weft_session *session)
{
    struct weft_visitor *visitor = weft_visitor_of(session);
    weft_visitor_record_connection(session);
    give_up(session, &visitor->exchanges);
    give_up(session, &visitor->unstarted);
    weft_client_leaves(visitor->client_of);
    read_trace(session);
    weft_tap_close(visitor->tap);
    tell_of_lost_records(visitor->worker);
    free(visitor->given);
    free(visitor);
}

static const struct weft_session_owner owner = {
    .configure = configure,
    .ready = on_ready,
    .event = on_event,
    .settled = on_settled,
    .hurry = on_hurry,
    .fill = on_fill,
    .turned = read_trace,
    .closed = on_closed,
};

// With room for no more than its texts take.
static struct weft_visitor *visitor_from(const struct weft_address *address)
{
    char client[64];
    char peer[64];
    weft_address_text(address, false, client, sizeof(client));
    weft_address_text(address, true, peer, sizeof(peer));
    size_t peer_size = strlen(peer) + 1;
    size_t client_size = strlen(client) + 1;
    struct weft_visitor *visitor = malloc(sizeof(*visitor) + peer_size + client_size);
    if (!visitor) return NULL;
    memcpy(visitor->peer, peer, peer_size);
    visitor->client = memcpy(visitor->peer + peer_size, client, client_size);
    return visitor;
}

void weft_visitor_start(struct weft_worker *worker, int fd, const struct weft_address *peer,
                        bool is_secure)
{
    struct weft_client *client;
    if (!weft_client_arrives(&worker->clients, peer, weft_loop_now_us(worker->loop), &client)) {
        close(fd); // before TLS, which would cost more than all that it could be told
        return;
    }
    struct weft_visitor *visitor = visitor_from(peer);
    if (!visitor) {
        weft_client_leaves(client);
        close(fd);
        return;
    }
    visitor->client_of = client;
    if (is_secure) {
        worker->figures.counts.accepted_tls++;
    } else {
        worker->figures.counts.accepted_clear++;
    }
    visitor->worker = worker;
    visitor->number = worker->connection_count++ * worker->config->thread_count + worker->index + 1;
    visitor->given = NULL;
    visitor->tap = NULL;
    visitor->covered = 0;
    visitor->coding_held = 0;
    visitor->body_held = 0;
    weft_list_init(&visitor->exchanges);
    weft_list_init(&visitor->unstarted);
    weft_witness_init(&visitor->witness, worker->notebook, worker->learn_seed, peer);
    if (!weft_session_start(worker->hub, fd, peer, WEFT_HTTP_SERVER, is_secure ? worker->tls : NULL,
                            NULL, WEFT_CONN_BY_FIRST_BYTES, &owner, visitor)) {
        weft_client_leaves(client);
        free(visitor);
    }
}
