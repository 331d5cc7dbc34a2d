// bench/engine.c: the engine alone, in memory: GETs with answers of 1 KiB, a client feeding a server, no socket and no TLS.
// The same exchange with libnghttp2 on both sides. Prints nanoseconds of CPU per request and the ratio.
//
//     bench_engine [REQUESTS] [STREAMS] [ROUNDS]
#include "conn/conn.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CONTENT = 1024, FIELDS = 6 };

static uint8_t content[CONTENT];
static size_t stream_most = 10;
static size_t content_left
    [1024]; // of each stream that is open, both libraries: windows may cut an answer in two
static size_t allocation_count;

static size_t *left_of(uint64_t stream_id)
{
    return &content_left[stream_id / 2 % WEFT_COUNT(content_left)];
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static const char *const answer_fields[FIELDS][2] = {
    {"server", "weft"},
    {"date", "Wed, 25 Nov 2026 02:00:00 GMT"},
    {"content-type", "application/octet-stream"},
    {"last-modified", "Tue, 24 Nov 2026 10:00:00 GMT"},
    {"etag", "\"5f3c2a-400\""},
    {"accept-ranges", "bytes"},
};
static const char *const request_fields[][2] = {
    {"user-agent", "h2load nghttp2/1.52.0"},
};

// Weft

static void *heap_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context, (void)old_size;
    allocation_count++;
    if (new_size > 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

static struct weft_http_field answer_heads[FIELDS];

static void weft_ask(struct weft_conn *client)
{
    struct weft_http_field agent = {.name = weft_span_of(request_fields[0][0]),
                                    .value = weft_span_of(request_fields[0][1]),
                                    .id = WEFT_HTTP_FIELD_USER_AGENT};
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.scheme = WEFT_SPAN("https");
    head.authority = WEFT_SPAN("127.0.0.1:21001");
    head.path = WEFT_SPAN("/1k.bin");
    head.fields = &agent;
    head.field_count = 1;
    uint64_t stream_id;
    if (weft_conn_request(client, &head, true, &stream_id) != WEFT_OK) abort();
}

static void weft_serve(struct weft_conn *server)
{
    struct weft_http_event event;
    struct weft_http_turn turn;
    while (weft_conn_next_event(server, &event)) {
        if (event.type == WEFT_HTTP_FAILED) abort();
        if (event.type != WEFT_HTTP_REQUEST) continue;
        struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
        head.status = 200;
        head.fields = answer_heads;
        head.field_count = FIELDS;
        head.content_length = CONTENT;
        head.stamp = 1;
        *left_of(event.stream_id) = CONTENT;
        if (weft_conn_respond(server, event.stream_id, &head, false) != WEFT_OK) abort();
    }
    while (weft_conn_next_turn(server, CONTENT, &turn)) {
        size_t *left = left_of(turn.stream_id);
        size_t size = turn.size < *left ? turn.size : *left;
        memcpy(turn.room, content + CONTENT - *left, size);
        *left -= size;
        weft_conn_commit(server, &turn, size, *left == 0);
    }
}

static size_t weft_take(struct weft_conn *client)
{
    size_t done = 0;
    struct weft_http_event event;
    while (weft_conn_next_event(client, &event)) {
        if (event.type == WEFT_HTTP_DATA)
            weft_conn_consume(client, event.stream_id, event.data.size);
        if (event.type == WEFT_HTTP_STREAM_CLOSED) done++;
    }
    return done;
}

static double run_weft(size_t requests)
{
    static const struct weft_alloc heap = {heap_resize, NULL};
    struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;
    limits.requests_per_connection = UINT32_MAX;
    for (size_t i = 0; i < FIELDS; i++) {
        answer_heads[i].name = weft_span_of(answer_fields[i][0]);
        answer_heads[i].value = weft_span_of(answer_fields[i][1]);
        answer_heads[i].id = (uint8_t)weft_http_field_lookup(answer_heads[i].name);
    }
    struct weft_http_engine_config config = {
        .role = WEFT_HTTP_CLIENT, .alloc = &heap, .limits = &limits};
    struct weft_conn *client = weft_conn_new(&config, WEFT_CONN_H2);
    config.role = WEFT_HTTP_SERVER;
    struct weft_conn *server = weft_conn_new(&config, WEFT_CONN_H2);
    uint64_t start = cpu_ns();
    uint64_t now_us = 0;
    for (size_t asked = 0, done = 0; done < requests;) {
        for (; asked < requests && asked - done < stream_most; asked++)
            weft_ask(client);
        now_us += 100;
        struct weft_span out = weft_conn_output(client);
        weft_conn_feed(server, out, now_us);
        weft_serve(server);
        weft_conn_sent(client, out.size, now_us);
        out = weft_conn_output(server);
        weft_conn_feed(client, out, now_us);
        done += weft_take(client);
        weft_conn_sent(server, out.size, now_us);
    }
    double ns = (double)(cpu_ns() - start) / (double)requests;
    weft_conn_free(client);
    weft_conn_free(server);
    return ns;
}

// libnghttp2

static size_t nghttp2_done;
static uint8_t nghttp2_out[1 << 20];

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

static ssize_t read_content(nghttp2_session *session, int32_t id, uint8_t *room, size_t size,
                            uint32_t *flags, nghttp2_data_source *source, void *user)
{
    (void)session, (void)source, (void)user;
    size_t *left = left_of((uint32_t)id);
    if (size > *left) size = *left;
    memcpy(room, content + CONTENT - *left, size);
    *left -= size;
    if (*left == 0) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    (void)user;
    if (frame->hd.type != NGHTTP2_HEADERS || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    nghttp2_nv fields[FIELDS + 2] = {field(":status", "200")};
    for (size_t i = 0; i < FIELDS; i++)
        fields[i + 1] = field(answer_fields[i][0], answer_fields[i][1]);
    fields[FIELDS + 1] = field("content-length", "1024");
    *left_of((uint32_t)frame->hd.stream_id) = CONTENT;
    nghttp2_data_provider provider = {.read_callback = read_content};
    return nghttp2_submit_response(session, frame->hd.stream_id, fields, FIELDS + 2, &provider);
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    (void)session, (void)id, (void)code, (void)user;
    nghttp2_done++;
    return 0;
}

static size_t nghttp2_output(nghttp2_session *session)
{
    size_t size = 0;
    const uint8_t *data;
    ssize_t got;
    while ((got = nghttp2_session_mem_send(session, &data)) > 0) {
        memcpy(nghttp2_out + size, data, (size_t)got); // as its users do, to send it in one call
        size += (size_t)got;
    }
    return size;
}

static double run_nghttp2(size_t requests)
{
    nghttp2_session *client, *server;
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_server_new(&server, callbacks, NULL);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&client, callbacks, NULL);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry streams = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 256};
    nghttp2_submit_settings(server, NGHTTP2_FLAG_NONE, &streams, 1);
    nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, NULL, 0);
    uint64_t start = cpu_ns();
    nghttp2_done = 0;
    for (size_t asked = 0; nghttp2_done < requests;) {
        for (; asked < requests && asked - nghttp2_done < stream_most; asked++) {
            nghttp2_nv fields[] = {field(":method", "GET"), field(":scheme", "https"),
                                   field(":authority", "127.0.0.1:21001"),
                                   field(":path", "/1k.bin"),
                                   field(request_fields[0][0], request_fields[0][1])};
            if (nghttp2_submit_request(client, NULL, fields, 5, NULL, NULL) < 0) abort();
        }
        size_t size = nghttp2_output(client);
        if (nghttp2_session_mem_recv(server, nghttp2_out, size) < 0) abort();
        size = nghttp2_output(server);
        if (nghttp2_session_mem_recv(client, nghttp2_out, size) < 0) abort();
    }
    double ns = (double)(cpu_ns() - start) / (double)requests;
    nghttp2_session_del(client);
    nghttp2_session_del(server);
    return ns;
}

int main(int argc, char **argv)
{
    size_t requests = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    size_t rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : 5;
    if (argc > 2) stream_most = strtoul(argv[2], NULL, 10);
    run_weft(requests / 10);
    size_t before = allocation_count;
    run_weft(requests / 10);
    size_t few = allocation_count - before;
    run_weft(requests / 5);
    size_t many = allocation_count - before - few; // the start of a connection cancels out
    printf("%.4f allocations a request in the steady state\n",
           ((double)many - (double)few) / ((double)requests / 10));
    for (size_t round = 0; round < rounds; round++) {
        double weft = run_weft(requests);
        double nghttp2 = run_nghttp2(requests);
        printf("round %.0f %.0f\n", weft, nghttp2); // ns a request, both sides together
    }
    return 0;
}
