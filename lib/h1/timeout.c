// RFC 9112 §9.5: what takes too long.
#include "h1/conn.h"

enum {
    MICROSECONDS = 1000000,
    TRIM_US = 250000,  // without a request, before memory is given back
    BODY_SPAN_S = 10,  // over which body_rate is measured
    WRITE_SPAN_S = 60, // over which write_rate is measured
};

void weft_h1_meter_start(struct weft_h1_meter *meter, uint64_t now_us)
{
    *meter = (struct weft_h1_meter){.since_us = now_us, .last_us = now_us};
}

void weft_h1_meter_add(struct weft_h1_meter *meter, size_t size, uint64_t now_us)
{
    if (size == 0) return;
    meter->last_us = now_us;
    meter->size += size;
}

static uint64_t span_us(uint32_t ms)
{
    return (uint64_t)ms * 1000;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t meter_deadline(const struct weft_h1_meter *meter, uint32_t stall_ms,
                               uint64_t span_s)
{
    return earlier(meter->last_us + span_us(stall_ms), meter->since_us + span_s * MICROSECONDS);
}

// Is it the peer's turn to send?
static bool awaits_content(const struct weft_h1_conn *conn)
{
    return conn->phase == WEFT_H1_READING_CONTENT && weft_h1_wants_input(conn);
}

static bool is_idle(const struct weft_h1_conn *conn)
{
    return conn->phase == WEFT_H1_READING_HEAD && !conn->is_scanning && conn->exchange_count == 0;
}

// When the wait for the next request is over. While draining that is soon, but not at once: one may be under way, and it
// would be lost; it is answered with `Connection: close` (RFC 9112 §9.5, §9.6).
static uint64_t idle_deadline(const struct weft_h1_conn *conn)
{
    uint64_t usual_us = conn->idle_us + span_us(conn->limits->idle_timeout_ms);
    if (!conn->is_draining) return usual_us;
    uint64_t since_us = conn->drain_us > conn->idle_us ? conn->drain_us : conn->idle_us;
    return earlier(usual_us, since_us + span_us(conn->limits->drain_ms));
}

static uint64_t reading_deadline(const struct weft_h1_conn *conn)
{
    const struct weft_http_limits *limits = conn->limits;
    if (conn->is_scanning) return conn->head_us + span_us(limits->header_timeout_ms);
    if (is_idle(conn) && conn->in.size > 0 && !weft_h1_is_held_back(conn))
        return conn->now_us; // pull it
    if (is_idle(conn)) {
        uint64_t idle = idle_deadline(conn);
        return conn->is_trimmed ? idle : earlier(idle, conn->idle_us + TRIM_US);
    }
    if (!awaits_content(conn)) return UINT64_MAX;
    return meter_deadline(&conn->reading, limits->body_timeout_ms, BODY_SPAN_S);
}

uint64_t weft_h1_deadline(const struct weft_h1_conn *conn)
{
    const struct weft_http_limits *limits = conn->limits;
    uint64_t deadline = UINT64_MAX;
    if (weft_queue_size(&conn->out) > 0) {
        deadline = meter_deadline(&conn->writing, limits->write_timeout_ms, WRITE_SPAN_S);
    }
    if (conn->phase == WEFT_H1_CLOSED) return deadline;
    if (!conn->is_draining) {
        deadline = earlier(deadline, conn->born_us + span_us(limits->connection_age_ms));
    }
    return earlier(deadline, reading_deadline(conn));
}

// Has a span of measuring ended with fewer bytes than it should have? A span that was fine begins anew.
static bool is_too_slow(struct weft_h1_meter *meter, uint64_t span_s, uint32_t rate,
                        uint64_t now_us)
{
    if (now_us < meter->since_us + span_s * MICROSECONDS) return false;
    if (meter->size < span_s * rate) return true;
    meter->since_us = now_us;
    meter->size = 0;
    return false;
}

// The peer does not take what waits for it, so it never leaves.
static void give_up_writing(struct weft_h1_conn *conn, const char *reason)
{
    weft_h1_conn_break(conn, WEFT_HTTP_ENHANCE_YOUR_CALM, reason, false);
    weft_queue_drop(&conn->out, weft_queue_size(&conn->out));
    weft_queue_trim(&conn->out);
}

static void tick_writing(struct weft_h1_conn *conn)
{
    const struct weft_http_limits *limits = conn->limits;
    if (weft_queue_size(&conn->out) == 0) return;
    if (conn->now_us >= conn->writing.last_us + span_us(limits->write_timeout_ms)) {
        WEFT_HTTP_COUNT(conn->counters, write_timeout_ms);
        give_up_writing(conn, "nothing was taken for write_timeout_ms");
    } else if (is_too_slow(&conn->writing, WRITE_SPAN_S, limits->write_rate, conn->now_us)) {
        WEFT_HTTP_COUNT(conn->counters, write_rate);
        give_up_writing(conn, "less was taken than write_rate");
    }
}

static void time_out(struct weft_h1_conn *conn, const char *reason)
{
    weft_h1_conn_refuse(conn, (struct weft_h1_error){408, reason}); // RFC 9110 §15.5.9
}

static void tick_content(struct weft_h1_conn *conn)
{
    const struct weft_http_limits *limits = conn->limits;
    if (!awaits_content(conn)) return;
    if (conn->now_us >= conn->reading.last_us + span_us(limits->body_timeout_ms)) {
        WEFT_HTTP_COUNT(conn->counters, body_timeout_ms);
        time_out(conn, "no content came for body_timeout_ms");
    } else if (is_too_slow(&conn->reading, BODY_SPAN_S, limits->body_rate, conn->now_us)) {
        WEFT_HTTP_COUNT(conn->counters, body_rate);
        time_out(conn, "content came slower than body_rate");
    }
}

static void tick_idle(struct weft_h1_conn *conn)
{
    if (conn->in.size > 0) return; // there is something to pull
    weft_h1_trim(conn);
    conn->is_trimmed = true;
    if (conn->now_us < idle_deadline(conn)) return;
    if (!conn->is_draining) WEFT_HTTP_COUNT(conn->counters, idle_timeout_ms);
    weft_h1_conn_close(conn);
}

static void tick_reading(struct weft_h1_conn *conn)
{
    if (conn->now_us < reading_deadline(conn)) return;
    if (conn->is_scanning) {
        WEFT_HTTP_COUNT(conn->counters, header_timeout_ms);
        time_out(conn, "a head or trailers took longer than header_timeout_ms");
    } else if (is_idle(conn)) {
        tick_idle(conn);
    } else {
        tick_content(conn);
    }
}

void weft_h1_tick(struct weft_h1_conn *conn, uint64_t now_us)
{
    conn->now_us = now_us;
    tick_writing(conn);
    if (conn->phase == WEFT_H1_CLOSED) return;
    bool is_old = now_us >= conn->born_us + span_us(conn->limits->connection_age_ms);
    if (is_old && !conn->is_draining) {
        WEFT_HTTP_COUNT(conn->counters, connection_age_ms);
        weft_h1_drain(conn, now_us);
    }
    tick_reading(conn);
}
