// in_memory.c: a client and a server in one process, with nothing between them but a loop.
//
//     cc in_memory.c $(pkg-config --cflags --libs weft) && ./a.out
#include <stdio.h>

#include "conn/conn.h"
#include "heap.h"

static const struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;

static struct weft_conn *start(enum weft_http_role role)
{
    struct weft_http_engine_config config = {.role = role, .alloc = &heap, .limits = &limits};
    struct weft_conn *conn = weft_conn_new(&config, WEFT_CONN_H2);
    if (!conn) exit(1);
    return conn;
}

// Hands what `from` has to say to `to`; false where it has nothing.
static bool carry(struct weft_conn *from, struct weft_conn *to)
{
    struct weft_span bytes = weft_conn_output(from);
    if (bytes.size == 0) return false;
    weft_conn_feed(to, bytes, 0);
    return true;
}

// Answers every request with its own path.
static void serve(struct weft_conn *server)
{
    struct weft_http_event event;
    while (weft_conn_next_event(server, &event)) {
        if (event.type != WEFT_HTTP_REQUEST) continue;
        struct weft_http_field type = WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("text/plain"));
        struct weft_http_head answer = WEFT_HTTP_HEAD_INIT;
        answer.status = 200;
        answer.fields = &type;
        answer.field_count = 1;
        answer.content_length = (int64_t)event.head->path.size;
        weft_conn_set_user(server, event.stream_id, (void *)event.head);
        if (weft_conn_respond(server, event.stream_id, &answer, false) != WEFT_OK) exit(1);
    }
    struct weft_http_turn turn;
    while (weft_conn_next_turn(server, 16384, &turn)) {
        const struct weft_http_head *request = turn.user;
        memcpy(turn.room, request->path.data, request->path.size);
        weft_conn_commit(server, &turn, request->path.size, true);
    }
}

static void print(struct weft_conn *client)
{
    struct weft_http_event event;
    while (weft_conn_next_event(client, &event)) {
        unsigned long long id = event.stream_id;
        if (event.type == WEFT_HTTP_RESPONSE) printf("stream %llu: %u\n", id, event.head->status);
        if (event.type == WEFT_HTTP_DATA) {
            printf("stream %llu: %.*s\n", id, (int)event.data.size, (const char *)event.data.data);
        }
    }
}

int main(void)
{
    struct weft_conn *client = start(WEFT_HTTP_CLIENT);
    struct weft_conn *server = start(WEFT_HTTP_SERVER);
    for (size_t i = 0; i < 3; i++) {
        static const char *const paths[] = {"/warp", "/weft", "/selvedge"};
        struct weft_http_head request = WEFT_HTTP_HEAD_INIT;
        request.method = WEFT_HTTP_GET;
        request.scheme = WEFT_SPAN("http");
        request.authority = WEFT_SPAN("loom.example");
        request.path = weft_span_of(paths[i]);
        uint64_t stream_id;
        if (weft_conn_request(client, &request, true, &stream_id) != WEFT_OK) return 1;
    }
    for (bool moved = true; moved;) {
        size_t size = weft_conn_output(client).size;
        moved = carry(client, server);
        serve(server); // what was carried is lent to it until its events are pulled
        weft_conn_sent(client, size, 0);
        size = weft_conn_output(server).size;
        moved |= carry(server, client);
        print(client);
        weft_conn_sent(server, size, 0);
    }
    weft_conn_free(client);
    weft_conn_free(server);
    return 0;
}
