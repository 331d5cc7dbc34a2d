// http/qlog.c
#include "http/qlog.h"

#include "http/error_code.h"
#include "http/field.h"
#include "http/head.h"
#include "http/scheduler.h"
#include "wire/json_text.h"

enum { RECORD_SEPARATOR = 0x1e, PRIORITY_UPDATE = 0x10 };

const char *weft_qlog_frame_name(uint8_t type)
{
    static const char *const names[] = {
        "DATA",         "HEADERS", "PRIORITY", "RST_STREAM",    "SETTINGS",
        "PUSH_PROMISE", "PING",    "GOAWAY",   "WINDOW_UPDATE", "CONTINUATION",
    };
    if (type == PRIORITY_UPDATE) return "PRIORITY_UPDATE";
    return type < WEFT_COUNT(names) ? names[type] : "unknown type";
}

static void put(struct weft_writer *out, const char *text)
{
    weft_write_bytes(out, weft_span_of(text));
}

// `before` is what stands ahead of the value: a comma, the key, a colon.
static void put_number(struct weft_writer *out, const char *before, uint64_t value)
{
    put(out, before);
    weft_write_decimal(out, value);
}

static void put_signed(struct weft_writer *out, const char *before, int64_t value)
{
    put(out, before);
    if (value < 0) weft_write_u8(out, '-');
    weft_write_decimal(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void put_word(struct weft_writer *out, const char *before, const char *word)
{
    put(out, before);
    weft_write_u8(out, '"');
    put(out, word);
    weft_write_u8(out, '"');
}

static void put_ms(struct weft_writer *out, const char *before, uint64_t us)
{
    unsigned rest = (unsigned)(us % 1000);
    put_number(out, before, us / 1000);
    weft_write_u8(out, '.');
    weft_write_u8(out, (uint8_t)('0' + rest / 100));
    weft_write_u8(out, (uint8_t)('0' + rest / 10 % 10));
    weft_write_u8(out, (uint8_t)('0' + rest % 10));
}

size_t weft_qlog_size(const struct weft_trace_record *record)
{
    return WEFT_QLOG_RECORD_SIZE + WEFT_QLOG_TEXT_FACTOR * (record->name.size + record->value.size);
}

void weft_qlog_start(struct weft_writer *out, const char *title, bool is_server,
                     int64_t reference_us)
{
    weft_write_u8(out, RECORD_SEPARATOR);
    put_word(out, "{\"qlog_version\":\"0.4\",\"qlog_format\":\"JSON-SEQ\",\"title\":", title);
    put_word(out, ",\"trace\":{\"vantage_point\":{\"type\":", is_server ? "server" : "client");
    put_word(out,
             "},\"common_fields\":{\"time_format\":", reference_us == 0 ? "absolute" : "relative");
    if (reference_us != 0) put_ms(out, ",\"reference_time\":", (uint64_t)reference_us);
    put(out, "}}}\n");
}

// Up to the event's name, whose quotes the caller closes.
static void begin(struct weft_writer *out, const struct weft_qlog_group *group, uint64_t at_us)
{
    int64_t time_us = (int64_t)at_us - group->zero_us;
    weft_write_u8(out, RECORD_SEPARATOR);
    put_ms(out, "{\"time\":", time_us > 0 ? (uint64_t)time_us : 0);
    put_number(out, ",\"group_id\":\"", group->id);
    put(out, "\",\"name\":\"");
}

static void put_frame(struct weft_writer *out, const struct weft_trace_record *record)
{
    put(out, record->is_out ? "http2:frame_created" : "http2:frame_parsed");
    put_number(out, "\",\"data\":{\"stream_id\":", record->stream_id);
    put_number(out, ",\"length\":", record->frame.length);
    put_word(out, ",\"frame\":{\"frame_type\":", weft_qlog_frame_name(record->frame.type));
    put_number(out, ",\"type_value\":", record->frame.type);
    put_number(out, ",\"flags\":", record->frame.flags);
    weft_write_u8(out, '}');
}

static bool is_secret(struct weft_span name)
{
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie",
                                        "set-cookie"};
    for (size_t i = 0; i < WEFT_COUNT(names); i++) {
        if (weft_span_equal_ignoring_case(name, weft_span_of(names[i]))) return true;
    }
    return false;
}

static void put_field(struct weft_writer *out, const struct weft_qlog_group *group,
                      const struct weft_trace_record *record)
{
    static const char *const names[] = {"indexed", "literal_indexed", "literal", "never_indexed"};
    bool is_packed = group->version == WEFT_HTTP_2;
    bool is_hidden = group->hides_secrets && is_secret(record->name);
    put(out, is_packed ? "hpack:field_" : "http1:field_");
    put(out, record->is_out ? "encoded" : "decoded");
    put_number(out, "\",\"data\":{\"stream_id\":", record->stream_id);
    put(out, ",\"name\":");
    weft_write_json_text(out, record->name);
    put(out, is_hidden ? ",\"hidden\":true" : ",\"value\":");
    if (!is_hidden) weft_write_json_text(out, record->value);
    put_number(out, ",\"length\":", record->field.encoded_size);
    if (is_packed && record->field.representation < WEFT_COUNT(names)) {
        put_word(out, ",\"representation\":", names[record->field.representation]);
    }
}

static void put_window(struct weft_writer *out, const struct weft_trace_record *record)
{
    put_number(out, "http2:window_updated\",\"data\":{\"stream_id\":", record->stream_id);
    put_signed(out, ",\"change\":", record->window.change);
    put_signed(out, ",\"available\":", record->window.available);
}

static void put_schedule(struct weft_writer *out, const struct weft_trace_record *record)
{
    static const char *const reasons[] = {
        [WEFT_HTTP_TURN_ORDER] = "order", [WEFT_HTTP_TURN_SHARE] = "share",
        [WEFT_HTTP_TURN_FLOOR] = "floor", [WEFT_HTTP_TURN_FIRST] = "first",
        [WEFT_HTTP_TURN_WHOLE] = "whole",
    };
    uint8_t reason = record->schedule.reason;
    put_number(out, "http2:stream_scheduled\",\"data\":{\"stream_id\":", record->stream_id);
    put_number(out, ",\"urgency\":", record->schedule.urgency);
    put(out, record->schedule.incremental ? ",\"incremental\":true" : ",\"incremental\":false");
    put_word(out, ",\"reason\":", reason < WEFT_COUNT(reasons) ? reasons[reason] : "unknown");
    put_number(out, ",\"length\":", record->schedule.size);
}

static void put_error(struct weft_writer *out, const struct weft_trace_record *record)
{
    put_number(out, "http2:error\",\"data\":{\"stream_id\":", record->stream_id);
    put_word(out, ",\"owner\":", record->is_out ? "local" : "remote");
    put_word(out, ",\"code\":", weft_http_error_code_name(record->error.code));
    put(out, ",\"reason\":");
    weft_write_json_text(out, record->value);
}

void weft_qlog_record(struct weft_writer *out, const struct weft_qlog_group *group,
                      const struct weft_trace_record *record)
{
    begin(out, group, record->at_us);
    switch (record->type) {
    case WEFT_TRACE_FRAME: put_frame(out, record); break;
    case WEFT_TRACE_FIELD: put_field(out, group, record); break;
    case WEFT_TRACE_WINDOW: put_window(out, record); break;
    case WEFT_TRACE_TABLE:
        put_number(out, "hpack:table_resized\",\"data\":{\"size\":", record->table.size);
        break;
    case WEFT_TRACE_SCHEDULE: put_schedule(out, record); break;
    default: put_error(out, record); break;
    }
    put(out, "}}\n");
}

void weft_qlog_opened(struct weft_writer *out, const struct weft_qlog_group *group, uint64_t at_us,
                      const char *peer, bool is_secure)
{
    begin(out, group, at_us);
    put(out, "connectivity:connection_started\",\"data\":{\"peer\":");
    weft_write_json_text(out, weft_span_of(peer));
    put(out, is_secure ? ",\"tls\":true}}\n" : ",\"tls\":false}}\n");
}

void weft_qlog_closed(struct weft_writer *out, const struct weft_qlog_group *group, uint64_t at_us,
                      uint64_t lost)
{
    begin(out, group, at_us);
    put_number(out, "connectivity:connection_closed\",\"data\":{\"records_lost\":", lost);
    put(out, "}}\n");
}
