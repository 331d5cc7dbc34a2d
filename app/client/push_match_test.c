// client/push_match_test.c
#include "client/push.h"

#include "check.h"

#define FIELD(id, value) WEFT_HTTP_FIELD(id, WEFT_SPAN(value))

static struct weft_http_head head_of(const char *path, const struct weft_http_field *fields,
                                     size_t count)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.scheme = WEFT_SPAN("https");
    head.authority = WEFT_SPAN("example.org");
    head.path = weft_span_of(path);
    head.fields = fields;
    head.field_count = count;
    return head;
}

// RFC 9113 §8.4: a promise stands for a request of its own method, authority and path
TEST(a_promise_is_for_one_target)
{
    struct weft_http_head promised = head_of("/a", NULL, 0);
    struct weft_http_head asked = head_of("/a", NULL, 0);
    CHECK(weft_client_push_matches(&promised, &asked));
    asked.authority = WEFT_SPAN("Example.ORG");
    CHECK(weft_client_push_matches(&promised, &asked));
    asked.authority = WEFT_SPAN("example.org:8443");
    CHECK(!weft_client_push_matches(&promised, &asked));
    asked = head_of("/a?b", NULL, 0);
    CHECK(!weft_client_push_matches(&promised, &asked));
    asked = head_of("/a", NULL, 0);
    asked.method = WEFT_HTTP_HEAD;
    CHECK(!weft_client_push_matches(&promised, &asked));
    asked = head_of("/a", NULL, 0);
    asked.scheme = WEFT_SPAN("http");
    CHECK(!weft_client_push_matches(&promised, &asked));
}

TEST(fields_that_select_an_answer_stand_on_both_sides)
{
    const struct {
        struct weft_http_field promised;
        struct weft_http_field asked;
        bool matches;
    } rows[] = {
        {FIELD(ACCEPT_ENCODING, "gzip"), FIELD(ACCEPT_ENCODING, "gzip"), true},
        {FIELD(ACCEPT_ENCODING, "gzip"), FIELD(ACCEPT_ENCODING, "br"), false},
        {FIELD(ACCEPT_ENCODING, "gzip"), FIELD(USER_AGENT, "weft"), false}, // it may be coded
        {FIELD(ACCEPT, "*/*"), FIELD(ACCEPT_ENCODING, "gzip"), true},
        {FIELD(USER_AGENT, "a"), FIELD(USER_AGENT, "b"), true},
        {FIELD(ACCEPT, "text/html"), FIELD(ACCEPT, "*/*"), false},
        {FIELD(ACCEPT, "*/*"), FIELD(RANGE, "bytes=0-1"), false},
        {FIELD(ACCEPT, "*/*"), FIELD(COOKIE, "a=b"), false},
        {FIELD(COOKIE, "a=b"), FIELD(ACCEPT, "*/*"), false},
        {FIELD(COOKIE, "a=b"), FIELD(COOKIE, "a=b"), true},
        {FIELD(ACCEPT, "*/*"), FIELD(IF_NONE_MATCH, "\"x\""), false},
        {FIELD(ACCEPT, "*/*"), FIELD(AUTHORIZATION, "Basic eDp5"), false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_http_head promised = head_of("/", &rows[i].promised, 1);
        struct weft_http_head asked = head_of("/", &rows[i].asked, 1);
        CHECK_EQ(weft_client_push_matches(&promised, &asked), rows[i].matches);
    }
}
