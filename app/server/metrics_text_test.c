// server/metrics_text_test.c: the text format of Prometheus, read as strictly as its page describes it
#include "server/metrics_text.h"

#include "check.h"
#include "server/metrics_table.h"

#include <ctype.h>
#include <stdlib.h>

enum { SERIES_MOST = 4096 };

/** What a reader makes of a text. */
struct reading {
    const char *at;
    char family[128];      // of the last TYPE line
    char type[16];         // of it
    struct weft_span last; // labels of the last bucket, without le
    double last_bound;     // its bound
    double last_count;     // and its count
    size_t series_count;
    struct weft_span series[SERIES_MOST]; // name with labels
    double values[SERIES_MOST];
};

struct scene {
    struct weft_server_config config;
    struct weft_figures figures;
    struct weft_metrics metrics;
    char *text;
    size_t size;
};

static void begin(struct scene *scene, const char *const *names, size_t count)
{
    *scene = (struct scene){0};
    weft_server_config_init(&scene->config);
    for (size_t i = 0; i < count; i++) {
        struct weft_site_config *site = weft_server_config_add_site(&scene->config);
        CHECK(site != NULL);
        if (!names) continue;
        CHECK(weft_site_config_add_name(&scene->config, site, weft_span_of(names[i])) == NULL);
    }
    CHECK(weft_figures_init(&scene->figures, &scene->config));
    scene->metrics = (struct weft_metrics){.config = &scene->config,
                                           .figures = &scene->figures,
                                           .thread_count = 2,
                                           .certificate_expiry = INT64_MAX};
}

static void write_it(struct scene *scene)
{
    free(scene->text);
    FILE *out = open_memstream(&scene->text, &scene->size);
    CHECK(out != NULL);
    weft_metrics_write_text(out, &scene->metrics);
    fclose(out);
}

static void end(struct scene *scene)
{
    free(scene->text);
    weft_figures_deinit(&scene->figures);
    weft_server_config_deinit(&scene->config);
}

static bool is_name_byte(char byte, bool is_first)
{
    return isalpha((unsigned char)byte) || byte == '_' || byte == ':' ||
           (!is_first && isdigit((unsigned char)byte));
}

static struct weft_span take_name(struct reading *in)
{
    const char *start = in->at;
    while (is_name_byte(*in->at, in->at == start))
        in->at++;
    CHECK(in->at > start);
    return (struct weft_span){(const uint8_t *)start, (size_t)(in->at - start)};
}

static void take_text(struct reading *in, const char *text)
{
    CHECK(strncmp(in->at, text, strlen(text)) == 0);
    in->at += strlen(text);
}

// HELP and TYPE stand once, together, before their series.
static void take_comment(struct reading *in)
{
    in->last = (struct weft_span){0};
    take_text(in, "# HELP ");
    struct weft_span name = take_name(in);
    take_text(in, " ");
    in->at = strchr(in->at, '\n') + 1;
    take_text(in, "# TYPE ");
    CHECK_SAME(take_name(in), name);
    take_text(in, " ");
    snprintf(in->family, sizeof(in->family), "%.*s", (int)name.size, (const char *)name.data);
    struct weft_span type = take_name(in);
    snprintf(in->type, sizeof(in->type), "%.*s", (int)type.size, (const char *)type.data);
    CHECK(weft_span_is(type, "counter") || weft_span_is(type, "gauge") ||
          weft_span_is(type, "histogram"));
    take_text(in, "\n");
}

// returns le's value, or -1 where there is none
static double take_labels(struct reading *in, struct weft_span *others)
{
    const char *start = in->at;
    double bound = -1;
    *others = (struct weft_span){0};
    if (*in->at != '{') return bound;
    do {
        in->at++;
        *others = (struct weft_span){(const uint8_t *)start, (size_t)(in->at - start)};
        struct weft_span name = take_name(in);
        take_text(in, "=\"");
        if (weft_span_is(name, "le")) {
            bound = strtod(in->at, NULL); // also "+Inf"
        } else {
            CHECK(bound < 0); // le stands last
        }
        for (; *in->at != '"'; in->at++)
            CHECK(*in->at != '\n' && *in->at != '\\' && *in->at != 0);
        in->at++;
    } while (*in->at == ',');
    take_text(in, "}");
    if (bound < 0) *others = (struct weft_span){(const uint8_t *)start, (size_t)(in->at - start)};
    return bound;
}

// Buckets rise to +Inf, and never fall in count.
static void check_bucket(struct reading *in, struct weft_span others, double bound, double count)
{
    bool goes_on = in->last.size > 0 && weft_span_equal(others, in->last);
    if (goes_on) CHECK(bound > in->last_bound && count >= in->last_count);
    in->last = others;
    in->last_bound = bound;
    in->last_count = count;
}

static void take_series(struct reading *in)
{
    struct weft_span others;
    const char *start = in->at;
    struct weft_span name = take_name(in);
    double bound = take_labels(in, &others);
    struct weft_span series = {(const uint8_t *)start, (size_t)(in->at - start)};
    take_text(in, " ");
    char *rest;
    double value = strtod(in->at, &rest);
    CHECK(rest > in->at && value >= 0);
    in->at = rest;
    take_text(in, "\n");

    struct weft_span suffix = weft_span_skip(name, strlen(in->family));
    CHECK(weft_span_starts_with(name, weft_span_of(in->family)));
    bool is_histogram = strcmp(in->type, "histogram") == 0;
    if (!is_histogram) CHECK_EQ(suffix.size, 0);
    if (weft_span_is(suffix, "_bucket")) check_bucket(in, others, bound, value);
    if (weft_span_is(suffix, "_count")) CHECK(value == in->last_count);
    if (strcmp(in->type, "counter") == 0) CHECK(strstr(in->family, "_total") != NULL);
    for (size_t i = 0; i < in->series_count; i++)
        CHECK(!weft_span_equal(in->series[i], series)); // no series twice
    CHECK(in->series_count < SERIES_MOST);
    in->series[in->series_count] = series;
    in->values[in->series_count++] = value;
}

static struct reading *read_it(struct scene *scene)
{
    static struct reading in;
    write_it(scene);
    in = (struct reading){.at = scene->text};
    while (*in.at) {
        if (*in.at == '#') {
            take_comment(&in);
        } else {
            take_series(&in);
        }
    }
    return &in;
}

// -1 where there is no such series
static double value_of(const struct reading *in, const char *series)
{
    for (size_t i = 0; i < in->series_count; i++) {
        if (weft_span_equal(in->series[i], weft_span_of(series))) return in->values[i];
    }
    return -1;
}

TEST(metrics_are_what_prometheus_reads)
{
    static const char *const names[] = {"a.example", "b.example"};
    struct scene scene;
    begin(&scene, names, 2);
    struct weft_counts *counts = &scene.figures.counts;
    counts->limits.reset_burst = 3;
    counts->ends.resets_received[WEFT_HTTP_CANCEL] = 7;
    counts->ends.goaways_sent[WEFT_HTTP_END_OTHER] = 1;
    counts->http_2.field_text_received = 100;
    counts->http_2.field_wire_received = 40;
    weft_log2_add(&weft_figures_answers(&scene.figures, 1, WEFT_HTTP_2, 404)->duration, 65);
    weft_log2_add(&weft_figures_answers(&scene.figures, 1, WEFT_HTTP_2, 404)->duration, 1500000);

    const struct reading *in = read_it(&scene);
    CHECK(value_of(in, "weft_limit_reached_total{limit=\"reset_burst\"}") == 3);
    CHECK(value_of(in, "weft_limit_reached_total{limit=\"reset_rate\"}") == -1); // the burst's
    CHECK(value_of(in, "weft_limit_reached_total{limit=\"body_rate\"}") == 0);
    CHECK(value_of(in, "weft_stream_resets_total{by=\"client\",code=\"CANCEL\"}") == 7);
    CHECK(value_of(in, "weft_goaways_total{by=\"server\",code=\"unknown\"}") == 1);
    CHECK(value_of(in, "weft_hpack_saved_bytes_total{direction=\"in\"}") == 60);
#define LABELS "site=\"b.example\",protocol=\"HTTP/2\",status=\"4xx\""
    CHECK(value_of(in, "weft_http_requests_total{" LABELS "}") == 2);
    CHECK(value_of(in, "weft_http_request_duration_seconds_sum{" LABELS "}") == 1.500065);
    CHECK(value_of(in, "weft_http_request_duration_seconds_bucket{" LABELS ",le=\"0.000064\"}") ==
          0);
    CHECK(value_of(in, "weft_http_request_duration_seconds_bucket{" LABELS ",le=\"0.000128\"}") ==
          1);
    CHECK(value_of(in, "weft_http_request_duration_seconds_bucket{" LABELS ",le=\"+Inf\"}") == 2);
    CHECK(value_of(in, "weft_certificate_expiry_time_seconds") == -1); // there is none
    CHECK(value_of(in, "weft_threads{state=\"serving\"}") == 2);
    end(&scene);
}

// Every count of the structure is told, so that none is added and forgotten.
TEST(every_limit_has_its_series)
{
    struct scene scene;
    begin(&scene, NULL, 1);
    const struct reading *in = read_it(&scene);
    const struct weft_limit_row *row;
    for (size_t i = 0; (row = weft_limit_row_at(i)); i++) {
        char series[128];
        snprintf(series, sizeof(series), "weft_limit_reached_total{limit=\"%s\"}",
                 weft_limit_row_of_counter(row)->name);
        CHECK(value_of(in, series) == 0);
    }
    end(&scene);
}

// However many sites there are: those beyond the first ones are told together, and so are requests for no site.
TEST(series_are_bounded)
{
    struct scene scene;
    static char names[WEFT_FIGURES_SITES_MOST + 10][16];
    static const char *list[WEFT_FIGURES_SITES_MOST + 10];
    for (size_t i = 0; i < WEFT_COUNT(list); i++) {
        snprintf(names[i], sizeof(names[i]), "s%zu.example", i);
        list[i] = names[i];
    }
    begin(&scene, list, WEFT_COUNT(list));
    for (size_t i = 0; i < WEFT_COUNT(list); i++)
        weft_log2_add(&weft_figures_answers(&scene.figures, i, WEFT_HTTP_1_1, 200)->duration, 1);
    weft_log2_add(
        &weft_figures_answers(&scene.figures, WEFT_FIGURES_NO_SITE, WEFT_HTTP_1_0, 421)->duration,
        1);
    const struct reading *in = read_it(&scene);
#define HTTP_1_1 "\",protocol=\"HTTP/1.1\",status=\"2xx\"}"
    CHECK(value_of(in, "weft_http_requests_total{site=\"s63.example" HTTP_1_1) == 1);
    CHECK(value_of(in, "weft_http_requests_total{site=\"s64.example" HTTP_1_1) == -1);
    CHECK(value_of(in, "weft_http_requests_total{site=\"other" HTTP_1_1) == 10);
    CHECK(value_of(
              in, "weft_http_requests_total{site=\"none\",protocol=\"HTTP/1.0\",status=\"4xx\"}") ==
          1);
    end(&scene);
}

TEST(figures_of_threads_are_added)
{
    struct scene scene;
    struct weft_figures sum;
    begin(&scene, NULL, 1);
    CHECK(weft_figures_init(&sum, &scene.config));
    scene.figures.counts.handshakes_full = 2;
    scene.figures.counts.cache_descriptors = 5; // the last word
    weft_log2_add(&weft_figures_answers(&scene.figures, 0, WEFT_HTTP_2, 200)->first_byte, 9);
    weft_figures_copy(&sum, &scene.figures);
    weft_figures_add(&sum, &scene.figures);
    CHECK_EQ(sum.counts.handshakes_full, 4);
    CHECK_EQ(sum.counts.cache_descriptors, 10);
    CHECK_EQ(weft_figures_answers(&sum, 0, WEFT_HTTP_2, 204)->first_byte.sum_us, 18);
    weft_figures_deinit(&sum);
    end(&scene);
}

// The table in docs/metrics.md is made from the code: WEFT_WRITE_DOCS=1 writes it anew.
TEST(the_documented_metrics_are_those_of_the_code)
{
    static char page[65536];
    static char table[32768];
    size_t size = 0;
    const struct weft_metric_row *row;
    for (size_t i = 0; (row = weft_metric_row_at(i)); i++) {
        size += (size_t)snprintf(
            table + size, sizeof(table) - size, "| `%s` | %s | %s | %s | %s |\n", row->name,
            weft_metric_type_name(row->type), row->unit, row->labels, row->help);
    }
    FILE *file = fopen(WEFT_SOURCE_DIR "/docs/metrics.md", "r");
    CHECK(file != NULL);
    size_t read = fread(page, 1, sizeof(page) - 1, file);
    page[read] = 0;
    fclose(file);
    char *start = strstr(page, "\n|---|---|---|---|---|\n");
    CHECK(start != NULL);
    start += strlen("\n|---|---|---|---|---|\n");
    char *end_of_table = strstr(start - 1, "\n\n");
    CHECK(end_of_table != NULL);
    if (getenv("WEFT_WRITE_DOCS")) {
        file = fopen(WEFT_SOURCE_DIR "/docs/metrics.md", "w");
        CHECK(file != NULL);
        fprintf(file, "%.*s%s%s", (int)(start - page), page, table, end_of_table + 1);
        fclose(file);
        return;
    }
    struct weft_span documented = {(const uint8_t *)start, (size_t)(end_of_table + 1 - start)};
    CHECK_SAME(documented, weft_span_of(table));
}
