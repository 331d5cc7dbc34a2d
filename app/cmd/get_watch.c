// cmd/get_watch.c
#include "cmd/get_watch.h"

#include "cmd/get_qlog.h"
#include "cmd/term.h"
#include "http/error_code.h"
#include "http/qlog.h"
#include "http/trace.h"

#include <inttypes.h>

static const char *const representations[] = {"indexed", "literal, indexed", "literal",
                                              "never indexed"};

enum { SETTINGS = 4, PING = 6, FIELDS_SHOWN = 16 };

static void put(FILE *out, struct weft_span text)
{
    weft_term_put(out, (const char *)text.data, text.size);
}

static void begin_line(const struct weft_get_watch *watch, uint64_t at_us,
                       const struct weft_client_connection_info *info, const char *mark)
{
    const struct weft_term *term = weft_term_of(watch->out);
    uint64_t since_us = at_us > watch->start_us ? at_us - watch->start_us : 0;
    fprintf(watch->out, "%s%9.3f ms%s  %" PRIu64 " %s ", term->dim, (double)since_us / 1000,
            term->plain, info->id, mark);
}

static void put_flag(FILE *out, bool holds, const char *name, const char **comma)
{
    if (!holds) return;
    fprintf(out, "%s%s", *comma, name);
    *comma = " ";
}

// RFC 9113 §6
static void put_flags(FILE *out, uint8_t type, uint8_t flags)
{
    const char *comma = "  ";
    bool is_ack = type == SETTINGS || type == PING;
    put_flag(out, (flags & 1) && is_ack, "ACK", &comma);
    put_flag(out, (flags & 1) && !is_ack, "END_STREAM", &comma);
    put_flag(out, (flags & 4) != 0, "END_HEADERS", &comma);
    put_flag(out, (flags & 8) != 0, "PADDED", &comma);
    put_flag(out, (flags & 32) != 0, "PRIORITY", &comma);
}

static void put_frame(const struct weft_get_watch *watch, const struct weft_trace_record *record)
{
    const struct weft_term *term = weft_term_of(watch->out);
    uint8_t type = record->frame.type;
    const char *name = weft_qlog_frame_name(type);
    fprintf(watch->out, "%s%-13s%s stream %-3" PRIu64 " %6u bytes", term->bold, name, term->plain,
            record->stream_id, record->frame.length);
    put_flags(watch->out, type, record->frame.flags);
}

static void put_field(const struct weft_get_watch *watch, unsigned version,
                      const struct weft_trace_record *record)
{
    const struct weft_term *term = weft_term_of(watch->out);
    fprintf(watch->out, "    ");
    put(watch->out, record->name);
    fprintf(watch->out, ": ");
    put(watch->out, record->value);
    fprintf(watch->out, "%s  (%u byte%s", term->dim, record->field.encoded_size,
            record->field.encoded_size == 1 ? "" : "s");
    if (version == WEFT_HTTP_2 && record->field.representation < WEFT_COUNT(representations)) {
        fprintf(watch->out, ", %s", representations[record->field.representation]);
    }
    fprintf(watch->out, ")%s", term->plain);
}

static void on_record(void *context, const struct weft_client_connection_info *info,
                      const struct weft_trace_record *record)
{
    struct weft_get_watch *watch = context;
    if (watch->qlog) weft_get_qlog_record(watch->qlog, watch->start_us, info, record);
    if (watch->fields && record->type == WEFT_TRACE_FIELD) {
        weft_get_fields_add(watch->fields, record->name, record->value, record->field.encoded_size,
                            record->is_out);
    }
    if (!watch->out) return;
    bool is_shown = record->type == WEFT_TRACE_FRAME || record->type == WEFT_TRACE_FIELD ||
                    (record->type == WEFT_TRACE_ERROR && record->error.code != 0);
    if (!is_shown) return;
    begin_line(watch, record->at_us, info, record->is_out ? ">" : "<");
    switch (record->type) {
    case WEFT_TRACE_FRAME: put_frame(watch, record); break;
    case WEFT_TRACE_FIELD: put_field(watch, info->version, record); break;
    default:
        fprintf(watch->out, "error %s: ", weft_http_error_code_name(record->error.code));
        put(watch->out, record->value);
        break;
    }
    fputc('\n', watch->out);
}

static void add_totals(struct weft_http_totals *sum, const struct weft_http_totals *more)
{
    sum->requests += more->requests;
    sum->received_size += more->received_size;
    sum->sent_size += more->sent_size;
    sum->field_text_received += more->field_text_received;
    sum->field_text_sent += more->field_text_sent;
    sum->field_wire_received += more->field_wire_received;
    sum->field_wire_sent += more->field_wire_sent;
    sum->content_received += more->content_received;
    sum->content_sent += more->content_sent;
}

// Round trips from the first packet to the first request: TCP's, and TLS's (RFC 8446 §2: one; TLS 1.2: two).
static size_t round_trips_of(const struct weft_client_connection_info *info)
{
    if (!info->tls_version) return 1;
    return strcmp(info->tls_version, "TLSv1.3") == 0 ? 2 : 3;
}

static void put_change(const struct weft_get_watch *watch,
                       const struct weft_client_connection_info *info)
{
    FILE *out = watch->out;
    if (info->closed_us) {
        begin_line(watch, info->closed_us, info, "*");
        fprintf(out, "closed\n");
    } else if (info->ready_us) {
        begin_line(watch, info->ready_us, info, "*");
        fprintf(out, "ready: HTTP/%u", info->version / 10);
        if (info->version % 10) fprintf(out, ".%u", info->version % 10);
        if (info->tls_version) fprintf(out, " over %s, %s", info->tls_version, info->tls_cipher);
        fputc('\n', out);
    } else if (info->connected_us) {
        begin_line(watch, info->connected_us, info, "*");
        fprintf(out, "connected to %s for %s\n", info->address, info->origin);
    }
}

static void on_change(void *context, const struct weft_client_connection_info *info)
{
    struct weft_get_watch *watch = context;
    if (watch->out) put_change(watch, info);
    if (watch->record) weft_get_record_connection(watch->record, info);
    if (info->closed_us) {
        if (info->totals) add_totals(&watch->totals, info->totals);
    } else if (info->ready_us) {
        watch->connections++;
        watch->handshakes += info->tls_version != NULL;
        watch->round_trips += round_trips_of(info);
    }
}

static void on_pushed(void *context, const struct weft_client_connection_info *info,
                      const struct weft_client_push_report *push)
{
    struct weft_get_watch *watch = context;
    bool is_claimed = push->fate == WEFT_CLIENT_PUSH_CLAIMED;
    watch->pushes++;
    watch->pushes_claimed += is_claimed;
    if (!is_claimed) watch->pushes_wasted += push->content_size;
    if (watch->record) weft_get_record_push(watch->record, push);
    if (!watch->out) return;
    begin_line(watch, is_claimed ? push->promised_us : push->ended_us, info, "*");
    fprintf(watch->out, "push on stream %" PRIu64 " of ", push->stream_id);
    put(watch->out, push->request->path);
    if (is_claimed) {
        fprintf(watch->out, ": a request took it; it was promised then\n");
    } else {
        fprintf(watch->out, ": not used, %" PRIu64 " bytes: %s\n", push->content_size,
                push->reason);
    }
}

struct weft_client_observer weft_get_watch_observer(struct weft_get_watch *watch)
{
    bool reads_trace = watch->out || watch->qlog || watch->fields;
    return (struct weft_client_observer){.changed = on_change,
                                         .pushed = on_pushed,
                                         .record = reads_trace ? on_record : NULL,
                                         .context = watch};
}

static void put_fields_line(FILE *out, const char *what, uint64_t text, uint64_t wire)
{
    fprintf(out, "  %s %" PRIu64 " bytes as text, %" PRIu64 " on the wire", what, text, wire);
    if (text > wire) fprintf(out, ", %.1f %% saved", 100.0 * (double)(text - wire) / (double)text);
    fputc('\n', out);
}

void weft_get_watch_stats(struct weft_get_watch *watch, FILE *out)
{
    const struct weft_http_totals *totals = &watch->totals;
    fprintf(out,
            "  connections     %zu, with %zu TLS handshake%s; round trips before requests: %zu\n",
            watch->connections, watch->handshakes, watch->handshakes == 1 ? "" : "s",
            watch->round_trips);
    fprintf(out, "  requests        %" PRIu64 "\n", totals->requests);
    if (watch->pushes > 0) {
        fprintf(out,
                "  pushes          %zu, of which %zu were asked for; wasted: %" PRIu64 " bytes\n",
                watch->pushes, watch->pushes_claimed, watch->pushes_wasted);
    }
    put_fields_line(out, "fields sent    ", totals->field_text_sent, totals->field_wire_sent);
    put_fields_line(out, "fields received", totals->field_text_received,
                    totals->field_wire_received);
    fprintf(out, "  content         %" PRIu64 " bytes received, %" PRIu64 " sent\n",
            totals->content_received, totals->content_sent);
    fprintf(out, "  in all          %" PRIu64 " bytes received, %" PRIu64 " sent, without TLS\n",
            totals->received_size, totals->sent_size);
    if (watch->fields) weft_get_fields_show(watch->fields, out, FIELDS_SHOWN);
}
