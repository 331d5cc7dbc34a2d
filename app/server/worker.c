// server/worker.c
#include "server/worker.h"

#include "net/listener.h"
#include "net/pool.h"
#include "server/access_log.h"
#include "server/delivery.h"
#include "server/exchange.h"
#include "server/route.h"
#include "session/session.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DOORS_MOST = 2 * WEFT_LISTENS_MOST, // a name may have two addresses
    FDS_KEPT_MOST = 64,                 // descriptors kept free for files
    SHED_AT_ONCE = 8,                   // idle connections, when descriptors run out
    TIDY_US = 500000,
    MEMORY_WORTH_TRIMMING = 1 << 18, // bytes, for the heap to be looked through
    MEMORY_KEPT = 4 << 20,           // bytes, warm for the next connection
    // Bytes of a request's content, which nobody wants:
    AWAITED_MOST = 1 << 16,   // so many are read before the answer over HTTP/1
    DISCARDED_MOST = 1 << 20, // so many at all
};

/** A listener and what it opens onto. */
struct door {
    struct weft_listener listener;
    struct weft_worker *worker;
    bool is_secure;
};

struct weft_worker {
    const struct weft_server_config *config;
    struct weft_tls_context *tls;
    struct weft_loop *loop;
    struct weft_session_hub *hub;
    struct weft_http_limit_counters counters;
    struct weft_site site;
    struct weft_access_log log;
    struct weft_exchange_pool pool;
    struct weft_pool memory;   // of the connections
    size_t connection_ceiling; // from here on a newcomer makes idle ones go
    struct weft_alloc alloc;   // over it
    struct weft_timer tidying; // while memory is kept
    struct weft_answer answer; // of the request at hand
    struct door doors[DOORS_MOST];
    size_t door_count;
};

/** A connection's own: the session's context. */
struct visitor {
    struct weft_worker *worker;
    struct weft_list exchanges;
    struct weft_cache_digest
        *given;      // pushed, or asked for, so far; NULL where nobody thinks of pushes
    char client[64]; // the address
    char peer[64];   // and its port
};

// Gives memory back to the system once nobody has asked for it for a while.
static void tidy(struct weft_timer *timer)
{
    struct weft_worker *worker =
        (struct weft_worker *)(void *)((char *)timer - offsetof(struct weft_worker, tidying));
    if (weft_pool_trim(&worker->memory) >= MEMORY_WORTH_TRIMMING) (void)malloc_trim(0);
    if (worker->memory.kept == 0) return; // the next request starts it again
    (void)weft_loop_set_timer(worker->loop, timer, weft_loop_now_us(worker->loop) + TIDY_US);
}

static void tidy_later(struct weft_worker *worker)
{
    if (worker->tidying.heap_index != 0) return;
    uint64_t due_us = weft_loop_now_us(worker->loop) + TIDY_US;
    (void)weft_loop_set_timer(worker->loop, &worker->tidying,
                              due_us); // without memory: the next time
}

static struct visitor *visitor_of(const struct weft_session *session)
{
    return weft_session_context(session);
}

// The status of what ended before it was answered: ours to refuse, or given up by the client (499 as others log it).
static uint16_t status_unanswered(const struct weft_http_error *error)
{
    return error->scope != WEFT_HTTP_FINE && !error->by_peer ? 400 : 499;
}

static void log_exchange(struct weft_session *session, const struct weft_exchange *exchange,
                         const struct weft_http_error *error)
{
    struct visitor *visitor = visitor_of(session);
    struct weft_worker *worker = visitor->worker;
    const struct weft_tls *tls = weft_session_tls(session);
    if (!worker->log.path) return;
    struct weft_log_record record = {
        .client = visitor->client,
        .peer = visitor->peer,
        .request = exchange->request,
        .status = exchange->status ? exchange->status : status_unanswered(error),
        .content_size = exchange->content_sent,
        .duration_us = weft_loop_now_us(worker->loop) - exchange->started_us,
        .stream_id = exchange->stream_id,
        .is_complete = error->scope == WEFT_HTTP_FINE,
    };
    if (tls) {
        record.tls_version = weft_tls_version(tls);
        record.tls_cipher = weft_tls_cipher(tls);
        record.tls_resumed = weft_tls_is_resumed(tls);
    }
    weft_clock_set(&worker->site.clock, weft_loop_now_seconds(worker->loop));
    weft_access_log_add(&worker->log, &worker->site.clock, &record);
}

// Sends the answer's head; the content follows as its turns come.
static void send_answer(struct weft_conn *conn, struct weft_exchange *exchange,
                        struct weft_answer *answer)
{
    bool is_head = exchange->request->method == WEFT_HTTP_HEAD;
    bool ends = is_head || !answer->body.kind;
    exchange->status = answer->head.status;
    if (weft_conn_respond(conn, exchange->stream_id, &answer->head, ends) != WEFT_OK) {
        weft_conn_reset(conn, exchange->stream_id, WEFT_HTTP_INTERNAL_ERROR);
        return;
    }
    if (ends) return;
    exchange->body = answer->body;
    answer->body = (struct weft_body){0};
}

// Adds an exchange to those of the connection.
static void take_exchange(struct weft_session *session, struct weft_exchange *exchange,
                          uint64_t stream_id, const struct weft_http_head *request)
{
    struct visitor *visitor = visitor_of(session);
    exchange->stream_id = stream_id;
    exchange->request = request;
    exchange->started_us = weft_loop_now_us(visitor->worker->loop);
    weft_list_push_back(&visitor->exchanges, &exchange->link);
    weft_conn_set_user(weft_session_conn(session), stream_id, exchange);
}

// Answers what was promised, which is then an exchange like any other.
static void keep_promise(struct weft_session *session, struct weft_promise *promise)
{
    struct weft_worker *worker = visitor_of(session)->worker;
    struct weft_conn *conn = weft_session_conn(session);
    struct weft_exchange *exchange = weft_exchange_take(&worker->pool);
    if (!exchange) {
        weft_conn_reset(conn, promise->stream_id, WEFT_HTTP_INTERNAL_ERROR);
        weft_promise_free(promise);
        return;
    }
    take_exchange(session, exchange, promise->stream_id, &promise->head);
    exchange->promise = promise;
    weft_conn_set_priority(conn, promise->stream_id, promise->head.priority);
    weft_answer_init(&worker->answer);
    weft_route(&worker->site, exchange->request, &worker->answer);
    send_answer(conn, exchange, &worker->answer);
    weft_answer_deinit(&worker->answer);
}

// What goes ahead of an answer that is complete but not sent: hints and promises.
static struct weft_promise *start_delivery(struct weft_session *session,
                                           const struct weft_exchange *exchange)
{
    struct visitor *visitor = visitor_of(session);
    struct weft_delivery delivery = {
        .site = &visitor->worker->site,
        .conn = weft_session_conn(session),
        .stream_id = exchange->stream_id,
        .request = exchange->request,
        .answer = &visitor->worker->answer,
        .given = &visitor->given,
    };
    return weft_delivery_start(&delivery);
}

// Routes the request and sends the answer.
static void answer_now(struct weft_session *session, struct weft_exchange *exchange)
{
    struct weft_worker *worker = visitor_of(session)->worker;
    struct weft_promise *promises = NULL;
    weft_site_set_time(&worker->site, weft_loop_now_us(worker->loop),
                       weft_loop_now_seconds(worker->loop));
    weft_answer_init(&worker->answer);
    weft_route(&worker->site, exchange->request, &worker->answer);
    if (worker->site.delivers) promises = start_delivery(session, exchange);
    send_answer(weft_session_conn(session), exchange, &worker->answer);
    weft_answer_deinit(&worker->answer);
    while (promises) {
        struct weft_promise *promise = promises;
        promises = promise->next;
        keep_promise(session, promise);
    }
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
    struct weft_exchange *exchange = weft_exchange_take(&visitor_of(session)->worker->pool);
    if (!exchange) {
        weft_conn_reset(weft_session_conn(session), event->stream_id, WEFT_HTTP_REFUSED_STREAM);
        return;
    }
    take_exchange(session, exchange, event->stream_id, event->head);
    exchange->awaits_content = content_is_awaited(event);
    if (!exchange->awaits_content) answer_now(session, exchange);
}

// Content is read, so that the peer gets to reading the answer, but not without end.
static void on_content(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_conn *conn = weft_session_conn(session);
    struct weft_exchange *exchange = event->user;
    size_t size = event->type == WEFT_HTTP_DATA ? event->data.size : 0;
    if (size > 0) weft_conn_consume(conn, event->stream_id, size);
    if (!exchange) return;
    exchange->content_received += size;
    bool is_over = event->ends_message;
    if (exchange->awaits_content && (is_over || exchange->content_received > AWAITED_MOST)) {
        exchange->awaits_content = false;
        answer_now(session, exchange);
    }
    if (exchange->content_received > DISCARDED_MOST && !is_over) {
        weft_conn_reset(conn, event->stream_id, WEFT_HTTP_NO_ERROR); // RFC 9113 §8.1
    }
}

static void on_event(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_exchange *exchange = event->user;
    switch (event->type) {
    case WEFT_HTTP_REQUEST: on_request(session, event); break;
    case WEFT_HTTP_DATA:
    case WEFT_HTTP_TRAILERS: on_content(session, event); break;
    case WEFT_HTTP_STREAM_CLOSED:
        if (!exchange) break;
        log_exchange(session, exchange, &event->error);
        weft_exchange_give_back(&visitor_of(session)->worker->pool, exchange);
        tidy_later(visitor_of(session)->worker);
        break;
    default: break; // a connection that fails closes by itself
    }
}

static ssize_t on_fill(struct weft_session *session, void *user, uint8_t *room, size_t size,
                       bool *ends)
{
    (void)session;
    if (!user) return -EPIPE;
    return weft_exchange_read(user, room, size, ends);
}

static void on_closed(struct weft_session *session)
{
    static const struct weft_http_error gone = {.scope = WEFT_HTTP_CONNECTION, .by_peer = true};
    struct visitor *visitor = visitor_of(session);
    while (!weft_list_is_empty(&visitor->exchanges)) {
        struct weft_exchange *exchange =
            WEFT_LIST_ENTRY(visitor->exchanges.next, struct weft_exchange, link);
        log_exchange(session, exchange, &gone);
        weft_exchange_give_back(&visitor->worker->pool, exchange);
    }
    free(visitor->given);
    free(visitor);
}

static const struct weft_session_owner owner = {
    .event = on_event,
    .fill = on_fill,
    .closed = on_closed,
};

static struct door *of_listener(struct weft_listener *listener)
{
    return (struct door *)(void *)((char *)listener - offsetof(struct door, listener));
}

static void on_accept(struct weft_listener *listener, int fd, const struct weft_address *peer)
{
    struct door *door = of_listener(listener);
    struct weft_worker *worker = door->worker;
    struct visitor *visitor = malloc(sizeof(*visitor));
    if (weft_session_hub_count(worker->hub) >= worker->connection_ceiling) {
        (void)weft_session_hub_shed(worker->hub, SHED_AT_ONCE);
    }
    if (!visitor) {
        close(fd);
        return;
    }
    tidy_later(worker);
    visitor->worker = worker;
    visitor->given = NULL;
    weft_list_init(&visitor->exchanges);
    weft_address_text(peer, false, visitor->client, sizeof(visitor->client));
    weft_address_text(peer, true, visitor->peer, sizeof(visitor->peer));
    if (!weft_session_start(worker->hub, fd, peer, WEFT_HTTP_SERVER,
                            door->is_secure ? worker->tls : NULL, NULL, WEFT_CONN_BY_FIRST_BYTES,
                            &owner, visitor)) {
        free(visitor);
    }
}

static bool on_full(struct weft_listener *listener)
{
    struct door *door = of_listener(listener);
    return weft_session_hub_shed(door->worker->hub, SHED_AT_ONCE) > 0;
}

// How many connections a thread may have before idle ones go: some descriptors are for files and for the rest.
static size_t connection_ceiling(unsigned threads)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
    rlim_t kept = limit.rlim_cur / 4 < FDS_KEPT_MOST ? limit.rlim_cur / 4 : FDS_KEPT_MOST;
    return (size_t)(limit.rlim_cur - kept) / threads;
}

static bool open_hub(struct weft_worker *worker)
{
    worker->loop = weft_loop_new();
    if (!worker->loop) return false;
    struct weft_session_hub_config config = {
        .loop = worker->loop,
        .alloc = &worker->alloc,
        .limits = &worker->config->limits,
        .counters = &worker->counters,
        .handshake_timeout_ms = worker->config->limits.header_timeout_ms,
    };
    worker->hub = weft_session_hub_new(&config);
    return worker->hub != NULL;
}

struct weft_worker *weft_worker_new(const struct weft_worker_config *config, char *error,
                                    size_t error_size)
{
    struct weft_worker *worker = calloc(1, sizeof(*worker));
    if (!worker) goto no_memory;
    worker->config = config->server;
    weft_exchange_pool_init(&worker->pool);
    worker->connection_ceiling = connection_ceiling(config->server->thread_count);
    worker->tidying.due = tidy;
    worker->memory.most = MEMORY_KEPT;
    worker->alloc = weft_pool_alloc(&worker->memory);
    if (!weft_site_init(&worker->site, config->server, config->root, config->seed)) goto no_site;
    if (!open_hub(worker)) goto no_hub;
    if (config->tls) worker->tls = weft_tls_context_share(config->tls);

    const char *log = config->server->access_log;
    int result = weft_access_log_open(&worker->log, log, config->server->log_format, worker->loop);
    if (result == 0) return worker;
    snprintf(error, error_size, "cannot write the access log %s: %s", log, strerror(-result));
    weft_worker_free(worker);
    return NULL;

no_hub:
    weft_loop_free(worker->loop);
    weft_site_deinit(&worker->site);
no_site:
    free(worker);
no_memory:
    snprintf(error, error_size, "cannot start a thread: no memory or no descriptors");
    return NULL;
}

static void stop_listening(struct weft_worker *worker)
{
    for (size_t i = 0; i < worker->door_count; i++) {
        weft_listener_stop(&worker->doors[i].listener);
    }
    worker->door_count = 0;
}

void weft_worker_free(struct weft_worker *worker)
{
    if (!worker) return;
    stop_listening(worker);
    weft_session_hub_free(worker->hub); // closes what is open, which is logged
    weft_access_log_close(&worker->log);
    if (worker->log.dropped > 0) {
        fprintf(stderr, "weft: the access log could not take %llu lines\n",
                (unsigned long long)worker->log.dropped);
    }
    weft_exchange_pool_deinit(&worker->pool);
    weft_site_deinit(&worker->site);
    if (worker->tls) weft_tls_context_free(worker->tls);
    weft_loop_free(worker->loop);
    weft_pool_deinit(&worker->memory);
    free(worker);
}

int weft_worker_listen(struct weft_worker *worker, int fd, bool is_secure)
{
    if (worker->door_count == DOORS_MOST) {
        close(fd);
        return -ENFILE;
    }
    struct door *door = &worker->doors[worker->door_count];
    *door = (struct door){.worker = worker, .is_secure = is_secure};
    door->listener.accepted_fd = on_accept;
    door->listener.makes_room = on_full;
    int result = weft_listener_start(&door->listener, worker->loop, fd);
    if (result == 0) worker->door_count++;
    return result;
}

int weft_worker_run(struct weft_worker *worker)
{
    return weft_loop_run(worker->loop);
}

void weft_worker_stop(struct weft_worker *worker)
{
    weft_loop_stop(worker->loop);
}

static void is_empty(void *context)
{
    struct weft_worker *worker = context;
    weft_loop_stop(worker->loop);
}

static void drain_here(void *context)
{
    struct weft_worker *worker = context;
    stop_listening(worker);
    weft_session_hub_when_empty(worker->hub, is_empty, worker);
    weft_session_hub_drain(worker->hub);
    if (weft_session_hub_count(worker->hub) == 0) weft_loop_stop(worker->loop);
}

void weft_worker_drain(struct weft_worker *worker)
{
    if (weft_loop_post(worker->loop, drain_here, worker) != 0) weft_loop_stop(worker->loop);
}

static void reopen_here(void *context)
{
    struct weft_worker *worker = context;
    int result = weft_access_log_reopen(&worker->log);
    if (result == 0) return;
    fprintf(stderr, "weft: cannot reopen the access log %s: %s; it goes on in the old file\n",
            worker->log.path, strerror(-result));
}

void weft_worker_reopen_log(struct weft_worker *worker)
{
    (void)weft_loop_post(worker->loop, reopen_here, worker); // without memory the old one stays
}
