// h2/frames_test.c: each frame's own rules. RFC 9113 §6, RFC 9218 §7.1.
#include "h2_frames.h"

static struct side *open_server(void)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    side_feed(side);
    side->story[0] = 0;
    return side;
}

// RFC 9113 §6 (H2-14 to H2-23, H2-25, PR-06): place and size of every frame
TEST(a_frame_of_a_wrong_place_or_size_fails_the_connection)
{
    const struct {
        int type;
        uint32_t id;
        size_t length;
        unsigned code;
    } rows[] = {
        {DATA, 0, 1, WEFT_HTTP_PROTOCOL_ERROR},
        {HEADERS, 0, 1, WEFT_HTTP_PROTOCOL_ERROR},
        {PRIORITY, 0, 5, WEFT_HTTP_PROTOCOL_ERROR},
        {RST_STREAM, 0, 4, WEFT_HTTP_PROTOCOL_ERROR},
        {RST_STREAM, 1, 3, WEFT_HTTP_FRAME_SIZE_ERROR},
        {RST_STREAM, 1, 5, WEFT_HTTP_FRAME_SIZE_ERROR},
        {SETTINGS, 1, 0, WEFT_HTTP_PROTOCOL_ERROR},
        {SETTINGS, 0, 5, WEFT_HTTP_FRAME_SIZE_ERROR},
        {SETTINGS, 0, 7, WEFT_HTTP_FRAME_SIZE_ERROR},
        {PUSH_PROMISE, 0, 4, WEFT_HTTP_PROTOCOL_ERROR},
        {PUSH_PROMISE, 1, 3, WEFT_HTTP_FRAME_SIZE_ERROR},
        {PUSH_PROMISE, 1, 4, WEFT_HTTP_PROTOCOL_ERROR}, // from a client
        {PING, 1, 8, WEFT_HTTP_PROTOCOL_ERROR},
        {PING, 0, 7, WEFT_HTTP_FRAME_SIZE_ERROR},
        {PING, 0, 9, WEFT_HTTP_FRAME_SIZE_ERROR},
        {GOAWAY, 1, 8, WEFT_HTTP_PROTOCOL_ERROR},
        {GOAWAY, 0, 7, WEFT_HTTP_FRAME_SIZE_ERROR},
        {WINDOW_UPDATE, 0, 3, WEFT_HTTP_FRAME_SIZE_ERROR},
        {WINDOW_UPDATE, 1, 5, WEFT_HTTP_FRAME_SIZE_ERROR},
        {CONTINUATION, 0, 1, WEFT_HTTP_PROTOCOL_ERROR},
        {CONTINUATION, 1, 1, WEFT_HTTP_PROTOCOL_ERROR},
        {PRIORITY_UPDATE, 1, 4, WEFT_HTTP_PROTOCOL_ERROR},
        {PRIORITY_UPDATE, 0, 3, WEFT_HTTP_FRAME_SIZE_ERROR},
        {PRIORITY_UPDATE, 0, 4, WEFT_HTTP_PROTOCOL_ERROR}, // of stream 0
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        static const uint8_t zeroes[16];
        struct side *side = open_server();
        put_frame(&side->in, rows[i].type, END_HEADERS, rows[i].id,
                  (struct weft_span){zeroes, rows[i].length});
        side_feed(side);
        CHECK_FAILED(side, rows[i].code);
        side_end(side);
    }
}

// RFC 9113 §6.1 (H2-14)
TEST(padding_counts_for_the_windows_and_must_fit)
{
    struct side *side = open_server();
    side->consumes = false;
    PUT(&side->in, DATA, PADDED, 1, 3, 'a', 'b', 0, 0, 0);
    PUT(&side->in, DATA, PADDED, 1, 0, 'c');
    PUT(&side->in, DATA, PADDED | END_STREAM, 1, 2, 0, 0);
    side_feed(side);
    CHECK_STORY(side, "1 DATA 2; 1 DATA 1; 1 DATA 0 END");
    CHECK_UNHARMED(side);
    side_end(side);

    const struct weft_span wrong[] = {BYTES(1), BYTES(3, 'a', 0), BYTES(255, 0)};
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        side = open_server();
        put_frame(&side->in, DATA, PADDED, 1, wrong[i]);
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
    side = open_server();
    PUT_EMPTY(&side->in, DATA, PADDED, 1);
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_FRAME_SIZE_ERROR);
    side_end(side);
}

// RFC 9113 §6.1: a padded frame, split at every byte
TEST(a_padded_frame_comes_in_pieces)
{
    for (size_t piece = 1; piece < 20; piece++) {
        struct side *side = open_server();
        static struct frames all;
        all.size = 0;
        PUT(&all, DATA, PADDED | END_STREAM, 1, 4, 'a', 'b', 'c', 0, 0, 0, 0);
        PUT(&all, PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        for (size_t at = 0; at < all.size; at += piece) {
            put_bytes(&side->in, all.bytes + at, all.size - at < piece ? all.size - at : piece);
            side_feed(side);
        }
        struct frame ping = {0};
        CHECK(strstr(side->story, "END") != NULL);
        CHECK_EQ(weft_h2_totals(side->conn)->content_received, 3);
        CHECK(side_find_frame(side, PING, &ping));
        side_end(side);
    }
}

// RFC 9113 §6.2, §6.6 (H2-15)
TEST(padding_of_a_field_block_must_fit)
{
    struct side *side = open_server();
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM | PADDED, 3, 6, 0x82, 0x86, 0x84);
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);

    side = open_server();
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM | WITH_PRIORITY, 3, 0, 0, 0);
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_FRAME_SIZE_ERROR);
    side_end(side);
}

// RFC 9113 §6.2, §6.3 (H2-15, H2-16)
TEST(priority_fields_are_taken_without_harm)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM | WITH_PRIORITY, 1, 0x80, 0, 0, 1, 255, 0x82,
        0x86, 0x84, 0x01, 0x01,
        'a'); // it even depends on itself: no tree is kept, so nothing goes wrong
    PUT(&side->in, PRIORITY, 0, 1, 0, 0, 0, 1, 15);
    PUT(&side->in, PRIORITY, 0, 99, 0, 0, 0, 0, 15);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST GET / END");
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9113 §6.3 (H2-16)
TEST(priority_of_a_wrong_size_is_the_streams_error)
{
    struct side *side = open_server();
    PUT(&side->in, PRIORITY, 0, 1, 0, 0, 0, 0);
    side_feed(side);
    CHECK_RESET(side, 1, WEFT_HTTP_FRAME_SIZE_ERROR);
    CHECK_STORY(side, "1 CLOSED FRAME_SIZE_ERROR");
    side_end(side);
}

// RFC 9113 §6.5 (H2-18)
TEST(settings_are_applied_and_acknowledged_at_once)
{
    struct side *side = open_server();
    put_setting(&side->in, 4, 100);
    put_setting(&side->in, 5, 16777215);
    side_feed(side);
    struct frame frame = {0};
    for (int i = 0; i < 2; i++) {
        CHECK(side_next_frame(side, &frame));
        CHECK_EQ(frame.type, SETTINGS);
        CHECK_EQ(frame.flags, ACK);
        CHECK_EQ(frame.payload.size, 0);
    }
    CHECK(!side_next_frame(side, &frame));
    side_end(side);

    side = open_server();
    PUT(&side->in, SETTINGS, ACK, 0, 0, 4, 0, 0, 0, 1);
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_FRAME_SIZE_ERROR);
    side_end(side);
}

// RFC 9113 §6.5.2, RFC 9218 §2.1 (H2-19, PR-01)
TEST(settings_out_of_their_bounds_fail_the_connection)
{
    const struct {
        enum weft_http_role role;
        uint16_t id;
        uint32_t value;
        unsigned code;
    } rows[] = {
        {WEFT_HTTP_SERVER, 2, 2, WEFT_HTTP_PROTOCOL_ERROR},
        {WEFT_HTTP_CLIENT, 2, 1, WEFT_HTTP_PROTOCOL_ERROR},
        {WEFT_HTTP_SERVER, 4, 0x80000000, WEFT_HTTP_FLOW_CONTROL_ERROR},
        {WEFT_HTTP_SERVER, 5, 16383, WEFT_HTTP_PROTOCOL_ERROR},
        {WEFT_HTTP_SERVER, 5, 16777216, WEFT_HTTP_PROTOCOL_ERROR},
        {WEFT_HTTP_SERVER, 8, 2, WEFT_HTTP_PROTOCOL_ERROR},
        {WEFT_HTTP_SERVER, 9, 2, WEFT_HTTP_PROTOCOL_ERROR},
        {WEFT_HTTP_SERVER, 9, 1, WEFT_HTTP_PROTOCOL_ERROR}, // changed behind the first SETTINGS
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct side *side = side_ready(rows[i].role);
        put_setting(&side->in, rows[i].id, rows[i].value);
        side_feed(side);
        CHECK_FAILED(side, rows[i].code);
        side_end(side);
    }
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    put_setting(&side->in, 2, 0);
    put_setting(&side->in, 8, 1);
    side_feed(side);
    CHECK_UNHARMED(side);
    put_setting(&side->in, 8, 0); // RFC 8441 §3
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

static void answer(struct side *side, uint64_t id, int64_t length)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.content_length = length;
    CHECK_EQ(weft_h2_respond(side->conn, id, &head, false), WEFT_OK);
}

// RFC 9113 §6.7 (H2-21)
TEST(a_ping_is_answered_before_what_waits)
{
    struct side *side = open_server();
    answer(side, 1, -1);
    struct weft_http_turn turn;
    for (int i = 0; i < 3; i++) {
        CHECK(weft_h2_next_turn(side->conn, 1000, &turn));
        memset(turn.room, 'x', turn.size);
        weft_h2_commit(side->conn, &turn, turn.size, false);
    }
    struct weft_span out = weft_h2_output(side->conn);
    put_bytes(&side->out, out.data, 5); // the head's frame has begun to leave
    weft_h2_sent(side->conn, 5, side->now_us);
    PUT(&side->in, PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
    PUT(&side->in, PING, ACK, 0, 9, 9, 9, 9, 9, 9, 9, 9);
    side_feed(side);

    const int order[] = {HEADERS, PING, DATA, DATA, DATA};
    struct frame frame = {0};
    for (size_t i = 0; i < WEFT_COUNT(order); i++) {
        CHECK(side_next_frame(side, &frame));
        CHECK_EQ(frame.type, order[i]);
        if (frame.type == PING) CHECK_EQ(frame.flags, ACK);
        if (frame.type == PING) CHECK_EQ(frame.payload.data[7], 8);
    }
    CHECK(!side_next_frame(side, &frame));
    side_end(side);
}

// RFC 9113 §6.7
TEST(our_ping_measures_the_round_trip)
{
    struct side *side = open_server();
    CHECK_EQ(weft_h2_ping(side->conn, side->now_us), WEFT_OK);
    CHECK_EQ(weft_h2_ping(side->conn, side->now_us), WEFT_LATER);
    side_drain(side);
    struct frame ping = {0};
    CHECK(side_find_frame(side, PING, &ping));
    CHECK_EQ(ping.flags, 0);
    side->now_us += 25000;
    put_frame(&side->in, PING, ACK, 0, ping.payload);
    side_feed(side);
    CHECK_EQ(weft_h2_round_trip_us(side->conn), 25000);
    CHECK(!side_find_frame(side, PING, &ping)); // an acknowledgement is not answered
    side_end(side);
}

// RFC 9113 §6.8 (H2-22)
TEST(the_last_stream_of_goaway_never_grows)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    PUT(&side->in, GOAWAY, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 'b', 'y', 'e');
    PUT(&side->in, GOAWAY, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0);
    side_feed(side);
    CHECK_STORY(side, "GOAWAY 0; GOAWAY 0");
    PUT(&side->in, GOAWAY, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0);
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

// RFC 9113 §6.9, §6.9.1 (H2-23)
TEST(window_updates_of_zero_and_too_many_are_errors)
{
    const struct {
        uint32_t id;
        uint32_t increment;
        unsigned code;
    } rows[] = {
        {1, 0, WEFT_HTTP_PROTOCOL_ERROR},
        {1, 0x7fffffff, WEFT_HTTP_FLOW_CONTROL_ERROR},
        {0, 0, WEFT_HTTP_PROTOCOL_ERROR},
        {0, 0x7fffffff, WEFT_HTTP_FLOW_CONTROL_ERROR},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct side *side = open_server();
        put_u32_frame(&side->in, WINDOW_UPDATE, rows[i].id, rows[i].increment);
        side_feed(side);
        if (rows[i].id == 0) CHECK_FAILED(side, rows[i].code);
        if (rows[i].id == 1) CHECK_RESET(side, 1, rows[i].code);
        side_end(side);
    }
    struct side *side = open_server(); // up to the brim is allowed, and the reserved bit is ignored
    put_u32_frame(&side->in, WINDOW_UPDATE, 0, 0x80000000u | (0x7fffffff - 65535));
    put_u32_frame(&side->in, WINDOW_UPDATE, 1, 0x7fffffff - 65535);
    side_feed(side);
    CHECK_UNHARMED(side);
    put_setting(&side->in, 4, 65536); // §6.9.2 (H2-24)
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_FLOW_CONTROL_ERROR);
    side_end(side);
}

// RFC 9113 §6.9.2 (H2-24)
TEST(a_new_initial_window_moves_open_windows_below_zero_too)
{
    struct side *side = open_server();
    answer(side, 1, -1);
    struct weft_http_turn turn;
    CHECK(weft_h2_next_turn(side->conn, 1000, &turn));
    memset(turn.room, 'x', 1000);
    weft_h2_commit(side->conn, &turn, 1000, false);

    put_setting(&side->in, 4, 400); // the window is at -600 now
    side_feed(side);
    CHECK(!weft_h2_next_turn(side->conn, 1000, &turn));
    put_u32_frame(&side->in, WINDOW_UPDATE, 1, 600);
    side_feed(side);
    CHECK(!weft_h2_next_turn(side->conn, 1000, &turn));
    put_u32_frame(&side->in, WINDOW_UPDATE, 1, 1);
    side_feed(side);
    CHECK(weft_h2_next_turn(side->conn, 1000, &turn));
    CHECK_EQ(turn.size, 1);
    put_setting(&side->in, 4, 65535);
    side_feed(side);
    CHECK(weft_h2_next_turn(side->conn, 100000, &turn));
    CHECK_EQ(turn.size, 16384);
    side_end(side);
}

// RFC 9113 §6.9.2 (H2-24): SETTINGS leave the connection's window alone
TEST(the_connection_window_holds_all_streams_together)
{
    struct side *side = open_server();
    put_setting(&side->in, 4, 1000000);
    side_feed(side);
    answer(side, 1, -1);
    struct weft_http_turn turn;
    size_t sent = 0;
    while (weft_h2_next_turn(side->conn, 20000, &turn)) {
        memset(turn.room, 'x', turn.size);
        weft_h2_commit(side->conn, &turn, turn.size, false);
        sent += turn.size;
        side_drain(side);
    }
    CHECK_EQ(sent, 65535);
    side_end(side);
}

// RFC 9113 §6.9 (H2-24)
TEST(data_beyond_a_window_is_an_error)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.stream_window = 10;
    side_start(side);
    side->consumes = false;
    put_post(&side->in, 1);
    PUT(&side->in, DATA, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    PUT(&side->in, DATA, 0, 1, 11);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST POST /; 1 DATA 10; 1 CLOSED FLOW_CONTROL_ERROR");
    CHECK_RESET(side, 1, WEFT_HTTP_FLOW_CONTROL_ERROR);
    CHECK_EQ(side->counters.stream_window, 1);
    side_end(side);

    side = side_new(WEFT_HTTP_SERVER);
    side->limits.connection_window = 65535;
    side->limits.stream_window = 1000000;
    side_start(side);
    side->consumes = false;
    put_post(&side->in, 1);
    static uint8_t payload[16384];
    for (int i = 0; i < 4; i++)
        put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, 16384});
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_FLOW_CONTROL_ERROR);
    CHECK_EQ(side->counters.connection_window, 1);
    side_end(side);
}

// RFC 9113 §6.9: a window opens again when its content is consumed, not when it comes.
TEST(consuming_opens_the_windows_again_by_halves)
{
    struct side *side = open_server();
    side->consumes = false;
    static uint8_t payload[16384];
    for (int i = 0; i < 4; i++)
        put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, 16384});
    side_feed(side);
    struct frame update = {0};
    CHECK(!side_find_frame(side, WINDOW_UPDATE, &update));
    weft_h2_consume(side->conn, 1, 32767);
    side_drain(side);
    CHECK(!side_find_frame(side, WINDOW_UPDATE, &update));
    weft_h2_consume(side->conn, 1, 1);
    side_drain(side);
    CHECK(side_find_frame(side, WINDOW_UPDATE, &update));
    CHECK_EQ(update.id, 1);
    CHECK_EQ(frame_u32(&update, 0), 32768);
    weft_h2_consume(side->conn, 1, 1000000); // more than there is
    side_end(side);
}
