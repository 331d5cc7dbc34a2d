// cmd/load_chart.c: histograms and timelines in the terminal
#include "cmd/human.h"
#include "cmd/load_show.h"
#include "cmd/term.h"

enum {
    ROWS_MOST = 14,    // of a histogram
    SECONDS_MOST = 20, // rows of a timeline, then several slots share one
    LABEL_WIDTH = 44,
    BAR_LEAST = 20,
    EIGHTHS = 8,
    EDGES_MOST = 512,
};

/** Values that parts begin at, within each decade. */
struct series {
    const double *steps;
    size_t count;
};

static const double twelve[] = {1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2};
static const double six[] = {1, 1.5, 2, 3, 5, 7};
static const double three[] = {1, 2, 5};
static const double one[] = {1};
static const struct series all_series[] = {
    {twelve, WEFT_COUNT(twelve)}, {six, WEFT_COUNT(six)}, {three, WEFT_COUNT(three)}, {one, 1}};

// The edges that parts of least..most lie between; returns how many.
static size_t edges_of(const struct series *series, uint64_t least, uint64_t most, uint64_t *edges)
{
    size_t count = 1;
    edges[0] = 0;
    for (uint64_t decade = 1; decade <= most;
         decade = decade > most / 10 ? most + 1 : decade * 10) {
        for (size_t i = 0; i < series->count && count < EDGES_MOST; i++) {
            uint64_t edge = (uint64_t)((double)decade * series->steps[i] + 0.5);
            if (edge <= edges[count - 1] && count > 1) continue;
            if (edge > most) break;
            if (edge <= least) count = 0; // the first part begins with the last edge below
            edges[count++] = edge;
        }
    }
    return count;
}

static void put_bar(FILE *out, double part, size_t width, bool is_unicode)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    size_t filled = (size_t)(part * (double)width * EIGHTHS + 0.5);
    if (filled == 0 && part > 0) filled = 1;
    if (!is_unicode) {
        for (size_t i = 0; i < (filled + EIGHTHS - 1) / EIGHTHS; i++) {
            fputc('#', out);
        }
        return;
    }
    for (size_t i = 0; i < filled / EIGHTHS; i++) {
        fputs("█", out);
    }
    fputs(eighths[filled % EIGHTHS], out);
}

static size_t bar_width(void)
{
    size_t width = weft_term_width();
    return width > LABEL_WIDTH + BAR_LEAST ? width - LABEL_WIDTH : BAR_LEAST;
}

static void put_histogram(const struct weft_histogram *histogram, bool is_unicode, FILE *out)
{
    const struct weft_term *term = weft_term_of(out);
    uint64_t edges[EDGES_MOST + 1];
    uint64_t counts[EDGES_MOST];
    uint64_t largest = 1;
    size_t count = 0;
    // The few that took longest share the last row, so that they do not press the others together.
    uint64_t usual = weft_histogram_percentile(histogram, 99.9);
    if (histogram->count == 0) return;
    for (size_t i = 0; i < WEFT_COUNT(all_series); i++) {
        count = edges_of(&all_series[i], histogram->least, usual, edges);
        if (count <= ROWS_MOST) break;
    }
    edges[count] = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        counts[i] = weft_histogram_between(histogram, edges[i], edges[i + 1] - 1);
        if (counts[i] > largest) largest = counts[i];
    }
    fprintf(out, "\n  %sLatency, how many took so long, up to the next row%s\n", term->bold,
            term->plain);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "  %9s  %13s %6.2f %%  ", weft_human_time((double)edges[i]).text,
                weft_human_count(counts[i]).text,
                100.0 * (double)counts[i] / (double)histogram->count);
        put_bar(out, (double)counts[i] / (double)largest, bar_width(), is_unicode);
        fputc('\n', out);
    }
}

// Neighbouring slots as one.
static struct weft_timeline_slot joined(const struct weft_timeline *timeline, size_t first,
                                        size_t count, struct weft_histogram *latency)
{
    struct weft_timeline_slot slot = {0};
    for (size_t i = first; i < first + count && i < timeline->count; i++) {
        slot.finished += timeline->slots[i].finished;
        slot.failed += timeline->slots[i].failed;
        if (timeline->slots[i].latency.slots) {
            weft_histogram_add(latency, &timeline->slots[i].latency);
        }
    }
    return slot;
}

static void put_row(const struct weft_timeline *timeline, size_t first, size_t count,
                    uint64_t largest, bool is_unicode, FILE *out)
{
    struct weft_histogram latency;
    if (!weft_histogram_init(&latency, WEFT_HISTOGRAM_COARSE, timeline->alloc)) return;
    struct weft_timeline_slot slot = joined(timeline, first, count, &latency);
    const struct weft_term *term = weft_term_of(out);
    fprintf(out, "  %6llu s %11s %s%8s%s %9s %9s  ",
            (unsigned long long)((uint64_t)first * timeline->width_us / 1000000),
            weft_human_count(slot.finished).text, slot.failed > 0 ? term->red : "",
            weft_human_count(slot.failed).text, term->plain,
            weft_human_time((double)weft_histogram_percentile(&latency, 50)).text,
            weft_human_time((double)weft_histogram_percentile(&latency, 99)).text);
    put_bar(out, (double)slot.finished / (double)largest, bar_width() - 10, is_unicode);
    fputc('\n', out);
    weft_histogram_deinit(&latency);
}

static void put_timeline(const struct weft_timeline *timeline, bool is_unicode, FILE *out)
{
    const struct weft_term *term = weft_term_of(out);
    size_t step = (timeline->count + SECONDS_MOST - 1) / SECONDS_MOST;
    uint64_t largest = 1;
    if (timeline->count < 2) return;
    for (size_t first = 0; first < timeline->count; first += step) {
        uint64_t finished = 0;
        for (size_t i = first; i < first + step && i < timeline->count; i++) {
            finished += timeline->slots[i].finished;
        }
        if (finished > largest) largest = finished;
    }
    fprintf(out, "\n  %s%8s %11s %8s %9s %9s%s\n", term->bold, "Timeline", "finished", "failed",
            "p50", "p99", term->plain);
    for (size_t first = 0; first < timeline->count; first += step) {
        put_row(timeline, first, step, largest, is_unicode, out);
    }
}

void weft_load_show_charts(const struct weft_load_options *options,
                           const struct weft_load_result *result, FILE *out)
{
    bool is_unicode = !options->is_plain && weft_term_is_unicode();
    put_histogram(&result->latency, is_unicode, out);
    put_timeline(&result->timeline, is_unicode, out);
}
