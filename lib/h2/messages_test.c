// h2/messages_test.c: requests as a server takes them, answers as it gives them. RFC 9113 §8.
#include "h2_frames.h"

static struct weft_http_head answer(uint16_t status)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = status;
    return head;
}

// RFC 9113 §8.1 (H2-26)
TEST(a_request_is_a_head_content_and_trailers)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    PUT(&side->in, DATA, 0, 1, 'a', 'b');
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0x00, 1, 't', 1, 'v');
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST POST /; 1 DATA 2; 1 TRAILERS 1 END");
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9113 §8.1 (H2-26)
TEST(a_second_head_has_to_end_the_stream)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    PUT(&side->in, HEADERS, END_HEADERS, 1, 0x00, 1, 't', 1, 'v');
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST POST /; 1 CLOSED PROTOCOL_ERROR");
    CHECK_RESET(side, 1, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

#define BAD_VALUE(value)          \
    {                             \
        {"x", value, NULL}, false \
    }

// RFC 9113 §8.1.1, §8.2, §8.3 (H2-28 to H2-33, H2-40): a malformed request never reaches the user.
TEST(a_malformed_request_is_a_stream_error)
{
    const struct {
        const char *fields[5];
        bool is_post;
    } rows[] = {
        {{"X", "a", NULL}, false},
        {{"x y", "a", NULL}, false},
        {{"x:", "a", NULL}, false},
        {{"", "a", NULL}, false},
        BAD_VALUE("a\nb"),
        BAD_VALUE("a\rb"),
        BAD_VALUE(" a"),
        BAD_VALUE("a\t"),
        {{"connection", "close", NULL}, false},
        {{"proxy-connection", "close", NULL}, false},
        {{"keep-alive", "1", NULL}, false},
        {{"transfer-encoding", "chunked", NULL}, true},
        {{"upgrade", "h2c", NULL}, false},
        {{"te", "gzip", NULL}, false},
        {{":path", "/b", NULL}, false},
        {{"x", "a", ":authority", "b", NULL}, false},
        {{":status", "200", NULL}, false},
        {{":unknown", "1", NULL}, false},
        {{":protocol", "websocket", NULL}, false},
        {{"host", "b", NULL}, false},
        {{"content-length", "1x", NULL}, true},
        {{"content-length", "1", "content-length", "2", NULL}, true},
        {{"content-length", "-1", NULL}, true},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        put_request_with(&side->in, 1, END_STREAM, rows[i].is_post, rows[i].fields);
        side_feed(side);
        CHECK_STORY(side, "");
        CHECK_RESET(side, 1, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
}

// RFC 9113 §8.3.1 (H2-33)
TEST(a_request_has_method_scheme_and_path)
{
    const struct weft_span blocks[] = {
        BYTES(0x86, 0x84, 0x01, 0x01, 'a'),                  // no :method
        BYTES(0x82, 0x84, 0x01, 0x01, 'a'),                  // no :scheme
        BYTES(0x82, 0x86, 0x01, 0x01, 'a'),                  // no :path
        BYTES(0x82, 0x86, 0x04, 0x00, 0x01, 0x01, 'a'),      // an empty :path
        BYTES(0x82, 0x86, 0x04, 0x01, 'x', 0x01, 0x01, 'a'), // without a slash
        BYTES(0x82, 0x82, 0x86, 0x84, 0x01, 0x01, 'a'),      // :method twice
        BYTES(0x82, 0x86, 0x84, 0x01, 0x03, 'u', '@', 'a'),  // userinfo
        BYTES(0x02, 0x07, 'C', 'O', 'N', 'N', 'E', 'C', 'T', 0x01, 0x01,
              'a'), // CONNECT without a port
    };
    for (size_t i = 0; i < WEFT_COUNT(blocks); i++) {
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        put_frame(&side->in, HEADERS, END_STREAM | END_HEADERS, 1, blocks[i]);
        side_feed(side);
        CHECK_STORY(side, "");
        CHECK_RESET(side, 1, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
}

// RFC 9113 §8.1.1 (H2-28)
TEST(content_is_as_long_as_content_length)
{
    static const char *const five[] = {"content-length", "5", NULL};
    for (size_t size = 0; size <= 7; size++) {
        for (int trailers = 0; trailers < 2; trailers++) {
            struct side *side = side_ready(WEFT_HTTP_SERVER);
            put_request_with(&side->in, 1, 0, true, five);
            put_frame(&side->in, DATA, trailers ? 0 : END_STREAM, 1,
                      (struct weft_span){(const uint8_t *)"1234567", size});
            if (trailers)
                PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0x00, 1, 't', 1, 'v');
            side_feed(side);
            if (size == 5) CHECK_UNHARMED(side);
            if (size == 5) CHECK(strstr(side->story, "END") != NULL);
            if (size != 5) CHECK_RESET(side, 1, WEFT_HTTP_PROTOCOL_ERROR);
            side_end(side);
        }
    }
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_request_with(&side->in, 1, END_STREAM, true, five); // no content at all
    side_feed(side);
    CHECK_RESET(side, 1, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

static void check_crumbs(struct side *side, const struct weft_http_event *event)
{
    (void)side;
    if (event->type != WEFT_HTTP_REQUEST) return;
    const struct weft_http_field *cookie = weft_http_head_find(event->head, WEFT_HTTP_FIELD_COOKIE);
    CHECK(cookie != NULL);
    CHECK_SPAN(cookie->value, "a=1; b=2; c=3");
    CHECK_EQ(event->head->version, WEFT_HTTP_2);
    CHECK_EQ(event->head->method, WEFT_HTTP_GET);
    CHECK_SPAN(event->head->authority, "a");
    CHECK_SPAN(event->head->scheme, "http");
}

// RFC 9113 §8.2.3 (H2-31)
TEST(cookie_crumbs_are_joined)
{
    static const char *const crumbs[] = {"cookie", "a=1", "cookie", "b=2; c=3", NULL};
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    side->event = check_crumbs;
    put_request_with(&side->in, 1, END_STREAM, false, crumbs);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST GET / END");
    side_end(side);
}

// Two heads in turn, each three times more than it takes to be remembered; those of other connections do not matter.
static void check_number(struct side *side, const struct weft_http_event *event)
{
    if (event->type != WEFT_HTTP_REQUEST) return;
    bool is_get = event->head->method == WEFT_HTTP_GET;
    uint64_t remembered_from = is_get ? 5 : 7;
    bool is_known = event->stream_id > 7;
    CHECK_EQ(event->head->known_as, is_known ? remembered_from : 0);
    (void)side;
}

TEST(a_request_that_came_before_has_the_number_of_that)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    side->event = check_number;
    for (uint32_t id = 1; id <= 19; id += 4) {
        put_get(&side->in, id);
        put_request_with(&side->in, id + 2, END_STREAM, true, (const char *const[]){NULL});
    }
    side_feed(side);
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9113 §8.1 (H2-27): a whole answer before the whole request
TEST(an_early_answer_lets_the_rest_of_the_request_come_for_a_window)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1);
    side_feed(side);
    struct weft_http_head head = answer(204);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_OK);
    static uint8_t payload[16384];
    for (int i = 0; i < 3; i++)
        put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, 16384});
    side_feed(side);
    CHECK_UNHARMED(side);
    put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, 16384});
    side_feed(side);
    CHECK_RESET(side, 1, WEFT_HTTP_NO_ERROR);
    CHECK(strstr(side->story, "1 CLOSED NO_ERROR") != NULL);
    side_end(side);
}

// RFC 9113 §8.5 (H2-35): this server is no tunnel
TEST(connect_is_answered_with_501_without_the_user)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, HEADERS, END_HEADERS, 1, 0x02, 0x07, 'C', 'O', 'N', 'N', 'E', 'C', 'T', 0x01,
        0x03, 'a', ':', '1');
    side_feed(side);
    CHECK_STORY(side, "");
    struct frame frame = {0};
    CHECK(side_find_frame(side, HEADERS, &frame));
    CHECK_EQ(frame.flags, END_HEADERS | END_STREAM);
    CHECK(side_next_frame(side, &frame));
    CHECK_EQ(frame.type, RST_STREAM);
    CHECK_EQ(frame_u32(&frame, 0), WEFT_HTTP_NO_ERROR);
    PUT(&side->in, DATA, 0, 1, 'x');
    side_feed(side);
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9113 §8.8, §10.5.1 (H2-37)
TEST(too_many_fields_are_answered_with_431_and_decoded)
{
    static struct frames block;
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    block.size = 0;
    put_get_fields(&block);
    put_bytes(&block, (const uint8_t[]){0x40, 1, 'n', 1, 'v'}, 5); // into the table
    for (int i = 0; i < 150; i++)
        put_bytes(&block, (const uint8_t[]){0xbe}, 1); // and again
    put_frame(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, frames_span(&block));
    side_feed(side);
    CHECK_STORY(side, "");
    struct frame frame = {0};
    CHECK(side_find_frame(side, HEADERS, &frame));
    CHECK_EQ(frame.flags, END_HEADERS | END_STREAM);
    CHECK_EQ(side->counters.field_count, 1);

    PUT(&side->in, HEADERS, END_STREAM | END_HEADERS, 3, 0x82, 0x86, 0x84, 0x01, 0x01, 'a', 0xbe);
    side_feed(side);
    CHECK_STORY(side, "3 REQUEST GET / END");
    side_end(side);
}

// RFC 9113 §8.1, RFC 9110 §15.2
TEST(interim_heads_come_before_the_final_one)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    side_feed(side);
    struct weft_http_head head = answer(103);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_INVALID);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_OK);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_OK);
    head = answer(101);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_INVALID); // §8.6 (H2-34)
    head = answer(200);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_OK);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_INVALID);
    head = answer(103);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_INVALID);
    side_drain(side);
    struct frame frame = {0};
    for (int i = 0; i < 3; i++) {
        CHECK(side_find_frame(side, HEADERS, &frame));
        CHECK_EQ(frame.flags, END_HEADERS);
    }
    CHECK(!side_next_frame(side, &frame));
    side_end(side);
}

// RFC 9110 §6.4.1, §8.6
TEST(head_204_and_304_have_no_content)
{
    const uint16_t statuses[] = {204, 304, 200};
    for (size_t i = 0; i < WEFT_COUNT(statuses); i++) {
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        if (statuses[i] == 200) {
            PUT(&side->in, HEADERS, END_STREAM | END_HEADERS, 1, 0x02, 4, 'H', 'E', 'A', 'D', 0x86,
                0x84, 0x01, 0x01, 'a');
        } else {
            put_get(&side->in, 1);
        }
        side_feed(side);
        struct weft_http_head head = answer(statuses[i]);
        if (statuses[i] != 204) head.content_length = 1000;
        CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_OK);
        side_pull(side);
        side_drain(side);
        CHECK(strstr(side->story, "1 CLOSED") != NULL);
        struct frame frame = {0};
        CHECK(side_find_frame(side, HEADERS, &frame));
        CHECK_EQ(frame.flags, END_HEADERS | END_STREAM);
        side_end(side);
    }
}

// RFC 9113 §8.1.1: what we say of our own content is held to, too
TEST(our_content_that_is_not_as_long_as_said_resets_the_stream)
{
    for (int more = 0; more < 2; more++) {
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        put_get(&side->in, 1);
        side_feed(side);
        struct weft_http_head head = answer(200);
        head.content_length = 10;
        CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_INVALID);
        CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_OK);
        struct weft_http_turn turn;
        CHECK(weft_h2_next_turn(side->conn, 100, &turn));
        CHECK_EQ(turn.size, 10); // never more than the length allows
        memset(turn.room, 'x', turn.size);
        weft_h2_commit(side->conn, &turn, more ? 10 : 9, !more);
        if (more) {
            CHECK(weft_h2_next_turn(side->conn, 100, &turn));
            weft_h2_commit(side->conn, &turn, 1, true);
        }
        side_pull(side);
        side_drain(side);
        CHECK_RESET(side, 1, WEFT_HTTP_INTERNAL_ERROR);
        CHECK(strstr(side->story, "1 CLOSED INTERNAL_ERROR") != NULL);
        CHECK_EQ(weft_h2_send_trailers(side->conn, 1, NULL, 0), WEFT_GONE);
        side_end(side);
    }
}

// RFC 9113 §8.1
TEST(trailers_end_our_content)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    side_feed(side);
    struct weft_http_head head = answer(200);
    const struct weft_http_field trailer = {.name = WEFT_SPAN("checksum"), .value = WEFT_SPAN("1")};
    const struct weft_http_field wrong = {.name = WEFT_SPAN("Checksum"), .value = WEFT_SPAN("1")};
    CHECK_EQ(weft_h2_send_trailers(side->conn, 1, &trailer, 1), WEFT_INVALID); // before the head
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, false), WEFT_OK);
    CHECK_EQ(weft_h2_send_trailers(side->conn, 1, &wrong, 1), WEFT_INVALID);
    CHECK_EQ(weft_h2_send_trailers(side->conn, 1, &trailer, 1), WEFT_OK);
    side_pull(side);
    side_drain(side);
    CHECK_STORY(side, "1 REQUEST GET / END; 1 CLOSED");
    struct frame frame = {0};
    CHECK(side_find_frame(side, HEADERS, &frame) && frame.flags == END_HEADERS);
    CHECK(side_find_frame(side, HEADERS, &frame) && frame.flags == (END_HEADERS | END_STREAM));
    side_end(side);
}

// RFC 9113 §4.3: a block larger than the peer's frames goes on in CONTINUATION.
TEST(a_large_head_is_sent_in_several_frames)
{
    static char value[7000];
    memset(value, '~', sizeof(value) - 1); // its Huffman code is longer than the text
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    side_feed(side);
    struct weft_http_field fields[7];
    for (size_t i = 0; i < 7; i++) {
        fields[i] = (struct weft_http_field){
            .name = WEFT_SPAN("x"), .value = weft_span_of(value), .hint = WEFT_HTTP_FIELD_ONCE};
    }
    struct weft_http_head head = answer(200);
    head.fields = fields;
    head.field_count = 7;
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_OK);
    side_drain(side);
    struct frame frame = {0};
    size_t total = 0;
    CHECK(side_find_frame(side, HEADERS, &frame));
    CHECK_EQ(frame.flags, END_STREAM);
    CHECK_EQ(frame.payload.size, 16384);
    total += frame.payload.size;
    for (int i = 0; i < 2; i++) {
        CHECK(side_next_frame(side, &frame));
        CHECK_EQ(frame.type, CONTINUATION);
        CHECK_EQ(frame.flags, i == 1 ? END_HEADERS : 0);
        total += frame.payload.size;
    }
    CHECK(!side_next_frame(side, &frame));
    CHECK(total > 48993 && total < 49700);
    side_end(side);
}
