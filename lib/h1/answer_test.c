// h1/answer_test.c: how a server's answers leave.
#include "server_rig_test.h"

#include "http/trace.h"

// What is answered to what: the head, then content in one turn where `content` is not NULL.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): a table reads in the order of time
struct answer_row {
    const char *name;
    const char *request;
    uint16_t status;
    int64_t length;
    const char *content; // NULL: the head ends the answer
    const char *output;
    bool is_finished;
};

#define GET "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

static const struct answer_row answers[] = {
    // RFC 9112 §6.1, §6.3
    {"a length that is known is said", GET, 200, 2, "ok",
     "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", false},
    {"content of unknown length goes in chunks to 1.1", GET, 200, -1, "hello",
     "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false},
    {"and until the close to 1.0", "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", 200, -1,
     "hello", "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello", true},
    {"no content at all", GET, 200, -1, NULL, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
     false},
    {"empty content in chunks", GET, 200, -1, "",
     "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", false},
    {"a length of 0 needs no turn", GET, 200, 0, "", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
     false},
    // RFC 9110 §8.6, §9.3.2, §15.3.5, §15.4.5
    {"HEAD says the length", "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n", 200, 7, NULL,
     "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n", false},
    {"HEAD of unknown length", "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n", 200, -1, NULL,
     "HTTP/1.1 200 OK\r\n\r\n", false},
    {"204 says no length", GET, 204, 7, NULL, "HTTP/1.1 204 No Content\r\n\r\n", false},
    {"304 says the length", GET, 304, 7, NULL,
     "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n", false},
    {"a status without a phrase keeps the space", GET, 299, 0, NULL,
     "HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n", false}, // RFC 9112 §4
};

// Fills one turn of at most `most` bytes.
static void send_content(const char *text, size_t most, bool ends)
{
    struct weft_http_turn turn;
    struct weft_span content = weft_span_of(text);
    CHECK(weft_h1_next_turn(rig.conn, most, &turn));
    CHECK(content.size <= turn.size);
    if (content.size > 0) memcpy(turn.room, content.data, content.size);
    weft_h1_commit(rig.conn, &turn, content.size, ends);
}

TEST(answers_are_framed_by_what_is_known)
{
    for (size_t i = 0; i < WEFT_COUNT(answers); i++) {
        const struct answer_row *row = &answers[i];
        start_silent(row->request);
        respond_with(row->status, row->length, row->content == NULL);
        struct weft_http_turn turn;
        if (row->content && row->length != 0) send_content(row->content, 1000, true);
        CHECK(!weft_h1_next_turn(rig.conn, 1000, &turn));
        rig_run(&rig);
        CHECK_SAME(rig_output(&rig), weft_span_of(row->output));
        CHECK_EQ(weft_h1_is_finished(rig.conn), row->is_finished);
        CHECK_EQ(weft_h1_stream_count(rig.conn), 0);
        rig_close(&rig);
    }
}

// RFC 9112 §7.1: the room is for a full chunk; what is put there may be less.
TEST(chunks_state_the_size_that_was_filled)
{
    start_silent(GET);
    respond_with(200, -1, false);
    send_content("hello, wide world", 17, false);
    send_content("0123456789", 4096, false);
    send_content("", 4096, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                                 "11\r\nhello, wide world\r\na\r\n0123456789\r\n0\r\n\r\n");
    rig_close(&rig);
}

TEST(a_source_without_bytes_gets_no_turn_until_it_is_resumed)
{
    struct weft_http_turn turn;
    start_silent(GET);
    respond_with(200, 4, false);
    send_content("", 10, false);
    CHECK(!weft_h1_next_turn(rig.conn, 10, &turn));
    weft_h1_resume(rig.conn, rig.last_id);
    CHECK(weft_h1_next_turn(rig.conn, 10, &turn));
    CHECK_EQ(turn.size, 4); // never more than the length allows
    memcpy(turn.room, "done", 4);
    weft_h1_commit(rig.conn, &turn, 4, false);
    rig_run(&rig);
    CHECK_STORY(&rig, "REQUEST GET / @a END;CLOSED;"); // the length ends it
    rig_close(&rig);
}

// RFC 9112 §8: the peer sees the cut.
TEST(content_shorter_than_its_length_ends_the_connection)
{
    start_silent(GET);
    respond_with(200, 4, false);
    send_content("cut", 10, true);
    rig_run(&rig);
    CHECK_STORY(&rig, "REQUEST GET / @a END;LOST;FAILED: content shorter than its content_length;");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

// RFC 9112 §7.1.2; elsewhere there is no place for trailers.
TEST(trailers_are_sent_in_chunked_answers_only)
{
    struct weft_http_field field = {.name = WEFT_SPAN("x-sum"), .value = WEFT_SPAN("1")};
    start_silent(GET);
    respond_with(200, -1, false);
    send_content("x", 10, false);
    CHECK_EQ(weft_h1_send_trailers(rig.conn, rig.last_id, &field, 1), WEFT_OK);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                                 "1\r\nx\r\n0\r\nx-sum: 1\r\n\r\n");
    CHECK_EQ(weft_h1_send_trailers(rig.conn, rig.last_id, &field, 1), WEFT_GONE);
    rig_close(&rig);

    start_silent("GET / HTTP/1.0\r\n\r\n");
    respond_with(200, -1, false);
    send_content("x", 10, false);
    struct weft_http_field wrong = WEFT_HTTP_FIELD(CONTENT_LENGTH, WEFT_SPAN("1"));
    CHECK_EQ(weft_h1_send_trailers(rig.conn, rig.last_id, &wrong, 1), WEFT_INVALID);
    CHECK_EQ(weft_h1_send_trailers(rig.conn, rig.last_id, &field, 1), WEFT_OK);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nx");
    rig_close(&rig);
}

// RFC 9110 §5.5, §15.2: one gate for all that is sent.
TEST(what_may_not_be_sent_is_refused_and_nothing_changes)
{
    static const struct weft_http_field fields[] = {
        {.name = WEFT_SPAN_INIT("x"), .value = WEFT_SPAN_INIT("a\r\nset-cookie: b")},
        {.name = WEFT_SPAN_INIT("x\r\ny"), .value = WEFT_SPAN_INIT("a")},
        {.name = WEFT_SPAN_INIT("X"), .value = WEFT_SPAN_INIT("a")},
        {.name = WEFT_SPAN_INIT("content-length"), .value = WEFT_SPAN_INIT("1")},
        {.name = WEFT_SPAN_INIT("transfer-encoding"), .value = WEFT_SPAN_INIT("chunked")},
        {.name = WEFT_SPAN_INIT("connection"), .value = WEFT_SPAN_INIT("close")},
    };
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    start_silent(GET);
    head.status = 200;
    head.field_count = 1;
    for (size_t i = 0; i < WEFT_COUNT(fields); i++) {
        head.fields = &fields[i];
        CHECK_EQ(weft_h1_respond(rig.conn, rig.last_id, &head, true), WEFT_INVALID);
    }
    head.field_count = 0;
    head.status = 101;
    CHECK_EQ(weft_h1_respond(rig.conn, rig.last_id, &head, true), WEFT_INVALID);
    head.status = 200;
    head.content_length = 1; // but it is said to end
    CHECK_EQ(weft_h1_respond(rig.conn, rig.last_id, &head, true), WEFT_INVALID);
    CHECK_EQ(weft_h1_output(rig.conn).size, 0);

    head.content_length = 0;
    CHECK_EQ(weft_h1_respond(rig.conn, rig.last_id + 1, &head, true), WEFT_GONE);
    CHECK_EQ(weft_h1_respond(rig.conn, rig.last_id, &head, true), WEFT_OK);
    CHECK_EQ(weft_h1_respond(rig.conn, rig.last_id, &head, true), WEFT_GONE);
    CHECK_EQ(weft_h1_push(rig.conn, rig.last_id, &head, &rig.last_id), WEFT_GONE);
    uint64_t id;
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_INVALID); // a server asks nothing
    rig_close(&rig);
}

TEST(a_second_final_head_is_refused)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    start_silent(GET);
    respond_with(200, 5, false);
    head.status = 200;
    CHECK_EQ(weft_h1_respond(rig.conn, rig.last_id, &head, false), WEFT_INVALID);
    head.status = 103;
    CHECK_EQ(weft_h1_respond(rig.conn, rig.last_id, &head, false), WEFT_INVALID);
    rig_close(&rig);
}

// RFC 9110 §15.2, RFC 8297
TEST(interim_heads_go_to_1_1_only)
{
    start_silent(GET);
    respond_with(103, -1, false);
    respond_with(200, 0, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig),
               "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    rig_close(&rig);

    start_silent("GET / HTTP/1.0\r\n\r\n");
    respond_with(103, -1, false);
    respond_with(200, 0, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig),
               "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    rig_close(&rig);
}

#define EXPECT "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\ncontent-length: 2\r\n\r\n"

// RFC 9110 §10.1.1
TEST(a_client_that_waits_is_told_to_continue)
{
    start_silent(EXPECT);
    CHECK_SPAN(rig_output(&rig), "HTTP/1.1 100 Continue\r\n\r\n");
    rig_feed_text(&rig, "hi", 0);
    respond_with(200, 0, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig),
               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    rig_close(&rig);

    start_silent(EXPECT "hi"); // it has not waited
    CHECK_EQ(rig.output_size, 0);
    rig_close(&rig);

    start_silent("POST / HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
    CHECK_EQ(rig.output_size, 0);
    rig_close(&rig);
}

// RFC 9110 §10.1.1: whether the content comes now is not known, so nothing can follow.
TEST(a_final_answer_instead_of_100_closes)
{
    struct weft_http_event event;
    struct weft_span request = WEFT_SPAN(EXPECT);
    start();
    CHECK(rig_open(&rig));
    weft_h1_feed(rig.conn, request, rig.now_us);
    CHECK(weft_h1_next_event(rig.conn, &event));
    CHECK(event.head->expects_continue);
    rig.last_id = event.stream_id;
    respond_with(413, 0, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig),
               "HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

static void feed_zeroes(size_t size)
{
    static const uint8_t zeroes[1000];
    for (; size > 0; size -= size < 1000 ? size : 1000)
        rig_feed(&rig, (struct weft_span){zeroes, size < 1000 ? size : 1000});
}

// RFC 9112 §9.3: the whole request is read before the next one, or the connection closes.
TEST(a_request_answered_early_is_read_to_its_end_if_that_is_near)
{
    start_silent("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\nabc");
    respond_with(404, 0, true);
    rig_run(&rig);
    CHECK_STORY(&rig, "REQUEST POST / @a content-length=60000;'abc'CLOSED;");
    CHECK(weft_h1_wants_input(rig.conn));
    feed_zeroes(59997);
    rig_feed_text(&rig, GET, 0);
    CHECK(strstr(rig.story, "'abc'CLOSED;REQUEST GET / @a END;") != NULL);
    rig_close(&rig);

    start_silent("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 70000\r\n\r\nabc");
    respond_with(404, 0, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig),
               "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start_silent("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n11170\r\nabc");
    respond_with(200, 0, true); // not a refusal: it may be short
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    feed_zeroes(65000);
    CHECK(!weft_h1_is_finished(rig.conn));
    feed_zeroes(1000);
    CHECK(weft_h1_is_finished(rig.conn)); // but it was not
    rig_close(&rig);
}

TEST(what_follows_an_answered_chunked_request_is_found)
{
    start_silent("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    respond_with(200, 0, true);
    rig_run(&rig);
    rig_feed_text(&rig, "3\r\nabc\r\n0\r\nx: y\r\n\r\n" GET, 1);
    CHECK(strstr(rig.story, "chunked;CLOSED;REQUEST GET / @a END;") != NULL);
    rig_close(&rig);
}

// Attack: pipelining flood. The most that is answered before output leaves, and the most output.
TEST(a_thousand_pipelined_requests_take_turns_in_bounded_memory)
{
    static char flood[1000 * sizeof(GET)];
    for (size_t i = 0; i < 1000; i++)
        memcpy(flood + i * (sizeof(GET) - 1), GET, sizeof(GET));
    start();
    rig.holds_output = true;
    serve(flood, 0);
    CHECK_EQ(weft_h1_totals(rig.conn)->requests, rig.limits.pipeline_count);
    CHECK_EQ(rig.counters.pipeline_count, 1);
    CHECK(!weft_h1_wants_input(rig.conn));
    CHECK(rig.memory.peak < 110000); // three times what was fed: held, twice while it moves
    rig.holds_output = false;
    rig_run(&rig);
    CHECK_EQ(weft_h1_totals(rig.conn)->requests, 1000);
    CHECK_EQ(rig.output_size, 1000 * strlen("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    CHECK(weft_h1_wants_input(rig.conn));
    rig_close(&rig);
}

TEST(much_output_stops_parsing)
{
    start();
    rig.limits.output_size = 100;
    rig.holds_output = true;
    rig.body = ""; // 38 bytes an answer
    serve(GET GET GET GET, 0);
    CHECK_EQ(weft_h1_totals(rig.conn)->requests, 3);
    CHECK_EQ(rig.counters.output_size, 1);
    CHECK(!weft_h1_wants_input(rig.conn));
    rig.holds_output = false;
    rig_run(&rig);
    CHECK_EQ(weft_h1_totals(rig.conn)->requests, 4);
    CHECK_EQ(rig.output_size, 4 * 38);
    rig_close(&rig);
}

TEST(a_connection_in_its_steady_state_allocates_nothing)
{
    start();
    serve(GET GET, 0);
    size_t calls = rig.memory.calls;
    for (int i = 0; i < 100; i++)
        rig_feed_text(&rig, GET, 0);
    CHECK_EQ(rig.memory.calls, calls);
    rig_close(&rig);
}

// Content that is not consumed holds the peer back.
TEST(content_waits_for_its_consumer)
{
    start();
    rig.is_silent = rig.is_deaf = true;
    rig.limits.stream_window = 10;
    serve("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 30\r\n\r\n0123456789", 0);
    CHECK(!weft_h1_wants_input(rig.conn));
    CHECK_EQ(rig.counters.stream_window, 1);
    weft_h1_consume(rig.conn, rig.last_id, 1);
    CHECK(weft_h1_wants_input(rig.conn));
    rig_close(&rig);
}

// Heads as fields, with the start line as pseudo-fields; then why it ended.
TEST(heads_and_errors_are_traced)
{
    static const char *const should[] = {":method GET",
                                         ":authority a",
                                         ":path /",
                                         "host a",
                                         "x y",
                                         ":status 404",
                                         "server weft",
                                         "content-length 0",
                                         " this is not HTTP/1"};
    static uint64_t ring[512];
    struct weft_http_field field = WEFT_HTTP_FIELD(SERVER, WEFT_SPAN("weft"));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    struct weft_trace trace;
    struct weft_trace_record record;
    start();
    weft_trace_init(&trace, ring, sizeof(ring));
    rig.trace = &trace;
    rig.is_silent = true;
    serve("GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n\r\n", 0);
    head.status = 404;
    head.fields = &field;
    head.field_count = 1;
    CHECK_EQ(weft_h1_respond(rig.conn, 1, &head, true), WEFT_OK);
    rig_feed_text(&rig, "\x01", 0);
    for (size_t i = 0; i < WEFT_COUNT(should); i++) {
        char line[100];
        CHECK(weft_trace_read(&trace, &record));
        snprintf(line, sizeof(line), "%.*s %.*s", (int)record.name.size,
                 record.name.size ? (const char *)record.name.data : "", (int)record.value.size,
                 (const char *)record.value.data);
        CHECK_SAME(weft_span_of(line), weft_span_of(should[i]));
    }
    CHECK(!weft_trace_read(&trace, &record));
    rig_close(&rig);
}
