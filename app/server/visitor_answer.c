// server/visitor_answer.c
#include "server/visitor_answer.h"

#include "base/hash.h"
#include "server/answered.h"
#include "server/delivery.h"
#include "server/error_page.h"
#include "server/route.h"
#include "server/static_files.h"
#include "server/visitor_state.h"

#include <stdio.h>

enum { RETRY_S = 1 }; // for memory to be let go

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
    weft_visitor_of(session)->body_held += answer->body.held;
    answer->body = (struct weft_body){0};
}

// Does the connection's memory_budget have room for what the answer's body holds, beside what lib/ has of it?
static bool may_hold(struct weft_session *session, const struct weft_body *body)
{
    struct weft_worker *worker = weft_visitor_of(session)->worker;
    if (body->held == 0) return true;
    size_t held =
        weft_conn_memory(weft_session_conn(session)) + weft_visitor_of(session)->body_held;
    if (held + body->held <= worker->config->limits.memory_budget) return true;
    worker->figures.counts.limits.memory_budget++;
    return false;
}

// Does the certificate of this connection cover a name that is not the one it was opened for?
static bool is_covered(struct weft_session *session, const struct weft_sites_host *host)
{
    const struct weft_tls *tls = weft_session_tls(session);
    struct weft_visitor *visitor = weft_visitor_of(session);
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
    struct weft_sites *sites = &weft_visitor_of(session)->worker->sites;
    struct weft_sites_host host;
    if (weft_sites_are_one(sites)) return sites->usual;
    if (!weft_sites_host_of(request->authority, &host)) return &sites->nobody;
    struct weft_site *site = weft_sites_find(sites, &host);
    if (!site) return &sites->nobody;
    return site == sites->usual || is_covered(session, &host) ? site : &sites->nobody;
}

struct weft_exchange *weft_visitor_take(struct weft_session *session, uint64_t stream_id,
                                        const struct weft_http_head *request)
{
    struct weft_visitor *visitor = weft_visitor_of(session);
    struct weft_exchange *exchange = weft_exchange_take(&visitor->worker->pool);
    if (!exchange) return NULL;
    exchange->stream_id = stream_id;
    exchange->request = request;
    exchange->started_us = weft_loop_now_us(visitor->worker->loop);
    weft_list_push_back(&visitor->exchanges, &exchange->link);
    weft_conn_set_user(weft_session_conn(session), stream_id, exchange);
    return exchange;
}

// Answers what was promised, which is then an exchange like any other, of the same user as the page.
static void keep_promise(struct weft_session *session, const struct weft_exchange *page,
                         struct weft_promise *promise)
{
    struct weft_worker *worker = weft_visitor_of(session)->worker;
    struct weft_conn *conn = weft_session_conn(session);
    struct weft_exchange *exchange = weft_visitor_take(session, promise->stream_id, &promise->head);
    if (!exchange) {
        weft_conn_reset(conn, promise->stream_id, WEFT_HTTP_INTERNAL_ERROR);
        weft_promise_free(promise);
        return;
    }
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
    struct weft_visitor *visitor = weft_visitor_of(session);
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
    struct weft_answer *answer = &weft_visitor_of(session)->worker->answer;
    const struct weft_auth *auth = &exchange->site->config->auth;
    weft_site_shared_set_request(exchange->site->shared, exchange->request);
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
    struct weft_visitor *visitor = weft_visitor_of(session);
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
    struct weft_visitor *visitor = weft_visitor_of(session);
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
    struct weft_worker *worker = weft_visitor_of(session)->worker;
    struct weft_promise *promises = NULL;
    struct weft_site *site = exchange->site;
    weft_answer_init(&worker->answer);
    weft_route(site, exchange->request, &worker->answer);
    if (!may_hold(session, &worker->answer.body)) {
        weft_answer_deinit(&worker->answer);
        refuse(session, exchange, 503, RETRY_S);
        return;
    }
    uint64_t connection = weft_visitor_of(session)->number;
    weft_answered_note(site, connection, exchange->request, &worker->answer);
    bool is_told = false;
    if (site->delivers) promises = start_delivery(session, exchange, &is_told);
    const struct weft_witness *witness = &weft_visitor_of(session)->witness;
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
    struct weft_answer *answer = &weft_visitor_of(session)->worker->answer;
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
    struct weft_visitor *visitor = weft_visitor_of(session);
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

// With a file of the cache, whose place there is renewed as often as the file system is asked.
static void answer_again(struct weft_session *session, struct weft_exchange *exchange,
                         struct weft_file *file)
{
    struct weft_worker *worker = weft_visitor_of(session)->worker;
    worker->sites.shared.cache.hits++;
    weft_static_files_whole(exchange->site, file, &worker->answer);
    send_answer(session, exchange, &worker->answer);
    weft_answer_deinit(&worker->answer);
}

void weft_visitor_answer(struct weft_session *session, struct weft_exchange *exchange)
{
    prepare(session);
    const struct weft_visitor *visitor = weft_visitor_of(session);
    const struct weft_answered *before =
        weft_answered_find(&visitor->worker->sites.shared, visitor->number, exchange->request);
    exchange->site = before ? before->site : site_for(session, exchange->request);
    if (refuse_excess(session, exchange)) return;
    if (before) {
        answer_again(session, exchange, before->file);
    } else if (exchange->site->config->auth.passwords) {
        ask_for_password(session, exchange);
    } else {
        answer_inside(session, exchange);
    }
}
