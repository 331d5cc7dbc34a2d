// h1/send.c: requests and answers as they leave.
#include "h1/conn.h"
#include "h1/writer.h"
#include "http/output_rules.h"

#include <assert.h>

void weft_h1_note_queued(struct weft_h1_conn *conn, size_t before)
{
    size_t size = weft_queue_size(&conn->out);
    if (before == 0 && size > 0) weft_h1_meter_start(&conn->writing, conn->now_us);
    if (before < conn->limits->output_size && size >= conn->limits->output_size) {
        WEFT_HTTP_COUNT(conn->counters, output_size);
    }
}

static size_t text_size(const struct weft_http_head *head)
{
    return weft_h1_fields_size(head->fields, head->field_count);
}

// `size` is that of the fields as text lines.
static void note_head(struct weft_h1_conn *conn, uint64_t stream_id,
                      const struct weft_http_head *head, size_t size, size_t before)
{
    weft_h1_trace_sent(conn, stream_id, head, weft_span_skip(weft_queue_bytes(&conn->out), before));
    weft_h1_note_queued(conn, before);
    conn->totals.field_wire_sent += weft_queue_size(&conn->out) - before;
    conn->totals.field_text_sent += size;
}

// Is `ends` said of a head that states content?
static bool contradicts_itself(const struct weft_http_head *head, bool ends)
{
    return ends && head->content_length > 0;
}

static void start_sending(struct weft_h1_exchange *exchange, const struct weft_http_head *head,
                          enum weft_h1_framing framing)
{
    exchange->framing = framing;
    exchange->left = head->content_length;
    exchange->sending =
        framing == WEFT_H1_NO_CONTENT ? WEFT_H1_SENDING_DONE : WEFT_H1_SENDING_CONTENT;
}

// Client

static enum weft_result may_request(const struct weft_h1_conn *conn)
{
    const struct weft_h1_exchange *back = weft_h1_back(conn);
    if (conn->role != WEFT_HTTP_CLIENT) return WEFT_INVALID;
    if (conn->phase == WEFT_H1_CLOSED || conn->input_ended || conn->is_draining) return WEFT_GONE;
    if (conn->totals.requests >= conn->limits->requests_per_connection) return WEFT_GONE;
    if (!back) return WEFT_OK;
    if (!back->persists || !weft_h1_front(conn)->persists) return WEFT_GONE;
    if (back->sending != WEFT_H1_SENDING_DONE) return WEFT_LATER;
    if (conn->exchange_count >= conn->limits->pipeline_count) return WEFT_LATER;
    return weft_http_method_is_idempotent(back->method) ? WEFT_OK : WEFT_LATER; // §9.3.2
}

// A head that is the same as the last need not be judged again.
static bool head_is_fit(struct weft_h1_conn *conn, const struct weft_http_head *head,
                        enum weft_http_section section)
{
    if (head->stamp != 0 && head->stamp == conn->fit_stamp) return true;
    if (weft_http_head_check(head, section) != WEFT_OK) return false;
    conn->fit_stamp = head->stamp;
    return true;
}

static bool request_is_fit(struct weft_h1_conn *conn, const struct weft_http_head *head, bool ends)
{
    bool is_unframed = !ends && head->content_length == WEFT_HTTP_LENGTH_UNKNOWN;
    bool is_1_0 = conn->speaks_1_0 || conn->peer_version == WEFT_HTTP_1_0;
    if (is_unframed && is_1_0) return false; // §6.1: no chunks to 1.0
    if (contradicts_itself(head, ends) || head->method == WEFT_HTTP_CONNECT) return false;
    return head_is_fit(conn, head, WEFT_HTTP_REQUEST_SECTION);
}

enum weft_result weft_h1_request(struct weft_h1_conn *conn, const struct weft_http_head *head,
                                 bool ends, uint64_t *stream_id)
{
    enum weft_result result = may_request(conn);
    if (result) return result;
    if (!request_is_fit(conn, head, ends)) return WEFT_INVALID;

    enum weft_h1_framing framing = WEFT_H1_BY_CHUNKS;
    if (head->content_length > 0) framing = WEFT_H1_BY_LENGTH;
    if (ends || head->content_length == 0) framing = WEFT_H1_NO_CONTENT;
    size_t before = weft_queue_size(&conn->out);
    struct weft_h1_exchange *exchange = weft_h1_exchange_add(conn);
    if (!exchange) return WEFT_NO_MEMORY;
    enum weft_http_version version = conn->speaks_1_0 ? WEFT_HTTP_1_0 : WEFT_HTTP_1_1;
    if (weft_h1_write_request(&conn->out, head, version, framing)) {
        weft_h1_exchange_undo(conn, exchange);
        return WEFT_NO_MEMORY;
    }
    note_head(conn, exchange->id, head, text_size(head), before);
    exchange->start_mark = conn->totals.sent_size + before;
    exchange->method = head->method;
    exchange->persists = !conn->speaks_1_0; // §9.3: 1.0 goes on only where both sides say so
    start_sending(exchange, head, framing);
    *stream_id = exchange->id;
    return WEFT_OK;
}

// Server

static enum weft_result respond_interim(struct weft_h1_conn *conn,
                                        const struct weft_h1_exchange *exchange,
                                        const struct weft_http_head *head)
{
    if (conn->peer_version == WEFT_HTTP_1_0) return WEFT_OK; // RFC 9110 §15.2
    size_t before = weft_queue_size(&conn->out);
    if (weft_h1_write_response(&conn->out, head, exchange->method, WEFT_H1_NO_CONTENT,
                               WEFT_H1_SAY_NOTHING)) {
        return WEFT_NO_MEMORY;
    }
    note_head(conn, exchange->id, head, text_size(head), before);
    if (head->status == 100) conn->awaits_continue = false;
    return WEFT_OK;
}

// Will the client send content that is too long to be read and dropped?
static bool leaves_much_unread(const struct weft_h1_conn *conn,
                               const struct weft_h1_exchange *exchange)
{
    if (exchange->is_received) return false;
    if (conn->awaits_continue) return true; // it may come or not: nobody knows (RFC 9110 §10.1.1)
    return conn->framing != WEFT_H1_BY_LENGTH || conn->left > WEFT_H1_DISCARD_MOST;
}

// May the connection go on behind this answer? What is said in its head holds.
static bool goes_on(const struct weft_h1_conn *conn, const struct weft_h1_exchange *exchange,
                    const struct weft_http_head *head, enum weft_h1_framing framing)
{
    if (!exchange->persists || conn->is_draining || framing == WEFT_H1_UNTIL_CLOSE) return false;
    if (conn->totals.requests >= conn->limits->requests_per_connection) return false;
    bool is_refusal = head->status >= 400 || conn->awaits_continue;
    return !is_refusal || !leaves_much_unread(conn, exchange);
}

static enum weft_h1_connection_option option_of(const struct weft_h1_exchange *exchange)
{
    if (!exchange->persists) return WEFT_H1_SAY_CLOSE;
    return exchange->says_keep_alive ? WEFT_H1_SAY_KEEP_ALIVE : WEFT_H1_SAY_NOTHING;
}

// Keeps a head the second time that it is sent; `before` bytes were in the output when it was written.
static void keep_sent(struct weft_h1_conn *conn, const struct weft_h1_sent_key *key, size_t size,
                      size_t before)
{
    bool was_sent = key->stamp == conn->sent_stamp;
    conn->sent_stamp = key->stamp;
    if (!was_sent || key->stamp == 0) return;
    weft_h1_sent_head_free(conn->sent, conn->alloc);
    conn->sent = NULL;
    size_t held = weft_h1_memory(conn);
    size_t most = conn->limits->memory_budget / 2; // there are better uses for the rest
    struct weft_span bytes = weft_span_skip(weft_queue_bytes(&conn->out), before);
    if (held < most) conn->sent = weft_h1_sent_head_new(conn->alloc, most - held, key, bytes, size);
}

static enum weft_result send_final(struct weft_h1_conn *conn,
                                   const struct weft_h1_exchange *exchange,
                                   const struct weft_http_head *head, enum weft_h1_framing framing)
{
    size_t before = weft_queue_size(&conn->out);
    enum weft_h1_connection_option option = option_of(exchange);
    struct weft_h1_sent_key key = {head->stamp, (uint8_t)exchange->method, (uint8_t)framing,
                                   (uint8_t)option};
    bool is_kept = weft_h1_sent_head_is(conn->sent, &key);
    size_t size = is_kept ? conn->sent->text_size : text_size(head);
    if (is_kept ? weft_queue_add(&conn->out, conn->sent->bytes)
                : weft_h1_write_response(&conn->out, head, exchange->method, framing, option)) {
        return WEFT_NO_MEMORY;
    }
    note_head(conn, exchange->id, head, size, before);
    if (!is_kept) keep_sent(conn, &key, size, before);
    return WEFT_OK;
}

static enum weft_result respond_finally(struct weft_h1_conn *conn,
                                        struct weft_h1_exchange *exchange,
                                        const struct weft_http_head *head, bool ends)
{
    bool is_bodiless = weft_h1_is_bodiless(exchange->method, head->status);
    if (!is_bodiless && contradicts_itself(head, ends)) return WEFT_INVALID;
    enum weft_h1_framing framing =
        weft_h1_answer_framing(head, exchange->method, conn->peer_version, ends);

    bool persists = exchange->persists;
    exchange->persists = goes_on(conn, exchange, head, framing);
    if (send_final(conn, exchange, head, framing)) {
        exchange->persists = persists;
        return WEFT_NO_MEMORY;
    }
    if (exchange->persists != persists &&
        conn->totals.requests >= conn->limits->requests_per_connection) {
        WEFT_HTTP_COUNT(conn->counters, requests_per_connection);
    }
    start_sending(exchange, head, framing);
    weft_h1_exchange_settle(conn, exchange);
    return WEFT_OK;
}

enum weft_result weft_h1_respond(struct weft_h1_conn *conn, uint64_t stream_id,
                                 const struct weft_http_head *head, bool ends)
{
    struct weft_h1_exchange *exchange = weft_h1_exchange_find(conn, stream_id);
    if (!exchange) return WEFT_GONE;
    bool is_fit = conn->role == WEFT_HTTP_SERVER && exchange->sending == WEFT_H1_SENDING_HEAD &&
                  head_is_fit(conn, head, WEFT_HTTP_RESPONSE_SECTION);
    if (!is_fit) return WEFT_INVALID;
    if (head->status < 200) return respond_interim(conn, exchange, head);
    return respond_finally(conn, exchange, head, ends);
}

enum weft_result weft_h1_push(struct weft_h1_conn *conn, uint64_t stream_id,
                              const struct weft_http_head *head, uint64_t *promised_id)
{
    (void)conn, (void)stream_id, (void)head;
    *promised_id = 0;
    return WEFT_GONE; // HTTP/1 has no push
}

void weft_h1_set_priority(struct weft_h1_conn *conn, uint64_t stream_id,
                          struct weft_http_priority priority)
{
    (void)conn, (void)stream_id, (void)priority; // answers leave in the order of the requests
}

// Content

bool weft_h1_next_turn(struct weft_h1_conn *conn, size_t most, struct weft_http_turn *turn)
{
    struct weft_h1_exchange *exchange = weft_h1_back(conn);
    size_t waiting = weft_queue_size(&conn->out);
    if (!exchange || exchange->sending != WEFT_H1_SENDING_CONTENT || exchange->is_paused)
        return false;
    if (waiting >= conn->limits->output_size) return false;

    size_t size = conn->limits->output_size - waiting;
    if (size > most) size = most;
    bool is_chunked = exchange->framing == WEFT_H1_BY_CHUNKS;
    bool has_length = exchange->framing == WEFT_H1_BY_LENGTH;
    if (has_length && (uint64_t)exchange->left < size) size = (size_t)exchange->left;

    size_t before = is_chunked ? weft_h1_chunk_line_size(size) : 0;
    size_t behind = is_chunked ? WEFT_H1_CHUNK_END_SIZE + WEFT_H1_LAST_CHUNK_SIZE : 0;
    uint8_t *room = weft_queue_room(&conn->out, before + size + behind);
    if (!room && waiting == 0) { // nothing leaves that would give memory back
        weft_h1_conn_break(conn, WEFT_HTTP_INTERNAL_ERROR, "no memory for content", false);
    }
    if (!room) return false;
    *turn = (struct weft_http_turn){exchange->id, exchange->user, room + before, size};
    return true;
}

// Makes a chunk of the room's first `size` bytes, and the last chunk behind it where it ends. The line before it was
// left room for a full chunk's size; a shorter one moves the content down. Returns bytes in all.
static size_t wrap_chunk(const struct weft_http_turn *turn, size_t size, bool ends)
{
    size_t reserved = weft_h1_chunk_line_size(turn->size);
    uint8_t *start = turn->room - reserved;
    size_t wrapped = 0;
    if (size > 0) {
        size_t line = weft_h1_chunk_line_size(size);
        if (line < reserved) memmove(start + line, turn->room, size);
        weft_h1_chunk_wrap(start + line, size);
        wrapped = line + size + WEFT_H1_CHUNK_END_SIZE;
    }
    if (ends) memcpy(start + wrapped, "0\r\n\r\n", WEFT_H1_LAST_CHUNK_SIZE);
    return wrapped + (ends ? WEFT_H1_LAST_CHUNK_SIZE : 0);
}

// The content ends here. Where its head has promised more, the connection ends too, so that the peer sees the cut.
static void end_content(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange)
{
    if (exchange->framing == WEFT_H1_BY_LENGTH && exchange->left > 0) {
        weft_h1_conn_break(conn, WEFT_HTTP_INTERNAL_ERROR,
                           "content shorter than its content_length", false);
        return;
    }
    exchange->sending = WEFT_H1_SENDING_DONE;
    weft_h1_exchange_settle(conn, exchange);
}

void weft_h1_commit(struct weft_h1_conn *conn, const struct weft_http_turn *turn, size_t size,
                    bool ends)
{
    struct weft_h1_exchange *exchange = weft_h1_exchange_find(conn, turn->stream_id);
    assert(exchange && size <= turn->size);
    exchange->is_paused = size == 0 && !ends;
    if (exchange->is_paused) return;

    size_t before = weft_queue_size(&conn->out);
    bool is_chunked = exchange->framing == WEFT_H1_BY_CHUNKS;
    weft_queue_add_room(&conn->out, is_chunked ? wrap_chunk(turn, size, ends) : size);
    weft_h1_note_queued(conn, before);
    conn->totals.content_sent += size;

    bool has_length = exchange->framing == WEFT_H1_BY_LENGTH;
    if (has_length) exchange->left -= (int64_t)size;
    if (ends || (has_length && exchange->left == 0)) end_content(conn, exchange);
}

void weft_h1_resume(struct weft_h1_conn *conn, uint64_t stream_id)
{
    struct weft_h1_exchange *exchange = weft_h1_exchange_find(conn, stream_id);
    if (exchange) exchange->is_paused = false;
}

enum weft_result weft_h1_send_trailers(struct weft_h1_conn *conn, uint64_t stream_id,
                                       const struct weft_http_field *fields, size_t field_count)
{
    struct weft_h1_exchange *exchange = weft_h1_exchange_find(conn, stream_id);
    if (!exchange) return WEFT_GONE;
    struct weft_http_head trailers = WEFT_HTTP_HEAD_INIT;
    trailers.fields = fields;
    trailers.field_count = field_count;
    bool is_fit = exchange->sending == WEFT_H1_SENDING_CONTENT &&
                  weft_http_head_check(&trailers, WEFT_HTTP_TRAILER_SECTION) == WEFT_OK;
    if (!is_fit) return WEFT_INVALID;

    size_t before = weft_queue_size(&conn->out);
    if (exchange->framing == WEFT_H1_BY_CHUNKS) { // elsewhere there is no place for them
        if (weft_h1_write_trailers(&conn->out, fields, field_count)) return WEFT_NO_MEMORY;
        note_head(conn, stream_id, &trailers, text_size(&trailers), before);
    }
    end_content(conn, exchange);
    return WEFT_OK;
}
