// h2/exchange_test.c: whole exchanges between a client and a server of ours.
#include "h2/h2.h"

#include "counting_alloc.h"
#include "duet.h"

DUET_ENGINE(h2, struct weft_h2_conn);

static struct test_alloc memory;
static struct weft_alloc alloc;
static struct weft_http_limits limits;
static struct weft_http_limit_counters counters;

static void *new_side(enum weft_http_role role, bool accepts_push)
{
    struct weft_http_engine_config config = {
        .role = role,
        .alloc = &alloc,
        .limits = &limits,
        .counters = &counters,
        .now_us = 1,
        .seed = 7,
        .accepts_push = accepts_push,
    };
    return weft_h2_new(&config);
}

static struct duet *start(size_t piece)
{
    static struct duet duet;
    memory = (struct test_alloc){0};
    alloc = test_allocator(&memory);
    limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    duet = (struct duet){.now_us = 1};
    duet.client = (struct duet_side){.name = "client",
                                     .engine = &duet_h2,
                                     .conn = new_side(WEFT_HTTP_CLIENT, true),
                                     .piece = piece};
    duet.server = (struct duet_side){.name = "server",
                                     .engine = &duet_h2,
                                     .conn = new_side(WEFT_HTTP_SERVER, false),
                                     .piece = piece};
    CHECK(duet.client.conn && duet.server.conn);
    return &duet;
}

static struct weft_http_head get(const char *path)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.authority = WEFT_SPAN("example.org");
    head.path = weft_span_of(path);
    return head;
}

static void answer_hello(struct duet *duet, struct duet_side *self,
                         const struct weft_http_event *event)
{
    static struct duet_body bodies[64];
    (void)duet;
    if (event->type != WEFT_HTTP_REQUEST) return;
    struct duet_body *body = &bodies[event->stream_id / 2 % 64];
    *body = (struct duet_body){.bytes = WEFT_SPAN("hello, world")};
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.content_length = (int64_t)body->bytes.size;
    weft_h2_set_user(self->conn, event->stream_id, body);
    CHECK_EQ(weft_h2_respond(self->conn, event->stream_id, &head, false), WEFT_OK);
}

// RFC 9113 §8.1
TEST(request_and_response_go_through)
{
    for (size_t piece = 0; piece < 40; piece++) {
        struct duet *duet = start(piece);
        duet->server.event = answer_hello;
        struct weft_http_head head = get("/a");
        uint64_t id = 0;
        CHECK_EQ(weft_h2_request(duet->client.conn, &head, true, &id), WEFT_OK);
        duet_run(duet);
        CHECK_SPAN(weft_span_of(duet_seen(&duet->server, id)), "REQUEST GET /a;END;CLOSED");
        CHECK_SPAN(weft_span_of(duet_seen(&duet->client, id)),
                   "RESPONSE 200;DATA 12 4d0ea41d;END;CLOSED");
        duet_end(duet);
        CHECK_EQ(memory.live, 0);
    }
}
