// conn/conn.c
#include "conn/conn.h"

#include "conn/negotiate.h"
#include "h1/h1.h"
#include "h2/h2.h"

// What there is until an engine was chosen, and has taken the bytes that told which.
struct opening {
    struct weft_http_engine_config config;
    struct weft_http_error error;
    uint64_t deadline_us;
    bool is_draining;
    bool is_finished;
    bool has_told; // the FAILED event was pulled
    uint8_t first[WEFT_CONN_PREFACE_SIZE];
    size_t first_size;
    struct weft_span rest; // of a feed, behind `first`
};

struct weft_conn {
    enum weft_conn_protocol protocol; // WEFT_CONN_BY_FIRST_BYTES until an engine was chosen
    union {
        struct weft_h1_conn *h1;
        struct weft_h2_conn *h2;
    } engine;
    const struct weft_alloc *alloc;
    struct opening *opening; // NULL later, and where the protocol was known
};

// Calls the chosen engine: TO_ENGINE(conn, feed, bytes, now_us), ASK_ENGINE(conn, wants_input).
#define TO_ENGINE(conn, name, ...)                                                     \
    ((conn)->protocol == WEFT_CONN_H2 ? weft_h2_##name((conn)->engine.h2, __VA_ARGS__) \
                                      : weft_h1_##name((conn)->engine.h1, __VA_ARGS__))
#define ASK_ENGINE(conn, name)                                            \
    ((conn)->protocol == WEFT_CONN_H2 ? weft_h2_##name((conn)->engine.h2) \
                                      : weft_h1_##name((conn)->engine.h1))

static bool is_chosen(const struct weft_conn *conn)
{
    return conn->protocol != WEFT_CONN_BY_FIRST_BYTES;
}

static bool choose(struct weft_conn *conn, const struct weft_http_engine_config *config,
                   enum weft_conn_protocol protocol)
{
    if (protocol == WEFT_CONN_H2) {
        struct weft_h2_conn *h2 = weft_h2_new(config);
        if (!h2) return false;
        conn->engine.h2 = h2;
    } else {
        struct weft_h1_conn *h1 = weft_h1_new(config);
        if (!h1) return false;
        conn->engine.h1 = h1;
    }
    conn->protocol = protocol;
    return true;
}

static bool open_unknown(struct weft_conn *conn, const struct weft_http_engine_config *config)
{
    struct opening *opening = weft_allocate_zeroed(config->alloc, sizeof(*opening));
    if (!opening) return false;
    opening->config = *config;
    opening->deadline_us = config->now_us + (uint64_t)config->limits->header_timeout_ms * 1000;
    conn->opening = opening;
    return true;
}

struct weft_conn *weft_conn_new(const struct weft_http_engine_config *config,
                                enum weft_conn_protocol protocol)
{
    struct weft_conn *conn = weft_allocate_zeroed(config->alloc, sizeof(*conn));
    if (!conn) return NULL;

    conn->alloc = config->alloc;
    bool is_there = protocol == WEFT_CONN_BY_FIRST_BYTES ? open_unknown(conn, config)
                                                         : choose(conn, config, protocol);
    if (is_there) return conn;
    weft_release(config->alloc, conn, sizeof(*conn));
    return NULL;
}

void weft_conn_free(struct weft_conn *conn)
{
    if (!conn) return;
    if (is_chosen(conn)) ASK_ENGINE(conn, free);
    weft_release(conn->alloc, conn->opening, sizeof(*conn->opening));
    weft_release(conn->alloc, conn, sizeof(*conn));
}

// Ends a connection that has no engine yet.
static void end_opening(struct opening *opening, enum weft_http_error_code code, const char *reason)
{
    if (opening->is_finished) return;
    opening->is_finished = true;
    opening->error = (struct weft_http_error){WEFT_HTTP_CONNECTION, code, reason, false, false};
}

// Takes from `bytes` what tells the versions apart, and hands it to the engine once that is clear.
static void sniff(struct weft_conn *conn, struct weft_span bytes)
{
    struct opening *opening = conn->opening;
    size_t taken = sizeof(opening->first) - opening->first_size;
    if (taken > bytes.size) taken = bytes.size;
    memcpy(opening->first + opening->first_size, bytes.data, taken);
    opening->first_size += taken;

    struct weft_span first = {opening->first, opening->first_size};
    enum weft_conn_protocol protocol = weft_conn_sniff(first);
    if (protocol == WEFT_CONN_BY_FIRST_BYTES) return;
    if (!choose(conn, &opening->config, protocol)) {
        end_opening(opening, WEFT_HTTP_INTERNAL_ERROR, "no memory for a connection");
        return;
    }
    opening->rest = weft_span_skip(bytes, taken);
    if (opening->is_draining) TO_ENGINE(conn, drain, opening->config.now_us);
    TO_ENGINE(conn, feed, first, opening->config.now_us);
}
bool weft_conn_feed(struct weft_conn *conn, struct weft_span bytes, uint64_t now_us)
{
    if (is_chosen(conn)) return TO_ENGINE(conn, feed, bytes, now_us);
    if (conn->opening->is_finished) return false;
    conn->opening->config.now_us = now_us;
    if (bytes.size > 0) sniff(conn, bytes);
    return !conn->opening->is_finished;
}

void weft_conn_feed_end(struct weft_conn *conn, uint64_t now_us)
{
    if (is_chosen(conn)) {
        TO_ENGINE(conn, feed_end, now_us);
    } else {
        conn->opening->is_finished = true; // nothing was asked, so nothing is lost
    }
}

bool weft_conn_wants_input(const struct weft_conn *conn)
{
    return is_chosen(conn) ? ASK_ENGINE(conn, wants_input) : !conn->opening->is_finished;
}

static bool opening_event(struct opening *opening, struct weft_http_event *event)
{
    if (opening->error.scope == WEFT_HTTP_FINE || opening->has_told) return false;
    opening->has_told = true;
    *event = (struct weft_http_event){.type = WEFT_HTTP_FAILED, .error = opening->error};
    return true;
}

// The engine has taken the first bytes: what came with them follows.
static bool end_of_opening(struct weft_conn *conn)
{
    struct weft_span rest = conn->opening->rest;
    uint64_t now_us = conn->opening->config.now_us;
    weft_release(conn->alloc, conn->opening, sizeof(*conn->opening));
    conn->opening = NULL;
    return rest.size > 0 && TO_ENGINE(conn, feed, rest, now_us);
}

bool weft_conn_next_event(struct weft_conn *conn, struct weft_http_event *event)
{
    if (!is_chosen(conn)) return opening_event(conn->opening, event);
    bool had_one = TO_ENGINE(conn, next_event, event);
    if (had_one || !conn->opening) return had_one;
    return end_of_opening(conn) && weft_conn_next_event(conn, event);
}

void weft_conn_consume(struct weft_conn *conn, uint64_t stream_id, size_t size)
{
    if (is_chosen(conn)) TO_ENGINE(conn, consume, stream_id, size);
}

struct weft_span weft_conn_output(struct weft_conn *conn)
{
    return is_chosen(conn) ? ASK_ENGINE(conn, output) : (struct weft_span){NULL, 0};
}

size_t weft_conn_output_size(struct weft_conn *conn)
{
    if (conn->protocol == WEFT_CONN_H2) return weft_h2_output_size(conn->engine.h2);
    return weft_conn_output(conn).size;
}

void weft_conn_bind(struct weft_conn *conn, size_t size)
{
    if (conn->protocol == WEFT_CONN_H2) weft_h2_bind(conn->engine.h2, size); // HTTP/1 has one order
}

void weft_conn_sent(struct weft_conn *conn, size_t size, uint64_t now_us)
{
    if (is_chosen(conn)) TO_ENGINE(conn, sent, size, now_us);
}

uint64_t weft_conn_deadline(const struct weft_conn *conn)
{
    if (is_chosen(conn)) return ASK_ENGINE(conn, deadline);
    return conn->opening->is_finished ? UINT64_MAX : conn->opening->deadline_us;
}

static void tick_opening(struct opening *opening, uint64_t now_us)
{
    if (now_us < opening->deadline_us || opening->is_finished) return;
    if (opening->is_draining && opening->first_size == 0) {
        opening->is_finished = true; // nothing was asked, so nothing is lost
        return;
    }
    WEFT_HTTP_COUNT(opening->config.counters, header_timeout_ms);
    end_opening(opening, WEFT_HTTP_NO_ERROR, "header_timeout_ms: no request came");
}

void weft_conn_tick(struct weft_conn *conn, uint64_t now_us)
{
    if (is_chosen(conn)) {
        TO_ENGINE(conn, tick, now_us);
    } else {
        tick_opening(conn->opening, now_us);
    }
}

enum weft_result weft_conn_request(struct weft_conn *conn, const struct weft_http_head *head,
                                   bool ends, uint64_t *stream_id)
{
    return is_chosen(conn) ? TO_ENGINE(conn, request, head, ends, stream_id) : WEFT_INVALID;
}

enum weft_result weft_conn_respond(struct weft_conn *conn, uint64_t stream_id,
                                   const struct weft_http_head *head, bool ends)
{
    return is_chosen(conn) ? TO_ENGINE(conn, respond, stream_id, head, ends) : WEFT_GONE;
}

bool weft_conn_next_turn(struct weft_conn *conn, size_t most, struct weft_http_turn *turn)
{
    return is_chosen(conn) && TO_ENGINE(conn, next_turn, most, turn);
}

void weft_conn_commit(struct weft_conn *conn, const struct weft_http_turn *turn, size_t size,
                      bool ends)
{
    TO_ENGINE(conn, commit, turn, size, ends);
}

void weft_conn_resume(struct weft_conn *conn, uint64_t stream_id)
{
    if (is_chosen(conn)) TO_ENGINE(conn, resume, stream_id);
}

enum weft_result weft_conn_send_trailers(struct weft_conn *conn, uint64_t stream_id,
                                         const struct weft_http_field *fields, size_t field_count)
{
    return is_chosen(conn) ? TO_ENGINE(conn, send_trailers, stream_id, fields, field_count)
                           : WEFT_GONE;
}

bool weft_conn_takes_pushes(const struct weft_conn *conn)
{
    return conn->protocol == WEFT_CONN_H2 && weft_h2_takes_pushes(conn->engine.h2);
}

enum weft_result weft_conn_push(struct weft_conn *conn, uint64_t stream_id,
                                const struct weft_http_head *head, uint64_t *promised_id)
{
    return is_chosen(conn) ? TO_ENGINE(conn, push, stream_id, head, promised_id) : WEFT_GONE;
}

void weft_conn_reset(struct weft_conn *conn, uint64_t stream_id, enum weft_http_error_code code)
{
    if (is_chosen(conn)) TO_ENGINE(conn, reset, stream_id, code);
}

void weft_conn_set_priority(struct weft_conn *conn, uint64_t stream_id,
                            struct weft_http_priority priority)
{
    if (is_chosen(conn)) TO_ENGINE(conn, set_priority, stream_id, priority);
}

void weft_conn_set_user(struct weft_conn *conn, uint64_t stream_id, void *user)
{
    if (is_chosen(conn)) TO_ENGINE(conn, set_user, stream_id, user);
}

void weft_conn_drain(struct weft_conn *conn, uint64_t now_us)
{
    if (is_chosen(conn)) {
        TO_ENGINE(conn, drain, now_us);
        return;
    }
    struct opening *opening = conn->opening;
    if (opening->is_draining) return;
    opening->is_draining = true; // what has begun to come, or comes soon, is still answered
    uint64_t soon_us = now_us + (uint64_t)opening->config.limits->drain_ms * 1000;
    if (opening->first_size == 0 && soon_us < opening->deadline_us) opening->deadline_us = soon_us;
}

void weft_conn_fail(struct weft_conn *conn, enum weft_http_error_code code, const char *reason)
{
    if (is_chosen(conn)) {
        TO_ENGINE(conn, fail, code, reason);
    } else {
        end_opening(conn->opening, code, reason);
    }
}

bool weft_conn_is_finished(const struct weft_conn *conn)
{
    return is_chosen(conn) ? ASK_ENGINE(conn, is_finished) : conn->opening->is_finished;
}

struct weft_http_error weft_conn_last_error(const struct weft_conn *conn)
{
    return is_chosen(conn) ? ASK_ENGINE(conn, last_error) : conn->opening->error;
}

size_t weft_conn_stream_count(const struct weft_conn *conn)
{
    return is_chosen(conn) ? ASK_ENGINE(conn, stream_count) : 0;
}

const struct weft_http_totals *weft_conn_totals(const struct weft_conn *conn)
{
    static const struct weft_http_totals nothing;
    return is_chosen(conn) ? ASK_ENGINE(conn, totals) : &nothing;
}

size_t weft_conn_memory(const struct weft_conn *conn)
{
    size_t opening = conn->opening ? sizeof(*conn->opening) : 0;
    return sizeof(*conn) + opening + (is_chosen(conn) ? ASK_ENGINE(conn, memory) : 0);
}

unsigned weft_conn_version(const struct weft_conn *conn)
{
    if (!conn || !is_chosen(conn)) return 0;
    return conn->protocol == WEFT_CONN_H2 ? WEFT_HTTP_2 : WEFT_HTTP_1_1;
}
