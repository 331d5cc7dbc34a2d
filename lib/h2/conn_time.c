// h2/conn_time.c: what a peer may not put off for ever (RFC 9113 §10.5). Limits are looked at by one clock for the
// connection; those of streams now and then while any is open.
#include "h2/conn.h"

enum {
    SECOND_US = 1000000,
    TRIM_US = 250000,          // without a stream, before memory is given back
    CHECK_MOST_US = SECOND_US, // between two looks at the streams' timeouts
    CHECK_LEAST_US = 10000,
    BODY_GRACE_US = 10000000,
    WRITE_SPAN_US = 60000000,
};

static uint64_t after(uint64_t start_us, uint32_t duration_ms)
{
    return start_us + (uint64_t)duration_ms * 1000;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool is_waiting_to_leave(const struct weft_h2_conn *conn)
{
    return weft_queue_size(&conn->out.frames) > 0 || weft_queue_size(&conn->out.control) > 0;
}

// Often enough for the shortest timeout of a stream: none acts late by more than a quarter of it.
static uint64_t next_check(const struct weft_h2_conn *conn)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    uint64_t quarter_us = earlier(limits->body_timeout_ms, limits->write_timeout_ms) * 1000 / 4;
    uint64_t wait_us = earlier(quarter_us, CHECK_MOST_US);
    return conn->check_us + (wait_us > CHECK_LEAST_US ? wait_us : CHECK_LEAST_US);
}

uint64_t weft_h2_deadline(const struct weft_h2_conn *conn)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    uint64_t deadline = UINT64_MAX;
    if (is_waiting_to_leave(conn)) {
        deadline = earlier(deadline, after(conn->out.progress_us, limits->write_timeout_ms));
        deadline = earlier(deadline, conn->out.rate_start_us + WRITE_SPAN_US);
    }
    if (conn->is_failed) return deadline;

    if (!conn->has_settings) {
        deadline = earlier(deadline, after(conn->start_us, limits->header_timeout_ms));
    }
    if (!conn->is_acknowledged) {
        deadline = earlier(deadline, after(conn->settings_sent_us, limits->settings_timeout_ms));
    }
    if (conn->in.head_start_us > 0) {
        deadline = earlier(deadline, after(conn->in.head_start_us, limits->header_timeout_ms));
    }
    if (!conn->drain)
        deadline = earlier(deadline, after(conn->start_us, limits->connection_age_ms));
    if (conn->drain == WEFT_H2_DRAIN_ANNOUNCED) {
        deadline = earlier(deadline, after(conn->drain_start_us, limits->drain_ms));
    }
    if (!weft_list_is_empty(&conn->streams.open)) {
        return earlier(deadline, next_check(conn));
    }
    if (!conn->is_trimmed) deadline = earlier(deadline, conn->idle_start_us + TRIM_US);
    if (conn->drain) return deadline;
    return earlier(deadline, after(conn->idle_start_us, limits->idle_timeout_ms));
}

static bool is_past(const struct weft_h2_conn *conn, uint64_t start_us, uint32_t duration_ms)
{
    return conn->now_us >= after(start_us, duration_ms);
}

// Streams

static struct weft_http_error over_time(enum weft_http_error_code code, const char *reason)
{
    return weft_h2_stream_error(code, reason);
}

// Is it the peer's turn on this stream: does it owe us content that it may send?
static bool is_awaited(const struct weft_h2_stream *stream)
{
    return stream->has_head_in && weft_h2_stream_awaits_peer(stream->state) &&
           stream->receive_window.available > 0;
}

// Is nothing left to do but to take in a request that has been answered whole?
static bool is_answered(const struct weft_h2_conn *conn, const struct weft_h2_stream *stream)
{
    return weft_h2_is_server(conn) && stream->has_head_out && !stream->sends_content;
}

// A request's content (or, at a client, a response's).
static struct weft_http_error check_body(struct weft_h2_conn *conn, struct weft_h2_stream *stream)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    if (conn->drain == WEFT_H2_DRAIN_FINAL && is_answered(conn, stream)) { // §8.1
        return over_time(WEFT_HTTP_NO_ERROR, "the answer is complete");
    }
    bool is_awaited_now = is_awaited(stream) && conn->receive_window.available > 0;
    if (!is_awaited_now) { // our own receiver is what is slow
        stream->received_us = stream->in_start_us = conn->now_us;
        stream->in_size = 0;
        return WEFT_H2_OK;
    }
    enum weft_http_error_code code =
        stream->has_head_out && !stream->sends_content ? WEFT_HTTP_NO_ERROR : WEFT_HTTP_CANCEL;
    if (is_past(conn, stream->received_us, limits->body_timeout_ms)) {
        WEFT_HTTP_COUNT(conn->config.counters, body_timeout_ms);
        return over_time(code, "limit: body_timeout_ms");
    }
    uint64_t passed_us = conn->now_us - stream->in_start_us;
    if (weft_h2_is_server(conn) && passed_us > BODY_GRACE_US &&
        stream->in_size < limits->body_rate * (passed_us / SECOND_US)) {
        WEFT_HTTP_COUNT(conn->config.counters, body_rate);
        return over_time(code, "limit: body_rate");
    }
    return WEFT_H2_OK;
}

// Content that we have and may not send.
static struct weft_http_error check_write(struct weft_h2_conn *conn, struct weft_h2_stream *stream)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    if (!stream->sends_content || stream->is_paused) return WEFT_H2_OK;

    bool is_blocked = weft_h2_conn_is_blocked(conn, stream);
    if (is_blocked && conn->peer_has_closed)
        return over_time(WEFT_HTTP_CANCEL, "no window, and the peer has closed");
    if (is_blocked && is_past(conn, stream->sent_us, limits->write_timeout_ms)) {
        WEFT_HTTP_COUNT(conn->config.counters, write_timeout_ms);
        return over_time(WEFT_HTTP_CANCEL, "limit: write_timeout_ms");
    }
    if (conn->now_us - stream->out_start_us < WRITE_SPAN_US) return WEFT_H2_OK;
    uint64_t least = (uint64_t)limits->write_rate * (WRITE_SPAN_US / SECOND_US);
    bool is_slow = is_blocked && stream->out_size < least;
    stream->out_start_us = conn->now_us;
    stream->out_size = 0;
    if (!is_slow) return WEFT_H2_OK;
    WEFT_HTTP_COUNT(conn->config.counters, write_rate);
    return over_time(WEFT_HTTP_CANCEL, "limit: write_rate");
}

static void check_streams(struct weft_h2_conn *conn)
{
    if (conn->now_us < next_check(conn)) return;
    conn->check_us = conn->now_us;
    struct weft_list *next;
    for (struct weft_list *link = conn->streams.open.next; link != &conn->streams.open;
         link = next) {
        struct weft_h2_stream *stream = WEFT_LIST_ENTRY(link, struct weft_h2_stream, link);
        next = link->next;
        struct weft_http_error error = check_body(conn, stream);
        if (error.scope == WEFT_HTTP_FINE) error = check_write(conn, stream);
        if (error.scope != WEFT_HTTP_FINE) weft_h2_conn_reset(conn, stream, error);
        if (conn->is_failed) return;
    }
}

// The connection

static void check_head(struct weft_h2_conn *conn)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    bool is_late = conn->in.head_start_us > 0 &&
                   is_past(conn, conn->in.head_start_us, limits->header_timeout_ms);
    bool has_not_begun =
        !conn->has_settings && is_past(conn, conn->start_us, limits->header_timeout_ms);
    if (!is_late && !has_not_begun) return;
    WEFT_HTTP_COUNT(conn->config.counters, header_timeout_ms);
    weft_h2_fail(conn, has_not_begun ? WEFT_HTTP_PROTOCOL_ERROR : WEFT_HTTP_ENHANCE_YOUR_CALM,
                 "limit: header_timeout_ms");
}

// §6.5.3
static void check_settings(struct weft_h2_conn *conn)
{
    if (conn->is_acknowledged || conn->is_failed) return;
    if (!is_past(conn, conn->settings_sent_us, weft_h2_limits(conn)->settings_timeout_ms)) return;
    WEFT_HTTP_COUNT(conn->config.counters, settings_timeout_ms);
    weft_h2_fail(conn, WEFT_HTTP_SETTINGS_TIMEOUT, "limit: settings_timeout_ms");
}

static void check_age(struct weft_h2_conn *conn)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    if (!conn->drain && is_past(conn, conn->start_us, limits->connection_age_ms)) {
        WEFT_HTTP_COUNT(conn->config.counters, connection_age_ms);
        weft_h2_drain(conn, conn->now_us);
    }
    if (conn->drain == WEFT_H2_DRAIN_ANNOUNCED &&
        is_past(conn, conn->drain_start_us, limits->drain_ms)) { // at least a round trip, §6.8
        WEFT_HTTP_COUNT(conn->config.counters, drain_ms);
        weft_h2_conn_final_goaway(conn);
    }
}

static void check_idle(struct weft_h2_conn *conn)
{
    if (!weft_list_is_empty(&conn->streams.open)) return;
    if (!conn->is_trimmed && conn->now_us >= conn->idle_start_us + TRIM_US) {
        weft_h2_streams_trim(&conn->streams);
        weft_h2_conn_trim(conn);
        conn->is_trimmed = true;
    }
    if (conn->drain) return;
    if (is_past(conn, conn->idle_start_us, weft_h2_limits(conn)->idle_timeout_ms)) {
        WEFT_HTTP_COUNT(conn->config.counters, idle_timeout_ms);
        weft_h2_conn_final_goaway(conn); // nothing is in flight: no need for two steps
    }
}

// Does the transport take too little, whatever the windows allow? What was slow but enough is measured anew.
static bool leaves_too_slowly(struct weft_h2_conn *conn)
{
    struct weft_h2_out *out = &conn->out;
    if (conn->now_us < out->rate_start_us + WRITE_SPAN_US) return false;
    uint64_t least = (uint64_t)weft_h2_limits(conn)->write_rate * (WRITE_SPAN_US / SECOND_US);
    bool is_slow = out->rate_size < least;
    out->rate_start_us = conn->now_us;
    out->rate_size = 0;
    return is_slow;
}

// Nothing that waits will leave.
static void give_up_writing(struct weft_h2_conn *conn, const char *reason)
{
    struct weft_http_error error = weft_h2_connection_error(WEFT_HTTP_CANCEL, reason);
    error.by_peer = true; // who takes nothing need not be told
    weft_h2_conn_fail(conn, error);
    weft_queue_drop(&conn->out.frames, weft_queue_size(&conn->out.frames));
    weft_queue_drop(&conn->out.control, weft_queue_size(&conn->out.control));
    conn->out.bound = 0;
}

static void check_output(struct weft_h2_conn *conn)
{
    if (!is_waiting_to_leave(conn)) return;
    if (is_past(conn, conn->out.progress_us, weft_h2_limits(conn)->write_timeout_ms)) {
        if (!conn->is_failed) WEFT_HTTP_COUNT(conn->config.counters, write_timeout_ms);
        give_up_writing(conn, "limit: write_timeout_ms");
    } else if (leaves_too_slowly(conn)) {
        if (!conn->is_failed) WEFT_HTTP_COUNT(conn->config.counters, write_rate);
        give_up_writing(conn, "limit: write_rate");
    }
}

void weft_h2_tick(struct weft_h2_conn *conn, uint64_t now_us)
{
    conn->now_us = now_us;
    check_output(conn);
    if (!conn->is_failed) check_head(conn);
    check_settings(conn);
    if (!conn->is_failed) check_age(conn);
    if (!conn->is_failed) check_streams(conn);
    if (!conn->is_failed) check_idle(conn);
}
