// test/h1_story.h: what an HTTP/1 engine makes of arbitrary bytes, as a fingerprint that can be compared.
#ifndef TEST_H1_STORY_H
#define TEST_H1_STORY_H

#include "h1/h1.h"
#include "http/trace.h"

#include "counting_alloc.h"

#include <assert.h>

struct story {
    uint32_t hash; // of the events; pieces of content that follow each other count as one
    uint32_t sent; // of what was sent
    bool stamps;   // heads that are the same are said to be
    size_t content_size;
    uint64_t opened; // streams
    uint64_t closed;
    uint64_t answered;
    bool has_failed;
    bool is_finished;
};

static inline void story_hash_into(uint32_t *hash, struct weft_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        *hash = (*hash ^ bytes.data[i]) * 16777619U;
}

static inline void story_hash(struct story *story, struct weft_span bytes)
{
    story_hash_into(&story->hash, bytes);
}

static inline void story_number(struct story *story, uint64_t number)
{
    story_hash(story, (struct weft_span){(const uint8_t *)&number, sizeof(number)});
}

static inline void story_head(struct story *story, const struct weft_http_head *head)
{
    story_number(story, head->status);
    story_hash(story, head->method_text);
    story_hash(story, head->authority);
    story_hash(story, head->path);
    for (size_t i = 0; i < head->field_count; i++) {
        story_hash(story, head->fields[i].name);
        story_hash(story, head->fields[i].value);
    }
}

static inline void story_event(struct story *story, const struct weft_http_event *event)
{
    assert(event->type == WEFT_HTTP_FAILED || event->stream_id > story->closed);
    assert(!story->has_failed);
    if (event->type == WEFT_HTTP_REQUEST) assert(event->stream_id == ++story->opened);
    if (event->type == WEFT_HTTP_STREAM_CLOSED) assert(event->stream_id == ++story->closed);
    if (event->type == WEFT_HTTP_FAILED) story->has_failed = true;

    story->content_size += event->data.size;
    story_hash(story, event->data);
    if (event->type != WEFT_HTTP_DATA) story_number(story, event->type);
    if (event->head) story_head(story, event->head);
    if (event->ends_message) story_number(story, 99);
}

// A server answers each whole request, every third one with content, every fourth one with another head.
static inline void story_answer(struct story *story, struct weft_h1_conn *conn, uint64_t stream_id)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    struct weft_http_turn turn;
    head.status = stream_id % 4 == 0 ? 404 : 200;
    if (story->stamps) head.stamp = head.status;
    enum weft_result result = weft_h1_respond(conn, stream_id, &head, stream_id % 3 != 0);
    assert(result == WEFT_OK);
    if (weft_h1_next_turn(conn, 10, &turn)) {
        memset(turn.room, 'x', turn.size);
        weft_h1_commit(conn, &turn, turn.size, true);
    }
    story->answered++;
}

static inline void story_pull(struct story *story, struct weft_h1_conn *conn,
                              enum weft_http_role role)
{
    struct weft_http_event event;
    size_t sent;
    do {
        while (weft_h1_next_event(conn, &event)) {
            story_event(story, &event);
            weft_h1_consume(conn, event.stream_id, event.data.size);
            if (event.ends_message && role == WEFT_HTTP_SERVER) {
                story_answer(story, conn, event.stream_id);
            }
        }
        struct weft_span output = weft_h1_output(conn);
        story_hash_into(&story->sent, output);
        sent = output.size;
        if (sent > 0) weft_h1_sent(conn, sent, 0);
    } while (sent > 0);
}

static inline void story_ask(struct story *story, struct weft_h1_conn *conn)
{
    static const enum weft_http_method methods[] = {WEFT_HTTP_GET, WEFT_HTTP_HEAD, WEFT_HTTP_GET};
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    uint64_t id;
    head.scheme = WEFT_SPAN("http");
    head.authority = WEFT_SPAN("a");
    head.path = WEFT_SPAN("/");
    for (size_t i = 0; i < WEFT_COUNT(methods); i++) {
        head.method = (uint8_t)methods[i];
        enum weft_result result = weft_h1_request(conn, &head, true, &id);
        assert(result == WEFT_OK && id == ++story->opened);
    }
}

/** Feeds `bytes` in pieces, `times` times over, then their end, and sees to it that events, memory and end are as promised.
 *  With a trace, which may be NULL, a connection remembers nothing of what came before, and is not told what is the same. */
static inline void story_repeat(struct story *story, enum weft_http_role role,
                                struct weft_span bytes, size_t piece, size_t times,
                                struct weft_trace *trace)
{
    static const struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;
    struct test_alloc memory = {0};
    struct weft_alloc alloc = test_allocator(&memory);
    struct weft_http_engine_config config = {
        .role = role, .alloc = &alloc, .limits = &limits, .trace = trace};
    struct weft_h1_conn *conn = weft_h1_new(&config);
    assert(conn);
    *story = (struct story){.hash = 2166136261U, .sent = 2166136261U, .stamps = !trace};
    if (role == WEFT_HTTP_CLIENT) story_ask(story, conn);
    story_pull(story, conn, role);
    for (size_t i = 0; i < times; i++) {
        struct weft_span left = bytes;
        while (left.size > 0 && weft_h1_wants_input(conn)) {
            weft_h1_feed(conn, weft_span_part(left, 0, piece), 0);
            story_pull(story, conn, role);
            assert(memory.live == weft_h1_memory(conn));
            left = weft_span_skip(left, piece);
        }
    }
    weft_h1_feed_end(conn, 0);
    story_pull(story, conn, role);
    story->is_finished = weft_h1_is_finished(conn);
    assert(story->is_finished && weft_h1_stream_count(conn) == 0);
    assert(story->opened == story->closed);
    assert(memory.peak < limits.memory_budget);
    weft_h1_free(conn);
    assert(memory.live == 0);
}

/** The same, once. */
static inline void story_run(struct story *story, enum weft_http_role role, struct weft_span bytes,
                             size_t piece)
{
    story_repeat(story, role, bytes, piece, 1, NULL);
}

/** The same bytes mean the same, however they were split. */
static inline void story_compare(const struct story *a, const struct story *b)
{
    assert(a->hash == b->hash && a->content_size == b->content_size);
    assert(a->opened == b->opened && a->answered == b->answered && a->has_failed == b->has_failed);
}

/** What came before, byte for byte, means what it meant to a connection that remembers nothing. */
static inline void story_compare_repeated(enum weft_http_role role, struct weft_span bytes)
{
    enum { TIMES = 3 }; // it is remembered the second time, and known the third
    static struct story known;
    static struct story fresh;
    static uint64_t memory[512];
    struct weft_trace trace;
    weft_trace_init(&trace, memory, sizeof(memory));
    story_repeat(&known, role, bytes, SIZE_MAX, TIMES, NULL);
    story_repeat(&fresh, role, bytes, SIZE_MAX, TIMES, &trace);
    story_compare(&known, &fresh);
    assert(known.sent == fresh.sent);
}

#endif
