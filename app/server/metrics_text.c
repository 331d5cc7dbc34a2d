// server/metrics_text.c
#include "server/metrics_text.h"

#include "server/metrics_table.h"

#include <inttypes.h>

enum { LABELS_SIZE = 512 };

static const char *const protocol_names[WEFT_FIGURES_PROTOCOLS] = {"HTTP/1.0", "HTTP/1.1",
                                                                   "HTTP/2"};
static const char *const level_names[WEFT_FIGURES_LEVELS] = {"error", "warning", "notice"};

/** A number with nothing but constant labels: one line. */
struct sample {
    enum weft_metric metric;
    const char *labels;
    size_t offset; // in struct weft_counts
};

// clang-format off
#define SAMPLE(metric, labels, field) {WEFT_METRIC_##metric, labels, offsetof(struct weft_counts, field)}
static const struct sample samples[] = {
    SAMPLE(HEADS,        "protocol=\"HTTP/1\"",                     http_1.requests),
    SAMPLE(HEADS,        "protocol=\"HTTP/2\"",                     http_2.requests),
    SAMPLE(ACCEPTED,     "transport=\"tcp\"",                       accepted_clear),
    SAMPLE(ACCEPTED,     "transport=\"tls\"",                       accepted_tls),
    SAMPLE(OPEN,         "protocol=\"HTTP/1\"",                     open_http_1),
    SAMPLE(OPEN,         "protocol=\"HTTP/2\"",                     open_http_2),
    SAMPLE(OPEN,         "protocol=\"none\"",                       open_other),
    SAMPLE(OPEN_TLS,     "",                                        open_tls),
    SAMPLE(SHED,         "",                                        shed),
    SAMPLE(STREAMS,      "",                                        open_streams),
    SAMPLE(MEMORY,       "",                                        connection_memory),
    SAMPLE(BYTES,        "protocol=\"HTTP/1\",direction=\"in\"",    http_1.received_size),
    SAMPLE(BYTES,        "protocol=\"HTTP/1\",direction=\"out\"",   http_1.sent_size),
    SAMPLE(BYTES,        "protocol=\"HTTP/2\",direction=\"in\"",    http_2.received_size),
    SAMPLE(BYTES,        "protocol=\"HTTP/2\",direction=\"out\"",   http_2.sent_size),
    SAMPLE(CONTENT,      "protocol=\"HTTP/1\",direction=\"in\"",    http_1.content_received),
    SAMPLE(CONTENT,      "protocol=\"HTTP/1\",direction=\"out\"",   http_1.content_sent),
    SAMPLE(CONTENT,      "protocol=\"HTTP/2\",direction=\"in\"",    http_2.content_received),
    SAMPLE(CONTENT,      "protocol=\"HTTP/2\",direction=\"out\"",   http_2.content_sent),
    SAMPLE(FIELDS,       "direction=\"in\"",                        http_2.field_text_received),
    SAMPLE(FIELDS,       "direction=\"out\"",                       http_2.field_text_sent),
    SAMPLE(HANDSHAKES,   "result=\"full\"",                         handshakes_full),
    SAMPLE(HANDSHAKES,   "result=\"resumed\"",                      handshakes_resumed),
    SAMPLE(HANDSHAKES,   "result=\"failed\"",                       handshakes_failed),
    SAMPLE(LOGINS,       "result=\"known\"",                        logins.known),
    SAMPLE(LOGINS,       "result=\"right\"",                        logins.right),
    SAMPLE(LOGINS,       "result=\"wrong\"",                        logins.wrong),
    SAMPLE(HINTS,        "",                                        early_hints),
    SAMPLE(PUSHES,       "outcome=\"promised\"",                    pushes_promised),
    SAMPLE(PUSHES,       "outcome=\"completed\"",                   pushes_completed),
    SAMPLE(PUSHES,       "outcome=\"cancelled\"",                   pushes_cancelled),
    SAMPLE(PUSHED,       "",                                        pushed_size),
    SAMPLE(PUSH_WASTE,   "",                                        pushed_wasted_size),
    SAMPLE(CACHE_USES,   "result=\"hit\"",                          cache_hits),
    SAMPLE(CACHE_USES,   "result=\"load\"",                         cache_loads),
    SAMPLE(CACHE_OUT,    "",                                        cache_evictions),
    SAMPLE(CACHE_MEMORY, "",                                        cache_memory),
    SAMPLE(CACHE_PATHS,  "",                                        cache_paths),
    SAMPLE(CACHE_FILES,  "",                                        cache_descriptors),
    SAMPLE(DROPPED,      "log=\"access\"",                          access_lines_dropped),
    SAMPLE(DROPPED,      "log=\"error\"",                           error_lines_dropped),
    SAMPLE(DROPPED,      "log=\"qlog\"",                            qlog_lines_dropped),
    SAMPLE(HELD_BACK,    "",                                        errors_held_back),
};
#undef SAMPLE
// clang-format on

/** Where lines of one metric go. */
struct writing {
    FILE *out;
    const struct weft_metrics *metrics;
    const char *name;
};

// "name_suffix{labels"; the caller goes on with the value, or with a label more.
static void begin_line(const struct writing *writing, const char *suffix, const char *labels)
{
    fprintf(writing->out, "%s%s%s%s%s", writing->name, suffix, *labels ? "{" : "", labels,
            *labels ? "}" : "");
}

static void write_number(const struct writing *writing, const char *labels, uint64_t value)
{
    begin_line(writing, "", labels);
    fprintf(writing->out, " %" PRIu64 "\n", value);
}

static void write_time(FILE *out, uint64_t time_us)
{
    fprintf(out, "%" PRIu64 ".%06u", time_us / 1000000, (unsigned)(time_us % 1000000));
}

static void write_histogram(const struct writing *writing, const char *labels,
                            const struct weft_log2_histogram *histogram)
{
    const char *comma = *labels ? "," : "";
    uint64_t count = 0;
    for (size_t i = 0; i < WEFT_LOG2_BOUNDS; i++) {
        count += histogram->counts[i];
        fprintf(writing->out, "%s_bucket{%s%sle=\"", writing->name, labels, comma);
        write_time(writing->out, weft_log2_bound_us(i));
        fprintf(writing->out, "\"} %" PRIu64 "\n", count);
    }
    count += histogram->counts[WEFT_LOG2_BOUNDS];
    fprintf(writing->out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", writing->name, labels, comma,
            count);
    begin_line(writing, "_sum", labels);
    fputc(' ', writing->out);
    write_time(writing->out, histogram->sum_us);
    fputc('\n', writing->out);
    begin_line(writing, "_count", labels);
    fprintf(writing->out, " %" PRIu64 "\n", count);
}

static uint64_t count_of(const struct weft_log2_histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i < WEFT_LOG2_BUCKETS; i++) {
        count += histogram->counts[i];
    }
    return count;
}

const char *weft_metrics_site_name(const struct weft_metrics *metrics, size_t slot)
{
    size_t others = metrics->figures->site_slots - 2;
    if (slot >= others) return slot == others ? "other" : "none";
    const struct weft_site_config *site = metrics->config->sites[slot];
    return site->name_count > 0 ? site->names[0] : "default";
}

static const struct weft_answers *answers_of(const struct weft_metrics *metrics, size_t slot)
{
    return &metrics->figures->answers[slot * (size_t)WEFT_FIGURES_PROTOCOLS * WEFT_FIGURES_CLASSES];
}

uint64_t weft_metrics_requests(const struct weft_metrics *metrics, size_t slot)
{
    uint64_t count = 0;
    for (size_t i = 0; i < (size_t)WEFT_FIGURES_PROTOCOLS * WEFT_FIGURES_CLASSES; i++) {
        count += count_of(&answers_of(metrics, slot)[i].duration);
    }
    return count;
}

uint64_t weft_metrics_open(const struct weft_metrics *metrics)
{
    const struct weft_counts *counts = &metrics->figures->counts;
    return counts->open_http_1 + counts->open_http_2 + counts->open_other;
}

// One of the three metrics of answers, for each kind of answer that there has been. The names of sites are host names:
// nothing in them is to be escaped.
static void write_answers(const struct writing *writing, enum weft_metric metric)
{
    const struct weft_metrics *metrics = writing->metrics;
    size_t count = weft_figures_answer_count(metrics->figures);
    for (size_t i = 0; i < count; i++) {
        char labels[LABELS_SIZE];
        const struct weft_answers *answers = &metrics->figures->answers[i];
        uint64_t requests = count_of(&answers->duration);
        if (requests == 0) continue;
        size_t kind = i / WEFT_FIGURES_CLASSES;
        snprintf(labels, sizeof(labels), "site=\"%s\",protocol=\"%s\",status=\"%zuxx\"",
                 weft_metrics_site_name(metrics, kind / WEFT_FIGURES_PROTOCOLS),
                 protocol_names[kind % WEFT_FIGURES_PROTOCOLS], i % WEFT_FIGURES_CLASSES + 1);
        if (metric == WEFT_METRIC_REQUESTS) {
            write_number(writing, labels, requests);
        } else {
            bool is_first_byte = metric == WEFT_METRIC_FIRST_BYTE;
            write_histogram(writing, labels,
                            is_first_byte ? &answers->first_byte : &answers->duration);
        }
    }
}

static void write_ends(const struct writing *writing, const char *by, const uint64_t *counts)
{
    for (uint32_t code = 0; code < WEFT_HTTP_END_CODES; code++) {
        char labels[LABELS_SIZE];
        if (counts[code] == 0) continue;
        snprintf(labels, sizeof(labels), "by=\"%s\",code=\"%s\"", by,
                 weft_http_error_code_name(code));
        write_number(writing, labels, counts[code]);
    }
}

static void write_limits(const struct writing *writing, const struct weft_counts *counts)
{
    static const size_t offsets[] = {
#define X(limit, standard, unit, help) offsetof(struct weft_http_limit_counters, limit),
        WEFT_HTTP_LIMITS(X)
#undef X
    };
    const struct weft_limit_row *row;
    for (size_t i = 0; (row = weft_limit_row_at(i)); i++) {
        char labels[LABELS_SIZE];
        uint64_t count;
        if (weft_limit_row_of_counter(row) != row) continue; // the burst's counter is for both
        memcpy(&count, (const char *)&counts->limits + offsets[i], sizeof(count));
        snprintf(labels, sizeof(labels), "limit=\"%s\"", row->name);
        write_number(writing, labels, count);
    }
}

static uint64_t less(uint64_t text, uint64_t wire)
{
    return text > wire ? text - wire : 0;
}

static void write_threads(const struct writing *writing)
{
    const struct weft_metrics *metrics = writing->metrics;
    write_number(writing, "state=\"serving\"", metrics->thread_count - metrics->silent_count);
    write_number(writing, "state=\"silent\"", metrics->silent_count);
}

static void write_errors(const struct writing *writing, const struct weft_counts *counts)
{
    for (size_t i = 0; i < WEFT_FIGURES_LEVELS; i++) {
        char labels[LABELS_SIZE];
        snprintf(labels, sizeof(labels), "level=\"%s\"", level_names[i]);
        write_number(writing, labels, counts->errors[i]);
    }
}

static void write_samples(const struct writing *writing, enum weft_metric metric)
{
    for (size_t i = 0; i < WEFT_COUNT(samples); i++) {
        uint64_t value;
        if (samples[i].metric != metric) continue;
        memcpy(&value, (const char *)&writing->metrics->figures->counts + samples[i].offset,
               sizeof(value));
        write_number(writing, samples[i].labels, value);
    }
}

static void write_cpu(const struct writing *writing)
{
    begin_line(writing, " ", "");
    write_time(writing->out, writing->metrics->cpu_us);
    fputc('\n', writing->out);
}

// What stands in more than the counts.
static void write_metric(const struct writing *writing, enum weft_metric metric)
{
    const struct weft_metrics *metrics = writing->metrics;
    const struct weft_counts *counts = &metrics->figures->counts;
    switch (metric) {
    case WEFT_METRIC_BUILD: write_number(writing, "version=\"" WEFT_VERSION "\"", 1); break;
    case WEFT_METRIC_START:
    case WEFT_METRIC_PROCESS_START:
        write_number(writing, "", (uint64_t)metrics->started_seconds);
        break;
    case WEFT_METRIC_GENERATION: write_number(writing, "", metrics->generation); break;
    case WEFT_METRIC_RELOADED: write_number(writing, "", metrics->failure == NULL); break;
    case WEFT_METRIC_DRAINING: write_number(writing, "", metrics->is_draining); break;
    case WEFT_METRIC_THREADS: write_threads(writing); break;
    case WEFT_METRIC_EXPIRY:
        if (metrics->certificate_expiry == INT64_MAX) break;
        write_number(writing, "", (uint64_t)metrics->certificate_expiry);
        break;
    case WEFT_METRIC_REQUESTS:
    case WEFT_METRIC_FIRST_BYTE:
    case WEFT_METRIC_DURATION: write_answers(writing, metric); break;
    case WEFT_METRIC_SAVED:
        write_number(writing, "direction=\"in\"",
                     less(counts->http_2.field_text_received, counts->http_2.field_wire_received));
        write_number(writing, "direction=\"out\"",
                     less(counts->http_2.field_text_sent, counts->http_2.field_wire_sent));
        break;
    case WEFT_METRIC_RESETS:
        write_ends(writing, "client", counts->ends.resets_received);
        write_ends(writing, "server", counts->ends.resets_sent);
        break;
    case WEFT_METRIC_GOAWAYS:
        write_ends(writing, "client", counts->ends.goaways_received);
        write_ends(writing, "server", counts->ends.goaways_sent);
        break;
    case WEFT_METRIC_LIMITS: write_limits(writing, counts); break;
    case WEFT_METRIC_ERRORS: write_errors(writing, counts); break;
    case WEFT_METRIC_LOOP_DELAY: write_histogram(writing, "", &counts->loop_delay); break;
    case WEFT_METRIC_CPU: write_cpu(writing); break;
    case WEFT_METRIC_RESIDENT: write_number(writing, "", metrics->resident_size); break;
    default: write_samples(writing, metric); break;
    }
}

void weft_metrics_write_text(FILE *out, const struct weft_metrics *metrics)
{
    const struct weft_metric_row *row;
    for (size_t i = 0; (row = weft_metric_row_at(i)); i++) {
        struct writing writing = {.out = out, .metrics = metrics, .name = row->name};
        fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                weft_metric_type_name(row->type));
        write_metric(&writing, (enum weft_metric)i);
    }
}
