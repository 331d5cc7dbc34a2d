// cmd/get_html.c: the timeline of a run as one page: no script, nothing from elsewhere
#include "cmd/get_show.h"

#include <inttypes.h>

static const char style[] =
    ":root{color-scheme:light dark;--line:#8884;--soft:#888;--blocked:#b8bcc8;--waiting:#e0a83a;"
    "--data:#2f7fd6;--dns:#7a6fd0;--connect:#3aa58a;--tls:#c05fa8;--pushed:#8fc26a;--bad:#c33}"
    "body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:82rem;padding:0 1rem}"
    "h1{font-size:1.4rem;margin:0 0 .2rem}p{color:var(--soft);margin:.2rem 0 1rem}"
    "table{border-collapse:collapse;width:100%;table-layout:fixed}"
    "th,td{text-align:left;padding:.2rem .5rem;border-bottom:1px solid var(--line);overflow:hidden;"
    "text-overflow:ellipsis;white-space:nowrap}th{font-weight:600}"
    ".name{width:24rem}.num{width:6rem;text-align:right;font-variant-numeric:tabular-nums}"
    ".code{width:4rem}tr.connection td{font-weight:600;background:#8881}"
    "tr.request .name{padding-left:1.5rem;font-family:ui-monospace,monospace;font-size:12.5px}"
    ".failed{color:var(--bad)}.lane{position:relative;height:1rem}"
    ".lane i{position:absolute;top:.15rem;bottom:.15rem;min-width:2px;border-radius:1px}"
    ".blocked{background:var(--blocked)}.waiting{background:var(--waiting)}.data{background:var(--"
    "data)}"
    ".dns{background:var(--dns)}.connect{background:var(--connect)}.tls{background:var(--tls)}"
    ".pushed{background:var(--pushed)}.unasked{color:var(--soft)}"
    ".legend span{margin-right:1.2rem}.legend i{display:inline-block;width:.8rem;height:.8rem;"
    "margin-right:.35rem;border-radius:2px;vertical-align:-1px}";

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc((unsigned char)*text < 0x20 ? '?' : *text, out);
        }
    }
}

// One piece of a bar, placed in percent of the whole time.
static void put_piece(FILE *out, const struct weft_get_record *record, const char *kind,
                      uint64_t from_us, uint64_t to_us)
{
    double span_us = (double)weft_get_record_span_us(record);
    if (!from_us || to_us < from_us) return;
    fprintf(out, "<i class=\"%s\" title=\"%s %.1f ms\" style=\"left:%.3f%%;width:%.3f%%\"></i>",
            kind, kind, (double)(to_us - from_us) / 1000,
            100 * (double)(from_us - record->start_us) / span_us,
            100 * (double)(to_us - from_us) / span_us);
}

static void put_connection(FILE *out, const struct weft_get_record *record,
                           const struct weft_get_connection *it)
{
    const struct weft_client_connection_info *info = &it->info;
    fprintf(out, "<tr class=\"connection\"><td class=\"name\">%" PRIu64 " ", info->id);
    put_escaped(out, info->origin);
    fprintf(out, " %s</td><td class=\"code\">", info->address);
    if (info->ready_us) {
        fprintf(out, "h%s", weft_get_version_text(info->version));
    } else {
        fputs("<span class=\"failed\">none</span>", out);
    }
    fprintf(
        out,
        "</td><td class=\"num\">%zu asked</td><td class=\"num\">%.1f</td><td><div class=\"lane\">",
        info->request_count,
        info->ready_us ? (double)(info->ready_us - info->start_us) / 1000 : 0.0);
    put_piece(out, record, "dns", info->start_us, info->resolved_us);
    put_piece(out, record, "connect", info->resolved_us, info->connected_us);
    if (info->tls_version) put_piece(out, record, "tls", info->connected_us, info->ready_us);
    fputs("</div></td></tr>\n", out);
}

static void put_entry(FILE *out, const struct weft_get_record *record,
                      const struct weft_get_entry *entry)
{
    const struct weft_exchange_report *report = &entry->report;
    uint64_t sent_us = report->sent_us ? report->sent_us : report->ended_us;
    uint64_t first_us = report->first_us ? report->first_us : report->ended_us;
    fputs("<tr class=\"request\"><td class=\"name\" title=\"", out);
    put_escaped(out, entry->url_text);
    fprintf(out, "\">%" PRIu64 " ", report->stream_id);
    put_escaped(out, entry->url_text);
    fputs("</td><td class=\"code\">", out);
    if (entry->failure) {
        fputs("<span class=\"failed\" title=\"", out);
        put_escaped(out, entry->failure);
        fputs("\">failed</span>", out);
    } else if (entry->unasked) {
        fprintf(out, "<span class=\"unasked\" title=\"pushed: ");
        put_escaped(out, entry->unasked);
        fprintf(out, "\">%u</span>", report->status);
    } else {
        fprintf(out, "%u", report->status);
    }
    fprintf(out,
            "</td><td class=\"num\">%" PRIu64
            "</td><td class=\"num\">%.1f</td><td><div class=\"lane\">",
            report->content_size, (double)(report->ended_us - report->asked_us) / 1000);
    put_piece(out, record, "pushed", report->pushed_us,
              entry->unasked ? report->ended_us : report->asked_us);
    if (!entry->unasked) {
        put_piece(out, record, "blocked", report->asked_us, sent_us);
        put_piece(out, record, "waiting", report->sent_us, first_us);
    }
    put_piece(out, record, "data", report->first_us, report->ended_us);
    fputs("</div></td></tr>\n", out);
}

static void put_legend(FILE *out)
{
    static const char *const names[][2] = {
        {"dns", "resolve"},     {"connect", "connect"}, {"tls", "TLS"},  {"pushed", "pushed"},
        {"blocked", "blocked"}, {"waiting", "waiting"}, {"data", "data"}};
    fputs("<p class=\"legend\">", out);
    for (size_t i = 0; i < WEFT_COUNT(names); i++) {
        fprintf(out, "<span><i class=\"%s\"></i>%s</span>", names[i][0], names[i][1]);
    }
    fputs("</p>\n", out);
}

void weft_get_show_html(const struct weft_get_record *record, FILE *out)
{
    fprintf(out,
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
            "content=\"width=device-width\">\n<title>weft get: %zu "
            "requests</title>\n<style>%s</style>\n"
            "<h1>%zu request%s over %zu connection%s</h1>\n<p>%.1f ms in all</p>\n",
            record->entry_count, style, record->entry_count, record->entry_count == 1 ? "" : "s",
            record->connection_count, record->connection_count == 1 ? "" : "s",
            (double)weft_get_record_span_us(record) / 1000);
    put_legend(out);
    fputs("<table><thead><tr><th class=\"name\">connection, stream and URL<th class=\"code\">status"
          "<th class=\"num\">bytes<th class=\"num\">ms<th>time</tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < record->connection_count; i++) {
        const struct weft_get_connection *it = &record->connections[i];
        put_connection(out, record, it);
        for (size_t k = 0; k < record->entry_count; k++) {
            const struct weft_get_entry *entry = &record->entries[k];
            if (entry->report.connection_id == it->info.id) put_entry(out, record, entry);
        }
    }
    for (size_t k = 0; k < record->entry_count; k++) {
        if (record->entries[k].report.connection_id == 0) {
            put_entry(out, record, &record->entries[k]);
        }
    }
    fputs("</tbody></table>\n</html>\n", out);
}
