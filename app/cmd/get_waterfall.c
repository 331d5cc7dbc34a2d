// cmd/get_waterfall.c: the timeline of a run, for a terminal
#include "cmd/get_show.h"
#include "cmd/term.h"

#include <inttypes.h>

enum { LABEL_SIZE = 28, FIGURES = 38, BAR_LEAST = 10, TEXT_SIZE = 64 };

// What a column of a bar shows; the later one wins where two fall into a column.
enum phase { NOTHING, PUSHED, BLOCKED, WAITING, DATA, RESOLVING, CONNECTING, SECURING, PHASES };

static const char *const blocks[PHASES] = {" ", "▒", "·", "░", "█", "─", "╌", "═"};
static const char *const letters[PHASES] = {" ", "p", ".", "-", "#", "d", "c", "t"};

struct canvas {
    const struct weft_get_record *record;
    FILE *out;
    size_t width; // of bars
    uint64_t span_us;
    const char *const *signs;
};

static size_t column_of(const struct canvas *canvas, uint64_t at_us)
{
    uint64_t since_us = at_us > canvas->record->start_us ? at_us - canvas->record->start_us : 0;
    size_t column = (size_t)(since_us * canvas->width / canvas->span_us);
    return column < canvas->width ? column : canvas->width - 1;
}

static void paint(const struct canvas *canvas, uint8_t *bar, uint64_t from_us, uint64_t to_us,
                  enum phase phase)
{
    if (!from_us || !to_us) return;
    size_t last = column_of(canvas, to_us);
    for (size_t i = column_of(canvas, from_us); i <= last; i++) {
        bar[i] = (uint8_t)phase;
    }
}

static void put_bar(const struct canvas *canvas, const uint8_t *bar)
{
    fputc(' ', canvas->out);
    for (size_t i = 0; i < canvas->width; i++) {
        fputs(canvas->signs[bar[i]], canvas->out);
    }
    fputc(' ', canvas->out);
}

// The end of a text that is too long tells more than its start; `number` stays whole.
static void put_label(const struct canvas *canvas, const char *number, const char *text)
{
    size_t size = strlen(text);
    size_t room = strlen(number) < LABEL_SIZE - 8 ? LABEL_SIZE - strlen(number) : 8;
    char label[LABEL_SIZE + TEXT_SIZE];
    bool is_cut = size > room;
    snprintf(label, sizeof(label), "%s%s%.*s", number, is_cut ? "..." : "", (int)room,
             is_cut ? text + size - (room - 3) : text);
    size = strlen(label);
    weft_term_put(canvas->out, label, size);
    fprintf(canvas->out, "%*s", size < LABEL_SIZE ? (int)(LABEL_SIZE - size) : 0, "");
}

static void put_connection(const struct canvas *canvas, const struct weft_get_connection *it)
{
    const struct weft_client_connection_info *info = &it->info;
    const struct weft_term *term = weft_term_of(canvas->out);
    uint8_t bar[1024] = {0};
    char number[TEXT_SIZE];
    snprintf(number, sizeof(number), "%" PRIu64 " ", info->id);
    fputs(term->bold, canvas->out);
    put_label(canvas, number, info->origin);
    fputs(term->plain, canvas->out);
    paint(canvas, bar, info->start_us, info->resolved_us, RESOLVING);
    paint(canvas, bar, info->resolved_us, info->connected_us, CONNECTING);
    if (info->tls_version) paint(canvas, bar, info->connected_us, info->ready_us, SECURING);
    put_bar(canvas, bar);
    if (!info->ready_us) {
        fprintf(canvas->out, "%sfailed%s\n", term->red, term->plain);
        return;
    }
    fprintf(canvas->out, "%8.1f ms  HTTP/%s%s\n", weft_get_ms(info->start_us, info->ready_us),
            weft_get_version_text(info->version), info->is_secure ? " TLS" : "");
}

static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    return path ? path : url;
}

static void put_asked(const struct canvas *canvas, uint8_t *bar,
                      const struct weft_exchange_report *report, uint64_t last_us)
{
    paint(canvas, bar, report->asked_us, report->sent_us ? report->sent_us : report->ended_us,
          BLOCKED);
    paint(canvas, bar, report->sent_us, last_us, WAITING);
}

static void put_entry(const struct canvas *canvas, const struct weft_get_entry *entry)
{
    const struct weft_exchange_report *report = &entry->report;
    const struct weft_term *term = weft_term_of(canvas->out);
    uint8_t bar[1024] = {0};
    char number[TEXT_SIZE];
    snprintf(number, sizeof(number), "  %" PRIu64 ".%-3" PRIu64 " ", report->connection_id,
             report->stream_id);
    put_label(canvas, number, path_of(entry->url_text));
    uint64_t last_us = report->first_us ? report->first_us : report->ended_us;
    paint(canvas, bar, report->pushed_us, entry->unasked ? report->ended_us : report->asked_us,
          PUSHED);
    if (!entry->unasked) put_asked(canvas, bar, report, last_us);
    paint(canvas, bar, report->first_us, report->ended_us, DATA);
    put_bar(canvas, bar);
    double whole_ms = weft_get_ms(report->asked_us, report->ended_us);
    if (entry->failure) {
        fprintf(canvas->out, "%8.1f ms  %s", whole_ms, term->red);
        weft_term_put(canvas->out, entry->failure, strlen(entry->failure));
        fprintf(canvas->out, "%s\n", term->plain);
        return;
    }
    const char *way = report->pushed_us ? ", pushed" : "";
    if (entry->unasked) way = ", unasked";
    fprintf(canvas->out, "%8.1f ms  %u%s %9" PRIu64 " bytes%s\n", whole_ms, report->status,
            entry->interim_us ? "+" : " ", report->content_size, way);
}

static void put_scale(const struct canvas *canvas)
{
    const struct weft_term *term = weft_term_of(canvas->out);
    char end[TEXT_SIZE];
    snprintf(end, sizeof(end), "%.1f ms", (double)canvas->span_us / 1000);
    fprintf(canvas->out, "%s%-*s 0%*s%s\n", term->dim, LABEL_SIZE, "", (int)canvas->width - 1, end,
            term->plain);
}

static void put_legend(const struct canvas *canvas)
{
    static const char *const names[PHASES] = {"",     "pushed",  "blocked", "waiting",
                                              "data", "resolve", "connect", "TLS"};
    const struct weft_term *term = weft_term_of(canvas->out);
    fputs(term->dim, canvas->out);
    for (int i = 1; i < PHASES; i++) {
        fprintf(canvas->out, "%s%s %s", i > 1 ? "   " : "", canvas->signs[i], names[i]);
    }
    fprintf(canvas->out, "%s\n", term->plain);
}

void weft_get_show_waterfall(const struct weft_get_record *record, FILE *out, size_t width,
                             bool is_unicode)
{
    size_t least = LABEL_SIZE + FIGURES + 2;
    struct canvas canvas = {.record = record,
                            .out = out,
                            .width = width > least + BAR_LEAST ? width - least : BAR_LEAST,
                            .span_us = weft_get_record_span_us(record),
                            .signs = is_unicode ? blocks : letters};
    if (canvas.width > 1024) canvas.width = 1024;
    put_scale(&canvas);
    for (size_t i = 0; i < record->connection_count; i++) {
        const struct weft_get_connection *it = &record->connections[i];
        put_connection(&canvas, it);
        for (size_t k = 0; k < record->entry_count; k++) {
            const struct weft_get_entry *entry = &record->entries[k];
            if (entry->report.connection_id == it->info.id) put_entry(&canvas, entry);
        }
    }
    for (size_t k = 0; k < record->entry_count; k++) { // those that never had a connection
        if (record->entries[k].report.connection_id == 0) put_entry(&canvas, &record->entries[k]);
    }
    put_legend(&canvas);
}
