// h1/close_test.c: what ends a server's connection, and what is finished before.
#include "server_rig_test.h"

#define GET "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

// RFC 9112 §9.3, §9.6
TEST(the_last_request_of_a_connection_is_told_so)
{
    start();
    rig.limits.requests_per_connection = 2;
    serve(GET GET GET, 0);
    CHECK_SPAN(rig_output(&rig),
               "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
               "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    CHECK_EQ(rig.counters.requests_per_connection, 1);
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

static void pass_drain_ms(void)
{
    rig.now_us += (uint64_t)rig.limits.drain_ms * 1000;
    weft_h1_tick(rig.conn, rig.now_us);
}

TEST(draining_finishes_what_is_in_flight)
{
    start_silent(GET);
    weft_h1_drain(rig.conn, rig.now_us);
    CHECK(!weft_h1_is_finished(rig.conn));
    respond_with(200, 0, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig),
               "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start(); // half a head is in flight too
    serve("GET / HT", 0);
    weft_h1_drain(rig.conn, rig.now_us);
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_feed_text(&rig, "TP/1.1\r\nhost: a\r\n\r\n", 0);
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK(strstr(rig.output, "connection: close") != NULL);
    rig_close(&rig);

    start_silent("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n");
    respond_with(200, 0, true);
    rig_run(&rig);
    weft_h1_drain(rig.conn, rig.now_us); // the answer is out, the rest of its request is not in
    rig_feed_text(&rig, "abc", 0);
    CHECK(!weft_h1_is_finished(rig.conn)); // it did not say that it is the last
    pass_drain_ms();
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

// RFC 9112 §9.5: a client may send while the server closes; within drain_ms that is not lost.
TEST(draining_awaits_a_request_that_is_under_way)
{
    start();
    serve(GET, 0);
    rig_wait(&rig, 300000);              // what is kept for speed has gone
    weft_h1_drain(rig.conn, rig.now_us); // nothing is in flight
    CHECK(!weft_h1_is_finished(rig.conn));
    CHECK_EQ(weft_h1_deadline(rig.conn), rig.now_us + (uint64_t)rig.limits.drain_ms * 1000);
    rig_feed_text(&rig, GET, 0);
    CHECK_SPAN(rig_output(&rig),
               "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
               "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start(); // an answer whose head is out, without a word of the end
    rig.limits.drain_ms = 200;
    serve(GET, 0);
    rig.now_us += 500000;
    weft_h1_drain(rig.conn, rig.now_us);
    rig.now_us += 199000;
    weft_h1_tick(rig.conn, rig.now_us);
    CHECK(!weft_h1_is_finished(rig.conn));
    rig.now_us += 1000;
    weft_h1_tick(rig.conn, rig.now_us);
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK_EQ(rig.counters.idle_timeout_ms, 0);
    rig_close(&rig);
}

TEST(a_stream_that_is_reset_takes_the_connection_along)
{
    start_silent(GET);
    weft_h1_reset(rig.conn, rig.last_id, WEFT_HTTP_INTERNAL_ERROR);
    rig_run(&rig);
    CHECK_STORY(&rig, "REQUEST GET / @a END;LOST;");
    CHECK_EQ(rig.output_size, 0);
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK(!weft_h1_feed(rig.conn, WEFT_SPAN(GET), rig.now_us));
    weft_h1_reset(rig.conn, rig.last_id, WEFT_HTTP_INTERNAL_ERROR); // it is over
    rig_close(&rig);
}

TEST(a_failed_connection_tells_each_stream_then_itself)
{
    start_silent(GET);
    weft_h1_fail(rig.conn, WEFT_HTTP_INTERNAL_ERROR, "enough");
    weft_h1_fail(rig.conn, WEFT_HTTP_INTERNAL_ERROR, "only the first counts");
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_run(&rig);
    CHECK_STORY(&rig, "REQUEST GET / @a END;LOST;FAILED: enough;");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

// RFC 9112 §8, §9.6
TEST(the_peers_end_of_input_ends_what_is_incomplete)
{
    static const struct {
        const char *input;
        const char *story;
    } ends[] = {
        {"", ""},
        {"\r\n", ""},
        {GET, "REQUEST GET / @a END;CLOSED;"},
        {"GET / HT", "FAILED: the peer closed within a message;"},
        {"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nab",
         "REQUEST POST / @a content-length=3;'ab'LOST;FAILED: the peer closed within a message;"},
        {"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
         "REQUEST POST / @a transfer-encoding=chunked;LOST;FAILED: the peer closed within a "
         "message;"},
    };
    for (size_t i = 0; i < WEFT_COUNT(ends); i++) {
        start();
        serve(ends[i].input, 0);
        weft_h1_feed_end(rig.conn, rig.now_us);
        rig_run(&rig);
        CHECK_SAME(weft_span_of(rig.story), weft_span_of(ends[i].story));
        CHECK(weft_h1_is_finished(rig.conn));
        CHECK_EQ(weft_h1_last_error(rig.conn).by_peer, strstr(ends[i].story, "FAILED") != NULL);
        rig_close(&rig);
    }
}

// A half-closed client still gets its answers.
TEST(what_was_asked_before_the_end_of_input_is_answered)
{
    start_silent(GET GET);
    weft_h1_feed_end(rig.conn, rig.now_us);
    rig_run(&rig);
    CHECK(!weft_h1_wants_input(rig.conn));
    respond_with(200, 0, true);
    rig_run(&rig);
    respond_with(200, 0, true);
    rig_run(&rig);
    CHECK_STORY(&rig, "REQUEST GET / @a END;CLOSED;REQUEST GET / @a END;CLOSED;");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start_silent("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n");
    respond_with(200, 0, true);
    weft_h1_feed_end(rig.conn, rig.now_us); // the rest of it is wanted by nobody
    rig_run(&rig);
    CHECK_STORY(&rig, "REQUEST POST / @a content-length=3;CLOSED;");
    rig_close(&rig);
}

TEST(the_callers_object_hangs_on_the_stream)
{
    struct weft_http_event event;
    int object;
    start_silent(GET);
    weft_h1_set_user(rig.conn, rig.last_id, &object);
    weft_h1_set_user(rig.conn, rig.last_id + 1, &event);
    weft_h1_set_priority(rig.conn, rig.last_id, (struct weft_http_priority){1, true});
    respond_with(200, 0, true);
    CHECK(weft_h1_next_event(rig.conn, &event));
    CHECK_EQ(event.type, WEFT_HTTP_STREAM_CLOSED);
    CHECK(event.user == &object);
    rig_close(&rig);
    weft_h1_free(NULL);
}
