// server/figures.c
#include "server/figures.h"

#include <assert.h>
#include <stdlib.h>

static void add_words(void *to, const void *from, size_t size)
{
    uint64_t *sums = to;
    const uint64_t *numbers = from;
    for (size_t i = 0; i < size / sizeof(*sums); i++) {
        sums[i] += numbers[i];
    }
}

static_assert(sizeof(struct weft_counts) % sizeof(uint64_t) == 0, "counts are whole words");

bool weft_figures_init(struct weft_figures *figures, const struct weft_server_config *config)
{
    size_t sites =
        config->site_count < WEFT_FIGURES_SITES_MOST ? config->site_count : WEFT_FIGURES_SITES_MOST;
    *figures = (struct weft_figures){.site_slots = sites + 2};
    figures->answers = calloc(weft_figures_answer_count(figures), sizeof(*figures->answers));
    return figures->answers != NULL;
}

void weft_figures_deinit(struct weft_figures *figures)
{
    free(figures->answers);
    figures->answers = NULL;
}

void weft_figures_copy(struct weft_figures *to, const struct weft_figures *from)
{
    to->counts = from->counts;
    memcpy(to->answers, from->answers, weft_figures_answer_count(from) * sizeof(*to->answers));
}

void weft_figures_add(struct weft_figures *to, const struct weft_figures *from)
{
    add_words(&to->counts, &from->counts, sizeof(to->counts));
    add_words(to->answers, from->answers, weft_figures_answer_count(from) * sizeof(*to->answers));
}

void weft_counts_add_totals(struct weft_counts *counts, unsigned version,
                            const struct weft_http_totals *totals)
{
    struct weft_http_totals *sums = version == WEFT_HTTP_2 ? &counts->http_2 : &counts->http_1;
    add_words(sums, totals, sizeof(*totals));
}
