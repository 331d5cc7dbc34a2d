// h2/conn_recv.c: bytes into frames (RFC 9113 §4), and DATA (§6.1), which is handed on as it comes.
#include "h2/conn.h"

#include "wire/reader.h"

enum { SMALL_LATE_DATA = 256 }; // larger ones were surely on their way

static struct weft_span take(struct weft_h2_conn *conn, size_t most)
{
    struct weft_span part = weft_span_part(conn->in.rest, 0, most);
    conn->in.rest.data += part.size;
    conn->in.rest.size -= part.size;
    return part;
}

static void fail(struct weft_h2_conn *conn, enum weft_http_error_code code, const char *reason)
{
    weft_h2_conn_fail(conn, weft_h2_connection_error(code, reason));
}

static void next_frame(struct weft_h2_conn *conn)
{
    conn->in.phase = WEFT_H2_IN_FRAME_HEADER;
    conn->in.header_size = 0;
    if (!conn->in.in_block) conn->in.head_start_us = 0;
}

static void skip(struct weft_h2_conn *conn, uint32_t size)
{
    conn->in.left = size;
    conn->in.phase = WEFT_H2_IN_SKIPPED;
    if (size == 0) next_frame(conn);
}

static void in_magic(struct weft_h2_conn *conn)
{
    struct weft_h2_in *in = &conn->in;
    struct weft_span part = take(conn, (size_t)(WEFT_H2_MAGIC_SIZE - in->header_size));
    if (memcmp(part.data, weft_h2_magic + in->header_size, part.size) != 0) {
        fail(conn, WEFT_HTTP_PROTOCOL_ERROR, "not the preface of HTTP/2"); // §3.4
        return;
    }
    in->header_size = (uint8_t)(in->header_size + part.size);
    if (in->header_size == WEFT_H2_MAGIC_SIZE) next_frame(conn);
}

// DATA

// Returns the increment to announce; `has_reached` says whether the window has just grown to its most.
static uint32_t consume_of(struct weft_h2_conn *conn, struct weft_h2_receive_window *window,
                           size_t size, bool *has_reached)
{
    uint32_t size_before = window->size;
    uint32_t increment = weft_h2_receive_window_consume(
        window, size, conn->now_us, conn->knows_round_trip, conn->round_trip_us);
    *has_reached = window->size == window->most && size_before < window->most;
    return increment;
}

void weft_h2_conn_consume(struct weft_h2_conn *conn, struct weft_h2_stream *stream, size_t size)
{
    bool has_reached;
    uint32_t increment = consume_of(conn, &conn->receive_window, size, &has_reached);
    if (has_reached) WEFT_HTTP_COUNT(conn->config.counters, connection_window_most);
    if (increment > 0) weft_h2_conn_send_window_update(conn, 0, increment);
    if (!stream || stream->is_over) return;

    increment = consume_of(conn, &stream->receive_window, size, &has_reached);
    if (has_reached) WEFT_HTTP_COUNT(conn->config.counters, stream_window_most);
    if (increment > 0 && weft_h2_stream_awaits_peer(stream->state)) {
        weft_h2_conn_send_window_update(conn, stream->id, increment);
    }
}

void weft_h2_consume(struct weft_h2_conn *conn, uint64_t stream_id, size_t size)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, stream_id);
    if (!stream || stream->is_over || conn->is_failed) return; // given back when it ended

    size_t most = stream->receive_window.outstanding;
    weft_h2_conn_consume(conn, stream, size < most ? size : most);
}

// May this DATA frame come, and does it fit the stream's window? `size_error` is what the rules of sizes said.
static struct weft_http_error judge_data(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                                         struct weft_http_error size_error)
{
    const struct weft_h2_frame *frame = &conn->in.frame;
    struct weft_http_error error = weft_h2_stream_step(&stream->state, WEFT_H2_RECV_DATA);
    if (error.scope != WEFT_HTTP_FINE) return error;
    if (size_error.scope != WEFT_HTTP_FINE) return size_error;
    if (!stream->has_head_in) { // §8.1
        return weft_h2_stream_error(WEFT_HTTP_PROTOCOL_ERROR, "DATA before the head");
    }
    if (!weft_h2_receive_window_take(&stream->receive_window, frame->length)) { // §6.9.1
        WEFT_HTTP_COUNT(conn->config.counters, stream_window);
        return weft_h2_stream_error(WEFT_HTTP_FLOW_CONTROL_ERROR,
                                    "DATA beyond the stream's window");
    }
    return WEFT_H2_OK;
}

// Does the content fit what content-length says? §8.1.1
static bool fits_content_length(const struct weft_h2_stream *stream, uint32_t size, bool ends)
{
    if (stream->content_left_in < 0) return true;
    return ends ? size == stream->content_left_in : size <= stream->content_left_in;
}

// What an END_STREAM brings about, once its frame's content is told.
static void end_message(struct weft_h2_conn *conn, struct weft_h2_stream *stream)
{
    struct weft_http_error error = weft_h2_stream_step(&stream->state, WEFT_H2_RECV_END);
    weft_h2_conn_answer(conn, stream, error);
    weft_h2_conn_settle(conn, stream);
}

// A client that sends on after our whole answer is asked to stop once it has cost a window, §8.1.
static void note_late_content(struct weft_h2_conn *conn, struct weft_h2_stream *stream, size_t size)
{
    if (!weft_h2_is_server(conn) || !stream->has_head_out || stream->sends_content) return;
    stream->late_size += size;
    if (stream->late_size < weft_h2_limits(conn)->stream_window) return;
    weft_h2_conn_reset(conn, stream,
                       weft_h2_stream_error(WEFT_HTTP_NO_ERROR, "the answer is complete"));
}

static void tell_content(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                         struct weft_span data)
{
    bool ends = conn->in.left == 0 && (conn->in.frame.flags & WEFT_H2_END_STREAM);
    struct weft_http_event *event = weft_h2_conn_event(conn, WEFT_HTTP_DATA, stream);
    event->data = data;
    event->ends_message = ends;

    conn->totals.content_received += data.size;
    stream->received_us = conn->now_us;
    stream->in_size += data.size;
    if (stream->content_left_in >= 0) stream->content_left_in -= (int64_t)data.size;
    if (ends) {
        end_message(conn, stream);
    } else {
        note_late_content(conn, stream, data.size);
    }
}

static void begin_content(struct weft_h2_conn *conn, struct weft_h2_stream *stream)
{
    struct weft_h2_in *in = &conn->in;
    bool ends = in->frame.flags & WEFT_H2_END_STREAM;
    in->phase = WEFT_H2_IN_CONTENT;

    if (!fits_content_length(stream, in->left, ends)) {
        skip(conn, in->left + in->padding);
        weft_h2_conn_answer(conn, stream,
                            weft_h2_stream_error(WEFT_HTTP_PROTOCOL_ERROR,
                                                 "content is not as long as content-length"));
        return;
    }
    if (in->left > 0) {
        weft_h2_flood_full_frame(&conn->flood);
        return;
    }
    skip(conn, in->padding);
    if (ends) {
        in->left = 0;
        tell_content(conn, stream, (struct weft_span){NULL, 0});
        in->left = in->padding;
        return;
    }
    weft_h2_conn_answer(conn, NULL, weft_h2_flood_empty_frame(&conn->flood, conn->now_us));
}

// A DATA frame's header has come; all of its payload counts for the windows, §6.9.1.
static void begin_data(struct weft_h2_conn *conn, struct weft_http_error size_error)
{
    struct weft_h2_in *in = &conn->in;
    if (!weft_h2_receive_window_take(&conn->receive_window, in->frame.length)) {
        WEFT_HTTP_COUNT(conn->config.counters, connection_window);
        fail(conn, WEFT_HTTP_FLOW_CONTROL_ERROR, "DATA beyond the connection's window");
        return;
    }
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, in->frame.stream_id);
    struct weft_http_error error = stream ? judge_data(conn, stream, size_error)
                                          : weft_h2_conn_judge_past(conn, in->frame.stream_id);
    if (!stream || error.scope != WEFT_HTTP_FINE) {
        skip(conn, in->frame.length);
        weft_h2_conn_answer(conn, stream, error);
        if (!conn->is_failed) weft_h2_conn_consume(conn, NULL, in->frame.length);
        if (conn->is_failed) return;
        if (in->frame.length < SMALL_LATE_DATA) {
            weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_LATE_FRAME);
        } else {
            weft_h2_conn_late_frame(conn);
        }
        return;
    }
    in->content_stream_id = stream->id;
    in->left = in->frame.length;
    in->padding = 0;
    if (!(in->frame.flags & WEFT_H2_PADDED)) {
        begin_content(conn, stream);
    } else if (in->left == 0) {
        fail(conn, WEFT_HTTP_FRAME_SIZE_ERROR, "DATA without its Pad Length");
    } else {
        in->phase = WEFT_H2_IN_PAD_LENGTH;
    }
}

// The stream of the DATA that is coming, unless it has ended in the meantime.
static struct weft_h2_stream *content_stream(struct weft_h2_conn *conn)
{
    struct weft_h2_stream *stream =
        weft_h2_streams_find(&conn->streams, conn->in.content_stream_id);
    return stream && !stream->is_over ? stream : NULL;
}

static void in_pad_length(struct weft_h2_conn *conn)
{
    struct weft_h2_in *in = &conn->in;
    uint8_t padding = take(conn, 1).data[0];
    if (padding >= in->left) {
        fail(conn, WEFT_HTTP_PROTOCOL_ERROR, "padding larger than its frame"); // §6.1
        return;
    }
    in->padding = padding;
    in->left -= 1U + padding;
    struct weft_h2_stream *stream = content_stream(conn);
    if (!stream) {
        skip(conn, in->left + padding);
        return;
    }
    weft_h2_conn_consume(conn, stream, 1U + padding); // nobody else will
    if (padding > in->left) weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_PADDING);
    if (!conn->is_failed) begin_content(conn, stream);
}

static void in_content(struct weft_h2_conn *conn)
{
    struct weft_h2_stream *stream = content_stream(conn);
    if (!stream) {
        skip(conn, conn->in.left + conn->in.padding);
        return;
    }
    struct weft_span data = take(conn, conn->in.left);
    conn->in.left -= (uint32_t)data.size;
    tell_content(conn, stream, data);
    if (conn->in.left == 0) skip(conn, conn->in.padding);
}

static void in_skipped(struct weft_h2_conn *conn)
{
    conn->in.left -= (uint32_t)take(conn, conn->in.left).size;
    if (conn->in.left == 0) next_frame(conn);
}

// Frames

// What may come at all, before the frame itself is looked at.
static struct weft_http_error judge_order(const struct weft_h2_conn *conn)
{
    const struct weft_h2_frame *frame = &conn->in.frame;
    if (!conn->has_settings &&
        (frame->type != WEFT_H2_SETTINGS || (frame->flags & WEFT_H2_ACK))) { // §3.4
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "the first frame is not SETTINGS");
    }
    bool continues = frame->type == WEFT_H2_CONTINUATION;
    if (conn->in.in_block &&
        (!continues || frame->stream_id != conn->in.block_frame.stream_id)) { // §4.3, §5.5, §6.10
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "a frame between those of a field block");
    }
    if (continues && !conn->in.in_block) { // §6.10
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "CONTINUATION without a field block");
    }
    return WEFT_H2_OK;
}

// What comes must fit before any of it is kept.
static bool block_fits(struct weft_h2_conn *conn)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    const struct weft_h2_frame *frame = &conn->in.frame;
    size_t held = conn->in.in_block ? weft_queue_size(&conn->in.block) : 0;
    if (held + frame->length > limits->field_block_size) {
        WEFT_HTTP_COUNT(conn->config.counters, field_block_size);
        fail(conn, WEFT_HTTP_ENHANCE_YOUR_CALM, "limit: field_block_size");
        return false;
    }
    if (frame->type != WEFT_H2_CONTINUATION) return true;
    conn->in.continuation_count += frame->length == 0 ? 2 : 1;
    if (conn->in.continuation_count > limits->continuation_count) {
        WEFT_HTTP_COUNT(conn->config.counters, continuation_count);
        fail(conn, WEFT_HTTP_ENHANCE_YOUR_CALM, "limit: continuation_count");
        return false;
    }
    return true;
}

// A wrong size that concerns the stream alone, §4.2: of DATA and PRIORITY.
static void on_wrong_size(struct weft_h2_conn *conn, struct weft_http_error error)
{
    if (conn->in.frame.type == WEFT_H2_DATA) {
        begin_data(conn, error);
        return;
    }
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, conn->in.frame.stream_id);
    if (!stream) error.scope = WEFT_HTTP_CONNECTION; // none to reset, §5.4.2
    skip(conn, conn->in.frame.length);
    weft_h2_conn_answer(conn, stream, error);
}

static bool carries_block(uint8_t type)
{
    return type == WEFT_H2_HEADERS || type == WEFT_H2_PUSH_PROMISE || type == WEFT_H2_CONTINUATION;
}

static void trace_frame(struct weft_h2_conn *conn)
{
    struct weft_trace_record record = {.type = WEFT_TRACE_FRAME,
                                       .stream_id = conn->in.frame.stream_id};
    record.frame.type = conn->in.frame.type;
    record.frame.flags = conn->in.frame.flags;
    record.frame.length = conn->in.frame.length;
    weft_h2_conn_trace(conn, record);
}

static void begin_frame(struct weft_h2_conn *conn)
{
    const struct weft_h2_frame *frame = &conn->in.frame;
    if (conn->config.trace) trace_frame(conn);

    struct weft_http_error error = judge_order(conn);
    if (error.scope == WEFT_HTTP_FINE) error = weft_h2_frame_check(frame);
    if (error.scope == WEFT_HTTP_CONNECTION) {
        weft_h2_conn_fail(conn, error);
    } else if (error.scope == WEFT_HTTP_STREAM) {
        on_wrong_size(conn, error);
    } else if (!weft_h2_frame_is_known(frame->type)) { // ignored, §4.1
        skip(conn, frame->length);
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_UNKNOWN_FRAME);
    } else if (frame->type == WEFT_H2_DATA) {
        begin_data(conn, WEFT_H2_OK);
    } else if (!carries_block(frame->type) || block_fits(conn)) {
        conn->in.left = frame->length;
        conn->in.phase = WEFT_H2_IN_PAYLOAD;
    }
}

static void in_frame_header(struct weft_h2_conn *conn)
{
    struct weft_h2_in *in = &conn->in;
    if (in->header_size == 0 && in->rest.size >= WEFT_H2_FRAME_HEADER_SIZE) { // mostly
        in->frame = weft_h2_parse_frame_header(in->rest.data);
        take(conn, WEFT_H2_FRAME_HEADER_SIZE);
        begin_frame(conn);
        return;
    }
    struct weft_span part = take(conn, (size_t)(WEFT_H2_FRAME_HEADER_SIZE - in->header_size));
    memcpy(in->header + in->header_size, part.data, part.size);
    in->header_size = (uint8_t)(in->header_size + part.size);
    if (in->header_size < WEFT_H2_FRAME_HEADER_SIZE) return;

    in->frame = weft_h2_parse_frame_header(in->header);
    begin_frame(conn);
}

static void open_block(struct weft_h2_conn *conn, struct weft_span payload)
{
    struct weft_h2_in *in = &conn->in;
    struct weft_h2_headers headers;
    struct weft_http_error error = weft_h2_parse_headers(&in->frame, payload, &headers);
    if (error.scope != WEFT_HTTP_FINE) {
        weft_h2_conn_fail(conn, error);
        return;
    }
    if (in->frame.flags & WEFT_H2_END_HEADERS) {
        weft_h2_flood_full_frame(&conn->flood);
        weft_h2_conn_on_block(conn, &in->frame, &headers, headers.fragment);
        return;
    }
    in->in_block = true;
    in->block_frame = in->frame;
    in->block_headers = headers;
    in->continuation_count = 0;
    if (weft_queue_add(&in->block, headers.fragment) != WEFT_OK) {
        fail(conn, WEFT_HTTP_INTERNAL_ERROR, "no memory for a field block");
    } else if (headers.fragment.size == 0) {
        weft_h2_conn_answer(conn, NULL, weft_h2_flood_empty_frame(&conn->flood, conn->now_us));
    }
}

static void continue_block(struct weft_h2_conn *conn, struct weft_span payload)
{
    struct weft_h2_in *in = &conn->in;
    if (weft_queue_add(&in->block, payload) != WEFT_OK) {
        fail(conn, WEFT_HTTP_INTERNAL_ERROR, "no memory for a field block");
        return;
    }
    if (!(in->frame.flags & WEFT_H2_END_HEADERS)) return;

    in->in_block = false;
    in->head_start_us = 0;
    weft_h2_conn_on_block(conn, &in->block_frame, &in->block_headers, weft_queue_bytes(&in->block));
    weft_queue_drop(&in->block, weft_queue_size(&in->block));
    weft_queue_trim(&in->block);
}

static void on_payload(struct weft_h2_conn *conn, struct weft_span payload)
{
    switch (conn->in.frame.type) {
    case WEFT_H2_HEADERS:
    case WEFT_H2_PUSH_PROMISE: open_block(conn, payload); break;
    case WEFT_H2_CONTINUATION: continue_block(conn, payload); break;
    default: weft_h2_conn_on_frame(conn, payload); break;
    }
}

static void in_payload(struct weft_h2_conn *conn)
{
    struct weft_h2_in *in = &conn->in;
    struct weft_span part = take(conn, in->left);
    in->left -= (uint32_t)part.size;
    if (in->left == 0 && weft_queue_size(&in->payload) == 0) { // whole in what was fed: no copy
        next_frame(conn);
        on_payload(conn, part);
        return;
    }
    if (weft_queue_add(&in->payload, part) != WEFT_OK) {
        fail(conn, WEFT_HTTP_INTERNAL_ERROR, "no memory for a frame");
        return;
    }
    if (in->left > 0) return;
    next_frame(conn);
    on_payload(conn, weft_queue_bytes(&in->payload));
    weft_queue_drop(&in->payload, weft_queue_size(&in->payload));
}

// From when on does the peer owe us the rest of a head or frame?
static void note_incomplete(struct weft_h2_conn *conn)
{
    struct weft_h2_in *in = &conn->in;
    bool is_incomplete = in->in_block || in->phase == WEFT_H2_IN_PAYLOAD ||
                         (in->phase == WEFT_H2_IN_FRAME_HEADER && in->header_size > 0);
    if (is_incomplete && in->head_start_us == 0) in->head_start_us = conn->now_us;
}

bool weft_h2_conn_receive(struct weft_h2_conn *conn)
{
    struct weft_h2_in *in = &conn->in;
    while (!conn->has_event && !conn->is_failed && weft_list_is_empty(&conn->streams.over)) {
        bool is_ready = in->phase == WEFT_H2_IN_PAYLOAD && in->left == 0;
        if (in->rest.size == 0 && !is_ready) {
            note_incomplete(conn);
            return false;
        }
        switch ((enum weft_h2_phase)in->phase) {
        case WEFT_H2_IN_MAGIC: in_magic(conn); break;
        case WEFT_H2_IN_FRAME_HEADER: in_frame_header(conn); break;
        case WEFT_H2_IN_PAYLOAD: in_payload(conn); break;
        case WEFT_H2_IN_PAD_LENGTH: in_pad_length(conn); break;
        case WEFT_H2_IN_CONTENT: in_content(conn); break;
        case WEFT_H2_IN_SKIPPED: in_skipped(conn); break;
        }
    }
    return true;
}
