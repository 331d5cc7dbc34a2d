// http/message_test.c: RFC 9113 §8.
#include "http/message.h"

#include "check.h"
#include "counting_alloc.h"

struct row {
    const char *name;
    const char *value;
};

// A section on the bench: its rows go in, verdict and head come out.
struct bench {
    struct test_alloc counter;
    struct weft_alloc alloc;
    struct weft_arena arena;
    struct weft_http_limits limits;
    struct weft_http_limit_counters counters;
    struct weft_http_message message;
    struct weft_http_head head;
};

static void bench_start(struct bench *bench, enum weft_http_section section)
{
    *bench = (struct bench){.limits = WEFT_HTTP_LIMITS_INIT};
    bench->alloc = test_allocator(&bench->counter);
    weft_arena_init(&bench->arena, &bench->alloc, 65536);
    weft_http_message_init(&bench->message, section, &bench->arena, &bench->limits,
                           &bench->counters);
}

static enum weft_http_verdict add(struct bench *bench, const char *name, const char *value)
{
    struct weft_http_field field = {.name = weft_span_of(name), .value = weft_span_of(value)};
    return weft_http_message_add(&bench->message, &field);
}

static enum weft_http_verdict finish(struct bench *bench, const struct row *rows)
{
    for (const struct row *row = rows; row->name; row++)
        add(bench, row->name, row->value);
    return weft_http_message_finish(&bench->message, &bench->head);
}

// The verdict on a section of its own.
static enum weft_http_verdict judge(enum weft_http_section section, const struct row *rows)
{
    struct bench bench;
    bench_start(&bench, section);
    enum weft_http_verdict verdict = finish(&bench, rows);
    bool has_reason = bench.message.reason != NULL;
    weft_arena_deinit(&bench.arena);
    CHECK_EQ(has_reason, verdict != WEFT_HTTP_WELL_FORMED);
    return verdict;
}

#define ROWS(...) ((const struct row[]){__VA_ARGS__, {NULL, NULL}})
#define GET_ROWS                                                           \
    {":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"}, \
    {                                                                      \
        ":path", "/"                                                       \
    }

#define CHECK_REQUEST(should, ...) \
    CHECK_EQ(judge(WEFT_HTTP_REQUEST_SECTION, ROWS(__VA_ARGS__)), should)
#define WELL WEFT_HTTP_WELL_FORMED
#define BAD  WEFT_HTTP_MALFORMED

TEST(a_request_becomes_a_head)
{
    struct bench bench;
    bench_start(&bench, WEFT_HTTP_REQUEST_SECTION);

    enum weft_http_verdict verdict =
        finish(&bench, ROWS(GET_ROWS, {"accept", "*/*"}, {"x-own", ""}, {"priority", "u=1, i"},
                            {"expect", "100-Continue"}, {"content-length", "12"}));

    CHECK_EQ(verdict, WELL);
    CHECK_EQ(bench.head.method, WEFT_HTTP_GET);
    CHECK_SPAN(bench.head.method_text, "GET");
    CHECK_SPAN(bench.head.scheme, "https");
    CHECK_SPAN(bench.head.authority, "a.example");
    CHECK_SPAN(bench.head.path, "/");
    CHECK_EQ(bench.head.status, 0);
    CHECK_EQ(bench.head.content_length, 12);
    CHECK_EQ(bench.head.priority.urgency, 1);
    CHECK(bench.head.priority.incremental);
    CHECK(bench.head.expects_continue);
    CHECK_EQ(bench.head.field_count, 5);
    CHECK_EQ(bench.head.fields[0].id, WEFT_HTTP_FIELD_ACCEPT);
    CHECK_EQ(bench.head.fields[1].id, WEFT_HTTP_OTHER_FIELD);
    CHECK(weft_http_head_lacks(&bench.head, WEFT_HTTP_FIELD_BIT(RANGE)));
    CHECK(!weft_http_head_lacks(&bench.head, WEFT_HTTP_FIELD_BIT(ACCEPT)));
    weft_arena_deinit(&bench.arena);
    CHECK_EQ(bench.counter.live, 0);
}

// RFC 9113 §8.2.1: names.
TEST(a_name_with_a_byte_that_it_may_not_hold_is_malformed)
{
    for (int byte = 1; byte < 256; byte++) {
        char name[] = "x?x";
        name[1] = (char)byte;
        bool is_lower_token = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                              (byte < 0x80 && strchr("!#$%&'*+-.^_`|~", byte));
        CHECK_REQUEST(is_lower_token ? WELL : BAD, GET_ROWS, {name, "v"});
    }
    CHECK_REQUEST(BAD, GET_ROWS, {"", "v"});
    CHECK_REQUEST(BAD, GET_ROWS, {"Accept", "v"}); // a known name in upper case too
    CHECK_REQUEST(BAD, GET_ROWS, {"x:x", "v"});    // a colon is for the start alone
}

// RFC 9113 §8.2.1: values.
TEST(a_value_with_a_line_end_or_blanks_around_it_is_malformed)
{
    CHECK_REQUEST(BAD, GET_ROWS, {"x", "a\rb"});
    CHECK_REQUEST(BAD, GET_ROWS, {"x", "a\nb"});
    CHECK_REQUEST(BAD, GET_ROWS, {"x", "a long one with its end\n"});
    CHECK_REQUEST(BAD, GET_ROWS, {"x", " a"});
    CHECK_REQUEST(BAD, GET_ROWS, {"x", "a\t"});
    CHECK_REQUEST(BAD, GET_ROWS, {"x", " "});
    CHECK_REQUEST(WELL, GET_ROWS, {"x", "a \t b\x80\xff"});
    CHECK_REQUEST(WELL, GET_ROWS, {"x", ""});

    struct bench bench;
    bench_start(&bench, WEFT_HTTP_REQUEST_SECTION);
    struct weft_http_field field = {.name = WEFT_SPAN("x"), .value = WEFT_SPAN("a\0b")};
    CHECK_EQ(weft_http_message_add(&bench.message, &field), BAD);
    weft_arena_deinit(&bench.arena);
}

// RFC 9113 §8.2.2
TEST(connection_specific_fields_are_malformed)
{
    static const char *const names[] = {"connection", "proxy-connection", "keep-alive",
                                        "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < WEFT_COUNT(names); i++) {
        CHECK_REQUEST(BAD, GET_ROWS, {names[i], "close"});
        CHECK_EQ(judge(WEFT_HTTP_RESPONSE_SECTION, ROWS({":status", "200"}, {names[i], "x"})), BAD);
        CHECK_EQ(judge(WEFT_HTTP_TRAILER_SECTION, ROWS({names[i], "x"})), BAD);
    }
    CHECK_REQUEST(WELL, GET_ROWS, {"te", "trailers"});
    CHECK_REQUEST(BAD, GET_ROWS, {"te", "trailers, deflate"});
    CHECK_REQUEST(BAD, GET_ROWS, {"te", "gzip"});
}

// RFC 9113 §8.2.3
TEST(cookie_crumbs_are_joined_where_the_first_stood)
{
    struct bench bench;
    bench_start(&bench, WEFT_HTTP_REQUEST_SECTION);

    finish(&bench, ROWS(GET_ROWS, {"cookie", "a=b"}, {"accept", "*/*"}, {"cookie", "c=d"},
                        {"cookie", "e=f"}, {"vary", "x"}));

    CHECK_EQ(bench.head.field_count, 3);
    CHECK_EQ(bench.head.fields[0].id, WEFT_HTTP_FIELD_COOKIE);
    CHECK_SPAN(bench.head.fields[0].value, "a=b; c=d; e=f");
    CHECK_EQ(bench.head.fields[1].id, WEFT_HTTP_FIELD_ACCEPT);
    CHECK_EQ(bench.head.fields[2].id, WEFT_HTTP_FIELD_VARY);
    weft_arena_deinit(&bench.arena);
}

TEST(priority_on_two_lines_is_one_dictionary)
{
    struct bench bench;
    bench_start(&bench, WEFT_HTTP_REQUEST_SECTION);
    finish(&bench, ROWS(GET_ROWS, {"priority", "u=5"}, {"priority", "i"}));
    CHECK_EQ(bench.head.priority.urgency, 5);
    CHECK(bench.head.priority.incremental);
    weft_arena_deinit(&bench.arena);

    bench_start(&bench, WEFT_HTTP_REQUEST_SECTION);
    finish(&bench, ROWS(GET_ROWS, {"priority", "u=5"}, {"priority", "=="}));
    CHECK_EQ(bench.head.priority.urgency, 3); // RFC 9218 §5: all or nothing
    weft_arena_deinit(&bench.arena);
}

// RFC 9113 §8.3
TEST(pseudo_fields_stand_first_once_and_where_they_belong)
{
    CHECK_REQUEST(BAD, {":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"x", "y"},
                  {":authority", "a"});
    CHECK_REQUEST(BAD, GET_ROWS, {":path", "/"});
    CHECK_REQUEST(BAD, GET_ROWS, {":authority", "a.example"});
    CHECK_REQUEST(BAD, GET_ROWS, {":status", "200"});
    CHECK_REQUEST(BAD, GET_ROWS, {":unknown", "1"});
    CHECK_REQUEST(BAD, GET_ROWS, {":", "1"});
    CHECK_REQUEST(BAD, GET_ROWS, {":Path", "1"});
    CHECK_EQ(judge(WEFT_HTTP_TRAILER_SECTION, ROWS({":status", "200"})), BAD);
    CHECK_EQ(judge(WEFT_HTTP_TRAILER_SECTION, ROWS({":path", "/"})), BAD);
    CHECK_EQ(judge(WEFT_HTTP_RESPONSE_SECTION, ROWS({":status", "200"}, {":path", "/"})), BAD);
    CHECK_EQ(judge(WEFT_HTTP_RESPONSE_SECTION, ROWS({"x", "y"}, {":status", "200"})), BAD);
}

// RFC 9113 §8.3.1
TEST(a_request_without_one_of_its_pseudo_fields_is_malformed)
{
    CHECK_REQUEST(BAD, {":scheme", "https"}, {":authority", "a"}, {":path", "/"});
    CHECK_REQUEST(BAD, {":method", "GET"}, {":authority", "a"}, {":path", "/"});
    CHECK_REQUEST(BAD, {":method", "GET"}, {":scheme", "https"}, {":authority", "a"});
    CHECK_REQUEST(BAD, {":method", "GET"}, {":scheme", "https"}, {":path", "/"});
    CHECK_EQ(judge(WEFT_HTTP_REQUEST_SECTION, &(struct row){NULL, NULL}), BAD);
}

#define CHECK_LINE(should, method, scheme, authority, path)                                    \
    CHECK_REQUEST(should, {":method", method}, {":scheme", scheme}, {":authority", authority}, \
                  {":path", path})

// RFC 9113 §8.3.1, RFC 9110 §4.2.4
TEST(the_pseudo_fields_of_a_request_keep_their_grammar)
{
    CHECK_LINE(WELL, "M-SEARCH", "https", "a", "/");
    CHECK_LINE(BAD, "G T", "https", "a", "/");
    CHECK_LINE(BAD, "", "https", "a", "/");
    CHECK_LINE(WELL, "GET", "coap+tcp", "a", "/");
    CHECK_LINE(BAD, "GET", "", "a", "/");
    CHECK_LINE(BAD, "GET", "1http", "a", "/");
    CHECK_LINE(BAD, "GET", "ht tp", "a", "/");
    CHECK_LINE(WELL, "GET", "https", "a:8443", "/x?y");
    CHECK_LINE(BAD, "GET", "https", "", "/");
    CHECK_LINE(BAD, "GET", "https", "me@a", "/");
    CHECK_LINE(BAD, "GET", "https", "a:x", "/");
    CHECK_LINE(BAD, "GET", "https", "a", "");
    CHECK_LINE(BAD, "GET", "https", "a", "x");
    CHECK_LINE(BAD, "GET", "https", "a", "*");
    CHECK_LINE(WELL, "OPTIONS", "https", "a", "*");
    CHECK_LINE(WELL, "OPTIONS", "https", "a", "/");
    CHECK_LINE(BAD, "OPTIONS", "https", "a", "**");
    CHECK_LINE(BAD, "GET", "https", "a", "/a b");
    CHECK_LINE(BAD, "GET", "https", "a", "/a\r\nb");
    CHECK_LINE(BAD, "GET", "https", "a", "/a#b");
    CHECK_LINE(BAD, "GET", "https", "a", "https://a/");
}

// RFC 9113 §8.3.1
TEST(authority_and_host_say_the_same)
{
    CHECK_REQUEST(WELL, GET_ROWS, {"host", "A.example"});
    CHECK_REQUEST(BAD, GET_ROWS, {"host", "b.example"});
    CHECK_REQUEST(BAD, GET_ROWS, {"host", "a.example"}, {"host", "a.example"});
    CHECK_REQUEST(BAD, GET_ROWS, {"host", ""});
    CHECK_REQUEST(BAD, {":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"host", "a@b"});

    struct bench bench;
    bench_start(&bench, WEFT_HTTP_REQUEST_SECTION);
    CHECK_EQ(finish(&bench, ROWS({":method", "GET"}, {":scheme", "https"}, {":path", "/"},
                                 {"host", "b.example"})),
             WELL);
    CHECK_SPAN(bench.head.authority, "b.example");
    weft_arena_deinit(&bench.arena);
}

// RFC 9113 §8.5
TEST(connect_has_an_authority_with_a_port_and_nothing_else)
{
    CHECK_REQUEST(WELL, {":method", "CONNECT"}, {":authority", "a:443"});
    CHECK_REQUEST(WELL, {":method", "CONNECT"}, {":authority", "a:443"}, {"host", "a:443"});
    CHECK_REQUEST(BAD, {":method", "CONNECT"}, {":authority", "a:443"}, {"host", "b:443"});
    CHECK_REQUEST(BAD, {":method", "CONNECT"}, {":authority", "a"});
    CHECK_REQUEST(BAD, {":method", "CONNECT"}, {":authority", "a:"});
    CHECK_REQUEST(BAD, {":method", "CONNECT"}, {"host", "a:443"});
    CHECK_REQUEST(BAD, {":method", "CONNECT"}, {":authority", "a:443"}, {":path", "/"});
    CHECK_REQUEST(BAD, {":method", "CONNECT"}, {":authority", "a:443"}, {":scheme", "https"});
}

static enum weft_http_verdict judge_protocol(bool is_allowed, const struct row *rows)
{
    struct bench bench;
    bench_start(&bench, WEFT_HTTP_REQUEST_SECTION);
    bench.message.allows_protocol = is_allowed;
    enum weft_http_verdict verdict = finish(&bench, rows);
    if (verdict == WELL) CHECK_SPAN(bench.head.protocol, "websocket");
    weft_arena_deinit(&bench.arena);
    return verdict;
}

// RFC 8441 §4
TEST(extended_connect_is_for_those_who_were_told_of_it)
{
    const struct row *good = ROWS({":method", "CONNECT"}, {":protocol", "websocket"},
                                  {":scheme", "https"}, {":authority", "a"}, {":path", "/chat"});
    const struct row *no_path = ROWS({":method", "CONNECT"}, {":protocol", "websocket"},
                                     {":scheme", "https"}, {":authority", "a"});
    const struct row *no_token = ROWS({":method", "CONNECT"}, {":protocol", "web socket"},
                                      {":scheme", "https"}, {":authority", "a"}, {":path", "/"});

    CHECK_EQ(judge_protocol(true, good), WELL);
    CHECK_EQ(judge_protocol(false, good), BAD);
    CHECK_EQ(judge_protocol(true, no_path), BAD);
    CHECK_EQ(judge_protocol(true, no_token), BAD);
    CHECK_EQ(judge_protocol(true, ROWS(GET_ROWS, {":protocol", "websocket"})), BAD);
}

// RFC 9110 §8.6
TEST(content_length_is_a_number_and_one_only)
{
    static const char *const wrong[] = {
        "", "-1", "+1", "1 2", "0x10", "1,2", "1.0", ",", "9223372036854775808"};
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++)
        CHECK_REQUEST(BAD, GET_ROWS, {"content-length", wrong[i]});
    CHECK_REQUEST(WELL, GET_ROWS, {"content-length", "9223372036854775807"});
    CHECK_REQUEST(BAD, GET_ROWS, {"content-length", "3"}, {"content-length", "4"});

    struct bench bench;
    bench_start(&bench, WEFT_HTTP_REQUEST_SECTION);
    CHECK_EQ(finish(&bench, ROWS(GET_ROWS, {"content-length", "42, 42"}, {"content-length", "42"})),
             WELL);
    CHECK_EQ(bench.head.content_length, 42);
    CHECK_EQ(bench.head.field_count, 1);
    CHECK_SPAN(bench.head.fields[0].value, "42");
    weft_arena_deinit(&bench.arena);
}

#define CHECK_STATUS(verdict, status) \
    CHECK_EQ(judge(WEFT_HTTP_RESPONSE_SECTION, ROWS({":status", status})), verdict)

// RFC 9113 §8.3.2, §8.6
TEST(a_response_has_one_status_of_three_digits)
{
    CHECK_STATUS(WELL, "200");
    CHECK_STATUS(WELL, "103");
    CHECK_STATUS(BAD, "101");
    CHECK_STATUS(BAD, "99");
    CHECK_STATUS(BAD, "099");
    CHECK_STATUS(BAD, "2000");
    CHECK_STATUS(BAD, "2x0");
    CHECK_STATUS(BAD, "");
    CHECK_EQ(judge(WEFT_HTTP_RESPONSE_SECTION, ROWS({"server", "x"})), BAD);
    CHECK_EQ(judge(WEFT_HTTP_RESPONSE_SECTION, ROWS({":status", "200"}, {":status", "200"})), BAD);

    struct bench bench;
    bench_start(&bench, WEFT_HTTP_RESPONSE_SECTION);
    finish(&bench, ROWS({":status", "999"}, {"content-length", "0"}));
    CHECK_EQ(bench.head.status, 500); // RFC 9110 §15
    CHECK_EQ(bench.head.content_length, 0);
    CHECK_EQ(bench.head.method, WEFT_HTTP_NO_METHOD);
    weft_arena_deinit(&bench.arena);
}

// RFC 9113 §8.4.1
TEST(a_promised_request_is_safe_and_has_no_content)
{
    CHECK_EQ(judge(WEFT_HTTP_PROMISE_SECTION, ROWS(GET_ROWS)), WELL);
    CHECK_EQ(judge(WEFT_HTTP_PROMISE_SECTION, ROWS(GET_ROWS, {"content-length", "0"})), WELL);
    CHECK_EQ(judge(WEFT_HTTP_PROMISE_SECTION, ROWS(GET_ROWS, {"content-length", "1"})), BAD);
    CHECK_EQ(judge(WEFT_HTTP_PROMISE_SECTION, ROWS({":method", "POST"}, {":scheme", "https"},
                                                   {":authority", "a"}, {":path", "/"})),
             BAD);
}

// RFC 9110 §6.5.1
TEST(what_may_not_trail_is_left_out_of_trailers)
{
    struct bench bench;
    bench_start(&bench, WEFT_HTTP_TRAILER_SECTION);

    finish(&bench, ROWS({"content-length", "7"}, {"x-sum", "abc"}, {"host", "evil"},
                        {"authorization", "x"}, {"content-type", "a/b"}));

    CHECK_EQ(bench.head.field_count, 1);
    CHECK_SPAN(bench.head.fields[0].name, "x-sum");
    CHECK_EQ(bench.head.content_length, WEFT_HTTP_LENGTH_UNKNOWN);
    weft_arena_deinit(&bench.arena);
}

// RFC 9113 §6.5.2, §10.5.1
TEST(limits_are_charged_before_a_field_is_kept)
{
    struct bench bench;
    bench_start(&bench, WEFT_HTTP_TRAILER_SECTION);
    bench.limits.field_count = 3;
    bench.message.counted = 1; // the head had one
    CHECK_EQ(add(&bench, "cookie", "a"), WELL);
    CHECK_EQ(add(&bench, "cookie", "b"), WELL); // left out of trailers, but counted
    CHECK_EQ(add(&bench, "x", "c"), WEFT_HTTP_TOO_LARGE);
    CHECK_EQ(add(&bench, "y", "d"), WEFT_HTTP_TOO_LARGE); // the verdict stays
    CHECK_EQ(weft_http_message_finish(&bench.message, &bench.head), WEFT_HTTP_TOO_LARGE);
    CHECK_EQ(bench.counters.field_count, 1);
    CHECK_EQ(bench.counter.live, 0);
    weft_arena_deinit(&bench.arena);

    bench_start(&bench, WEFT_HTTP_TRAILER_SECTION);
    bench.limits.field_section_size = 2 * 32 + 4;
    CHECK_EQ(add(&bench, "x", "y"), WELL);
    CHECK_EQ(add(&bench, "x", "y"), WELL);
    CHECK_EQ(add(&bench, "x", ""), WEFT_HTTP_TOO_LARGE);
    CHECK_EQ(bench.counters.field_section_size, 1);
    weft_arena_deinit(&bench.arena);

    bench_start(&bench, WEFT_HTTP_TRAILER_SECTION);
    bench.limits.field_line_size = 4;
    bench.message.counters = NULL;
    CHECK_EQ(add(&bench, "ab", "cd"), WELL);
    CHECK_EQ(add(&bench, "ab", "cde"), WEFT_HTTP_TOO_LARGE);
    CHECK(bench.message.reason != NULL);
    weft_arena_deinit(&bench.arena);
}

static enum weft_http_verdict run_large(struct bench *bench, size_t fail_at)
{
    bench_start(bench, WEFT_HTTP_REQUEST_SECTION);
    bench->counter.fail_at = fail_at;
    for (const struct row *row = ROWS(GET_ROWS); row->name; row++)
        add(bench, row->name, row->value);
    static char crumb[2000];
    memset(crumb, 'c', sizeof(crumb) - 1);
    for (int i = 0; i < 4; i++)
        add(bench, "cookie", crumb);
    for (int i = 0; i < 2; i++)
        add(bench, "priority", "u=2");
    for (int i = 0; i < 60; i++)
        add(bench, "x", "y");
    enum weft_http_verdict verdict = weft_http_message_finish(&bench->message, &bench->head);
    weft_arena_deinit(&bench->arena);
    CHECK_EQ(bench->counter.live, 0);
    return verdict;
}

TEST(a_request_fails_well_whichever_allocation_fails)
{
    struct bench bench;
    CHECK_EQ(run_large(&bench, 0), WELL);
    size_t calls = bench.counter.calls;
    CHECK(calls >= 2);
    for (size_t i = 1; i <= calls; i++)
        CHECK_EQ(run_large(&bench, i), WEFT_HTTP_OUT_OF_MEMORY);
}
