// server/overseer_pages.c
#include "server/overseer_pages.h"

#include "http/target.h"
#include "server/clock.h"
#include "server/learner.h"
#include "wire/json_text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static const struct {
    struct weft_span path;
    enum weft_overseer_page page;
} paths[] = {
    {WEFT_SPAN_INIT("/"), WEFT_OVERSEER_INDEX},
    {WEFT_SPAN_INIT("/metrics"), WEFT_OVERSEER_METRICS},
    {WEFT_SPAN_INIT("/healthz"), WEFT_OVERSEER_HEALTH},
    {WEFT_SPAN_INIT("/readyz"), WEFT_OVERSEER_READY},
    {WEFT_SPAN_INIT("/status"), WEFT_OVERSEER_STATUS},
    {WEFT_SPAN_INIT("/delivery"), WEFT_OVERSEER_DELIVERY},
};

static const char index_text[] =
    "/metrics   figures for Prometheus\n"
    "/healthz   200 while all threads answer, else 503\n"
    "/readyz    200 while new connections are taken, else 503\n"
    "/status    the most important figures as JSON\n"
    "/delivery  what was hinted and pushed, and what came of it, as JSON\n";

static bool is_address(struct weft_span host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    if (host.size > 0 && host.data[0] == '[') return true; // an IPv6 address, as it was parsed
    if (host.size >= sizeof(text)) return false;
    memcpy(text, host.data, host.size);
    text[host.size] = 0;
    return inet_pton(AF_INET, text, &address) == 1;
}

static bool is_for_us(const struct weft_http_head *request, const char *own_host)
{
    struct weft_http_authority authority;
    if (request->authority.size == 0) return true; // HTTP/1.0 without Host: no browser
    if (!weft_http_parse_authority(request->authority, &authority)) return false;
    return is_address(authority.host) ||
           weft_span_equal_ignoring_case(authority.host, WEFT_SPAN("localhost")) ||
           weft_span_equal_ignoring_case(authority.host, weft_span_of(own_host));
}

enum weft_overseer_page weft_overseer_page_of(const struct weft_http_head *request,
                                              const char *own_host)
{
    struct weft_span path = weft_span_part(request->path, 0, weft_span_find(request->path, '?'));
    if (!is_for_us(request, own_host)) return WEFT_OVERSEER_MISDIRECTED;
    if (request->method != WEFT_HTTP_GET && request->method != WEFT_HTTP_HEAD) {
        return WEFT_OVERSEER_NOT_ALLOWED;
    }
    for (size_t i = 0; i < WEFT_COUNT(paths); i++) {
        if (weft_span_equal(path, paths[i].path)) return paths[i].page;
    }
    return WEFT_OVERSEER_NOT_FOUND;
}

bool weft_overseer_page_needs_figures(enum weft_overseer_page page)
{
    return page == WEFT_OVERSEER_METRICS || page == WEFT_OVERSEER_HEALTH ||
           page == WEFT_OVERSEER_STATUS;
}

static uint64_t total_requests(const struct weft_metrics *metrics)
{
    uint64_t count = 0;
    for (size_t i = 0; i < metrics->figures->site_slots; i++) {
        count += weft_metrics_requests(metrics, i);
    }
    return count;
}

// The names of sites are host names: nothing in them is to be escaped.
static void write_sites(FILE *out, const struct weft_metrics *metrics)
{
    fprintf(out, "  \"sites\": [");
    const char *comma = "";
    for (size_t i = 0; i < metrics->figures->site_slots; i++) {
        uint64_t requests = weft_metrics_requests(metrics, i);
        if (i + 2 >= metrics->figures->site_slots && requests == 0) continue; // beyond the sites
        fprintf(out, "%s\n    {\"name\": \"%s\", \"requests\": %" PRIu64 "}", comma,
                weft_metrics_site_name(metrics, i), requests);
        comma = ",";
    }
    fprintf(out, "\n  ]\n");
}

// A worker reads the configuration when it starts: when that was is `started`.
static void write_configuration(FILE *out, const struct weft_metrics *metrics)
{
    struct weft_clock clock;
    weft_clock_init(&clock);
    weft_clock_set(&clock, metrics->started_seconds);
    fprintf(out, "  \"configuration\": {\"generation\": %" PRIu32 ", \"loaded\": \"%s\"",
            metrics->generation, clock.iso_time);
    if (metrics->failure) {
        uint8_t room[WEFT_JSON_ESCAPE_SIZE];
        struct weft_span why = weft_span_of(metrics->failure);
        struct weft_span piece;
        weft_clock_set(&clock, metrics->failed_seconds);
        fprintf(out, ", \"last_reload_failed\": \"%s\", \"failure\": \"", clock.iso_time);
        while ((piece = weft_json_text_next(&why, room)).size > 0) {
            fwrite(piece.data, 1, piece.size, out);
        }
        fputc('"', out);
    } else {
        fprintf(out, ", \"last_reload_failed\": null, \"failure\": null");
    }
    fprintf(out, "},\n");
}

static void write_status(FILE *out, const struct weft_metrics *metrics)
{
    const struct weft_counts *counts = &metrics->figures->counts;
    struct weft_clock clock;
    weft_clock_init(&clock);
    weft_clock_set(&clock, metrics->started_seconds);
    fprintf(out, "{\n  \"version\": \"" WEFT_VERSION "\",\n  \"started\": \"%s\",\n",
            clock.iso_time);
    fprintf(out, "  \"uptime_seconds\": %" PRId64 ",\n",
            (int64_t)time(NULL) - metrics->started_seconds);
    write_configuration(out, metrics);
    fprintf(out, "  \"state\": \"%s\",\n", metrics->is_draining ? "draining" : "serving");
    fprintf(out, "  \"threads\": {\"all\": %zu, \"silent\": %zu},\n", metrics->thread_count,
            metrics->silent_count);
    fprintf(out,
            "  \"connections\": {\"open\": %" PRIu64 ", \"http1\": %" PRIu64 ", \"http2\": %" PRIu64
            ", \"tls\": %" PRIu64 ", \"accepted\": %" PRIu64 "},\n",
            weft_metrics_open(metrics), counts->open_http_1, counts->open_http_2, counts->open_tls,
            counts->accepted_clear + counts->accepted_tls);
    fprintf(out, "  \"requests\": {\"done\": %" PRIu64 ", \"in_flight\": %" PRIu64 "},\n",
            total_requests(metrics), counts->open_streams);
    write_sites(out, metrics);
    fprintf(out, "}\n");
}

static uint16_t write_delivery(FILE *out, const struct weft_metrics *metrics)
{
    char *text = metrics->learner ? weft_learner_status(metrics->learner) : NULL;
    fputs(text ? text : "{\"lost_notes\":0,\"sites\":[]}\n", out); // nobody counts without --learn
    free(text);
    return 200;
}

// Writes the text of a page; returns its status.
static uint16_t write_page(FILE *out, enum weft_overseer_page page,
                           const struct weft_metrics *metrics)
{
    switch (page) {
    case WEFT_OVERSEER_INDEX: fputs(index_text, out); return 200;
    case WEFT_OVERSEER_METRICS: weft_metrics_write_text(out, metrics); return 200;
    case WEFT_OVERSEER_STATUS: write_status(out, metrics); return 200;
    case WEFT_OVERSEER_DELIVERY: return write_delivery(out, metrics);
    case WEFT_OVERSEER_HEALTH:
        if (metrics->silent_count == 0) {
            fputs("live\n", out);
            return 200;
        }
        fprintf(out, "%zu of %zu threads did not answer within a second\n", metrics->silent_count,
                metrics->thread_count);
        return 503;
    case WEFT_OVERSEER_READY:
        fputs(metrics->is_draining ? "draining\n" : "ready\n", out);
        return metrics->is_draining ? 503 : 200;
    case WEFT_OVERSEER_NOT_ALLOWED:
        fputs("nothing can be changed here: GET and HEAD only\n", out);
        return 405;
    case WEFT_OVERSEER_MISDIRECTED:
        fputs("ask by an address, by localhost, or by the listener's own name\n", out);
        return 421;
    case WEFT_OVERSEER_NOT_FOUND: break;
    }
    fprintf(out, "there is no such page. There are:\n%s", index_text);
    return 404;
}

static struct weft_span type_of(enum weft_overseer_page page)
{
    switch (page) {
    case WEFT_OVERSEER_METRICS: return WEFT_SPAN("text/plain; version=0.0.4; charset=utf-8");
    case WEFT_OVERSEER_STATUS:
    case WEFT_OVERSEER_DELIVERY: return WEFT_SPAN("application/json");
    default: return WEFT_SPAN("text/plain; charset=utf-8");
    }
}

struct weft_overseer_text *weft_overseer_text_new(enum weft_overseer_page page,
                                                  const struct weft_metrics *metrics)
{
    struct weft_overseer_text *text = calloc(1, sizeof(*text));
    if (!text) return NULL;
    text->references = 1;
    text->type = type_of(page);
    FILE *out = open_memstream(&text->bytes, &text->size);
    if (out) text->status = write_page(out, page, metrics);
    if (out && fclose(out) == 0) return text;
    weft_overseer_text_release(text);
    return NULL;
}

void weft_overseer_text_release(struct weft_overseer_text *text)
{
    if (!text || --text->references > 0) return;
    free(text->bytes);
    free(text);
}
