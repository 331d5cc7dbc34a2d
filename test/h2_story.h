// test/h2_story.h: feeds arbitrary bytes to an HTTP/2 engine and holds it to its contract.
//
// Whatever comes, events keep their order for each stream and end with exactly one STREAM_CLOSED, memory stays
// within the budget, and nothing is left behind.
#ifndef TEST_H2_STORY_H
#define TEST_H2_STORY_H

#include "h2/h2.h"
#include "http/trace.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { STORY_STREAMS = 512, STORY_BUDGET = 200000, STORY_AMPLE_BUDGET = 1 << 26 };

struct h2_story {
    struct weft_h2_conn *conn;
    struct weft_http_limits limits;
    struct weft_alloc alloc;
    size_t held;
    uint64_t now_us;
    bool answers;
    bool has_failed;
    size_t known;
    struct {
        uint64_t id;
        bool is_open;
        bool has_ended; // the peer's message
    } streams[STORY_STREAMS];
    size_t stream_count;
    uint32_t hash; // of what was told
};

static inline void *h2_story_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    struct h2_story *story = context;
    story->held = story->held - old_size + new_size;
    assert(story->held <= story->limits.memory_budget);
    void *memory =
        new_size > 0 ? malloc(new_size) : NULL; // always moves, so that stale pointers show
    if (memory && old) memcpy(memory, old, old_size < new_size ? old_size : new_size);
    free(old);
    return memory;
}

static inline void h2_story_hash(struct h2_story *story, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        story->hash = (story->hash ^ ((const uint8_t *)bytes)[i]) * 16777619u;
}

static inline size_t h2_story_find(struct h2_story *story, uint64_t id)
{
    for (size_t i = story->stream_count; i > 0; i--) {
        if (story->streams[i - 1].id == id) return i - 1;
    }
    return STORY_STREAMS;
}

static inline void h2_story_open(struct h2_story *story, uint64_t id)
{
    assert(h2_story_find(story, id) == STORY_STREAMS); // no id comes twice
    story->known++;
    assert(story->stream_count < STORY_STREAMS);
    size_t at = story->stream_count++;
    story->streams[at].id = id;
    story->streams[at].is_open = true;
    story->streams[at].has_ended = false;
}

static inline void h2_story_answer(struct h2_story *story, uint64_t id)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    enum weft_result result = weft_h2_respond(story->conn, id, &head, id % 4 == 1);
    assert(result != WEFT_INVALID && result != WEFT_LATER);
}

static inline void h2_story_head(struct h2_story *story, const struct weft_http_head *head)
{
    for (size_t i = 0; i < head->field_count;
         i++) { // all of it can be read, and no line can be split
        assert(!memchr(head->fields[i].value.data, '\n', head->fields[i].value.size));
        h2_story_hash(story, head->fields[i].name.data, head->fields[i].name.size);
        h2_story_hash(story, head->fields[i].value.data, head->fields[i].value.size);
    }
    h2_story_hash(story, head->path.data, head->path.size);
    h2_story_hash(story, head->authority.data, head->authority.size);
}

static inline void h2_story_event(struct h2_story *story, const struct weft_http_event *event)
{
    assert(!story->has_failed);
    if (event->type == WEFT_HTTP_FAILED) {
        assert(story->known == 0 && event->error.scope == WEFT_HTTP_CONNECTION &&
               event->error.reason);
        story->has_failed = true;
        return;
    }
    if (event->type == WEFT_HTTP_GOAWAY) return;
    if (event->type == WEFT_HTTP_REQUEST) h2_story_open(story, event->stream_id);
    if (event->type == WEFT_HTTP_PROMISE) h2_story_open(story, event->promised_id);

    size_t at = h2_story_find(story, event->stream_id);
    assert(at < STORY_STREAMS && story->streams[at].is_open);
    if (event->type == WEFT_HTTP_STREAM_CLOSED) {
        story->streams[at].is_open = false;
        story->known--;
        return;
    }
    assert(!story->streams[at].has_ended);
    story->streams[at].has_ended = event->ends_message;
    if (event->head) h2_story_head(story, event->head);
    if (event->type == WEFT_HTTP_DATA) {
        h2_story_hash(story, event->data.data, event->data.size);
        weft_h2_consume(story->conn, event->stream_id, event->data.size);
    }
    if (story->answers && event->type == WEFT_HTTP_REQUEST)
        h2_story_answer(story, event->stream_id);
}

static inline void h2_story_pull(struct h2_story *story)
{
    struct weft_http_event event;
    while (weft_h2_next_event(story->conn, &event))
        h2_story_event(story, &event);
    assert(weft_h2_stream_count(story->conn) == story->known);
    assert(weft_h2_memory(story->conn) == story->held);
}

static inline void h2_story_send(struct h2_story *story)
{
    struct weft_http_turn turn;
    for (int i = 0; i < 8 && weft_h2_next_turn(story->conn, 3000, &turn); i++) {
        memset(turn.room, 'x', turn.size);
        weft_h2_commit(story->conn, &turn, turn.size, turn.stream_id % 3 == 0);
    }
    for (;;) {
        struct weft_span out = weft_h2_output(story->conn);
        if (out.size == 0) break;
        size_t size = out.size > 1 ? out.size - 1 : 1; // in pieces
        weft_h2_sent(story->conn, size, story->now_us);
    }
    h2_story_pull(story);
}

/** Starts an engine; a client has three requests out, one of them with content. With a trace, which may be NULL, it
 *  remembers nothing of what came before. */
static inline void h2_story_begin_within(struct h2_story *story, enum weft_http_role role,
                                         bool answers, size_t budget, struct weft_trace *trace)
{
    *story = (struct h2_story){.now_us = 1, .answers = answers, .hash = 2166136261u};
    story->limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    story->alloc = (struct weft_alloc){h2_story_resize, story};
    story->limits.memory_budget = (uint32_t)budget;
    struct weft_http_engine_config config = {.role = role,
                                             .alloc = &story->alloc,
                                             .limits = &story->limits,
                                             .trace = trace,
                                             .now_us = 1,
                                             .accepts_push = true};
    story->conn = weft_h2_new(&config);
    assert(story->conn);
    for (int i = 0; role == WEFT_HTTP_CLIENT && i < 3; i++) {
        struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
        head.method = i == 1 ? WEFT_HTTP_HEAD : WEFT_HTTP_GET;
        head.authority = WEFT_SPAN("a");
        head.path = WEFT_SPAN("/");
        uint64_t id = 0;
        enum weft_result result = weft_h2_request(story->conn, &head, i != 2, &id);
        assert(result == WEFT_OK);
        h2_story_open(story, id);
    }
}

/** The same, with little memory and no trace. */
static inline void h2_story_begin(struct h2_story *story, enum weft_http_role role, bool answers)
{
    h2_story_begin_within(story, role, answers, STORY_BUDGET, NULL);
}

/** Feeds all of `bytes` in pieces. */
static inline void h2_story_feed(struct h2_story *story, struct weft_span bytes, size_t piece)
{
    while (bytes.size > 0 && story->stream_count < STORY_STREAMS / 2) {
        struct weft_span part = weft_span_part(bytes, 0, piece);
        bytes = weft_span_skip(bytes, part.size);
        uint8_t *copy = malloc(part.size); // of its own, so that a stale span shows
        if (!copy) abort();
        memcpy(copy, part.data, part.size);
        bool fed = weft_h2_feed(story->conn, (struct weft_span){copy, part.size}, story->now_us);
        h2_story_pull(story);
        free(copy);
        h2_story_send(story);
        if (!fed) return;
    }
}

/** Lets time pass, ends, and checks that nothing is left; returns what was told as a hash. */
static inline uint32_t h2_story_end(struct h2_story *story)
{
    uint32_t hash = story->hash;
    for (int i = 0; i < 8; i++) {
        uint64_t deadline = weft_h2_deadline(story->conn);
        if (deadline > story->now_us && deadline < UINT64_MAX / 2) story->now_us = deadline;
        weft_h2_tick(story->conn, story->now_us);
        h2_story_pull(story);
        h2_story_send(story);
    }
    weft_h2_feed_end(story->conn, story->now_us);
    h2_story_pull(story);
    weft_h2_fail(story->conn, WEFT_HTTP_NO_ERROR, "the end");
    h2_story_pull(story);
    assert(story->known == 0 && story->has_failed);
    weft_h2_free(story->conn);
    assert(story->held == 0);
    return hash;
}

#endif
