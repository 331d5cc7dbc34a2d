// server/visitor_record.c
#include "server/visitor_record.h"

#include "server/visitor_state.h"

#include <stdio.h>
#include <string.h>

// The status of what ended before it was answered: ours to refuse, or given up by the client (499 as others log it).
static uint16_t status_unanswered(const struct weft_http_error *error)
{
    return error->scope != WEFT_HTTP_FINE && !error->by_peer ? 400 : 499;
}

static void count_push(struct weft_counts *counts, const struct weft_exchange *exchange,
                       const struct weft_http_error *error)
{
    counts->pushed_size += exchange->content_sent;
    counts->pushes_completed += error->scope == WEFT_HTTP_FINE;
    if (error->scope == WEFT_HTTP_FINE || !error->by_peer) return;
    counts->pushes_cancelled++;
    counts->pushed_wasted_size += exchange->content_sent;
}

static void count_exchange(struct weft_worker *worker, const struct weft_exchange *exchange,
                           unsigned status, uint64_t duration_us,
                           const struct weft_http_error *error)
{
    size_t site = exchange->site ? exchange->site->index : WEFT_FIGURES_NO_SITE;
    if (exchange->promise) count_push(&worker->figures.counts, exchange, error);
    struct weft_answers *answers =
        weft_figures_answers(&worker->figures, site, exchange->request->version, status);
    if (!answers) return;
    weft_log2_add(&answers->duration, duration_us);
    if (exchange->status) weft_log2_add(&answers->first_byte, exchange->first_byte_us);
}

static bool is_limit(const char *text)
{
    return strncmp(text, "limit: ", strlen("limit: ")) == 0;
}

static void tell(struct weft_session *session, uint64_t stream_id, const char *text)
{
    const struct weft_visitor *visitor = weft_visitor_of(session);
    struct weft_error_record record = {
        .level = is_limit(text) ? WEFT_ERROR_WARNING : WEFT_ERROR_NOTICE,
        .text = text,
        .peer = visitor->peer,
        .connection = visitor->number,
        .version = weft_conn_version(weft_session_conn(session)),
        .stream_id = stream_id,
    };
    weft_worker_tell(visitor->worker, &record);
}

static void log_exchange(struct weft_session *session, const struct weft_exchange *exchange,
                         unsigned status, uint64_t duration_us, const struct weft_http_error *error)
{
    struct weft_visitor *visitor = weft_visitor_of(session);
    struct weft_worker *worker = visitor->worker;
    const struct weft_tls *tls = weft_session_tls(session);
    struct weft_log_record record = {
        .client = visitor->client,
        .peer = visitor->peer,
        .connection = visitor->number,
        .user = exchange->user ? exchange->user->user : (struct weft_span){0},
        .request = exchange->request,
        .status = (uint16_t)status,
        .content_size = exchange->content_sent,
        .duration_us = duration_us,
        .stream_id = exchange->stream_id,
        .is_complete = error->scope == WEFT_HTTP_FINE,
    };
    if (tls) {
        record.tls_version = weft_tls_version(tls);
        record.tls_cipher = weft_tls_cipher(tls);
        record.tls_resumed = weft_tls_is_resumed(tls);
    }
    struct weft_clock *clock = &worker->sites.shared.clock;
    weft_clock_set(clock, weft_loop_now_seconds(worker->loop));
    weft_access_log_add(&worker->log, clock, &record);
    weft_worker_tell_dropped(worker, &worker->log.file,
                             "the access log takes no lines: they are dropped");
}

void weft_visitor_record(struct weft_session *session, const struct weft_exchange *exchange,
                         const struct weft_http_error *error)
{
    struct weft_worker *worker = weft_visitor_of(session)->worker;
    unsigned status = exchange->status ? exchange->status : status_unanswered(error);
    uint64_t duration_us = weft_loop_now_us(worker->loop) - exchange->started_us;
    count_exchange(worker, exchange, status, duration_us, error);
    if (worker->log.file.path) log_exchange(session, exchange, status, duration_us, error);
}

void weft_visitor_record_connection(struct weft_session *session)
{
    struct weft_counts *counts = &weft_visitor_of(session)->worker->figures.counts;
    const struct weft_conn *conn = weft_session_conn(session);
    if (conn) {
        weft_counts_add_totals(counts, weft_conn_version(conn), weft_conn_totals(conn));
    } else if (weft_session_tls(session)) {
        counts->handshakes_failed++;
        tell(session, 0, weft_session_error(session));
    }
}

void weft_visitor_tell(struct weft_session *session, uint64_t stream_id,
                       const struct weft_http_error *error)
{
    bool is_limit_of_all = stream_id == 0 && is_limit(error->reason);
    if (!error->by_peer || is_limit_of_all) tell(session, stream_id, error->reason);
}

void weft_visitor_tell_unreadable(struct weft_session *session,
                                  const struct weft_exchange *exchange, int error)
{
    char detail[WEFT_ERROR_TEXT_MOST];
    struct weft_span path = weft_span_part(exchange->request->path, 0, WEFT_ERROR_TEXT_MOST / 2);
    snprintf(detail, sizeof(detail), "%s: %.*s", strerror(error), (int)path.size,
             (const char *)path.data);
    struct weft_error_record record = {.level = WEFT_ERROR_ERROR,
                                       .text = "content cannot be read",
                                       .detail = detail,
                                       .peer = weft_visitor_of(session)->peer,
                                       .connection = weft_visitor_of(session)->number,
                                       .stream_id = exchange->stream_id};
    weft_worker_tell(weft_visitor_of(session)->worker, &record);
}
