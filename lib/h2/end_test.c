// h2/end_test.c: graceful ends and timeouts. RFC 9113 §6.5.3, §6.8, §9.1, §10.5.
#include "h2_frames.h"

static void pass(struct side *side, uint64_t duration_us)
{
    side->now_us += duration_us;
    weft_h2_tick(side->conn, side->now_us);
    side_pull(side);
    side_drain(side);
}

static void respond(struct side *side, uint64_t id, bool ends)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    CHECK_EQ(weft_h2_respond(side->conn, id, &head, ends), WEFT_OK);
}

static void check_goaway(struct side *side, uint32_t last_id, unsigned code)
{
    struct frame goaway = {0};
    CHECK(side_find_frame(side, GOAWAY, &goaway));
    CHECK_EQ(frame_u32(&goaway, 0), last_id);
    CHECK_EQ(frame_u32(&goaway, 4), code);
}

// RFC 9113 §6.8 (H2-22)
TEST(a_server_drains_in_two_steps)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    side_feed(side);
    weft_h2_drain(side->conn, side->now_us);
    side_drain(side);
    check_goaway(side, 0x7fffffff, WEFT_HTTP_NO_ERROR);
    CHECK_EQ(weft_h2_deadline(side->conn), side->now_us + (uint64_t)side->limits.drain_ms * 1000);
    CHECK_EQ(side->counters.drain_ms, 0);

    put_get(&side->in, 3); // was on its way
    side_feed(side);
    pass(side, (uint64_t)side->limits.drain_ms * 1000);
    CHECK_EQ(side->counters.drain_ms, 1);
    check_goaway(side, 3, WEFT_HTTP_NO_ERROR);
    put_get(&side->in, 5); // the client was told
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST GET / END; 3 REQUEST GET / END");
    CHECK_UNHARMED(side);
    CHECK(!weft_h2_is_finished(side->conn));
    respond(side, 1, true);
    respond(side, 3, true);
    side_pull(side);
    CHECK(weft_h2_is_finished(side->conn));
    side_end(side);
}

// RFC 9113 §6.8: accounting and decoding go on behind GOAWAY.
TEST(after_goaway_blocks_are_decoded_and_windows_kept)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    side_feed(side);
    weft_h2_drain(side->conn, side->now_us);
    pass(side, (uint64_t)side->limits.drain_ms * 1000);
    PUT(&side->in, HEADERS, END_HEADERS, 3, 0x82, 0x86, 0x84, 0x41, 0x01, 'a', 0x40, 1, 't', 1,
        'v');
    static uint8_t payload[16384];
    for (int i = 0; i < 8; i++) {
        put_frame(&side->in, DATA, 0, 3, (struct weft_span){payload, 16384});
        side_feed(side);
    }
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0xbe);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST POST /; 1 TRAILERS 1 END");
    side_end(side);
}

// RFC 9113 §6.8
TEST(a_client_drains_at_once_and_lets_its_requests_finish)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.authority = WEFT_SPAN("a");
    head.path = WEFT_SPAN("/");
    uint64_t id = 0;
    CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_OK);
    weft_h2_drain(side->conn, side->now_us);
    side_drain(side);
    check_goaway(side, 0, WEFT_HTTP_NO_ERROR);
    CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_GONE);
    CHECK(!weft_h2_is_finished(side->conn));
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0x88);
    side_feed(side);
    CHECK(weft_h2_is_finished(side->conn));
    side_end(side);
}

// requests_per_connection and connection_age_ms drain
TEST(an_old_or_busy_connection_drains)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.requests_per_connection = 2;
    side_start(side);
    put_get(&side->in, 1);
    side_feed(side);
    struct frame goaway = {0};
    CHECK(!side_find_frame(side, GOAWAY, &goaway));
    put_get(&side->in, 3);
    side_feed(side);
    check_goaway(side, 0x7fffffff, WEFT_HTTP_NO_ERROR);
    CHECK_EQ(side->counters.requests_per_connection, 1);
    side_end(side);

    side = side_new(WEFT_HTTP_SERVER);
    side->limits.connection_age_ms = 5000;
    side_start(side);
    pass(side, 5000000);
    check_goaway(side, 0x7fffffff, WEFT_HTTP_NO_ERROR);
    CHECK_EQ(side->counters.connection_age_ms, 1);
    side_end(side);
}

static void answer_whole(struct side *side, const struct weft_http_event *event)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 405;
    if (event->type != WEFT_HTTP_REQUEST) return;
    CHECK_EQ(weft_h2_respond(side->conn, event->stream_id, &head, true), WEFT_OK);
}

// The rest of a request that has its answer is no reason to stay, §8.1.
TEST(a_drain_does_not_wait_for_content_that_nobody_needs)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    side->event = answer_whole;
    put_post(&side->in, 1);
    CHECK(side_feed(side));
    weft_h2_drain(side->conn, side->now_us);
    side->now_us += (uint64_t)side->limits.drain_ms * 1000;
    weft_h2_tick(side->conn, side->now_us);
    side->now_us += 1000000;
    weft_h2_tick(side->conn, side->now_us);
    side_pull(side);
    CHECK(weft_h2_is_finished(side->conn));
    CHECK(strstr(side->story, "1 CLOSED NO_ERROR") != NULL);
    side_end(side);
}

// idle_timeout_ms
TEST(an_idle_connection_is_closed)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    pass(side, (uint64_t)side->limits.idle_timeout_ms * 1000 - 1);
    struct frame goaway = {0};
    CHECK(!side_find_frame(side, GOAWAY, &goaway));
    pass(side, 1);
    check_goaway(side, 0, WEFT_HTTP_NO_ERROR);
    CHECK(weft_h2_is_finished(side->conn));
    CHECK_EQ(side->counters.idle_timeout_ms, 1);
    side_end(side);
}

// header_timeout_ms: from the start to the preface, and from a head's first byte to its last
TEST(a_head_that_comes_slowly_ends_the_connection)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->conn = weft_h2_new(&side->config);
    put_bytes(&side->in, "PRI", 3);
    side_feed(side);
    CHECK(weft_h2_deadline(side->conn) <= side->now_us + 10000000);
    pass(side, 10000000);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    CHECK_EQ(side->counters.header_timeout_ms, 1);
    side_end(side);

    side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, HEADERS, END_STREAM, 1, 0x82);
    side_feed(side);
    for (int i = 0; i < 4; i++) {
        pass(side, 2000000);
        PUT(&side->in, CONTINUATION, 0, 1, 0x86);
        side_feed(side);
        CHECK(!weft_h2_is_finished(side->conn));
    }
    pass(side, 2000000);
    CHECK_FAILED(side, WEFT_HTTP_ENHANCE_YOUR_CALM);
    CHECK_EQ(side->counters.header_timeout_ms, 1);
    side_end(side);
}

// RFC 9113 §6.5.3 (H2-18)
TEST(settings_that_are_not_acknowledged_end_the_connection)
{
    struct side *side = side_new(WEFT_HTTP_CLIENT);
    side->conn = weft_h2_new(&side->config);
    PUT_EMPTY(&side->in, SETTINGS, 0, 0);
    side_feed(side);
    pass(side, (uint64_t)side->limits.settings_timeout_ms * 1000);
    CHECK_FAILED(side, WEFT_HTTP_SETTINGS_TIMEOUT);
    CHECK_EQ(side->counters.settings_timeout_ms, 1);
    side_end(side);
}

// body_timeout_ms and body_rate
TEST(a_body_that_does_not_come_resets_its_stream)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    side_feed(side);
    side->limits.body_rate = 0;
    for (int i = 0; i < 31; i++)
        pass(side, 1000000);
    CHECK_RESET(side, 1, WEFT_HTTP_CANCEL);
    CHECK_EQ(side->counters.body_timeout_ms, 1);
    side_end(side);

    side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    for (int i = 0; i < 12; i++) {
        PUT(&side->in, DATA, 0, 1, 'x');
        side_feed(side);
        pass(side, 1000000);
    }
    CHECK_RESET(side, 1, WEFT_HTTP_CANCEL);
    CHECK_EQ(side->counters.body_rate, 1);
    side_end(side);
}

// Whoever ticks at each deadline: when does stream 1 end?
static uint64_t end_by_deadlines(struct side *side)
{
    uint64_t start_us = side->now_us;
    for (int i = 0; i < 100 && weft_h2_stream_count(side->conn) > 0; i++) {
        CHECK(weft_h2_deadline(side->conn) > side->now_us); // it is no busy wait
        pass(side, weft_h2_deadline(side->conn) - side->now_us);
    }
    return side->now_us - start_us;
}

// body_timeout_ms, write_timeout_ms: also short ones act in time.
TEST(a_timeout_of_a_stream_is_late_by_a_quarter_at_most)
{
    static const uint32_t limits_ms[] = {1, 40, 200, 1000, 30000};
    for (size_t i = 0; i < WEFT_COUNT(limits_ms); i++) {
        uint64_t least_us = (uint64_t)limits_ms[i] * 1000;
        uint64_t most_us = least_us + (least_us / 4 > 10000 ? least_us / 4 : 10000);
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        side->limits.body_rate = 0;
        side->limits.body_timeout_ms = limits_ms[i];
        put_post(&side->in, 1);
        side_feed(side);
        uint64_t took_us = end_by_deadlines(side);
        CHECK_EQ(side->counters.body_timeout_ms, 1);
        CHECK(took_us >= least_us && took_us <= most_us);
        side_end(side);

        side = side_ready(WEFT_HTTP_SERVER);
        side->limits.write_timeout_ms = limits_ms[i];
        put_setting(&side->in, 4, 0);
        put_get(&side->in, 1);
        side_feed(side);
        respond(side, 1, false);
        took_us = end_by_deadlines(side);
        CHECK_EQ(side->counters.write_timeout_ms, 1);
        CHECK(took_us >= least_us && took_us <= most_us);
        side_end(side);
    }
}

// A body that waits for our own receiver is not late.
TEST(a_body_that_we_hold_back_is_not_late)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.stream_window = 4;
    side_start(side);
    side->consumes = false;
    put_post(&side->in, 1);
    PUT(&side->in, DATA, 0, 1, 1, 2, 3, 4);
    side_feed(side);
    for (int i = 0; i < 100; i++)
        pass(side, 1000000);
    CHECK_UNHARMED(side);
    side_end(side);
}

// write_timeout_ms: of a stream without a window, and of a transport that takes nothing
TEST(an_answer_that_is_not_taken_is_given_up)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_setting(&side->in, 4, 0);
    put_get(&side->in, 1);
    side_feed(side);
    respond(side, 1, false);
    for (int i = 0; i < 31; i++)
        pass(side, 1000000);
    CHECK_RESET(side, 1, WEFT_HTTP_CANCEL);
    CHECK_EQ(side->counters.write_timeout_ms, 1);
    side_end(side);

    side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
    CHECK(weft_h2_feed(side->conn, frames_span(&side->in), side->now_us));
    side_pull(side);
    CHECK_EQ(weft_h2_deadline(side->conn), side->now_us + 250000); // what is kept for speed goes
    side->now_us += (uint64_t)side->limits.write_timeout_ms * 1000;
    weft_h2_tick(side->conn, side->now_us);
    side_pull(side);
    CHECK_STORY(side, "FAILED CANCEL");
    CHECK_EQ(weft_h2_output(side->conn).size, 0);
    CHECK_EQ(weft_h2_deadline(side->conn), UINT64_MAX);
    side_end(side);
}

// Who has closed its side opens no window any more: what is blocked by one holds nothing until its timeout.
TEST(an_answer_without_a_window_ends_with_the_peer)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_setting(&side->in, 4, 0);
    put_get(&side->in, 1);
    side_feed(side);
    respond(side, 1, false);
    side_drain(side);
    weft_h2_feed_end(side->conn, side->now_us);
    side_pull(side);
    CHECK_EQ(weft_h2_stream_count(side->conn), 0);
    side_drain(side);
    CHECK(weft_h2_is_finished(side->conn));
    side_end(side);

    side = side_ready(WEFT_HTTP_SERVER); // the window closes only behind the peer's end
    put_setting(&side->in, 4, 5);
    put_get(&side->in, 1);
    side_feed(side);
    respond(side, 1, false);
    weft_h2_feed_end(side->conn, side->now_us);
    struct weft_http_turn turn;
    CHECK(weft_h2_next_turn(side->conn, 100, &turn));
    CHECK_EQ(turn.size, 5);
    memset(turn.room, 'a', 5);
    weft_h2_commit(side->conn, &turn, 5, false);
    side_drain(side);
    for (int i = 0; i < 3; i++)
        pass(side, 1000000);
    CHECK(weft_h2_is_finished(side->conn));
    CHECK_EQ(side->counters.write_timeout_ms, 0);
    side_end(side);
}

// write_rate: a byte now and then is not enough
TEST(an_answer_that_is_taken_too_slowly_is_given_up)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_setting(&side->in, 4, 0);
    put_get(&side->in, 1);
    side_feed(side);
    respond(side, 1, false);
    for (int i = 0; i < 62 && weft_h2_stream_count(side->conn) > 0; i++) {
        put_u32_frame(&side->in, WINDOW_UPDATE, 1, 10);
        side_feed(side);
        struct weft_http_turn turn;
        while (weft_h2_next_turn(side->conn, 100, &turn)) {
            memset(turn.room, 'x', turn.size);
            weft_h2_commit(side->conn, &turn, turn.size, false);
        }
        pass(side, 1000000);
    }
    CHECK_RESET(side, 1, WEFT_HTTP_CANCEL);
    CHECK_EQ(side->counters.write_rate, 1);
    side_end(side);
}

// The windows are wide, but the peer takes a byte now and then from the transport.
TEST(a_connection_that_takes_its_bytes_too_slowly_is_given_up)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    side_feed(side);
    respond(side, 1, false);
    struct weft_http_turn turn;
    CHECK(weft_h2_next_turn(side->conn, 16000, &turn));
    memset(turn.room, 'x', turn.size);
    weft_h2_commit(side->conn, &turn, turn.size, false);
    uint64_t end_us = side->now_us + 61 * (uint64_t)1000000;
    while (weft_h2_output(side->conn).size > 0 && side->now_us < end_us) {
        weft_h2_sent(side->conn, 10, side->now_us);
        side->now_us += 1000000;
        CHECK(weft_h2_deadline(side->conn) <= side->now_us + 60 * (uint64_t)1000000);
        weft_h2_tick(side->conn, side->now_us);
        side_pull(side);
    }
    CHECK(weft_h2_is_finished(side->conn));
    CHECK_EQ(side->counters.write_rate, 1);
    CHECK_EQ(weft_h2_output(side->conn).size, 0);
    side_end(side);
}

// A source that has nothing is not the peer's fault.
TEST(a_paused_answer_may_wait)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    side_feed(side);
    respond(side, 1, false);
    struct weft_http_turn turn;
    CHECK(weft_h2_next_turn(side->conn, 100, &turn));
    weft_h2_commit(side->conn, &turn, 0, false);
    CHECK(!weft_h2_next_turn(side->conn, 100, &turn));
    for (int i = 0; i < 200; i++)
        pass(side, 1000000);
    CHECK_UNHARMED(side);
    weft_h2_resume(side->conn, 1);
    CHECK(weft_h2_next_turn(side->conn, 100, &turn));
    weft_h2_commit(side->conn, &turn, 0, true);
    side_pull(side);
    CHECK_STORY(side, "1 REQUEST GET / END; 1 CLOSED");
    side_end(side);
}

// An idle connection is small: what was kept for speed is given back.
TEST(an_idle_connection_holds_little)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    for (uint32_t id = 1; id < 200; id += 2)
        put_get(&side->in, id);
    side_feed(side);
    for (uint32_t id = 1; id < 200; id += 2)
        respond(side, id, true);
    side_pull(side);
    side_drain(side);
    CHECK(side->memory.live > 8192);
    pass(side, 1000000);
    CHECK(side->memory.live < 4096);
    CHECK_EQ(weft_h2_deadline(side->conn), side->now_us + 59000000);
    side_end(side);
}
