// h1/rig_test.h: one engine, fed with text; what it said and sent is written down.
#ifndef H1_RIG_TEST_H
#define H1_RIG_TEST_H

#include "h1/h1.h"

#include "check.h"
#include "counting_alloc.h"

#include <stdio.h>

enum { RIG_STORY = 16384, RIG_OUTPUT = 400000 };

struct rig {
    struct weft_h1_conn *conn;
    struct test_alloc memory;
    struct weft_alloc alloc;
    struct weft_http_limits limits;
    struct weft_http_limit_counters counters;
    enum weft_http_role role;
    uint64_t now_us;
    bool is_silent;    // server: does not answer by itself
    bool is_deaf;      // does not consume content
    bool holds_output; // nothing leaves
    struct weft_trace *trace;
    bool speaks_1_0;
    const char *body; // of the server's own answers; "ok" where NULL
    bool is_chunked;  // they state no length
    uint64_t last_id;
    char story[RIG_STORY]; // events
    char output[RIG_OUTPUT];
    size_t output_size;
};

static inline void rig_start(struct rig *rig, enum weft_http_role role)
{
    *rig = (struct rig){.role = role, .limits = WEFT_HTTP_LIMITS_INIT, .now_us = 1000000};
}

static inline bool rig_open(struct rig *rig)
{
    rig->alloc = test_allocator(&rig->memory);
    struct weft_http_engine_config config = {.role = rig->role,
                                             .alloc = &rig->alloc,
                                             .limits = &rig->limits,
                                             .counters = &rig->counters,
                                             .trace = rig->trace,
                                             .speaks_1_0 = rig->speaks_1_0,
                                             .now_us = rig->now_us};
    rig->conn = weft_h1_new(&config);
    return rig->conn != NULL;
}

static inline void rig_close(struct rig *rig)
{
    weft_h1_free(rig->conn);
    CHECK_EQ(rig->memory.live, 0);
}

static inline void rig_note(struct rig *rig, const char *text, struct weft_span span)
{
    size_t size = strlen(rig->story);
    snprintf(rig->story + size, sizeof(rig->story) - size, "%s%.*s", text, (int)span.size,
             span.size ? (const char *)span.data : "");
}

static inline void rig_note_head(struct rig *rig, const char *kind,
                                 const struct weft_http_head *head)
{
    char status[16];
    snprintf(status, sizeof(status), " %u", (unsigned)head->status);
    rig_note(rig, kind, (struct weft_span){NULL, 0});
    if (head->status) rig_note(rig, status, (struct weft_span){NULL, 0});
    if (head->method) rig_note(rig, " ", head->method_text);
    if (head->method) rig_note(rig, " ", head->path);
    if (head->authority.size) rig_note(rig, " @", head->authority);
    for (size_t i = 0; i < head->field_count; i++) {
        if (head->fields[i].id == WEFT_HTTP_FIELD_HOST) continue;
        rig_note(rig, " ", head->fields[i].name);
        rig_note(rig, "=", head->fields[i].value);
    }
}

// Is the last thing in the story a piece of content that has not ended?
static inline bool rig_is_in_data(const struct rig *rig)
{
    size_t size = strlen(rig->story);
    return size > 0 && rig->story[size - 1] == '\'';
}

static inline void rig_note_event(struct rig *rig, const struct weft_http_event *event)
{
    static const struct weft_span nothing = {NULL, 0};
    switch (event->type) {
    case WEFT_HTTP_REQUEST: rig_note_head(rig, "REQUEST", event->head); break;
    case WEFT_HTTP_INTERIM: rig_note_head(rig, "INTERIM", event->head); break;
    case WEFT_HTTP_RESPONSE: rig_note_head(rig, "RESPONSE", event->head); break;
    case WEFT_HTTP_TRAILERS: rig_note_head(rig, "TRAILERS", event->head); break;
    case WEFT_HTTP_DATA: // pieces that follow each other are written as one
        if (event->data.size == 0) break;
        if (rig_is_in_data(rig)) {
            rig->story[strlen(rig->story) - 1] = 0;
        } else {
            rig_note(rig, "'", nothing);
        }
        rig_note(rig, "", event->data);
        rig_note(rig, "'", nothing);
        if (event->ends_message) rig_note(rig, " END;", nothing);
        return;
    case WEFT_HTTP_STREAM_CLOSED:
        rig_note(rig, event->error.scope == WEFT_HTTP_FINE ? "CLOSED" : "LOST", nothing);
        if (event->error.is_unprocessed) rig_note(rig, " unprocessed", nothing);
        break;
    case WEFT_HTTP_FAILED: rig_note(rig, "FAILED: ", weft_span_of(event->error.reason)); break;
    case WEFT_HTTP_PROMISE:
    case WEFT_HTTP_GOAWAY: CHECK_NEVER("HTTP/1 has no such event"); break;
    }
    if (event->ends_message) rig_note(rig, " END", nothing);
    rig_note(rig, ";", nothing);
}

static inline void rig_answer(struct rig *rig, uint64_t stream_id)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    struct weft_span body = weft_span_of(rig->body ? rig->body : "ok");
    head.status = 200;
    if (!rig->is_chunked) head.content_length = (int64_t)body.size;
    if (weft_h1_respond(rig->conn, stream_id, &head, false)) {
        weft_h1_reset(rig->conn, stream_id, WEFT_HTTP_INTERNAL_ERROR);
        return;
    }

    struct weft_http_turn turn;
    while (weft_h1_next_turn(rig->conn, 1000, &turn)) {
        size_t size = body.size < turn.size ? body.size : turn.size;
        if (size > 0) memcpy(turn.room, body.data, size);
        body = weft_span_skip(body, size);
        weft_h1_commit(rig->conn, &turn, size, body.size == 0);
    }
    if (rig->memory.fail_at) weft_h1_reset(rig->conn, stream_id, WEFT_HTTP_INTERNAL_ERROR);
}

static inline bool rig_send(struct rig *rig)
{
    struct weft_span out = weft_h1_output(rig->conn);
    if (rig->holds_output || out.size == 0) return false;
    CHECK(out.size < sizeof(rig->output) - rig->output_size);
    memcpy(rig->output + rig->output_size, out.data, out.size);
    rig->output_size += out.size;
    weft_h1_sent(rig->conn, out.size, rig->now_us);
    return true;
}

// Pulls all events, answers, and lets the output leave, until nothing more happens.
static inline void rig_run(struct rig *rig)
{
    struct weft_http_event event;
    do {
        while (weft_h1_next_event(rig->conn, &event)) {
            if (event.stream_id > rig->last_id) rig->last_id = event.stream_id;
            rig_note_event(rig, &event);
            bool is_over = event.type == WEFT_HTTP_STREAM_CLOSED || event.type == WEFT_HTTP_FAILED;
            bool answers = rig->role == WEFT_HTTP_SERVER && !rig->is_silent;
            if (event.type == WEFT_HTTP_DATA && !rig->is_deaf) {
                weft_h1_consume(rig->conn, event.stream_id, event.data.size);
            }
            if (answers && event.ends_message && !is_over) rig_answer(rig, event.stream_id);
        }
    } while (rig_send(rig));
}

static inline void rig_feed(struct rig *rig, struct weft_span bytes)
{
    uint8_t *copy = malloc(bytes.size + 1); // of its own, so that a stale span shows
    if (!copy) abort();
    if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
    weft_h1_feed(rig->conn, (struct weft_span){copy, bytes.size}, rig->now_us);
    rig_run(rig);
    memset(copy, 0x5a, bytes.size);
    free(copy);
}

// Feeds text in pieces of `piece` bytes; 0 for all at once.
static inline void rig_feed_text(struct rig *rig, const char *text, size_t piece)
{
    struct weft_span left = weft_span_of(text);
    while (left.size > 0) {
        size_t size = piece > 0 && piece < left.size ? piece : left.size;
        rig_feed(rig, weft_span_part(left, 0, size));
        left = weft_span_skip(left, size);
    }
}

// Answers the newest request by hand.
static inline void rig_respond(struct rig *rig, uint16_t status, int64_t length, bool ends)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = status;
    head.content_length = length;
    CHECK_EQ(weft_h1_respond(rig->conn, rig->last_id, &head, ends), WEFT_OK);
}

static inline struct weft_span rig_output(const struct rig *rig)
{
    return (struct weft_span){(const uint8_t *)rig->output, rig->output_size};
}

static inline void rig_wait(struct rig *rig, uint64_t duration_us)
{
    rig->now_us += duration_us;
    weft_h1_tick(rig->conn, rig->now_us);
    rig_run(rig);
}

#define CHECK_STORY(rig, literal) CHECK_SPAN(weft_span_of((rig)->story), literal)

#endif
