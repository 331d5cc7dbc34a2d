// h1/refuse_test.c: what a server answers by itself and closes on: all that two readers could read in two ways.
#include "rig_test.h"

static struct rig rig;

#define HOST      "host: a\r\n"
#define POST      "POST / HTTP/1.1\r\n" HOST
#define CHUNKED   POST "transfer-encoding: chunked\r\n\r\n"
#define FOLLOW_UP "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"

struct refusal {
    const char *input;
    unsigned status;
};

// Is the only answer one with that status, which closes, and was no request made known?
static void check_refused(const struct refusal *row, size_t piece)
{
    char line[64];
    size_t size = (size_t)snprintf(line, sizeof(line), "HTTP/1.1 %u ", row->status);
    rig_start(&rig, WEFT_HTTP_SERVER);
    CHECK(rig_open(&rig));
    rig_feed_text(&rig, row->input, piece);

    CHECK_SAME(weft_span_part(rig_output(&rig), 0, size), weft_span_of(line));
    CHECK(strstr(rig.output, "\r\nconnection: close\r\n") != NULL);
    CHECK(strstr(rig.output + 1, "HTTP/1.1") == NULL);
    CHECK(strstr(rig.story, "smuggled") == NULL);
    CHECK(strstr(rig.story, "FAILED: ") != NULL);
    CHECK(weft_h1_is_finished(rig.conn));
    CHECK(!weft_h1_wants_input(rig.conn));
    CHECK_EQ(weft_h1_last_error(rig.conn).scope, WEFT_HTTP_CONNECTION);
    rig_close(&rig);
}

static void check_all_refused(const struct refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_refused(&rows[i], 0);
        check_refused(&rows[i], 1);
        check_refused(&rows[i], 7);
    }
}

// RFC 9112 §6.1, §6.3, §11.2: CL.TE, TE.CL, TE.TE and their kin.
TEST(doubtful_framing_is_refused)
{
    static const struct refusal rows[] = {
        {POST "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "content-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {POST "transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: identity\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: gzip\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: xchunked\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: chunked;x=1\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: \"chunked\"\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: \vchunked\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: chunked\f\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding:\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: ,chunked\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 501},
        {POST "transfer-encoding : chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "transfer-encoding\t: chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST " transfer-encoding: chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "x: y\r\n transfer-encoding: chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "x: y\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "x: y\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {POST "content-length: 1\r\ncontent-length: 2\r\n\r\nxy" FOLLOW_UP, 400},
        {POST "content-length: 1, 2\r\n\r\nxy" FOLLOW_UP, 400},
        {POST "content-length: +1\r\n\r\nx" FOLLOW_UP, 400},
        {POST "content-length: -1\r\n\r\nx" FOLLOW_UP, 400},
        {POST "content-length: 0x1\r\n\r\nx" FOLLOW_UP, 400},
        {POST "content-length: 1 2\r\n\r\nx" FOLLOW_UP, 400},
        {POST "content-length: 1;2\r\n\r\nx" FOLLOW_UP, 400},
        {POST "content-length:\r\n\r\n" FOLLOW_UP, 400},
        {POST "content-length: 9223372036854775808\r\n\r\n" FOLLOW_UP, 400},
        {POST "content-length: 18446744073709551617\r\n\r\nx" FOLLOW_UP, 400},
        {POST "content-length : 5\r\n\r\nhello" FOLLOW_UP, 400},
    };
    check_all_refused(rows, WEFT_COUNT(rows));
}

// RFC 9112 §2.2, §3, §5
TEST(malformed_heads_are_refused)
{
    static const struct refusal rows[] = {
        {"\x16\x03\x01\x02", 400},                                             // TLS
        {" GET / HTTP/1.1\r\n" HOST "\r\n", 400},                              //
        {"\nGET / HTTP/1.1\r\n" HOST "\r\n", 400},                             // §2.2: LF alone
        {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400},                       // two empty lines
        {"GET / HTTP/1.1\nhost: a\n\n", 400},                                  //
        {"GET / HTTP/1.1\r\n host: a\r\n\r\n", 400},                           // §2.2
        {"GET / HTTP/1.1\r\n" HOST "x: a\r\n b\r\n\r\n", 400},                 // §5.2
        {"GET / HTTP/1.1\r\n" HOST "x : a\r\n\r\n", 400},                      // §5.1
        {"GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", 400},                        //
        {"GET / HTTP/1.1\r\n" HOST "x\r\n\r\n", 400},                          //
        {"GET / HTTP/1.1\r\n" HOST "x(y: a\r\n\r\n", 400},                     //
        {"GET / HTTP/1.1\r\n" HOST "\xc3\xa4: a\r\n\r\n", 400},                //
        {"GET / HTTP/1.1\r\n" HOST "\rx: a\r\n\r\n", 400},                     //
        {"GET / HTTP/1.1\r\n" HOST "x: a\rb\r\n\r\n", 400},                    // §2.2
        {"GET / HTTP/1.1\r\n" HOST "long-enough: abcdefghij\rb\r\n\r\n", 400}, //
        {"GET / HTTP/1.1\r\r\n" HOST "\r\n", 400},                             //
        {"GET /\r\n" HOST "\r\n", 400},                                        // HTTP/0.9
        {"GET\r\n\r\n", 400},                                                  //
        {"GET /  HTTP/1.1\r\n" HOST "\r\n", 400},                              //
        {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400},                              //
        {"GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400},                              //
        {"GET / x HTTP/1.1\r\n" HOST "\r\n", 400},                             //
        {"GET / HTTP/1.1 \r\n" HOST "\r\n", 400},                              //
        {"GET / http/1.1\r\n" HOST "\r\n", 400},                               //
        {"GET / HTTP/11\r\n" HOST "\r\n", 400},                                //
        {"GET / HTTP/1.10\r\n" HOST "\r\n", 400},                              //
        {"GET / HTTP/1.x\r\n" HOST "\r\n", 400},                               //
        {"G(T / HTTP/1.1\r\n" HOST "\r\n", 400},                               //
        {"GET /\x01 HTTP/1.1\r\n" HOST "\r\n", 400},                           //
        {"GET /#x HTTP/1.1\r\n" HOST "\r\n", 400},                             //
        {"GET x HTTP/1.1\r\n" HOST "\r\n", 400},                               // §3.2
        {"GET * HTTP/1.1\r\n" HOST "\r\n", 400},                               // §3.2.4
        {"GET a:80 HTTP/1.1\r\n" HOST "\r\n", 400},                            // §3.2.3
        {"GET http://u@b/ HTTP/1.1\r\n" HOST "\r\n", 400},                     // RFC 9110 §4.2.4
        {"CONNECT /x HTTP/1.1\r\n" HOST "\r\n", 400},                          //
        {"CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n", 501},                  // RFC 9110 §9.3.6
        {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},                               // RFC 9110 §15.6.6
        {"GET / HTTP/0.9\r\n" HOST "\r\n", 505},                               //
        {POST "expect: 200-ok\r\ncontent-length: 1\r\n\r\n", 417},             // RFC 9110 §10.1.1
    };
    check_all_refused(rows, WEFT_COUNT(rows));

    static const uint8_t nul[] = "GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n"; // RFC 9110 §5.5
    rig_start(&rig, WEFT_HTTP_SERVER);
    CHECK(rig_open(&rig));
    rig_feed(&rig, (struct weft_span){nul, sizeof(nul) - 1});
    CHECK_SPAN(weft_span_part(rig_output(&rig), 0, 13), "HTTP/1.1 400 ");
    rig_close(&rig);
}

// RFC 9112 §3.2
TEST(a_request_has_one_valid_host)
{
    static const struct refusal rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost: a\r\nHOST: b\r\n\r\n", 400},
        {"GET / HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost:\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost: a b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost: u@a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost: a:b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost: a:65536\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost: a/b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nhost: a, b\r\n\r\n", 400},
        {"GET / HTTP/1.0\r\nhost: a b\r\n\r\n", 400},
        {"GET http://b/ HTTP/1.1\r\n\r\n", 400},
        {"GET http://b/ HTTP/1.1\r\nhost: a b\r\n\r\n", 400},
    };
    check_all_refused(rows, WEFT_COUNT(rows));
}

// RFC 9112 §7.1: the request is known by then, so it is lost as well.
TEST(malformed_chunks_are_refused)
{
    static const struct refusal rows[] = {
        {CHUNKED "\r\n", 400},
        {CHUNKED "x\r\n", 400},
        {CHUNKED "-1\r\n", 400},
        {CHUNKED "+1\r\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "0x1\r\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1_0\r\n", 400},
        {CHUNKED " 1\r\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1 \r\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1 x\r\n", 400},
        {CHUNKED "1\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1\rx\r\n", 400},
        {CHUNKED "1\r\nxy\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1\r\nx\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1\r\nx\r0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1;a\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "5;x\nyy\r\nhello\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1;a\rb\r\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "1;a=\"\x01\"\r\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "8000000000000000\r\n", 400},
        {CHUNKED "ffffffffffffffff\r\n", 400},
        {CHUNKED "10000000000000001\r\nx\r\n0\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "00000000000000000\r\n", 400},
        {CHUNKED "0\n\n" FOLLOW_UP, 400},
        {CHUNKED "0\r\n\n" FOLLOW_UP, 400},
        {CHUNKED "0\r\nx : y\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "0\r\n x: y\r\n\r\n" FOLLOW_UP, 400},
        {CHUNKED "0\r\nx\r\n\r\n" FOLLOW_UP, 400},
    };
    check_all_refused(rows, WEFT_COUNT(rows));
}

static char large[70000];

static size_t add_text(size_t at, struct weft_span text)
{
    CHECK(text.size < sizeof(large) - at);
    memcpy(large + at, text.data, text.size);
    return at + text.size;
}

static void check_limit(const char *before, const char *unit, size_t count, const char *after,
                        unsigned status)
{
    size_t at = add_text(0, weft_span_of(before));
    for (size_t i = 0; i < count; i++)
        at = add_text(at, weft_span_of(unit));
    at = add_text(at, weft_span_of(after));
    large[at] = 0;
    if (status) {
        check_all_refused(&(struct refusal){large, status}, 1);
        return;
    }
    rig_start(&rig, WEFT_HTTP_SERVER);
    CHECK(rig_open(&rig));
    rig_feed_text(&rig, large, 1000);
    CHECK_SPAN(weft_span_part(rig_output(&rig), 0, 13), "HTTP/1.1 200 ");
    rig_close(&rig);
}

// RFC 9112 §3, §5; RFC 6585 §5
TEST(heads_have_limits)
{
    check_limit("GET /", "x", 8176, " HTTP/1.1\r\n" HOST "\r\n", 0); // 8192 bytes; §3 asks for 8000
    check_limit("GET /", "x", 8179, " HTTP/1.1\r\n" HOST "\r\n", 414);
    CHECK_EQ(rig.counters.request_line_size, 1);
    check_limit("GET /", "x", 9000, "", 414); // without waiting for the end

    check_limit("GET / HTTP/1.1\r\n" HOST "x: ", "y", 8189, "\r\n\r\n", 0);
    check_limit("GET / HTTP/1.1\r\n" HOST "x: ", "y", 8190, "\r\n\r\n", 431);
    check_limit("GET / HTTP/1.1\r\n" HOST "x: ", "y", 9000, "", 431);
    CHECK_EQ(rig.counters.field_line_size, 1);

    check_limit("GET / HTTP/1.1\r\n" HOST, "x:\r\n", 99, "\r\n", 0);
    check_limit("GET / HTTP/1.1\r\n" HOST, "x:\r\n", 100, "\r\n", 431);
    CHECK_EQ(rig.counters.field_count, 1);

    char line[1003]; // and 32 on top, each: 31 of them and host fit into 32768, 32 do not
    memset(line, 'x', 1000);
    line[1] = ':';
    memcpy(line + 1000, "\r\n", 3);
    check_limit("GET / HTTP/1.1\r\n" HOST, line, 31, "\r\n", 0);
    check_limit("GET / HTTP/1.1\r\n" HOST, line, 32, "\r\n", 431);
    CHECK_EQ(rig.counters.field_section_size, 1);
}

// RFC 9112 §7.1.1, §7.1.2
TEST(chunked_bodies_have_limits)
{
    check_limit(CHUNKED "1;", "x", 255, "\r\ny\r\n0\r\n\r\n", 0);
    check_limit(CHUNKED "1;", "x", 257, "\r\ny\r\n0\r\n\r\n", 400);
    CHECK_EQ(rig.counters.chunk_extension_size, 1);
    check_limit(CHUNKED, "1;xxxxxxxxxxxxxxxx\r\ny\r\n", 255, "0\r\n\r\n", 0);
    check_limit(CHUNKED, "1;xxxxxxxxxxxxxxxx\r\ny\r\n", 260, "0\r\n\r\n", 400);
    check_limit(CHUNKED "0\r\n", "x:\r\n", 98, "\r\n", 0); // with host and transfer-encoding 100
    check_limit(CHUNKED "0\r\n", "x:\r\n", 99, "\r\n", 431);
    check_limit(CHUNKED "0\r\nx:", "x", 9000, "\r\n\r\n", 431);
}

// What cannot be handed out is not answered with content to HEAD (RFC 9110 §9.3.2).
TEST(a_refusal_of_head_has_no_content)
{
    rig_start(&rig, WEFT_HTTP_SERVER);
    CHECK(rig_open(&rig));
    rig_feed_text(&rig, "HEAD / HTTP/1.1\r\nhost: a\r\nexpect: x\r\n\r\n", 0);
    CHECK_SPAN(rig_output(&rig), "HTTP/1.1 417 Expectation Failed\r\ncontent-type: text/plain\r\n"
                                 "content-length: 39\r\nconnection: close\r\n\r\n");
    rig_close(&rig);
}

// §9.3.2: what came before a faulty request is answered.
TEST(a_refusal_comes_behind_the_answers_that_are_due)
{
    rig_start(&rig, WEFT_HTTP_SERVER);
    CHECK(rig_open(&rig));
    rig_feed_text(&rig, "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/3.0\r\n\r\n", 0);
    CHECK_STORY(&rig, "REQUEST GET /1 @a END;CLOSED;FAILED: not a version of HTTP/1;");
    CHECK(strstr(rig.output, "HTTP/1.1 200 OK") == rig.output);
    CHECK(strstr(rig.output, "okHTTP/1.1 505 HTTP Version Not Supported") != NULL);
    rig_close(&rig);
}
