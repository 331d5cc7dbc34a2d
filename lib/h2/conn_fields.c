// h2/conn_fields.c: field blocks into heads: requests, responses, trailers and promises. RFC 9113 §4.3, §8.
//
// Every block is decoded to its end, whatever becomes of its stream, because the table depends on it (§4.3).
#include "h2/conn.h"

#include "http/status.h"

enum { FIELD_TEXT_OVERHEAD = 4 }; // ": " and CR LF, as a text line would have

static void fail(struct weft_h2_conn *conn, enum weft_http_error_code code, const char *reason)
{
    weft_h2_conn_fail(conn, weft_h2_connection_error(code, reason));
}

static void note_field(struct weft_h2_conn *conn, uint32_t stream_id,
                       const struct weft_hpack_field *field)
{
    conn->totals.field_text_received +=
        field->field.name.size + field->field.value.size + FIELD_TEXT_OVERHEAD;
    if (!conn->config.trace) return;
    struct weft_trace_record record = {.type = WEFT_TRACE_FIELD,
                                       .stream_id = stream_id,
                                       .name = field->field.name,
                                       .value = field->field.value};
    record.field.representation = field->representation;
    record.field.encoded_size = field->encoded_size;
    weft_h2_conn_trace(conn, record);
}

// A field section that is being decoded.
struct section {
    uint32_t stream_id;
    struct weft_span block;
    struct weft_arena *arena;          // NULL where only the table is kept right
    struct weft_http_message *message; // NULL then, too
};

// Work that is not paid for has an end: far beyond the limit the peer is not worth the decoding, §10.5.1.
static bool is_far_too_large(struct weft_h2_conn *conn, size_t size)
{
    if (size / 2 <= weft_h2_limits(conn)->field_section_size) return false;
    WEFT_HTTP_COUNT(conn->config.counters, field_section_size);
    fail(conn, WEFT_HTTP_ENHANCE_YOUR_CALM, "limit: field_section_size, twice over");
    return true;
}

static void out_of_memory(struct weft_http_message *message)
{
    message->verdict = WEFT_HTTP_OUT_OF_MEMORY;
    message->reason = "no memory for a field section";
}

// Decodes a whole block. Once the message has a bad verdict nothing more is stored. False where the connection has
// failed.
static bool decode(struct weft_h2_conn *conn, struct section section)
{
    struct weft_hpack_decoder *decoder = conn->in.decoder;
    struct weft_hpack_field field;
    size_t size = 0;
    conn->totals.field_wire_received += section.block.size;
    weft_hpack_decode_start(decoder, section.block);
    for (;;) {
        switch (weft_hpack_decode_next(decoder, section.arena, &field)) {
        case WEFT_HPACK_END: return true;
        case WEFT_HPACK_ERROR:
            fail(conn, WEFT_HTTP_COMPRESSION_ERROR, weft_hpack_decoder_reason(decoder)); // §4.3
            return false;
        case WEFT_HPACK_OUT_OF_MEMORY: // the field is only lent: the table goes on, the message does not
            if (section.message) out_of_memory(section.message);
            section.arena = NULL;
            break;
        case WEFT_HPACK_FIELD: break;
        }
        note_field(conn, section.stream_id, &field);
        size += field.field.name.size + field.field.value.size + WEFT_HPACK_FIELD_OVERHEAD;
        if (is_far_too_large(conn, size)) return false;
        if (section.message &&
            weft_http_message_add(section.message, &field.field) != WEFT_HTTP_WELL_FORMED) {
            section.arena = NULL;
        }
    }
}

static bool discard(struct weft_h2_conn *conn, uint32_t stream_id, struct weft_span block)
{
    return decode(conn, (struct section){.stream_id = stream_id, .block = block});
}

// What a verdict means for a stream, §8.1.1, §10.5.1.
static struct weft_http_error error_from(const struct weft_http_message *message)
{
    switch (message->verdict) {
    case WEFT_HTTP_WELL_FORMED: return WEFT_H2_OK;
    case WEFT_HTTP_MALFORMED:
        return weft_h2_stream_error(WEFT_HTTP_PROTOCOL_ERROR, message->reason);
    case WEFT_HTTP_TOO_LARGE:
        return weft_h2_stream_error(WEFT_HTTP_ENHANCE_YOUR_CALM, message->reason);
    case WEFT_HTTP_OUT_OF_MEMORY: break;
    }
    return weft_h2_stream_error(WEFT_HTTP_REFUSED_STREAM, message->reason);
}

// Decodes a block of a stream into a head in its arena; NULL where the stream or the connection had to be
// answered with an error, which then is done. A request that is too large gets a 431.
static struct weft_http_head *read_head(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                                        enum weft_http_section kind, struct weft_span block,
                                        enum weft_http_verdict *verdict)
{
    struct weft_http_message message;
    weft_http_message_init(&message, kind, &stream->arena, weft_h2_limits(conn),
                           conn->config.counters);
    if (kind == WEFT_HTTP_TRAILER_SECTION) message.counted = stream->field_count_in;
    struct section section = {stream->id, block, &stream->arena, &message};
    *verdict = WEFT_HTTP_OUT_OF_MEMORY;
    if (!decode(conn, section)) return NULL;

    struct weft_http_head *head = weft_arena_take(&stream->arena, sizeof(*head));
    *verdict = head ? weft_http_message_finish(&message, head) : WEFT_HTTP_OUT_OF_MEMORY;
    if (!head) out_of_memory(&message);
    stream->field_count_in = message.counted;
    if (*verdict == WEFT_HTTP_WELL_FORMED) {
        head->version = WEFT_HTTP_2;
        return head;
    }
    bool gets_status = kind == WEFT_HTTP_REQUEST_SECTION && *verdict == WEFT_HTTP_TOO_LARGE;
    if (!gets_status) weft_h2_conn_answer(conn, stream, error_from(&message));
    return NULL;
}

// A head that came before as the same bytes, under the same table: it need not be decoded again. Its block would
// not have changed the table either. A trace wants to see every field.
static const struct weft_http_head *known_head(struct weft_h2_conn *conn,
                                               struct weft_h2_stream *stream,
                                               struct weft_span block, uint64_t table)
{
    if (!conn->in.known || conn->config.trace || table == 0) return NULL;
    if (stream->known) return NULL; // of an interim response: it is lent until the stream ends
    struct weft_h2_known_head *known = weft_h2_known_heads_find(conn->in.known, block, table);
    if (!known) return NULL;

    stream->known = known;
    stream->field_count_in = known->field_count;
    conn->totals.field_wire_received += block.size;
    conn->totals.field_text_received += known->text_size;
    return &known->head;
}

static void remember_head(struct weft_h2_conn *conn, const struct weft_h2_stream *stream,
                          const struct weft_http_head *head, struct weft_span block,
                          struct weft_h2_known_head *known)
{
    if (conn->config.trace) return;
    if (known->table == 0 || known->table != weft_hpack_decoder_state(conn->in.decoder)) return;
    if (!conn->in.known) {
        conn->in.known = weft_allocate_zeroed(&conn->alloc, sizeof(*conn->in.known));
        if (!conn->in.known) return;
    }
    known->block = block;
    known->head = *head;
    if (weft_h2_is_server(conn)) known->head.known_as = stream->id; // the first of them
    known->field_count = stream->field_count_in;
    size_t most = weft_h2_limits(conn)->memory_budget / 2; // there are better uses for the rest
    struct weft_h2_known_heads *heads = conn->in.known;
    conn->in.known = NULL; // not to be given back, for want of memory, while it is worked on
    weft_h2_known_heads_add(heads, &conn->alloc, conn->held < most ? most - conn->held : 0, known);
    conn->in.known = heads;
}

// Requests of a server's connection, responses of a client's: never both.
static const struct weft_http_head *
read_head_once(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
               enum weft_http_section kind, struct weft_span block, enum weft_http_verdict *verdict)
{
    uint64_t table = weft_hpack_decoder_state(conn->in.decoder);
    const struct weft_http_head *head = known_head(conn, stream, block, table);
    if (head) return head;

    struct weft_h2_known_head known = {.table = table};
    uint64_t text_before = conn->totals.field_text_received;
    head = read_head(conn, stream, kind, block, verdict);
    known.text_size = (uint32_t)(conn->totals.field_text_received - text_before);
    if (head) remember_head(conn, stream, head, block, &known);
    return head;
}

static struct weft_http_error malformed(const char *reason)
{
    return weft_h2_stream_error(WEFT_HTTP_PROTOCOL_ERROR, reason);
}

// Requests

// Refuses a stream before anything was done for it: safe to send again, §8.7.
static void refuse(struct weft_h2_conn *conn, uint32_t id, struct weft_span block)
{
    if (!discard(conn, id, block)) return;
    weft_h2_conn_send_rst(conn, id, WEFT_HTTP_REFUSED_STREAM);
    weft_h2_past_note(&conn->streams, id, WEFT_H2_PAST_RESET_BY_US);
    if (weft_h2_conn_spend(conn, WEFT_H2_FLOOD_RESET)) {
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_REFUSED);
    }
}

// Answers a request with a status and without the user.
static void answer_status(struct weft_h2_conn *conn, struct weft_h2_stream *stream, uint16_t status,
                          bool ends)
{
    weft_h2_conn_answer_status(conn, stream->id, status);
    if (ends) {
        weft_h2_conn_end_stream(conn, stream, WEFT_H2_OK);
    } else { // the rest of the request is of no use, §8.1
        weft_h2_conn_reset(conn, stream, weft_h2_stream_error(WEFT_HTTP_NO_ERROR, "answered"));
    }
}

// Is there room for one stream more?
static bool has_room(struct weft_h2_conn *conn)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    if (conn->in.streams_this_feed > limits->streams_per_feed) {
        WEFT_HTTP_COUNT(conn->config.counters, streams_per_feed);
        return false;
    }
    if (conn->streams.peer_count >= limits->concurrent_streams) { // §5.1.2
        WEFT_HTTP_COUNT(conn->config.counters, concurrent_streams);
        return false;
    }
    return true;
}

static void tell_request(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                         const struct weft_http_head *head, bool ends)
{
    stream->is_known = true;
    conn->known_count++;
    struct weft_http_event *event = weft_h2_conn_event(conn, WEFT_HTTP_REQUEST, stream);
    event->head = head;
    event->ends_message = ends;
    if (ends) (void)weft_h2_stream_step(&stream->state, WEFT_H2_RECV_END);

    conn->totals.requests++;
    if (conn->totals.requests >= weft_h2_limits(conn)->requests_per_connection && !conn->drain) {
        WEFT_HTTP_COUNT(conn->config.counters, requests_per_connection);
        weft_h2_drain(conn, conn->now_us);
    }
}

static void on_request(struct weft_h2_conn *conn, const struct weft_h2_frame *frame,
                       const struct weft_h2_headers *headers, struct weft_span block)
{
    uint32_t id = frame->stream_id;
    bool ends = frame->flags & WEFT_H2_END_STREAM;
    conn->streams.last_peer_id = id;
    conn->in.streams_this_feed++;
    if (id > conn->drain_last_id) { // they were told that it would not be processed, §6.8
        weft_h2_past_note(&conn->streams, id, WEFT_H2_PAST_RESET_BY_US);
        if (discard(conn, id, block)) weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_LATE_FRAME);
        return;
    }
    struct weft_h2_stream *stream =
        has_room(conn) ? weft_h2_conn_add_stream(conn, id, false) : NULL;
    if (!stream) {
        refuse(conn, id, block);
        return;
    }
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_RECV_HEADERS);
    enum weft_http_verdict verdict;
    const struct weft_http_head *head =
        read_head_once(conn, stream, WEFT_HTTP_REQUEST_SECTION, block, &verdict);
    if (!head) {
        if (verdict != WEFT_HTTP_TOO_LARGE || conn->is_failed) return;
        answer_status(conn, stream, 431, ends); // RFC 6585 §5
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_LARGE_SECTION);
        return;
    }
    if (ends && head->content_length > 0) { // §8.1.1
        weft_h2_conn_answer(conn, stream, malformed("no content where content-length has some"));
        return;
    }
    if (head->method == WEFT_HTTP_CONNECT) { // we are no tunnel, RFC 9110 §9.3.6
        answer_status(conn, stream, 501, ends);
        weft_h2_conn_glitch(conn, WEFT_H2_GLITCH_REFUSED);
        return;
    }
    stream->has_head_in = true;
    stream->is_head_request = head->method == WEFT_HTTP_HEAD;
    stream->content_left_in = head->content_length;
    weft_h2_conn_first_priority(conn, stream, head, headers->weight);
    tell_request(conn, stream, head, ends);
}

void weft_h2_conn_forget_heads(struct weft_h2_conn *conn)
{
    if (!conn->in.known) return;
    weft_h2_known_heads_clear(conn->in.known, &conn->alloc);
    weft_release(&conn->alloc, conn->in.known, sizeof(*conn->in.known));
    conn->in.known = NULL;
}

// Responses and trailers

static void on_trailers(struct weft_h2_conn *conn, struct weft_h2_stream *stream, bool ends,
                        struct weft_span block)
{
    enum weft_http_verdict verdict;
    const struct weft_http_head *head =
        read_head(conn, stream, WEFT_HTTP_TRAILER_SECTION, block, &verdict);
    if (!head) return;
    if (!ends) { // §8.1
        weft_h2_conn_answer(conn, stream, malformed("a second head that does not end the stream"));
        return;
    }
    if (stream->content_left_in > 0) { // §8.1.1
        weft_h2_conn_answer(conn, stream, malformed("less content than content-length"));
        return;
    }
    struct weft_http_event *event = weft_h2_conn_event(conn, WEFT_HTTP_TRAILERS, stream);
    event->head = head;
    event->ends_message = true;
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_RECV_END);
    weft_h2_conn_settle(conn, stream);
}

static void on_interim(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                       const struct weft_http_head *head, bool ends)
{
    if (ends) { // §8.1
        weft_h2_conn_answer(conn, stream, malformed("an interim response that ends the stream"));
        return;
    }
    if (++stream->interim_count > weft_h2_limits(conn)->interim_count) {
        WEFT_HTTP_COUNT(conn->config.counters, interim_count);
        weft_h2_conn_answer(
            conn, stream,
            weft_h2_stream_error(WEFT_HTTP_ENHANCE_YOUR_CALM, "limit: interim_count"));
        return;
    }
    weft_h2_conn_event(conn, WEFT_HTTP_INTERIM, stream)->head = head;
}

static void on_response(struct weft_h2_conn *conn, struct weft_h2_stream *stream, bool ends,
                        struct weft_span block)
{
    enum weft_http_verdict verdict;
    const struct weft_http_head *head =
        read_head_once(conn, stream, WEFT_HTTP_RESPONSE_SECTION, block, &verdict);
    if (!head) return;
    stream->received_us = conn->now_us;
    if (head->status < 200) {
        on_interim(conn, stream, head, ends);
        return;
    }
    stream->has_head_in = true;
    bool has_no_content = // §8.1.1
        stream->is_head_request || !weft_http_status_allows_content(head->status);
    stream->content_left_in = has_no_content ? 0 : head->content_length;
    if (ends && stream->content_left_in > 0) {
        weft_h2_conn_answer(conn, stream, malformed("no content where content-length has some"));
        return;
    }
    struct weft_http_event *event = weft_h2_conn_event(conn, WEFT_HTTP_RESPONSE, stream);
    event->head = head;
    event->ends_message = ends;
    if (ends) (void)weft_h2_stream_step(&stream->state, WEFT_H2_RECV_END);
    weft_h2_conn_settle(conn, stream);
}

// HEADERS on a stream that is open
static void on_more_headers(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                            const struct weft_h2_frame *frame,
                            const struct weft_h2_headers *headers, struct weft_span block)
{
    bool ends = frame->flags & WEFT_H2_END_STREAM;
    struct weft_http_error error = weft_h2_stream_step(&stream->state, WEFT_H2_RECV_HEADERS);
    if (error.scope != WEFT_HTTP_FINE) {
        if (discard(conn, stream->id, block)) weft_h2_conn_answer(conn, stream, error);
        return;
    }
    weft_h2_conn_on_weight(conn, stream, headers->weight);
    if (stream->has_head_in) {
        on_trailers(conn, stream, ends, block);
    } else {
        on_response(conn, stream, ends, block);
    }
}

static bool opens_request(const struct weft_h2_conn *conn, uint32_t id)
{
    return weft_h2_is_server(conn) && id % 2 == 1 && id > conn->streams.last_peer_id; // §5.1.1
}

// HEADERS on a stream that is over, or was never there: a lower id than one in use is not idle, but closed
// (§5.1.1), and if it was never opened the peer has gone backwards.
static struct weft_http_error judge_no_stream(struct weft_h2_conn *conn, uint32_t id)
{
    if (weft_h2_conn_was_used(conn, id) &&
        weft_h2_past_of(&conn->streams, id) == WEFT_H2_PAST_UNKNOWN) {
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "a stream id that went backwards");
    }
    return weft_h2_conn_judge_past(conn, id);
}

static void on_headers(struct weft_h2_conn *conn, const struct weft_h2_frame *frame,
                       const struct weft_h2_headers *headers, struct weft_span block)
{
    if (opens_request(conn, frame->stream_id)) { // so there is no such stream yet
        on_request(conn, frame, headers, block);
        return;
    }
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, frame->stream_id);
    if (stream) {
        on_more_headers(conn, stream, frame, headers, block);
    } else {
        struct weft_http_error error = judge_no_stream(conn, frame->stream_id);
        if (discard(conn, frame->stream_id, block)) weft_h2_conn_answer(conn, NULL, error);
    }
}

// Promises

static struct weft_http_error judge_promise(const struct weft_h2_conn *conn,
                                            const struct weft_h2_stream *parent, uint32_t parent_id,
                                            uint32_t promised_id)
{
    if (weft_h2_is_server(conn)) { // §8.4
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR, "PUSH_PROMISE from a client");
    }
    if (!conn->config.accepts_push) { // §6.6
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR, "PUSH_PROMISE though disabled");
    }
    if (promised_id == 0 || promised_id % 2 == 1 || promised_id <= conn->streams.last_peer_id) {
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR, "PUSH_PROMISE of a used stream");
    }
    bool was_reset = !parent && weft_h2_conn_was_used(conn, parent_id) &&
                     weft_h2_past_of(&conn->streams, parent_id) == WEFT_H2_PAST_RESET_BY_US;
    if (was_reset) return WEFT_H2_OK;
    if (!parent || !parent->is_ours || !weft_h2_stream_awaits_peer(parent->state)) { // §6.6
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "PUSH_PROMISE on a stream that is not open");
    }
    return WEFT_H2_OK;
}

static void on_promise(struct weft_h2_conn *conn, const struct weft_h2_frame *frame,
                       const struct weft_h2_headers *headers, struct weft_span block)
{
    struct weft_h2_stream *parent = weft_h2_streams_find(&conn->streams, frame->stream_id);
    uint32_t id = headers->promised_id;
    struct weft_http_error error = judge_promise(conn, parent, frame->stream_id, id);
    if (error.scope != WEFT_HTTP_FINE) {
        if (discard(conn, id, block)) weft_h2_conn_answer(conn, NULL, error);
        return;
    }
    conn->streams.last_peer_id = id;
    bool has_room_left = conn->streams.peer_count < weft_h2_limits(conn)->promised_count;
    if (!has_room_left) WEFT_HTTP_COUNT(conn->config.counters, promised_count);
    bool is_wanted = parent && has_room_left && id <= conn->drain_last_id;
    struct weft_h2_stream *stream = is_wanted ? weft_h2_conn_add_stream(conn, id, false) : NULL;
    if (!stream) {
        refuse(conn, id, block);
        return;
    }
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_RECV_PROMISE);
    enum weft_http_verdict verdict;
    const struct weft_http_head *head =
        read_head(conn, stream, WEFT_HTTP_PROMISE_SECTION, block, &verdict);
    if (!head) return;
    if (!weft_span_equal_ignoring_case(head->authority, parent->authority)) { // §8.4
        weft_h2_conn_answer(conn, stream, malformed("a promise for another authority"));
        return;
    }
    stream->is_known = true;
    stream->is_head_request = head->method == WEFT_HTTP_HEAD;
    conn->known_count++;
    conn->totals.pushes++;
    struct weft_http_event *event = weft_h2_conn_event(conn, WEFT_HTTP_PROMISE, parent);
    event->head = head;
    event->promised_id = id;
}

void weft_h2_conn_on_block(struct weft_h2_conn *conn, const struct weft_h2_frame *frame,
                           const struct weft_h2_headers *headers, struct weft_span block)
{
    if (frame->type == WEFT_H2_PUSH_PROMISE) {
        on_promise(conn, frame, headers, block);
    } else {
        on_headers(conn, frame, headers, block);
    }
}
