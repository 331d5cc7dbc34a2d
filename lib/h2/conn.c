// h2/conn.c: birth, events and ends. RFC 9113 unless another is named.
#include "h2/conn.h"

#include <assert.h>

const uint8_t weft_h2_magic[WEFT_H2_MAGIC_SIZE] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"; // §3.4

// Has the budget room for so many bytes more? What is held for speed alone is given back before anybody does without.
static bool make_room(struct weft_h2_conn *conn, size_t size, size_t budget)
{
    if (conn->held <= budget && size <= budget - conn->held) return true;
    weft_h2_conn_forget_heads(conn);
    if (conn->held <= budget && size <= budget - conn->held) return true;
    WEFT_HTTP_COUNT(conn->config.counters, memory_budget);
    return false;
}

// Every byte that a connection holds goes through here, so the budget is charged before the memory is taken.
static void *charged_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    struct weft_h2_conn *conn = context;
    const struct weft_alloc *alloc = conn->config.alloc;
    if (new_size > old_size &&
        !make_room(conn, new_size - old_size, weft_h2_limits(conn)->memory_budget)) {
        return NULL;
    }
    void *memory = alloc->resize(alloc->context, old, old_size, new_size);
    if (!memory && new_size > 0) return NULL;
    conn->held = conn->held - old_size + new_size;
    return memory;
}

static void init(struct weft_h2_conn *conn, const struct weft_http_engine_config *config)
{
    const struct weft_http_limits *limits = config->limits;
    uint64_t now_us = config->now_us;
    *conn = (struct weft_h2_conn){
        .config = *config,
        .alloc = {charged_resize, conn},
        .held = sizeof(*conn),
        .now_us = now_us,
        .start_us = now_us,
        .peer = weft_h2_settings_initial(),
        .send_window = {WEFT_H2_WINDOW_FIRST},
        .goaway_last_id = WEFT_H2_STREAM_ID_MOST,
        .drain_last_id = WEFT_H2_STREAM_ID_MOST,
        .idle_start_us = now_us,
        .random = config->seed,
    };
    uint32_t window = limits->connection_window; // from 65,535 on it can only be opened, §6.9.2
    if (window < WEFT_H2_WINDOW_FIRST) window = WEFT_H2_WINDOW_FIRST;
    weft_h2_receive_window_init(&conn->receive_window, window, limits->connection_window_most,
                                now_us);
    weft_h2_streams_init(&conn->streams, &conn->alloc);
    weft_http_scheduler_init(&conn->scheduler, config->role == WEFT_HTTP_SERVER);
    weft_h2_flood_init(&conn->flood, limits, config->counters, now_us);
    weft_queue_init(&conn->in.payload, &conn->alloc);
    weft_queue_init(&conn->in.block, &conn->alloc);
    weft_queue_init(&conn->out.frames, &conn->alloc);
    weft_queue_init(&conn->out.control, &conn->alloc);
    conn->in.phase = config->role == WEFT_HTTP_SERVER ? WEFT_H2_IN_MAGIC : WEFT_H2_IN_FRAME_HEADER;
}

struct weft_h2_conn *weft_h2_new(const struct weft_http_engine_config *config)
{
    if (config->limits->memory_budget < sizeof(struct weft_h2_conn)) return NULL;
    struct weft_h2_conn *conn = weft_allocate(config->alloc, sizeof(*conn));
    if (!conn) return NULL;

    init(conn, config);
    // until our SETTINGS are acknowledged, the peer may go by the default size, §4.3.1
    conn->in.decoder = weft_hpack_decoder_new(&conn->alloc, WEFT_HPACK_DEFAULT_TABLE_SIZE);
    conn->out.encoder =
        weft_hpack_encoder_new(&conn->alloc, weft_h2_limits(conn)->hpack_table_size);
    if (conn->in.decoder && conn->out.encoder) weft_h2_conn_send_preface(conn);
    if (!conn->in.decoder || !conn->out.encoder || conn->is_failed) {
        weft_h2_free(conn);
        return NULL;
    }
    return conn;
}

void weft_h2_free(struct weft_h2_conn *conn)
{
    if (!conn) return;

    if (conn->pulled) weft_h2_streams_remove(&conn->streams, conn->pulled);
    weft_h2_streams_deinit(&conn->streams);
    weft_h2_conn_forget_heads(conn);
    weft_release(&conn->alloc, conn->updates, WEFT_H2_UPDATES * sizeof(*conn->updates));
    weft_queue_deinit(&conn->in.payload);
    weft_queue_deinit(&conn->in.block);
    weft_queue_deinit(&conn->out.frames);
    weft_queue_deinit(&conn->out.control);
    if (conn->in.decoder) weft_hpack_decoder_free(conn->in.decoder);
    if (conn->out.encoder) weft_hpack_encoder_free(conn->out.encoder);
    assert(conn->held == sizeof(*conn));
    weft_release(conn->config.alloc, conn, sizeof(*conn));
}

struct weft_h2_stream *weft_h2_conn_add_stream(struct weft_h2_conn *conn, uint32_t id, bool is_ours)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    // a quarter is kept back for what the streams that are there still need
    if (!make_room(conn, 0, limits->memory_budget - limits->memory_budget / 4)) return NULL;
    size_t arena_limit = (size_t)limits->field_section_size * 4;
    struct weft_h2_stream *stream = weft_h2_streams_add(&conn->streams, id, is_ours, arena_limit);
    if (!stream) return NULL;

    // Before our SETTINGS are known to hold, the peer may go by 65,535, §6.9.2.
    uint32_t window = limits->stream_window;
    if (!conn->is_acknowledged && window < WEFT_H2_WINDOW_FIRST) window = WEFT_H2_WINDOW_FIRST;
    weft_h2_receive_window_init(&stream->receive_window, window, limits->stream_window_most,
                                conn->now_us);
    stream->send_window.available = conn->peer.initial_window_size;
    stream->received_us = stream->in_start_us = conn->now_us;
    stream->sent_us = stream->out_start_us = conn->now_us;
    weft_http_scheduled_init(&stream->scheduled, id,
                             (struct weft_http_priority)WEFT_HTTP_PRIORITY_DEFAULT);
    if (conn->check_us == 0) conn->check_us = conn->now_us;
    conn->is_trimmed = false;
    return stream;
}

bool weft_h2_conn_was_used(const struct weft_h2_conn *conn, uint32_t id)
{
    bool is_odd = id % 2 == 1;
    bool is_ours = is_odd != weft_h2_is_server(conn); // clients' are odd, §5.1.1
    return id <= (is_ours ? conn->streams.last_own_id : conn->streams.last_peer_id);
}

// Ends

void weft_h2_conn_end_stream(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                             struct weft_http_error error)
{
    if (stream->is_over) return;

    stream->error = error;
    stream->sends_content = false;
    weft_http_scheduler_block(&conn->scheduler, &stream->scheduled);
    weft_h2_streams_end(&conn->streams, stream);
    if (weft_list_is_empty(&conn->streams.open)) conn->idle_start_us = conn->now_us;

    uint32_t unconsumed = stream->receive_window.outstanding; // nobody will consume it any more
    stream->receive_window.outstanding = 0;
    if (unconsumed > 0 && !conn->is_failed && !conn->peer_has_closed)
        weft_h2_conn_consume(conn, NULL, unconsumed);
}

void weft_h2_conn_settle(struct weft_h2_conn *conn, struct weft_h2_stream *stream)
{
    if (weft_h2_stream_is_closed(stream->state)) weft_h2_conn_end_stream(conn, stream, WEFT_H2_OK);
}

static void trace_error(struct weft_h2_conn *conn, uint32_t stream_id,
                        const struct weft_http_error *error)
{
    if (!conn->config.trace || error->scope == WEFT_HTTP_FINE) return;
    struct weft_trace_record record = {.type = WEFT_TRACE_ERROR, .stream_id = stream_id};
    record.is_out = !error->by_peer;
    record.error.scope = (uint8_t)error->scope;
    record.error.code = error->code;
    if (error->reason) record.value = weft_span_of(error->reason);
    weft_h2_conn_trace(conn, record);
}

void weft_h2_conn_reset(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                        struct weft_http_error error)
{
    if (stream->is_over) return;

    trace_error(conn, stream->id, &error);
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_RESET);
    weft_h2_conn_send_rst(conn, stream->id, error.code);
    weft_h2_conn_end_stream(conn, stream, error);
}

void weft_h2_conn_fail(struct weft_h2_conn *conn, struct weft_http_error error)
{
    if (conn->is_failed) return;

    error.scope = WEFT_HTTP_CONNECTION;
    trace_error(conn, 0, &error);
    conn->is_failed = true;
    conn->error = error;
    conn->in.rest = (struct weft_span){NULL, 0};
    while (!weft_list_is_empty(&conn->streams.open)) {
        struct weft_h2_stream *stream =
            WEFT_LIST_ENTRY(conn->streams.open.next, struct weft_h2_stream, link);
        weft_h2_conn_end_stream(conn, stream, error);
    }
    if (error.by_peer) return;
    uint32_t last_id = conn->streams.last_peer_id; // never grows, §6.8
    if (last_id > conn->drain_last_id) last_id = conn->drain_last_id;
    weft_h2_conn_send_goaway(conn, last_id, error.code, error.reason);
}

void weft_h2_conn_answer(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                         struct weft_http_error error)
{
    if (error.scope == WEFT_HTTP_FINE) return;
    if (error.scope == WEFT_HTTP_CONNECTION) {
        weft_h2_conn_fail(conn, error);
        return;
    }
    if (stream) weft_h2_conn_reset(conn, stream, error);
    // what the peer makes us reset counts as if it had done so itself
    if (error.code != WEFT_HTTP_NO_ERROR) (void)weft_h2_conn_spend(conn, WEFT_H2_FLOOD_RESET);
}

bool weft_h2_conn_spend(struct weft_h2_conn *conn, enum weft_h2_flood_kind kind)
{
    struct weft_http_error error = weft_h2_flood_spend(&conn->flood, kind, 1, conn->now_us);
    weft_h2_conn_answer(conn, NULL, error);
    return !conn->is_failed;
}

void weft_h2_conn_glitch(struct weft_h2_conn *conn, uint32_t points)
{
    struct weft_http_error error =
        weft_h2_flood_spend(&conn->flood, WEFT_H2_FLOOD_GLITCH, points, conn->now_us);
    weft_h2_conn_answer(conn, NULL, error);
    if (!conn->is_failed && weft_h2_flood_is_near(&conn->flood)) weft_h2_drain(conn, conn->now_us);
}

void weft_h2_conn_late_frame(struct weft_h2_conn *conn)
{
    uint64_t streams = (uint64_t)conn->streams.last_peer_id / 2 + conn->streams.last_own_id / 2;
    if (weft_h2_flood_is_late(&conn->flood, streams)) {
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_LATE_FRAME);
    }
}

void weft_h2_fail(struct weft_h2_conn *conn, enum weft_http_error_code code, const char *reason)
{
    weft_h2_conn_fail(conn, weft_h2_connection_error(code, reason));
}

void weft_h2_reset(struct weft_h2_conn *conn, uint64_t stream_id, enum weft_http_error_code code)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, stream_id);
    if (!stream || stream->is_over || conn->is_failed) return;

    weft_h2_conn_reset(conn, stream, weft_h2_stream_error(code, "reset by this side"));
}

void weft_h2_conn_final_goaway(struct weft_h2_conn *conn)
{
    conn->drain = WEFT_H2_DRAIN_FINAL;
    conn->drain_last_id = conn->streams.last_peer_id;
    weft_h2_conn_send_goaway(conn, conn->drain_last_id, WEFT_HTTP_NO_ERROR, NULL);
}

void weft_h2_drain(struct weft_h2_conn *conn, uint64_t now_us)
{
    conn->now_us = now_us;
    if (conn->is_failed || conn->drain) return;

    if (!weft_h2_is_server(conn)) { // a server opens nothing that could cross it unannounced
        weft_h2_conn_final_goaway(conn);
        return;
    }
    conn->drain = WEFT_H2_DRAIN_ANNOUNCED; // requests on their way are still taken, §6.8
    conn->drain_start_us = now_us;
    weft_h2_conn_send_goaway(conn, WEFT_H2_STREAM_ID_MOST, WEFT_HTTP_NO_ERROR, NULL);
}

// Events

struct weft_http_event *weft_h2_conn_event(struct weft_h2_conn *conn,
                                           enum weft_http_event_type type,
                                           struct weft_h2_stream *stream)
{
    assert(!conn->has_event);
    conn->has_event = true;
    *conn->event = (struct weft_http_event){.type = type};
    if (stream) {
        conn->event->stream_id = stream->id;
        conn->event->user = stream->user;
    }
    return conn->event;
}

static void release_pulled(struct weft_h2_conn *conn)
{
    if (conn->pulled) weft_h2_streams_remove(&conn->streams, conn->pulled);
    conn->pulled = NULL;
}

bool weft_h2_feed(struct weft_h2_conn *conn, struct weft_span bytes, uint64_t now_us)
{
    release_pulled(conn);
    conn->now_us = now_us;
    if (conn->is_failed || conn->peer_has_closed) return false;

    assert(conn->in.rest.size == 0); // all events of the call before were pulled
    conn->totals.received_size += bytes.size;
    conn->in.rest = bytes;
    conn->in.streams_this_feed = 0;
    return true;
}

void weft_h2_feed_end(struct weft_h2_conn *conn, uint64_t now_us)
{
    release_pulled(conn);
    conn->now_us = now_us;
    if (conn->is_failed || conn->peer_has_closed) return;

    conn->peer_has_closed = true;
    struct weft_http_error error =
        weft_h2_connection_error(WEFT_HTTP_CANCEL, "the peer closed the connection");
    error.by_peer = true;
    if (conn->in.phase != WEFT_H2_IN_FRAME_HEADER || conn->in.header_size > 0 ||
        conn->in.in_block || !conn->has_settings) {
        weft_h2_conn_fail(conn, error); // in the middle of something
        return;
    }
    struct weft_list *next;
    for (struct weft_list *link = conn->streams.open.next; link != &conn->streams.open;
         link = next) {
        struct weft_h2_stream *stream = WEFT_LIST_ENTRY(link, struct weft_h2_stream, link);
        next = link->next;
        bool is_stuck = stream->sends_content && weft_h2_conn_is_blocked(conn, stream);
        if (is_stuck || weft_h2_stream_awaits_peer(stream->state)) {
            weft_h2_conn_end_stream(conn, stream, error);
        }
        if (conn->is_failed) return; // that has ended them all
    }
}

static bool next_closed(struct weft_h2_conn *conn, struct weft_http_event *event)
{
    while (!weft_list_is_empty(&conn->streams.over)) {
        struct weft_h2_stream *stream =
            WEFT_LIST_ENTRY(conn->streams.over.next, struct weft_h2_stream, link);
        if (!stream->is_known) {
            weft_h2_streams_remove(&conn->streams, stream);
            continue;
        }
        weft_list_remove(&stream->link);
        conn->pulled = stream;
        conn->known_count--;
        *event = (struct weft_http_event){
            .type = WEFT_HTTP_STREAM_CLOSED,
            .stream_id = stream->id,
            .user = stream->user,
            .error = stream->error,
        };
        return true;
    }
    return false;
}

static bool tell_failure(struct weft_h2_conn *conn, struct weft_http_event *event)
{
    if (conn->failure_told) return false;
    conn->failure_told = true;
    *event = (struct weft_http_event){.type = WEFT_HTTP_FAILED, .error = conn->error};
    return true;
}

bool weft_h2_next_event(struct weft_h2_conn *conn, struct weft_http_event *event)
{
    release_pulled(conn);
    conn->event = event;
    conn->has_event = false;
    while (!next_closed(conn, event)) {
        if (conn->is_failed) return tell_failure(conn, event);
        bool goes_on = weft_h2_conn_receive(conn);
        if (conn->has_event) return true;
        if (!goes_on) return false;
    }
    return true;
}

// Questions

bool weft_h2_is_finished(const struct weft_h2_conn *conn)
{
    if (conn->is_failed) return true;
    if (conn->known_count > 0 || !weft_list_is_empty(&conn->streams.over)) return false;
    if (conn->goaway_came && !weft_h2_is_server(conn)) return true;
    return conn->peer_has_closed || conn->drain == WEFT_H2_DRAIN_FINAL;
}

struct weft_http_error weft_h2_last_error(const struct weft_h2_conn *conn)
{
    return conn->error;
}

size_t weft_h2_stream_count(const struct weft_h2_conn *conn)
{
    return conn->known_count;
}

const struct weft_http_totals *weft_h2_totals(const struct weft_h2_conn *conn)
{
    return &conn->totals;
}

size_t weft_h2_memory(const struct weft_h2_conn *conn)
{
    return conn->held;
}

uint64_t weft_h2_round_trip_us(const struct weft_h2_conn *conn)
{
    return conn->round_trip_us;
}

void weft_h2_set_user(struct weft_h2_conn *conn, uint64_t stream_id, void *user)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, stream_id);
    if (stream) stream->user = user;
}
