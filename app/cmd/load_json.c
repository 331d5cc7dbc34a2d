// cmd/load_json.c: what weft load measured, for programs
#include "cmd/json_out.h"
#include "cmd/load_show.h"

static void put_count(FILE *out, const char *key, uint64_t count, bool *is_first)
{
    weft_json_key(out, key, is_first);
    fprintf(out, "%llu", (unsigned long long)count);
}

static void put_flag(FILE *out, const char *key, bool flag, bool *is_first)
{
    weft_json_key(out, key, is_first);
    fputs(flag ? "true" : "false", out);
}

static void put_histogram(FILE *out, const char *key, const struct weft_histogram *histogram,
                          bool *is_first)
{
    bool is_first_here = true;
    weft_json_key(out, key, is_first);
    if (histogram->count == 0) {
        fputs("null", out);
        return;
    }
    fputc('{', out);
    put_count(out, "count", histogram->count, &is_first_here);
    put_count(out, "min", histogram->least, &is_first_here);
    weft_json_key(out, "mean", &is_first_here);
    fprintf(out, "%.1f", weft_histogram_mean(histogram));
    for (size_t i = 0; i < WEFT_LOAD_PERCENTILES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%g", weft_load_percentiles[i]);
        put_count(out, name, weft_histogram_percentile(histogram, weft_load_percentiles[i]),
                  &is_first_here);
    }
    put_count(out, "max", histogram->most, &is_first_here);
    fputc('}', out);
}

static void put_config(FILE *out, const struct weft_load_config *config, bool *is_first)
{
    bool is_first_here = true;
    weft_json_key(out, "load", is_first);
    fputc('{', out);
    weft_json_pair(out, "loop", config->rate > 0 ? "open" : "closed", &is_first_here);
    put_count(out, "clients", config->lanes, &is_first_here);
    put_count(out, "streams", config->streams, &is_first_here);
    put_count(out, "threads", config->threads, &is_first_here);
    put_count(out, "requests", config->requests, &is_first_here);
    put_count(out, "duration_us", config->duration_us, &is_first_here);
    put_count(out, "warm_up_us", config->warm_up_us, &is_first_here);
    put_count(out, "timeout_us", config->timeout_us, &is_first_here);
    put_flag(out, "new_connection", config->makes_new, &is_first_here);
    put_flag(out, "resume", config->resumes, &is_first_here);
    if (config->rate > 0) {
        weft_json_key(out, "rate", &is_first_here);
        fprintf(out, "%.6g", config->rate);
        weft_json_pair(out, "arrivals", config->is_poisson ? "poisson" : "constant",
                       &is_first_here);
        put_count(out, "queue", config->queue_most, &is_first_here);
    }
    fputc('}', out);
}

static void put_requests(FILE *out, const struct weft_load_result *result, bool *is_first)
{
    const struct weft_ledger *ledger = &result->ledger;
    bool is_first_here = true;
    bool is_first_kind = true;
    weft_json_key(out, "requests", is_first);
    fputc('{', out);
    put_count(out, "started", ledger->started, &is_first_here);
    put_count(out, "finished", ledger->finished, &is_first_here);
    put_count(out, "failed", weft_ledger_failed(ledger), &is_first_here);
    put_count(out, "unfinished", ledger->unfinished, &is_first_here);
    put_flag(out, "adds_up", weft_ledger_adds_up(ledger), &is_first_here);
    put_count(out, "sent_again", result->sent_again, &is_first_here);
    weft_json_key(out, "failures", &is_first_here);
    fputc('{', out);
    for (unsigned i = 0; i < WEFT_LOAD_FAILURE_COUNT; i++) {
        put_count(out, weft_load_failure_name(i), ledger->failed[i], &is_first_kind);
    }
    fputs("}}", out);
}

static void put_statuses(FILE *out, const struct weft_load_result *result, bool *is_first)
{
    static const char *const names[] = {NULL, "1xx", "2xx", "3xx", "4xx", "5xx"};
    bool is_first_here = true;
    weft_json_key(out, "status", is_first);
    fputc('{', out);
    for (size_t i = 1; i < WEFT_COUNT(names); i++) {
        put_count(out, names[i], result->statuses[i], &is_first_here);
    }
    fputc('}', out);
}

static void put_reasons(FILE *out, const struct weft_load_result *result, bool *is_first)
{
    weft_json_key(out, "reasons", is_first);
    fputc('[', out);
    for (size_t i = 0; i < WEFT_LOAD_REASONS_MOST && result->reasons[i].count > 0; i++) {
        bool is_first_here = true;
        fputs(i > 0 ? ",{" : "{", out);
        weft_json_pair(out, "reason", result->reasons[i].text, &is_first_here);
        put_count(out, "count", result->reasons[i].count, &is_first_here);
        fputc('}', out);
    }
    fputc(']', out);
}

static void put_connections(FILE *out, const struct weft_load_result *result, bool *is_first)
{
    bool is_first_here = true;
    weft_json_key(out, "connections", is_first);
    fputc('{', out);
    put_count(out, "opened", result->connections_opened, &is_first_here);
    put_count(out, "failed", result->connections_failed, &is_first_here);
    put_count(out, "handshakes", result->handshakes, &is_first_here);
    put_count(out, "resumed", result->resumed, &is_first_here);
    fputc('}', out);
}

static void put_direction(FILE *out, const char *key, const uint64_t *sizes, bool *is_first)
{
    static const char *const names[] = {"wire", "http", "content", "fields", "fields_as_text"};
    bool is_first_here = true;
    weft_json_key(out, key, is_first);
    fputc('{', out);
    for (size_t i = 0; i < WEFT_COUNT(names); i++) {
        put_count(out, names[i], sizes[i], &is_first_here);
    }
    fputc('}', out);
}

static void put_traffic(FILE *out, const struct weft_load_traffic *traffic, bool *is_first)
{
    const uint64_t received[] = {traffic->wire_received, traffic->http_received,
                                 traffic->content_received, traffic->field_wire_received,
                                 traffic->field_text_received};
    const uint64_t sent[] = {traffic->wire_sent, traffic->http_sent, traffic->content_sent,
                             traffic->field_wire_sent, traffic->field_text_sent};
    put_direction(out, "received", received, is_first);
    put_direction(out, "sent", sent, is_first);
}

static void put_timeline(FILE *out, const struct weft_timeline *timeline, bool *is_first)
{
    put_count(out, "timeline_width_us", timeline->width_us, is_first);
    weft_json_key(out, "timeline", is_first);
    fputc('[', out);
    for (size_t i = 0; i < timeline->count; i++) {
        const struct weft_timeline_slot *slot = &timeline->slots[i];
        bool is_first_here = true;
        fputs(i > 0 ? ",{" : "{", out);
        put_count(out, "start_us", (uint64_t)i * timeline->width_us, &is_first_here);
        put_count(out, "finished", slot->finished, &is_first_here);
        put_count(out, "failed", slot->failed, &is_first_here);
        if (slot->latency.slots) {
            put_count(out, "p50", weft_histogram_percentile(&slot->latency, 50), &is_first_here);
            put_count(out, "p99", weft_histogram_percentile(&slot->latency, 99), &is_first_here);
            put_count(out, "max", slot->latency.most, &is_first_here);
        }
        fputc('}', out);
    }
    fputc(']', out);
}

static void put_latencies(FILE *out, const struct weft_load_options *options,
                          const struct weft_load_result *result, bool *is_first)
{
    bool is_first_here = true;
    // In a closed loop a request is to start when it is sent.
    bool is_open = options->config.rate > 0;
    weft_json_key(out, "latency_us", is_first);
    fputc('{', out);
    put_histogram(out, "total", &result->latency, &is_first_here);
    put_histogram(out, "naive", is_open ? &result->naive : &result->latency, &is_first_here);
    put_histogram(out, "first_byte", &result->first_byte, &is_first_here);
    put_histogram(out, "page", &result->page, &is_first_here);
    put_histogram(out, "connect", &result->connect, &is_first_here);
    put_histogram(out, "handshake", &result->handshake, &is_first_here);
    put_histogram(out, "lag", &result->lag, &is_first_here);
    fputc('}', out);
}

void weft_load_show_json(const struct weft_load_options *options,
                         const struct weft_load_result *result, FILE *out)
{
    const struct weft_load_plan *plan = options->config.plan;
    bool is_first = true;
    fputc('{', out);
    weft_json_pair(out, "scheme", plan->origin.is_secure ? "https" : "http", &is_first);
    weft_json_pair(out, "authority", plan->origin.authority, &is_first);
    weft_json_pair(out, "address", result->address, &is_first);
    weft_json_pair(out, "protocol", result->protocol, &is_first);
    put_config(out, &options->config, &is_first);
    put_count(out, "elapsed_us", result->elapsed_us, &is_first);
    put_flag(out, "stopped", result->was_stopped, &is_first);
    put_requests(out, result, &is_first);
    weft_json_key(out, "requests_per_second", &is_first);
    fprintf(out, "%.1f", weft_load_rate_of(result));
    put_statuses(out, result, &is_first);
    put_reasons(out, result, &is_first);
    put_count(out, "pages_finished", result->page.count, &is_first);
    put_count(out, "pages_failed", result->pages_failed, &is_first);
    put_connections(out, result, &is_first);
    put_traffic(out, &result->traffic, &is_first);
    put_count(out, "generator_cpu_us", result->cpu_us, &is_first);
    put_latencies(out, options, result, &is_first);
    put_timeline(out, &result->timeline, &is_first);
    fputs("}\n", out);
}

void weft_load_show_csv(const struct weft_load_options *options,
                        const struct weft_load_result *result, FILE *out)
{
    const struct weft_timeline *timeline = &result->timeline;
    (void)options;
    fputs("second,finished,failed,p50_us,p99_us,max_us\r\n", out); // RFC 4180
    for (size_t i = 0; i < timeline->count; i++) {
        const struct weft_timeline_slot *slot = &timeline->slots[i];
        fprintf(out, "%llu,%llu,%llu,",
                (unsigned long long)((uint64_t)i * timeline->width_us / 1000000),
                (unsigned long long)slot->finished, (unsigned long long)slot->failed);
        if (slot->latency.slots) {
            fprintf(out, "%llu,%llu,%llu\r\n",
                    (unsigned long long)weft_histogram_percentile(&slot->latency, 50),
                    (unsigned long long)weft_histogram_percentile(&slot->latency, 99),
                    (unsigned long long)slot->latency.most);
        } else {
            fputs(",,\r\n", out);
        }
    }
}
