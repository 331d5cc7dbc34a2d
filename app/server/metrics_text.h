// server/metrics_text.h: the figures as text that Prometheus reads (its text format, version 0.0.4).
#ifndef WEFT_SERVER_METRICS_TEXT_H
#define WEFT_SERVER_METRICS_TEXT_H

#include "server/figures.h"

#include <stdio.h>

struct weft_learner;

/** All that is told of a server. */
struct weft_metrics {
    const struct weft_server_config *config;
    struct weft_learner *learner;       // NULL where no site learns
    const struct weft_figures *figures; // of all threads together
    size_t thread_count;
    size_t silent_count; // threads that did not answer
    bool is_draining;
    int64_t started_seconds;    // since 1970
    uint32_t generation;        // of the configuration: how many came to be served
    const char *failure;        // why the last reload came to nothing, a line; NULL: it did not
    int64_t failed_seconds;     // when
    int64_t certificate_expiry; // seconds since 1970; INT64_MAX: there is none
    uint64_t cpu_us;            // of this process
    uint64_t resident_size;
};

/** Writes all metrics. What is always 0 for most (sites without requests, codes and limits that were never met) is left out
 *  until it is not, but for limits, which are all there. */
void weft_metrics_write_text(FILE *out, const struct weft_metrics *metrics);

/** The name of a site: its first one, or "default"; "other" and "none" beyond those that are told apart. */
const char *weft_metrics_site_name(const struct weft_metrics *metrics, size_t slot);

/** Connections that are open, of all protocols. */
uint64_t weft_metrics_open(const struct weft_metrics *metrics);

/** Requests of a site's slot that are over. */
uint64_t weft_metrics_requests(const struct weft_metrics *metrics, size_t slot);

#endif
