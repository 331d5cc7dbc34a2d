// client/redirect_test.c
#include "client/redirect.h"

#include "net/memory.h"

#include "check.h"

static struct weft_arena arena;

static const char *follow(const char *from, enum weft_http_method method, uint16_t status,
                          const char *location, struct weft_redirect *redirect)
{
    struct weft_url url;
    struct weft_http_field field = WEFT_HTTP_FIELD(LOCATION, weft_span_of(location));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = status;
    head.fields = &field;
    head.field_count = 1;
    weft_arena_init(&arena, weft_heap_alloc(), 1 << 20);
    CHECK(weft_url_parse(weft_span_of(from), &arena, &url) == NULL);
    CHECK(weft_redirect_is_one(&head));
    return weft_redirect_follow(&url, method, &head, &arena, redirect);
}

// RFC 9110 §15.4
TEST(only_301_302_and_303_change_the_method)
{
    static const struct {
        uint16_t status;
        enum weft_http_method from;
        enum weft_http_method to;
    } rows[] = {
        {301, WEFT_HTTP_POST, WEFT_HTTP_GET},  {302, WEFT_HTTP_POST, WEFT_HTTP_GET},
        {301, WEFT_HTTP_PUT, WEFT_HTTP_PUT},   {303, WEFT_HTTP_PUT, WEFT_HTTP_GET},
        {303, WEFT_HTTP_HEAD, WEFT_HTTP_HEAD}, {307, WEFT_HTTP_POST, WEFT_HTTP_POST},
        {308, WEFT_HTTP_POST, WEFT_HTTP_POST}, {302, WEFT_HTTP_GET, WEFT_HTTP_GET},
    };
    struct weft_redirect redirect;
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(follow("http://a/x", rows[i].from, rows[i].status, "/y", &redirect) == NULL);
        CHECK_EQ(redirect.method, rows[i].to);
        CHECK_EQ(redirect.drops_content, rows[i].from != rows[i].to);
        CHECK_EQ(weft_redirect_drops(&redirect, WEFT_HTTP_FIELD_CONTENT_TYPE),
                 rows[i].from != rows[i].to);
        CHECK(!weft_redirect_drops(&redirect, WEFT_HTTP_FIELD_AUTHORIZATION));
        weft_arena_deinit(&arena);
    }
}

TEST(another_origin_is_told_no_secrets)
{
    static const char *const others[] = {"http://b/", "https://a/", "http://a:81/", "//c/"};
    struct weft_redirect redirect;
    for (size_t i = 0; i < WEFT_COUNT(others); i++) {
        CHECK(follow("http://a/x", WEFT_HTTP_GET, 302, others[i], &redirect) == NULL);
        CHECK(weft_redirect_drops(&redirect, WEFT_HTTP_FIELD_AUTHORIZATION));
        CHECK(weft_redirect_drops(&redirect, WEFT_HTTP_FIELD_COOKIE));
        CHECK(!weft_redirect_drops(&redirect, WEFT_HTTP_FIELD_ACCEPT));
        weft_arena_deinit(&arena);
    }
}

// RFC 9110 §10.2.2
TEST(the_fragment_goes_along)
{
    struct weft_redirect redirect;
    CHECK(follow("http://a/x#here", WEFT_HTTP_GET, 301, "/y", &redirect) == NULL);
    CHECK_SPAN(redirect.url.fragment, "here");
    weft_arena_deinit(&arena);
    CHECK(follow("http://a/x#here", WEFT_HTTP_GET, 301, "/y#there", &redirect) == NULL);
    CHECK_SPAN(redirect.url.fragment, "there");
    weft_arena_deinit(&arena);
    CHECK(follow("http://a/x", WEFT_HTTP_GET, 301, "javascript:alert(1)", &redirect) != NULL);
    weft_arena_deinit(&arena);
}
