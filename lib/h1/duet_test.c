// h1/duet_test.c: a client engine and a server engine on one wire, whole and split at every byte.
#include "h1/h1.h"

#include "check.h"
#include "counting_alloc.h"
#include "duet.h"

DUET_ENGINE(h1, struct weft_h1_conn);

static struct duet duet;
static struct test_alloc memory;
static struct weft_alloc alloc;
static struct weft_http_limits limits;
static struct duet_body bodies[16];
static size_t body_count;

static struct duet_body *body_of(const char *text, size_t chunk)
{
    struct duet_body *body = &bodies[body_count++];
    *body = (struct duet_body){weft_span_of(text), 0, chunk};
    return body;
}

static void respond(uint64_t stream_id, uint16_t status, int64_t length, bool ends)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    struct weft_http_field field = WEFT_HTTP_FIELD(SERVER, WEFT_SPAN("duet"));
    head.status = status;
    head.content_length = length;
    head.fields = &field;
    head.field_count = 1;
    CHECK_EQ(weft_h1_respond(duet.server.conn, stream_id, &head, ends), WEFT_OK);
}

// Answers when the request is whole, each path in another way.
static void serve(struct duet *unused, struct duet_side *self, const struct weft_http_event *event)
{
    static struct weft_span path;
    (void)unused;
    if (event->type == WEFT_HTTP_REQUEST) {
        path = event->head->path;
        if (weft_span_is(path, "/hints")) respond(event->stream_id, 103, -1, false);
    }
    if (!event->ends_message) return;
    if (weft_span_is(path, "/empty")) {
        respond(event->stream_id, 204, -1, true);
    } else if (weft_span_is(path, "/chunks")) {
        weft_h1_set_user(self->conn, event->stream_id, body_of("one, two and three", 5));
        respond(event->stream_id, 200, -1, false);
    } else {
        weft_h1_set_user(self->conn, event->stream_id, body_of("hello", 0));
        respond(event->stream_id, 200, 5, false);
    }
}

static void start(size_t piece)
{
    memory = (struct test_alloc){0};
    alloc = test_allocator(&memory);
    limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    body_count = 0;
    struct weft_http_engine_config config = {.alloc = &alloc, .limits = &limits};
    duet = (struct duet){.client = {.name = "client", .engine = &duet_h1, .piece = piece},
                         .server = {.name = "server", .engine = &duet_h1, .piece = piece}};
    duet.server.event = serve;
    config.role = WEFT_HTTP_CLIENT;
    duet.client.conn = weft_h1_new(&config);
    config.role = WEFT_HTTP_SERVER;
    duet.server.conn = weft_h1_new(&config);
    CHECK(duet.client.conn && duet.server.conn);
}

static void end(void)
{
    duet_end(&duet);
    CHECK_EQ(memory.live, 0);
}

static enum weft_result ask(enum weft_http_method method, const char *path, struct duet_body *body,
                            int64_t length)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    uint64_t id;
    head.method = (uint8_t)method;
    head.scheme = WEFT_SPAN("http");
    head.authority = WEFT_SPAN("example");
    head.path = weft_span_of(path);
    head.content_length = length;
    enum weft_result result = weft_h1_request(duet.client.conn, &head, body == NULL, &id);
    if (result == WEFT_OK && body) weft_h1_set_user(duet.client.conn, id, body);
    return result;
}

static void check_seen(uint64_t id, const char *by_client, const char *by_server)
{
    CHECK_SAME(weft_span_of(duet_seen(&duet.client, id)), weft_span_of(by_client));
    CHECK_SAME(weft_span_of(duet_seen(&duet.server, id)), weft_span_of(by_server));
}

static void run_all_framings(size_t piece)
{
    start(piece);
    CHECK_EQ(ask(WEFT_HTTP_GET, "/", NULL, -1), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_HEAD, "/", NULL, -1), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_GET, "/chunks", NULL, -1), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_GET, "/hints", NULL, -1), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_DELETE, "/empty", NULL, -1), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_PUT, "/", body_of("some content", 4), -1), WEFT_OK);
    duet_run(&duet);
    CHECK_EQ(ask(WEFT_HTTP_POST, "/chunks", body_of("more content", 5), 12), WEFT_OK);
    duet_run(&duet);

    check_seen(1, "RESPONSE 200;DATA 5 4f9f2cab;END;CLOSED", "REQUEST GET /;END;CLOSED");
    check_seen(2, "RESPONSE 200;END;CLOSED", "REQUEST HEAD /;END;CLOSED");
    check_seen(3, "RESPONSE 200;DATA 18 a7d04da6;END;CLOSED", "REQUEST GET /chunks;END;CLOSED");
    check_seen(4, "INTERIM 103;RESPONSE 200;DATA 5 4f9f2cab;END;CLOSED",
               "REQUEST GET /hints;END;CLOSED");
    check_seen(5, "RESPONSE 204;END;CLOSED", "REQUEST DELETE /empty;END;CLOSED");
    check_seen(6, "RESPONSE 200;DATA 5 4f9f2cab;END;CLOSED",
               "REQUEST PUT /;DATA 12 09b501e4;END;CLOSED");
    check_seen(7, "RESPONSE 200;DATA 18 a7d04da6;END;CLOSED",
               "REQUEST POST /chunks;DATA 12 f90f4165;END;CLOSED");
    CHECK(!weft_h1_is_finished(duet.client.conn));
    end();
}

// RFC 9112 §6.3: each side reads what the other writes, however the wire splits it.
TEST(every_framing_is_understood_by_the_other_side)
{
    for (size_t piece = 0; piece < 200; piece++)
        run_all_framings(piece);
}

// RFC 9112 §9.6
TEST(a_draining_server_tells_its_client)
{
    start(0);
    CHECK_EQ(ask(WEFT_HTTP_GET, "/", NULL, -1), WEFT_OK);
    duet_run(&duet);
    CHECK_EQ(ask(WEFT_HTTP_GET, "/chunks", NULL, -1), WEFT_OK);
    CHECK(duet_carry(&duet, &duet.client, &duet.server));
    weft_h1_drain(duet.server.conn, duet.now_us);
    duet_run(&duet);
    CHECK(!weft_h1_is_finished(duet.server.conn)); // the answer's head had left already
    CHECK_EQ(ask(WEFT_HTTP_GET, "/", NULL, -1), WEFT_OK);
    duet_run(&duet);
    CHECK(weft_h1_is_finished(duet.server.conn));
    CHECK_EQ(ask(WEFT_HTTP_GET, "/", NULL, -1), WEFT_GONE); // this one said that it was the last
    end();

    start(0);
    CHECK_EQ(ask(WEFT_HTTP_GET, "/", NULL, -1), WEFT_OK);
    duet.server.event = NULL;
    duet_run(&duet);
    weft_h1_drain(duet.server.conn, duet.now_us);
    weft_h1_set_user(duet.server.conn, 1, body_of("hello", 0));
    respond(1, 200, 5, false);
    duet_run(&duet);
    CHECK(weft_h1_is_finished(duet.server.conn));
    CHECK(weft_h1_is_finished(duet.client.conn));
    CHECK_EQ(ask(WEFT_HTTP_GET, "/", NULL, -1), WEFT_GONE);
    end();
}

TEST(both_sides_close_an_idle_connection)
{
    start(0);
    CHECK_EQ(ask(WEFT_HTTP_GET, "/", NULL, -1), WEFT_OK);
    duet_run(&duet);
    duet_wait(&duet, 60000000);
    CHECK(weft_h1_is_finished(duet.server.conn));
    CHECK(weft_h1_is_finished(duet.client.conn));
    CHECK_SPAN(weft_span_of(duet.client.failure), "");
    end();
}
