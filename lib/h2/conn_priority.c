// h2/conn_priority.c: how urgent a stream is, by RFC 9218 and by what browsers still say in RFC 7540's way.
#include "h2/conn.h"

#include "http/rank.h"

enum { SILENT_WEIGHT = 16 }; // the default of RFC 7540: says nothing

static void set_priority(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                         struct weft_http_priority priority)
{
    stream->has_rank = true;
    // What is urgent to one client behind a proxy must not make the others wait, RFC 9218 §13.1.
    if (conn->is_shared) priority.urgency = WEFT_HTTP_DEFAULT_URGENCY;
    weft_http_scheduler_set_priority(&conn->scheduler, &stream->scheduled, priority);
}

// The client speaks RFC 9218, so what it does not call incremental is meant to come in order.
static void has_shown_knowledge(struct weft_h2_conn *conn)
{
    weft_http_scheduler_set_fair(&conn->scheduler, conn->is_shared);
}

// A PRIORITY_UPDATE is no habit of a client: all that it says is meant.
static void take_update(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                        struct weft_http_priority priority)
{
    stream->has_update = true;
    weft_http_scheduler_set_whole(&conn->scheduler, &stream->scheduled, false);
    set_priority(conn, stream, priority);
}

static struct weft_h2_update *find_update(struct weft_h2_conn *conn, uint32_t stream_id)
{
    if (!conn->updates) return NULL;
    for (size_t i = 0; i < WEFT_H2_UPDATES; i++) {
        if (conn->updates[i].stream_id == stream_id) return &conn->updates[i];
    }
    return NULL;
}

// The newest are kept, RFC 9218 §7; without memory none is, which harms only the order.
static void keep_update(struct weft_h2_conn *conn, uint32_t stream_id,
                        struct weft_http_priority priority)
{
    if (!conn->updates) {
        conn->updates =
            weft_allocate_zeroed(&conn->alloc, WEFT_H2_UPDATES * sizeof(*conn->updates));
    }
    if (!conn->updates) return;
    struct weft_h2_update *update = find_update(conn, stream_id);
    if (!update) {
        update = &conn->updates[conn->update_next];
        conn->update_next = (uint8_t)((conn->update_next + 1) % WEFT_H2_UPDATES);
    }
    *update = (struct weft_h2_update){stream_id, priority};
}

// Streams that have a priority and are idle count with those that are open, §7.1; until the client has our limit there is
// none. What the ring has let go is not known any more: its 32 are what can be proven.
static bool is_one_too_many(const struct weft_h2_conn *conn, uint32_t stream_id)
{
    const struct weft_h2_streams *streams = &conn->streams;
    size_t count = (size_t)streams->peer_count + 1;
    for (size_t i = 0; conn->updates && i < WEFT_H2_UPDATES; i++) {
        uint32_t id = conn->updates[i].stream_id;
        count += id > streams->last_peer_id && id != stream_id;
    }
    return conn->is_acknowledged && count > weft_h2_limits(conn)->concurrent_streams;
}

static void note_proxy(struct weft_h2_conn *conn, const struct weft_http_head *head)
{
    if (conn->is_shared) return;
    conn->is_shared = weft_http_head_was_forwarded(head);
    if (conn->is_shared) weft_http_scheduler_set_fair(&conn->scheduler, true);
}

void weft_h2_conn_first_priority(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                                 const struct weft_http_head *head, struct weft_h2_weight weight)
{
    note_proxy(conn, head);
    if (weft_http_head_find(head, WEFT_HTTP_FIELD_PRIORITY)) {
        has_shown_knowledge(conn);
        set_priority(conn, stream, head->priority);
    } else if (conn->scheduler.is_fair) {
        struct weft_http_priority priority;
        if (weft_http_rank_request(head, &priority)) set_priority(conn, stream, priority);
        weft_h2_conn_on_weight(conn, stream, weight);
    } else { // what it leaves out has its default
        set_priority(conn, stream, head->priority);
        weft_h2_conn_on_weight(conn, stream, weight);
    }
    struct weft_h2_update *update = find_update(conn, stream->id);
    if (!update) return;
    take_update(conn, stream, update->priority); // overrides the field, RFC 9218 §7
    *update = (struct weft_h2_update){0};
}

void weft_h2_conn_on_weight(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                            struct weft_h2_weight weight)
{
    if (!weft_h2_is_server(conn) || !weight.is_present) return;
    if (conn->peer.no_rfc7540_priorities) return; // the client has left them, RFC 9218 §2.1
    if (weight.weight == SILENT_WEIGHT && !stream->has_rank) return;
    struct weft_http_priority priority = stream->scheduled.priority;
    priority.urgency = weft_h2_weight_urgency(weight.weight);
    set_priority(conn, stream, priority);
}

void weft_h2_conn_merge_priority(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                                 const struct weft_http_head *head)
{
    const struct weft_http_field *field = weft_http_head_find(head, WEFT_HTTP_FIELD_PRIORITY);
    struct weft_http_priority priority = stream->scheduled.priority;
    unsigned said = 0;
    if (field) {
        said = weft_http_priority_parse(field->value, &priority);
        set_priority(conn, stream, priority);
    } else if (!stream->has_rank) {
        if (weft_http_rank_response(head, &priority)) set_priority(conn, stream, priority);
        return; // that ranking knows what is of use only when whole
    }
    // Chromium calls all incremental that a 103 made it fetch, style sheets and scripts too: shared, they would all be
    // complete late, and the page painted late.
    bool is_meant = stream->has_update || said & WEFT_HTTP_PRIORITY_INCREMENTAL;
    if (is_meant || !priority.incremental || !weft_http_is_whole(head)) return;
    weft_http_scheduler_set_whole(&conn->scheduler, &stream->scheduled, true);
}

void weft_h2_conn_on_priority_update(struct weft_h2_conn *conn, struct weft_span payload)
{
    struct weft_h2_priority_update update = weft_h2_parse_priority_update(payload);
    if (!weft_h2_is_server(conn)) { // RFC 9218 §7.1
        weft_h2_fail(conn, WEFT_HTTP_PROTOCOL_ERROR, "PRIORITY_UPDATE from a server");
        return;
    }
    if (update.stream_id == 0) { // RFC 9218 §7.1
        weft_h2_fail(conn, WEFT_HTTP_PROTOCOL_ERROR, "PRIORITY_UPDATE of stream 0");
        return;
    }
    if (!weft_h2_conn_spend(conn, WEFT_H2_FLOOD_PRIORITY)) return;

    has_shown_knowledge(conn);
    // it replaces all that was said before: what it leaves out has its default, RFC 9218 §7
    struct weft_http_priority priority = WEFT_HTTP_PRIORITY_DEFAULT;
    (void)weft_http_priority_parse(update.value, &priority);
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, update.stream_id);
    if (stream) {
        take_update(conn, stream, priority);
    } else if (!weft_h2_conn_was_used(conn, update.stream_id)) {
        if (update.stream_id % 2 == 0) { // a push that was never promised, RFC 9218 §7.1
            weft_h2_fail(conn, WEFT_HTTP_PROTOCOL_ERROR, "PRIORITY_UPDATE of an idle push");
            return;
        }
        if (is_one_too_many(conn, update.stream_id)) {
            weft_h2_fail(conn, WEFT_HTTP_PROTOCOL_ERROR,
                         "PRIORITY_UPDATE of more streams than may be open");
            return;
        }
        keep_update(conn, update.stream_id, priority);
    } // else the stream is over: nothing to order
}

void weft_h2_set_priority(struct weft_h2_conn *conn, uint64_t stream_id,
                          struct weft_http_priority priority)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, stream_id);
    if (!stream || priority.urgency >= WEFT_HTTP_URGENCIES) return;
    set_priority(conn, stream, priority);
}

enum weft_result weft_h2_send_priority_update(struct weft_h2_conn *conn, uint64_t stream_id,
                                              struct weft_http_priority priority)
{
    if (weft_h2_is_server(conn) || priority.urgency >= WEFT_HTTP_URGENCIES || stream_id % 2 == 0 ||
        stream_id > WEFT_H2_STREAM_ID_MOST) {
        return WEFT_INVALID;
    }
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, stream_id);
    bool was_used = weft_h2_conn_was_used(conn, (uint32_t)stream_id);
    if (conn->is_failed || (was_used && (!stream || stream->is_over))) return WEFT_GONE;

    if (stream) set_priority(conn, stream, priority);
    if (conn->has_settings && !conn->peer.no_rfc7540_priorities) { // RFC 9218 §2.1.1
        return WEFT_OK; // the server knows only the old scheme: it would ignore the frame
    }
    uint8_t text[WEFT_HTTP_PRIORITY_TEXT_MOST];
    struct weft_writer out = weft_writer_over(text, sizeof(text));
    weft_http_priority_write(&out, priority);
    weft_h2_conn_send_priority_update(conn, (uint32_t)stream_id, weft_written(&out));
    return conn->is_failed ? WEFT_NO_MEMORY : WEFT_OK;
}
