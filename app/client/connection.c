// client/connection.c: one connection: the name, the race to connect, TLS, then exchanges until it ends
#include "client/state.h"

#include <stdio.h>
#include <string.h>

static uint64_t now_us(const struct weft_client_connection *connection)
{
    return weft_client_now_us(connection->origin->client);
}

static void tell_change(struct weft_client_connection *connection)
{
    const struct weft_client_observer *observer = &connection->origin->client->config.observer;
    if (observer->changed) observer->changed(observer->context, &connection->info);
}

static void read_trace(struct weft_client_connection *connection)
{
    const struct weft_client_observer *observer = &connection->origin->client->config.observer;
    struct weft_trace_record record;
    if (!connection->trace_memory) return;
    while (weft_trace_read(&connection->trace, &record)) {
        observer->record(observer->context, &connection->info, &record);
    }
}

void weft_client_connection_free(struct weft_client_connection *connection)
{
    struct weft_client_origin *origin = connection->origin;
    const struct weft_alloc *alloc = origin->client->config.alloc;
    weft_loop_cancel_timer(origin->client->config.loop, &connection->timer);
    weft_client_push_drop_all(connection);
    if (connection->lookup) weft_lookup_cancel(connection->lookup);
    weft_eyeballs_cancel(&connection->eyeballs);
    if (!connection->is_ready) origin->opening_count--;
    origin->connection_count--;
    weft_list_remove(&connection->link);
    weft_release(alloc, connection->trace_memory, WEFT_CLIENT_TRACE_SIZE);
    weft_release(alloc, connection, sizeof(*connection));
}

// It never became ready: those who waited for it hear why, unless another connection serves them.
static void fail_to_open(struct weft_client_connection *connection, enum weft_client_end end,
                         const char *reason)
{
    struct weft_client_origin *origin = connection->origin;
    char text[WEFT_URL_AUTHORITY_SIZE + WEFT_CLIENT_TEXT_SIZE + 16];
    bool is_last = origin->connection_count == 1;
    snprintf(text, sizeof(text), "%s: %s", origin->url.authority, reason);
    connection->info.closed_us = now_us(connection);
    tell_change(connection);
    weft_client_connection_free(connection);
    for (size_t count = is_last ? origin->waiting_count : 0; count > 0; count--) {
        weft_exchange_fail(WEFT_LIST_ENTRY(origin->waiting.next, struct weft_exchange, link), end,
                           text, false);
    }
    weft_client_dispatch_soon(origin);
}

// The session's calls

static struct weft_client_connection *of_session(const struct weft_session *session)
{
    return weft_session_context(session);
}

static void configure(struct weft_session *session, struct weft_http_engine_config *config)
{
    struct weft_client_connection *connection = of_session(session);
    struct weft_client *client = connection->origin->client;
    config->speaks_1_0 = client->config.version == WEFT_CLIENT_1_0;
    config->accepts_push = client->config.accepts_push;
    if (!client->config.observer.record) return;
    connection->trace_memory = weft_allocate(client->config.alloc, WEFT_CLIENT_TRACE_SIZE);
    if (!connection->trace_memory) return;
    weft_trace_init(&connection->trace, connection->trace_memory, WEFT_CLIENT_TRACE_SIZE);
    config->trace = &connection->trace;
}

static void on_ready(struct weft_session *session)
{
    struct weft_client_connection *connection = of_session(session);
    struct weft_conn *conn = weft_session_conn(session);
    const struct weft_tls *tls = weft_session_tls(session);
    weft_loop_cancel_timer(connection->origin->client->config.loop, &connection->timer);
    connection->is_ready = true;
    connection->origin->opening_count--;
    connection->origin->version = weft_conn_version(conn);
    connection->info.version = weft_conn_version(conn);
    connection->info.ready_us = now_us(connection);
    connection->info.totals = weft_conn_totals(conn);
    if (tls) {
        connection->info.tls_version = weft_tls_version(tls);
        connection->info.tls_cipher = weft_tls_cipher(tls);
    }
    tell_change(connection);
    weft_client_dispatch_soon(connection->origin);
}

// Gives an event to the push or the exchange that it is for.
static void hand_on(struct weft_client_connection *connection, const struct weft_http_event *event)
{
    if (event->type == WEFT_HTTP_PROMISE) {
        weft_client_push_promised(connection, event);
    } else if (weft_client_push_has(connection, event)) {
        weft_client_push_event(connection, event);
    } else if (event->user) {
        weft_exchange_event(event->user, event);
    }
}

static void on_event(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_client_connection *connection = of_session(session);
    read_trace(connection);
    if (event->type == WEFT_HTTP_GOAWAY || event->type == WEFT_HTTP_FAILED) {
        connection->takes_none = true;
        snprintf(connection->error, sizeof(connection->error), "%s", event->error.reason);
    }
    hand_on(connection, event);
    if (event->type == WEFT_HTTP_STREAM_CLOSED || connection->takes_none) {
        weft_client_dispatch_soon(connection->origin);
    }
}

static ssize_t on_fill(struct weft_session *session, void *user, uint8_t *room, size_t size,
                       bool *ends)
{
    (void)session;
    return weft_exchange_fill(user, room, size, ends);
}

static void on_turned(struct weft_session *session)
{
    read_trace(of_session(session));
}

// The transport is gone. The engine knows which requests have not left.
static void end_streams(struct weft_client_connection *connection, struct weft_conn *conn)
{
    struct weft_http_event event;
    connection->takes_none = true;
    weft_conn_fail(conn, WEFT_HTTP_CANCEL, "the connection broke");
    while (weft_conn_next_event(conn, &event)) {
        if (event.type != WEFT_HTTP_STREAM_CLOSED || !event.user) continue;
        event.error.by_peer = true;
        event.error.reason = connection->error;
        hand_on(connection, &event);
    }
}

static void on_closed(struct weft_session *session)
{
    struct weft_client_connection *connection = of_session(session);
    struct weft_client_origin *origin = connection->origin;
    struct weft_conn *conn = weft_session_conn(session);
    const char *error = weft_session_error(session);
    connection->session = NULL;
    if (*error || !connection->error[0]) {
        snprintf(connection->error, sizeof(connection->error), "%s",
                 *error ? error : "the server closed the connection");
    }
    if (!conn) {
        char reason[WEFT_CLIENT_TEXT_SIZE + 8];
        snprintf(reason, sizeof(reason), "TLS: %s", connection->error);
        bool is_secure = origin->url.is_secure;
        fail_to_open(connection, is_secure ? WEFT_CLIENT_NO_TRUST : WEFT_CLIENT_NO_CONNECTION,
                     is_secure ? reason : connection->error);
        return;
    }
    // Exchanges ask for the connection while they end.
    connection->session = session;
    read_trace(connection);
    if (connection->exchange_count > 0) end_streams(connection, conn);
    read_trace(connection);
    connection->info.closed_us = now_us(connection);
    tell_change(connection);
    connection->session = NULL;
    weft_client_connection_free(connection);
    weft_client_dispatch_soon(origin);
}

static const struct weft_session_owner owner = {
    .ready = on_ready,
    .configure = configure,
    .event = on_event,
    .fill = on_fill,
    .turned = on_turned,
    .closed = on_closed,
};

// Opening

static void on_connected(struct weft_eyeballs *eyeballs, int fd, const struct weft_address *peer)
{
    struct weft_client_connection *connection =
        WEFT_LIST_ENTRY(eyeballs, struct weft_client_connection, eyeballs);
    struct weft_client_origin *origin = connection->origin;
    struct weft_client *client = origin->client;
    char error[WEFT_CLIENT_TEXT_SIZE];
    if (fd < 0) {
        snprintf(error, sizeof(error), "cannot connect: %s", strerror(eyeballs->error));
        fail_to_open(connection, WEFT_CLIENT_NO_CONNECTION, error);
        return;
    }
    connection->info.connected_us = now_us(connection);
    weft_address_text(peer, true, connection->info.address, sizeof(connection->info.address));
    tell_change(connection);
    bool is_h2 = client->config.version == WEFT_CLIENT_2_PRIOR_KNOWLEDGE;
    connection->session = weft_session_start(
        client->hub, fd, peer, WEFT_HTTP_CLIENT, origin->url.is_secure ? client->tls : NULL,
        origin->url.is_secure ? origin->url.host : NULL, is_h2 ? WEFT_CONN_H2 : WEFT_CONN_H1,
        &owner, connection);
    if (!connection->session) fail_to_open(connection, WEFT_CLIENT_NO_MEMORY, "no memory");
}

static void on_found(void *context, const struct weft_address *addresses, size_t count,
                     const char *error)
{
    struct weft_client_connection *connection = context;
    connection->lookup = NULL;
    if (count == 0) {
        fail_to_open(connection, WEFT_CLIENT_NO_ADDRESS, error);
        return;
    }
    connection->info.resolved_us = now_us(connection);
    tell_change(connection);
    weft_eyeballs_start(&connection->eyeballs, connection->origin->client->config.loop, addresses,
                        count, on_connected);
}

static void timer_is_due(struct weft_timer *timer)
{
    struct weft_client_connection *connection =
        WEFT_LIST_ENTRY(timer, struct weft_client_connection, timer);
    if (connection->session) {
        weft_session_abort(connection->session); // `closed` follows
        return;
    }
    fail_to_open(connection, WEFT_CLIENT_TIMED_OUT,
                 "connecting took longer than connect_timeout_ms");
}

struct weft_client_connection *weft_client_connect(struct weft_client_origin *origin)
{
    struct weft_client *client = origin->client;
    struct weft_client_connection *connection =
        weft_allocate_zeroed(client->config.alloc, sizeof(*connection));
    if (!connection) return NULL;
    const struct weft_client_way *way = weft_client_way_of(client, &origin->url);
    const char *host = way && way->to_host[0] ? way->to_host : origin->url.host;
    uint16_t port = way && way->to_port ? way->to_port : origin->url.port;
    connection->origin = origin;
    weft_list_init(&connection->exchanges);
    weft_list_init(&connection->pushes);
    weft_list_push_back(&origin->connections, &connection->link);
    origin->connection_count++;
    origin->opening_count++;
    connection->info.id = ++client->last_connection_id;
    connection->info.origin = origin->url.authority;
    connection->info.is_secure = origin->url.is_secure;
    connection->info.start_us = now_us(connection);
    connection->timer.due = timer_is_due;
    connection->lookup = weft_resolver_look_up(client->resolver, host, port, on_found, connection);
    uint64_t due_us =
        connection->info.start_us + (uint64_t)client->config.limits.connect_timeout_ms * 1000;
    if (!connection->lookup ||
        weft_loop_set_timer(client->config.loop, &connection->timer, due_us) < 0) {
        weft_client_connection_free(connection);
        return NULL;
    }
    return connection;
}

void weft_client_connection_adopt(struct weft_client_connection *connection,
                                  struct weft_exchange *exchange, uint64_t stream_id)
{
    struct weft_exchange_report *report = &exchange->report;
    weft_exchange_detach(exchange);
    weft_list_push_back(&connection->exchanges, &exchange->link);
    exchange->connection = connection;
    connection->exchange_count++;
    report->stream_id = stream_id;
    report->connection_id = connection->info.id;
    report->version = connection->info.version;
    report->sent_us = exchange->last_us = now_us(connection);
}

enum weft_result weft_client_connection_take(struct weft_client_connection *connection,
                                             struct weft_exchange *exchange)
{
    struct weft_conn *conn = weft_session_conn(connection->session);
    struct weft_http_head head = weft_exchange_head(exchange);
    uint64_t stream_id = 0;
    bool ends = !exchange->has_content || exchange->content.size == 0;
    enum weft_result result = weft_conn_request(conn, &head, ends, &stream_id);
    if (result != WEFT_OK) return result;
    weft_client_connection_adopt(connection, exchange, stream_id);
    connection->info.request_count++;
    weft_conn_set_user(conn, stream_id, exchange);
    weft_session_wake(connection->session);
    return WEFT_OK;
}
