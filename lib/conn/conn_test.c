// conn/conn_test.c: one object over both engines, by ALPN's word or by the first bytes.
#include "conn/conn.h"

#include "check.h"
#include "counting_alloc.h"
#include "duet.h"

DUET_ENGINE(conn, struct weft_conn);

static const struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;

/** A client and a server, and what the server answers with. */
struct scene {
    struct duet duet;
    struct test_alloc counts;
    struct weft_alloc alloc;
    struct weft_http_limit_counters counters;
    struct duet_body bodies[16];
    size_t body_count;
};

static struct weft_conn *make(struct scene *scene, enum weft_http_role role,
                              enum weft_conn_protocol protocol)
{
    struct weft_http_engine_config config = {
        .role = role, .alloc = &scene->alloc, .limits = &limits, .counters = &scene->counters};
    return weft_conn_new(&config, protocol);
}

static void answer(struct duet *duet, struct duet_side *self, const struct weft_http_event *event)
{
    struct scene *scene = duet->context;
    if (event->type != WEFT_HTTP_REQUEST) return;

    struct weft_http_field type = WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("text/plain"));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.fields = &type;
    head.field_count = 1;
    head.content_length = 11;
    if (weft_conn_respond(self->conn, event->stream_id, &head, false) != WEFT_OK) return;
    struct duet_body *body = &scene->bodies[scene->body_count++ % 16];
    *body = (struct duet_body){.bytes = WEFT_SPAN("hello weft\n")};
    weft_conn_set_user(self->conn, event->stream_id, body);
}

static bool start(struct scene *scene, enum weft_conn_protocol client,
                  enum weft_conn_protocol server)
{
    scene->alloc = test_allocator(&scene->counts);
    scene->duet.context = scene;
    scene->duet.client.engine = scene->duet.server.engine = &duet_conn;
    scene->duet.server.event = answer;
    scene->duet.client.conn = make(scene, WEFT_HTTP_CLIENT, client);
    scene->duet.server.conn = make(scene, WEFT_HTTP_SERVER, server);
    return scene->duet.client.conn && scene->duet.server.conn;
}

static enum weft_result ask(struct scene *scene, const char *path)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.scheme = WEFT_SPAN("http");
    head.authority = WEFT_SPAN("localhost");
    head.path = weft_span_of(path);
    uint64_t stream_id;
    return weft_conn_request(scene->duet.client.conn, &head, true, &stream_id);
}

static void finish(struct scene *scene)
{
    weft_conn_free(scene->duet.client.conn);
    weft_conn_free(scene->duet.server.conn);
    CHECK_EQ(scene->counts.live, 0);
}

// RFC 9113 §3.3, §3.4: the first bytes of a client tell the version; in pieces of every size.
TEST(the_version_is_told_by_the_first_bytes)
{
    const struct {
        enum weft_conn_protocol client;
        unsigned version;
    } rows[] = {{WEFT_CONN_H1, WEFT_HTTP_1_1}, {WEFT_CONN_H2, WEFT_HTTP_2}};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        for (size_t piece = 0; piece < 40; piece++) {
            struct scene scene = {0};
            scene.duet.server.piece = scene.duet.client.piece = piece;
            CHECK(start(&scene, rows[i].client, WEFT_CONN_BY_FIRST_BYTES));
            CHECK_EQ(weft_conn_version(scene.duet.server.conn), 0);
            CHECK_EQ(ask(&scene, "/a"), WEFT_OK);
            CHECK_EQ(ask(&scene, "/b"), WEFT_OK);
            duet_run(&scene.duet);
            CHECK_EQ(weft_conn_version(scene.duet.server.conn), rows[i].version);
            CHECK_SPAN(weft_span_of(duet_seen(&scene.duet.server, 1)), "REQUEST GET /a;END;CLOSED");
            CHECK_SPAN(weft_span_of(duet_seen(&scene.duet.client, 1)),
                       "RESPONSE 200;DATA 11 a9051237;END;CLOSED");
            CHECK_EQ(weft_conn_totals(scene.duet.server.conn)->requests, 2);
            CHECK_EQ(weft_conn_stream_count(scene.duet.server.conn), 0);
            finish(&scene);
        }
    }
}

// RFC 7301, RFC 9113 §3.1: "h2" is HTTP/2, all else and nothing is HTTP/1.
TEST(alpn_names_the_protocol)
{
    CHECK_EQ(weft_conn_protocol_for(WEFT_SPAN("h2")), WEFT_CONN_H2);
    CHECK_EQ(weft_conn_protocol_for(WEFT_SPAN("http/1.1")), WEFT_CONN_H1);
    CHECK_EQ(weft_conn_protocol_for(WEFT_SPAN("http/1.0")), WEFT_CONN_H1);
    CHECK_EQ(weft_conn_protocol_for((struct weft_span){NULL, 0}), WEFT_CONN_H1);
}

static void check_is_refused(struct scene *scene, struct weft_span bytes, const char *status_line)
{
    struct weft_conn *conn = scene->duet.server.conn;
    struct weft_http_event event;
    weft_conn_feed(conn, bytes, 0);
    while (weft_conn_next_event(conn, &event))
        CHECK(event.type != WEFT_HTTP_REQUEST);
    struct weft_span out = weft_conn_output(conn);
    CHECK(weft_span_starts_with(out, weft_span_of(status_line)));
}

// What begins like the preface and goes on otherwise is a bad request of HTTP/1.
TEST(a_preface_that_goes_wrong_is_answered_as_http1)
{
    struct scene scene = {0};
    CHECK(start(&scene, WEFT_CONN_H1, WEFT_CONN_BY_FIRST_BYTES));
    check_is_refused(&scene, WEFT_SPAN("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"), "HTTP/1.1 505 ");
    finish(&scene);
}

// The two parts of a feed that was cut in the middle of sniffing come as one.
TEST(bytes_behind_the_sniffed_ones_are_not_lost)
{
    struct scene scene = {0};
    CHECK(start(&scene, WEFT_CONN_H1, WEFT_CONN_BY_FIRST_BYTES));
    struct weft_conn *conn = scene.duet.server.conn;
    struct weft_http_event event;
    CHECK(weft_conn_feed(conn, WEFT_SPAN("P"), 0));
    CHECK(!weft_conn_next_event(conn, &event));
    CHECK(weft_conn_feed(
        conn, WEFT_SPAN("OST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok"), 0));

    CHECK(weft_conn_next_event(conn, &event));
    CHECK_EQ(event.type, WEFT_HTTP_REQUEST);
    CHECK_SPAN(event.head->method_text, "POST");
    CHECK(weft_conn_next_event(conn, &event));
    CHECK_EQ(event.type, WEFT_HTTP_DATA);
    CHECK_SPAN(event.data, "ok");
    finish(&scene);
}

TEST(a_client_that_says_nothing_is_given_up)
{
    struct scene scene = {0};
    CHECK(start(&scene, WEFT_CONN_H1, WEFT_CONN_BY_FIRST_BYTES));
    struct weft_conn *conn = scene.duet.server.conn;
    CHECK_EQ(weft_conn_deadline(conn), (uint64_t)limits.header_timeout_ms * 1000);
    weft_conn_tick(conn, weft_conn_deadline(conn) - 1);
    CHECK(!weft_conn_is_finished(conn));
    weft_conn_tick(conn, weft_conn_deadline(conn));
    CHECK(weft_conn_is_finished(conn));
    CHECK_EQ(scene.counters.header_timeout_ms, 1);
    CHECK_EQ(weft_conn_deadline(conn), UINT64_MAX);
    struct weft_http_event event;
    CHECK(weft_conn_next_event(conn, &event));
    CHECK_EQ(event.type, WEFT_HTTP_FAILED);
    CHECK(!weft_conn_next_event(conn, &event));
    CHECK(!weft_conn_feed(conn, WEFT_SPAN("GET"), 0));
    finish(&scene);
}

TEST(draining_ends_what_has_not_begun_and_finishes_what_has)
{
    struct scene scene = {0};
    CHECK(start(&scene, WEFT_CONN_H1, WEFT_CONN_BY_FIRST_BYTES));
    struct weft_conn *conn = scene.duet.server.conn;
    weft_conn_drain(conn, 0);
    CHECK(!weft_conn_is_finished(conn)); // a request may be under way
    uint64_t until_us = weft_conn_deadline(conn);
    CHECK_EQ(until_us, 1000000); // drain_ms
    weft_conn_tick(conn, until_us - 1);
    CHECK(!weft_conn_is_finished(conn));
    weft_conn_tick(conn, until_us);
    CHECK(weft_conn_is_finished(conn));
    CHECK_EQ(weft_conn_last_error(conn).scope, WEFT_HTTP_FINE);
    finish(&scene);

    scene = (struct scene){0};
    CHECK(start(&scene, WEFT_CONN_H1, WEFT_CONN_BY_FIRST_BYTES));
    CHECK(weft_conn_feed(scene.duet.server.conn, WEFT_SPAN("P"), 0));
    weft_conn_drain(scene.duet.server.conn, 0);
    CHECK(!weft_conn_is_finished(scene.duet.server.conn));
    finish(&scene);
}

// Before a version is known every call is harmless.
TEST(calls_before_the_version_is_known_do_nothing)
{
    struct scene scene = {0};
    CHECK(start(&scene, WEFT_CONN_H1, WEFT_CONN_BY_FIRST_BYTES));
    struct weft_conn *conn = scene.duet.server.conn;
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    struct weft_http_turn turn;
    uint64_t stream_id;
    weft_conn_consume(conn, 1, 1);
    weft_conn_resume(conn, 1);
    weft_conn_reset(conn, 1, WEFT_HTTP_CANCEL);
    weft_conn_set_user(conn, 1, conn);
    weft_conn_sent(conn, 0, 0);
    weft_conn_set_priority(conn, 1, (struct weft_http_priority){0});
    CHECK_EQ(weft_conn_respond(conn, 1, &head, true), WEFT_GONE);
    CHECK_EQ(weft_conn_request(conn, &head, true, &stream_id), WEFT_INVALID);
    CHECK_EQ(weft_conn_push(conn, 1, &head, &stream_id), WEFT_GONE);
    CHECK_EQ(weft_conn_send_trailers(conn, 1, NULL, 0), WEFT_GONE);
    CHECK(!weft_conn_next_turn(conn, 1, &turn));
    CHECK_EQ(weft_conn_output(conn).size, 0);
    CHECK_EQ(weft_conn_stream_count(conn), 0);
    CHECK_EQ(weft_conn_totals(conn)->requests, 0);
    CHECK(weft_conn_wants_input(conn));
    CHECK(weft_conn_memory(conn) > 0);
    weft_conn_feed_end(conn, 0);
    CHECK(weft_conn_is_finished(conn));
    finish(&scene);
}

static size_t exchange_with_failure(enum weft_conn_protocol protocol, size_t fail_at)
{
    struct scene scene = {.counts = {.fail_at = fail_at}};
    if (start(&scene, protocol, WEFT_CONN_BY_FIRST_BYTES) && ask(&scene, "/a") == WEFT_OK) {
        duet_run(&scene.duet);
    }
    finish(&scene);
    return scene.counts.calls;
}

// Whichever allocation fails, nothing leaks and nothing hangs.
TEST(without_memory_an_exchange_ends)
{
    for (unsigned protocol = WEFT_CONN_H1; protocol <= WEFT_CONN_H2; protocol++) {
        size_t fail_at = 1;
        while (exchange_with_failure(protocol, fail_at) >= fail_at)
            fail_at++;
        CHECK(fail_at > 5);
    }
}
