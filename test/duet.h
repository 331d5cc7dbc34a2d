// test/duet.h: two engines on one wire in memory, with a clock moved by hand.
//
// Any engine of the common shape can sit on either side: DUET_ENGINE(h2, struct weft_h2_conn) defines
// duet_h2, its functions as a table. What each side saw is written down per stream, so that a scenario run whole and
// run split at every byte can be compared.
#ifndef TEST_DUET_H
#define TEST_DUET_H

#include "http/engine.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

struct duet_engine {
    bool (*feed)(void *conn, struct weft_span bytes, uint64_t now_us);
    void (*feed_end)(void *conn, uint64_t now_us);
    bool (*wants_input)(const void *conn);
    bool (*next_event)(void *conn, struct weft_http_event *event);
    void (*consume)(void *conn, uint64_t stream_id, size_t size);
    struct weft_span (*output)(void *conn);
    void (*sent)(void *conn, size_t size, uint64_t now_us);
    uint64_t (*deadline)(const void *conn);
    void (*tick)(void *conn, uint64_t now_us);
    bool (*next_turn)(void *conn, size_t most, struct weft_http_turn *turn);
    void (*commit)(void *conn, const struct weft_http_turn *turn, size_t size, bool ends);
    bool (*is_finished)(const void *conn);
    void (*free)(void *conn);
};

#define DUET_ENGINE(p, type)                                                                      \
    static bool duet_##p##_feed(void *c, struct weft_span bytes, uint64_t now_us)                 \
    {                                                                                             \
        return weft_##p##_feed((type *)c, bytes, now_us);                                         \
    }                                                                                             \
    static void duet_##p##_feed_end(void *c, uint64_t now_us)                                     \
    {                                                                                             \
        weft_##p##_feed_end((type *)c, now_us);                                                   \
    }                                                                                             \
    static bool duet_##p##_wants_input(const void *c)                                             \
    {                                                                                             \
        return weft_##p##_wants_input((const type *)c);                                           \
    }                                                                                             \
    static bool duet_##p##_next_event(void *c, struct weft_http_event *event)                     \
    {                                                                                             \
        return weft_##p##_next_event((type *)c, event);                                           \
    }                                                                                             \
    static void duet_##p##_consume(void *c, uint64_t stream_id, size_t size)                      \
    {                                                                                             \
        weft_##p##_consume((type *)c, stream_id, size);                                           \
    }                                                                                             \
    static struct weft_span duet_##p##_output(void *c)                                            \
    {                                                                                             \
        return weft_##p##_output((type *)c);                                                      \
    }                                                                                             \
    static void duet_##p##_sent(void *c, size_t size, uint64_t now_us)                            \
    {                                                                                             \
        weft_##p##_sent((type *)c, size, now_us);                                                 \
    }                                                                                             \
    static uint64_t duet_##p##_deadline(const void *c)                                            \
    {                                                                                             \
        return weft_##p##_deadline((const type *)c);                                              \
    }                                                                                             \
    static void duet_##p##_tick(void *c, uint64_t now_us)                                         \
    {                                                                                             \
        weft_##p##_tick((type *)c, now_us);                                                       \
    }                                                                                             \
    static bool duet_##p##_next_turn(void *c, size_t most, struct weft_http_turn *turn)           \
    {                                                                                             \
        return weft_##p##_next_turn((type *)c, most, turn);                                       \
    }                                                                                             \
    static void duet_##p##_commit(void *c, const struct weft_http_turn *turn, size_t size,        \
                                  bool ends)                                                      \
    {                                                                                             \
        weft_##p##_commit((type *)c, turn, size, ends);                                           \
    }                                                                                             \
    static bool duet_##p##_is_finished(const void *c)                                             \
    {                                                                                             \
        return weft_##p##_is_finished((const type *)c);                                           \
    }                                                                                             \
    static void duet_##p##_free(void *c)                                                          \
    {                                                                                             \
        weft_##p##_free((type *)c);                                                               \
    }                                                                                             \
    static const struct duet_engine duet_##p = {                                                  \
        duet_##p##_feed,    duet_##p##_feed_end,  duet_##p##_wants_input, duet_##p##_next_event,  \
        duet_##p##_consume, duet_##p##_output,    duet_##p##_sent,        duet_##p##_deadline,    \
        duet_##p##_tick,    duet_##p##_next_turn, duet_##p##_commit,      duet_##p##_is_finished, \
        duet_##p##_free,                                                                          \
    }

enum { DUET_STREAMS = 64, DUET_STORY = 512 };

/** What one side saw of one stream: "REQUEST GET /a;DATA 5 1a2b...;CLOSED". */
struct duet_story {
    uint64_t stream_id;
    char text[DUET_STORY];
    size_t data_size; // of the DATA since the last line
    uint32_t data_hash;
};

struct duet;

struct duet_side {
    const char *name;
    const struct duet_engine *engine;
    void *conn;
    size_t piece; // bytes a feed on this side; 0 for all at once
    size_t most;  // bytes a turn; 0 for 16384
    void (*event)(struct duet *duet, struct duet_side *self, const struct weft_http_event *event);
    struct duet_story stories[DUET_STREAMS];
    size_t story_count;
    char failure[128]; // the reason of a FAILED event
    bool leaves_content_unconsumed;
};

struct duet {
    struct duet_side client;
    struct duet_side server;
    uint64_t now_us;
    void *context; // the test's
};

/** A body source over bytes; hang it on a stream as its `user`. Hands out at most `chunk` bytes a turn (0: all). */
struct duet_body {
    struct weft_span bytes;
    size_t at;
    size_t chunk;
};

static inline uint32_t duet_hash(uint32_t hash, struct weft_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ bytes.data[i]) * 16777619u;
    return hash;
}

static inline struct duet_story *duet_story_of(struct duet_side *side, uint64_t stream_id)
{
    for (size_t i = 0; i < side->story_count; i++) {
        if (side->stories[i].stream_id == stream_id) return &side->stories[i];
    }
    if (side->story_count == DUET_STREAMS) return &side->stories[DUET_STREAMS - 1];
    struct duet_story *story = &side->stories[side->story_count++];
    *story = (struct duet_story){.stream_id = stream_id, .data_hash = 2166136261u};
    return story;
}

static inline void duet_write(struct duet_story *story, const char *line)
{
    size_t size = strlen(story->text);
    snprintf(story->text + size, sizeof(story->text) - size, "%s%s", size ? ";" : "", line);
}

static inline void duet_end_data(struct duet_story *story)
{
    if (story->data_size == 0) return;
    char line[64];
    snprintf(line, sizeof(line), "DATA %zu %08x", story->data_size, (unsigned)story->data_hash);
    duet_write(story, line);
    story->data_size = 0;
    story->data_hash = 2166136261u;
}

static inline void duet_note(struct duet_side *side, const struct weft_http_event *event)
{
    struct duet_story *story = duet_story_of(side, event->stream_id);
    const struct weft_http_head *head = event->head;
    char line[256] = "";
    switch (event->type) {
    case WEFT_HTTP_REQUEST:
        snprintf(line, sizeof(line), "REQUEST %.*s %.*s", (int)head->method_text.size,
                 (const char *)head->method_text.data, (int)head->path.size,
                 (const char *)head->path.data);
        break;
    case WEFT_HTTP_INTERIM: snprintf(line, sizeof(line), "INTERIM %u", head->status); break;
    case WEFT_HTTP_RESPONSE: snprintf(line, sizeof(line), "RESPONSE %u", head->status); break;
    case WEFT_HTTP_DATA:
        story->data_size += event->data.size;
        story->data_hash = duet_hash(story->data_hash, event->data);
        break;
    case WEFT_HTTP_TRAILERS: snprintf(line, sizeof(line), "TRAILERS %zu", head->field_count); break;
    case WEFT_HTTP_PROMISE:
        snprintf(line, sizeof(line), "PROMISE %llu", (unsigned long long)event->promised_id);
        break;
    case WEFT_HTTP_STREAM_CLOSED:
        snprintf(line, sizeof(line), event->error.scope == WEFT_HTTP_FINE ? "CLOSED" : "CLOSED %u",
                 (unsigned)event->error.code);
        break;
    case WEFT_HTTP_GOAWAY: snprintf(line, sizeof(line), "GOAWAY"); break;
    case WEFT_HTTP_FAILED:
        snprintf(side->failure, sizeof(side->failure), "%s", event->error.reason);
        snprintf(line, sizeof(line), "FAILED %u", (unsigned)event->error.code);
        break;
    }
    if (event->type != WEFT_HTTP_DATA || event->ends_message) duet_end_data(story);
    if (line[0]) duet_write(story, line);
    if (event->ends_message) duet_write(story, "END");
}

/** Pulls and notes all events of one side; content is consumed at once. */
static inline bool duet_pull(struct duet *duet, struct duet_side *side)
{
    bool any = false;
    struct weft_http_event event;
    while (side->engine->next_event(side->conn, &event)) {
        any = true;
        duet_note(side, &event);
        if (side->event) side->event(duet, side, &event);
        if (event.type == WEFT_HTTP_DATA && !side->leaves_content_unconsumed) {
            side->engine->consume(side->conn, event.stream_id, event.data.size);
        }
    }
    return any;
}

/** Gives turns to streams whose `user` is a duet_body. */
static inline bool duet_turns(struct duet_side *side)
{
    bool any = false;
    struct weft_http_turn turn;
    while (side->engine->next_turn(side->conn, side->most ? side->most : 16384, &turn)) {
        any = true;
        struct duet_body *body = turn.user;
        CHECK(body != NULL);
        size_t size = body->bytes.size - body->at;
        if (size > turn.size) size = turn.size;
        if (body->chunk && size > body->chunk) size = body->chunk;
        if (size > 0) memcpy(turn.room, body->bytes.data + body->at, size);
        body->at += size;
        side->engine->commit(side->conn, &turn, size, body->at == body->bytes.size);
    }
    return any;
}

/** Moves what one side has to say to the other, in pieces. */
static inline bool duet_carry(struct duet *duet, struct duet_side *from, struct duet_side *to)
{
    struct weft_span out = from->engine->output(from->conn);
    if (out.size == 0 || !to->engine->wants_input(to->conn)) return false;
    size_t size = to->piece && out.size > to->piece ? to->piece : out.size;

    uint8_t *copy = malloc(size); // of its own, so that a stale span shows
    if (!copy) abort();
    memcpy(copy, out.data, size);
    from->engine->sent(from->conn, size, duet->now_us);
    bool fed = to->engine->feed(to->conn, (struct weft_span){copy, size}, duet->now_us);
    duet_pull(duet, to);
    free(copy);
    return fed;
}

/** Runs until both sides have nothing more to say. */
static inline void duet_run(struct duet *duet)
{
    bool any = true;
    for (size_t rounds = 0; any; rounds++) {
        CHECK(rounds < 10000000); // they talk without end
        any = duet_pull(duet, &duet->client);
        any |= duet_pull(duet, &duet->server);
        any |= duet_turns(&duet->client);
        any |= duet_turns(&duet->server);
        any |= duet_carry(duet, &duet->client, &duet->server);
        any |= duet_carry(duet, &duet->server, &duet->client);
    }
}

/** Moves the clock on and lets both sides act on what is overdue; then runs. */
static inline void duet_wait(struct duet *duet, uint64_t duration_us)
{
    duet->now_us += duration_us;
    duet->client.engine->tick(duet->client.conn, duet->now_us);
    duet->server.engine->tick(duet->server.conn, duet->now_us);
    duet_run(duet);
}

/** What a side saw of a stream; "" for nothing. */
static inline const char *duet_seen(struct duet_side *side, uint64_t stream_id)
{
    return duet_story_of(side, stream_id)->text;
}

static inline void duet_end(struct duet *duet)
{
    duet->client.engine->free(duet->client.conn);
    duet->server.engine->free(duet->server.conn);
}

#endif
