// http/output_rules_test.c: what leaves the house (RFC 9110 §5.5, §7.6.1; RFC 9113 §8.2).
#include "http/output_rules.h"

#include "check.h"

static struct weft_http_head request(void)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.scheme = WEFT_SPAN("https");
    head.authority = WEFT_SPAN("a.example");
    head.path = WEFT_SPAN("/");
    return head;
}

static struct weft_http_head response(void)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    return head;
}

static enum weft_result check_field(enum weft_http_section section, const char *name,
                                    const char *value, uint8_t id)
{
    struct weft_http_field field = {
        .name = weft_span_of(name), .value = weft_span_of(value), .id = id};
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    if (section == WEFT_HTTP_REQUEST_SECTION) head = request();
    if (section == WEFT_HTTP_RESPONSE_SECTION) head = response();
    head.fields = &field;
    head.field_count = 1;
    return weft_http_head_check(&head, section);
}

#define ANSWER(name, value) check_field(WEFT_HTTP_RESPONSE_SECTION, name, value, 0)

// ATTACKS: response splitting.
TEST(no_value_ends_a_line)
{
    CHECK_EQ(ANSWER("location", "/a"), WEFT_OK);
    CHECK_EQ(ANSWER("location", ""), WEFT_OK);
    CHECK_EQ(ANSWER("location", "/a\r\nset-cookie: x"), WEFT_INVALID);
    CHECK_EQ(ANSWER("location", "/a\n"), WEFT_INVALID);
    CHECK_EQ(ANSWER("location", "/a\r"), WEFT_INVALID);
    CHECK_EQ(ANSWER("location", " /a"), WEFT_INVALID);

    struct weft_http_field field = {.name = WEFT_SPAN("x"), .value = WEFT_SPAN("a\0b")};
    struct weft_http_head head = response();
    head.fields = &field;
    head.field_count = 1;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_RESPONSE_SECTION), WEFT_INVALID);
}

TEST(names_are_lower_case_tokens_and_what_their_id_says)
{
    CHECK_EQ(ANSWER("x-own", "1"), WEFT_OK);
    CHECK_EQ(ANSWER("X-Own", "1"), WEFT_INVALID);
    CHECK_EQ(ANSWER("Location", "1"), WEFT_INVALID);
    CHECK_EQ(ANSWER(":status", "1"), WEFT_INVALID);
    CHECK_EQ(ANSWER("x: y\r\nz", "1"), WEFT_INVALID);
    CHECK_EQ(ANSWER("", "1"), WEFT_INVALID);
    CHECK_EQ(check_field(WEFT_HTTP_RESPONSE_SECTION, "etag", "\"1\"", WEFT_HTTP_FIELD_ETAG),
             WEFT_OK);
    CHECK_EQ(check_field(WEFT_HTTP_RESPONSE_SECTION, "x", "1", WEFT_HTTP_FIELD_ETAG), WEFT_INVALID);
    CHECK_EQ(check_field(WEFT_HTTP_RESPONSE_SECTION, "x", "1", 255), WEFT_INVALID);
    CHECK_EQ(check_field(WEFT_HTTP_RESPONSE_SECTION, "content-length", "1", WEFT_HTTP_FIELD_ETAG),
             WEFT_INVALID);

    struct weft_http_field field = WEFT_HTTP_FIELD(ETAG, WEFT_SPAN("\"1\""));
    struct weft_http_head head = response();
    head.fields = &field;
    head.field_count = 1;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_RESPONSE_SECTION), WEFT_OK);
    field.name.size--;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_RESPONSE_SECTION), WEFT_INVALID);
}

TEST(what_the_engine_writes_nobody_else_does)
{
    static const char *const own[] = {"content-length",   "connection",        "keep-alive",
                                      "proxy-connection", "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < WEFT_COUNT(own); i++) {
        CHECK_EQ(ANSWER(own[i], "1"), WEFT_INVALID);
        CHECK_EQ(check_field(WEFT_HTTP_REQUEST_SECTION, own[i], "1", 0), WEFT_INVALID);
        CHECK_EQ(check_field(WEFT_HTTP_TRAILER_SECTION, own[i], "1", 0), WEFT_INVALID);
    }
    CHECK_EQ(check_field(WEFT_HTTP_REQUEST_SECTION, "host", "a", 0), WEFT_INVALID);
    CHECK_EQ(check_field(WEFT_HTTP_REQUEST_SECTION, "te", "trailers", 0), WEFT_OK);
    CHECK_EQ(check_field(WEFT_HTTP_REQUEST_SECTION, "te", "gzip", 0), WEFT_INVALID);
    CHECK_EQ(check_field(WEFT_HTTP_TRAILER_SECTION, "x-sum", "1", 0), WEFT_OK);
    CHECK_EQ(check_field(WEFT_HTTP_TRAILER_SECTION, "set-cookie", "1", 0), WEFT_INVALID);
}

TEST(a_status_is_one_that_a_caller_may_give)
{
    for (unsigned status = 0; status < 1000; status++) {
        struct weft_http_head head = response();
        head.status = (uint16_t)status;
        bool should = status >= 100 && status <= 599 && status != 101;
        CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_RESPONSE_SECTION),
                 should ? WEFT_OK : WEFT_INVALID);
    }
    struct weft_http_head head = response();
    head.content_length = -2;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_RESPONSE_SECTION), WEFT_INVALID);
    head = response();
    head.method = WEFT_HTTP_GET;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_RESPONSE_SECTION), WEFT_INVALID);
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_TRAILER_SECTION), WEFT_INVALID);
}

#define CHECK_SENT(should, member, text)                                          \
    do {                                                                          \
        struct weft_http_head it = request();                                     \
        it.member = WEFT_SPAN(text);                                              \
        CHECK_EQ(weft_http_head_check(&it, WEFT_HTTP_REQUEST_SECTION), (should)); \
    } while (0)

// ATTACKS: what comes over HTTP/2 and is written as HTTP/1 must not become another line.
TEST(the_line_of_a_request_keeps_its_grammar)
{
    CHECK_SENT(WEFT_OK, path, "/a?b");
    CHECK_SENT(WEFT_INVALID, path, "");
    CHECK_SENT(WEFT_INVALID, path, "a");
    CHECK_SENT(WEFT_INVALID, path, "*");
    CHECK_SENT(WEFT_INVALID, path, "/ HTTP/1.1\r\nx: y");
    CHECK_SENT(WEFT_INVALID, authority, "");
    CHECK_SENT(WEFT_INVALID, authority, "me@a");
    CHECK_SENT(WEFT_INVALID, authority, "a\r\nx: y");
    CHECK_SENT(WEFT_INVALID, scheme, "");
    CHECK_SENT(WEFT_INVALID, scheme, "ht tp");
    CHECK_SENT(WEFT_INVALID, method_text, "POST");
    CHECK_SENT(WEFT_OK, method_text, "GET");
    CHECK_SENT(WEFT_INVALID, protocol, "websocket");
}

TEST(methods_are_what_they_say_and_connect_has_its_own_shape)
{
    struct weft_http_head head = request();
    head.method = WEFT_HTTP_OTHER_METHOD;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_INVALID);
    head.method_text = WEFT_SPAN("M-SEARCH");
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_OK);
    head.method_text = WEFT_SPAN("M SEARCH");
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_INVALID);
    head.method = WEFT_HTTP_NO_METHOD;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_INVALID);

    head = request();
    head.method = WEFT_HTTP_OPTIONS;
    head.path = WEFT_SPAN("*");
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_OK);

    head = request();
    head.method = WEFT_HTTP_CONNECT;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_INVALID);
    head.protocol = WEFT_SPAN("websocket");
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_OK);
    head.protocol = WEFT_SPAN("web socket");
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_INVALID);
    head.protocol = WEFT_SPAN("");
    head.path = WEFT_SPAN("");
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_INVALID);
    head.authority = WEFT_SPAN("a:443");
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_REQUEST_SECTION), WEFT_OK);
}

// RFC 9113 §8.4.1
TEST(only_get_and_head_without_content_are_promised)
{
    struct weft_http_head head = request();
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_PROMISE_SECTION), WEFT_OK);
    head.content_length = 5;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_PROMISE_SECTION), WEFT_INVALID);
    head = request();
    head.method = WEFT_HTTP_POST;
    CHECK_EQ(weft_http_head_check(&head, WEFT_HTTP_PROMISE_SECTION), WEFT_INVALID);
}
