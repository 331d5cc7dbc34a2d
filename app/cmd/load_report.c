// cmd/load_report.c: what weft load measured, for people
#include "cmd/human.h"
#include "cmd/load_show.h"
#include "cmd/term.h"

const double weft_load_percentiles[WEFT_LOAD_PERCENTILES] = {50, 75, 90, 99, 99.9, 99.99};

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

double weft_load_rate_of(const struct weft_load_result *result)
{
    if (result->elapsed_us == 0) return 0;
    return (double)result->finished_in_time * 1e6 / (double)result->elapsed_us;
}

static void put_title(FILE *out, const char *title)
{
    const struct weft_term *term = weft_term_of(out);
    fprintf(out, "  %s%-12s%s", term->bold, title, term->plain);
}

static void put_load(const struct weft_load_options *options, FILE *out)
{
    const struct weft_load_config *config = &options->config;
    put_title(out, config->rate > 0 ? "Open loop" : "Closed loop");
    if (config->rate > 0) {
        fprintf(out, "%s requests/s, %s, over ", weft_human_rate(config->rate).text,
                config->is_poisson ? "Poisson" : "evenly");
    }
    fprintf(out, "%zu connection%s", config->lanes, plural(config->lanes));
    if (config->streams > 1) fprintf(out, " with up to %zu requests each", config->streams);
    if (config->makes_new) fprintf(out, ", a new one for each request");
    if (config->threads > 1) fprintf(out, ", by %zu threads", config->threads);
    fputc('\n', out);
}

static void put_requests(const struct weft_load_result *result, FILE *out)
{
    const struct weft_ledger *ledger = &result->ledger;
    const struct weft_term *term = weft_term_of(out);
    put_title(out, "Requests");
    fprintf(out, "%s started = %s finished", weft_human_count(ledger->started).text,
            weft_human_count(ledger->finished).text);
    bool has_any = false;
    for (unsigned i = 0; i < WEFT_LOAD_FAILURE_COUNT; i++) {
        if (ledger->failed[i] == 0) continue;
        fprintf(out, " + %s%s %s%s", term->red, weft_human_count(ledger->failed[i]).text,
                weft_load_failure_name(i), term->plain);
        has_any = true;
    }
    if (!has_any) fprintf(out, " + 0 failed");
    fprintf(out, " + %s unfinished\n", weft_human_count(ledger->unfinished).text);
    if (!weft_ledger_adds_up(ledger)) {
        put_title(out, "");
        fprintf(out, "%sThese do not add up: an error of this program%s\n", term->red, term->plain);
    }
    put_title(out, "Status");
    const char *between = "";
    for (size_t i = 1; i < WEFT_COUNT(result->statuses); i++) {
        if (result->statuses[i] == 0) continue;
        fprintf(out, "%s%s of %zuxx", between, weft_human_count(result->statuses[i]).text, i);
        between = ", ";
    }
    fprintf(out, "%s\n", *between ? "" : "none");
    if (result->sent_again == 0) return;
    put_title(out, "Sent again");
    fprintf(out, "%s that the server surely had not processed\n",
            weft_human_count(result->sent_again).text);
}

static void put_reasons(const struct weft_load_result *result, FILE *out)
{
    for (size_t i = 0; i < WEFT_LOAD_REASONS_MOST && result->reasons[i].count > 0; i++) {
        const struct weft_load_reason *reason = &result->reasons[i];
        put_title(out, i == 0 ? "Reasons" : "");
        fprintf(out, "%s times: ", weft_human_count(reason->count).text);
        weft_term_put(out, reason->text, strlen(reason->text));
        fputc('\n', out);
    }
}

static void put_rate(const struct weft_load_result *result, FILE *out)
{
    double seconds = (double)result->elapsed_us / 1e6;
    double content = (double)result->traffic.content_received;
    put_title(out, "Rate");
    fprintf(out, "%s requests/s", weft_human_rate(weft_load_rate_of(result)).text);
    if (seconds > 0) fprintf(out, ", %s/s of content", weft_human_bytes(content / seconds).text);
    fprintf(out, ", in %s%s\n", weft_human_time((double)result->elapsed_us).text,
            result->was_stopped ? " (stopped early)" : "");
    put_title(out, "Generator");
    if (result->ledger.finished > 0) {
        fprintf(out, "%.2f us of CPU for each request",
                (double)result->cpu_us / (double)result->ledger.finished);
    }
    if (result->elapsed_us > 0) {
        fprintf(out, "%s%.0f %% of a core", result->ledger.finished > 0 ? ", " : "",
                100.0 * (double)result->cpu_us / (double)result->elapsed_us);
    }
    if (result->lag.count > 0) {
        fprintf(out, ", late by %s at p99, %s at most",
                weft_human_time((double)weft_histogram_percentile(&result->lag, 99)).text,
                weft_human_time((double)result->lag.most).text);
    }
    fputc('\n', out);
}

static void put_connections(const struct weft_load_result *result, FILE *out)
{
    put_title(out, "Connections");
    fprintf(out, "%s opened", weft_human_count(result->connections_opened).text);
    if (result->connections_failed > 0) {
        fprintf(out, ", %s failed", weft_human_count(result->connections_failed).text);
    }
    if (result->handshakes > 0) {
        fprintf(out, "; %s full handshake%s, %s resumed",
                weft_human_count(result->handshakes - result->resumed).text,
                plural(result->handshakes - result->resumed),
                weft_human_count(result->resumed).text);
    }
    fputc('\n', out);
}

static void put_saving(uint64_t text, uint64_t wire, FILE *out)
{
    if (text > wire) {
        fprintf(out, ", as text %s: HPACK saved %.1f %%", weft_human_bytes((double)text).text,
                100.0 * (double)(text - wire) / (double)text);
    }
}

static void put_traffic(const struct weft_load_result *result, FILE *out)
{
    const struct weft_load_traffic *traffic = &result->traffic;
    put_title(out, "Received");
    fprintf(out, "%s: content %s, fields %s", weft_human_bytes((double)traffic->wire_received).text,
            weft_human_bytes((double)traffic->content_received).text,
            weft_human_bytes((double)traffic->field_wire_received).text);
    put_saving(traffic->field_text_received, traffic->field_wire_received, out);
    fputc('\n', out);
    put_title(out, "Sent");
    fprintf(out, "%s: content %s, fields %s", weft_human_bytes((double)traffic->wire_sent).text,
            weft_human_bytes((double)traffic->content_sent).text,
            weft_human_bytes((double)traffic->field_wire_sent).text);
    put_saving(traffic->field_text_sent, traffic->field_wire_sent, out);
    fputc('\n', out);
}

static void put_times(const char *title, const struct weft_histogram *histogram, FILE *out)
{
    if (histogram->count == 0) return;
    put_title(out, title);
    fprintf(out, "%9s %9s", weft_human_time((double)histogram->least).text,
            weft_human_time(weft_histogram_mean(histogram)).text);
    for (size_t i = 0; i < WEFT_LOAD_PERCENTILES; i++) {
        uint64_t value = weft_histogram_percentile(histogram, weft_load_percentiles[i]);
        fprintf(out, " %9s", weft_human_time((double)value).text);
    }
    fprintf(out, " %9s\n", weft_human_time((double)histogram->most).text);
}

static void put_latencies(const struct weft_load_options *options,
                          const struct weft_load_result *result, FILE *out)
{
    const struct weft_term *term = weft_term_of(out);
    fprintf(out, "\n  %s%-12s%9s %9s %9s %9s %9s %9s %9s %9s %9s%s\n", term->dim, "", "least",
            "mean", "p50", "p75", "p90", "p99", "p99.9", "p99.99", "most", term->plain);
    put_times("Latency", &result->latency, out);
    if (options->config.rate > 0) put_times("Naive", &result->naive, out);
    put_times("First byte", &result->first_byte, out);
    put_times("Page", &result->page, out);
    put_times("Connect", &result->connect, out);
    put_times("Handshake", &result->handshake, out);
    if (options->config.rate > 0) {
        fprintf(out,
                "  %sLatency counts from when a request was to start, Naive from when it could be "
                "sent.%s\n",
                term->dim, term->plain);
    }
    if (result->pages_failed > 0) {
        put_title(out, "Pages");
        fprintf(out, "%s failed\n", weft_human_count(result->pages_failed).text);
    }
}

void weft_load_show_report(const struct weft_load_options *options,
                           const struct weft_load_result *result, FILE *out)
{
    const struct weft_load_plan *plan = options->config.plan;
    const struct weft_term *term = weft_term_of(out);
    fprintf(out, "%s%s://%s%s (%s), %s\n", term->bold, plan->origin.is_secure ? "https" : "http",
            plan->origin.authority, term->plain, result->address, result->protocol);
    put_load(options, out);
    put_requests(result, out);
    put_reasons(result, out);
    put_rate(result, out);
    put_connections(result, out);
    put_traffic(result, out);
    put_latencies(options, result, out);
}
