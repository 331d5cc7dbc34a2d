// http/method_test.c
#include "http/method.h"

#include "check.h"

TEST(every_method_is_found_and_has_its_text)
{
    for (int method = 1; method < WEFT_HTTP_OTHER_METHOD; method++) {
        struct weft_span text = weft_http_method_text((enum weft_http_method)method);
        CHECK(text.size >= 3);
        CHECK_EQ(weft_http_method_lookup(text), method);
    }
    CHECK_SPAN(weft_http_method_text(WEFT_HTTP_OPTIONS), "OPTIONS");
    CHECK_EQ(weft_http_method_text(WEFT_HTTP_OTHER_METHOD).size, 0);
    CHECK_EQ(weft_http_method_text(WEFT_HTTP_NO_METHOD).size, 0);
}

// RFC 9110 §9.1: a method is a token, and case-sensitive.
TEST(what_is_a_token_is_a_method_and_what_is_none_is_not)
{
    CHECK_EQ(weft_http_method_lookup(WEFT_SPAN("get")), WEFT_HTTP_OTHER_METHOD);
    CHECK_EQ(weft_http_method_lookup(WEFT_SPAN("M-SEARCH")), WEFT_HTTP_OTHER_METHOD);
    CHECK_EQ(weft_http_method_lookup(WEFT_SPAN("")), WEFT_HTTP_NO_METHOD);
    CHECK_EQ(weft_http_method_lookup(WEFT_SPAN("GET ")), WEFT_HTTP_NO_METHOD);
    CHECK_EQ(weft_http_method_lookup(WEFT_SPAN("G\x80T")), WEFT_HTTP_NO_METHOD);
}

// RFC 9110 §9.2.1
TEST(the_safe_methods_are_get_head_options_and_trace)
{
    for (int method = 0; method <= WEFT_HTTP_OTHER_METHOD + 1; method++) {
        bool should = method == WEFT_HTTP_GET || method == WEFT_HTTP_HEAD ||
                      method == WEFT_HTTP_OPTIONS || method == WEFT_HTTP_TRACE;
        CHECK_EQ(weft_http_method_is_safe((enum weft_http_method)method), should);
    }
}

// RFC 9110 §9.2.2
TEST(the_idempotent_methods_are_the_safe_ones_put_and_delete)
{
    for (int i = 0; i <= WEFT_HTTP_OTHER_METHOD + 1; i++) {
        enum weft_http_method method = (enum weft_http_method)i;
        bool should = weft_http_method_is_safe(method) || method == WEFT_HTTP_PUT ||
                      method == WEFT_HTTP_DELETE;
        CHECK_EQ(weft_http_method_is_idempotent(method), should);
    }
}
