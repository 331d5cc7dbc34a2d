// h2/conn_turn.c: content out (RFC 9113 §6.1, §6.9), whose turn it is by RFC 9218 §10.
#include "h2/conn.h"

#include <assert.h>

enum {
    TINY_DATA = 256,
    ROOM_MOST = 65536 - WEFT_H2_FRAME_HEADER_SIZE, // taken ahead of the turns to come
};

void weft_h2_conn_update_ready(struct weft_h2_conn *conn, struct weft_h2_stream *stream)
{
    bool is_ready = stream->sends_content && !stream->is_paused && !stream->is_over &&
                    stream->send_window.available > 0;
    if (is_ready == weft_http_scheduled_is_ready(&stream->scheduled)) return;

    if (is_ready) {
        weft_http_scheduler_ready(&conn->scheduler, &stream->scheduled);
    } else {
        weft_http_scheduler_block(&conn->scheduler, &stream->scheduled);
    }
}

// What both windows, the peer's frame size and the caller allow; our frames stay small enough to be overtaken.
static size_t turn_size(const struct weft_h2_conn *conn, const struct weft_h2_stream *stream,
                        size_t most)
{
    int64_t size = stream->send_window.available;
    if (size > conn->send_window.available) size = conn->send_window.available;
    if (size > WEFT_H2_FRAME_PAYLOAD) size = WEFT_H2_FRAME_PAYLOAD; // no peer's maximum is lower
    if ((uint64_t)size > most) size = (int64_t)most;
    int64_t left = stream->content_left_out;
    if (left > 0 && size > left) size = left;
    return (size_t)size;
}

// Room for a turn; where others will follow, room for theirs too, so that what was filled is not moved as it grows.
static uint8_t *turn_room(struct weft_h2_conn *conn, const struct weft_h2_stream *stream,
                          size_t size, size_t most)
{
    const struct weft_list *waiting = &stream->scheduled.waiting;
    bool is_alone = waiting->next == waiting->prev;
    bool is_last = is_alone && stream->content_left_out == (int64_t)size;
    if (!is_last) {
        size_t ahead = most < ROOM_MOST ? most : ROOM_MOST;
        if (ahead > size) size = ahead;
    }
    return weft_queue_room(&conn->out.frames, WEFT_H2_FRAME_HEADER_SIZE + size);
}

static void trace_turn(struct weft_h2_conn *conn, const struct weft_http_scheduled *scheduled,
                       enum weft_http_turn_reason reason, size_t size)
{
    struct weft_trace_record record = {
        .type = WEFT_TRACE_SCHEDULE, .is_out = true, .stream_id = scheduled->stream_id};
    record.schedule.urgency = scheduled->priority.urgency;
    record.schedule.incremental = scheduled->priority.incremental;
    record.schedule.reason = (uint8_t)reason;
    record.schedule.size = (uint32_t)size;
    weft_h2_conn_trace(conn, record);
}

bool weft_h2_next_turn(struct weft_h2_conn *conn, size_t most, struct weft_http_turn *turn)
{
    if (conn->is_failed || most == 0 || conn->send_window.available <= 0 ||
        weft_queue_size(&conn->out.frames) >= weft_h2_limits(conn)->output_size) {
        return false;
    }
    enum weft_http_turn_reason reason;
    struct weft_http_scheduled *scheduled = weft_http_scheduler_pick(&conn->scheduler, &reason);
    if (!scheduled) return false;

    struct weft_h2_stream *stream = WEFT_LIST_ENTRY(scheduled, struct weft_h2_stream, scheduled);
    size_t size = turn_size(conn, stream, most);
    uint8_t *room = turn_room(conn, stream, size, most);
    if (!room) return false;
    if (conn->config.trace) trace_turn(conn, scheduled, reason, size);
    conn->streams.recent = stream; // the commit asks for it
    *turn = (struct weft_http_turn){
        .stream_id = stream->id,
        .user = stream->user,
        .room = room + WEFT_H2_FRAME_HEADER_SIZE, // the frame's header goes before it
        .size = size,
    };
    return true;
}

static void end_content(struct weft_h2_conn *conn, struct weft_h2_stream *stream)
{
    stream->sends_content = false;
    weft_h2_conn_update_ready(conn, stream);
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_SEND_END);
    weft_h2_conn_settle(conn, stream);
}

static void put_data(struct weft_h2_conn *conn, struct weft_h2_stream *stream, size_t size,
                     bool ends)
{
    size_t at = weft_h2_conn_frame_start(conn);
    struct weft_queue *frames = &conn->out.frames;
    weft_h2_put_frame_header(frames->data + frames->end, (struct weft_h2_frame){
                                                             .length = (uint32_t)size,
                                                             .type = WEFT_H2_DATA,
                                                             .flags = ends ? WEFT_H2_END_STREAM : 0,
                                                             .stream_id = stream->id,
                                                         });
    weft_queue_add_room(frames, WEFT_H2_FRAME_HEADER_SIZE + size);
    weft_h2_conn_trace_out(conn, frames, at);
    weft_h2_conn_count_output(conn, at);

    stream->send_window.available -= (int64_t)size;
    conn->send_window.available -= (int64_t)size;
    stream->sent_us = conn->now_us;
    stream->out_size += size;
    conn->totals.content_sent += size;
    if (stream->content_left_out >= 0) stream->content_left_out -= (int64_t)size;
}

// A peer that lets us send only crumbs makes us pay a frame for each.
static void note_tiny(struct weft_h2_conn *conn, const struct weft_h2_stream *stream, size_t size)
{
    bool is_used_up = stream->send_window.available <= 0 || conn->send_window.available <= 0;
    if (is_used_up && size < TINY_DATA) weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_TINY_WINDOW);
}

void weft_h2_commit(struct weft_h2_conn *conn, const struct weft_http_turn *turn, size_t size,
                    bool ends)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, turn->stream_id);
    if (!stream || !stream->sends_content) return;
    assert(size <= turn->size);

    if (size == 0 && !ends) {
        stream->is_paused = true;
        weft_h2_conn_update_ready(conn, stream);
        return;
    }
    int64_t left = stream->content_left_out;
    if (left >= 0 && (ends ? (int64_t)size != left : (int64_t)size > left)) { // §8.1.1
        weft_h2_conn_reset(conn, stream,
                           weft_h2_stream_error(WEFT_HTTP_INTERNAL_ERROR,
                                                "our content is not as long as content-length"));
        return;
    }
    put_data(conn, stream, size, ends);
    if (ends) {
        weft_http_scheduler_charge_last(&conn->scheduler, &stream->scheduled, size);
        end_content(conn, stream);
        return;
    }
    weft_http_scheduler_charge(&conn->scheduler, &stream->scheduled, size);
    weft_h2_conn_update_ready(conn, stream);
    note_tiny(conn, stream, size);
}

void weft_h2_resume(struct weft_h2_conn *conn, uint64_t stream_id)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, stream_id);
    if (!stream || !stream->is_paused) return;

    stream->is_paused = false;
    stream->sent_us = stream->out_start_us = conn->now_us;
    stream->out_size = 0;
    weft_h2_conn_update_ready(conn, stream);
}
