// session/input.c: from the socket through TLS to the connection, and its events to the owner.
#include "session/state.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { READS_PER_TURN = 4 }; // of WEFT_SESSION_INPUT_SIZE; then others have their turn

// What a client gets who speaks HTTP to a port for TLS.
static const char plain_refusal[] = "HTTP/1.1 400 Bad Request\r\n"
                                    "Content-Type: text/plain; charset=utf-8\r\n"
                                    "Content-Length: 60\r\n"
                                    "Connection: close\r\n"
                                    "\r\n"
                                    "This port speaks HTTPS: use https:// in place of http://...\n";

bool weft_session_wants_input(const struct weft_session *session)
{
    switch (session->phase) {
    case WEFT_SESSION_HANDSHAKING:
    case WEFT_SESSION_LINGERING: return !session->has_eof;
    case WEFT_SESSION_OPEN: return !session->input_ended && weft_conn_wants_input(session->conn);
    default: return false;
    }
}

bool weft_session_give_events(struct weft_session *session)
{
    struct weft_http_event event;
    bool had_any = false;
    while (!session->is_dying && weft_conn_next_event(session->conn, &event)) {
        session->owner->event(session, &event);
        had_any = true;
    }
    return had_any;
}

// Random bits for a connection; the system is asked once for many.
static uint64_t next_seed(struct weft_session_hub *hub)
{
    if (hub->seed_count == 0) {
        if (getrandom(hub->seeds, sizeof(hub->seeds), 0) != (ssize_t)sizeof(hub->seeds)) return 0;
        hub->seed_count = WEFT_SESSION_SEED_COUNT;
    }
    return hub->seeds[--hub->seed_count];
}

static void open_connection(struct weft_session *session)
{
    const struct weft_session_hub_config *hub = &session->hub->config;
    struct weft_http_engine_config config = {
        .role = session->role,
        .alloc = hub->alloc,
        .limits = hub->limits,
        .counters = hub->counters,
        .ends = hub->ends,
        .now_us = weft_session_now_us(session),
        .seed = next_seed(session->hub),
        .is_secure = session->tls != NULL,
    };
    if (session->owner->configure) session->owner->configure(session, &config);
    session->conn = weft_conn_new(&config, session->protocol);
    if (!session->conn) {
        weft_session_break(session, "no memory for a connection");
        return;
    }
    session->phase = WEFT_SESSION_OPEN;
    if (session->owner->ready) session->owner->ready(session);
    if (session->hub->is_draining) weft_conn_drain(session->conn, config.now_us);
}

static void go_on_with_handshake(struct weft_session *session)
{
    switch (weft_tls_handshake(session->tls)) {
    case WEFT_TLS_WANTS_INPUT: return;
    case WEFT_TLS_DONE:
        session->protocol = weft_conn_protocol_for(weft_tls_alpn(session->tls));
        open_connection(session);
        return;
    default: // the alert is in the output
        if (weft_tls_is_too_long(session->tls)) {
            WEFT_HTTP_COUNT(session->hub->config.counters, handshake_size);
        }
        session->error = weft_tls_error(session->tls);
        weft_session_close(session);
        return;
    }
}

void weft_session_begin(struct weft_session *session)
{
    if (session->role == WEFT_HTTP_CLIENT) {
        int error = 0;
        socklen_t size = sizeof(error);
        (void)getsockopt(session->watch.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) {
            weft_session_break(session, strerrordesc_np(error));
            return;
        }
        if (session->owner->connected) session->owner->connected(session);
    }
    if (!session->tls) {
        open_connection(session);
        return;
    }
    session->phase = WEFT_SESSION_HANDSHAKING;
    if (session->role == WEFT_HTTP_CLIENT) go_on_with_handshake(session); // it speaks first
}

static void end_input(struct weft_session *session)
{
    session->input_ended = true;
    weft_conn_feed_end(session->conn, weft_session_now_us(session));
    weft_session_give_events(session);
}

// returns false where the connection takes no more: it has failed, is finished, and closed at the end of the turn
static bool feed(struct weft_session *session, struct weft_span bytes)
{
    bool goes_on = weft_conn_feed(session->conn, bytes, weft_session_now_us(session));
    weft_session_give_events(session);
    return goes_on;
}

static void decrypt(struct weft_session *session)
{
    struct weft_session_hub *hub = session->hub;
    bool goes_on = true;
    while (goes_on && session->phase == WEFT_SESSION_OPEN && !session->is_dying &&
           !session->input_ended) {
        size_t size;
        switch (weft_tls_receive(session->tls, hub->plain, sizeof(hub->plain), &size)) {
        case WEFT_TLS_DONE: goes_on = feed(session, (struct weft_span){hub->plain, size}); break;
        case WEFT_TLS_WANTS_INPUT: return;
        case WEFT_TLS_CLOSED: end_input(session); break;
        case WEFT_TLS_FAILED: // no stream can be trusted to have ended: they go without a word
            session->error = weft_tls_error(session->tls);
            weft_session_close(session);
            break;
        }
    }
    weft_tls_feed(session->tls, (struct weft_span){NULL, 0}); // the rest is not wanted
}

// Do the peer's first bytes begin as a request of HTTP does, and not as a TLS record (whose first byte is 22)?
static bool is_plain_http(struct weft_session *session, struct weft_span bytes)
{
    bool is_first = !session->has_begun;
    session->has_begun = true;
    return is_first && session->role == WEFT_HTTP_SERVER && bytes.data[0] >= 'A' &&
           bytes.data[0] <= 'Z';
}

static void take_bytes(struct weft_session *session, struct weft_span bytes)
{
    if (session->phase == WEFT_SESSION_LINGERING) return; // RFC 9112 §9.6: read on, to no purpose
    if (!session->tls) {
        feed(session, bytes);
        return;
    }
    if (session->phase == WEFT_SESSION_HANDSHAKING && is_plain_http(session, bytes)) {
        session->error = "the client spoke HTTP without TLS";
        weft_session_close(session);
        if (weft_queue_add(weft_tls_output(session->tls), weft_span_of(plain_refusal)) != WEFT_OK) {
            weft_session_break(session, session->error);
        }
        return;
    }
    weft_tls_feed(session->tls, bytes);
    if (session->phase == WEFT_SESSION_HANDSHAKING) go_on_with_handshake(session);
    decrypt(session);
}

static void take_end(struct weft_session *session)
{
    session->has_eof = true;
    if (session->phase == WEFT_SESSION_LINGERING) {
        session->is_dying = true;
    } else if (session->phase == WEFT_SESSION_HANDSHAKING) {
        weft_tls_feed_end(session->tls);
        go_on_with_handshake(session);
    } else if (!session->input_ended && session->tls && session->role == WEFT_HTTP_CLIENT &&
               weft_conn_stream_count(session->conn) > 0) {
        // RFC 9112 §9.8: without close_notify, what has come so far may be cut short
        session->input_ended = true;
        session->error = "the connection was cut: no close_notify came";
        weft_conn_fail(session->conn, WEFT_HTTP_PROTOCOL_ERROR, session->error);
        weft_session_give_events(session);
    } else if (!session->input_ended) {
        end_input(session);
    }
}

static void read_some(struct weft_session *session)
{
    struct weft_session_hub *hub = session->hub;
    for (size_t reads = 0; reads < READS_PER_TURN; reads++) {
        if (!session->may_read || session->is_dying || !weft_session_wants_input(session)) return;

        ssize_t size = recv(session->watch.fd, hub->input, sizeof(hub->input), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            session->may_read = false;
            if (errno != EAGAIN) weft_session_break(session, strerrordesc_np(errno));
            return;
        }
        // A short read has emptied the socket, so the EAGAIN need not be asked for: what comes now makes a new edge.
        // Only an end that had come before makes none.
        if ((size_t)size < sizeof(hub->input) && !session->peer_ended) session->may_read = false;
        if (size > 0) {
            session->received_size += (uint64_t)size;
            take_bytes(session, (struct weft_span){hub->input, (size_t)size});
        } else {
            session->may_read = false;
            take_end(session);
        }
    }
}

void weft_session_take_input(struct weft_session *session)
{
    read_some(session);
    weft_session_settle(session);
}
