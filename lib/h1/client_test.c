// h1/client_test.c: the engine as a client.
#include "rig_test.h"

static struct rig rig;

static struct weft_http_head request_head(enum weft_http_method method)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = (uint8_t)method;
    head.scheme = WEFT_SPAN("http");
    head.authority = WEFT_SPAN("a:8080");
    head.path = WEFT_SPAN("/");
    return head;
}

static enum weft_result ask(enum weft_http_method method)
{
    struct weft_http_head head = request_head(method);
    uint64_t id;
    return weft_h1_request(rig.conn, &head, true, &id);
}

static void start(void)
{
    rig_start(&rig, WEFT_HTTP_CLIENT);
    CHECK(rig_open(&rig));
}

// Asks with the method, lets the request leave and forgets what it looked like.
static void start_with(enum weft_http_method method)
{
    start();
    CHECK_EQ(ask(method), WEFT_OK);
    rig_run(&rig);
    rig.output_size = 0;
}

// RFC 9112 §3.2: origin form, Host first; RFC 9110 §8.6
TEST(requests_are_written_as_the_methods_want_them)
{
    struct weft_http_field fields[] = {WEFT_HTTP_FIELD(ACCEPT, WEFT_SPAN("*/*")),
                                       WEFT_HTTP_FIELD(TE, WEFT_SPAN("trailers"))};
    struct weft_http_head head = request_head(WEFT_HTTP_GET);
    uint64_t id = 0;
    head.fields = fields;
    head.field_count = 2;
    start();
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_OK);
    CHECK_EQ(id, 1);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "GET / HTTP/1.1\r\nhost: a:8080\r\naccept: */*\r\nte: trailers\r\n"
                                 "connection: te\r\n\r\n"); // §7.4
    rig_close(&rig);

    head = request_head(WEFT_HTTP_OPTIONS);
    head.path = WEFT_SPAN("*");
    start();
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_OK);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "OPTIONS * HTTP/1.1\r\nhost: a:8080\r\n\r\n");
    rig_close(&rig);

    head = request_head(WEFT_HTTP_OTHER_METHOD);
    head.method_text = WEFT_SPAN("BREW");
    start();
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_OK);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "BREW / HTTP/1.1\r\nhost: a:8080\r\n\r\n");
    rig_close(&rig);

    start();
    CHECK_EQ(ask(WEFT_HTTP_POST), WEFT_OK);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "POST / HTTP/1.1\r\nhost: a:8080\r\ncontent-length: 0\r\n\r\n");
    rig_close(&rig);
}

// RFC 9112 §9.3: whoever speaks 1.0 asks once
TEST(a_client_of_1_0_asks_once_and_sends_no_chunks)
{
    struct weft_http_head head = request_head(WEFT_HTTP_PUT);
    uint64_t id;
    rig_start(&rig, WEFT_HTTP_CLIENT);
    rig.speaks_1_0 = true;
    CHECK(rig_open(&rig));
    CHECK_EQ(weft_h1_request(rig.conn, &head, false, &id), WEFT_INVALID);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_GONE);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "GET / HTTP/1.0\r\nhost: a:8080\r\n\r\n");
    rig_feed_text(&rig, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 1000);
    rig_run(&rig);
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

TEST(request_content_is_framed_by_its_length_or_in_chunks)
{
    struct weft_http_head head = request_head(WEFT_HTTP_PUT);
    struct weft_http_turn turn;
    uint64_t id;
    start();
    head.content_length = 2;
    CHECK_EQ(weft_h1_request(rig.conn, &head, false, &id), WEFT_OK);
    CHECK(weft_h1_next_turn(rig.conn, 1000, &turn));
    CHECK_EQ(turn.size, 2);
    memcpy(turn.room, "ok", 2);
    weft_h1_commit(rig.conn, &turn, 2, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig), "PUT / HTTP/1.1\r\nhost: a:8080\r\ncontent-length: 2\r\n\r\nok");
    rig_close(&rig);

    start();
    head.content_length = WEFT_HTTP_LENGTH_UNKNOWN;
    CHECK_EQ(weft_h1_request(rig.conn, &head, false, &id), WEFT_OK);
    CHECK(weft_h1_next_turn(rig.conn, 1000, &turn));
    memcpy(turn.room, "ok", 2);
    weft_h1_commit(rig.conn, &turn, 2, true);
    rig_run(&rig);
    CHECK_SPAN(rig_output(&rig),
               "PUT / HTTP/1.1\r\nhost: a:8080\r\ntransfer-encoding: chunked\r\n\r\n"
               "2\r\nok\r\n0\r\n\r\n");
    rig_close(&rig);
}

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): a table reads in the order of time
struct response_row {
    const char *name;
    enum weft_http_method method;
    const char *input;
    bool ends; // the peer closes behind it
    const char *story;
    bool is_finished;
};

static const struct response_row rows[] = {
    // RFC 9112 §6.3
    {"by length", WEFT_HTTP_GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false,
     "RESPONSE 200 content-length=5;'hello' END;CLOSED;", false},
    {"by chunks", WEFT_HTTP_GET,
     "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false,
     "RESPONSE 200 transfer-encoding=chunked;'hello' END;CLOSED;", false},
    {"with trailers", WEFT_HTTP_GET,
     "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n", false,
     "RESPONSE 200 transfer-encoding=chunked;'x'TRAILERS x-sum=1 END;CLOSED;", false},
    {"until the close", WEFT_HTTP_GET, "HTTP/1.1 200 OK\r\n\r\nhello", true,
     "RESPONSE 200;'hello' END;CLOSED;", true},
    {"empty until the close", WEFT_HTTP_GET, "HTTP/1.1 200 OK\r\n\r\n", true,
     "RESPONSE 200; END;CLOSED;", true},
    {"no content", WEFT_HTTP_GET, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false,
     "RESPONSE 200 content-length=0 END;CLOSED;", false},
    {"HEAD", WEFT_HTTP_HEAD, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", false,
     "RESPONSE 200 content-length=5 END;CLOSED;", false},
    {"HEAD, chunked", WEFT_HTTP_HEAD, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
     false, "RESPONSE 200 transfer-encoding=chunked END;CLOSED;", false},
    {"204", WEFT_HTTP_GET, "HTTP/1.1 204 No Content\r\n\r\n", false, "RESPONSE 204 END;CLOSED;",
     false},
    {"304", WEFT_HTTP_GET, "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", false,
     "RESPONSE 304 content-length=5 END;CLOSED;", false},
    // RFC 9110 §15.2
    {"interim heads", WEFT_HTTP_GET,
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 "
     "\r\n\r\n",
     false, "INTERIM 100;INTERIM 103 link=x;RESPONSE 204 END;CLOSED;", false},
    // §9.3, §9.6
    {"close", WEFT_HTTP_GET, "HTTP/1.1 204 \r\nconnection: close\r\n\r\n", false,
     "RESPONSE 204 connection=close END;CLOSED;", true},
    {"1.0 closes by default", WEFT_HTTP_GET, "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx", false,
     "RESPONSE 200 content-length=1;'x' END;CLOSED;", true},
    {"1.0 may go on", WEFT_HTTP_GET,
     "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\nx", false,
     "RESPONSE 200 connection=keep-alive content-length=1;'x' END;CLOSED;", false},
    // §4: the reason is of no use, and may be missing; RFC 9110 §15: what is above 599 is a 5xx
    {"no reason", WEFT_HTTP_GET, "HTTP/1.1 204\r\n\r\n", false, "RESPONSE 204 END;CLOSED;", false},
    {"700", WEFT_HTTP_GET, "HTTP/1.1 700 X\r\ncontent-length: 0\r\n\r\n", false,
     "RESPONSE 500 content-length=0 END;CLOSED;", false},
    // §5.1, §5.2: a client mends what a server has to refuse
    {"a blank before the colon", WEFT_HTTP_GET, "HTTP/1.1 204 \r\nx : y\r\n\r\n", false,
     "RESPONSE 204 x=y END;CLOSED;", false},
    {"a folded line", WEFT_HTTP_GET, "HTTP/1.1 204 \r\nx: y\r\n\tz\r\n\r\n", false,
     "RESPONSE 204 x=y  \tz END;CLOSED;", false},
    // §8: incomplete
    {"cut within a length", WEFT_HTTP_GET, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", true,
     "RESPONSE 200 content-length=5;'hell'LOST;FAILED: the peer closed within a message;", true},
    {"cut within chunks", WEFT_HTTP_GET,
     "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", true,
     "RESPONSE 200 transfer-encoding=chunked;'hello'LOST;FAILED: the peer closed within a message;",
     true},
    {"cut within a head", WEFT_HTTP_GET, "HTTP/1.1 200 OK\r\n", true,
     "LOST;FAILED: the peer closed within a message;", true},
    {"no answer at all", WEFT_HTTP_GET, "", true, "LOST;FAILED: the peer closed within a message;",
     true},
    // §6.3: never taken for the answer to the next request
    {"what no request has asked for", WEFT_HTTP_GET,
     "HTTP/1.1 204 \r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false,
     "RESPONSE 204 END;CLOSED;FAILED: data that no request has asked for;", true},
    // §6.1, §6.3, §11.2
    {"length beside chunks", WEFT_HTTP_GET,
     "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", false,
     "LOST;FAILED: content-length beside transfer-encoding;", true},
    {"chunks from 1.0", WEFT_HTTP_GET, "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
     false, "LOST;FAILED: transfer-encoding in a message of HTTP/1.0;", true},
    {"another coding", WEFT_HTTP_GET, "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
     false, "LOST;FAILED: a transfer coding other than chunked;", true},
    {"two lengths", WEFT_HTTP_GET,
     "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n", false,
     "LOST;FAILED: content-length is no number, or two differ;", true},
    {"a bad chunk", WEFT_HTTP_GET, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nz\r\n",
     false, "RESPONSE 200 transfer-encoding=chunked;LOST;FAILED: a chunk without a size;", true},
    {"101", WEFT_HTTP_GET, "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", false,
     "LOST;FAILED: a switch of protocols that was not asked for;", true},
    // §4
    {"another protocol", WEFT_HTTP_GET, "SSH-2.0-x\r\n", false, "LOST;FAILED: this is not HTTP/1;",
     true},
    {"an empty line", WEFT_HTTP_GET, "\r\nHTTP/1.1 204 \r\n\r\n", false,
     "LOST;FAILED: this is not HTTP/1;", true},
    {"a short status", WEFT_HTTP_GET, "HTTP/1.1 20\r\n\r\n", false,
     "LOST;FAILED: a status line that is cut short;", true},
    {"a long status", WEFT_HTTP_GET, "HTTP/1.1 2000\r\n\r\n", false,
     "LOST;FAILED: a status that is not three digits;", true},
    {"a low status", WEFT_HTTP_GET, "HTTP/1.1 099 \r\n\r\n", false,
     "LOST;FAILED: a status that is not three digits;", true},
    {"a reason with CR", WEFT_HTTP_GET, "HTTP/1.1 200 a\rb\r\n\r\n", false,
     "LOST;FAILED: a reason phrase with CR, LF or NUL;", true},
    {"HTTP/2 in text", WEFT_HTTP_GET, "HTTP/2.0 200 OK\r\n\r\n", false,
     "LOST;FAILED: not a version of HTTP/1;", true},
};

TEST(responses_are_read_alike_however_they_are_split)
{
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        size_t size = strlen(rows[i].input);
        for (size_t piece = 0; piece <= size; piece++) {
            start_with(rows[i].method);
            rig_feed_text(&rig, rows[i].input, piece);
            if (rows[i].ends) weft_h1_feed_end(rig.conn, rig.now_us);
            rig_run(&rig);
            CHECK_SAME(weft_span_of(rig.story), weft_span_of(rows[i].story));
            CHECK_EQ(weft_h1_is_finished(rig.conn), rows[i].is_finished);
            CHECK_EQ(ask(WEFT_HTTP_GET), rows[i].is_finished ? WEFT_GONE : WEFT_OK);
            CHECK_EQ(rig.output_size, 0);
            rig_close(&rig);
        }
    }
}

#define NO_CONTENT "HTTP/1.1 204 \r\n\r\n"

// RFC 9112 §9.3.2
TEST(a_pipeline_is_answered_in_order_up_to_its_depth)
{
    start();
    rig.limits.pipeline_count = 3;
    for (int i = 0; i < 3; i++)
        CHECK_EQ(ask(i == 1 ? WEFT_HTTP_HEAD : WEFT_HTTP_GET), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_LATER);
    rig_run(&rig);
    CHECK_EQ(weft_h1_stream_count(rig.conn), 3);

    rig_feed_text(&rig,
                  "HTTP/1.1 201 \r\ncontent-length: 1\r\n\r\nxHTTP/1.1 202 \r\ncontent-length: "
                  "1\r\n\r\n" NO_CONTENT,
                  5);
    CHECK_STORY(&rig, "RESPONSE 201 content-length=1;'x' END;CLOSED;"
                      "RESPONSE 202 content-length=1 END;CLOSED;RESPONSE 204 END;CLOSED;");
    CHECK_EQ(rig.last_id, 3);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    rig_close(&rig);
}

// RFC 9112 §9.3.2: what follows one that must not be sent twice waits.
TEST(nothing_is_pipelined_behind_a_request_that_is_not_idempotent)
{
    start();
    CHECK_EQ(ask(WEFT_HTTP_POST), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_LATER);
    rig_run(&rig);
    rig_feed_text(&rig, NO_CONTENT, 0);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    rig_close(&rig);
}

TEST(a_request_waits_for_the_content_of_the_one_before)
{
    struct weft_http_head head = request_head(WEFT_HTTP_PUT);
    struct weft_http_turn turn;
    uint64_t id;
    start();
    CHECK_EQ(weft_h1_request(rig.conn, &head, false, &id), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_LATER);
    CHECK(weft_h1_next_turn(rig.conn, 10, &turn));
    weft_h1_commit(rig.conn, &turn, 0, true);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    rig_close(&rig);
}

// RFC 9112 §9.3.1, RFC 9110 §9.2.2: what has not left, and what follows a close, was surely not acted upon.
TEST(requests_that_were_surely_not_acted_upon_say_so)
{
    start();
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    rig_run(&rig);
    rig.holds_output = true;
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    weft_h1_feed_end(rig.conn, rig.now_us);
    rig_run(&rig);
    CHECK_STORY(&rig, "LOST;LOST unprocessed;FAILED: the peer closed within a message;");
    rig_close(&rig);

    start();
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    rig_run(&rig);
    rig_feed_text(&rig, "HTTP/1.1 204 \r\nconnection: close\r\n\r\n", 0);
    CHECK_STORY(&rig, "RESPONSE 204 connection=close END;CLOSED;LOST unprocessed;"); // §9.6
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start();
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    rig_run(&rig);
    weft_h1_reset(rig.conn, 2, WEFT_HTTP_CANCEL);
    rig_run(&rig);
    CHECK_STORY(&rig, "LOST;LOST;");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

// RFC 9112 §6.3: an answer that comes before its request has left is none.
TEST(an_answer_to_an_unsent_request_is_not_taken)
{
    start();
    rig.holds_output = true;
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    rig_feed_text(&rig, NO_CONTENT, 0);
    CHECK_STORY(&rig, "LOST unprocessed;FAILED: data that no request has asked for;");
    rig_close(&rig);
}

static void start_upload(const char *answer)
{
    struct weft_http_head head = request_head(WEFT_HTTP_POST);
    uint64_t id;
    start();
    CHECK_EQ(weft_h1_request(rig.conn, &head, false, &id), WEFT_OK);
    rig_run(&rig);
    rig_feed_text(&rig, answer, 0);
}

// RFC 9112 §9.3, §9.5: an answer may come before the request has left whole.
TEST(an_early_answer_lets_the_request_finish_or_cuts_it)
{
    struct weft_http_turn turn;
    start_upload(NO_CONTENT);
    CHECK_STORY(&rig, "RESPONSE 204 END;");
    CHECK(weft_h1_next_turn(rig.conn, 10, &turn));
    weft_h1_commit(rig.conn, &turn, 0, true);
    rig_run(&rig);
    CHECK_STORY(&rig, "RESPONSE 204 END;CLOSED;");
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start_upload("HTTP/1.1 413 \r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    CHECK_STORY(&rig, "RESPONSE 413 connection=close content-length=0 END;CLOSED;");
    CHECK(!weft_h1_next_turn(rig.conn, 10, &turn));
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start_upload(NO_CONTENT);
    weft_h1_feed_end(rig.conn, rig.now_us);
    rig_run(&rig);
    CHECK_STORY(&rig, "RESPONSE 204 END;CLOSED;");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start_upload(NO_CONTENT NO_CONTENT); // the second is nobody's
    CHECK_STORY(&rig, "RESPONSE 204 END;LOST;FAILED: data that no request has asked for;");
    rig_close(&rig);
}

// Limit interim_count
TEST(interim_heads_have_a_limit)
{
    start_with(WEFT_HTTP_GET);
    for (int i = 0; i < 10; i++)
        rig_feed_text(&rig, "HTTP/1.1 103 \r\n\r\n", 0);
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_feed_text(&rig, "HTTP/1.1 103 \r\n\r\n", 0);
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK_EQ(rig.counters.interim_count, 1);
    rig_close(&rig);
}

// Limit request_line_size: it holds for the status line too.
TEST(a_status_line_has_a_limit)
{
    start_with(WEFT_HTTP_GET);
    rig.limits.request_line_size = 20;
    rig_feed_text(&rig, "HTTP/1.1 200 a long reason", 0);
    CHECK_STORY(&rig, "LOST;FAILED: a status line above the limit request_line_size;");
    CHECK_EQ(rig.counters.request_line_size, 1);
    rig_close(&rig);
}

TEST(what_a_client_may_not_ask_is_refused)
{
    struct weft_http_head head = request_head(WEFT_HTTP_CONNECT);
    struct weft_http_field host = WEFT_HTTP_FIELD(HOST, WEFT_SPAN("b"));
    uint64_t id;
    start();
    head.path = WEFT_SPAN("");
    head.scheme = WEFT_SPAN("");
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_INVALID);
    head = request_head(WEFT_HTTP_GET);
    head.path = WEFT_SPAN("/ HTTP/1.1\r\nx: y");
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_INVALID);
    head = request_head(WEFT_HTTP_GET);
    head.fields = &host;
    head.field_count = 1;
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_INVALID);
    head = request_head(WEFT_HTTP_GET);
    head.content_length = 1;
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_INVALID);
    CHECK_EQ(weft_h1_stream_count(rig.conn), 0);

    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
    head.content_length = 0;
    head.status = 200;
    CHECK_EQ(weft_h1_respond(rig.conn, 1, &head, true), WEFT_INVALID); // a client answers nothing
    rig_close(&rig);
}

// RFC 9112 §6.1: no chunks to a server that has shown to be of 1.0.
TEST(a_server_of_1_0_gets_no_chunks)
{
    struct weft_http_head head = request_head(WEFT_HTTP_POST);
    uint64_t id;
    start_with(WEFT_HTTP_GET);
    rig_feed_text(&rig, "HTTP/1.0 204 \r\nconnection: keep-alive\r\n\r\n", 0);
    CHECK_EQ(weft_h1_request(rig.conn, &head, false, &id), WEFT_INVALID);
    head.content_length = 3;
    CHECK_EQ(weft_h1_request(rig.conn, &head, false, &id), WEFT_OK);
    rig_close(&rig);
}

TEST(a_draining_client_asks_nothing_new)
{
    start_with(WEFT_HTTP_GET);
    weft_h1_drain(rig.conn, rig.now_us);
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_GONE);
    rig_feed_text(&rig, NO_CONTENT, 0);
    CHECK_STORY(&rig, "RESPONSE 204 END;CLOSED;");
    CHECK(weft_h1_is_finished(rig.conn));
    rig_close(&rig);

    start_with(WEFT_HTTP_GET);
    rig.limits.requests_per_connection = 1;
    CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_GONE);
    rig_close(&rig);
}

// Feeds one answer to each of some requests, in pieces, and hands out the story of the last one.
static const char *story_of_last(const char *const *answers, size_t count, size_t piece)
{
    start();
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(ask(i == 4 ? WEFT_HTTP_HEAD : WEFT_HTTP_GET), WEFT_OK);
        rig_run(&rig);
        rig.story[0] = 0;
        rig_feed_text(&rig, answers[i], piece);
    }
    return rig.story;
}

#define SAME_HEAD "HTTP/1.1 200 OK\r\nX-Name:  one\r\n two\r\nEmpty:\r\nContent-Length: 2\r\n\r\n"

// The last of the answers means what it does where all before it were of another kind, and the request the same.
static void check_last(const char *const *answers, size_t count, size_t piece)
{
    static const char *none[16];
    char alone[RIG_STORY];
    CHECK(count <= WEFT_COUNT(none));
    for (size_t i = 0; i < count; i++) {
        none[i] = i == 4 ? "HTTP/1.1 204 \r\n\r\n" : "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n";
    }
    none[count - 1] = answers[count - 1];
    snprintf(alone, sizeof(alone), "%s", story_of_last(none, count, piece));
    rig_close(&rig);
    CHECK(strcmp(story_of_last(answers, count, piece), alone) == 0);
    rig_close(&rig);
}

// A head that comes again means what it meant, whatever the split; framing goes by the request.
TEST(a_response_with_a_known_head_is_as_any_other)
{
    static const char *const answers[] = {
        SAME_HEAD "ab",
        SAME_HEAD "cd",
        SAME_HEAD "ef",
        SAME_HEAD "gh",
        SAME_HEAD,
        SAME_HEAD "ij",
        "HTTP/1.1 200 OK\r\nX-Name:  one\r\n three\r\nContent-Length: 1\r\n\r\nk",
        SAME_HEAD "lm",
        "HTTP/1.1 103 Early\r\n\r\n" SAME_HEAD "no"};
    for (size_t count = 1; count <= WEFT_COUNT(answers); count++) {
        for (size_t piece = 1; piece < 100; piece++) {
            check_last(answers, count, piece);
        }
    }
}

// What is remembered counts as memory, and goes when nothing is asked for a while.
TEST(a_known_head_is_given_back)
{
    start();
    size_t before = weft_h1_memory(rig.conn);
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQ(ask(WEFT_HTTP_GET), WEFT_OK);
        rig_run(&rig);
        rig_feed_text(&rig, SAME_HEAD "ab", 0);
    }
    CHECK(weft_h1_memory(rig.conn) > before + 100);
    rig.now_us += 2000000;
    weft_h1_tick(rig.conn, rig.now_us);
    CHECK(weft_h1_memory(rig.conn) < before + 600); // exchanges that wait to be used again
    rig_close(&rig);
}
