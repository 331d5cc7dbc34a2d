// h1/trace.c: what is written into the caller's ring. HTTP/1 has no frames: its heads are fields, the start line as
// the pseudo-fields of the later versions (RFC 9113 §8.3), so that one reader serves all.
#include "http/trace.h"
#include "h1/conn.h"

static void trace_field(const struct weft_h1_conn *conn, uint64_t stream_id, bool is_out,
                        struct weft_span name, struct weft_span value)
{
    struct weft_trace_record record = {.at_us = conn->now_us,
                                       .stream_id = stream_id,
                                       .type = WEFT_TRACE_FIELD,
                                       .is_out = is_out,
                                       .name = name,
                                       .value = value};
    record.field.encoded_size = (uint32_t)(name.size + value.size);
    weft_trace_add(conn->trace, &record);
}

static void trace_pseudo(const struct weft_h1_conn *conn, uint64_t stream_id, bool is_out,
                         struct weft_span name, struct weft_span value)
{
    if (value.size > 0) trace_field(conn, stream_id, is_out, name, value);
}

static void trace_status(const struct weft_h1_conn *conn, uint64_t stream_id, bool is_out,
                         uint16_t status)
{
    uint8_t digits[3] = {(uint8_t)('0' + status / 100), (uint8_t)('0' + status / 10 % 10),
                         (uint8_t)('0' + status % 10)};
    trace_field(conn, stream_id, is_out, WEFT_SPAN(":status"), (struct weft_span){digits, 3});
}

// The start line.
static void trace_start(const struct weft_h1_conn *conn, uint64_t stream_id,
                        const struct weft_http_head *head, bool is_out)
{
    struct weft_span known = weft_http_method_text(head->method);
    struct weft_span method = known.size > 0 ? known : head->method_text;
    trace_pseudo(conn, stream_id, is_out, WEFT_SPAN(":method"), method);
    trace_pseudo(conn, stream_id, is_out, WEFT_SPAN(":authority"), head->authority);
    trace_pseudo(conn, stream_id, is_out, WEFT_SPAN(":path"), head->path);
    if (head->status) trace_status(conn, stream_id, is_out, head->status);
}

void weft_h1_trace_received(const struct weft_h1_conn *conn, uint64_t stream_id,
                            const struct weft_http_head *head)
{
    if (!conn->trace) return;
    trace_start(conn, stream_id, head, false);
    for (size_t i = 0; i < head->field_count; i++) {
        trace_field(conn, stream_id, false, head->fields[i].name, head->fields[i].value);
    }
}

void weft_h1_trace_sent(const struct weft_h1_conn *conn, uint64_t stream_id,
                        const struct weft_http_head *head, struct weft_span written)
{
    if (!conn->trace) return;
    trace_start(conn, stream_id, head, true);
    written = weft_span_skip(written, weft_span_find(written, '\r') + 2);
    while (written.size > 0) {
        struct weft_span line = weft_span_part(written, 0, weft_span_find(written, '\r'));
        size_t colon = weft_span_find(line, ':');
        written = weft_span_skip(written, line.size + 2);
        if (colon == line.size) continue; // what ends the head, and what ends chunks
        struct weft_span value = weft_span_trim(weft_span_skip(line, colon + 1));
        trace_field(conn, stream_id, true, weft_span_part(line, 0, colon), value);
    }
}

void weft_h1_trace_error(const struct weft_h1_conn *conn)
{
    if (!conn->trace) return;
    struct weft_trace_record record = {.at_us = conn->now_us,
                                       .type = WEFT_TRACE_ERROR,
                                       .is_out = !conn->error.by_peer,
                                       .value = weft_span_of(conn->error.reason)};
    record.error.scope = (uint8_t)conn->error.scope;
    record.error.code = conn->error.code;
    weft_trace_add(conn->trace, &record);
}
