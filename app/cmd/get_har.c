// cmd/get_har.c: HAR 1.2, and the summary in JSON
#include "cmd/get_show.h"
#include "cmd/json_out.h"

#include <inttypes.h>
#include <time.h>

static double ms(uint64_t from_us, uint64_t to_us)
{
    return from_us && to_us > from_us ? (double)(to_us - from_us) / 1000 : 0;
}

static void put_text(FILE *out, const char *text)
{
    weft_json_text(out, weft_span_of(text));
}

static void put_version(FILE *out, unsigned version)
{
    fprintf(out, version % 10 ? "\"HTTP/%u.%u\"" : "\"HTTP/%u\"", version / 10, version % 10);
}

// A moment of the loop's clock as ISO 8601.
static void put_moment(FILE *out, const struct weft_get_record *record, uint64_t at_us)
{
    int64_t wall_us = record->start_wall_us + (int64_t)(at_us - record->start_us);
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm parts;
    char text[32];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    fprintf(out, "\"%s.%03dZ\"", text, (int)(wall_us / 1000 % 1000));
}

static void put_head(FILE *out, const struct weft_get_head *head)
{
    fputc('[', out);
    for (size_t i = 0; i < head->count; i++) {
        fprintf(out, "%s{\"name\":", i > 0 ? "," : "");
        weft_json_text(out, head->fields[i].name);
        fputs(",\"value\":", out);
        weft_json_text(out, head->fields[i].value);
        fputc('}', out);
    }
    fputc(']', out);
}

static struct weft_span value_of(const struct weft_get_head *head, enum weft_http_field_name id)
{
    const struct weft_http_field *field = weft_http_field_find(head->fields, head->count, id);
    return field ? field->value : (struct weft_span){NULL, 0};
}

static void put_request(FILE *out, const struct weft_get_entry *entry)
{
    fputs("\"request\":{\"method\":", out);
    weft_json_text(out, entry->method);
    fputs(",\"url\":", out);
    put_text(out, entry->url_text);
    fputs(",\"httpVersion\":", out);
    put_version(out, entry->report.version);
    fputs(",\"cookies\":[],\"headers\":", out);
    put_head(out, &entry->request);
    fputs(",\"queryString\":[],\"headersSize\":-1,\"bodySize\":-1}", out);
}

static void put_response(FILE *out, const struct weft_get_entry *entry)
{
    const struct weft_exchange_report *report = &entry->report;
    uint64_t size = report->decoded_size ? report->decoded_size : report->content_size;
    fprintf(out,
            ",\"response\":{\"status\":%u,\"statusText\":\"\",\"httpVersion\":", report->status);
    put_version(out, report->version);
    fputs(",\"cookies\":[],\"headers\":", out);
    put_head(out, &entry->response);
    fprintf(out,
            ",\"content\":{\"size\":%" PRIu64 ",\"compression\":%" PRId64 ",\"mimeType\":", size,
            (int64_t)size - (int64_t)report->content_size);
    weft_json_text(out, value_of(&entry->response, WEFT_HTTP_FIELD_CONTENT_TYPE));
    fputs("},\"redirectURL\":", out);
    weft_json_text(out, value_of(&entry->response, WEFT_HTTP_FIELD_LOCATION));
    fprintf(out, ",\"headersSize\":-1,\"bodySize\":%" PRIu64, report->content_size);
    if (entry->failure) {
        fputs(",\"_error\":", out);
        put_text(out, entry->failure);
    }
    fputc('}', out);
}

// Does this entry have its connection's opening in its own time? HAR has it with the first request.
static bool has_opened(const struct weft_get_record *record, const struct weft_get_entry *entry)
{
    for (size_t i = 0; i < record->entry_count; i++) {
        if (record->entries[i].report.connection_id == entry->report.connection_id) {
            return &record->entries[i] == entry;
        }
    }
    return false;
}

static void put_timings(FILE *out, const struct weft_get_record *record,
                        const struct weft_get_entry *entry)
{
    const struct weft_exchange_report *report = &entry->report;
    const struct weft_get_connection *it = weft_get_record_find(record, report->connection_id);
    uint64_t sent_us = report->sent_us ? report->sent_us : report->ended_us;
    uint64_t first_us = report->first_us ? report->first_us : report->ended_us;
    double blocked = ms(report->asked_us, sent_us);
    double dns = -1;
    double connect = -1;
    double ssl = -1;
    if (it && has_opened(record, entry) && it->info.start_us >= report->asked_us) {
        dns = ms(it->info.start_us, it->info.resolved_us);
        connect = ms(it->info.resolved_us, it->info.ready_us); // HAR: TLS is part of it
        if (it->info.tls_version) ssl = ms(it->info.connected_us, it->info.ready_us);
        blocked -= dns + connect;
    }
    fprintf(out,
            ",\"timings\":{\"blocked\":%.3f,\"dns\":%.3f,\"connect\":%.3f,\"ssl\":%.3f,\"send\":0,"
            "\"wait\":%.3f,\"receive\":%.3f}",
            blocked > 0 ? blocked : 0, dns, connect, ssl, ms(report->sent_us, first_us),
            ms(report->first_us, report->ended_us));
    fprintf(out, ",\"connection\":\"%" PRIu64 "\"", report->connection_id);
    if (it && it->info.address[0]) {
        char host[sizeof(it->info.address)];
        snprintf(host, sizeof(host), "%s", it->info.address);
        char *colon = strrchr(host, ':');
        if (colon) *colon = 0;
        fputs(",\"serverIPAddress\":", out);
        put_text(out, host);
    }
}

static void put_entry(FILE *out, const struct weft_get_record *record,
                      const struct weft_get_entry *entry)
{
    const struct weft_exchange_report *report = &entry->report;
    fputs("{\"startedDateTime\":", out);
    put_moment(out, record, report->asked_us);
    fprintf(out, ",\"time\":%.3f,", ms(report->asked_us, report->ended_us));
    put_request(out, entry);
    put_response(out, entry);
    fputs(",\"cache\":{}", out);
    put_timings(out, record, entry);
    fprintf(out, ",\"_stream\":%" PRIu64 ",\"_retries\":%u", report->stream_id, report->retries);
    if (entry->initiator) fprintf(out, ",\"_initiator\":{\"type\":\"%s\"}", entry->initiator);
    if (report->pushed_us) { // as Chromium has it
        fputs(",\"_was_pushed\":1,\"_promised\":", out);
        put_moment(out, record, report->pushed_us);
    }
    if (entry->unasked) {
        fputs(",\"_unasked\":", out);
        put_text(out, entry->unasked);
    }
    if (entry->interim_us) {
        fprintf(out,
                ",\"_interim\":{\"status\":%u,\"time\":%.3f,\"headers\":", entry->interim_status,
                ms(report->asked_us, entry->interim_us));
        put_head(out, &entry->interim);
        fputc('}', out);
    }
    fputc('}', out);
}

void weft_get_show_har(const struct weft_get_record *record, FILE *out)
{
    fputs("{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"weft get\",\"version\":"
          "\"" WEFT_VERSION "\"},\"pages\":[],\"entries\":[",
          out);
    for (size_t i = 0; i < record->entry_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", out);
        put_entry(out, record, &record->entries[i]);
    }
    fputs("\n]}}\n", out);
}

// The summary

static void put_connection(FILE *out, const struct weft_get_connection *it, uint64_t start_us)
{
    const struct weft_client_connection_info *info = &it->info;
    const struct weft_http_totals *totals = &it->totals;
    fprintf(out, "{\"id\":%" PRIu64 ",\"origin\":", info->id);
    put_text(out, info->origin);
    fputs(",\"address\":", out);
    put_text(out, info->address);
    fputs(",\"version\":", out);
    put_version(out, info->version);
    fputs(",\"tls\":", out);
    put_text(out, info->tls_version ? info->tls_version : "");
    fputs(",\"cipher\":", out);
    put_text(out, info->tls_cipher ? info->tls_cipher : "");
    fprintf(out,
            ",\"start_ms\":%.3f,\"resolve_ms\":%.3f,\"connect_ms\":%.3f,\"tls_ms\":%.3f,"
            "\"requests\":%zu",
            ms(start_us, info->start_us), ms(info->start_us, info->resolved_us),
            ms(info->resolved_us, info->connected_us), ms(info->connected_us, info->ready_us),
            info->request_count);
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
        put_text(out, text);
    } else {
        fputs("null", out);
    }
}

static void put_summary(FILE *out, const struct weft_get_entry *entry, uint64_t start_us)
{
    const struct weft_exchange_report *report = &entry->report;
    fputs("{\"url\":", out);
    put_text(out, entry->url_text);
    fputs(",\"method\":", out);
    weft_json_text(out, entry->method);
    fputs(",\"version\":", out);
    put_version(out, report->version);
    fprintf(out,
            ",\"status\":%u,\"connection\":%" PRIu64 ",\"stream\":%" PRIu64
            ",\"asked_ms\":%.3f,\"sent_ms\":%.3f,\"first_ms\":%.3f,\"ended_ms\":%.3f,\"content\":"
            "%" PRIu64 ",\"decoded\":%" PRIu64 ",\"redirects\":%u,\"retries\":%u,\"error\":",
            report->status, report->connection_id, report->stream_id,
            ms(start_us, report->asked_us), ms(start_us, report->sent_us),
            ms(start_us, report->first_us), ms(start_us, report->ended_us), report->content_size,
            report->decoded_size, report->redirects, report->retries);
    put_text_or_null(out, entry->failure);
    if (entry->initiator) fprintf(out, ",\"initiator\":\"%s\"", entry->initiator);
    if (report->pushed_us) {
        fprintf(out, ",\"promised_ms\":%.3f,\"unasked\":", ms(start_us, report->pushed_us));
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
