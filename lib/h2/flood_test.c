// h2/flood_test.c: attacks end at a limit with a name, a counter and flat memory. RFC 9113 §10.5.
#include "h2/flood.h"

#include "h2/flood_rig_test.h"

static void put_rapid_reset(struct frames *in, uint32_t round)
{
    put_get(in, round * 2 + 1);
    put_u32_frame(in, RST_STREAM, round * 2 + 1, WEFT_HTTP_CANCEL);
}

// CVE-2023-44487
TEST(rapid_reset_ends_at_reset_burst)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_rapid_reset), side->limits.reset_burst);
    check_calm(side, "limit: reset_burst", side->counters.reset_burst);
}

// CVE-2025-8671, MadeYouReset: the server is led to reset, six ways.
static void put_window_of_zero(struct frames *in, uint32_t round)
{
    put_get(in, round * 2 + 1);
    put_u32_frame(in, WINDOW_UPDATE, round * 2 + 1, 0);
}

static void put_window_overflow(struct frames *in, uint32_t round)
{
    put_get(in, round * 2 + 1);
    put_u32_frame(in, WINDOW_UPDATE, round * 2 + 1, 0x7fffffff);
}

static void put_data_behind_end(struct frames *in, uint32_t round)
{
    put_get(in, round * 2 + 1);
    PUT(in, DATA, 0, round * 2 + 1, 'x');
}

static void put_headers_behind_end(struct frames *in, uint32_t round)
{
    put_get(in, round * 2 + 1);
    put_get(in, round * 2 + 1);
}

static void put_priority_of_wrong_size(struct frames *in, uint32_t round)
{
    put_get(in, round * 2 + 1);
    PUT(in, PRIORITY, 0, round * 2 + 1, 0, 0, 0, 0);
}

static void put_more_content_than_said(struct frames *in, uint32_t round)
{
    static const char *const one[] = {"content-length", "1", NULL};
    put_request_with(in, round * 2 + 1, 0, true, one);
    PUT(in, DATA, 0, round * 2 + 1, 'x', 'y');
}

TEST(made_you_reset_ends_at_reset_burst)
{
    void (*const variants[])(struct frames * in, uint32_t round) = {
        put_window_of_zero,     put_window_overflow,        put_data_behind_end,
        put_headers_behind_end, put_priority_of_wrong_size, put_more_content_than_said,
    };
    for (size_t i = 0; i < WEFT_COUNT(variants); i++) {
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        CHECK_EQ(rounds_until_failed(side, variants[i]), side->limits.reset_burst);
        check_calm(side, "limit: reset_burst", side->counters.reset_burst);
    }
}

static void put_malformed(struct frames *in, uint32_t round)
{
    PUT(in, HEADERS, END_STREAM | END_HEADERS, round * 2 + 1, 0x82, 0x86);
}

TEST(malformed_requests_end_at_reset_burst)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_malformed), side->limits.reset_burst);
    check_calm(side, "limit: reset_burst", side->counters.reset_burst);
}

// The buckets fill again: what a busy client does over time is no attack.
TEST(resets_at_a_modest_rate_go_on_for_ever)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    for (uint32_t round = 0; round < 1000; round++) {
        put_rapid_reset(&side->in, round);
        side->now_us += 1000000 / side->limits.reset_rate;
        CHECK(side_feed(side));
    }
    CHECK(!weft_h2_is_finished(side->conn));
    side_end(side);
}

// What a stream holds is counted until its end has been told: only then may the next one take its place.
TEST(a_reset_stream_counts_until_its_end_was_told)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    side->limits.concurrent_streams = 1;
    put_get(&side->in, 1);
    put_u32_frame(&side->in, RST_STREAM, 1, WEFT_HTTP_CANCEL);
    put_get(&side->in, 3);
    CHECK(weft_h2_feed(side->conn, frames_span(&side->in), side->now_us));
    struct weft_http_event event;
    CHECK(weft_h2_next_event(side->conn, &event) && event.type == WEFT_HTTP_REQUEST);
    CHECK(weft_h2_next_event(side->conn, &event) && event.type == WEFT_HTTP_STREAM_CLOSED);
    CHECK_EQ(event.stream_id, 1);
    CHECK(weft_h2_next_event(side->conn, &event) && event.type == WEFT_HTTP_REQUEST);
    CHECK_EQ(event.stream_id, 3);
    CHECK(!weft_h2_next_event(side->conn, &event));
    side_end(side);
}

// Budgets go on after GOAWAY, whoever has sent it.
TEST(resets_are_counted_after_goaway)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    weft_h2_drain(side->conn, side->now_us);
    PUT(&side->in, GOAWAY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    CHECK(side_feed(side));
    CHECK_EQ(rounds_until_failed(side, put_rapid_reset), side->limits.reset_burst);
    check_calm(side, "limit: reset_burst", side->counters.reset_burst);
}

static void put_ping(struct frames *in, uint32_t round)
{
    (void)round;
    PUT(in, PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
}

// CVE-2019-9512
TEST(a_ping_flood_ends_at_ping_burst)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_ping), side->limits.ping_burst);
    check_calm(side, "limit: ping_burst", side->counters.ping_burst);
}

static void put_settings(struct frames *in, uint32_t round)
{
    (void)round;
    PUT_EMPTY(in, SETTINGS, 0, 0);
}

// CVE-2019-9515; one was spent at the start
TEST(a_settings_flood_ends_at_settings_burst)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_settings), side->limits.settings_burst - 1);
    check_calm(side, "limit: settings_burst", side->counters.settings_burst);
}

TEST(a_settings_frame_has_only_so_many_entries)
{
    static const uint8_t entries[6 * 33];
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_frame(&side->in, SETTINGS, 0, 0, (struct weft_span){entries, 192});
    side_feed(side);
    CHECK_UNHARMED(side);
    put_frame(&side->in, SETTINGS, 0, 0, (struct weft_span){entries, 198});
    side_feed(side);
    check_calm(side, "limit: settings_entries", side->counters.settings_entries);
}

static void put_priority(struct frames *in, uint32_t round)
{
    PUT(in, PRIORITY, 0, round * 2 + 1, 0, 0, 0, 0, 1);
}

static void put_priority_update(struct frames *in, uint32_t round)
{
    PUT(in, PRIORITY_UPDATE, 0, 0, 0, 0, (uint8_t)(round >> 7), (uint8_t)(round << 1 | 1), 'u', '=',
        '1');
}

// CVE-2019-9513
TEST(a_priority_flood_ends_at_priority_burst)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_priority), side->limits.priority_burst);
    check_calm(side, "limit: priority_burst", side->counters.priority_burst);
    side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_priority_update), side->limits.priority_burst);
    check_calm(side, "limit: priority_burst", side->counters.priority_burst);
}

static void put_empty_data(struct frames *in, uint32_t round)
{
    if (round == 0) put_post(in, 1);
    PUT_EMPTY(in, DATA, 0, 1);
}

static void put_some_empty_data(struct frames *in, uint32_t round)
{
    if (round == 0) put_post(in, 1);
    if (round % 4 == 3) PUT(in, DATA, 0, 1, 'x');
    if (round % 4 != 3) PUT_EMPTY(in, DATA, 0, 1);
}

// CVE-2019-9518
TEST(empty_frames_end_at_their_limits)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_empty_data), side->limits.empty_frames_in_a_row);
    check_calm(side, "limit: empty_frames_in_a_row", side->counters.empty_frames_in_a_row);
    side = side_new(WEFT_HTTP_SERVER);
    side->limits.glitch_burst = 100000;
    side_start(side);
    size_t rounds = rounds_until_failed(side, put_some_empty_data);
    CHECK(rounds >= side->limits.empty_frames && rounds < 200);
    check_calm(side, "limit: empty_frames", side->counters.empty_frames);
}

static void put_continuation(struct frames *in, uint32_t round)
{
    if (round == 0) PUT(in, HEADERS, 0, 1, 0x82, 0x86, 0x84, 0x01, 0x01, 'a');
    PUT(in, CONTINUATION, 0, 1, 0x00, 1, 'x', 1, 'y');
}

static void put_empty_continuation(struct frames *in, uint32_t round)
{
    if (round == 0) PUT(in, HEADERS, 0, 1, 0x82, 0x86, 0x84, 0x01, 0x01, 'a');
    PUT_EMPTY(in, CONTINUATION, 0, 1);
}

static void put_large_continuation(struct frames *in, uint32_t round)
{
    static const uint8_t payload[16384];
    put_frame(in, round == 0 ? HEADERS : CONTINUATION, 0, 1, (struct weft_span){payload, 16384});
}

// VU#421644
TEST(a_continuation_flood_ends_at_its_limits)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_continuation), side->limits.continuation_count);
    check_calm(side, "limit: continuation_count", side->counters.continuation_count);
    side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_empty_continuation),
             side->limits.continuation_count / 2);
    check_calm(side, "limit: continuation_count", side->counters.continuation_count);
    side = side_ready(WEFT_HTTP_SERVER);
    CHECK_EQ(rounds_until_failed(side, put_large_continuation), 4);
    check_calm(side, "limit: field_block_size", side->counters.field_block_size);
}

// CVE-2026-49975: a table entry, then many references to it. What is decoded far beyond the limit ends it.
TEST(an_hpack_bomb_costs_no_memory_and_ends_the_connection)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    static struct frames block;
    block.size = 0;
    put_get_fields(&block);
    static const char value[] = "0123456789012345678901234567890123456789012345678901234567890123";
    put_bytes(&block, (const uint8_t[]){0x40, 1, 'n', sizeof(value) - 1}, 4);
    put_bytes(&block, value, sizeof(value) - 1);
    while (block.size < 10000)
        put_bytes(&block, (const uint8_t[]){0xbe}, 1);
    put_frame(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, frames_span(&block));
    size_t before = side->memory.live;
    side_feed(side);
    CHECK(side->memory.peak - before < 40000);
    CHECK_STORY(side, "FAILED ENHANCE_YOUR_CALM");
    CHECK_EQ(side->counters.field_count, 1);
    check_calm(side, "limit: field_section_size, twice over", side->counters.field_section_size);
}

// A peer that does not read its answers: reading stops, then the connection ends.
TEST(control_frames_that_are_not_taken_stop_reading_then_end_it)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.ping_burst = 100000;
    side_start(side);
    for (uint32_t round = 0; !weft_h2_is_finished(side->conn); round++) {
        CHECK(round <= side->limits.control_queue_close);
        CHECK_EQ(weft_h2_wants_input(side->conn), round < side->limits.control_queue_count);
        static struct frames ping;
        ping.size = 0;
        put_ping(&ping, round);
        CHECK(weft_h2_feed(side->conn, frames_span(&ping), side->now_us));
        side_pull(side);
    }
    side_drain(side);
    CHECK_EQ(side->counters.control_queue_count, 1);
    CHECK_EQ(side->counters.control_queue_size, 0);
    check_calm(side, "limit: control_queue_close", side->counters.control_queue_close);
}

static bool begins_with(struct weft_span bytes, int type)
{
    return bytes.size > 9 && bytes.data[3] == type;
}

// What was encrypted already leaves first, whatever is put together later: nothing overtakes it.
TEST(control_frames_do_not_overtake_what_is_bound)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    static struct frames in;
    in.size = 0;
    put_get(&in, 1);
    CHECK(weft_h2_feed(side->conn, frames_span(&in), side->now_us));
    side_pull(side);
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_OK);
    size_t size = weft_h2_output(side->conn).size;
    weft_h2_bind(side->conn, size);

    in.size = 0;
    put_ping(&in, 1);
    CHECK(weft_h2_feed(side->conn, frames_span(&in), side->now_us));
    side_pull(side);
    CHECK(begins_with(weft_h2_output(side->conn), HEADERS));
    CHECK_EQ(weft_h2_output(side->conn).size, size);
    CHECK_EQ(weft_h2_output_size(side->conn), size + 9 + 8);
    weft_h2_sent(side->conn, 4, side->now_us);
    CHECK_EQ(weft_h2_output(side->conn).size, size - 4);
    weft_h2_sent(side->conn, size - 4, side->now_us);
    CHECK(begins_with(weft_h2_output(side->conn), PING));
    side_end(side);
}

// Without that, a frame that is not on its way is overtaken.
TEST(control_frames_overtake_what_has_not_begun_to_leave)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    static struct frames in;
    in.size = 0;
    put_get(&in, 1);
    put_ping(&in, 1);
    side->event = NULL;
    CHECK(weft_h2_feed(side->conn, frames_span(&in), side->now_us));
    struct weft_http_event event;
    CHECK(weft_h2_next_event(side->conn, &event));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_OK);
    side_pull(side);
    CHECK(begins_with(weft_h2_output(side->conn), PING));
    side_end(side);
}

// Streams opened by one read
TEST(one_feed_opens_only_so_many_streams)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.streams_per_feed = 3;
    side_start(side);
    for (uint32_t id = 1; id < 9; id += 2)
        put_get(&side->in, id);
    side_feed(side);
    CHECK_RESET(side, 7, WEFT_HTTP_REFUSED_STREAM);
    CHECK_EQ(side->counters.streams_per_feed, 1);
    put_get(&side->in, 9);
    side_feed(side);
    CHECK_UNHARMED(side);
    side_end(side);
}

static void put_unknown(struct frames *in, uint32_t round)
{
    (void)round;
    PUT(in, 0x77, 0, 0, 1);
}

// At three quarters of the glitches the connection drains, at all of them it ends.
TEST(glitches_first_drain_then_end_the_connection)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    for (uint32_t round = 0; round < 740; round++) {
        put_unknown(&side->in, round);
        CHECK(side_feed(side));
    }
    struct frame goaway = {0};
    CHECK(!side_find_frame(side, GOAWAY, &goaway));
    for (uint32_t round = 740; round < 1000; round++) {
        put_unknown(&side->in, round);
        CHECK(side_feed(side));
    }
    CHECK(side_find_frame(side, GOAWAY, &goaway));
    CHECK_EQ(frame_u32(&goaway, 0), 0x7fffffff);
    CHECK_EQ(frame_u32(&goaway, 4), WEFT_HTTP_NO_ERROR);
    put_unknown(&side->in, 0);
    side_feed(side);
    check_calm(side, "limit: glitch_burst", side->counters.glitch_burst);
}

// A client guards itself in the same way.
TEST(a_server_that_attacks_its_client_meets_the_same_limits)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    CHECK_EQ(rounds_until_failed(side, put_ping), side->limits.ping_burst);
    check_calm(side, "limit: ping_burst", side->counters.ping_burst);
    side = side_ready(WEFT_HTTP_CLIENT);
    CHECK_EQ(rounds_until_failed(side, put_settings), side->limits.settings_burst - 1);
    check_calm(side, "limit: settings_burst", side->counters.settings_burst);
}

// The memory budget is a bound: streams are refused before it is passed.
TEST(memory_never_passes_its_budget)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.memory_budget = 65536;
    side->limits.reset_burst = 10000;
    side->limits.glitch_burst = 100000;
    side_start(side);
    static char value[101];
    memset(value, 'v', 100);
    const char *const fields[] = {"a", value, "b", value, "c", value, "d", value, NULL};
    for (uint32_t id = 1; id < 401; id += 2) {
        put_request_with(&side->in, id, END_STREAM, false, fields);
        CHECK(side_feed(side));
        CHECK(side->memory.live <= side->limits.memory_budget);
        CHECK_EQ(side->memory.live, weft_h2_memory(side->conn));
    }
    CHECK(side->counters.memory_budget > 0);
    CHECK(weft_h2_stream_count(side->conn) > 5);
    side_end(side);
}

// A bucket: so many at once, so many a second after that, never more than the burst
TEST(a_bucket_fills_at_its_rate_up_to_its_burst)
{
    struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;
    struct weft_h2_flood flood;
    weft_h2_flood_init(&flood, &limits, NULL, 0);
    for (uint32_t i = 0; i < limits.ping_burst; i++)
        CHECK_EQ(weft_h2_flood_spend(&flood, WEFT_H2_FLOOD_PING, 1, 0).scope, WEFT_HTTP_FINE);
    CHECK_EQ(weft_h2_flood_spend(&flood, WEFT_H2_FLOOD_PING, 1, 0).scope, WEFT_HTTP_CONNECTION);
    CHECK_EQ(weft_h2_flood_spend(&flood, WEFT_H2_FLOOD_PING, 1, 999999).scope,
             WEFT_HTTP_CONNECTION);
    CHECK_EQ(weft_h2_flood_spend(&flood, WEFT_H2_FLOOD_PING, 1, 2000000).scope, WEFT_HTTP_FINE);
    uint64_t later = UINT64_MAX / 2; // a clock that jumps does no harm
    for (uint32_t i = 0; i < limits.ping_burst; i++)
        CHECK_EQ(weft_h2_flood_spend(&flood, WEFT_H2_FLOOD_PING, 1, later).scope, WEFT_HTTP_FINE);
    CHECK_EQ(weft_h2_flood_spend(&flood, WEFT_H2_FLOOD_PING, 1, later).scope, WEFT_HTTP_CONNECTION);
}
