// server/delivery_rig_test.h: a site in a folder, and an HTTP/2 connection whose client is frames written by hand.
#ifndef WEFT_SERVER_DELIVERY_RIG_TEST_H
#define WEFT_SERVER_DELIVERY_RIG_TEST_H

#include "server/delivery.h"
#include "server/manifest_read.h"
#include "server/route.h"

#include "h2_frames.h"
#include "temp_dir.h"

enum { RIG_ENABLE_PUSH = 2, RIG_MAX_CONCURRENT_STREAMS = 3 }; // RFC 9113 §6.5.2
enum { RIG_AUTHORITY_CODE = 0x01, RIG_PATH_CODE = 0x04, RIG_GET = 0x82, RIG_HEAD_NAME = 0x02 };

struct rig {
    struct temp_dir dir;
    struct weft_root root;
    struct weft_server_config server_config;
    struct weft_site_config *config;
    struct weft_site_shared shared;
    struct weft_site site;
    struct weft_manifest *manifest;
    struct test_alloc memory;
    struct weft_alloc alloc;
    struct weft_http_limits limits;
    struct weft_conn *conn;
    struct frames in;
    uint64_t now_us;
    uint32_t next_id;
    const char *scheme;
    uint64_t stream_id; // of the newest request
    const struct weft_http_head *request;
    struct weft_answer answer;
    uint64_t hint_count;
    struct weft_cache_digest *given; // the connection's record
    char seen[512];                  // types of the frames of the newest rig_drain()
};

static inline struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    CHECK(rig != NULL);
    rig->dir = temp_dir_new();
    temp_dir_file(&rig->dir, "index.html", "<p>home");
    temp_dir_file(&rig->dir, "a.css", "p { }");
    temp_dir_file(&rig->dir, "b.css", "p { }");
    temp_dir_file(&rig->dir, "a.png", "png");
    weft_server_config_init(&rig->server_config);
    rig->server_config.thread_count = 1;
    rig->config = weft_server_config_add_site(&rig->server_config);
    CHECK(rig->config != NULL);
    rig->config->root = rig->dir.path;
    rig->scheme = "http";
    return rig;
}

static inline void rig_field(struct rig *rig, const char *line)
{
    CHECK(weft_site_config_add_field(rig->config, line) == NULL);
}

static inline void rig_manifest(struct rig *rig, const char *text)
{
    static const struct weft_manifest_listener listener = {0};
    rig->manifest = weft_manifest_read_bytes(weft_span_of(text), &listener);
    CHECK(rig->manifest != NULL);
    rig->config->manifest = rig->manifest;
}

static inline void rig_connect(struct rig *rig);

/** Opens the site, and a first connection to it. */
static inline void rig_start(struct rig *rig)
{
    CHECK_EQ(weft_root_open(&rig->root, rig->dir.path), 0);
    CHECK(weft_site_shared_init(&rig->shared, &rig->server_config, 1));
    weft_site_init(&rig->site, rig->config, &rig->root, &rig->shared);
    weft_answer_init(&rig->answer);
    rig_connect(rig);
}

// Takes what was put; the newest request is kept.
static inline void rig_feed(struct rig *rig)
{
    struct weft_http_event event;
    CHECK(weft_conn_feed(rig->conn, frames_span(&rig->in), rig->now_us));
    while (weft_conn_next_event(rig->conn, &event)) {
        CHECK(event.type != WEFT_HTTP_FAILED);
        if (event.type != WEFT_HTTP_REQUEST) continue;
        rig->stream_id = event.stream_id;
        rig->request = event.head;
    }
    rig->in.size = 0;
}

/** Takes all output away; `seen` has a letter for each frame of messages: P promise, H head, D content. */
static inline void rig_drain(struct rig *rig)
{
    static struct frames out;
    size_t count = 0;
    out.size = 0;
    for (struct weft_span bytes; (bytes = weft_conn_output(rig->conn)).size > 0;) {
        put_bytes(&out, bytes.data, bytes.size);
        weft_conn_sent(rig->conn, bytes.size, rig->now_us);
    }
    for (size_t at = 0; at + 9 <= out.size;) {
        const uint8_t *head = out.bytes + at;
        if (head[3] == PUSH_PROMISE) rig->seen[count++] = 'P';
        if (head[3] == HEADERS) rig->seen[count++] = 'H';
        if (head[3] == DATA) rig->seen[count++] = 'D';
        at += 9 + ((size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2]);
    }
    rig->seen[count] = 0;
}

static inline void rig_disconnect(struct rig *rig)
{
    weft_conn_free(rig->conn);
    CHECK_EQ(rig->memory.live, 0);
    free(rig->given);
    rig->given = NULL;
    rig->request = NULL;
}

/** A new connection, whose client takes pushes. */
static inline void rig_connect(struct rig *rig)
{
    if (rig->conn) rig_disconnect(rig);
    rig->memory = (struct test_alloc){0};
    rig->alloc = test_allocator(&rig->memory);
    rig->limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    rig->now_us = 1000000;
    rig->next_id = 1;
    struct weft_http_engine_config config = {
        .role = WEFT_HTTP_SERVER,
        .alloc = &rig->alloc,
        .limits = &rig->limits,
        .now_us = rig->now_us,
        .is_secure = strcmp(rig->scheme, "https") == 0,
    };
    rig->conn = weft_conn_new(&config, WEFT_CONN_H2);
    CHECK(rig->conn != NULL);
    put_magic(&rig->in);
    PUT_EMPTY(&rig->in, SETTINGS, 0, 0);
    PUT_EMPTY(&rig->in, SETTINGS, ACK, 0);
    rig_feed(rig);
    rig_drain(rig);
}

/** The client changes one of its settings. */
static inline void rig_set(struct rig *rig, uint16_t name, uint32_t value)
{
    put_setting(&rig->in, name, value);
    rig_feed(rig);
    rig_drain(rig);
}

static inline void put_indexed_name(struct frames *block, uint8_t code, const char *value)
{
    uint8_t start[2] = {code, (uint8_t)strlen(value)};
    put_bytes(block, start, sizeof(start));
    put_bytes(block, value, strlen(value));
}

/** Asks for a path, by GET or HEAD, with more fields ("name", "value", ..., NULL). */
static inline void rig_ask_by(struct rig *rig, bool is_head, const char *path,
                              const char *const *fields)
{
    static struct frames block;
    const uint8_t get = RIG_GET;
    block.size = 0;
    if (is_head) put_indexed_name(&block, RIG_HEAD_NAME, "HEAD");
    if (!is_head) put_bytes(&block, &get, 1);
    put_literal(&block, ":scheme", rig->scheme);
    put_indexed_name(&block, RIG_PATH_CODE, path);
    put_indexed_name(&block, RIG_AUTHORITY_CODE, "a.example");
    for (; fields[0]; fields += 2)
        put_literal(&block, fields[0], fields[1]);
    put_frame(&rig->in, HEADERS, END_STREAM | END_HEADERS, rig->next_id, frames_span(&block));
    rig->next_id += 2;
    rig->request = NULL;
    rig_feed(rig);
    CHECK(rig->request != NULL);
}

static inline void rig_ask(struct rig *rig, const char *path)
{
    rig_ask_by(rig, false, path, (const char *const[]){NULL});
}

static inline size_t promise_count(const struct weft_promise *promises)
{
    size_t count = 0;
    for (; promises; promises = promises->next)
        count++;
    return count;
}

static inline void free_promises(struct weft_promise *promises)
{
    while (promises) {
        struct weft_promise *next = promises->next;
        weft_promise_free(promises);
        promises = next;
    }
}

/** The paths of promises, "/a.css /b.css"; frees them. */
static inline void check_promised(struct rig *rig, struct weft_promise *promises, const char *paths)
{
    char text[1024] = "";
    size_t size = 0;
    size_t count = promise_count(promises);
    for (const struct weft_promise *promise = promises; promise; promise = promise->next) {
        size +=
            (size_t)snprintf(text + size, sizeof(text) - size, "%s%.*s", size ? " " : "",
                             (int)promise->head.path.size, (const char *)promise->head.path.data);
    }
    free_promises(promises);
    CHECK_SAME(weft_span_of(text), weft_span_of(paths));
    rig_drain(rig);
    size_t sent = 0;
    for (const char *at = rig->seen; *at; at++)
        sent += *at == 'P';
    CHECK_EQ(sent, count); // as many as have left
}

static inline void rig_end(struct rig *rig)
{
    rig_disconnect(rig);
    weft_answer_deinit(&rig->answer);
    weft_learned_drop(&rig->site.learned);
    weft_site_shared_deinit(&rig->shared);
    weft_server_config_deinit(&rig->server_config);
    weft_manifest_free(rig->manifest);
    weft_root_close(&rig->root);
    temp_dir_remove(&rig->dir);
    free(rig);
}

#endif
