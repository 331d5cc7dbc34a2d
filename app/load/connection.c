// load/connection.c: one connection, from its socket to its last event
#include "load/state.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { TEXT_SIZE = 128 };

static struct weft_load_connection *of_session(const struct weft_session *session)
{
    return weft_session_context(session);
}

// Traffic

static struct weft_load_traffic traffic_of(const struct weft_load_connection *connection)
{
    const struct weft_http_totals *totals = weft_conn_totals(connection->conn);
    return (struct weft_load_traffic){
        .wire_received = weft_session_received_size(connection->session),
        .wire_sent = weft_session_sent_size(connection->session),
        .http_received = totals->received_size,
        .http_sent = totals->sent_size,
        .field_text_received = totals->field_text_received,
        .field_text_sent = totals->field_text_sent,
        .field_wire_received = totals->field_wire_received,
        .field_wire_sent = totals->field_wire_sent,
        .content_received = totals->content_received,
        .content_sent = totals->content_sent,
    };
}

void weft_load_connection_measure(struct weft_load_connection *connection)
{
    if (connection->conn) connection->before = traffic_of(connection);
}

void weft_load_connection_sum_up(struct weft_load_connection *connection)
{
    struct weft_load_traffic *to = &connection->worker->result.traffic;
    const struct weft_load_traffic *before = &connection->before;
    if (!connection->conn || !connection->worker->has_measured) return;
    struct weft_load_traffic now = traffic_of(connection);
    to->wire_received += now.wire_received - before->wire_received;
    to->wire_sent += now.wire_sent - before->wire_sent;
    to->http_received += now.http_received - before->http_received;
    to->http_sent += now.http_sent - before->http_sent;
    to->field_text_received += now.field_text_received - before->field_text_received;
    to->field_text_sent += now.field_text_sent - before->field_text_sent;
    to->field_wire_received += now.field_wire_received - before->field_wire_received;
    to->field_wire_sent += now.field_wire_sent - before->field_wire_sent;
    to->content_received += now.content_received - before->content_received;
    to->content_sent += now.content_sent - before->content_sent;
}

// Sending

bool weft_load_send(struct weft_load_connection *connection, struct weft_load_request *request)
{
    struct weft_load_worker *worker = connection->worker;
    const struct weft_load_plan *plan = worker->config->plan;
    struct weft_conn *conn = connection->conn;
    enum weft_result result = weft_conn_request(conn, &plan->heads[request->target],
                                                plan->content.size == 0, &request->stream_id);
    if (result == WEFT_LATER) {
        connection->room = connection->in_flight; // what the peer, or the version, allows
        return false;
    }
    if (result == WEFT_GONE) {
        weft_load_retire(connection);
        return false;
    }
    if (result != WEFT_OK) {
        weft_load_request_fail(worker, request, WEFT_LOAD_OWN,
                               result == WEFT_NO_MEMORY ? "no memory to send a request"
                                                        : "the request cannot be sent as it is");
        return true;
    }
    weft_conn_set_user(conn, request->stream_id, request);
    uint64_t now_us = weft_load_now_us(worker);
    if (request->sent_us == 0) {
        request->sent_us = now_us;
        if (worker->config->rate == 0) request->intended_us = now_us;
    }
    request->connection = connection;
    request->tries++;
    connection->in_flight++;
    if (weft_list_is_linked(&request->link)) weft_list_remove(&request->link);
    weft_list_push_back(&worker->in_flight, &request->link);
    return true;
}

// The end

// Says goodbye; what is in flight is lost.
static void close_now(struct weft_load_connection *connection)
{
    if (!connection->conn) return;
    weft_conn_fail(connection->conn, WEFT_HTTP_NO_ERROR, "all is done");
    weft_session_wake(connection->session);
}

void weft_load_retire(struct weft_load_connection *connection)
{
    struct weft_load_lane *lane = connection->lane;
    if (connection->in_flight == 0) close_now(connection);
    if (!lane) return;
    connection->lane = NULL;
    lane->connection = NULL;
    weft_list_remove(&lane->ready);
    if (connection->conn) connection->worker->open_count--;
    weft_load_lane_open(lane);
}

// One whose connection has ended, or whose stream has.
static void end_request(struct weft_load_connection *connection, struct weft_load_request *request,
                        const struct weft_http_error *error)
{
    struct weft_load_worker *worker = connection->worker;
    connection->in_flight--;
    bool is_fine = error->scope == WEFT_HTTP_FINE || error->code == WEFT_HTTP_NO_ERROR;
    if (request->is_whole && is_fine) {
        weft_load_request_finish(worker, request);
    } else if (request->is_late) {
        weft_load_request_fail(worker, request, WEFT_LOAD_TIMEOUT,
                               "the answer was not whole within the timeout");
    } else if (error->is_unprocessed) {
        weft_load_request_again(worker, request, error);
    } else if (!error->by_peer) {
        weft_load_request_fail(worker, request, WEFT_LOAD_PROTOCOL, error->reason);
    } else if (error->scope == WEFT_HTTP_STREAM) {
        char text[TEXT_SIZE];
        snprintf(text, sizeof(text), "the server reset the stream: %s",
                 weft_http_error_code_name(error->code));
        weft_load_request_fail(worker, request, WEFT_LOAD_RESET, text);
    } else {
        weft_load_request_fail(worker, request, WEFT_LOAD_LOST, error->reason);
    }
}

// The session's calls

// What the turn that ended the run still brings has been counted as unfinished.
static bool is_over(const struct weft_load_connection *connection)
{
    return connection->worker->phase == WEFT_LOAD_OVER;
}

static void on_connected(struct weft_session *session)
{
    struct weft_load_connection *connection = of_session(session);
    struct weft_load_worker *worker = connection->worker;
    connection->connected_us = weft_load_now_us(worker);
    weft_histogram_record(&worker->result.connect, connection->connected_us - connection->start_us);
}

static void note_protocol(struct weft_load_worker *worker, struct weft_session *session)
{
    struct weft_load_result *result = &worker->result;
    const struct weft_tls *tls = weft_session_tls(session);
    if (result->version != 0) return;
    result->version = weft_conn_version(weft_session_conn(session));
    const char *version = result->version == WEFT_HTTP_2 ? "HTTP/2" : "HTTP/1.1";
    if (tls) {
        snprintf(result->protocol, sizeof(result->protocol), "%s over %s, %s", version,
                 weft_tls_version(tls), weft_tls_cipher(tls));
    } else {
        snprintf(result->protocol, sizeof(result->protocol), "%s in clear text", version);
    }
    weft_address_text(weft_session_peer(session), true, result->address, sizeof(result->address));
}

static void on_ready(struct weft_session *session)
{
    struct weft_load_connection *connection = of_session(session);
    struct weft_load_worker *worker = connection->worker;
    struct weft_load_result *result = &worker->result;
    const struct weft_tls *tls = weft_session_tls(session);
    connection->conn = weft_session_conn(session);
    result->connections_opened++;
    worker->address_is_good = true;
    note_protocol(worker, session);
    if (tls) {
        result->handshakes++;
        if (weft_tls_is_resumed(tls)) result->resumed++;
        weft_histogram_record(&result->handshake,
                              weft_load_now_us(worker) - connection->connected_us);
    }
    if (!connection->lane) return;
    worker->open_count++;
    connection->lane->failures = 0;
    weft_load_worker_lane_opened(worker, connection->lane);
}

// TLS 1.3 hands out what can be resumed after the handshake.
static void keep_session(struct weft_load_connection *connection)
{
    struct weft_load_worker *worker = connection->worker;
    const struct weft_tls *tls = weft_session_tls(connection->session);
    if (!worker->config->resumes || !tls) return;
    if (worker->saved_size > 0 && weft_tls_is_resumed(tls)) return;
    size_t size = weft_session_save(connection->session, worker->saved, sizeof(worker->saved));
    if (size > 0) worker->saved_size = size;
}

static void on_stream_closed(struct weft_load_connection *connection,
                             const struct weft_http_event *event)
{
    struct weft_load_request *request = event->user;
    if (connection->worker->config->makes_new) {
        keep_session(connection);
        end_request(connection, request, &event->error);
        weft_load_retire(connection);
        return;
    }
    end_request(connection, request, &event->error);
    if (!connection->lane && connection->in_flight == 0) close_now(connection);
}

static void on_event(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_load_connection *connection = of_session(session);
    struct weft_load_request *request = event->user;
    if (is_over(connection)) return;
    switch (event->type) {
    case WEFT_HTTP_RESPONSE:
        request->first_us = weft_load_now_us(connection->worker);
        request->status = event->head->status;
        request->is_whole = event->ends_message;
        break;
    case WEFT_HTTP_DATA:
        if (request) request->is_whole = event->ends_message;
        weft_conn_consume(connection->conn, event->stream_id, event->data.size);
        break;
    case WEFT_HTTP_TRAILERS: request->is_whole = event->ends_message; break;
    case WEFT_HTTP_STREAM_CLOSED:
        if (request) on_stream_closed(connection, event);
        break;
    case WEFT_HTTP_GOAWAY:
    case WEFT_HTTP_FAILED: weft_load_retire(connection); break;
    default: break;
    }
}

static void on_settled(struct weft_session *session)
{
    struct weft_load_connection *connection = of_session(session);
    if (connection->lane && !is_over(connection)) weft_load_lane_fill(connection->lane);
}

static void on_turned(struct weft_session *session)
{
    of_session(session)->worker->clock_us = 0;
}

static ssize_t on_fill(struct weft_session *session, void *user, uint8_t *room, size_t size,
                       bool *ends)
{
    struct weft_load_request *request = user;
    struct weft_span content = of_session(session)->worker->config->plan->content;
    struct weft_span piece = weft_span_part(content, request->content_sent, size);
    if (piece.size > 0) memcpy(room, piece.data, piece.size);
    request->content_sent += piece.size;
    *ends = request->content_sent == content.size;
    return (ssize_t)piece.size;
}

// The transport is gone; the engine knows which requests have not left.
static void end_streams(struct weft_load_connection *connection, const char *reason)
{
    struct weft_http_event event;
    weft_conn_fail(connection->conn, WEFT_HTTP_CANCEL, "the connection broke");
    while (weft_conn_next_event(connection->conn, &event)) {
        if (event.type != WEFT_HTTP_STREAM_CLOSED || !event.user) continue;
        event.error.by_peer = true;
        event.error.scope = WEFT_HTTP_CONNECTION;
        event.error.reason = reason;
        end_request(connection, event.user, &event.error);
    }
}

static void end_waiting(struct weft_load_connection *connection, const char *reason)
{
    struct weft_load_request *request = connection->waiting;
    connection->waiting = NULL;
    enum weft_load_failure failure = request->is_late ? WEFT_LOAD_TIMEOUT : WEFT_LOAD_CONNECT;
    weft_load_request_fail(connection->worker, request, failure, reason);
}

static void on_closed(struct weft_session *session)
{
    struct weft_load_connection *connection = of_session(session);
    struct weft_load_worker *worker = connection->worker;
    struct weft_load_lane *lane = connection->lane;
    const char *error = weft_session_error(session);
    if (is_over(connection)) return; // the worker counts what is left
    if (!*error) error = "the server closed the connection";
    weft_load_connection_sum_up(connection);
    if (connection->conn && connection->in_flight > 0) end_streams(connection, error);
    if (connection->waiting) end_waiting(connection, error);
    bool was_open = connection->conn != NULL;
    weft_list_remove(&connection->link);
    weft_release(&worker->alloc, connection, sizeof(*connection));
    worker->clock_us = 0;
    if (!lane) return;
    lane->connection = NULL;
    weft_list_remove(&lane->ready);
    if (was_open) {
        worker->open_count--;
        weft_load_lane_open(lane);
    } else {
        weft_load_lane_failed(lane, error);
    }
}

static const struct weft_session_owner owner = {
    .connected = on_connected,
    .ready = on_ready,
    .event = on_event,
    .settled = on_settled,
    .fill = on_fill,
    .turned = on_turned,
    .closed = on_closed,
};

// The beginning

static struct weft_session *start_session(struct weft_load_connection *connection,
                                          const struct weft_address *address, int fd)
{
    struct weft_load_worker *worker = connection->worker;
    const struct weft_load_config *config = worker->config;
    enum weft_conn_protocol protocol =
        config->version == WEFT_LOAD_H1 ? WEFT_CONN_H1 : WEFT_CONN_H2;
    struct weft_session *session = weft_session_start(
        worker->hub, fd, address, WEFT_HTTP_CLIENT, worker->tls,
        worker->tls ? config->plan->origin.host : NULL, protocol, &owner, connection);
    if (session && worker->tls && worker->saved_size > 0) {
        (void)weft_session_resume(session, (struct weft_span){worker->saved, worker->saved_size});
    }
    return session;
}

// What the system says when it runs out of something, with the remedy.
static const char *refusal(int error)
{
    switch (error) {
    case EMFILE: return "no more descriptors (EMFILE): raise 'ulimit -n'";
    case EADDRNOTAVAIL:
        return "no more local ports (EADDRNOTAVAIL): the closed ones rest for a minute";
    case ENOMEM: return "no memory for a connection";
    default: return strerrordesc_np(error);
    }
}

bool weft_load_connect(struct weft_load_lane *lane, struct weft_load_request *waiting)
{
    struct weft_load_worker *worker = lane->worker;
    const struct weft_address *address = &worker->config->addresses[worker->address];
    uint64_t start_us = weft_load_now_us(worker);
    struct weft_load_connection *connection = NULL;
    int fd = weft_socket_connect(address);
    if (fd >= 0) {
        connection = weft_allocate_zeroed(&worker->alloc, sizeof(*connection));
        if (!connection) close(fd);
    }
    if (connection) {
        connection->worker = worker;
        connection->lane = lane;
        connection->start_us = start_us;
        connection->room = SIZE_MAX;
        connection->session = start_session(connection, address, fd);
    }
    if (!connection || !connection->session) {
        weft_release(&worker->alloc, connection, sizeof(*connection));
        const char *reason = refusal(fd < 0 ? -fd : ENOMEM);
        if (waiting) weft_load_request_fail(worker, waiting, WEFT_LOAD_CONNECT, reason);
        weft_load_lane_failed(lane, reason);
        return false;
    }
    weft_list_push_back(&worker->connections, &connection->link);
    lane->connection = connection;
    connection->waiting = waiting;
    if (waiting) weft_list_push_back(&worker->in_flight, &waiting->link);
    return true;
}
