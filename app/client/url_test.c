// client/url_test.c
#include "client/url.h"

#include "net/memory.h"

#include "check.h"

enum { MEMORY = 1 << 20 };

#define CHECK_TEXT(actual, expected) CHECK_SAME(weft_span_of(actual), weft_span_of(expected))

TEST(a_url_is_taken_apart)
{
    static const struct {
        const char *text;
        const char *normal;
    } rows[] = {
        {"http://example.com", "http://example.com/"},
        {"HTTPS://Example.COM:443/A?b#c", "https://example.com/A?b"},
        {"http://example.com:8080?q=1", "http://example.com:8080/?q=1"},
        {"http://[::1]:80/x", "http://[::1]/x"},
        {"http://me:pw@host/", "http://host/"},
        {"http://host:/a b\xc3\xa9", "http://host/a%20b%C3%A9"},
        {"http://host/100%25", "http://host/100%25"},
    };
    struct weft_arena arena;
    struct weft_url url;
    char text[WEFT_URL_SIZE_MOST];
    weft_arena_init(&arena, weft_heap_alloc(), MEMORY);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(weft_url_parse(weft_span_of(rows[i].text), &arena, &url) == NULL);
        CHECK_TEXT(weft_url_text(&url, text, sizeof(text)), rows[i].normal);
    }
    CHECK(weft_url_parse(WEFT_SPAN("https://u@[::1]:8443/a#f"), &arena, &url) == NULL);
    CHECK(url.is_secure);
    CHECK_EQ(url.port, 8443);
    CHECK_TEXT(url.host, "::1");
    CHECK_TEXT(url.authority, "[::1]:8443");
    CHECK_SPAN(url.user, "u");
    CHECK_SPAN(url.fragment, "f");
    weft_arena_deinit(&arena);
}

TEST(what_is_no_url_is_told_so)
{
    static const char *const rows[] = {
        "ftp://host/",         "host",           "http://",        "http://:80/", "http://host:0/",
        "http://host:65536/",  "http://[::1/",   "http://a b/",    "http://@/",   "http://h%zz/",
        "http://h\xc3\xa9st/", "http:///nohost", "http://h:80:1/",
    };
    struct weft_url url = {.port = 7};
    struct weft_arena arena;
    weft_arena_init(&arena, weft_heap_alloc(), MEMORY);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(weft_url_parse(weft_span_of(rows[i]), &arena, &url) != NULL);
        CHECK_EQ(url.port, 7);
    }
    weft_arena_deinit(&arena);
}

TEST(a_url_that_no_memory_holds_is_refused)
{
    struct weft_url url;
    struct weft_arena arena;
    weft_arena_init(&arena, weft_heap_alloc(), 0);
    CHECK(weft_url_parse(WEFT_SPAN("http://host/"), &arena, &url) != NULL);
    weft_arena_deinit(&arena);
}

// RFC 3986 §5.4.1, less the fragments that never travel
TEST(references_are_resolved_as_the_rfc_has_it)
{
    static const struct {
        const char *reference;
        const char *normal;
    } rows[] = {
        {"g", "http://a/b/c/g"},       {"./g", "http://a/b/c/g"},    {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},          {"//g", "http://g/"},         {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},   {";x", "http://a/b/c/;x"},    {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},        {"..", "http://a/b/"},        {"../g", "http://a/b/g"},
        {"../../g", "http://a/g"},     {"../../../g", "http://a/g"}, {"https://z/x", "https://z/x"},
        {"a b", "http://a/b/c/a%20b"}, {" g\t", "http://a/b/c/g"},
    };
    struct weft_arena arena;
    struct weft_url base;
    struct weft_url url;
    char text[WEFT_URL_SIZE_MOST];
    weft_arena_init(&arena, weft_heap_alloc(), MEMORY);
    CHECK(weft_url_parse(WEFT_SPAN("http://a/b/c/d;p?q"), &arena, &base) == NULL);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(weft_url_join(&base, weft_span_of(rows[i].reference), &arena, &url) == NULL);
        CHECK_TEXT(weft_url_text(&url, text, sizeof(text)), rows[i].normal);
    }
    CHECK(weft_url_join(&base, WEFT_SPAN("javascript:x"), &arena, &url) != NULL);
    weft_arena_deinit(&arena);
}

TEST(an_origin_is_scheme_host_and_port)
{
    struct weft_arena arena;
    struct weft_url a;
    struct weft_url b;
    weft_arena_init(&arena, weft_heap_alloc(), MEMORY);
    CHECK(weft_url_parse(WEFT_SPAN("http://HOST/a"), &arena, &a) == NULL);
    CHECK(weft_url_parse(WEFT_SPAN("http://host:80/b"), &arena, &b) == NULL);
    CHECK(weft_url_same_origin(&a, &b));
    CHECK(weft_url_parse(WEFT_SPAN("https://host:80/b"), &arena, &b) == NULL);
    CHECK(!weft_url_same_origin(&a, &b));
    CHECK(weft_url_parse(WEFT_SPAN("http://host:81/b"), &arena, &b) == NULL);
    CHECK(!weft_url_same_origin(&a, &b));
    weft_arena_deinit(&arena);
}
