// cmd/get_qlog.c
#include "cmd/get_qlog.h"

#include "cmd/json_out.h"
#include "http/error_code.h"

#include <inttypes.h>

enum { RECORD_SEPARATOR = 0x1e, PRIORITY_UPDATE = 0x10 };

const char *weft_get_frame_name(uint8_t type)
{
    static const char *const names[] = {
        "DATA",         "HEADERS", "PRIORITY", "RST_STREAM",    "SETTINGS",
        "PUSH_PROMISE", "PING",    "GOAWAY",   "WINDOW_UPDATE", "CONTINUATION",
    };
    if (type == PRIORITY_UPDATE) return "PRIORITY_UPDATE";
    return type < WEFT_COUNT(names) ? names[type] : "unknown type";
}

void weft_get_qlog_start(FILE *out, int64_t start_wall_us)
{
    fprintf(out,
            "%c{\"qlog_version\":\"0.4\",\"qlog_format\":\"JSON-SEQ\",\"title\":\"weft get\","
            "\"trace\":{\"vantage_point\":{\"type\":\"client\"},\"common_fields\":{"
            "\"time_format\":\"relative\",\"reference_time\":%.3f}}}\n",
            RECORD_SEPARATOR, (double)start_wall_us / 1000);
}

static void put_frame(FILE *out, const struct weft_trace_record *record)
{
    fprintf(out,
            "\"http2:frame_%s\",\"data\":{\"stream_id\":%" PRIu64 ",\"length\":%u,\"frame\":{"
            "\"frame_type\":\"%s\",\"type_value\":%u,\"flags\":%u}}",
            record->is_out ? "created" : "parsed", record->stream_id, record->frame.length,
            weft_get_frame_name(record->frame.type), record->frame.type, record->frame.flags);
}

static void put_field(FILE *out, unsigned version, const struct weft_trace_record *record)
{
    static const char *const names[] = {"indexed", "literal_indexed", "literal", "never_indexed"};
    fprintf(out, "\"%s:field_%s\",\"data\":{\"stream_id\":%" PRIu64 ",\"name\":",
            version == WEFT_HTTP_2 ? "hpack" : "http1", record->is_out ? "encoded" : "decoded",
            record->stream_id);
    weft_json_text(out, record->name);
    fputs(",\"value\":", out);
    weft_json_text(out, record->value);
    fprintf(out, ",\"length\":%u", record->field.encoded_size);
    if (version == WEFT_HTTP_2 && record->field.representation < WEFT_COUNT(names)) {
        fprintf(out, ",\"representation\":\"%s\"", names[record->field.representation]);
    }
    fputc('}', out);
}

static void put_error(FILE *out, const struct weft_trace_record *record)
{
    fprintf(out,
            "\"http2:error\",\"data\":{\"stream_id\":%" PRIu64
            ",\"owner\":\"%s\",\"code\":\"%s\",\"reason\":",
            record->stream_id, record->is_out ? "local" : "remote",
            weft_http_error_code_name(record->error.code));
    weft_json_text(out, record->value);
    fputc('}', out);
}

void weft_get_qlog_record(FILE *out, uint64_t start_us,
                          const struct weft_client_connection_info *info,
                          const struct weft_trace_record *record)
{
    double time_ms = record->at_us > start_us ? (double)(record->at_us - start_us) / 1000 : 0;
    fprintf(out, "%c{\"time\":%.3f,\"group_id\":\"%" PRIu64 "\",\"name\":", RECORD_SEPARATOR,
            time_ms, info->id);
    switch (record->type) {
    case WEFT_TRACE_FRAME: put_frame(out, record); break;
    case WEFT_TRACE_FIELD: put_field(out, info->version, record); break;
    case WEFT_TRACE_WINDOW:
        fprintf(out,
                "\"http2:window_updated\",\"data\":{\"stream_id\":%" PRIu64 ",\"change\":%" PRId64
                ",\"available\":%" PRId64 "}",
                record->stream_id, record->window.change, record->window.available);
        break;
    case WEFT_TRACE_TABLE:
        fprintf(out, "\"hpack:table_resized\",\"data\":{\"size\":%" PRIu64 "}", record->table.size);
        break;
    case WEFT_TRACE_SCHEDULE:
        fprintf(out,
                "\"http2:stream_scheduled\",\"data\":{\"stream_id\":%" PRIu64
                ",\"urgency\":%u,\"incremental\":%s,\"reason\":%u,\"length\":%u}",
                record->stream_id, record->schedule.urgency,
                record->schedule.incremental ? "true" : "false", record->schedule.reason,
                record->schedule.size);
        break;
    default: put_error(out, record); break;
    }
    fputs("}\n", out);
}
