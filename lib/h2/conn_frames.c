// h2/conn_frames.c: the frames that are neither DATA nor field blocks. RFC 9113 unless another is named.
#include "h2/conn.h"

#include "base/hash.h"
#include "wire/reader.h"

enum {
    SMALL_INCREMENT = 1024, // below this, a WINDOW_UPDATE on a stalled stream is odd
};

struct weft_http_error weft_h2_conn_judge_past(struct weft_h2_conn *conn, uint32_t id)
{
    if (!weft_h2_conn_was_used(conn, id)) { // §5.1
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR, "frame on an idle stream");
    }
    switch (weft_h2_past_of(&conn->streams, id)) {
    case WEFT_H2_PAST_RESET_BY_US: // was on its way when we reset the stream, §5.1
        return WEFT_H2_OK;
    case WEFT_H2_PAST_RESET_BY_PEER:
        weft_h2_conn_send_rst(conn, id, WEFT_HTTP_STREAM_CLOSED_ERROR);
        return weft_h2_stream_error(WEFT_HTTP_STREAM_CLOSED_ERROR, "frame behind RST_STREAM");
    default:
        return weft_h2_connection_error(WEFT_HTTP_STREAM_CLOSED_ERROR,
                                        "frame on a stream that is over");
    }
}

// §6.3: may come in any state; RFC 9113 gives it no meaning, but browsers still speak by it.
static void on_priority(struct weft_h2_conn *conn, struct weft_span payload)
{
    if (!weft_h2_conn_spend(conn, WEFT_H2_FLOOD_PRIORITY)) return;

    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, conn->in.frame.stream_id);
    if (stream) weft_h2_conn_on_weight(conn, stream, weft_h2_parse_priority(payload));
}

// A reset with NO_ERROR behind a whole response only says: spare yourself the rest, §8.1.
static bool keeps_response(const struct weft_h2_conn *conn, const struct weft_h2_stream *stream,
                           uint32_t code)
{
    return !weft_h2_is_server(conn) && stream->is_ours && code == WEFT_HTTP_NO_ERROR &&
           stream->has_head_in && !weft_h2_stream_awaits_peer(stream->state);
}

static void on_rst_stream(struct weft_h2_conn *conn, struct weft_span payload)
{
    uint32_t id = conn->in.frame.stream_id;
    uint32_t code = weft_h2_parse_code(payload);
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, id);
    if (!stream) {
        if (!weft_h2_conn_was_used(conn, id)) { // §6.4
            weft_h2_conn_answer(
                conn, NULL,
                weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR, "RST_STREAM on an idle stream"));
        } else {
            weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_LATE_FRAME); // crossed our end of it
        }
        return;
    }
    conn->totals.resets_received++;
    WEFT_HTTP_COUNT_END(conn->config.ends, resets_received, code);
    struct weft_http_error error = {
        .scope = WEFT_HTTP_STREAM,
        .code = code,
        .reason = "the peer reset the stream",
        .by_peer = true,
        .is_unprocessed = code == WEFT_HTTP_REFUSED_STREAM, // §8.7
    };
    if (keeps_response(conn, stream, code)) error = WEFT_H2_OK;
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_RESET);
    weft_h2_conn_end_stream(conn, stream, error);
    if (error.scope != WEFT_HTTP_FINE) (void)weft_h2_conn_spend(conn, WEFT_H2_FLOOD_RESET);
}

// SETTINGS

// §6.9.2: a new initial size moves the windows of all streams by the difference, below zero too.
static struct weft_http_error move_windows(struct weft_h2_conn *conn, int64_t change)
{
    WEFT_LIST_EACH(link, &conn->streams.open)
    {
        struct weft_h2_stream *stream = WEFT_LIST_ENTRY(link, struct weft_h2_stream, link);
        if (!weft_h2_send_window_move(&stream->send_window, change)) {
            return weft_h2_connection_error(WEFT_HTTP_FLOW_CONTROL_ERROR,
                                            "SETTINGS_INITIAL_WINDOW_SIZE overflows a window");
        }
        weft_h2_conn_update_ready(conn, stream);
    }
    return WEFT_H2_OK;
}

static struct weft_http_error apply_setting(struct weft_h2_conn *conn, uint16_t id, uint32_t value)
{
    uint32_t window_before = conn->peer.initial_window_size;
    struct weft_http_error error =
        weft_h2_settings_apply(&conn->peer, conn->config.role, !conn->has_settings, id, value);
    if (error.scope != WEFT_HTTP_FINE) return error;

    switch (id) {
    case WEFT_H2_SETTING_INITIAL_WINDOW_SIZE:
        return move_windows(conn, (int64_t)value - window_before);
    case WEFT_H2_SETTING_HEADER_TABLE_SIZE:
        if (value > weft_h2_limits(conn)->hpack_table_size) {
            WEFT_HTTP_COUNT(conn->config.counters, hpack_table_size);
        }
        weft_hpack_encoder_set_limit(conn->out.encoder, value);
        break;
    case WEFT_H2_SETTING_NO_RFC7540_PRIORITIES: // it knows RFC 9218
        if (value == 1) weft_http_scheduler_set_fair(&conn->scheduler, false);
        break;
    default: break;
    }
    return WEFT_H2_OK;
}

static void note_round_trip(struct weft_h2_conn *conn, uint64_t sent_us)
{
    conn->knows_round_trip = true;
    conn->round_trip_us = conn->now_us - sent_us;
}

// Our SETTINGS hold from now on, §6.5.3.
static void on_settings_ack(struct weft_h2_conn *conn)
{
    if (conn->is_acknowledged) {
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_UNKNOWN_FRAME); // of nothing that we sent
        return;
    }
    conn->is_acknowledged = true;
    note_round_trip(conn, conn->settings_sent_us);
    weft_hpack_decoder_set_limit(conn->in.decoder, weft_h2_limits(conn)->hpack_table_size);

    int64_t change = (int64_t)weft_h2_limits(conn)->stream_window - WEFT_H2_WINDOW_FIRST;
    if (change >= 0) return; // streams had the larger window from the start
    WEFT_LIST_EACH(link, &conn->streams.open)
    {
        struct weft_h2_stream *stream = WEFT_LIST_ENTRY(link, struct weft_h2_stream, link);
        stream->receive_window.available += change;
        stream->receive_window.size = weft_h2_limits(conn)->stream_window;
    }
}

static void on_settings(struct weft_h2_conn *conn, struct weft_span payload)
{
    if (conn->in.frame.flags & WEFT_H2_ACK) {
        if (payload.size > 0) { // §6.5
            weft_h2_fail(conn, WEFT_HTTP_FRAME_SIZE_ERROR, "SETTINGS ACK with a payload");
        } else {
            on_settings_ack(conn);
        }
        return;
    }
    if (!weft_h2_conn_spend(conn, WEFT_H2_FLOOD_SETTINGS)) return;
    if (payload.size / WEFT_H2_SETTING_SIZE > weft_h2_limits(conn)->settings_entries) {
        WEFT_HTTP_COUNT(conn->config.counters, settings_entries);
        weft_h2_fail(conn, WEFT_HTTP_ENHANCE_YOUR_CALM, "limit: settings_entries");
        return;
    }
    struct weft_reader in = weft_reader_over(payload);
    while (weft_reader_left(&in) > 0) {      // in the order in which they stand, §6.5.3
        uint16_t id = weft_read_u16(&in);    // Identifier (16)
        uint32_t value = weft_read_u32(&in); // Value (32)
        struct weft_http_error error = apply_setting(conn, id, value);
        weft_h2_conn_answer(conn, NULL, error);
        if (conn->is_failed) return;
    }
    conn->has_settings = true;
    weft_h2_conn_send_settings_ack(conn); // at once, §6.5.3
}

enum weft_result weft_h2_ping(struct weft_h2_conn *conn, uint64_t now_us)
{
    conn->now_us = now_us;
    if (conn->is_failed || conn->peer_has_closed) return WEFT_GONE;
    if (conn->ping_is_out) return WEFT_LATER;

    conn->random = weft_hash_mix(conn->random, now_us);
    memcpy(conn->ping_data, &conn->random, sizeof(conn->ping_data));
    conn->ping_is_out = true;
    conn->ping_sent_us = now_us;
    weft_h2_conn_send_ping(conn, false, conn->ping_data);
    return conn->is_failed ? WEFT_NO_MEMORY : WEFT_OK;
}

static void on_ping(struct weft_h2_conn *conn, struct weft_span payload)
{
    if (!(conn->in.frame.flags & WEFT_H2_ACK)) {
        if (!weft_h2_conn_spend(conn, WEFT_H2_FLOOD_PING)) return;
        weft_h2_conn_send_ping(conn, true, payload.data); // §6.7
        return;
    }
    if (conn->ping_is_out && memcmp(payload.data, conn->ping_data, payload.size) == 0) {
        conn->ping_is_out = false;
        note_round_trip(conn, conn->ping_sent_us);
    } else {
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_UNKNOWN_FRAME); // nobody asked
    }
}

// §6.8: our streams above the last one were not processed, and never will be.
static void end_unprocessed(struct weft_h2_conn *conn, uint32_t last_id)
{
    struct weft_http_error error = {
        .scope = WEFT_HTTP_STREAM,
        .code = WEFT_HTTP_REFUSED_STREAM,
        .reason = "above the last stream of GOAWAY",
        .by_peer = true,
        .is_unprocessed = true,
    };
    struct weft_list *next;
    for (struct weft_list *link = conn->streams.open.next; link != &conn->streams.open;
         link = next) {
        struct weft_h2_stream *stream = WEFT_LIST_ENTRY(link, struct weft_h2_stream, link);
        next = link->next;
        if (stream->is_ours && stream->id > last_id) weft_h2_conn_end_stream(conn, stream, error);
        if (conn->is_failed) return; // that has ended them all
    }
}

static void on_goaway(struct weft_h2_conn *conn, struct weft_span payload)
{
    struct weft_h2_goaway goaway = weft_h2_parse_goaway(payload);
    WEFT_HTTP_COUNT_END(conn->config.ends, goaways_received, goaway.code);
    if (goaway.last_stream_id > conn->goaway_last_id) {
        weft_h2_fail(conn, WEFT_HTTP_PROTOCOL_ERROR, "GOAWAY with a higher last stream");
        return;
    }
    if (conn->goaway_came) weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_REPEATED_GOAWAY);
    if (conn->is_failed) return;
    conn->goaway_came = true;
    conn->goaway_last_id = goaway.last_stream_id;
    end_unprocessed(conn, goaway.last_stream_id);

    struct weft_http_event *event = weft_h2_conn_event(conn, WEFT_HTTP_GOAWAY, NULL);
    event->error = (struct weft_http_error){
        .scope = goaway.code == WEFT_HTTP_NO_ERROR ? WEFT_HTTP_FINE : WEFT_HTTP_CONNECTION,
        .code = goaway.code,
        .reason = "GOAWAY from the peer",
        .by_peer = true,
    };
}

static void open_stream_window(struct weft_h2_conn *conn, uint32_t id, uint32_t increment)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, id);
    if (!stream) {
        if (!weft_h2_conn_was_used(conn, id)) {
            weft_h2_fail(conn, WEFT_HTTP_PROTOCOL_ERROR, "WINDOW_UPDATE on an idle stream");
        } else if (weft_h2_past_of(&conn->streams, id) == WEFT_H2_PAST_UNKNOWN) {
            weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_LATE_FRAME);
        } else {
            weft_h2_conn_late_frame(conn); // it may come for a while, §5.1
        }
        return;
    }
    struct weft_http_error error = weft_h2_stream_step(&stream->state, WEFT_H2_RECV_WINDOW);
    if (error.scope == WEFT_HTTP_FINE && increment == 0) { // §6.9
        error = weft_h2_stream_error(WEFT_HTTP_PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
    }
    bool was_stalled = stream->send_window.available <= 0;
    if (error.scope == WEFT_HTTP_FINE &&
        !weft_h2_send_window_move(&stream->send_window, increment)) { // §6.9.1
        error = weft_h2_stream_error(WEFT_HTTP_FLOW_CONTROL_ERROR, "a window above 2^31-1");
    }
    weft_h2_conn_answer(conn, stream, error);
    if (error.scope != WEFT_HTTP_FINE) return;
    weft_h2_conn_update_ready(conn, stream);
    if (was_stalled && increment < SMALL_INCREMENT) {
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_TINY_WINDOW);
    }
}

static void on_window_update(struct weft_h2_conn *conn, struct weft_span payload)
{
    uint32_t increment = weft_h2_parse_increment(payload);
    if (conn->in.frame.stream_id != 0) {
        open_stream_window(conn, conn->in.frame.stream_id, increment);
    } else if (increment == 0) { // §6.9
        weft_h2_fail(conn, WEFT_HTTP_PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
    } else if (!weft_h2_send_window_move(&conn->send_window, increment)) { // §6.9.1
        weft_h2_fail(conn, WEFT_HTTP_FLOW_CONTROL_ERROR, "a window above 2^31-1");
    } else if (increment < SMALL_INCREMENT) {
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_TINY_WINDOW);
    }
    if (conn->config.trace && !conn->is_failed) {
        struct weft_trace_record record = {.type = WEFT_TRACE_WINDOW,
                                           .stream_id = conn->in.frame.stream_id};
        struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, record.stream_id);
        record.window.change = increment;
        record.window.available =
            stream ? stream->send_window.available : conn->send_window.available;
        weft_h2_conn_trace(conn, record);
    }
}

void weft_h2_conn_on_frame(struct weft_h2_conn *conn, struct weft_span payload)
{
    switch ((enum weft_h2_frame_type)conn->in.frame.type) {
    case WEFT_H2_PRIORITY: on_priority(conn, payload); break;
    case WEFT_H2_RST_STREAM: on_rst_stream(conn, payload); break;
    case WEFT_H2_SETTINGS: on_settings(conn, payload); break;
    case WEFT_H2_PING: on_ping(conn, payload); break;
    case WEFT_H2_GOAWAY: on_goaway(conn, payload); break;
    case WEFT_H2_WINDOW_UPDATE: on_window_update(conn, payload); break;
    case WEFT_H2_PRIORITY_UPDATE: weft_h2_conn_on_priority_update(conn, payload); break;
    default: break; // DATA and field blocks have been dealt with
    }
}
