// h2/client_test.c: a connection as client: requests, responses, pushes, GOAWAY. RFC 9113 §5.1.2, §6.6, §8.
#include "h2_frames.h"
#include "hpack/hpack.h"

static struct weft_http_head get_head(void)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.authority = WEFT_SPAN("a");
    head.path = WEFT_SPAN("/");
    return head;
}

static uint64_t request(struct side *side, enum weft_http_method method, bool ends)
{
    struct weft_http_head head = get_head();
    head.method = (uint8_t)method;
    uint64_t id = 0;
    CHECK_EQ(weft_h2_request(side->conn, &head, ends, &id), WEFT_OK);
    side_drain(side);
    return id;
}

static struct side *client_with_request(void)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    CHECK_EQ(request(side, WEFT_HTTP_GET, true), 1);
    return side;
}

// A stamped head is written as before, while the table is: the peer reads the same request.
TEST(requests_with_a_stamp_are_the_same_block_until_the_table_changes)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    struct weft_http_field field = {.name = WEFT_SPAN("x"), .value = WEFT_SPAN("one")};
    struct weft_http_head head = get_head();
    struct weft_http_head other = get_head();
    struct weft_hpack_decoder *decoder = weft_hpack_decoder_new(&side->alloc, 4096);
    head.stamp = 1;
    other.stamp = 2;
    other.fields = &field;
    other.field_count = 1;
    const struct weft_http_head *heads[] = {&head, &head, &head, &other, &other, &head, &head};
    for (size_t i = 0; i < WEFT_COUNT(heads); i++) {
        uint64_t id;
        struct frame frame;
        struct weft_hpack_field decoded;
        size_t count = 0;
        CHECK_EQ(weft_h2_request(side->conn, heads[i], true, &id), WEFT_OK);
        side_drain(side);
        CHECK(side_find_frame(side, HEADERS, &frame));
        weft_hpack_decode_start(decoder, frame.payload);
        while (weft_hpack_decode_next(decoder, NULL, &decoded) == WEFT_HPACK_FIELD) {
            if (count == 1) CHECK_SPAN(decoded.field.value, "http");
            if (count == 4) CHECK_SPAN(decoded.field.value, "one");
            count++;
        }
        CHECK_EQ(count, 4 + heads[i]->field_count);
        if (i == 1 || i == 2) CHECK_EQ(frame.payload.size, 4); // all of it from tables
    }
    weft_hpack_decoder_free(decoder);
    side_end(side);
}

// A head that is not fit is refused whatever its stamp, and leaves nothing to be sent again.
TEST(a_stamp_does_not_let_through_what_is_not_fit)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    struct weft_http_field field = {.name = WEFT_SPAN("Upper"), .value = WEFT_SPAN("x")};
    struct weft_http_head head = get_head();
    head.stamp = 1;
    head.fields = &field;
    head.field_count = 1;
    for (size_t i = 0; i < 3; i++) {
        uint64_t id;
        CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_INVALID);
    }
    side_end(side);
}

// RFC 9113 §8.1 (H2-26, H2-34)
TEST(a_response_may_have_interim_heads_and_trailers)
{
    struct side *side = client_with_request();
    PUT(&side->in, HEADERS, END_HEADERS, 1, 0x08, 3, '1', '0', '3');
    PUT(&side->in, HEADERS, END_HEADERS, 1, 0x88);
    PUT(&side->in, DATA, 0, 1, 'x');
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0, 1, 't', 1, 'v');
    side_feed(side);
    CHECK_STORY(side, "1 INTERIM 103; 1 RESPONSE 200; 1 DATA 1; 1 TRAILERS 1 END; 1 CLOSED");
    side_end(side);
}

// RFC 9113 §8.1.1, §8.3.2, §8.6 (H2-26, H2-28, H2-34)
TEST(a_malformed_response_is_a_stream_error)
{
    const struct {
        int flags;
        struct weft_span block;
    } rows[] = {
        {END_STREAM, BYTES(0, 1, 'x', 1, 'y')},        // no :status
        {END_STREAM, BYTES(0x88, 0x88)},               // two
        {END_STREAM, BYTES(0x08, 2, '2', '0')},        // two digits
        {END_STREAM, BYTES(0x08, 3, '1', '0', '3')},   // an interim one at the end
        {0, BYTES(0x08, 3, '1', '0', '1')},            // 101
        {END_STREAM, BYTES(0x88, 0x0f, 0x0d, 1, '5')}, // content-length 5 and no content
        {END_STREAM, BYTES(0x88, 0x82)},               // :method
        {END_STREAM, BYTES(0x88, 0, 7, 'u', 'p', 'g', 'r', 'a', 'd', 'e', 1, 'x')},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct side *side = client_with_request();
        put_frame(&side->in, HEADERS, END_HEADERS | rows[i].flags, 1, rows[i].block);
        side_feed(side);
        CHECK_STORY(side, "1 CLOSED PROTOCOL_ERROR");
        CHECK_RESET(side, 1, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
    struct side *side = client_with_request();
    PUT(&side->in, DATA, 0, 1, 'x'); // before the head
    side_feed(side);
    CHECK_RESET(side, 1, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

// RFC 9113 §8.1.1 (H2-28)
TEST(answers_to_head_and_304_state_a_length_and_have_no_content)
{
    for (int wrong = 0; wrong < 2; wrong++) {
        struct side *side = side_ready(WEFT_HTTP_CLIENT);
        request(side, WEFT_HTTP_HEAD, true);
        request(side, WEFT_HTTP_GET, true);
        PUT(&side->in, HEADERS, END_HEADERS | (wrong ? 0 : END_STREAM), 1, 0x88, 0x0f, 0x0d, 1,
            '5');
        PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 3, 0x8b, 0x0f, 0x0d, 1, '5');
        if (wrong) PUT(&side->in, DATA, END_STREAM, 1, 1, 2, 3, 4, 5);
        side_feed(side);
        if (!wrong) CHECK_STORY(side, "1 RESPONSE 200 END; 1 CLOSED; 3 RESPONSE 304 END; 3 CLOSED");
        if (wrong) CHECK_RESET(side, 1, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
}

// RFC 9113 §8.1 (H2-27)
TEST(a_reset_without_error_behind_a_whole_response_keeps_it)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    uint64_t id = request(side, WEFT_HTTP_POST, false);
    struct weft_http_turn turn;
    CHECK(weft_h2_next_turn(side->conn, 10, &turn));
    CHECK_EQ(turn.stream_id, id);
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0x88);
    put_u32_frame(&side->in, RST_STREAM, 1, WEFT_HTTP_NO_ERROR);
    side_feed(side);
    CHECK_STORY(side, "1 RESPONSE 200 END; 1 CLOSED");
    CHECK(!weft_h2_next_turn(side->conn, 10, &turn));
    side_end(side);

    side = side_ready(WEFT_HTTP_CLIENT);
    request(side, WEFT_HTTP_POST, false);
    PUT(&side->in, HEADERS, END_HEADERS, 1, 0x88);
    put_u32_frame(&side->in, RST_STREAM, 1, WEFT_HTTP_NO_ERROR); // in its middle
    side_feed(side);
    CHECK_STORY(side, "1 RESPONSE 200; 1 CLOSED NO_ERROR");
    side_end(side);
}

// RFC 9113 §5.1.2 (H2-12)
TEST(requests_wait_for_the_servers_limit)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    put_setting(&side->in, 3, 1);
    side_feed(side);
    request(side, WEFT_HTTP_GET, true);
    struct weft_http_head head = get_head();
    uint64_t id = 0;
    CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_LATER);
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0x88);
    side_feed(side);
    CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_OK);
    CHECK_EQ(id, 3);
    side_end(side);
}

static bool unprocessed[16];

static void note_unprocessed(struct side *side, const struct weft_http_event *event)
{
    (void)side;
    if (event->type == WEFT_HTTP_STREAM_CLOSED) {
        unprocessed[event->stream_id % 16] = event->error.is_unprocessed;
    }
}

// RFC 9113 §6.8, §8.7 (H2-22, H2-36)
TEST(what_was_not_processed_may_be_sent_again)
{
    memset(unprocessed, 0, sizeof(unprocessed));
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    side->event = note_unprocessed;
    for (int i = 0; i < 5; i++)
        request(side, WEFT_HTTP_GET, true);
    put_u32_frame(&side->in, RST_STREAM, 1, WEFT_HTTP_REFUSED_STREAM);
    put_u32_frame(&side->in, RST_STREAM, 3, WEFT_HTTP_CANCEL);
    PUT(&side->in, GOAWAY, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0);
    side_feed(side);
    CHECK_STORY(side, "1 CLOSED REFUSED_STREAM; 3 CLOSED CANCEL; GOAWAY 0; 7 CLOSED "
                      "REFUSED_STREAM; 9 CLOSED REFUSED_STREAM");
    CHECK(unprocessed[1] && !unprocessed[3] && unprocessed[7] && unprocessed[9]);
    struct weft_http_head head = get_head();
    uint64_t id = 0;
    CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_GONE);
    CHECK(!weft_h2_is_finished(side->conn));
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 5, 0x88);
    side_feed(side);
    CHECK(weft_h2_is_finished(side->conn));
    side_end(side);
}

static struct side *client_that_takes_pushes(void)
{
    struct side *side = side_new(WEFT_HTTP_CLIENT);
    side->config.accepts_push = true;
    side_start(side);
    request(side, WEFT_HTTP_GET, true);
    return side;
}

#define PROMISE(side, id) \
    PUT(&(side)->in, PUSH_PROMISE, END_HEADERS, 1, 0, 0, 0, (id), 0x82, 0x86, 0x84, 0x01, 0x01, 'a')

// RFC 9113 §6.6, §8.4 (H2-20)
TEST(a_promise_is_told_and_then_answered)
{
    struct side *side = client_that_takes_pushes();
    PROMISE(side, 2);
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0x88);
    PUT(&side->in, HEADERS, END_HEADERS, 2, 0x88);
    PUT(&side->in, DATA, END_STREAM, 2, 'x');
    side_feed(side);
    CHECK_STORY(
        side, "1 PROMISE 2; 1 RESPONSE 200 END; 1 CLOSED; 2 RESPONSE 200; 2 DATA 1 END; 2 CLOSED");
    side_end(side);
}

// RFC 9113 §6.6, §8.4 (H2-20)
TEST(a_promise_that_may_not_be_fails_the_connection)
{
    struct side *side = client_with_request(); // has said ENABLE_PUSH=0
    PROMISE(side, 2);
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);

    const uint8_t wrong_ids[] = {0, 3};
    for (size_t i = 0; i < WEFT_COUNT(wrong_ids); i++) {
        side = client_that_takes_pushes();
        PROMISE(side, wrong_ids[i]);
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
    side = client_that_takes_pushes();
    PROMISE(side, 4);
    PROMISE(side, 2); // lower than one that was promised
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);

    side = client_that_takes_pushes();
    PUT(&side->in, HEADERS, END_HEADERS | END_STREAM, 1, 0x88);
    PROMISE(side, 2); // on a stream that has ended
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

// RFC 9113 §8.4, §8.4.1 (H2-20)
TEST(a_promise_of_a_wrong_request_is_reset)
{
    const struct weft_span requests[] = {
        BYTES(0x83, 0x86, 0x84, 0x01, 0x01, 'a'),                     // POST
        BYTES(0x82, 0x86, 0x84, 0x01, 0x01, 'b'),                     // another authority
        BYTES(0x82, 0x86, 0x84, 0x01, 0x01, 'a', 0x0f, 0x0d, 1, '5'), // with content
    };
    for (size_t i = 0; i < WEFT_COUNT(requests); i++) {
        struct side *side = client_that_takes_pushes();
        put_header(&side->in, 4 + requests[i].size, PUSH_PROMISE, END_HEADERS, 1);
        put_bytes(&side->in, "\0\0\0\2", 4);
        put_bytes(&side->in, requests[i].data, requests[i].size);
        side_feed(side);
        CHECK_STORY(side, "");
        CHECK_RESET(side, 2, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
}

// The limit promised_count, and a promise on a stream that we have reset
TEST(promises_beyond_the_limit_are_refused)
{
    struct side *side = side_new(WEFT_HTTP_CLIENT);
    side->config.accepts_push = true;
    side->limits.promised_count = 2;
    side_start(side);
    request(side, WEFT_HTTP_GET, true);
    PROMISE(side, 2);
    PROMISE(side, 4);
    PROMISE(side, 6);
    side_feed(side);
    CHECK_STORY(side, "1 PROMISE 2; 1 PROMISE 4");
    CHECK_RESET(side, 6, WEFT_HTTP_REFUSED_STREAM);
    CHECK_EQ(side->counters.promised_count, 1);

    weft_h2_reset(side->conn, 2, WEFT_HTTP_CANCEL);
    weft_h2_reset(side->conn, 1, WEFT_HTTP_CANCEL);
    side_pull(side);
    side_drain(side);
    side->out_seen = side->out.size;
    PROMISE(side, 8);
    side_feed(side);
    CHECK_RESET(side, 8, WEFT_HTTP_REFUSED_STREAM);
    side_end(side);
}

// RFC 9113 §5.1: a reserved stream takes HEADERS and RST_STREAM alone.
TEST(a_promised_stream_begins_with_headers)
{
    const int types[] = {DATA, WINDOW_UPDATE};
    for (size_t i = 0; i < WEFT_COUNT(types); i++) {
        struct side *side = client_that_takes_pushes();
        PROMISE(side, 2);
        put_u32_frame(&side->in, types[i], 2, 1);
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        CHECK_STORY(
            side,
            "1 PROMISE 2; 1 CLOSED PROTOCOL_ERROR; 2 CLOSED PROTOCOL_ERROR; FAILED PROTOCOL_ERROR");
        side_end(side);
    }
    struct side *side = client_that_takes_pushes();
    PROMISE(side, 2);
    put_u32_frame(&side->in, RST_STREAM, 2, WEFT_HTTP_CANCEL);
    side_feed(side);
    CHECK_STORY(side, "1 PROMISE 2; 2 CLOSED CANCEL");
    side_end(side);
}

// The limit interim_count
TEST(interim_heads_without_end_are_a_stream_error)
{
    struct side *side = client_with_request();
    for (int i = 0; i < 11; i++)
        PUT(&side->in, HEADERS, END_HEADERS, 1, 0x08, 3, '1', '0', '3');
    side_feed(side);
    CHECK_RESET(side, 1, WEFT_HTTP_ENHANCE_YOUR_CALM);
    CHECK_EQ(side->counters.interim_count, 1);
    side_end(side);
}

// RFC 9113 §8.2, §8.3
TEST(what_may_not_be_sent_is_refused_before_anything_is_changed)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    uint64_t id = 0;
    struct weft_http_head head = get_head();
    head.path = WEFT_SPAN("no slash");
    CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_INVALID);
    head = get_head();
    const struct weft_http_field split = {.name = WEFT_SPAN("x"), .value = WEFT_SPAN("a\r\nb: c")};
    head.fields = &split;
    head.field_count = 1;
    CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_INVALID);
    head = get_head();
    head.content_length = 5;
    CHECK_EQ(weft_h2_request(side->conn, &head, true, &id), WEFT_INVALID);
    CHECK_EQ(weft_h2_output(side->conn).size, 0);
    CHECK_EQ(weft_h2_respond(side->conn, 1, &head, true), WEFT_INVALID);
    CHECK_EQ(weft_h2_push(side->conn, 1, &head, &id), WEFT_INVALID);
    CHECK_EQ(request(side, WEFT_HTTP_GET, true), 1);
    side_end(side);
}

// RFC 9218 §5, §7.1 (PR-02, PR-06)
TEST(a_client_tells_priorities)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    struct weft_http_priority urgent = {.urgency = 1, .incremental = true};
    side_drain(side);
    CHECK_EQ(weft_h2_send_priority_update(side->conn, 1, urgent), WEFT_OK);
    CHECK_EQ(weft_h2_output(side->conn).size, 0); // this server has not said that it knows them
    side_end(side);

    side = side_new(WEFT_HTTP_CLIENT);
    side->conn = weft_h2_new(&side->config);
    put_setting(&side->in, 9, 1);
    side_feed(side);
    CHECK_EQ(weft_h2_send_priority_update(side->conn, 1, urgent), WEFT_OK); // of a stream to come
    CHECK_EQ(weft_h2_send_priority_update(side->conn, 2, urgent), WEFT_INVALID);
    side_drain(side);
    struct frame frame = {0};
    CHECK(side_find_frame(side, PRIORITY_UPDATE, &frame));
    CHECK_EQ(frame.id, 0);
    CHECK_EQ(frame_u32(&frame, 0), 1);
    CHECK_SPAN(weft_span_skip(frame.payload, 4), "u=1, i");
    CHECK(weft_h2_wants_input(side->conn)); // it was counted in, and out again
    side_end(side);
}
