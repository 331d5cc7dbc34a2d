// h1/writer.c
#include "h1/writer.h"

#include "h1/status_line.h"
#include "wire/writer.h"

enum { ROOM_BESIDE_FIELDS = 256, FIELD_SYNTAX_SIZE = 4 }; // ": " and CR LF

size_t weft_h1_fields_size(const struct weft_http_field *fields, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += fields[i].name.size + fields[i].value.size + FIELD_SYNTAX_SIZE;
    return size;
}

// Bytes put one behind the other into room that was reckoned before.
static uint8_t *put(uint8_t *at, struct weft_span bytes)
{
    if (bytes.size > 0) memcpy(at, bytes.data, bytes.size);
    return at + bytes.size;
}

static uint8_t *put_fields(uint8_t *at, const struct weft_http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        at = put(at, fields[i].name);
        *at++ = ':';
        *at++ = ' ';
        at = put(at, fields[i].value);
        *at++ = '\r';
        *at++ = '\n';
    }
    return at;
}

static uint8_t *put_content_length(uint8_t *at, uint64_t length)
{
    enum { DIGITS_MOST = 20 };
    at = put(at, WEFT_SPAN("content-length: "));
    struct weft_writer digits = weft_writer_over(at, DIGITS_MOST);
    weft_write_decimal(&digits, length);
    return put(digits.at, WEFT_SPAN("\r\n"));
}

static uint8_t *put_option(uint8_t *at, enum weft_h1_connection_option option)
{
    switch (option) {
    case WEFT_H1_SAY_CLOSE: return put(at, WEFT_SPAN("connection: close\r\n"));
    case WEFT_H1_SAY_KEEP_ALIVE: return put(at, WEFT_SPAN("connection: keep-alive\r\n"));
    case WEFT_H1_SAY_NOTHING: break;
    }
    return at;
}

static uint8_t *put_response_framing(uint8_t *at, const struct weft_http_head *head,
                                     enum weft_http_method method, enum weft_h1_framing framing)
{
    if (framing == WEFT_H1_BY_CHUNKS) return put(at, WEFT_SPAN("transfer-encoding: chunked\r\n"));
    if (head->status < 200 || head->status == 204) return at; // RFC 9110 §8.6
    if (head->content_length != WEFT_HTTP_LENGTH_UNKNOWN) {
        return put_content_length(at, (uint64_t)head->content_length);
    }
    bool is_empty = framing == WEFT_H1_NO_CONTENT && !weft_h1_is_bodiless(method, head->status);
    return is_empty ? put_content_length(at, 0) : at;
}

// Ends the head and keeps what was written.
static enum weft_result finish(struct weft_queue *out, uint8_t *room, uint8_t *at)
{
    at = put(at, WEFT_SPAN("\r\n"));
    weft_queue_add_room(out, (size_t)(at - room));
    return WEFT_OK;
}

enum weft_result weft_h1_write_response(struct weft_queue *out, const struct weft_http_head *head,
                                        enum weft_http_method method, enum weft_h1_framing framing,
                                        enum weft_h1_connection_option option)
{
    size_t size = ROOM_BESIDE_FIELDS + weft_h1_fields_size(head->fields, head->field_count);
    uint8_t *room = weft_queue_room(out, size);
    if (!room) return WEFT_NO_MEMORY;

    uint8_t *at = room + weft_h1_status_line_write(head->status, room);
    at = put_fields(at, head->fields, head->field_count);
    at = put_response_framing(at, head, method, framing);
    at = put_option(at, option);
    return finish(out, room, at);
}

static struct weft_span method_text(const struct weft_http_head *head)
{
    struct weft_span known = weft_http_method_text(head->method);
    return known.size > 0 ? known : head->method_text;
}

// RFC 9110 §8.6: a request without content says so only where its method expects some.
static uint8_t *put_request_framing(uint8_t *at, const struct weft_http_head *head,
                                    enum weft_h1_framing framing)
{
    if (framing == WEFT_H1_BY_CHUNKS) return put(at, WEFT_SPAN("transfer-encoding: chunked\r\n"));
    if (framing == WEFT_H1_BY_LENGTH) return put_content_length(at, (uint64_t)head->content_length);
    bool expects_content = head->method == WEFT_HTTP_POST || head->method == WEFT_HTTP_PUT ||
                           head->method == WEFT_HTTP_PATCH;
    return expects_content || head->content_length == 0 ? put_content_length(at, 0) : at;
}

enum weft_result weft_h1_write_request(struct weft_queue *out, const struct weft_http_head *head,
                                       enum weft_http_version version, enum weft_h1_framing framing)
{
    struct weft_span method = method_text(head);
    size_t size = ROOM_BESIDE_FIELDS + weft_h1_fields_size(head->fields, head->field_count) +
                  method.size + head->path.size + head->authority.size;
    uint8_t *room = weft_queue_room(out, size);
    if (!room) return WEFT_NO_MEMORY;

    uint8_t *at = put(room, method);
    at = put(at, WEFT_SPAN(" "));
    at = put(at, head->path);
    at = put(at, version == WEFT_HTTP_1_0 ? WEFT_SPAN(" HTTP/1.0") : WEFT_SPAN(" HTTP/1.1"));
    at = put(at, WEFT_SPAN("\r\nhost: "));
    at = put(at, head->authority);
    at = put(at, WEFT_SPAN("\r\n"));
    at = put_fields(at, head->fields, head->field_count);
    at = put_request_framing(at, head, framing);
    if (weft_http_head_find(head, WEFT_HTTP_FIELD_TE)) {
        at = put(at, WEFT_SPAN("connection: te\r\n")); // §7.4
    }
    return finish(out, room, at);
}

enum weft_result weft_h1_write_trailers(struct weft_queue *out,
                                        const struct weft_http_field *fields, size_t count)
{
    uint8_t *room = weft_queue_room(out, ROOM_BESIDE_FIELDS + weft_h1_fields_size(fields, count));
    if (!room) return WEFT_NO_MEMORY;

    uint8_t *at = put(room, WEFT_SPAN("0\r\n"));
    at = put_fields(at, fields, count);
    return finish(out, room, at);
}

enum weft_result weft_h1_write_error(struct weft_queue *out, struct weft_h1_error error,
                                     bool is_head)
{
    struct weft_span text = weft_span_of(error.reason);
    uint8_t *room = weft_queue_room(out, ROOM_BESIDE_FIELDS + text.size);
    if (!room) return WEFT_NO_MEMORY;

    uint8_t *at = room + weft_h1_status_line_write(error.status, room);
    at = put(at, WEFT_SPAN("content-type: text/plain\r\n"));
    at = put_content_length(at, text.size + 1);
    at = put(at, WEFT_SPAN("connection: close\r\n\r\n"));
    if (!is_head) at = put(at, text);
    if (!is_head) at = put(at, WEFT_SPAN("\n"));
    weft_queue_add_room(out, (size_t)(at - room));
    return WEFT_OK;
}
