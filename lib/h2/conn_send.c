// h2/conn_send.c: what we say: the preface, heads, trailers, promises. RFC 9113 unless another is named.
#include "h2/conn.h"

#include "http/output_rules.h"
#include "http/status.h"
#include "wire/writer.h"

void weft_h2_conn_send_preface(struct weft_h2_conn *conn)
{
    const struct weft_http_limits *limits = weft_h2_limits(conn);
    bool is_server = weft_h2_is_server(conn);
    struct weft_h2_setting settings[8];
    size_t count = 0;
#define SAY(name, number)                        \
    settings[count++] = (struct weft_h2_setting) \
    {                                            \
        WEFT_H2_SETTING_##name, (number)         \
    }
    if (limits->hpack_table_size != WEFT_HPACK_DEFAULT_TABLE_SIZE) {
        SAY(HEADER_TABLE_SIZE, limits->hpack_table_size);
    }
    if (!is_server) SAY(ENABLE_PUSH, conn->config.accepts_push ? 1 : 0);
    SAY(MAX_CONCURRENT_STREAMS, is_server ? limits->concurrent_streams : limits->promised_count);
    if (limits->stream_window != WEFT_H2_WINDOW_FIRST) {
        uint32_t window = limits->stream_window;
        SAY(INITIAL_WINDOW_SIZE, window < WEFT_H2_WINDOW_MOST ? window : WEFT_H2_WINDOW_MOST);
    }
    SAY(MAX_HEADER_LIST_SIZE, limits->field_section_size);
    SAY(NO_RFC7540_PRIORITIES, 1); // RFC 9218 §2.1
#undef SAY
    struct weft_queue *frames = &conn->out.frames;
    struct weft_span magic = {weft_h2_magic, is_server ? 0 : WEFT_H2_MAGIC_SIZE};
    enum weft_result result = weft_queue_add(frames, magic); // §3.4
    if (result == WEFT_OK) result = weft_h2_write_settings(frames, settings, count);

    uint32_t increment = conn->receive_window.size - WEFT_H2_WINDOW_FIRST;
    if (result == WEFT_OK && increment > 0) {
        result = weft_h2_write_window_update(frames, 0, increment);
    }
    if (result != WEFT_OK) {
        weft_h2_fail(conn, WEFT_HTTP_INTERNAL_ERROR, "no memory for the preface");
        return;
    }
    conn->out.frames_left = (uint32_t)weft_queue_size(frames); // nothing overtakes it
    conn->out.progress_us = conn->out.rate_start_us = conn->settings_sent_us = conn->now_us;
    weft_h2_conn_trace_out(conn, frames, magic.size);
}

// Field blocks

static void trace_field(struct weft_h2_conn *conn, uint32_t stream_id,
                        const struct weft_http_field *field, size_t size)
{
    struct weft_trace_record record = {.type = WEFT_TRACE_FIELD,
                                       .is_out = true,
                                       .stream_id = stream_id,
                                       .name = field->name,
                                       .value = field->value};
    record.field.representation = (uint8_t)weft_hpack_encoder_last(conn->out.encoder);
    record.field.encoded_size = (uint32_t)size;
    weft_h2_conn_trace(conn, record);
}

// A field block on its way into the queue. The first failure stays.
struct block {
    struct weft_h2_conn *conn;
    size_t at; // of its frame's header
    struct weft_h2_frame frame;
    enum weft_result result;
};

static struct block open_block(struct weft_h2_conn *conn, struct weft_h2_frame frame,
                               uint32_t promised_id)
{
    struct weft_queue *frames = &conn->out.frames;
    struct block block = {conn, weft_h2_conn_frame_start(conn), frame, WEFT_OK};
    size_t prefix = frame.type == WEFT_H2_PUSH_PROMISE ? 4 : 0;
    uint8_t *room = weft_queue_room(frames, WEFT_H2_FRAME_HEADER_SIZE + prefix);
    if (!room) {
        block.result = WEFT_NO_MEMORY;
        return block;
    }
    struct weft_writer out = weft_writer_over(room + WEFT_H2_FRAME_HEADER_SIZE, prefix);
    if (prefix > 0) weft_write_u32(&out, promised_id); // Reserved (1), Promised Stream ID (31)
    weft_queue_add_room(frames, WEFT_H2_FRAME_HEADER_SIZE + prefix);
    block.result = weft_hpack_encode_start(conn->out.encoder, frames);
    return block;
}

static void put_field(struct block *block, const struct weft_http_field *field)
{
    if (block->result != WEFT_OK) return;
    struct weft_h2_conn *conn = block->conn;
    size_t before = weft_queue_size(&conn->out.frames);
    block->result = weft_hpack_encode_field(conn->out.encoder, &conn->out.frames, field);
    conn->totals.field_text_sent += field->name.size + field->value.size + 4;
    if (conn->config.trace && block->result == WEFT_OK) {
        trace_field(conn, block->frame.stream_id, field,
                    weft_queue_size(&conn->out.frames) - before);
    }
}

static void put_pseudo(struct block *block, struct weft_span name, struct weft_span value)
{
    put_field(block, &(struct weft_http_field){.name = name, .value = value});
}

static void put_number(struct block *block, enum weft_http_field_name id, int64_t number)
{
    uint8_t text[20];
    struct weft_writer out = weft_writer_over(text, sizeof(text));
    weft_write_decimal(&out, (uint64_t)number);
    struct weft_http_field field = {
        .name = weft_http_field_text(id), .value = weft_written(&out), .id = (uint8_t)id};
    put_field(block, &field);
}

static void put_fields(struct block *block, const struct weft_http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_field(block, &fields[i]);
}

// Without memory the two ends of the compression are out of step, so the connection has to end, §4.3.
static enum weft_result no_memory(struct weft_h2_conn *conn)
{
    weft_h2_fail(conn, WEFT_HTTP_INTERNAL_ERROR, "no memory for a field block");
    return WEFT_NO_MEMORY;
}

static enum weft_result close_block(struct block *block)
{
    struct weft_h2_conn *conn = block->conn;
    struct weft_queue *frames = &conn->out.frames;
    if (block->result == WEFT_OK) {
        block->result =
            weft_h2_close_field_block(frames, block->at, block->frame, conn->peer.max_frame_size);
    }
    if (block->result != WEFT_OK) {
        frames->end = frames->start + block->at; // nothing of it leaves
        return no_memory(conn);
    }
    conn->totals.field_wire_sent += weft_queue_size(frames) - block->at;
    weft_h2_conn_trace_out(conn, frames, block->at);
    return WEFT_OK;
}

static void put_status(struct block *block, uint16_t status)
{
    uint8_t text[3] = {(uint8_t)('0' + status / 100), (uint8_t)('0' + status / 10 % 10),
                       (uint8_t)('0' + status % 10)};
    put_pseudo(block, WEFT_SPAN(":status"), (struct weft_span){text, 3});
}

static struct weft_h2_frame headers_frame(uint32_t stream_id, bool ends)
{
    return (struct weft_h2_frame){
        .type = WEFT_H2_HEADERS, .flags = ends ? WEFT_H2_END_STREAM : 0, .stream_id = stream_id};
}

void weft_h2_conn_answer_status(struct weft_h2_conn *conn, uint32_t stream_id, uint16_t status)
{
    struct block block = open_block(conn, headers_frame(stream_id, true), 0);
    put_status(&block, status);
    (void)close_block(&block);
}

// What is left of a head's message once the head is out.
static void after_head(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                       const struct weft_http_head *head, bool ends)
{
    stream->has_head_out = true;
    stream->content_left_out = head->content_length;
    if (ends) {
        (void)weft_h2_stream_step(&stream->state, WEFT_H2_SEND_END);
        weft_h2_conn_settle(conn, stream);
        return;
    }
    stream->sends_content = true;
    stream->sent_us = stream->out_start_us = conn->now_us;
    weft_h2_conn_update_ready(conn, stream);
}

// Answers

static bool has_no_content(const struct weft_h2_stream *stream, uint16_t status)
{
    return stream->is_head_request || !weft_http_status_allows_content(status);
}

static enum weft_result check_answer(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                                     const struct weft_http_head *head, bool ends)
{
    if (!weft_h2_is_server(conn)) return WEFT_INVALID;
    if (!stream || stream->is_over || conn->is_failed) return WEFT_GONE;
    if (stream->has_head_out) return WEFT_INVALID;
    bool is_interim = head->status < 200;
    if (is_interim && (ends || head->content_length >= 0)) return WEFT_INVALID; // §8.1
    if (ends && head->content_length > 0 && !has_no_content(stream, head->status)) {
        return WEFT_INVALID;
    }
    if (head->status == 204 && head->content_length > 0) return WEFT_INVALID; // RFC 9110 §8.6
    return WEFT_OK;
}

static void put_answer(struct block *block, const struct weft_http_head *head)
{
    put_status(block, head->status);
    if (head->content_length >= 0 && head->status != 204) { // RFC 9110 §8.6
        put_number(block, WEFT_HTTP_FIELD_CONTENT_LENGTH, head->content_length);
    }
    put_fields(block, head->fields, head->field_count);
}

// A head that is the same as an earlier one has the same block, while the table has what it names. A trace wants to see
// every field.
static bool knows_block(const struct weft_h2_conn *conn, const struct weft_http_head *head,
                        struct weft_hpack_block *known)
{
    return head->stamp != 0 && !conn->config.trace &&
           weft_hpack_recall(conn->out.encoder, head->stamp, known);
}

// Writes a known block as the one frame that it fits into.
static enum weft_result send_known(struct weft_h2_conn *conn, struct weft_h2_frame frame,
                                   const struct weft_hpack_block *known)
{
    (void)weft_h2_conn_frame_start(conn);
    size_t size = WEFT_H2_FRAME_HEADER_SIZE + known->bytes.size;
    uint8_t *room = weft_queue_room(&conn->out.frames, size);
    if (!room) return no_memory(conn);
    frame.length = (uint32_t)known->bytes.size;
    frame.flags |= WEFT_H2_END_HEADERS;
    weft_h2_put_frame_header(room, frame);
    memcpy(room + WEFT_H2_FRAME_HEADER_SIZE, known->bytes.data, known->bytes.size);
    weft_queue_add_room(&conn->out.frames, size);
    conn->totals.field_text_sent += known->text_size;
    conn->totals.field_wire_sent += size;
    return WEFT_OK;
}

// `put` writes the fields of the head.
static enum weft_result
send_new(struct weft_h2_conn *conn, struct weft_h2_frame frame, const struct weft_http_head *head,
         void (*put)(struct block *block, const struct weft_http_head *head))
{
    struct block block = open_block(conn, frame, 0);
    size_t start = weft_queue_size(&conn->out.frames);
    uint64_t text_before = conn->totals.field_text_sent;
    put(&block, head);
    if (head->stamp != 0 && block.result == WEFT_OK) {
        struct weft_hpack_block written = {
            weft_span_skip(weft_queue_bytes(&conn->out.frames), start),
            (size_t)(conn->totals.field_text_sent - text_before),
        };
        weft_hpack_remember(conn->out.encoder, head->stamp, &written);
    }
    return close_block(&block);
}

enum weft_result weft_h2_respond(struct weft_h2_conn *conn, uint64_t stream_id,
                                 const struct weft_http_head *head, bool ends)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, stream_id);
    struct weft_hpack_block known;
    enum weft_result result = check_answer(conn, stream, head, ends);
    if (result != WEFT_OK) return result;
    bool is_known = knows_block(conn, head, &known);
    if (!is_known) result = weft_http_head_check(head, WEFT_HTTP_RESPONSE_SECTION);
    if (result != WEFT_OK) return result;

    bool is_final = head->status >= 200;
    if (is_final && has_no_content(stream, head->status)) ends = true;
    struct weft_h2_frame frame = headers_frame(stream->id, ends);
    result = is_known ? send_known(conn, frame, &known) : send_new(conn, frame, head, put_answer);
    if (result != WEFT_OK) return result;

    (void)weft_h2_stream_step(&stream->state, WEFT_H2_SEND_HEADERS);
    if (!is_final) return WEFT_OK;
    if (!ends) weft_h2_conn_merge_priority(conn, stream, head);
    after_head(conn, stream, head, ends);
    return WEFT_OK;
}

enum weft_result weft_h2_send_trailers(struct weft_h2_conn *conn, uint64_t stream_id,
                                       const struct weft_http_field *fields, size_t field_count)
{
    struct weft_h2_stream *stream = weft_h2_streams_find(&conn->streams, stream_id);
    if (!stream || stream->is_over || conn->is_failed) return WEFT_GONE;
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.fields = fields;
    head.field_count = field_count;
    if (!stream->sends_content || stream->content_left_out > 0) return WEFT_INVALID; // §8.1.1
    enum weft_result result = weft_http_head_check(&head, WEFT_HTTP_TRAILER_SECTION);
    if (result != WEFT_OK) return result;

    struct block block = open_block(conn, headers_frame(stream->id, true), 0); // §8.1
    put_fields(&block, fields, field_count);
    result = close_block(&block);
    if (result != WEFT_OK) return result;

    stream->sends_content = false;
    weft_h2_conn_update_ready(conn, stream);
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_SEND_END);
    weft_h2_conn_settle(conn, stream);
    return WEFT_OK;
}

// Requests

static struct weft_span scheme_of(const struct weft_h2_conn *conn,
                                  const struct weft_http_head *head)
{
    if (head->scheme.size > 0) return head->scheme;
    return conn->config.is_secure ? WEFT_SPAN("https") : WEFT_SPAN("http");
}

static struct weft_span method_of(const struct weft_http_head *head)
{
    struct weft_span text = weft_http_method_text(head->method);
    return text.size > 0 ? text : head->method_text;
}

static void put_request(struct block *block, const struct weft_http_head *head)
{
    bool is_plain_connect = head->method == WEFT_HTTP_CONNECT && head->protocol.size == 0;
    put_pseudo(block, WEFT_SPAN(":method"), method_of(head));
    if (head->protocol.size > 0) put_pseudo(block, WEFT_SPAN(":protocol"), head->protocol);
    if (!is_plain_connect)
        put_pseudo(block, WEFT_SPAN(":scheme"), scheme_of(block->conn, head)); // §8.5
    put_pseudo(block, WEFT_SPAN(":authority"), head->authority);
    if (!is_plain_connect) put_pseudo(block, WEFT_SPAN(":path"), head->path);
    if (head->content_length >= 0) {
        put_number(block, WEFT_HTTP_FIELD_CONTENT_LENGTH, head->content_length);
    }
    put_fields(block, head->fields, head->field_count);
}

// The priority field, where the head asks for more than the default and does not write it itself, RFC 9218 §5.
static void put_priority(struct block *block, const struct weft_http_head *head)
{
    const struct weft_http_priority priority = head->priority;
    bool is_default = priority.urgency == WEFT_HTTP_DEFAULT_URGENCY && !priority.incremental;
    if (is_default || weft_http_head_find(head, WEFT_HTTP_FIELD_PRIORITY)) return;

    uint8_t text[WEFT_HTTP_PRIORITY_TEXT_MOST];
    struct weft_writer out = weft_writer_over(text, sizeof(text));
    weft_http_priority_write(&out, priority);
    put_field(block, &(struct weft_http_field){
                         .name = weft_http_field_text(WEFT_HTTP_FIELD_PRIORITY),
                         .value = weft_written(&out),
                         .id = WEFT_HTTP_FIELD_PRIORITY,
                     });
}

static enum weft_result check_request_fields(const struct weft_h2_conn *conn,
                                             const struct weft_http_head *head)
{
    struct weft_http_head whole = *head;
    bool is_plain_connect = head->method == WEFT_HTTP_CONNECT && head->protocol.size == 0;
    if (!is_plain_connect) whole.scheme = scheme_of(conn, head);
    return weft_http_head_check(&whole, WEFT_HTTP_REQUEST_SECTION);
}

static enum weft_result check_request(const struct weft_h2_conn *conn,
                                      const struct weft_http_head *head, bool ends, bool is_known)
{
    if (weft_h2_is_server(conn)) return WEFT_INVALID;
    if (conn->is_failed || conn->goaway_came || conn->peer_has_closed || conn->drain) {
        return WEFT_GONE;
    }
    if (ends && head->content_length > 0) return WEFT_INVALID;
    if (head->priority.urgency >= WEFT_HTTP_URGENCIES) return WEFT_INVALID;
    if (head->protocol.size > 0 && !conn->peer.enable_connect_protocol) {
        return WEFT_INVALID; // RFC 8441 §3
    }
    enum weft_result result = is_known ? WEFT_OK : check_request_fields(conn, head);
    if (result != WEFT_OK) return result;
    if (conn->streams.last_own_id >= WEFT_H2_STREAM_ID_MOST) return WEFT_GONE; // §5.1.1
    return conn->streams.own_count < conn->peer.max_concurrent_streams ? WEFT_OK : WEFT_LATER;
}

static void put_request_head(struct block *block, const struct weft_http_head *head)
{
    put_request(block, head);
    put_priority(block, head);
}

enum weft_result weft_h2_request(struct weft_h2_conn *conn, const struct weft_http_head *head,
                                 bool ends, uint64_t *stream_id)
{
    struct weft_hpack_block known;
    bool is_known = knows_block(conn, head, &known);
    enum weft_result result = check_request(conn, head, ends, is_known);
    if (result != WEFT_OK) return result;

    uint32_t id = conn->streams.last_own_id == 0 ? 1 : conn->streams.last_own_id + 2; // §5.1.1
    struct weft_h2_stream *stream = weft_h2_conn_add_stream(conn, id, true);
    if (!stream) return WEFT_NO_MEMORY;
    if (conn->config.accepts_push)
        stream->authority = weft_arena_copy(&stream->arena, head->authority);

    struct weft_h2_frame frame = headers_frame(id, ends);
    result =
        is_known ? send_known(conn, frame, &known) : send_new(conn, frame, head, put_request_head);
    if (result != WEFT_OK)
        return result; // the failed connection has ended the stream, unknown to the user

    conn->streams.last_own_id = id;
    stream->is_known = true;
    conn->known_count++;
    conn->totals.requests++;
    stream->is_head_request = head->method == WEFT_HTTP_HEAD;
    weft_http_scheduled_init(&stream->scheduled, id, head->priority);
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_SEND_HEADERS);
    after_head(conn, stream, head, ends);
    *stream_id = id;
    return WEFT_OK;
}

bool weft_h2_takes_pushes(const struct weft_h2_conn *conn)
{
    return weft_h2_is_server(conn) && !conn->is_failed && !conn->goaway_came &&
           conn->has_settings && conn->peer.enable_push; // §8.4
}

static enum weft_result check_push(struct weft_h2_conn *conn, struct weft_h2_stream *parent,
                                   const struct weft_http_head *head)
{
    if (!weft_h2_is_server(conn)) return WEFT_INVALID;
    if (!weft_h2_takes_pushes(conn)) return WEFT_GONE;
    if (!parent || parent->is_over || parent->is_ours ||
        !weft_h2_stream_allows(parent->state, WEFT_H2_SEND_DATA)) { // §6.6
        return WEFT_GONE;
    }
    struct weft_http_head whole = *head;
    whole.scheme = scheme_of(conn, head);
    enum weft_result result = weft_http_head_check(&whole, WEFT_HTTP_PROMISE_SECTION);
    if (result != WEFT_OK) return result;
    if (conn->streams.last_own_id >= WEFT_H2_STREAM_ID_MOST - 1) return WEFT_GONE;
    return conn->streams.own_count < conn->peer.max_concurrent_streams ? WEFT_OK : WEFT_LATER;
}

enum weft_result weft_h2_push(struct weft_h2_conn *conn, uint64_t stream_id,
                              const struct weft_http_head *head, uint64_t *promised_id)
{
    struct weft_h2_stream *parent = weft_h2_streams_find(&conn->streams, stream_id);
    enum weft_result result = check_push(conn, parent, head);
    if (result != WEFT_OK) return result;

    uint32_t id = conn->streams.last_own_id + 2;
    struct weft_h2_stream *stream = weft_h2_conn_add_stream(conn, id, true);
    if (!stream) return WEFT_NO_MEMORY;

    struct weft_h2_frame frame = {.type = WEFT_H2_PUSH_PROMISE, .stream_id = (uint32_t)stream_id};
    struct block block = open_block(conn, frame, id);
    put_request(&block, head);
    result = close_block(&block);
    if (result != WEFT_OK) return result;

    conn->streams.last_own_id = id;
    stream->is_known = true;
    conn->known_count++;
    conn->totals.pushes++;
    stream->has_head_in = true;
    stream->is_head_request = head->method == WEFT_HTTP_HEAD;
    weft_http_scheduled_init(&stream->scheduled, id, head->priority);
    (void)weft_h2_stream_step(&stream->state, WEFT_H2_SEND_PROMISE);
    *promised_id = id;
    return WEFT_OK;
}
