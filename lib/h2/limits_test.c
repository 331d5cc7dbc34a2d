// h2/limits_test.c: limits hold at their own number, are counted under their own name, and reading goes on after them.
#include "h2/flood.h"

#include "h2_frames.h"

// Answers that nobody takes hold reading back; one to PING has 17 bytes.
TEST(control_frames_hold_reading_back_by_their_size_too)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.control_queue_size = 10 * 17;
    side_start(side);
    static struct frames ping;
    for (uint32_t round = 0; round < 12; round++) {
        CHECK_EQ(weft_h2_wants_input(side->conn), round < 10);
        CHECK_EQ(side->counters.control_queue_size, round >= 10);
        ping.size = 0;
        PUT(&ping, PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        CHECK(weft_h2_feed(side->conn, frames_span(&ping), side->now_us));
        side_pull(side);
    }
    side_drain(side); // the peer reads again
    CHECK(weft_h2_wants_input(side->conn));
    CHECK_EQ(side->counters.control_queue_count, 0);
    side_end(side);
}

// Content that is not taken waits up to a limit: then nobody gets a turn, and nothing more is read.
TEST(content_that_is_not_taken_stops_turns_and_reading)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.output_size = 20000;
    side_start(side);
    put_get(&side->in, 1);
    side_feed(side);
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    struct weft_http_turn turn;
    head.status = 200;
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_OK);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(weft_h2_wants_input(side->conn));
        CHECK_EQ(side->counters.output_size, 0);
        CHECK(weft_h2_next_turn(side->conn, 16384, &turn));
        memset(turn.room, 'x', turn.size);
        weft_h2_commit(side->conn, &turn, turn.size, false);
    }
    CHECK(!weft_h2_wants_input(side->conn));
    CHECK(!weft_h2_next_turn(side->conn, 16384, &turn));
    CHECK_EQ(side->counters.output_size, 1);
    side_drain(side);
    CHECK(weft_h2_wants_input(side->conn));
    CHECK(weft_h2_next_turn(side->conn, 16384, &turn));
    weft_h2_commit(side->conn, &turn, 0, true);
    side_end(side);
}

// Each kind has its own burst, rate, name and counter.
TEST(every_bucket_goes_by_its_own_two_limits)
{
    struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;
    struct weft_http_limit_counters counters = {0};
    const struct {
        enum weft_h2_flood_kind kind;
        uint32_t *burst;
        uint32_t *rate;
        const uint64_t *counter;
        const char *reason;
    } rows[] = {
#define ROW(kind, name)                                                                       \
    {WEFT_H2_FLOOD_##kind, &limits.name##_burst, &limits.name##_rate, &counters.name##_burst, \
     "limit: " #name "_burst"}
        ROW(RESET, reset),       ROW(SETTINGS, settings), ROW(PING, ping),
        ROW(PRIORITY, priority), ROW(GLITCH, glitch),
#undef ROW
    };
    for (uint32_t i = 0; i < WEFT_COUNT(rows); i++) {
        *rows[i].burst = 10 * (i + 1);
        *rows[i].rate = i + 1;
    }
    CHECK_EQ(WEFT_COUNT(rows), WEFT_H2_FLOOD_KINDS);
    for (uint32_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_h2_flood flood;
        weft_h2_flood_init(&flood, &limits, &counters, 0);
        enum weft_h2_flood_kind kind = rows[i].kind;
        CHECK_EQ(weft_h2_flood_spend(&flood, kind, 10 * (i + 1), 0).scope, WEFT_HTTP_FINE);
        CHECK_EQ(weft_h2_flood_spend(&flood, kind, i + 1, 1000000).scope, WEFT_HTTP_FINE);
        struct weft_http_error error = weft_h2_flood_spend(&flood, kind, i + 2, 2000000);
        CHECK_EQ(error.code, WEFT_HTTP_ENHANCE_YOUR_CALM);
        CHECK_SAME(weft_span_of(error.reason), weft_span_of(rows[i].reason));
        CHECK_EQ(*rows[i].counter, 1);
    }
}

// The receiving windows double with demand, each to its own limit: at its most the peer may send that much and no more.
TEST(windows_grow_to_their_limits_and_no_further)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.stream_window = side->limits.connection_window = 65536;
    side->limits.stream_window_most = 100000;
    side->limits.connection_window_most = 150000;
    side_start(side);
    put_post(&side->in, 1);
    static uint8_t payload[16384];
    uint64_t open[2] = {65536, 65536}; // the connection's, the stream's
    uint64_t most[2] = {0, 0};
    for (uint32_t i = 0; i < 100;
         i++) { // all in no time: so the windows are what holds the peer back
        put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, sizeof(payload)});
        CHECK(side_feed(side));
        struct frame update = {0};
        open[0] -= sizeof(payload);
        open[1] -= sizeof(payload);
        while (side_find_frame(side, WINDOW_UPDATE, &update))
            open[update.id] += frame_u32(&update, 0);
        for (size_t j = 0; j < 2; j++)
            most[j] = open[j] > most[j] ? open[j] : most[j];
    }
    CHECK_EQ(most[0], 150000);
    CHECK_EQ(most[1], 100000);
    CHECK_EQ(side->counters.connection_window_most, 1); // counted when they get there
    CHECK_EQ(side->counters.stream_window_most, 1);
    side_end(side);
}
