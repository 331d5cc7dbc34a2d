// session/output.c: from the owner's body sources through the connection and TLS to the socket.
#include "session/state.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum {
    RECORD_SIZE = 16384,      // the most, RFC 8446 §5.1
    SMALL_RECORD_SIZE = 1400, // with header and tag one segment of TCP
    WARM_SIZE = 10 * 1400, // what leaves before the first acknowledgement: ten segments, RFC 6928
    IDLE_US = 1000000,     // after this long the congestion window may have shrunk, RFC 5681 §4.1
    RECORD_OVERHEAD = 5 + 8 + 16,
    PIECES_MOST = 4,       // of the connection's output in a turn
    FRAME_HEAD_SIZE = 9,   // of HTTP/2; a chunk of HTTP/1.1 has less
    MEASURE_US = 20000,    // between two looks at the link
    MEASURE_SIZE = 65536,  // or bytes, while it seems slow
    LEAST_TURN_SIZE = 256, // the end of a burst that is not worth a frame
};

static size_t unsent(const struct weft_session *session)
{
    return weft_conn_output(session->conn).size;
}

static void fill_turn(struct weft_session *session, const struct weft_http_turn *turn)
{
    bool ends = false;
    ssize_t size = session->owner->fill(session, turn->user, turn->room, turn->size, &ends);
    if (size >= 0) {
        weft_conn_commit(session->conn, turn, (size_t)size, ends);
    } else {
        weft_conn_commit(session->conn, turn, 0, false);
        weft_conn_reset(session->conn, turn->stream_id, WEFT_HTTP_INTERNAL_ERROR);
    }
}

// Bytes of content that a frame more may have in this burst; 0 once that is together.
static size_t room_left(const struct weft_session *session)
{
    size_t taken = unsent(session) + FRAME_HEAD_SIZE;
    size_t left = taken < session->burst ? session->burst - taken : 0;
    return left < LEAST_TURN_SIZE ? 0 : left;
}

// Lets streams send until a burst is together, with the frames' heads: it is to fill whole records. Was there any?
static bool give_turns(struct weft_session *session, size_t most)
{
    struct weft_http_turn turn;
    bool had_any = false;
    while (most > 0 && !session->is_dying && weft_conn_next_turn(session->conn, most, &turn)) {
        fill_turn(session, &turn);
        had_any = true;
        most = room_left(session);
    }
    return had_any;
}

void weft_session_fill_output(struct weft_session *session)
{
    // An answer that ends lets the next request of a pipeline come up, which asks for turns again.
    bool goes_on = true;
    while (goes_on && !session->is_dying) {
        goes_on = weft_session_give_events(session);
        if (goes_on) weft_session_settle(session);
        // Nothing is put behind what could not leave: an urgent answer would have to wait for it.
        if (!session->may_write || session->is_dying) continue;
        size_t most = room_left(session);
        if (most == 0) break;
        goes_on = give_turns(session, most) || goes_on;
    }
    session->has_more = !session->is_dying && room_left(session) == 0;
}

static size_t record_size(struct weft_session *session, uint64_t now_us)
{
    if (now_us - session->last_sent_us > IDLE_US) session->warm_size = 0;
    return session->warm_size < WARM_SIZE ? SMALL_RECORD_SIZE : RECORD_SIZE;
}

// Sessions lend each other the memory for encrypted bytes: an idle one holds none, a busy one allocates none.
static void borrow_spare(struct weft_session *session, struct weft_queue *queue)
{
    if (queue->data) return;
    *queue = session->hub->spare;
    weft_queue_init(&session->hub->spare, queue->alloc);
}

static void return_spare(struct weft_session *session, struct weft_queue *queue)
{
    struct weft_queue *spare = &session->hub->spare;
    struct weft_queue rest;
    weft_queue_init(&rest, queue->alloc);
    if (!queue->data) return;
    if (weft_queue_size(queue) > 0) { // a peer that stalls keeps what it needs, and no more
        bool is_wasteful = queue->size / 4 >= weft_queue_size(queue);
        if (!is_wasteful || weft_queue_add(&rest, weft_queue_bytes(queue)) != WEFT_OK) return;
        weft_queue_drop(queue, weft_queue_size(queue));
    }
    if (spare->data) {
        weft_queue_trim(queue);
    } else {
        *spare = *queue;
    }
    *queue = rest;
}

// Encrypts a burst of the connection's output. It stays there, and is reported as sent as the kernel takes it, so
// that the connection sees a peer that takes nothing.
static void seal(struct weft_session *session, struct weft_queue *queue)
{
    struct weft_span output =
        weft_span_part(weft_conn_output(session->conn), 0, WEFT_SESSION_BURST_MOST + RECORD_SIZE);
    uint64_t now_us = weft_session_now_us(session);
    size_t most = output.size + (output.size / SMALL_RECORD_SIZE + 2) * RECORD_OVERHEAD;
    borrow_spare(session, queue);
    if (!weft_queue_room(queue, most)) { // at once what would grow piece by piece
        weft_session_break(session, "no memory for TLS");
        return;
    }
    session->sealed_plain = output.size;
    weft_conn_bind(session->conn, output.size); // what comes later is not in the records
    while (output.size > 0) {
        struct weft_span piece = weft_span_part(output, 0, record_size(session, now_us));
        if (!weft_tls_send(session->tls, piece)) {
            weft_session_break(session, weft_tls_error(session->tls));
            return;
        }
        session->last_sent_us = now_us;
        session->warm_size += piece.size;
        output = weft_span_skip(output, piece.size);
    }
    session->sealed_cipher = weft_queue_size(queue);
}

// The kernel is asked at most so often: it is a system call.
static bool is_time_to_measure(const struct weft_session *session)
{
    if (weft_session_now_us(session) - session->measured_us >= MEASURE_US) return true;
    return !session->pace.is_fast && session->sent_since >= MEASURE_SIZE;
}

// Looks at how fast the link is, and tells the kernel how far ahead of it and how fast it may be.
static void measure(struct weft_session *session)
{
    struct weft_tcp_info info;
    int fd = session->watch.fd;
    if (!is_time_to_measure(session)) return;
    session->measured_us = weft_session_now_us(session);
    session->sent_since = 0;
    if (!weft_tcp_info_get(fd, &info)) {
        session->pace.is_fast = true; // not TCP
        return;
    }
    size_t ahead = session->pace.ahead;
    uint64_t most_rate = session->pace.most_rate;
    weft_pace_update(&session->pace, &info, session->measured_us);
    if (session->pace.ahead != ahead) weft_socket_tune(fd, (uint32_t)session->pace.ahead);
    if (session->pace.most_rate != most_rate) weft_tcp_set_most_rate(fd, session->pace.most_rate);
}

static size_t burst_least(const struct weft_session *session)
{
    return session->pace.is_fast ? WEFT_SESSION_BURST_LEAST : session->pace.ahead;
}

// A burst has left, and more could follow it: on a slow link once the kernel asks for it.
static void go_on(struct weft_session *session)
{
    measure(session);
    if (session->pace.is_fast) {
        if (session->burst < WEFT_SESSION_BURST_MOST) session->burst *= 2;
        return;
    }
    session->burst = burst_least(session);
    unsigned events = WEFT_LOOP_READABLE | WEFT_LOOP_WRITABLE;
    int result = weft_loop_rearm(session->hub->config.loop, &session->watch, events);
    session->may_write = result < 0;
}

// returns how many of `bytes` the kernel took
static size_t send_now(struct weft_session *session, struct weft_span bytes)
{
    ssize_t size;
    do {
        size = send(session->watch.fd, bytes.data, bytes.size, MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    if (size < 0 && errno != EAGAIN) {
        weft_session_break(session, strerrordesc_np(errno));
        return 0;
    }
    size_t sent = size < 0 ? 0 : (size_t)size;
    if (sent > 0) {
        session->last_sent_us = weft_session_now_us(session);
        session->has_sent = true;
    }
    session->sent_since += sent;
    session->sent_size += sent;
    if (sent < bytes.size) {
        session->may_write = false; // an edge comes when there is room
        session->burst = burst_least(session);
    } else if (session->has_more) {
        go_on(session);
    }
    return sent;
}

static void send_clear(struct weft_session *session)
{
    for (size_t i = 0; i < PIECES_MOST && session->may_write && !session->is_dying; i++) {
        struct weft_span output = weft_conn_output(session->conn);
        if (output.size == 0) return;
        size_t sent = send_now(session, output);
        if (sent > 0) weft_conn_sent(session->conn, sent, weft_session_now_us(session));
    }
}

// `sent` bytes of the TLS queue have left: reports the part of the sealed plaintext that they stand for.
static void report_sealed(struct weft_session *session, size_t sent)
{
    if (session->sealed_plain == 0) return;
    size_t part = session->sealed_plain;
    if (sent < session->sealed_cipher) {
        part = (size_t)((uint64_t)session->sealed_plain * sent / session->sealed_cipher);
    }
    session->sealed_cipher -= sent < session->sealed_cipher ? sent : session->sealed_cipher;
    session->sealed_plain -= part;
    if (part > unsent(session)) part = unsent(session); // the connection has given it up
    if (part > 0) weft_conn_sent(session->conn, part, weft_session_now_us(session));
}

static void send_sealed(struct weft_session *session)
{
    struct weft_queue *queue = weft_tls_output(session->tls);
    bool is_open = session->phase == WEFT_SESSION_OPEN;
    if (is_open && session->sealed_plain == 0 && unsent(session) > 0) seal(session, queue);
    if (session->is_dying) return;
    if (is_open && !session->has_said_end && weft_conn_is_finished(session->conn) &&
        weft_conn_output_size(session->conn) <= session->sealed_plain) {
        weft_tls_close(session->tls); // RFC 9112 §9.8, with the last bytes
        session->has_said_end = true;
        if (session->sealed_plain > 0) session->sealed_cipher = weft_queue_size(queue);
    }
    struct weft_span bytes = weft_queue_bytes(queue);
    if (bytes.size > 0) {
        size_t sent = send_now(session, bytes);
        weft_queue_drop(queue, sent);
        report_sealed(session, sent);
    }
    return_spare(session, queue);
}

void weft_session_send_output(struct weft_session *session)
{
    if (!session->may_write || session->is_dying) return;
    if (session->tls) {
        send_sealed(session);
    } else if (session->phase == WEFT_SESSION_OPEN) {
        send_clear(session);
    }
}

bool weft_session_has_output(const struct weft_session *session)
{
    if (session->tls && weft_queue_size(weft_tls_output(session->tls)) > 0) return true;
    return session->phase == WEFT_SESSION_OPEN && unsent(session) > 0;
}
