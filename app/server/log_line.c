// server/log_line.c
#include "server/log_line.h"

#include "wire/hex.h"
#include "wire/json_text.h"

static void write_text(struct weft_writer *out, const char *text)
{
    weft_write_bytes(out, weft_span_of(text));
}

// What is not printable ASCII is escaped, so that the line is ASCII.
static void write_escaped(struct weft_writer *out, struct weft_span text)
{
    text = weft_span_part(text, 0, WEFT_LOG_TEXT_MOST);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte < 0x20 || byte > 0x7e) {
            write_text(out, "\\x");
            weft_write_hex_byte(out, byte);
            continue;
        }
        if (byte == '"' || byte == '\\') weft_write_u8(out, '\\');
        weft_write_u8(out, byte);
    }
}

static struct weft_span field_value(const struct weft_http_head *request,
                                    enum weft_http_field_name id)
{
    const struct weft_http_field *field = weft_http_head_find(request, id);
    return field ? field->value : (struct weft_span){0};
}

static struct weft_span method_of(const struct weft_http_head *request)
{
    if (request->method_text.size > 0) return request->method_text;
    return weft_http_method_text((enum weft_http_method)request->method);
}

static const char *version_text(unsigned version)
{
    switch (version) {
    case WEFT_HTTP_1_0: return "HTTP/1.0";
    case WEFT_HTTP_1_1: return "HTTP/1.1";
    case WEFT_HTTP_2: return "HTTP/2.0";
    case WEFT_HTTP_3: return "HTTP/3.0";
    default: return "HTTP/?";
    }
}

// CONNECT has no path, but an authority.
static struct weft_span target_of(const struct weft_http_head *request)
{
    return request->path.size > 0 ? request->path : request->authority;
}

// A name stands between spaces, so it has none of its own; nobody's is a hyphen.
static void write_user(struct weft_writer *out, struct weft_span user)
{
    if (user.size == 0) weft_write_u8(out, '-');
    for (size_t i = 0; i < user.size; i++) {
        struct weft_span byte = weft_span_part(user, i, 1);
        if (byte.data[0] == ' ') {
            write_text(out, "\\x20");
        } else {
            write_escaped(out, byte);
        }
    }
}

static void write_common(struct weft_writer *out, const struct weft_clock *clock,
                         const struct weft_log_record *record)
{
    write_text(out, record->client);
    write_text(out, " - ");
    write_user(out, record->user);
    write_text(out, " [");
    write_text(out, clock->log_time);
    write_text(out, "] \"");
    write_escaped(out, method_of(record->request));
    weft_write_u8(out, ' ');
    write_escaped(out, target_of(record->request));
    weft_write_u8(out, ' ');
    write_text(out, version_text(record->request->version));
    write_text(out, "\" ");
    weft_write_decimal(out, record->status);
    weft_write_u8(out, ' ');
    weft_write_decimal(out, record->content_size);
}

static void write_quoted(struct weft_writer *out, struct weft_span value)
{
    write_text(out, " \"");
    if (value.size == 0) weft_write_u8(out, '-');
    write_escaped(out, value);
    weft_write_u8(out, '"');
}

// Cut between two characters where it is long.
static struct weft_span shortened(struct weft_span text)
{
    struct weft_span cut = weft_span_part(text, 0, WEFT_LOG_TEXT_MOST);
    for (size_t back = 1; cut.size < text.size && back < 4; back++) {
        struct weft_span last = weft_span_skip(text, cut.size - back);
        if (weft_utf8_size(last) > back) return weft_span_part(cut, 0, cut.size - back);
    }
    return cut;
}

static void write_json_text(struct weft_writer *out, const char *name, struct weft_span value)
{
    write_text(out, ",\"");
    write_text(out, name);
    write_text(out, "\":");
    weft_write_json_text(out, shortened(value));
}

static void write_json_number(struct weft_writer *out, const char *name, uint64_t value)
{
    write_text(out, ",\"");
    write_text(out, name);
    write_text(out, "\":");
    weft_write_decimal(out, value);
}

static void write_json_bool(struct weft_writer *out, const char *name, bool value)
{
    write_text(out, ",\"");
    write_text(out, name);
    write_text(out, value ? "\":true" : "\":false");
}

static const char *json_version(unsigned version)
{
    return version == WEFT_HTTP_2   ? "HTTP/2"
           : version == WEFT_HTTP_3 ? "HTTP/3"
                                    : version_text(version);
}

static void write_json(struct weft_writer *out, const struct weft_clock *clock,
                       const struct weft_log_record *record)
{
    const struct weft_http_head *request = record->request;
    write_text(out, "{\"time\":\"");
    write_text(out, clock->iso_time);
    weft_write_u8(out, '"');
    write_json_text(out, "client", weft_span_of(record->client));
    write_json_text(out, "peer", weft_span_of(record->peer));
    write_json_number(out, "connection", record->connection);
    if (record->user.size > 0) write_json_text(out, "user", record->user);
    write_json_text(out, "method", method_of(request));
    write_json_text(out, "authority", request->authority);
    write_json_text(out, "target", target_of(request));
    write_json_text(out, "protocol", weft_span_of(json_version(request->version)));
    write_json_number(out, "status", record->status);
    write_json_number(out, "bytes", record->content_size);
    write_json_number(out, "duration_us", record->duration_us);
    write_json_bool(out, "complete", record->is_complete);
    write_json_number(out, "stream", record->stream_id);
    write_json_text(out, "referer", field_value(request, WEFT_HTTP_FIELD_REFERER));
    write_json_text(out, "user_agent", field_value(request, WEFT_HTTP_FIELD_USER_AGENT));
    if (record->tls_version) {
        write_json_text(out, "tls", weft_span_of(record->tls_version));
        write_json_text(out, "cipher", weft_span_of(record->tls_cipher));
        write_json_bool(out, "resumed", record->tls_resumed);
    }
    weft_write_u8(out, '}');
}

void weft_log_line_write(struct weft_writer *out, enum weft_log_format format,
                         const struct weft_clock *clock, const struct weft_log_record *record)
{
    switch (format) {
    case WEFT_LOG_COMMON: write_common(out, clock, record); break;
    case WEFT_LOG_COMBINED:
        write_common(out, clock, record);
        write_quoted(out, field_value(record->request, WEFT_HTTP_FIELD_REFERER));
        write_quoted(out, field_value(record->request, WEFT_HTTP_FIELD_USER_AGENT));
        break;
    case WEFT_LOG_JSON: write_json(out, clock, record); break;
    }
    weft_write_u8(out, '\n');
}
