// cmd/get_summary.c: the summary in JSON
#include "cmd/get_show.h"
#include "cmd/json_out.h"

#include <inttypes.h>

static void put_connection(FILE *out, const struct weft_get_connection *it, uint64_t start_us)
{
    const struct weft_client_connection_info *info = &it->info;
    const struct weft_http_totals *totals = &it->totals;
    fprintf(out, "{\"id\":%" PRIu64 ",\"origin\":", info->id);
    weft_json_string(out, info->origin);
    fputs(",\"address\":", out);
    weft_json_string(out, info->address);
    fprintf(out, ",\"version\":\"HTTP/%s\",\"tls\":", weft_get_version_text(info->version));
    weft_json_string(out, info->tls_version ? info->tls_version : "");
    fputs(",\"cipher\":", out);
    weft_json_string(out, info->tls_cipher ? info->tls_cipher : "");
    fprintf(out,
            ",\"start_ms\":%.3f,\"resolve_ms\":%.3f,\"connect_ms\":%.3f,\"tls_ms\":%.3f,"
            "\"requests\":%zu",
            weft_get_ms(start_us, info->start_us), weft_get_ms(info->start_us, info->resolved_us),
            weft_get_ms(info->resolved_us, info->connected_us),
            weft_get_ms(info->connected_us, info->ready_us), info->request_count);
    fprintf(out,
            ",\"fields_sent\":{\"text\":%" PRIu64 ",\"wire\":%" PRIu64
            "},\"fields_received\":{\"text\":%" PRIu64 ",\"wire\":%" PRIu64 "}",
            totals->field_text_sent, totals->field_wire_sent, totals->field_text_received,
            totals->field_wire_received);
    fprintf(out, ",\"content_received\":%" PRIu64 ",\"received\":%" PRIu64 ",\"sent\":%" PRIu64 "}",
            totals->content_received, totals->received_size, totals->sent_size);
}

static void put_text_or_null(FILE *out, const char *text)
{
    if (text) {
        weft_json_string(out, text);
    } else {
        fputs("null", out);
    }
}

static void put_summary(FILE *out, const struct weft_get_entry *entry, uint64_t start_us)
{
    const struct weft_exchange_report *report = &entry->report;
    fputs("{\"url\":", out);
    weft_json_string(out, entry->url_text);
    fputs(",\"method\":", out);
    weft_json_text(out, entry->method);
    fprintf(out,
            ",\"version\":\"HTTP/%s\",\"status\":%u,\"connection\":%" PRIu64 ",\"stream\":%" PRIu64
            ",\"asked_ms\":%.3f,\"sent_ms\":%.3f,\"first_ms\":%.3f,\"ended_ms\":%.3f,\"content\":"
            "%" PRIu64 ",\"decoded\":%" PRIu64 ",\"redirects\":%u,\"retries\":%u,\"error\":",
            weft_get_version_text(report->version), report->status, report->connection_id,
            report->stream_id, weft_get_ms(start_us, report->asked_us),
            weft_get_ms(start_us, report->sent_us), weft_get_ms(start_us, report->first_us),
            weft_get_ms(start_us, report->ended_us), report->content_size, report->decoded_size,
            report->redirects, report->retries);
    put_text_or_null(out, entry->failure);
    if (entry->initiator) fprintf(out, ",\"initiator\":\"%s\"", entry->initiator);
    if (report->pushed_us) {
        fprintf(out,
                ",\"promised_ms\":%.3f,\"unasked\":", weft_get_ms(start_us, report->pushed_us));
        put_text_or_null(out, entry->unasked);
    }
    fputc('}', out);
}

void weft_get_show_json(const struct weft_get_record *record, FILE *out)
{
    fputs("{\"connections\":[", out);
    for (size_t i = 0; i < record->connection_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", out);
        put_connection(out, &record->connections[i], record->start_us);
    }
    fputs("],\n\"requests\":[", out);
    for (size_t i = 0; i < record->entry_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", out);
        put_summary(out, &record->entries[i], record->start_us);
    }
    fprintf(out, "],\n\"total_ms\":%.3f,\"left_out\":%" PRIu64 "}\n",
            (double)weft_get_record_span_us(record) / 1000, record->left_out);
}
