// server/figures.h: what one thread has done, in numbers. Plain memory that nobody else touches; whoever wants to know
// asks the thread, which adds what it has at the moment to a copy (server/gather.h).
#ifndef WEFT_SERVER_FIGURES_H
#define WEFT_SERVER_FIGURES_H

#include "http/engine.h"
#include "server/config.h"
#include "server/gate.h"
#include "server/log2_histogram.h"

enum {
    WEFT_FIGURES_SITES_MOST = 64, // that are told apart, in the order of the configuration
    WEFT_FIGURES_CLASSES = 5,     // of status codes
    WEFT_FIGURES_LEVELS = 3,      // of the error log
};

enum weft_figures_protocol {
    WEFT_FIGURES_HTTP_1_0,
    WEFT_FIGURES_HTTP_1_1,
    WEFT_FIGURES_HTTP_2,
    WEFT_FIGURES_PROTOCOLS,
};

/** Counters, and how things stand at the moment. Nothing but uint64_t, so that it can be added word by word. */
struct weft_counts {
    struct weft_http_limit_counters limits;
    struct weft_http_end_counters ends;
    struct weft_http_totals http_1; // of connections that are over, until the others are added
    struct weft_http_totals http_2;
    uint64_t accepted_clear; // connections
    uint64_t accepted_tls;
    uint64_t shed; // idle connections, for their descriptors
    uint64_t handshakes_full;
    uint64_t handshakes_resumed;
    uint64_t handshakes_failed;
    struct weft_gate_counts logins;
    uint64_t early_hints;
    uint64_t pushes_promised;
    uint64_t pushes_completed;
    uint64_t pushes_cancelled;
    uint64_t pushed_size;        // bytes of content
    uint64_t pushed_wasted_size; // of them, of pushes that were cancelled
    uint64_t cache_hits;
    uint64_t cache_loads;
    uint64_t cache_evictions;
    uint64_t access_lines_dropped;
    uint64_t error_lines_dropped;
    uint64_t qlog_lines_dropped;
    uint64_t errors[WEFT_FIGURES_LEVELS];
    uint64_t errors_held_back; // of them, like too many before
    struct weft_log2_histogram loop_delay;
    // at the moment
    uint64_t open_http_1; // connections
    uint64_t open_http_2;
    uint64_t open_other; // before their first bytes, in the handshake, or closing
    uint64_t open_tls;   // of all of these
    uint64_t open_streams;
    uint64_t connection_memory; // bytes
    uint64_t cache_memory;
    uint64_t cache_paths;
    uint64_t cache_descriptors;
};

/** The answers of one site, protocol and class of status. */
struct weft_answers {
    struct weft_log2_histogram first_byte; // from the request's head to the answer's
    struct weft_log2_histogram duration;   // to the end of the stream
};

struct weft_figures {
    struct weft_counts counts;
    struct weft_answers *answers; // see weft_figures_answers(); NULL where they are not counted
    size_t site_slots;            // sites told apart, then the others, then none at all
};

/** How many kinds of answers are told apart. */
static inline size_t weft_figures_answer_count(const struct weft_figures *figures)
{
    return figures->site_slots * WEFT_FIGURES_PROTOCOLS * WEFT_FIGURES_CLASSES;
}

/** Starts at nothing; false without memory. */
WEFT_MUST_USE bool weft_figures_init(struct weft_figures *figures,
                                     const struct weft_server_config *config);
void weft_figures_deinit(struct weft_figures *figures);

/** Sets `to` to the same numbers; both are for the same configuration. */
void weft_figures_copy(struct weft_figures *to, const struct weft_figures *from);

/** Adds the numbers of `from`. */
void weft_figures_add(struct weft_figures *to, const struct weft_figures *from);

/** Adds what a connection has done. */
void weft_counts_add_totals(struct weft_counts *counts, unsigned version,
                            const struct weft_http_totals *totals);

#define WEFT_FIGURES_NO_SITE SIZE_MAX

/** Those of a site (its place in the configuration, or WEFT_FIGURES_NO_SITE), protocol and status; without `answers`
 *  NULL. */
static inline struct weft_answers *weft_figures_answers(const struct weft_figures *figures,
                                                        size_t site, unsigned version,
                                                        unsigned status)
{
    if (!figures->answers) return NULL;
    size_t others = figures->site_slots - 2;
    size_t slot = site < others ? site : others + (site == WEFT_FIGURES_NO_SITE);
    size_t protocol = version == WEFT_HTTP_2     ? WEFT_FIGURES_HTTP_2
                      : version == WEFT_HTTP_1_0 ? WEFT_FIGURES_HTTP_1_0
                                                 : WEFT_FIGURES_HTTP_1_1;
    size_t class = status < 200 ? 0 : status / 100 - 1; // a final status is 200 to 599
    return &figures->answers[(slot * WEFT_FIGURES_PROTOCOLS + protocol) * WEFT_FIGURES_CLASSES +
                             class];
}

#endif
