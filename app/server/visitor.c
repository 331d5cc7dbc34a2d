// server/visitor.c
#include "server/visitor.h"

#include "base/hash.h"
#include "server/delivery.h"
#include "server/error_page.h"
#include "server/route.h"
#include "server/witness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    // Bytes of a request's content, which nobody wants:
    AWAITED_MOST = 1 << 16,   // so many are read before the answer over HTTP/1
    DISCARDED_MOST = 1 << 20, // so many at all
    RETRY_S = 1,              // for memory to be let go
};

/** A connection's own: the session's context. */
struct visitor {
    struct weft_worker *worker;
    struct weft_list exchanges;
    struct weft_list unstarted; // exchanges that came with what is being read
    struct weft_cache_digest
        *given; // pushed, or asked for, so far; NULL where nobody thinks of pushes
    uint64_t
        covered; // a name that this connection's certificate covers, hashed; 0: none was asked for
    struct weft_witness witness;   // for who learns
    uint64_t number;               // of the connection
    struct weft_client *client_of; // NULL: nobody counts
    size_t coding_held;            // bytes of encoders
    size_t body_held;              // bytes of what is sent, of memory_budget
    const char *client;            // the address
    char peer[];                   // and its port; `client` stands behind it
};

static struct visitor *visitor_of(const struct weft_session *session)
{
    return weft_session_context(session);
}

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

// Tells those who run the server why a connection or one of its streams came to a bad end.
static void tell(struct weft_session *session, uint64_t stream_id, const char *text)
{
    const struct visitor *visitor = visitor_of(session);
    const struct weft_conn *conn = weft_session_conn(session);
    struct weft_error_record record = {
        .level = is_limit(text) ? WEFT_ERROR_WARNING : WEFT_ERROR_NOTICE,
        .text = text,
        .peer = visitor->peer,
        .connection = visitor->number,
        .version = conn ? weft_conn_version(conn) : 0,
        .stream_id = stream_id,
    };
    weft_worker_tell(visitor->worker, &record);
}

static void log_exchange(struct weft_session *session, const struct weft_exchange *exchange,
                         unsigned status, uint64_t duration_us, const struct weft_http_error *error)
{
    struct visitor *visitor = visitor_of(session);
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
    uint64_t dropped = worker->log.file.dropped;
    weft_access_log_add(&worker->log, clock, &record);
    if (worker->log.file.dropped == dropped) return;
    struct weft_error_record lost = {.level = WEFT_ERROR_ERROR,
                                     .text = "the access log takes no lines: they are dropped"};
    weft_worker_tell(worker, &lost);
}

// An exchange is over: it is counted, logged, and kept for the next request.
static void end_exchange(struct weft_session *session, struct weft_exchange *exchange,
                         const struct weft_http_error *error)
{
    struct weft_worker *worker = visitor_of(session)->worker;
    unsigned status = exchange->status ? exchange->status : status_unanswered(error);
    uint64_t duration_us = weft_loop_now_us(worker->loop) - exchange->started_us;
    count_exchange(worker, exchange, status, duration_us, error);
    if (worker->log.file.path) log_exchange(session, exchange, status, duration_us, error);
    if (exchange->wait) weft_gate_forget(exchange->wait);
    if (exchange->is_counted) weft_client_is_answered(visitor_of(session)->client_of);
    visitor_of(session)->body_held -= exchange->body_held;
    weft_exchange_give_back(&worker->pool, exchange);
}

// Sends the answer's head; the content follows as its turns come.
static void send_answer(struct weft_session *session, struct weft_exchange *exchange,
                        struct weft_answer *answer)
{
    struct weft_conn *conn = weft_session_conn(session);
    uint64_t passed_us = weft_loop_now_us(weft_session_loop(session)) - exchange->started_us;
    exchange->first_byte_us = passed_us < UINT32_MAX ? (uint32_t)passed_us : UINT32_MAX;
    bool is_head = exchange->request->method == WEFT_HTTP_HEAD;
    bool ends = is_head || !answer->body.kind;
    exchange->status = answer->head.status;
    if (weft_conn_respond(conn, exchange->stream_id, &answer->head, ends) != WEFT_OK) {
        weft_conn_reset(conn, exchange->stream_id, WEFT_HTTP_INTERNAL_ERROR);
        return;
    }
    if (ends) return;
    exchange->body = answer->body;
    exchange->body_held = answer->body.held;
    visitor_of(session)->body_held += answer->body.held;
    answer->body = (struct weft_body){0};
}

// Does the connection's memory_budget have room for what the answer's body holds, beside what lib/ has of it?
static bool may_hold(struct weft_session *session, const struct weft_body *body)
{
    struct weft_worker *worker = visitor_of(session)->worker;
    if (body->held == 0) return true;
    size_t held = weft_conn_memory(weft_session_conn(session)) + visitor_of(session)->body_held;
    if (held + body->held <= worker->config->limits.memory_budget) return true;
    worker->figures.counts.limits.memory_budget++;
    return false;
}

// Does the certificate of this connection cover a name that is not the one it was opened for?
static bool is_covered(struct weft_session *session, const struct weft_sites_host *host)
{
    const struct weft_tls *tls = weft_session_tls(session);
    struct visitor *visitor = visitor_of(session);
    struct weft_span name = {(const uint8_t *)host->name, host->size};
    if (!tls || weft_span_equal(name, weft_tls_server_name(tls))) return true;
    uint64_t hash = weft_hash_bytes(visitor->worker->sites.shared.seed, name) | 1;
    if (visitor->covered == hash) return true;
    if (!weft_tls_covers(tls, host->name)) return false;
    visitor->covered = hash;
    return true;
}

// The site that a request is for; nobody's where its name is not ours, or not on this connection (RFC 9110 §15.5.20).
static struct weft_site *site_for(struct weft_session *session,
                                  const struct weft_http_head *request)
{
    struct weft_sites *sites = &visitor_of(session)->worker->sites;
    struct weft_sites_host host;
    if (weft_sites_are_one(sites)) return sites->usual;
    if (!weft_sites_host_of(request->authority, &host)) return &sites->nobody;
    struct weft_site *site = weft_sites_find(sites, &host);
    if (!site) return &sites->nobody;
    return site == sites->usual || is_covered(session, &host) ? site : &sites->nobody;
}

// Adds an exchange to those of the connection.
static void take_exchange(struct weft_session *session, struct weft_exchange *exchange,
                          uint64_t stream_id, const struct weft_http_head *request)
{
    struct visitor *visitor = visitor_of(session);
    exchange->stream_id = stream_id;
    exchange->request = request;
    exchange->started_us = weft_loop_now_us(visitor->worker->loop);
    weft_list_push_back(&visitor->exchanges, &exchange->link);
    weft_conn_set_user(weft_session_conn(session), stream_id, exchange);
}

// Answers what was promised, which is then an exchange like any other, of the same user as the page.
static void keep_promise(struct weft_session *session, const struct weft_exchange *page,
                         struct weft_promise *promise)
{
    struct weft_worker *worker = visitor_of(session)->worker;
    struct weft_conn *conn = weft_session_conn(session);
    struct weft_exchange *exchange = weft_exchange_take(&worker->pool);
    if (!exchange) {
        weft_conn_reset(conn, promise->stream_id, WEFT_HTTP_INTERNAL_ERROR);
        weft_promise_free(promise);
        return;
    }
    take_exchange(session, exchange, promise->stream_id, &promise->head);
    exchange->promise = promise;
    exchange->site = page->site;
    exchange->user = page->user;
    weft_conn_set_priority(conn, promise->stream_id, promise->head.priority);
    weft_answer_init(&worker->answer);
    weft_route(exchange->site, exchange->request, &worker->answer);
    send_answer(session, exchange, &worker->answer);
    weft_answer_deinit(&worker->answer);
}

// What goes ahead of an answer that is complete but not sent: hints and promises.
static struct weft_promise *start_delivery(struct weft_session *session,
                                           const struct weft_exchange *exchange, bool *is_told)
{
    struct visitor *visitor = visitor_of(session);
    struct weft_delivery delivery = {
        .site = exchange->site,
        .conn = weft_session_conn(session),
        .stream_id = exchange->stream_id,
        .request = exchange->request,
        .answer = &visitor->worker->answer,
        .hint_count = &visitor->worker->figures.counts.early_hints,
        .given = &visitor->given,
    };
    struct weft_promise *promises = weft_delivery_start(&delivery);
    *is_told = delivery.is_told;
    return promises;
}

// Who is not let in is not told what there is inside.
static void leave_out_links(struct weft_http_field *fields, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (fields[i].id != WEFT_HTTP_FIELD_LINK) fields[kept++] = fields[i];
    }
    *count = kept;
}

// Says no; with Retry-After where a time is told (RFC 9110 §10.2.3), and with a challenge (§11.6.1).
static void refuse(struct weft_session *session, struct weft_exchange *exchange, uint16_t status,
                   uint32_t retry_after_s)
{
    struct weft_answer *answer = &visitor_of(session)->worker->answer;
    const struct weft_auth *auth = &exchange->site->config->auth;
    weft_answer_init(answer);
    weft_error_page(exchange->site, status, answer);
    if (auth->passwords) leave_out_links(answer->made, &answer->head.field_count);
    if (status == 401) {
        weft_answer_add(answer, WEFT_HTTP_FIELD(WWW_AUTHENTICATE, weft_span_of(auth->challenge)));
    } else {
        snprintf(answer->text, sizeof(answer->text), "%u", retry_after_s);
        weft_answer_add(answer, WEFT_HTTP_FIELD(RETRY_AFTER, weft_span_of(answer->text)));
    }
    send_answer(session, exchange, answer);
    weft_answer_deinit(answer);
}

// Answers who asks for more than one client may; false where that is not so.
static bool refuse_excess(struct weft_session *session, struct weft_exchange *exchange)
{
    struct visitor *visitor = visitor_of(session);
    struct weft_worker *worker = visitor->worker;
    uint32_t retry_after_s = 0;
    if (!visitor->client_of) return false;
    uint16_t status = weft_client_asks(&worker->clients, visitor->client_of,
                                       weft_loop_now_us(worker->loop), &retry_after_s);
    exchange->is_counted = status == 0;
    if (status != 0) refuse(session, exchange, status, retry_after_s);
    return status != 0;
}

// Tells the site what holds for the request at hand.
static void prepare(struct weft_session *session)
{
    struct visitor *visitor = visitor_of(session);
    struct weft_worker *worker = visitor->worker;
    struct weft_site_shared *shared = &worker->sites.shared;
    weft_site_shared_set_time(shared, weft_loop_now_us(worker->loop),
                              weft_loop_now_seconds(worker->loop));
    shared->is_secure = weft_session_tls(session) != NULL;
    shared->coding.client_held = &visitor->coding_held;
}

// Routes the request and sends the answer.
static void answer_inside(struct weft_session *session, struct weft_exchange *exchange)
{
    struct weft_worker *worker = visitor_of(session)->worker;
    struct weft_promise *promises = NULL;
    struct weft_site *site = exchange->site;
    weft_answer_init(&worker->answer);
    weft_route(site, exchange->request, &worker->answer);
    if (!may_hold(session, &worker->answer.body)) {
        weft_answer_deinit(&worker->answer);
        refuse(session, exchange, 503, RETRY_S);
        return;
    }
    bool is_told = false;
    if (site->delivers) promises = start_delivery(session, exchange, &is_told);
    const struct weft_witness *witness = &visitor_of(session)->witness;
    bool is_seen = witness->notebook && site->learned.shelf;
    if (is_seen) {
        weft_witness_answer(witness, site, exchange->request, &worker->answer.head, is_told);
    }
    send_answer(session, exchange, &worker->answer);
    weft_answer_deinit(&worker->answer);
    while (promises) {
        struct weft_promise *promise = promises;
        promises = promise->next;
        worker->figures.counts.pushes_promised++;
        if (is_seen) weft_witness_push(witness, site, promise, false, 0);
        keep_promise(session, exchange, promise);
    }
}

// Nobody is asked for a password that would cross the network in the clear where the site can be had another way.
static void send_to_https(struct weft_session *session, struct weft_exchange *exchange)
{
    struct weft_answer *answer = &visitor_of(session)->worker->answer;
    weft_answer_init(answer);
    weft_route(exchange->site, exchange->request, answer);
    leave_out_links(answer->made, &answer->head.field_count);
    send_answer(session, exchange, answer);
    weft_answer_deinit(answer);
}

static void act_on_verdict(struct weft_session *session, struct weft_exchange *exchange,
                           enum weft_gate_verdict verdict, uint32_t retry_after_s)
{
    switch (verdict) {
    case WEFT_GATE_WAITS: break;
    case WEFT_GATE_OPEN: answer_inside(session, exchange); break;
    case WEFT_GATE_SHUT: refuse(session, exchange, 401, 0); break;
    case WEFT_GATE_TOO_OFTEN: refuse(session, exchange, 429, retry_after_s); break;
    case WEFT_GATE_BUSY: refuse(session, exchange, 503, retry_after_s); break;
    }
}

// The site is not for everybody.
static void ask_for_password(struct weft_session *session, struct weft_exchange *exchange)
{
    struct visitor *visitor = visitor_of(session);
    struct weft_worker *worker = visitor->worker;
    const struct weft_site_config *config = exchange->site->config;
    struct weft_gate_question question = {.passwords = config->auth.passwords,
                                          .request = exchange->request,
                                          .client = visitor->client_of,
                                          .now_us = weft_loop_now_us(worker->loop)};
    if (config->https_only && !worker->sites.shared.is_secure) {
        send_to_https(session, exchange);
        return;
    }
    struct weft_gate_answer answer = weft_gate_ask(&worker->gate, &question);
    exchange->user = answer.user;
    exchange->wait = answer.wait;
    if (answer.wait) {
        answer.wait->session = session;
        answer.wait->exchange = exchange;
    }
    act_on_verdict(session, exchange, answer.verdict, answer.retry_after_s);
}

void weft_visitor_is_judged(struct weft_gate_wait *wait, enum weft_gate_verdict verdict,
                            const struct weft_password *user)
{
    struct weft_session *session = wait->session;
    struct weft_exchange *exchange = wait->exchange;
    size_t held_size = wait->held_size;
    weft_gate_forget(wait);
    exchange->wait = NULL;
    if (verdict == WEFT_GATE_OPEN) exchange->user = user;
    prepare(session);
    act_on_verdict(session, exchange, verdict, WEFT_GATE_BUSY_RETRY_S);
    if (held_size > 0)
        weft_conn_consume(weft_session_conn(session), exchange->stream_id, held_size);
    weft_session_wake(session);
}

static void answer_now(struct weft_session *session, struct weft_exchange *exchange)
{
    prepare(session);
    exchange->site = site_for(session, exchange->request);
    if (refuse_excess(session, exchange)) return;
    if (exchange->site->config->auth.passwords) {
        ask_for_password(session, exchange);
    } else {
        answer_inside(session, exchange);
    }
}

// A little content is read first, so that an HTTP/1 connection can be used again. Who asks whether to send it, or sends
// much, is told at once.
static bool content_is_awaited(const struct weft_http_event *event)
{
    if (event->head->version >= WEFT_HTTP_2) return false; // a stream is given up alone
    if (event->ends_message || event->head->expects_continue) return false;
    return event->head->content_length <= AWAITED_MOST; // also where it is not known
}

static void on_request(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_exchange *exchange = weft_exchange_take(&visitor_of(session)->worker->pool);
    if (!exchange) {
        weft_conn_reset(weft_session_conn(session), event->stream_id, WEFT_HTTP_REFUSED_STREAM);
        return;
    }
    take_exchange(session, exchange, event->stream_id, event->head);
    exchange->awaits_content = content_is_awaited(event);
    if (exchange->awaits_content) return;
    if (event->head->version < WEFT_HTTP_2) {
        answer_now(session, exchange);
        return;
    }
    // A reset may be behind it: work begins once all that has come is known.
    weft_list_remove(&exchange->link);
    weft_list_push_back(&visitor_of(session)->unstarted, &exchange->link);
}

static void on_settled(struct weft_session *session)
{
    struct visitor *visitor = visitor_of(session);
    while (!weft_list_is_empty(&visitor->unstarted)) {
        struct weft_exchange *exchange =
            WEFT_LIST_ENTRY(visitor->unstarted.next, struct weft_exchange, link);
        weft_list_remove(&exchange->link);
        weft_list_push_back(&visitor->exchanges, &exchange->link);
        answer_now(session, exchange);
    }
}

// Content is read, so that the peer gets to reading the answer, but not without end.
static void on_content(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_conn *conn = weft_session_conn(session);
    struct weft_exchange *exchange = event->user;
    size_t size = event->type == WEFT_HTTP_DATA ? event->data.size : 0;
    if (exchange && exchange->wait) { // it is held back, so that it does not outrun the answer
        exchange->wait->held_size += size;
    } else if (size > 0) {
        weft_conn_consume(conn, event->stream_id, size);
    }
    if (!exchange) return;
    exchange->content_received += size;
    bool is_over = event->ends_message;
    if (exchange->awaits_content && (is_over || exchange->content_received > AWAITED_MOST)) {
        exchange->awaits_content = false;
        answer_now(session, exchange);
    }
    if (exchange->content_received > DISCARDED_MOST && !is_over && !exchange->wait) {
        weft_conn_reset(conn, event->stream_id, WEFT_HTTP_NO_ERROR); // RFC 9113 §8.1
    }
}

// A push that the client gave up has cost what was sent of it.
static void note_end(struct weft_session *session, const struct weft_exchange *exchange,
                     const struct weft_http_error *error)
{
    const struct weft_witness *witness = &visitor_of(session)->witness;
    if (!exchange->promise || !witness->notebook || !exchange->site->learned.shelf) return;
    if (error->scope == WEFT_HTTP_FINE || !error->by_peer) return;
    weft_witness_push(witness, exchange->site, exchange->promise, true, exchange->content_sent);
}

// At the end nobody waits for content that nobody wants: who has sent half of it has the answer all the same.
static void on_hurry(struct weft_session *session)
{
    WEFT_LIST_EACH(link, &visitor_of(session)->exchanges)
    {
        struct weft_exchange *exchange = WEFT_LIST_ENTRY(link, struct weft_exchange, link);
        if (!exchange->awaits_content) continue;
        exchange->awaits_content = false;
        answer_now(session, exchange);
        return; // HTTP/1: there is one at a time
    }
}

static void on_event(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_exchange *exchange = event->user;
    switch (event->type) {
    case WEFT_HTTP_REQUEST: on_request(session, event); break;
    case WEFT_HTTP_DATA:
    case WEFT_HTTP_TRAILERS: on_content(session, event); break;
    case WEFT_HTTP_STREAM_CLOSED:
        if (event->error.scope == WEFT_HTTP_STREAM && !event->error.by_peer) {
            tell(session, event->stream_id, event->error.reason);
        }
        if (!exchange) break;
        note_end(session, exchange, &event->error);
        end_exchange(session, exchange, &event->error);
        weft_worker_tidy_later(visitor_of(session)->worker);
        break;
    case WEFT_HTTP_FAILED: // it closes by itself
        if (!event->error.by_peer || is_limit(event->error.reason)) {
            tell(session, 0, event->error.reason);
        }
        break;
    default: break;
    }
}

static void tell_unreadable(struct weft_session *session, const struct weft_exchange *exchange,
                            int error)
{
    char detail[WEFT_ERROR_TEXT_MOST];
    struct weft_span path = weft_span_part(exchange->request->path, 0, WEFT_ERROR_TEXT_MOST / 2);
    snprintf(detail, sizeof(detail), "%s: %.*s", strerror(error), (int)path.size,
             (const char *)path.data);
    struct weft_error_record record = {.level = WEFT_ERROR_ERROR,
                                       .text = "content cannot be read",
                                       .detail = detail,
                                       .peer = visitor_of(session)->peer,
                                       .connection = visitor_of(session)->number,
                                       .stream_id = exchange->stream_id};
    weft_worker_tell(visitor_of(session)->worker, &record);
}

static ssize_t on_fill(struct weft_session *session, void *user, uint8_t *room, size_t size,
                       bool *ends)
{
    struct weft_exchange *exchange = user;
    if (!exchange) return -EPIPE;
    ssize_t got = weft_exchange_read(exchange, room, size, ends);
    if (got < 0) tell_unreadable(session, exchange, (int)-got);
    return got;
}

static void give_up(struct weft_session *session, struct weft_list *exchanges)
{
    static const struct weft_http_error gone = {.scope = WEFT_HTTP_CONNECTION, .by_peer = true};
    while (!weft_list_is_empty(exchanges)) {
        struct weft_exchange *exchange =
            WEFT_LIST_ENTRY(exchanges->next, struct weft_exchange, link);
        end_exchange(session, exchange, &gone);
    }
}

// The connection is there: after the handshake, where it is one over TLS.
static void on_ready(struct weft_session *session)
{
    struct weft_counts *counts = &visitor_of(session)->worker->figures.counts;
    const struct weft_tls *tls = weft_session_tls(session);
    if (!tls) return;
    if (weft_tls_is_resumed(tls)) {
        counts->handshakes_resumed++;
    } else {
        counts->handshakes_full++;
    }
}

static void count_connection(struct weft_session *session)
{
    struct weft_counts *counts = &visitor_of(session)->worker->figures.counts;
    const struct weft_conn *conn = weft_session_conn(session);
    if (conn) {
        weft_counts_add_totals(counts, weft_conn_version(conn), weft_conn_totals(conn));
    } else if (weft_session_tls(session)) {
        counts->handshakes_failed++;
        tell(session, 0, weft_session_error(session));
    }
}

static void on_closed(struct weft_session *session)
{
    struct visitor *visitor = visitor_of(session);
    count_connection(session);
    give_up(session, &visitor->exchanges);
    give_up(session, &visitor->unstarted);
    weft_client_leaves(visitor->client_of);
    free(visitor->given);
    free(visitor);
}

static const struct weft_session_owner owner = {
    .ready = on_ready,
    .event = on_event,
    .settled = on_settled,
    .hurry = on_hurry,
    .fill = on_fill,
    .closed = on_closed,
};

// With room for no more than its texts take.
static struct visitor *visitor_from(const struct weft_address *address)
{
    char client[64];
    char peer[64];
    weft_address_text(address, false, client, sizeof(client));
    weft_address_text(address, true, peer, sizeof(peer));
    size_t peer_size = strlen(peer) + 1;
    size_t client_size = strlen(client) + 1;
    struct visitor *visitor = malloc(sizeof(*visitor) + peer_size + client_size);
    if (!visitor) return NULL;
    memcpy(visitor->peer, peer, peer_size);
    visitor->client = memcpy(visitor->peer + peer_size, client, client_size);
    return visitor;
}

void weft_visitor_start(struct weft_worker *worker, int fd, const struct weft_address *peer,
                        bool is_secure)
{
    struct weft_client *client;
    if (!weft_client_arrives(&worker->clients, peer, weft_loop_now_us(worker->loop), &client)) {
        close(fd); // before TLS, which would cost more than all that it could be told
        return;
    }
    struct visitor *visitor = visitor_from(peer);
    if (!visitor) {
        weft_client_leaves(client);
        close(fd);
        return;
    }
    visitor->client_of = client;
    if (is_secure) {
        worker->figures.counts.accepted_tls++;
    } else {
        worker->figures.counts.accepted_clear++;
    }
    visitor->worker = worker;
    visitor->number = worker->connection_count++ * worker->config->thread_count + worker->index + 1;
    visitor->given = NULL;
    visitor->covered = 0;
    visitor->coding_held = 0;
    visitor->body_held = 0;
    weft_list_init(&visitor->exchanges);
    weft_list_init(&visitor->unstarted);
    weft_witness_init(&visitor->witness, worker->notebook, worker->learn_seed, peer);
    if (!weft_session_start(worker->hub, fd, peer, WEFT_HTTP_SERVER, is_secure ? worker->tls : NULL,
                            NULL, WEFT_CONN_BY_FIRST_BYTES, &owner, visitor)) {
        weft_client_leaves(client);
        free(visitor);
    }
}
