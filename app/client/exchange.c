// client/exchange.c: one request with its answer, over redirections and retries
#include "client/retry.h"
#include "client/state.h"

#include <stdio.h>

static struct weft_exchange *of_timer(struct weft_timer *timer)
{
    return (struct weft_exchange *)(void *)((char *)timer - offsetof(struct weft_exchange, timer));
}

const struct weft_exchange_report *weft_exchange_report(const struct weft_exchange *exchange)
{
    return &exchange->report;
}

void *weft_exchange_user(const struct weft_exchange *exchange)
{
    return exchange->user;
}

void weft_exchange_detach(struct weft_exchange *exchange)
{
    if (exchange->connection) {
        exchange->connection->exchange_count--;
    } else if (exchange->origin && weft_list_is_linked(&exchange->link)) {
        exchange->origin->waiting_count--;
    }
    weft_list_remove(&exchange->link);
    exchange->connection = NULL;
}

void weft_exchange_free(struct weft_exchange *exchange)
{
    const struct weft_alloc *alloc = exchange->client->config.alloc;
    weft_exchange_detach(exchange);
    weft_loop_cancel_timer(exchange->client->config.loop, &exchange->timer);
    weft_decoder_free(exchange->decoder);
    weft_arena_deinit(&exchange->arena);
    weft_release(alloc, exchange, sizeof(*exchange));
}

static void finish(struct weft_exchange *exchange, const struct weft_client_outcome *outcome)
{
    exchange->report.ended_us = weft_client_now_us(exchange->client);
    weft_exchange_detach(exchange);
    exchange->handler->done(exchange, outcome);
    weft_exchange_free(exchange);
}

void weft_exchange_fail(struct weft_exchange *exchange, enum weft_client_end end,
                        const char *reason, bool may_have_acted)
{
    struct weft_client_outcome outcome = {end, reason, may_have_acted};
    finish(exchange, &outcome);
}

// Timeouts

static uint64_t deadline(const struct weft_exchange *exchange)
{
    const struct weft_client_limits *limits = &exchange->client->config.limits;
    uint64_t due_us = UINT64_MAX;
    if (limits->total_timeout_ms) {
        due_us = exchange->born_us + (uint64_t)limits->total_timeout_ms * 1000;
    }
    uint64_t stall_us = exchange->last_us + (uint64_t)limits->stall_timeout_ms * 1000;
    return exchange->connection && stall_us < due_us ? stall_us : due_us;
}

static void set_timer(struct weft_exchange *exchange)
{
    uint64_t due_us = deadline(exchange);
    if (due_us == UINT64_MAX) return;
    if (exchange->timer.heap_index != 0 && exchange->timer.due_us <= due_us) return;
    (void)weft_loop_set_timer(exchange->client->config.loop, &exchange->timer, due_us);
}

// Gives up what is under way: STREAM_CLOSED follows, which ends the exchange.
static void give_up(struct weft_exchange *exchange, enum weft_client_end end, const char *reason)
{
    struct weft_client_connection *connection = exchange->connection;
    exchange->wrong = reason;
    exchange->wrong_end = end;
    if (!connection) {
        weft_exchange_fail(exchange, end, reason, false);
        return;
    }
    weft_conn_reset(weft_session_conn(connection->session), exchange->report.stream_id,
                    WEFT_HTTP_CANCEL);
    weft_session_wake(connection->session);
}

static void timer_is_due(struct weft_timer *timer)
{
    struct weft_exchange *exchange = of_timer(timer);
    const struct weft_client_limits *limits = &exchange->client->config.limits;
    uint64_t now_us = weft_client_now_us(exchange->client);
    if (now_us < deadline(exchange)) {
        set_timer(exchange);
        return;
    }
    if (exchange->wrong) return;
    bool is_total = limits->total_timeout_ms &&
                    now_us >= exchange->born_us + (uint64_t)limits->total_timeout_ms * 1000;
    give_up(exchange, WEFT_CLIENT_TIMED_OUT,
            is_total ? "it took longer than total_timeout_ms"
                     : "nothing came for stall_timeout_ms");
}

// The request

static bool copy_fields(struct weft_exchange *exchange, const struct weft_http_field *fields,
                        size_t count)
{
    size_t room = count + 1; // accept-encoding
    exchange->fields = weft_arena_take(&exchange->arena, room * sizeof(*exchange->fields));
    if (!exchange->fields) return false;
    for (size_t i = 0; i < count; i++) {
        struct weft_http_field *field = &exchange->fields[i];
        *field = fields[i];
        field->name = weft_arena_copy(&exchange->arena, fields[i].name);
        field->value = weft_arena_copy(&exchange->arena, fields[i].value);
        if (!field->name.data || (fields[i].value.size > 0 && !field->value.data)) return false;
    }
    exchange->field_count = count;
    if (exchange->decodes) {
        exchange->fields[exchange->field_count++] =
            WEFT_HTTP_FIELD(ACCEPT_ENCODING, WEFT_SPAN("gzip, br, zstd"));
    }
    return true;
}

static bool copy_url(struct weft_exchange *exchange, const struct weft_url *url)
{
    struct weft_url *own = &exchange->report.url;
    *own = *url;
    own->path = weft_arena_copy(&exchange->arena, url->path);
    own->fragment = weft_arena_copy(&exchange->arena, url->fragment);
    own->user = (struct weft_span){NULL, 0};
    return own->path.data && (url->fragment.size == 0 || own->fragment.data);
}

struct weft_exchange *weft_client_send(struct weft_client *client,
                                       const struct weft_client_request *request,
                                       const struct weft_exchange_handler *handler, void *user)
{
    struct weft_exchange *exchange = weft_allocate_zeroed(client->config.alloc, sizeof(*exchange));
    if (!exchange) return NULL;
    exchange->client = client;
    exchange->handler = handler;
    exchange->user = user;
    exchange->timer.due = timer_is_due;
    exchange->has_content = request->has_content;
    exchange->content = request->content;
    exchange->follows = request->follows;
    exchange->decodes = request->decodes;
    exchange->urgency = request->urgency;
    exchange->report.id = ++client->last_exchange_id;
    exchange->report.method = request->method;
    weft_arena_init(&exchange->arena, client->config.alloc, client->config.limits.exchange_memory);
    exchange->method_text = weft_arena_copy(&exchange->arena, request->method_text);
    exchange->authority = weft_arena_copy(&exchange->arena, request->authority);
    if (!copy_url(exchange, request->url) ||
        !copy_fields(exchange, request->fields, request->field_count)) {
        weft_exchange_free(exchange);
        return NULL;
    }
    exchange->born_us = exchange->last_us = exchange->report.asked_us = weft_client_now_us(client);
    set_timer(exchange);
    weft_client_enqueue(exchange, false);
    return exchange;
}

struct weft_http_head weft_exchange_head(const struct weft_exchange *exchange)
{
    const struct weft_url *url = &exchange->report.url;
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = (uint8_t)exchange->report.method;
    head.method_text = exchange->method_text;
    head.scheme = url->is_secure ? WEFT_SPAN("https") : WEFT_SPAN("http");
    head.authority =
        exchange->authority.size > 0 ? exchange->authority : weft_span_of(url->authority);
    head.path = url->path;
    head.fields = exchange->fields;
    head.field_count = exchange->field_count;
    if (exchange->has_content) head.content_length = (int64_t)exchange->content.size;
    return head;
}

ssize_t weft_exchange_fill(struct weft_exchange *exchange, uint8_t *room, size_t size, bool *ends)
{
    struct weft_span piece = weft_span_part(exchange->content, exchange->content_sent, size);
    if (piece.size > 0) memcpy(room, piece.data, piece.size);
    exchange->content_sent += piece.size;
    exchange->last_us = weft_client_now_us(exchange->client);
    *ends = exchange->content_sent == exchange->content.size;
    return (ssize_t)piece.size;
}

// The answer

static void start_decoding(struct weft_exchange *exchange, const struct weft_http_head *head)
{
    const struct weft_client_limits *limits = &exchange->client->config.limits;
    const struct weft_http_field *field =
        weft_http_head_find(head, WEFT_HTTP_FIELD_CONTENT_ENCODING);
    if (!exchange->decodes || !field) return;
    enum weft_http_coding coding = weft_http_coding_lookup(weft_span_trim(field->value));
    if (coding == 0 || coding == WEFT_HTTP_IDENTITY) return; // handed out as it is
    struct weft_decoder_limits decoder = {limits->decoded_free_size, limits->decoded_ratio};
    exchange->decoder = weft_decoder_new(coding, &decoder, exchange->client->config.alloc);
    if (!exchange->decoder) give_up(exchange, WEFT_CLIENT_NO_MEMORY, "no memory to decode content");
}

static void on_response(struct weft_exchange *exchange, const struct weft_http_head *head)
{
    struct weft_exchange_report *report = &exchange->report;
    exchange->has_head = true;
    report->first_us = weft_client_now_us(exchange->client);
    report->status = head->status;
    if (exchange->follows && weft_redirect_is_one(head)) {
        const char *wrong = weft_redirect_follow(&report->url, report->method, head,
                                                 &exchange->arena, &exchange->redirect);
        bool is_too_often = report->redirects >= exchange->client->config.limits.redirect_count;
        if (is_too_often) wrong = "more redirections than the limit redirect_count";
        if (wrong) {
            give_up(exchange, WEFT_CLIENT_REDIRECTS, wrong);
            return;
        }
        exchange->is_redirected = true;
        if (exchange->handler->response) exchange->handler->response(exchange, head);
        return;
    }
    start_decoding(exchange, head);
    if (exchange->handler->response) exchange->handler->response(exchange, head);
}

static bool hand_out(void *context, struct weft_span bytes)
{
    struct weft_exchange *exchange = context;
    exchange->report.decoded_size += bytes.size;
    return !exchange->handler->content || exchange->handler->content(exchange, bytes);
}

void weft_exchange_take_content(struct weft_exchange *exchange, struct weft_span bytes,
                                bool ends_message)
{
    const char *wrong = NULL;
    exchange->report.content_size += bytes.size;
    if (ends_message) exchange->has_ended = true;
    if (exchange->is_redirected || exchange->wrong) return; // read to no purpose
    if (exchange->decoder) {
        wrong = weft_decoder_feed(exchange->decoder, bytes, hand_out, exchange);
    } else if (bytes.size > 0 && !hand_out(exchange, bytes)) {
        wrong = "given up";
    }
    if (!wrong && exchange->decoder && ends_message) wrong = weft_decoder_end(exchange->decoder);
    if (wrong) {
        bool is_ours = strcmp(wrong, "given up") == 0;
        give_up(exchange, is_ours ? WEFT_CLIENT_GIVEN_UP : WEFT_CLIENT_CONTENT, wrong);
    }
}

static void on_data(struct weft_exchange *exchange, const struct weft_http_event *event)
{
    weft_conn_consume(weft_session_conn(exchange->connection->session), event->stream_id,
                      event->data.size);
    weft_exchange_take_content(exchange, event->data, event->ends_message);
}

void weft_exchange_event(struct weft_exchange *exchange, const struct weft_http_event *event)
{
    const struct weft_exchange_handler *handler = exchange->handler;
    exchange->last_us = exchange->report.heard_us = weft_client_now_us(exchange->client);
    if (event->ends_message) exchange->has_ended = true;
    switch (event->type) {
    case WEFT_HTTP_INTERIM:
        if (handler->interim) handler->interim(exchange, event->head);
        break;
    case WEFT_HTTP_RESPONSE: on_response(exchange, event->head); break;
    case WEFT_HTTP_DATA: on_data(exchange, event); break;
    case WEFT_HTTP_TRAILERS:
        if (exchange->decoder && !exchange->wrong) {
            const char *wrong = weft_decoder_end(exchange->decoder);
            if (wrong) give_up(exchange, WEFT_CLIENT_CONTENT, wrong);
        }
        if (handler->trailers) handler->trailers(exchange, event->head);
        break;
    case WEFT_HTTP_STREAM_CLOSED:
        weft_exchange_close(exchange, &event->error, WEFT_CLIENT_BROKEN);
        break;
    default: break;
    }
}

// The end, or a new beginning

static void begin_anew(struct weft_exchange *exchange)
{
    struct weft_exchange_report *report = &exchange->report;
    report->connection_id = report->stream_id = 0;
    report->pushed_us = report->sent_us = report->first_us = report->content_size =
        report->decoded_size = 0;
    report->status = 0;
    report->ended_us = 0;
    report->asked_us = exchange->last_us = weft_client_now_us(exchange->client);
    exchange->content_sent = 0;
    exchange->has_ended = exchange->has_head = exchange->is_redirected = false;
}

static void follow(struct weft_exchange *exchange)
{
    const struct weft_redirect *redirect = &exchange->redirect;
    size_t kept = 0;
    exchange->report.ended_us = weft_client_now_us(exchange->client);
    if (exchange->handler->redirected) exchange->handler->redirected(exchange, &redirect->url);
    for (size_t i = 0; i < exchange->field_count; i++) {
        if (weft_redirect_drops(redirect, exchange->fields[i].id)) continue;
        exchange->fields[kept++] = exchange->fields[i];
    }
    exchange->field_count = kept;
    if (redirect->drops_content) exchange->has_content = false;
    exchange->authority = (struct weft_span){NULL, 0};
    exchange->report.url = redirect->url;
    exchange->report.method = redirect->method;
    exchange->report.redirects++;
    exchange->report.retries = exchange->uncertain = 0;
    weft_exchange_detach(exchange);
    begin_anew(exchange);
    weft_client_enqueue(exchange, false);
}

static void fail_or_retry(struct weft_exchange *exchange, const struct weft_http_error *error,
                          enum weft_client_end end)
{
    struct weft_retry_case it = {
        .method = exchange->report.method,
        .is_unprocessed = error->is_unprocessed,
        .is_broken_rule = !error->by_peer && !error->is_unprocessed,
        .has_answer_begun = exchange->has_head,
        .retries = exchange->report.retries,
        .uncertain = exchange->uncertain,
        .retries_most = exchange->client->config.limits.retry_count,
    };
    bool may_have_acted = !error->is_unprocessed;
    if (weft_retry_judge(&it) != WEFT_RETRY_AGAIN) {
        if (error->by_peer && end == WEFT_CLIENT_BROKEN) end = WEFT_CLIENT_CUT;
        weft_exchange_fail(exchange, end, error->reason, may_have_acted);
        return;
    }
    exchange->report.ended_us = weft_client_now_us(exchange->client);
    if (exchange->handler->retried) {
        exchange->handler->retried(exchange, error->reason, may_have_acted);
    }
    exchange->report.retries++;
    if (may_have_acted) exchange->uncertain++;
    weft_exchange_detach(exchange);
    begin_anew(exchange);
    weft_client_enqueue(exchange, true);
}

void weft_exchange_close(struct weft_exchange *exchange, const struct weft_http_error *error,
                         enum weft_client_end end)
{
    static const struct weft_client_outcome done = {WEFT_CLIENT_DONE, "", false};
    exchange->origin->is_unpipelined = error->scope != WEFT_HTTP_FINE;
    // An answer that came whole is kept, though the stream was reset behind it (RFC 9113 §8.1).
    bool is_whole = error->scope == WEFT_HTTP_FINE || exchange->has_ended;
    if (exchange->wrong) {
        weft_exchange_fail(exchange, exchange->wrong_end, exchange->wrong, true);
    } else if (is_whole && exchange->is_redirected) {
        follow(exchange);
    } else if (is_whole) {
        finish(exchange, &done);
    } else {
        fail_or_retry(exchange, error, end);
    }
}
