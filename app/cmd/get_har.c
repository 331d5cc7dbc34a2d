// cmd/get_har.c: HAR 1.2
#include "cmd/get_show.h"
#include "cmd/json_out.h"

#include <inttypes.h>
#include <time.h>

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
    weft_json_string(out, entry->url_text);
    fprintf(out, ",\"httpVersion\":\"HTTP/%s\"", weft_get_version_text(entry->report.version));
    fputs(",\"cookies\":[],\"headers\":", out);
    put_head(out, &entry->request);
    fputs(",\"queryString\":[],\"headersSize\":-1,\"bodySize\":-1}", out);
}

static void put_response(FILE *out, const struct weft_get_entry *entry)
{
    const struct weft_exchange_report *report = &entry->report;
    uint64_t size = report->decoded_size ? report->decoded_size : report->content_size;
    fprintf(out, ",\"response\":{\"status\":%u,\"statusText\":\"\",\"httpVersion\":\"HTTP/%s\"",
            report->status, weft_get_version_text(report->version));
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
        weft_json_string(out, entry->failure);
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
    double blocked = weft_get_ms(report->asked_us, sent_us);
    double dns = -1;
    double connect = -1;
    double ssl = -1;
    if (it && has_opened(record, entry) && it->info.start_us >= report->asked_us) {
        dns = weft_get_ms(it->info.start_us, it->info.resolved_us);
        connect = weft_get_ms(it->info.resolved_us, it->info.ready_us); // HAR: TLS is part of it
        if (it->info.tls_version) ssl = weft_get_ms(it->info.connected_us, it->info.ready_us);
        blocked -= dns + connect;
    }
    fprintf(out,
            ",\"timings\":{\"blocked\":%.3f,\"dns\":%.3f,\"connect\":%.3f,\"ssl\":%.3f,\"send\":0,"
            "\"wait\":%.3f,\"receive\":%.3f}",
            blocked > 0 ? blocked : 0, dns, connect, ssl, weft_get_ms(report->sent_us, first_us),
            weft_get_ms(report->first_us, report->ended_us));
    fprintf(out, ",\"connection\":\"%" PRIu64 "\"", report->connection_id);
    if (it && it->info.address[0]) {
        char host[sizeof(it->info.address)];
        snprintf(host, sizeof(host), "%s", it->info.address);
        char *colon = strrchr(host, ':');
        if (colon) *colon = 0;
        fputs(",\"serverIPAddress\":", out);
        weft_json_string(out, host);
    }
}

static void put_entry(FILE *out, const struct weft_get_record *record,
                      const struct weft_get_entry *entry)
{
    const struct weft_exchange_report *report = &entry->report;
    fputs("{\"startedDateTime\":", out);
    put_moment(out, record, report->asked_us);
    fprintf(out, ",\"time\":%.3f,", weft_get_ms(report->asked_us, report->ended_us));
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
        weft_json_string(out, entry->unasked);
    }
    if (entry->interim_us) {
        fprintf(out,
                ",\"_interim\":{\"status\":%u,\"time\":%.3f,\"headers\":", entry->interim_status,
                weft_get_ms(report->asked_us, entry->interim_us));
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
