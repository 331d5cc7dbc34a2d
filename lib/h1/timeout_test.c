// h1/timeout_test.c: RFC 9112 §9.5, by a clock that is moved by hand.
#include "rig_test.h"

static struct rig rig;

static const uint64_t second = 1000000; // in microseconds

#define GET "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

static void start(enum weft_http_role role)
{
    rig_start(&rig, role);
    CHECK(rig_open(&rig));
}

static void check_408(void)
{
    CHECK_SPAN(weft_span_part(rig_output(&rig), 0, 29), "HTTP/1.1 408 Request Timeout\r");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

// Attack: Slowloris. The time is that of the whole head, however its bytes drip in.
TEST(a_head_has_a_time_in_all)
{
    start(WEFT_HTTP_SERVER);
    for (int i = 0; i < 10; i++) {
        CHECK(!weft_h1_is_finished(rig.conn));
        rig_feed_text(&rig, i ? "x" : "G", 0);
        rig_wait(&rig, second);
    }
    CHECK_STORY(&rig, "FAILED: a head or trailers took longer than header_timeout_ms;");
    CHECK_EQ(rig.counters.header_timeout_ms, 1);
    check_408();
}

TEST(an_idle_connection_is_closed_without_a_word)
{
    start(WEFT_HTTP_SERVER);
    rig_feed_text(&rig, GET, 0);
    rig_wait(&rig, 59 * second);
    CHECK(!weft_h1_is_finished(rig.conn));
    CHECK_EQ(weft_h1_deadline(rig.conn), rig.now_us + second);
    rig_wait(&rig, second);
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK_EQ(weft_h1_deadline(rig.conn), UINT64_MAX);
    CHECK_EQ(rig.counters.idle_timeout_ms, 1);
    CHECK_STORY(&rig, "REQUEST GET / @a END;CLOSED;");
    rig_close(&rig);
}

TEST(an_idle_connection_holds_little_memory)
{
    start(WEFT_HTTP_SERVER);
    rig_feed_text(&rig, GET, 0);
    CHECK_EQ(weft_h1_deadline(rig.conn), rig.now_us + second / 4);
    CHECK(weft_h1_memory(rig.conn) > 4096);
    rig_wait(&rig, second / 4);
    CHECK(weft_h1_memory(rig.conn) < 1024);
    CHECK_EQ(weft_h1_memory(rig.conn), rig.memory.live);
    rig_feed_text(&rig, GET, 0);
    CHECK_EQ(weft_h1_totals(rig.conn)->requests, 2);
    rig_close(&rig);
}

// Attack: R.U.D.Y.
TEST(content_that_stalls_or_drips_is_given_up)
{
    start(WEFT_HTTP_SERVER);
    rig_feed_text(&rig, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 90000\r\n\r\n", 0);
    static const uint8_t enough[2400];
    rig_feed(&rig, (struct weft_span){enough, sizeof(enough)});
    rig_wait(&rig, 10 * second);
    rig_feed(&rig, (struct weft_span){enough, sizeof(enough)});
    rig_wait(&rig, 10 * second);
    CHECK(!weft_h1_is_finished(rig.conn)); // 240 bytes a second
    rig_feed(&rig, (struct weft_span){enough, sizeof(enough) - 1});
    rig_wait(&rig, 10 * second);
    CHECK_EQ(rig.counters.body_rate, 1);
    check_408();

    start(WEFT_HTTP_SERVER);
    rig.limits.body_rate = 0;
    rig_feed_text(&rig, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 90000\r\n\r\n", 0);
    rig_wait(&rig, 29 * second);
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_wait(&rig, second);
    CHECK_EQ(rig.counters.body_timeout_ms, 1);
    check_408();
}

TEST(content_that_we_hold_back_is_not_late)
{
    start(WEFT_HTTP_SERVER);
    rig.limits.stream_window = 1;
    rig.is_deaf = true;
    rig_feed_text(&rig, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 90000\r\n\r\nx", 0);
    rig_wait(&rig, 100 * second);
    CHECK(!weft_h1_is_finished(rig.conn));
    weft_h1_consume(rig.conn, 1, 1);
    CHECK_EQ(weft_h1_deadline(rig.conn), rig.now_us + 10 * second);
    rig_wait(&rig, 9 * second);
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

TEST(trailers_have_a_time_in_all)
{
    start(WEFT_HTTP_SERVER);
    rig_feed_text(&rig, "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx",
                  0);
    rig_wait(&rig, 10 * second);
    check_408();
}

// Attack: slow read.
TEST(an_answer_that_is_not_taken_is_given_up)
{
    start(WEFT_HTTP_SERVER);
    rig.holds_output = true;
    rig_feed_text(&rig, GET, 0);
    rig_wait(&rig, 29 * second);
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_wait(&rig, second);
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK_EQ(weft_h1_output(rig.conn).size, 0);
    CHECK_EQ(rig.counters.write_timeout_ms, 1);
    rig_close(&rig);

    start(WEFT_HTTP_SERVER);
    rig.body = "one byte every ten seconds is too slow";
    rig.holds_output = true;
    rig_feed_text(&rig, GET, 0);
    for (int i = 0; i < 6; i++) {
        CHECK(!weft_h1_is_finished(rig.conn));
        weft_h1_sent(rig.conn, 1, rig.now_us);
        rig_wait(&rig, 10 * second);
    }
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK_EQ(rig.counters.write_rate, 1);
    rig_close(&rig);
}

TEST(an_answer_that_is_taken_fast_enough_goes_on)
{
    static char body[20000];
    memset(body, 'x', sizeof(body) - 1);
    start(WEFT_HTTP_SERVER);
    rig.body = body;
    rig.holds_output = true;
    rig_feed_text(&rig, GET, 0);
    for (int i = 0; i < 12; i++) {
        weft_h1_sent(rig.conn, 1000, rig.now_us);
        rig_wait(&rig, 10 * second);
    }
    CHECK_EQ(rig.counters.write_rate, 0);
    CHECK_EQ(weft_h1_output(rig.conn).size, 42 + 19999 - 12000);
    rig_close(&rig);
}

TEST(a_last_answer_that_is_not_taken_is_given_up_as_well)
{
    start(WEFT_HTTP_SERVER);
    rig.holds_output = true;
    rig_feed_text(&rig, "GET / HTTP/1.0\r\n\r\n", 0);
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK_EQ(weft_h1_deadline(rig.conn), rig.now_us + 30 * second);
    rig_wait(&rig, 30 * second);
    CHECK_EQ(weft_h1_output(rig.conn).size, 0);
    rig_close(&rig);
}

TEST(an_old_connection_is_drained)
{
    start(WEFT_HTTP_SERVER);
    rig.limits.idle_timeout_ms = UINT32_MAX;
    rig_wait(&rig, 3600 * second);
    CHECK(!weft_h1_is_finished(rig.conn)); // a request may be under way
    CHECK_EQ(rig.counters.connection_age_ms, 1);
    rig_wait(&rig, second);
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

TEST(what_is_held_of_a_pipeline_is_due_at_once)
{
    start(WEFT_HTTP_SERVER);
    rig.limits.pipeline_count = 1;
    rig.holds_output = true;
    rig_feed_text(&rig, GET GET, 0);
    CHECK_EQ(weft_h1_totals(rig.conn)->requests, 1);
    weft_h1_sent(rig.conn, weft_h1_output(rig.conn).size, rig.now_us);
    CHECK_EQ(weft_h1_deadline(rig.conn), rig.now_us);
    rig_wait(&rig, 0);
    CHECK_EQ(weft_h1_totals(rig.conn)->requests, 2);
    rig_close(&rig);
}

TEST(a_client_waits_for_an_answer_but_not_within_one)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    uint64_t id;
    start(WEFT_HTTP_CLIENT);
    head.method = WEFT_HTTP_GET;
    head.scheme = WEFT_SPAN("http");
    head.authority = WEFT_SPAN("a");
    head.path = WEFT_SPAN("/");
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_OK);
    rig_run(&rig);
    rig_wait(&rig, 1000 * second); // that is for the caller to judge
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_feed_text(&rig, "HTTP/1.1 2", 0);
    rig_wait(&rig, 10 * second);
    CHECK_STORY(&rig, "LOST;FAILED: a head or trailers took longer than header_timeout_ms;");
    rig_close(&rig);
}
