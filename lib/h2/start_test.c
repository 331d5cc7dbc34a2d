// h2/start_test.c: how a connection begins, and what holds for every frame. RFC 9113 §3, §4, §5.4, §5.5.
#include "h2_frames.h"

static struct side *fresh(enum weft_http_role role)
{
    struct side *side = side_new(role);
    side->conn = weft_h2_new(&side->config);
    CHECK(side->conn != NULL);
    return side;
}

static uint32_t setting(const struct frame *settings, uint16_t id)
{
    for (size_t at = 0; at + 6 <= settings->payload.size; at += 6) {
        const uint8_t *bytes = settings->payload.data + at;
        if ((bytes[0] << 8 | bytes[1]) == id) return frame_u32(settings, at + 2);
    }
    return UINT32_MAX;
}

// RFC 9113 §3.4, §6.5.2; RFC 9218 §2.1; §6.9 (H2-02, PR-01)
TEST(a_server_starts_with_settings_and_opens_the_connection_window)
{
    struct side *side = fresh(WEFT_HTTP_SERVER);
    side_drain(side);

    struct frame frame = {0};
    CHECK(side_next_frame(side, &frame));
    CHECK_EQ(frame.type, SETTINGS);
    CHECK_EQ(frame.flags, 0);
    CHECK_EQ(setting(&frame, 3), side->limits.concurrent_streams);
    CHECK_EQ(setting(&frame, 4), side->limits.stream_window);
    CHECK_EQ(setting(&frame, 6), side->limits.field_section_size);
    CHECK_EQ(setting(&frame, 9), 1);
    CHECK_EQ(setting(&frame, 2), UINT32_MAX);
    CHECK(side_next_frame(side, &frame));
    CHECK_EQ(frame.type, WINDOW_UPDATE);
    CHECK_EQ(frame.id, 0);
    CHECK_EQ(frame_u32(&frame, 0), side->limits.connection_window - 65535);
    CHECK(!side_next_frame(side, &frame));
    side_end(side);
}

// RFC 9113 §3.4, §8.4 (H2-02, H2-20)
TEST(a_client_starts_with_the_magic_and_refuses_pushes)
{
    struct side *side = fresh(WEFT_HTTP_CLIENT);
    side_drain(side);

    CHECK(side->out.size > 24 &&
          memcmp(side->out.bytes, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24) == 0);
    struct frame frame = {0};
    CHECK(side_next_frame(side, &frame));
    CHECK_EQ(frame.type, SETTINGS);
    CHECK_EQ(setting(&frame, 2), 0);
    side_end(side);
}

// RFC 9113 §3.4 (H2-02)
TEST(a_wrong_magic_fails_the_connection)
{
    for (size_t at = 0; at < 24; at++) {
        struct side *side = fresh(WEFT_HTTP_SERVER);
        put_magic(&side->in);
        side->in.bytes[at] ^= 1;
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        CHECK_STORY(side, "FAILED PROTOCOL_ERROR");
        side_end(side);
    }
}

// RFC 9113 §3.4 (H2-02)
TEST(the_first_frame_has_to_be_settings)
{
    for (int role = WEFT_HTTP_SERVER; role <= WEFT_HTTP_CLIENT; role++) {
        struct side *side = fresh((enum weft_http_role)role);
        if (role == WEFT_HTTP_SERVER) put_magic(&side->in);
        PUT(&side->in, PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
    struct side *side = fresh(WEFT_HTTP_SERVER);
    put_magic(&side->in);
    PUT_EMPTY(&side->in, SETTINGS, ACK, 0); // an acknowledgement does not say anything
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

// RFC 9113 §4.1, §5.5 (H2-03, H2-07)
TEST(unknown_frames_flags_settings_and_errors_are_ignored)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, 0xfa, 0xff, 7, 'x', 'y', 'z');
    PUT_EMPTY(&side->in, 0xfb, 0, 0);
    PUT(&side->in, PING, 0xfe, 0, 1, 2, 3, 4, 5, 6, 7, 8);
    put_setting(&side->in, 0x0a0a, 12345);
    put_get(&side->in, 1);
    side->in.bytes[side->in.size - 6 - 4] |= 0x80; // the reserved bit of the last frame's stream id
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST GET / END");

    put_u32_frame(&side->in, RST_STREAM, 1, 0xdeadbeef);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST GET / END; 1 CLOSED unknown");
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9113 §4.2 (H2-04)
TEST(a_payload_of_16384_is_taken_and_one_more_is_not)
{
    static uint8_t payload[16385];
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, 16384});
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST POST /; 1 DATA 16384");
    put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, 16385});
    side_feed(side);
    CHECK_RESET(side, 1, WEFT_HTTP_FRAME_SIZE_ERROR);
    side_end(side);

    const int types[] = {HEADERS, SETTINGS, GOAWAY, 0xfa};
    for (size_t i = 0; i < WEFT_COUNT(types);
         i++) { // these could change what the connection is, §4.2
        side = side_ready(WEFT_HTTP_SERVER);
        put_header(&side->in, 16386, types[i], 0, types[i] == HEADERS ? 1 : 0);
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_FRAME_SIZE_ERROR);
        side_end(side);
    }
}

// RFC 9113 §4.3, §5.5, §6.2, §6.10 (H2-05, H2-07, H2-15, H2-25)
TEST(nothing_stands_between_the_frames_of_a_field_block)
{
    for (int type = DATA; type <= PRIORITY_UPDATE + 1; type++) {
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        PUT(&side->in, HEADERS, END_STREAM, 1, 0x82, 0x86, 0x84);
        put_header(&side->in, 0, type, 0, type == CONTINUATION ? 3 : 1); // or of another stream
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, CONTINUATION, END_HEADERS, 1, 0x82);
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

// RFC 9113 §4.3 (H2-05)
TEST(a_field_block_may_come_in_any_number_of_pieces)
{
    for (size_t piece = 1; piece < 60; piece++) {
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        PUT(&side->in, HEADERS, END_STREAM | PADDED, 1, 2, 0x82, 0, 0);
        PUT(&side->in, CONTINUATION, 0, 1, 0x86);
        PUT(&side->in, CONTINUATION, END_HEADERS, 1, 0x84, 0x01, 0x01, 'a');
        static struct frames all;
        all = side->in;
        side->in.size = 0;
        for (size_t at = 0; at < all.size; at += piece) {
            put_bytes(&side->in, all.bytes + at, all.size - at < piece ? all.size - at : piece);
            side_feed(side);
        }
        CHECK_STORY(side, "1 REQUEST GET / END");
        side_end(side);
    }
}

// RFC 9113 §4.3 (H2-05)
TEST(a_block_that_cannot_be_decoded_fails_the_connection)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, HEADERS, END_STREAM | END_HEADERS, 1, 0x80); // index 0
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_COMPRESSION_ERROR);
    side_end(side);
}

// RFC 9113 §4.3 (H2-05): what a refused stream put into the table is there for the next one.
TEST(the_block_of_a_refused_stream_is_decoded)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.concurrent_streams = 1;
    side_start(side);
    put_post(&side->in, 1);
    PUT(&side->in, HEADERS, END_STREAM | END_HEADERS, 3, 0x82, 0x86, 0x44, 0x02, '/', 'x', 0x41,
        0x01, 'a');
    side_feed(side);
    CHECK_RESET(side, 3, WEFT_HTTP_REFUSED_STREAM);
    PUT_EMPTY(&side->in, DATA, END_STREAM, 1);
    side_feed(side);
    weft_h2_reset(side->conn, 1, WEFT_HTTP_NO_ERROR);
    PUT(&side->in, HEADERS, END_STREAM | END_HEADERS, 5, 0x82, 0x86, 0xbf, 0xbe);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST POST /; 1 DATA 0 END; 1 CLOSED NO_ERROR; 5 REQUEST GET /x END");
    CHECK_EQ(side->counters.concurrent_streams, 1);
    side_end(side);
}

// RFC 9113 §4.3.1 (H2-06)
TEST(after_our_smaller_table_the_next_block_starts_with_an_update)
{
    for (int updates = 0; updates < 2; updates++) {
        struct side *side = side_new(WEFT_HTTP_SERVER);
        side->limits.hpack_table_size = 100;
        side_start(side);
        if (updates) {
            PUT(&side->in, HEADERS, END_STREAM | END_HEADERS, 1, 0x3f, 0x45, 0x82, 0x86, 0x84, 0x01,
                0x01, 'a');
        } else {
            put_get(&side->in, 1);
        }
        side_feed(side);
        if (updates) CHECK_STORY(side, "1 REQUEST GET / END");
        if (!updates) CHECK_FAILED(side, WEFT_HTTP_COMPRESSION_ERROR);
        side_end(side);
    }
}

// RFC 9113 §6.5.2: a peer may offer us a table of any size; what we use of it is bounded.
TEST(of_a_peers_larger_table_no_more_is_used_than_the_limit)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_setting(&side->in, 1, side->limits.hpack_table_size);
    side_feed(side);
    CHECK_EQ(side->counters.hpack_table_size, 0);
    put_setting(&side->in, 1, side->limits.hpack_table_size + 1);
    side_feed(side);
    CHECK_EQ(side->counters.hpack_table_size, 1);
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9113 §4.3.1 (H2-06)
TEST(after_the_peers_smaller_table_our_next_block_starts_with_an_update)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_setting(&side->in, 1, 0);
    put_get(&side->in, 1);
    side_feed(side);
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_OK);
    side_drain(side);
    struct frame frame = {0};
    CHECK(side_find_frame(side, HEADERS, &frame));
    CHECK_EQ(frame.payload.data[0], 0x20);
    CHECK_EQ(frame.payload.data[1], 0x88); // :status 200
    side_end(side);
}

// RFC 9113 §5.4.1 (H2-13): GOAWAY is the last that is said; what comes behind the error is not looked at.
TEST(after_a_connection_error_nothing_more_is_taken)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    put_post(&side->in, 3);
    PUT_EMPTY(&side->in, PING, 0, 0);
    put_get(&side->in, 5);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST GET / END; 3 REQUEST POST /; 1 CLOSED FRAME_SIZE_ERROR; 3 CLOSED "
                      "FRAME_SIZE_ERROR; FAILED FRAME_SIZE_ERROR");
    CHECK_FAILED(side, WEFT_HTTP_FRAME_SIZE_ERROR);
    put_get(&side->in, 7);
    CHECK(!side_feed(side));
    CHECK(!weft_h2_wants_input(side->conn));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_GONE);
    side_end(side);
}

// RFC 9113 §5.4.2 (H2-13)
TEST(a_reset_is_not_answered_with_a_reset)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    put_u32_frame(&side->in, RST_STREAM, 1, WEFT_HTTP_CANCEL);
    put_u32_frame(&side->in, RST_STREAM, 1, WEFT_HTTP_CANCEL);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST POST /; 1 CLOSED CANCEL");
    CHECK_UNHARMED(side);
    side_end(side);
}

// The peer has gone: what still waited for it ends, what did not goes on.
TEST(the_end_of_the_transport_ends_what_waits_for_the_peer)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    put_post(&side->in, 3);
    side_feed(side);
    weft_h2_feed_end(side->conn, side->now_us);
    side_pull(side);
    CHECK_STORY(side, "1 REQUEST GET / END; 3 REQUEST POST /; 3 CLOSED CANCEL");
    CHECK(!weft_h2_is_finished(side->conn));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 204;
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_OK);
    side_pull(side);
    CHECK(weft_h2_is_finished(side->conn));
    side_end(side);

    side = side_ready(WEFT_HTTP_SERVER);
    put_header(&side->in, 8, PING, 0, 0);
    side_feed(side);
    weft_h2_feed_end(side->conn, side->now_us);
    side_pull(side);
    CHECK_STORY(side, "FAILED CANCEL");
    side_end(side);
}
