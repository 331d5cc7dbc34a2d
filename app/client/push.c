// client/push.c: RFC 9113 §8.4
#include "client/push.h"

#include "client/state.h"

enum { FIRST_ROOM = 16384 };

bool weft_client_push_has(const struct weft_client_connection *connection,
                          const struct weft_http_event *event)
{
    return connection->info.version == WEFT_HTTP_2 && event->stream_id != 0 &&
           event->stream_id % 2 == 0;
}

static const struct weft_alloc *alloc_of(const struct weft_client_connection *connection)
{
    return connection->origin->client->config.alloc;
}

static void forget_content(struct weft_client_push *push)
{
    weft_release(alloc_of(push->connection), push->content, push->content_room);
    push->connection->pushed_size -= push->content_room;
    push->content = NULL;
    push->content_room = 0;
}

static void push_free(struct weft_client_push *push)
{
    struct weft_client_connection *connection = push->connection;
    forget_content(push);
    connection->pushed_size -= sizeof(*push);
    weft_list_remove(&push->link);
    weft_arena_deinit(&push->arena);
    weft_release(alloc_of(connection), push, sizeof(*push));
}

// Tells what became of it; once.
static void tell(struct weft_client_push *push, enum weft_client_push_fate fate, const char *reason)
{
    struct weft_client_connection *connection = push->connection;
    const struct weft_client_observer *observer = &connection->origin->client->config.observer;
    if (push->report.fate != WEFT_CLIENT_PUSH_OPEN) return;
    push->report.fate = fate;
    push->report.reason = reason;
    if (observer->pushed) observer->pushed(observer->context, &connection->info, &push->report);
}

static void give_up(struct weft_client_push *push, const char *reason)
{
    if (push->end || push->is_closed) return;
    push->end = reason;
    forget_content(push);
    weft_conn_reset(weft_session_conn(push->connection->session), push->report.stream_id,
                    WEFT_HTTP_CANCEL);
    weft_session_wake(push->connection->session); // STREAM_CLOSED follows
}

// Promises

static bool copy_head(struct weft_client_push *push, const struct weft_http_head *from,
                      struct weft_http_head *to)
{
    size_t size = from->field_count * sizeof(*from->fields);
    struct weft_http_field *fields = size > 0 ? weft_arena_take(&push->arena, size) : NULL;
    if (size > 0 && !fields) return false;
    *to = *from;
    to->fields = fields;
    to->method_text = weft_arena_copy(&push->arena, from->method_text);
    to->scheme = weft_arena_copy(&push->arena, from->scheme);
    to->authority = weft_arena_copy(&push->arena, from->authority);
    to->path = weft_arena_copy(&push->arena, from->path);
    bool is_whole = (to->path.data || from->path.size == 0) &&
                    (to->authority.data || from->authority.size == 0) &&
                    (to->scheme.data || from->scheme.size == 0);
    for (size_t i = 0; fields && i < from->field_count && is_whole; i++) {
        const struct weft_http_field *field = &from->fields[i];
        fields[i] = *field;
        fields[i].name = weft_arena_copy(&push->arena, field->name);
        fields[i].value = weft_arena_copy(&push->arena, field->value);
        is_whole = fields[i].name.data && (fields[i].value.data || field->value.size == 0);
    }
    return is_whole;
}

// Is the very thing under way already? Then the promise crossed our request.
static bool is_asked_for(const struct weft_client_connection *connection,
                         const struct weft_http_head *promised)
{
    WEFT_LIST_EACH(link, &connection->exchanges)
    {
        struct weft_http_head head =
            weft_exchange_head(WEFT_LIST_ENTRY(link, struct weft_exchange, link));
        if (weft_client_push_matches(promised, &head)) return true;
    }
    return false;
}

static struct weft_client_push *push_new(struct weft_client_connection *connection,
                                         const struct weft_http_event *event)
{
    const struct weft_client *client = connection->origin->client;
    size_t most = client->config.limits.push_memory;
    if (connection->pushed_size + sizeof(struct weft_client_push) > most) return NULL;
    struct weft_client_push *push =
        weft_allocate_zeroed(client->config.alloc, sizeof(struct weft_client_push));
    if (!push) return NULL;
    push->connection = connection;
    connection->pushed_size += sizeof(*push);
    weft_list_push_back(&connection->pushes, &push->link);
    weft_arena_init(&push->arena, client->config.alloc, client->config.limits.exchange_memory);
    push->report.connection_id = connection->info.id;
    push->report.stream_id = event->promised_id;
    push->report.parent_id = event->stream_id;
    push->report.promised_us = weft_client_now_us(client);
    push->report.request = &push->request;
    if (copy_head(push, event->head, &push->request)) return push;
    push_free(push);
    return NULL;
}

void weft_client_push_promised(struct weft_client_connection *connection,
                               const struct weft_http_event *event)
{
    struct weft_conn *conn = weft_session_conn(connection->session);
    struct weft_client_push *push = push_new(connection, event);
    if (!push) {
        weft_conn_reset(conn, event->promised_id, WEFT_HTTP_CANCEL);
        return;
    }
    weft_conn_set_user(conn, event->promised_id, push);
    if (is_asked_for(connection, &push->request)) give_up(push, "it was asked for already");
    weft_client_dispatch_soon(connection->origin); // somebody may wait for just this
}

// Events

// Keeps content; false where that is too much.
static bool keep(struct weft_client_push *push, struct weft_span bytes)
{
    struct weft_client_connection *connection = push->connection;
    size_t held = (size_t)push->report.content_size;
    if (bytes.size > push->content_room - held) {
        size_t most = connection->origin->client->config.limits.push_memory;
        size_t room = push->content_room ? push->content_room : FIRST_ROOM;
        if (bytes.size > most || held > most - bytes.size) return false;
        while (room < held + bytes.size) {
            room *= 2;
        }
        if (connection->pushed_size - push->content_room > most ||
            room > most - (connection->pushed_size - push->content_room)) {
            return false;
        }
        uint8_t *grown = weft_allocate(alloc_of(connection), room);
        if (!grown) return false;
        if (held > 0) memcpy(grown, push->content, held);
        forget_content(push);
        push->content = grown;
        push->content_room = room;
        connection->pushed_size += room;
    }
    if (bytes.size > 0) memcpy(push->content + held, bytes.data, bytes.size);
    return true;
}

static void on_data(struct weft_client_push *push, const struct weft_http_event *event)
{
    weft_conn_consume(weft_session_conn(push->connection->session), event->stream_id,
                      event->data.size);
    if (push->end) return;
    if (!keep(push, event->data)) {
        give_up(push, "nobody asked for it, and it is more than the limit push_memory");
        return;
    }
    push->report.content_size += event->data.size;
}

static void on_response(struct weft_client_push *push, const struct weft_http_head *head)
{
    if (!copy_head(push, head, &push->response)) {
        give_up(push, "no memory");
        return;
    }
    push->has_response = true;
    push->report.response = &push->response;
    push->report.first_us = weft_client_now_us(push->connection->origin->client);
}

// The stream of a push that nobody has claimed yet is over.
static void close_unclaimed(struct weft_client_push *push, const struct weft_http_error *error)
{
    push->is_closed = true;
    push->report.ended_us = weft_client_now_us(push->connection->origin->client);
    if (push->has_ended && !push->end) return; // it may yet be claimed
    tell(push, push->end ? WEFT_CLIENT_PUSH_CANCELLED : WEFT_CLIENT_PUSH_FAILED,
         push->end ? push->end : error->reason);
    push_free(push);
}

static void close_claimed(struct weft_client_push *push, const struct weft_http_event *event)
{
    struct weft_http_event last = *event;
    struct weft_exchange *exchange = push->exchange;
    // What the server began of itself and did not end can be asked for as if it had never been.
    if (!exchange->has_head) last.error.is_unprocessed = true;
    push_free(push);
    weft_exchange_event(exchange, &last);
}

void weft_client_push_event(struct weft_client_connection *connection,
                            const struct weft_http_event *event)
{
    struct weft_client_push *push = event->user;
    (void)connection;
    if (!push) return; // it was not taken
    if (push->exchange && event->type == WEFT_HTTP_STREAM_CLOSED) {
        close_claimed(push, event);
        return;
    }
    if (push->exchange) {
        weft_exchange_event(push->exchange, event);
        return;
    }
    if (event->ends_message) push->has_ended = true;
    switch (event->type) {
    case WEFT_HTTP_RESPONSE: on_response(push, event->head); break;
    case WEFT_HTTP_DATA: on_data(push, event); break;
    case WEFT_HTTP_STREAM_CLOSED: close_unclaimed(push, &event->error); break;
    default: break; // interim heads and trailers of what nobody asked for
    }
}

// Claims

static struct weft_client_push *find_on(const struct weft_client_connection *connection,
                                        const struct weft_http_head *head)
{
    WEFT_LIST_EACH(link, &connection->pushes)
    {
        struct weft_client_push *push = WEFT_LIST_ENTRY(link, struct weft_client_push, link);
        bool is_free = !push->exchange && !push->end;
        if (is_free && weft_client_push_matches(&push->request, head)) return push;
    }
    return NULL;
}

static struct weft_client_push *find(const struct weft_client_origin *origin,
                                     const struct weft_http_head *head)
{
    struct weft_client_push *push = NULL;
    WEFT_LIST_EACH(link, &origin->connections)
    {
        push = find_on(WEFT_LIST_ENTRY(link, struct weft_client_connection, link), head);
        if (push) break;
    }
    return push;
}

// Tells the exchange what has come so far.
static void replay(struct weft_client_push *push, struct weft_exchange *exchange)
{
    static const struct weft_http_error fine = {0};
    struct weft_span content = {push->content, (size_t)push->report.content_size};
    bool is_closed = push->is_closed;
    bool has_ended = push->has_ended;
    if (push->has_response) {
        struct weft_http_event head = {.type = WEFT_HTTP_RESPONSE,
                                       .head = &push->response,
                                       .ends_message = has_ended && content.size == 0};
        weft_exchange_event(exchange, &head);
    }
    if (content.size > 0) weft_exchange_take_content(exchange, content, has_ended);
    if (!is_closed) {
        forget_content(push);
        return;
    }
    push_free(push);
    weft_exchange_close(exchange, &fine, WEFT_CLIENT_BROKEN);
}

bool weft_client_push_claim(struct weft_client_origin *origin, struct weft_exchange *exchange)
{
    struct weft_http_head head = weft_exchange_head(exchange);
    struct weft_client_push *push = exchange->has_content ? NULL : find(origin, &head);
    if (!push) return false;
    weft_client_connection_adopt(push->connection, exchange, push->report.stream_id);
    exchange->report.pushed_us = push->report.promised_us;
    push->exchange = exchange;
    tell(push, WEFT_CLIENT_PUSH_CLAIMED, "");
    replay(push, exchange);
    return true;
}

void weft_client_push_drop_all(struct weft_client_connection *connection)
{
    while (!weft_list_is_empty(&connection->pushes)) {
        struct weft_client_push *push =
            WEFT_LIST_ENTRY(connection->pushes.next, struct weft_client_push, link);
        if (!push->report.ended_us) {
            push->report.ended_us = weft_client_now_us(connection->origin->client);
        }
        tell(push, push->has_ended ? WEFT_CLIENT_PUSH_UNCLAIMED : WEFT_CLIENT_PUSH_FAILED,
             push->has_ended ? "nobody asked for it" : "the connection ended before it was whole");
        push_free(push);
    }
}
