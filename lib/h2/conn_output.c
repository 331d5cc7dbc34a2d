// h2/conn_output.c: bytes out. What may overtake (PING, WINDOW_UPDATE) waits in a queue of its own and goes out at the
// next end of a frame; all else keeps its order, because its meaning depends on it: field blocks (§4.3), SETTINGS
// acknowledgements (§6.5.3), RST_STREAM behind HEADERS, GOAWAY behind all.
#include "h2/conn.h"

#include <assert.h>

// A larger queue is let go when it is empty: the next connection finds its memory warm.
enum { KEPT_MOST = 1024 };

static bool is_waiting(const struct weft_h2_conn *conn)
{
    return weft_queue_size(&conn->out.frames) > 0 || weft_queue_size(&conn->out.control) > 0;
}

size_t weft_h2_conn_frame_start(struct weft_h2_conn *conn)
{
    if (!is_waiting(conn)) {
        conn->out.progress_us = conn->out.rate_start_us = conn->now_us;
        conn->out.rate_size = 0;
    }
    return weft_queue_size(&conn->out.frames);
}

void weft_h2_conn_trace(struct weft_h2_conn *conn, struct weft_trace_record record)
{
    if (!conn->config.trace) return;
    record.at_us = conn->now_us;
    weft_trace_add(conn->config.trace, &record);
}

void weft_h2_conn_trace_frames(struct weft_h2_conn *conn, const struct weft_queue *queue, size_t at)
{
    struct weft_span bytes = weft_span_skip(weft_queue_bytes(queue), at);
    while (bytes.size >= WEFT_H2_FRAME_HEADER_SIZE) {
        struct weft_h2_frame frame = weft_h2_parse_frame_header(bytes.data);
        struct weft_trace_record record = {
            .type = WEFT_TRACE_FRAME, .is_out = true, .stream_id = frame.stream_id};
        record.frame.type = frame.type;
        record.frame.flags = frame.flags;
        record.frame.length = frame.length;
        weft_h2_conn_trace(conn, record);
        bytes = weft_span_skip(bytes, WEFT_H2_FRAME_HEADER_SIZE + frame.length);
    }
}

static bool is_control(uint8_t type)
{
    return type != WEFT_H2_DATA && type != WEFT_H2_HEADERS && type != WEFT_H2_CONTINUATION &&
           type != WEFT_H2_PUSH_PROMISE;
}

static void no_memory(struct weft_h2_conn *conn)
{
    weft_h2_conn_fail(conn,
                      weft_h2_connection_error(WEFT_HTTP_INTERNAL_ERROR, "no memory for a frame"));
}

static bool is_reached(size_t before, size_t after, uint32_t limit)
{
    return before < limit && after >= limit;
}

// What makes weft_h2_wants_input() say no, once each time it begins to.
static void count_held_back(struct weft_h2_conn *conn, uint32_t count_before, uint32_t size_before)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    struct weft_http_limit_counters *counters = conn->config.counters;
    if (is_reached(count_before, conn->out.count, limits->control_queue_count)) {
        WEFT_HTTP_COUNT(counters, control_queue_count);
    }
    if (is_reached(size_before, conn->out.size, limits->control_queue_size)) {
        WEFT_HTTP_COUNT(counters, control_queue_size);
    }
}

void weft_h2_conn_count_output(struct weft_h2_conn *conn, size_t before)
{
    size_t after = weft_queue_size(&conn->out.frames);
    if (is_reached(before, after, weft_h2_limits(conn)->output_size)) {
        WEFT_HTTP_COUNT(conn->config.counters, output_size);
    }
}

// A frame was added to `queue` from `at` on: counts it, and the peer that reads none of them.
static void added(struct weft_h2_conn *conn, struct weft_queue *queue, size_t at,
                  enum weft_result result)
{
    if (result != WEFT_OK) {
        no_memory(conn);
        return;
    }
    weft_h2_conn_trace_out(conn, queue, at);
    uint32_t size = (uint32_t)(weft_queue_size(queue) - at);
    conn->out.count++;
    conn->out.size += size;
    count_held_back(conn, conn->out.count - 1, conn->out.size - size);
    if (conn->out.count > weft_h2_limits(conn)->control_queue_close && !conn->is_failed) {
        WEFT_HTTP_COUNT(conn->config.counters, control_queue_close);
        weft_h2_fail(conn, WEFT_HTTP_ENHANCE_YOUR_CALM, "limit: control_queue_close");
    }
}

// Where a frame that may overtake goes: in front of nothing, one queue will do.
static struct weft_queue *overtaking(struct weft_h2_conn *conn)
{
    (void)weft_h2_conn_frame_start(conn);
    return weft_queue_size(&conn->out.frames) == 0 ? &conn->out.frames : &conn->out.control;
}

void weft_h2_conn_send_ping(struct weft_h2_conn *conn, bool is_ack, const uint8_t *opaque)
{
    struct weft_queue *queue = overtaking(conn);
    size_t at = weft_queue_size(queue);
    added(conn, queue, at, weft_h2_write_ping(queue, is_ack, opaque));
}

void weft_h2_conn_send_window_update(struct weft_h2_conn *conn, uint32_t stream_id,
                                     uint32_t increment)
{
    struct weft_queue *queue = overtaking(conn);
    size_t at = weft_queue_size(queue);
    added(conn, queue, at, weft_h2_write_window_update(queue, stream_id, increment));
}

void weft_h2_conn_send_settings_ack(struct weft_h2_conn *conn)
{
    size_t at = weft_h2_conn_frame_start(conn);
    added(conn, &conn->out.frames, at, weft_h2_write_settings_ack(&conn->out.frames));
}

void weft_h2_conn_send_rst(struct weft_h2_conn *conn, uint32_t stream_id, uint32_t code)
{
    conn->totals.resets_sent++;
    WEFT_HTTP_COUNT_END(conn->config.ends, resets_sent, code);
    size_t at = weft_h2_conn_frame_start(conn);
    added(conn, &conn->out.frames, at,
          weft_h2_write_rst_stream(&conn->out.frames, stream_id, code));
}

void weft_h2_conn_send_goaway(struct weft_h2_conn *conn, uint32_t last_id, uint32_t code,
                              const char *reason)
{
    WEFT_HTTP_COUNT_END(conn->config.ends, goaways_sent, code);
    size_t at = weft_h2_conn_frame_start(conn);
    struct weft_span debug_data = {NULL, 0};
    if (reason) debug_data = weft_span_of(reason);
    added(conn, &conn->out.frames, at,
          weft_h2_write_goaway(&conn->out.frames, last_id, code, debug_data));
}

void weft_h2_conn_send_priority_update(struct weft_h2_conn *conn, uint32_t stream_id,
                                       struct weft_span value)
{
    size_t at = weft_h2_conn_frame_start(conn);
    added(conn, &conn->out.frames, at,
          weft_h2_write_priority_update(&conn->out.frames, stream_id, value));
}

// What the user sees

struct weft_span weft_h2_output(struct weft_h2_conn *conn)
{
    struct weft_h2_out *out = &conn->out;
    struct weft_span frames = weft_queue_bytes(&out->frames);
    size_t first = out->frames_left > out->bound ? out->frames_left : out->bound;
    bool has_control = weft_queue_size(&out->control) > 0;
    out->gives_control = has_control && first == 0;
    if (out->gives_control) return weft_queue_bytes(&out->control);
    return has_control ? weft_span_part(frames, 0, first) : frames;
}

size_t weft_h2_output_size(const struct weft_h2_conn *conn)
{
    return weft_queue_size(&conn->out.frames) + weft_queue_size(&conn->out.control);
}

void weft_h2_bind(struct weft_h2_conn *conn, size_t size)
{
    if (!conn->out.gives_control) conn->out.bound = size; // the control queue is in order anyway
}

// Counts what leaves off; returns the bytes to the end of the frame that has begun to leave.
static uint32_t walk(struct weft_h2_out *out, struct weft_span bytes, uint32_t left, size_t size)
{
    size_t at = left;
    while (at < size) {
        struct weft_h2_frame frame = weft_h2_parse_frame_header(bytes.data + at);
        uint32_t frame_size = WEFT_H2_FRAME_HEADER_SIZE + frame.length;
        if (is_control(frame.type)) {
            out->count--;
            out->size -= frame_size;
        }
        at += frame_size;
    }
    return (uint32_t)(at - size);
}

void weft_h2_sent(struct weft_h2_conn *conn, size_t size, uint64_t now_us)
{
    conn->now_us = now_us;
    if (size == 0) return;

    struct weft_h2_out *out = &conn->out;
    struct weft_queue *queue = out->gives_control ? &out->control : &out->frames;
    struct weft_span bytes = weft_queue_bytes(queue);
    assert(size <= bytes.size);
    uint32_t *left = out->gives_control ? &out->control_left : &out->frames_left;
    bool is_plain = out->count == 0 && size == bytes.size; // whole frames, none that is counted
    *left = is_plain ? 0 : walk(out, bytes, *left, size);
    if (!out->gives_control) out->bound -= size < out->bound ? size : out->bound;
    weft_queue_drop(queue, size);
    if (queue->size > KEPT_MOST) weft_queue_trim(queue);
    conn->totals.sent_size += size;
    out->progress_us = now_us;
    out->rate_size += size;
}

bool weft_h2_wants_input(const struct weft_h2_conn *conn)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    if (conn->is_failed || conn->peer_has_closed) return false;
    return conn->out.count < limits->control_queue_count &&
           conn->out.size < limits->control_queue_size &&
           weft_queue_size(&conn->out.frames) < limits->output_size;
}

void weft_h2_conn_trim(struct weft_h2_conn *conn)
{
    weft_queue_trim(&conn->out.frames);
    weft_queue_trim(&conn->out.control);
    weft_queue_trim(&conn->in.payload);
    weft_queue_trim(&conn->in.block);
    weft_hpack_encoder_trim(conn->out.encoder);
    weft_hpack_decoder_trim(conn->in.decoder);
    weft_h2_conn_forget_heads(conn);
}
