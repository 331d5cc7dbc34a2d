// test/h2_frames.h: HTTP/2 frames by hand, and a side of a connection to feed them to.
#ifndef TEST_H2_FRAMES_H
#define TEST_H2_FRAMES_H

#include "h2/h2.h"

#include "check.h"
#include "counting_alloc.h"

#include <stdio.h>

/** Frames in a row, written by hand. */
struct frames {
    uint8_t bytes[1 << 18];
    size_t size;
};

static inline struct weft_span frames_span(const struct frames *frames)
{
    return (struct weft_span){frames->bytes, frames->size};
}

static inline void put_bytes(struct frames *frames, const void *bytes, size_t size)
{
    CHECK(size <= sizeof(frames->bytes) - frames->size);
    if (size > 0) memcpy(frames->bytes + frames->size, bytes, size);
    frames->size += size;
}

static inline void put_header(struct frames *frames, size_t length, int type, int flags,
                              uint32_t id)
{
    uint8_t header[9] = {
        (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length,
        (uint8_t)type,           (uint8_t)flags,         (uint8_t)(id >> 24),
        (uint8_t)(id >> 16),     (uint8_t)(id >> 8),     (uint8_t)id,
    };
    put_bytes(frames, header, sizeof(header));
}

static inline void put_frame(struct frames *frames, int type, int flags, uint32_t id,
                             struct weft_span payload)
{
    put_header(frames, payload.size, type, flags, id);
    put_bytes(frames, payload.data, payload.size);
}

#define PUT(frames, type, flags, id, ...)                                \
    do {                                                                 \
        const uint8_t put_payload[] = {__VA_ARGS__};                     \
        put_frame((frames), (type), (flags), (id),                       \
                  (struct weft_span){put_payload, sizeof(put_payload)}); \
    } while (0)

#define PUT_EMPTY(frames, type, flags, id) \
    put_frame((frames), (type), (flags), (id), (struct weft_span){NULL, 0})

static inline void put_u32_frame(struct frames *frames, int type, uint32_t id, uint32_t number)
{
    PUT(frames, type, 0, id, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
        (uint8_t)(number >> 8), (uint8_t)number);
}

static inline void put_setting(struct frames *frames, uint16_t name, uint32_t value)
{
    PUT(frames, 4, 0, 0, (uint8_t)(name >> 8), (uint8_t)name, (uint8_t)(value >> 24),
        (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value);
}

static inline void put_magic(struct frames *frames)
{
    put_bytes(frames, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
}

/** A literal field without indexing and a new name (RFC 7541 §6.2.2); both below 127 bytes. */
static inline void put_literal(struct frames *block, const char *name, const char *value)
{
    uint8_t start[2] = {0, (uint8_t)strlen(name)};
    uint8_t middle[1] = {(uint8_t)strlen(value)};
    put_bytes(block, start, 2);
    put_bytes(block, name, strlen(name));
    put_bytes(block, middle, 1);
    put_bytes(block, value, strlen(value));
}

/** :method GET (or POST), :scheme http, :path /, :authority a; from RFC 7541's static table. */
static inline void put_get_fields(struct frames *block)
{
    const uint8_t bytes[] = {0x82, 0x86, 0x84, 0x01, 0x01, 'a'};
    put_bytes(block, bytes, sizeof(bytes));
}

static inline void put_post_fields(struct frames *block)
{
    const uint8_t bytes[] = {0x83, 0x86, 0x84, 0x01, 0x01, 'a'};
    put_bytes(block, bytes, sizeof(bytes));
}

enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8, WITH_PRIORITY = 0x20 };
enum {
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PUSH_PROMISE,
    PING,
    GOAWAY,
    WINDOW_UPDATE,
    CONTINUATION,
    PRIORITY_UPDATE = 0x10
};

static inline void put_get(struct frames *frames, uint32_t id)
{
    PUT(frames, HEADERS, END_STREAM | END_HEADERS, id, 0x82, 0x86, 0x84, 0x01, 0x01, 'a');
}

/** A POST whose content is still to come. */
static inline void put_post(struct frames *frames, uint32_t id)
{
    PUT(frames, HEADERS, END_HEADERS, id, 0x83, 0x86, 0x84, 0x01, 0x01, 'a');
}

/** HEADERS with more fields, "name", "value", ..., NULL, behind those of a GET or POST. */
static inline void put_request_with(struct frames *frames, uint32_t id, int flags, bool is_post,
                                    const char *const *fields)
{
    static struct frames block;
    block.size = 0;
    if (is_post) put_post_fields(&block);
    if (!is_post) put_get_fields(&block);
    for (; fields[0]; fields += 2)
        put_literal(&block, fields[0], fields[1]);
    put_frame(frames, HEADERS, flags | END_HEADERS, id, frames_span(&block));
}

/** One engine under test, what it is made of, and what came out of it. */
struct side {
    struct test_alloc memory;
    struct weft_alloc alloc;
    struct weft_http_limits limits;
    struct weft_http_limit_counters counters;
    struct weft_http_engine_config config;
    struct weft_h2_conn *conn;
    uint64_t now_us;
    struct frames in;  // put here, then side_feed()
    struct frames out; // all that it has sent
    size_t out_seen;   // how much of it side_next_frame() has handed out
    char story[4096];  // a line for each event, as event_line() makes it
    bool consumes;     // content at once
    void (*event)(struct side *side, const struct weft_http_event *event);
};

static inline void side_init(struct side *side, enum weft_http_role role)
{
    memset(side, 0, sizeof(*side));
    side->alloc = test_allocator(&side->memory);
    side->limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    side->now_us = 1000000;
    side->consumes = true;
    side->config = (struct weft_http_engine_config){
        .role = role,
        .alloc = &side->alloc,
        .limits = &side->limits,
        .counters = &side->counters,
        .now_us = side->now_us,
        .seed = 42,
    };
}

/** One allocation that is only freed by side_end(), since tests end by longjmp. */
static inline struct side *side_new(enum weft_http_role role)
{
    static struct side side;
    if (side.conn) weft_h2_free(side.conn);
    side_init(&side, role);
    return &side;
}

static inline void side_note(struct side *side, const struct weft_http_event *event)
{
    char line[160] = "";
    const struct weft_http_head *head = event->head;
    unsigned long long id = event->stream_id;
    switch (event->type) {
    case WEFT_HTTP_REQUEST:
        snprintf(line, sizeof(line), "%llu REQUEST %.*s %.*s", id, (int)head->method_text.size,
                 (const char *)head->method_text.data, (int)head->path.size,
                 (const char *)head->path.data);
        break;
    case WEFT_HTTP_INTERIM:
        snprintf(line, sizeof(line), "%llu INTERIM %u", id, head->status);
        break;
    case WEFT_HTTP_RESPONSE:
        snprintf(line, sizeof(line), "%llu RESPONSE %u", id, head->status);
        break;
    case WEFT_HTTP_DATA: snprintf(line, sizeof(line), "%llu DATA %zu", id, event->data.size); break;
    case WEFT_HTTP_TRAILERS:
        snprintf(line, sizeof(line), "%llu TRAILERS %zu", id, head->field_count);
        break;
    case WEFT_HTTP_PROMISE:
        snprintf(line, sizeof(line), "%llu PROMISE %llu", id,
                 (unsigned long long)event->promised_id);
        break;
    case WEFT_HTTP_STREAM_CLOSED:
        snprintf(line, sizeof(line),
                 event->error.scope == WEFT_HTTP_FINE ? "%llu CLOSED" : "%llu CLOSED %s", id,
                 weft_http_error_code_name(event->error.code));
        break;
    case WEFT_HTTP_GOAWAY: snprintf(line, sizeof(line), "GOAWAY %u", event->error.code); break;
    case WEFT_HTTP_FAILED:
        snprintf(line, sizeof(line), "FAILED %s", weft_http_error_code_name(event->error.code));
        break;
    }
    size_t size = strlen(side->story);
    snprintf(side->story + size, sizeof(side->story) - size, "%s%s%s", size ? "; " : "", line,
             event->ends_message ? " END" : "");
}

static inline void side_pull(struct side *side)
{
    struct weft_http_event event;
    while (weft_h2_next_event(side->conn, &event)) {
        side_note(side, &event);
        if (event.type == WEFT_HTTP_DATA && side->consumes) {
            weft_h2_consume(side->conn, event.stream_id, event.data.size);
        }
        if (side->event) side->event(side, &event);
    }
}

/** Takes all output away into `out`. */
static inline void side_drain(struct side *side)
{
    for (;;) {
        struct weft_span bytes = weft_h2_output(side->conn);
        if (bytes.size == 0) return;
        if (sizeof(side->out.bytes) - side->out.size < bytes.size) {
            side->out.size = side->out_seen = 0; // old news
        }
        put_bytes(&side->out, bytes.data, bytes.size);
        weft_h2_sent(side->conn, bytes.size, side->now_us);
    }
}

/** Feeds what was put into `in`, in a copy of its own size, and pulls and drains all that comes of it. */
static inline bool side_feed(struct side *side)
{
    uint8_t *copy = malloc(side->in.size + 1);
    if (!copy) abort();
    if (side->in.size > 0) memcpy(copy, side->in.bytes, side->in.size);
    bool fed = weft_h2_feed(side->conn, (struct weft_span){copy, side->in.size}, side->now_us);
    side_pull(side);
    free(copy);
    side->in.size = 0;
    side_drain(side);
    return fed;
}

struct frame {
    int type;
    int flags;
    uint32_t id;
    struct weft_span payload;
};

/** The next frame that it has sent (a client's preface is passed over); false where there is none. */
static inline bool side_next_frame(struct side *side, struct frame *frame)
{
    const uint8_t *at = side->out.bytes + side->out_seen;
    size_t left = side->out.size - side->out_seen;
    if (left >= 24 && memcmp(at, "PRI ", 4) == 0) {
        at += 24;
        left -= 24;
        side->out_seen += 24;
    }
    if (left == 0) return false;
    CHECK(left >= 9);
    size_t length = (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
    CHECK(left >= 9 + length);
    frame->type = at[3];
    frame->flags = at[4];
    frame->id = (uint32_t)at[5] << 24 | (uint32_t)at[6] << 16 | (uint32_t)at[7] << 8 | at[8];
    frame->payload = (struct weft_span){at + 9, length};
    side->out_seen += 9 + length;
    return true;
}

static inline uint32_t frame_u32(const struct frame *frame, size_t at)
{
    CHECK(frame->payload.size >= at + 4);
    const uint8_t *bytes = frame->payload.data + at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/** The next frame of that type; false where none comes. */
static inline bool side_find_frame(struct side *side, int type, struct frame *frame)
{
    while (side_next_frame(side, frame)) {
        if (frame->type == type) return true;
    }
    return false;
}

/** Starts the engine; both sides' SETTINGS are exchanged and acknowledged, and the output forgotten. */
static inline void side_start(struct side *side)
{
    side->config.now_us = side->now_us;
    side->conn = weft_h2_new(&side->config);
    CHECK(side->conn != NULL);
    if (side->config.role == WEFT_HTTP_SERVER) put_magic(&side->in);
    PUT_EMPTY(&side->in, SETTINGS, 0, 0);
    PUT_EMPTY(&side->in, SETTINGS, ACK, 0);
    side_feed(side);
    side->out.size = side->out_seen = 0;
    side->story[0] = 0;
}

/** A server (or client) that is ready for frames of streams. */
static inline struct side *side_ready(enum weft_http_role role)
{
    struct side *side = side_new(role);
    side_start(side);
    return side;
}

static inline void side_end(struct side *side)
{
    weft_h2_free(side->conn);
    side->conn = NULL;
    CHECK_EQ(side->memory.live, 0);
}

#define CHECK_STORY(side, text) \
    check_span(weft_span_of((side)->story), weft_span_of(text), __FILE__, __LINE__, "story")

/** The connection has failed with that code, and has said so in a GOAWAY, its last frame. */
#define CHECK_FAILED(side, error_code)                                          \
    do {                                                                        \
        struct frame goaway = {0};                                              \
        CHECK(weft_h2_is_finished((side)->conn));                               \
        CHECK_EQ(weft_h2_last_error((side)->conn).code, (error_code));          \
        CHECK_EQ(weft_h2_last_error((side)->conn).scope, WEFT_HTTP_CONNECTION); \
        CHECK(side_find_frame((side), GOAWAY, &goaway));                        \
        CHECK_EQ(frame_u32(&goaway, 4), (error_code));                          \
        CHECK(!side_next_frame((side), &goaway));                               \
    } while (0)

/** The stream was reset with that code, and the connection lives. */
#define CHECK_RESET(side, stream, error_code)               \
    do {                                                    \
        struct frame reset = {0};                           \
        CHECK(!weft_h2_is_finished((side)->conn));          \
        CHECK(side_find_frame((side), RST_STREAM, &reset)); \
        CHECK_EQ(reset.id, (stream));                       \
        CHECK_EQ(frame_u32(&reset, 0), (error_code));       \
    } while (0)

/** Nothing was answered with an error. */
#define CHECK_UNHARMED(side)                                     \
    do {                                                         \
        struct frame any = {0};                                  \
        CHECK(!weft_h2_is_finished((side)->conn));               \
        while (side_next_frame((side), &any))                    \
            CHECK(any.type != RST_STREAM && any.type != GOAWAY); \
    } while (0)

#endif
