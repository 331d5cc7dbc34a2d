// server/worker_figures.c: what a worker has counted, and how things stand with it at the moment.
#include "server/worker.h"

#include "server/worker_state.h"

static void look_at(struct weft_session *session, void *context)
{
    struct weft_counts *counts = context;
    const struct weft_conn *conn = weft_session_conn(session);
    unsigned version = conn ? weft_conn_version(conn) : 0;
    if (weft_session_tls(session)) counts->open_tls++;
    if (version == 0) {
        counts->open_other++;
    } else if (version == WEFT_HTTP_2) {
        counts->open_http_2++;
    } else {
        counts->open_http_1++;
    }
    if (!conn) return;
    counts->open_streams += weft_conn_stream_count(conn);
    counts->connection_memory += weft_conn_memory(conn);
    weft_counts_add_totals(counts, version, weft_conn_totals(conn));
}

void weft_worker_figures(struct weft_worker *worker, struct weft_figures *figures)
{
    struct weft_counts *counts = &figures->counts;
    const struct weft_file_cache *cache = &worker->sites.shared.cache;
    weft_figures_copy(figures, &worker->figures);
    counts->cache_hits = cache->hits;
    counts->cache_loads = cache->loads;
    counts->cache_evictions = cache->evictions;
    counts->cache_memory = cache->bytes;
    counts->cache_paths = cache->found_count + cache->nothing_count;
    counts->cache_descriptors = cache->descriptors;
    counts->access_lines_dropped = worker->log.file.dropped;
    counts->error_lines_dropped = worker->errors.file.dropped;
    counts->qlog_lines_dropped = worker->traces.file.dropped;
    weft_session_hub_each(worker->hub, look_at, counts);
}
