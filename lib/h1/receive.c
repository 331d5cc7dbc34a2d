// RFC 9112 §6 and §7: messages as they come.
#include "h1/conn.h"

#include "base/hash.h"
#include "h1/writer.h"

enum step {
    EVENT,   // there is one to hand out
    AGAIN,   // something was done: look again
    NOTHING, // until more comes, or something else happens
};

enum {
    FIRST_ARENA_PIECE = 4000
}; // so that the arena's first chunk, which it keeps, holds a usual head

bool weft_h1_is_held_back(const struct weft_h1_conn *conn)
{
    if (conn->role == WEFT_HTTP_CLIENT) return false;
    return conn->answered_count >= conn->limits->pipeline_count ||
           weft_queue_size(&conn->out) >= conn->limits->output_size;
}

// In place: an event that is returned would be copied.
static void start_event(struct weft_http_event *event, const struct weft_h1_exchange *exchange,
                        enum weft_http_event_type type)
{
    uint64_t id = exchange->id;
    void *user = exchange->user;
    *event = (struct weft_http_event){.type = type, .stream_id = id, .user = user};
}

// The peer has closed its side where more should have come (§8).
static enum step cut_short(struct weft_h1_conn *conn)
{
    if (conn->is_discarding) {
        weft_h1_conn_close(conn);
    } else {
        weft_h1_conn_break(conn, WEFT_HTTP_PROTOCOL_ERROR, "the peer closed within a message",
                           true);
    }
    return AGAIN;
}

static enum step refuse(struct weft_h1_conn *conn, struct weft_h1_error error)
{
    weft_h1_conn_refuse(conn, error);
    return AGAIN;
}

static enum step no_memory(struct weft_h1_conn *conn)
{
    static const struct weft_h1_error error = {
        500, "no memory for a message, or above the limit memory_budget"};
    return refuse(conn, error);
}

// The message has come whole.
static void finish_message(struct weft_h1_conn *conn)
{
    if (conn->is_discarding) {
        conn->is_discarding = false;
        conn->phase = WEFT_H1_READING_HEAD;
        conn->idle_us = conn->now_us;
        return;
    }
    struct weft_h1_exchange *exchange = weft_h1_front(conn);
    exchange->is_received = true;
    conn->phase = conn->role == WEFT_HTTP_SERVER ? WEFT_H1_AWAITING_ANSWER : WEFT_H1_READING_HEAD;
    weft_h1_exchange_settle(conn, exchange);
}

static void start_content(struct weft_h1_conn *conn, const struct weft_http_head *head,
                          enum weft_h1_framing framing)
{
    conn->framing = framing;
    conn->left = framing == WEFT_H1_BY_LENGTH ? (uint64_t)head->content_length : 0;
    conn->chunked = (struct weft_h1_chunked){0};
    conn->phase = WEFT_H1_READING_CONTENT;
    weft_h1_meter_start(&conn->reading, conn->now_us);
    if (framing == WEFT_H1_NO_CONTENT) finish_message(conn);
}

// Heads

static void start_scan(struct weft_h1_conn *conn, enum weft_h1_section section, uint32_t counted)
{
    weft_h1_scan_init(&conn->scan, section, counted);
    conn->is_scanning = true;
    conn->head_us = conn->now_us;
}

// The section that was scanned, as it was received.
static struct weft_span scanned(const struct weft_h1_conn *conn)
{
    return weft_span_part(conn->in, conn->scan.start, conn->scan.at - conn->scan.start);
}

// Takes the section that was scanned out of the input: a copy in the arena, or NULL without memory.
static uint8_t *take_section(struct weft_h1_conn *conn)
{
    const struct weft_h1_scan *scan = &conn->scan;
    size_t others = weft_h1_memory(conn) - conn->arena.held;
    size_t budget = conn->limits->memory_budget;
    conn->arena.limit = budget > others ? budget - others : 0;
    if (conn->arena.limit < conn->arena.held) conn->arena.limit = conn->arena.held;
    bool is_first = conn->arena.held == 0;
    if (is_first && !weft_arena_take(&conn->arena, FIRST_ARENA_PIECE)) return NULL;
    if (is_first || conn->arena_is_stale) weft_arena_reset(&conn->arena);
    conn->arena_is_stale = false;
    size_t size = scan->at - scan->start;
    uint8_t *copy = weft_arena_take(&conn->arena, size);
    if (!copy) return NULL;
    memcpy(copy, conn->in.data + scan->start, size);
    conn->in = weft_span_skip(conn->in, scan->at);
    conn->is_scanning = false;
    conn->totals.field_wire_received += size;
    return copy;
}

// A head of its own in the arena, so that it lives as long as its spans.
static struct weft_http_head *keep_head(struct weft_h1_conn *conn,
                                        const struct weft_http_head *head)
{
    struct weft_http_head *kept = weft_arena_take(&conn->arena, sizeof(*kept));
    if (!kept) return NULL;
    *kept = *head;
    conn->totals.field_text_received += weft_h1_fields_size(head->fields, head->field_count);
    conn->field_count = (uint32_t)head->field_count;
    conn->peer_version = head->version;
    return kept;
}

// Remembers a head the second time that it comes; `sign` is the part that mostly tells it from others. No exchange has the one
// that was known before: those that had it are over, or this one would not be read.
static void remember(struct weft_h1_conn *conn, struct weft_span raw, struct weft_span sign,
                     const uint8_t *parsed, const struct weft_h1_message *message)
{
    if (conn->trace) return; // which wants to see each
    uint64_t hash = weft_hash_bytes(raw.size, sign) | 1;
    bool was_seen = hash == conn->seen_hash;
    conn->seen_hash = hash;
    if (!was_seen) return;
    weft_h1_known_head_free(conn->known, conn->alloc);
    conn->known = NULL;
    size_t held = weft_h1_memory(conn);
    size_t most = conn->limits->memory_budget / 2; // there are better uses for the rest
    if (held < most)
        conn->known = weft_h1_known_head_new(conn->alloc, most - held, raw, parsed, message);
}

// Takes the head that is known out of the input.
static void take_known(struct weft_h1_conn *conn)
{
    const struct weft_h1_known_head *known = conn->known;
    conn->in = weft_span_skip(conn->in, known->raw.size);
    conn->totals.field_wire_received += known->raw.size;
    conn->totals.field_text_received += known->text_size;
    conn->field_count = (uint32_t)known->message.head.field_count;
    conn->peer_version = known->message.head.version;
}

// What a server does not hand out although it is well-formed.
static struct weft_h1_error judge_request(const struct weft_h1_message *message,
                                          enum weft_h1_framing *framing)
{
    struct weft_h1_error error = weft_h1_request_framing(message, framing);
    if (error.status) return error;
    if (message->head.method == WEFT_HTTP_CONNECT) { // RFC 9110 §9.3.6: we are no proxy for tunnels
        return (struct weft_h1_error){501, "CONNECT is not for this server"};
    }
    if (message->expects_unknown && message->head.version != WEFT_HTTP_1_0) { // RFC 9110 §10.1.1
        return (struct weft_h1_error){417, "an expectation other than 100-continue"};
    }
    return error;
}

// May a head that comes again be taken for the same? Only one that ends its message, and asks for nothing beside an answer.
static bool may_be_known(const struct weft_http_head *head)
{
    return weft_http_head_lacks(
        head, WEFT_HTTP_FIELD_BIT(CONTENT_LENGTH) | WEFT_HTTP_FIELD_BIT(TRANSFER_ENCODING) |
                  WEFT_HTTP_FIELD_BIT(EXPECT) | WEFT_HTTP_FIELD_BIT(UPGRADE));
}

// Tells of a request. `head` lives as long as the exchange; `message` is what was parsed.
static enum step tell_request(struct weft_h1_conn *conn, const struct weft_h1_message *message,
                              const struct weft_http_head *head, enum weft_h1_framing framing,
                              struct weft_http_event *event)
{
    struct weft_h1_exchange *exchange = weft_h1_exchange_add(conn);
    if (!exchange) return no_memory(conn);
    exchange->method = head->method;
    exchange->persists = weft_h1_persists(message);
    exchange->says_keep_alive = head->version == WEFT_HTTP_1_0 && exchange->persists;
    conn->awaits_continue = head->expects_continue;
    start_content(conn, head, framing);
    start_event(event, exchange, WEFT_HTTP_REQUEST);
    event->head = head;
    event->ends_message = framing == WEFT_H1_NO_CONTENT;
    weft_h1_trace_received(conn, exchange->id, head);
    return EVENT;
}

static enum step take_request(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    struct weft_h1_message message;
    enum weft_h1_framing framing;
    struct weft_span raw = scanned(conn);
    conn->is_head = false;
    uint8_t *bytes = take_section(conn);
    if (!bytes) return no_memory(conn);

    struct weft_h1_error error = weft_h1_parse_request(&conn->scan, bytes, &conn->arena, &message);
    conn->is_head = message.head.method == WEFT_HTTP_HEAD;
    if (!error.status) error = judge_request(&message, &framing);
    if (error.status) return refuse(conn, error);

    bool is_1_0 = message.head.version == WEFT_HTTP_1_0;
    if (is_1_0 || framing == WEFT_H1_NO_CONTENT)
        message.head.expects_continue = false; // RFC 9110 §10.1.1
    const struct weft_http_head *head = keep_head(conn, &message.head);
    if (!head) return no_memory(conn);
    if (may_be_known(head)) {
        message.head.known_as = conn->last_id + 1; // the first of them
        remember(conn, raw, head->path, bytes, &message);
    }
    return tell_request(conn, &message, head, framing, event);
}

static enum step take_known_request(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    const struct weft_h1_message *message = &conn->known->message;
    conn->is_head = message->head.method == WEFT_HTTP_HEAD;
    take_known(conn);
    return tell_request(conn, message, &message->head, WEFT_H1_NO_CONTENT, event);
}

static enum step take_interim(struct weft_h1_conn *conn, const struct weft_http_head *head,
                              struct weft_http_event *event)
{
    if (head->status == 101) { // RFC 9110 §7.8: we never ask
        return refuse(conn,
                      (struct weft_h1_error){502, "a switch of protocols that was not asked for"});
    }
    if (conn->interim_count == conn->limits->interim_count) {
        WEFT_HTTP_COUNT(conn->counters, interim_count);
        return refuse(conn, (struct weft_h1_error){
                                502, "more interim responses than the limit interim_count"});
    }
    conn->interim_count++;
    start_event(event, weft_h1_front(conn), WEFT_HTTP_INTERIM);
    event->head = head;
    return EVENT;
}

// Tells of a final head. `head` lives as long as the exchange; `message` is what was parsed.
static enum step tell_response(struct weft_h1_conn *conn, const struct weft_h1_message *message,
                               const struct weft_http_head *head, enum weft_h1_framing framing,
                               struct weft_http_event *event)
{
    struct weft_h1_exchange *exchange = weft_h1_front(conn);
    bool persists = weft_h1_persists(message) && framing != WEFT_H1_UNTIL_CLOSE;
    exchange->persists = exchange->persists && persists;
    start_event(event, exchange, WEFT_HTTP_RESPONSE);
    event->head = head;
    event->ends_message = framing == WEFT_H1_NO_CONTENT;
    start_content(conn, head, framing);
    return EVENT;
}

static enum step take_response(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    struct weft_h1_message message;
    enum weft_h1_framing framing;
    struct weft_h1_exchange *exchange = weft_h1_front(conn);
    struct weft_span raw = scanned(conn);
    uint8_t *bytes = take_section(conn);
    if (!bytes) return no_memory(conn);

    struct weft_h1_error error = weft_h1_parse_response(&conn->scan, bytes, &conn->arena, &message);
    if (!error.status) error = weft_h1_response_framing(&message, exchange->method, &framing);
    if (error.status) return refuse(conn, error);
    const struct weft_http_head *head = keep_head(conn, &message.head);
    if (!head) return no_memory(conn);
    weft_h1_trace_received(conn, exchange->id, head);
    if (head->status < 200) return take_interim(conn, head, event);
    remember(conn, raw, raw, bytes, &message);
    return tell_response(conn, &message, head, framing, event);
}

// What a head that came before means for framing depends on the request too.
static enum step take_known_response(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    const struct weft_h1_message *message = &conn->known->message;
    enum weft_h1_framing framing;
    struct weft_h1_error error =
        weft_h1_response_framing(message, weft_h1_front(conn)->method, &framing);
    if (error.status) return refuse(conn, error);
    take_known(conn);
    return tell_response(conn, message, &message->head, framing, event);
}

// The peer has closed its side between messages, or within a head.
static enum step end_of_heads(struct weft_h1_conn *conn)
{
    bool is_within = conn->is_scanning && conn->in.size > conn->scan.start;
    struct weft_h1_exchange *exchange = weft_h1_front(conn);
    if (exchange && exchange->is_received) { // client: it has its answer, and cannot send the rest
        exchange->persists = false;
        weft_h1_exchange_settle(conn, exchange);
        return AGAIN;
    }
    if (is_within || !weft_list_is_empty(&conn->exchanges)) return cut_short(conn);
    weft_h1_conn_close(conn);
    return AGAIN;
}

// Does something come that no request has asked for (§6.3)? It is not to be taken for an answer to the next one.
static bool is_unsolicited(const struct weft_h1_conn *conn)
{
    const struct weft_h1_exchange *exchange = weft_h1_front(conn);
    if (conn->role == WEFT_HTTP_SERVER) return false;
    return !exchange || exchange->is_received || weft_h1_exchange_is_unsent(conn, exchange);
}

static enum step read_head(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    if (conn->in.size == 0) return conn->input_ended ? end_of_heads(conn) : NOTHING;
    if (weft_h1_is_held_back(conn)) return NOTHING;
    if (is_unsolicited(conn)) {
        weft_h1_conn_break(conn, WEFT_HTTP_PROTOCOL_ERROR, "data that no request has asked for",
                           false);
        return AGAIN;
    }
    bool is_server = conn->role == WEFT_HTTP_SERVER;
    if (!conn->is_scanning && weft_h1_known_head_is(conn->known, conn->in)) {
        return is_server ? take_known_request(conn, event) : take_known_response(conn, event);
    }
    if (!conn->is_scanning) {
        start_scan(conn, is_server ? WEFT_H1_REQUEST_HEAD : WEFT_H1_RESPONSE_HEAD, 0);
    }
    struct weft_h1_error error = {0, NULL};
    switch (weft_h1_scan_on(&conn->scan, conn->in, conn->limits, conn->counters, &error)) {
    case WEFT_H1_SCAN_MORE: return conn->input_ended ? end_of_heads(conn) : NOTHING;
    case WEFT_H1_SCAN_WRONG: conn->is_head = false; return refuse(conn, error);
    case WEFT_H1_SCAN_WHOLE: break;
    }
    return is_server ? take_request(conn, event) : take_response(conn, event);
}

// Content

// Reports a piece of content; that of an answered request is dropped.
static enum step hand_out(struct weft_h1_conn *conn, struct weft_span data, bool ends,
                          struct weft_http_event *event)
{
    conn->totals.content_received += data.size;
    if (conn->is_discarding) {
        conn->discarded += data.size;
        if (ends) finish_message(conn);
        if (conn->discarded > WEFT_H1_DISCARD_MOST) weft_h1_conn_close(conn);
        return AGAIN;
    }
    start_event(event, weft_h1_front(conn), WEFT_HTTP_DATA);
    event->data = data;
    event->ends_message = ends;
    size_t most = conn->limits->stream_window;
    bool was_held_back = conn->unconsumed >= most;
    conn->unconsumed += data.size;
    if (!was_held_back && conn->unconsumed >= most) WEFT_HTTP_COUNT(conn->counters, stream_window);
    if (ends) finish_message(conn);
    return EVENT;
}

// RFC 9110 §10.1.1: the client waits, the answer has not begun and content is asked for.
static void send_continue(struct weft_h1_conn *conn)
{
    struct weft_h1_exchange *exchange = weft_h1_front(conn);
    if (!conn->awaits_continue) return;
    bool has_come = conn->in.size > 0; // it has not waited
    if (has_come) conn->awaits_continue = false;
    if (has_come || exchange->sending != WEFT_H1_SENDING_HEAD) return;

    size_t before = weft_queue_size(&conn->out);
    if (weft_queue_add(&conn->out, WEFT_SPAN("HTTP/1.1 100 Continue\r\n\r\n"))) return;
    weft_h1_note_queued(conn, before);
    conn->awaits_continue = false;
}

static enum step read_chunks(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    struct weft_span data;
    struct weft_h1_error error = {0, NULL};
    switch (weft_h1_chunked_read(&conn->chunked, &conn->in, conn->limits, conn->counters, &data,
                                 &error)) {
    case WEFT_H1_CHUNKED_MORE: return AGAIN;
    case WEFT_H1_CHUNKED_DATA: return hand_out(conn, data, false, event);
    case WEFT_H1_CHUNKED_WRONG: return refuse(conn, error);
    case WEFT_H1_CHUNKED_LAST: break;
    }
    conn->phase = WEFT_H1_READING_TRAILERS;
    start_scan(
        conn, conn->role == WEFT_HTTP_SERVER ? WEFT_H1_REQUEST_TRAILERS : WEFT_H1_RESPONSE_TRAILERS,
        conn->field_count);
    return AGAIN;
}

static enum step read_content(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    send_continue(conn);
    if (conn->in.size == 0) {
        if (!conn->input_ended) return NOTHING;
        if (conn->framing != WEFT_H1_UNTIL_CLOSE) return cut_short(conn);
        return hand_out(conn, conn->in, true, event); // §6.3, rule 8
    }
    if (conn->framing == WEFT_H1_BY_CHUNKS) return read_chunks(conn, event);

    struct weft_span data = conn->in;
    if (conn->framing == WEFT_H1_BY_LENGTH) {
        size_t size = conn->left < data.size ? (size_t)conn->left : data.size;
        data = weft_span_part(data, 0, size);
        conn->left -= size;
    }
    conn->in = weft_span_skip(conn->in, data.size);
    bool ends = conn->framing == WEFT_H1_BY_LENGTH && conn->left == 0;
    return hand_out(conn, data, ends, event);
}

static enum step read_trailers(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    static const struct weft_span nothing = {NULL, 0};
    struct weft_http_head trailers;
    struct weft_h1_error error = {0, NULL};
    switch (weft_h1_scan_on(&conn->scan, conn->in, conn->limits, conn->counters, &error)) {
    case WEFT_H1_SCAN_MORE: return conn->input_ended ? cut_short(conn) : NOTHING;
    case WEFT_H1_SCAN_WRONG: return refuse(conn, error);
    case WEFT_H1_SCAN_WHOLE: break;
    }
    uint8_t *bytes = take_section(conn);
    if (!bytes) return no_memory(conn);
    error = weft_h1_parse_trailers(&conn->scan, bytes, &conn->arena, &trailers);
    if (error.status) return refuse(conn, error);
    if (trailers.field_count == 0 || conn->is_discarding) {
        return hand_out(conn, nothing, true, event);
    }

    struct weft_h1_exchange *exchange = weft_h1_front(conn);
    start_event(event, exchange, WEFT_HTTP_TRAILERS);
    event->head = keep_head(conn, &trailers);
    if (!event->head) return no_memory(conn);
    event->ends_message = true;
    weft_h1_trace_received(conn, exchange->id, event->head);
    finish_message(conn);
    return EVENT;
}

static enum step step(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    if (!weft_list_is_empty(&conn->over)) return NOTHING; // what is over is told first
    switch (conn->phase) {
    case WEFT_H1_READING_HEAD: return read_head(conn, event);
    case WEFT_H1_READING_CONTENT: return read_content(conn, event);
    case WEFT_H1_READING_TRAILERS: return read_trailers(conn, event);
    case WEFT_H1_AWAITING_ANSWER:
    case WEFT_H1_CLOSED: break;
    }
    return NOTHING;
}

bool weft_h1_receive(struct weft_h1_conn *conn, struct weft_http_event *event)
{
    enum step last;
    do {
        last = step(conn, event);
    } while (last == AGAIN);
    return last == EVENT;
}
