// http/target_test.c: RFC 9112 §3.2, RFC 3986.
#include "http/target.h"

#include "check.h"
#include "counting_alloc.h"

struct authority_row {
    const char *text;
    const char *host;
    int port;
};

TEST(an_authority_is_a_host_and_maybe_a_port)
{
    static const struct authority_row rows[] = {
        {"a", "a", -1},
        {"www.example.com:443", "www.example.com", 443},
        {"a:0", "a", 0},
        {"a:65535", "a", 65535},
        {"a:00080", "a", 80},
        {"a:", "a", -1},
        {"127.0.0.1:80", "127.0.0.1", 80},
        {"a_b.x--y~!$&'()*+,;=", "a_b.x--y~!$&'()*+,;=", -1},
        {"%41b", "%41b", -1},
        {"[::1]:8443", "[::1]", 8443},
        {"[::]", "[::]", -1},
        {"[2001:db8::1]", "[2001:db8::1]", -1},
        {"[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", -1},
        {"[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]", -1},
        {"[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", -1},
        {"[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", -1},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_http_authority authority;
        CHECK(weft_http_parse_authority(weft_span_of(rows[i].text), &authority));
        CHECK_SAME(authority.host, weft_span_of(rows[i].host));
        CHECK_EQ(authority.port, rows[i].port);
    }
}

TEST(what_is_no_authority_is_refused)
{
    static const char *const wrong[] = {
        "",
        ":80",
        "me@a",
        "me:secret@a:80",
        "a:65536",
        "a:99999999999999999999",
        "a:-1",
        "a:8o",
        "a:80:80",
        "a b",
        "a/b",
        "a\\b",
        "a?b",
        "%4",
        "%zz",
        "\xc3\xbc",
        "[",
        "[]",
        "[::1",
        "[::1]x",
        "[:]",
        "[1]",
        "[1:2:3:4:5:6:7]",
        "[1:2:3:4:5:6:7:8:9]",
        "[1:2:3:4:5:6:7:8::]",
        "[::1:2:3:4:5:6:7:8]",
        "[1::2::3]",
        "[:::1]",
        "[1:::2]",
        "[:1::2]",
        "[1::2:]",
        "[12345::]",
        "[::g]",
        "[::1.2.3]",
        "[::1.2.3.256]",
        "[::1.2.3.04]",
        "[::1.2.3.4:5]",
        "[fe80::1%25eth0]",
        "[v1.x]",
    };
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        struct weft_http_authority authority = {.port = 7};
        CHECK(!weft_http_parse_authority(weft_span_of(wrong[i]), &authority));
        CHECK_EQ(authority.port, 7); // left as it was
    }
}

// Parses with an arena that may hold `limit` bytes.
static enum weft_result parse(enum weft_http_method method, const char *text, size_t limit,
                              struct weft_http_target *target, uint8_t path[64])
{
    struct test_alloc counter = {0};
    struct weft_alloc alloc = test_allocator(&counter);
    struct weft_arena arena;
    weft_arena_init(&arena, &alloc, limit);
    *target = (struct weft_http_target){0};
    enum weft_result result = weft_http_parse_target(method, weft_span_of(text), &arena, target);
    if (result == WEFT_OK && target->path.size > 0)
        memcpy(path, target->path.data, target->path.size);
    target->path.data = path;
    weft_arena_deinit(&arena);
    CHECK_EQ(counter.live, 0);
    return result;
}

// H1-07
TEST(a_target_has_one_of_four_forms)
{
    static const struct {
        enum weft_http_method method;
        enum weft_http_target_form form;
        const char *text;
        const char *scheme, *authority, *path;
    } rows[] = {
        {WEFT_HTTP_GET, WEFT_HTTP_ORIGIN_FORM, "/", "", "", "/"},
        {WEFT_HTTP_GET, WEFT_HTTP_ORIGIN_FORM, "/a?b=/c?d%20", "", "", "/a?b=/c?d%20"},
        {WEFT_HTTP_GET, WEFT_HTTP_ORIGIN_FORM, "//a/b", "", "", "//a/b"},
        {WEFT_HTTP_GET, WEFT_HTTP_ABSOLUTE_FORM, "http://a", "http", "a", "/"},
        {WEFT_HTTP_GET, WEFT_HTTP_ABSOLUTE_FORM, "HTTP://a:80/x?y", "HTTP", "a:80", "/x?y"},
        {WEFT_HTTP_GET, WEFT_HTTP_ABSOLUTE_FORM, "http://a?y", "http", "a", "/?y"},
        {WEFT_HTTP_GET, WEFT_HTTP_ABSOLUTE_FORM, "http://[::1]:1/", "http", "[::1]:1", "/"},
        {WEFT_HTTP_OPTIONS, WEFT_HTTP_ABSOLUTE_FORM, "http://a:1", "http", "a:1", "*"},
        {WEFT_HTTP_OPTIONS, WEFT_HTTP_ABSOLUTE_FORM, "http://a/", "http", "a", "/"},
        {WEFT_HTTP_OPTIONS, WEFT_HTTP_ASTERISK_FORM, "*", "", "", "*"},
        {WEFT_HTTP_CONNECT, WEFT_HTTP_AUTHORITY_FORM, "a:443", "", "a:443", ""},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_http_target target;
        uint8_t path[64];
        CHECK_EQ(parse(rows[i].method, rows[i].text, 4096, &target, path), WEFT_OK);
        CHECK_EQ(target.form, rows[i].form);
        CHECK_SAME(target.scheme, weft_span_of(rows[i].scheme));
        CHECK_SAME(target.authority, weft_span_of(rows[i].authority));
        CHECK_SAME(target.path, weft_span_of(rows[i].path));
    }
}

// H1-07; RFC 9112 §3.2
TEST(a_target_of_no_form_or_not_for_its_method_is_refused)
{
    static const char *const wrong[] = {
        "",
        "*",
        "a",
        "a:80",
        "/a b",
        "/a#b",
        "/a\x01",
        "/\x7f",
        "http:/a",
        "http:a",
        "http://",
        "http:///x",
        "http://:1",
        "http://u@a/",
        "1ttp://a/",
        "://a/",
        "http://a#",
        "http://a/x y",
        "http://a?\n",
        "http://a:x/",
        "**",
    };
    struct weft_http_target target;
    uint8_t path[64];
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++)
        CHECK_EQ(parse(WEFT_HTTP_GET, wrong[i], 4096, &target, path), WEFT_INVALID);
    CHECK_EQ(parse(WEFT_HTTP_CONNECT, "/", 4096, &target, path), WEFT_INVALID);
    CHECK_EQ(parse(WEFT_HTTP_CONNECT, "a", 4096, &target, path), WEFT_INVALID);
    CHECK_EQ(parse(WEFT_HTTP_CONNECT, "http://a:1/", 4096, &target, path), WEFT_INVALID);
    CHECK_EQ(parse(WEFT_HTTP_CONNECT, "*", 4096, &target, path), WEFT_INVALID);
    CHECK_EQ(parse(WEFT_HTTP_GET, "http://a?y", 0, &target, path), WEFT_NO_MEMORY);
    CHECK_EQ(parse(WEFT_HTTP_GET, "http://a/y", 0, &target, path), WEFT_OK);
}

struct path_row {
    const char *text;
    const char *path;
    const char *query; // NULL without
};

TEST(a_path_is_decoded_once_and_loses_its_dots)
{
    static const struct path_row rows[] = {
        {"/", "/", NULL},
        {"/a/b.html", "/a/b.html", NULL},
        {"/a?b/../c", "/a", "b/../c"},
        {"/?", "/", ""},
        {"/a%20b%c3%bc", "/a b\xc3\xbc", NULL},
        {"/%2541", "/%41", NULL}, // once
        {"/a/", "/a/", NULL},
        {"//a///b//", "/a/b/", NULL},
        {"/.", "/", NULL},
        {"/./", "/", NULL},
        {"/a/.", "/a/", NULL},
        {"/a/./b", "/a/b", NULL},
        {"/a/..", "/", NULL},
        {"/a/../", "/", NULL},
        {"/a/b/..", "/a/", NULL},
        {"/a/b/../c", "/a/c", NULL},
        {"/a//../b", "/b", NULL},
        {"/a/b/../../c", "/c", NULL},
        {"/a/%2e%2E/b", "/b", NULL},
        {"/a/.%2e/b", "/b", NULL},
        {"/%2e/b", "/b", NULL},
        {"/...", "/...", NULL},
        {"/..a/.b/c..", "/..a/.b/c..", NULL},
        {"/a:b@c|d", "/a:b@c|d", NULL},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint8_t room[64];
        struct weft_http_path path;
        struct weft_span text = weft_span_of(rows[i].text);
        CHECK_EQ(weft_http_path_decode(text, room, sizeof(room), &path), WEFT_HTTP_PATH_FINE);
        CHECK_SAME(path.path, weft_span_of(rows[i].path));
        CHECK_EQ(path.has_query, rows[i].query != NULL);
        CHECK_SAME(path.query, weft_span_of(rows[i].query ? rows[i].query : ""));
    }
}

TEST(a_path_that_would_lead_elsewhere_is_refused)
{
    static const struct {
        const char *text;
        enum weft_http_path_status status;
    } rows[] = {
        {"", WEFT_HTTP_PATH_NOT_ABSOLUTE},
        {"*", WEFT_HTTP_PATH_NOT_ABSOLUTE},
        {"a/b", WEFT_HTTP_PATH_NOT_ABSOLUTE},
        {"?a", WEFT_HTTP_PATH_NOT_ABSOLUTE},
        {"%2fa", WEFT_HTTP_PATH_NOT_ABSOLUTE},
        {"/..", WEFT_HTTP_PATH_ABOVE_ROOT},
        {"/../a", WEFT_HTTP_PATH_ABOVE_ROOT},
        {"/a/../../b", WEFT_HTTP_PATH_ABOVE_ROOT},
        {"//..", WEFT_HTTP_PATH_ABOVE_ROOT},
        {"/./..", WEFT_HTTP_PATH_ABOVE_ROOT},
        {"/%2e%2e/etc/passwd", WEFT_HTTP_PATH_ABOVE_ROOT},
        {"/a%2fb", WEFT_HTTP_PATH_FORBIDDEN},
        {"/..%2F..%2Fetc", WEFT_HTTP_PATH_FORBIDDEN},
        {"/a%5cb", WEFT_HTTP_PATH_FORBIDDEN},
        {"/a\\..\\b", WEFT_HTTP_PATH_FORBIDDEN},
        {"/a%00.html", WEFT_HTTP_PATH_FORBIDDEN},
        {"/a%0d%0ab", WEFT_HTTP_PATH_FORBIDDEN},
        {"/a\x1f", WEFT_HTTP_PATH_FORBIDDEN},
        {"/a%7f", WEFT_HTTP_PATH_FORBIDDEN},
        {"/a%", WEFT_HTTP_PATH_BAD_ESCAPE},
        {"/a%2", WEFT_HTTP_PATH_BAD_ESCAPE},
        {"/a%2?0", WEFT_HTTP_PATH_BAD_ESCAPE},
        {"/a%zz", WEFT_HTTP_PATH_BAD_ESCAPE},
        {"/a%u0041", WEFT_HTTP_PATH_BAD_ESCAPE},
        {"/123456789012345678901234567890123", WEFT_HTTP_PATH_TOO_LONG},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint8_t room[32];
        struct weft_http_path path;
        struct weft_span text = weft_span_of(rows[i].text);
        CHECK_EQ(weft_http_path_decode(text, room, sizeof(room), &path), rows[i].status);
    }
}

TEST(each_byte_of_a_path_is_itself_or_refused)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t room[8];
        uint8_t text[] = {'/', 'a', (uint8_t)byte, 'b'};
        struct weft_span given = {text, sizeof(text)};
        struct weft_http_path path;
        enum weft_http_path_status status = weft_http_path_decode(given, room, sizeof(room), &path);
        bool is_forbidden = byte < 0x20 || byte == 0x7f || byte == '\\';
        if (byte == '?') continue;
        if (byte == '%') CHECK_EQ(status, WEFT_HTTP_PATH_BAD_ESCAPE);
        if (is_forbidden) CHECK_EQ(status, WEFT_HTTP_PATH_FORBIDDEN);
        if (byte == '%' || is_forbidden) continue;
        CHECK_EQ(status, WEFT_HTTP_PATH_FINE);
        CHECK_SAME(path.path, given);
    }
}

TEST(a_query_takes_no_room)
{
    uint8_t room[2];
    struct weft_http_path path;
    struct weft_span text = WEFT_SPAN("/a?0123456789%zz\\");
    CHECK_EQ(weft_http_path_decode(text, room, sizeof(room), &path), WEFT_HTTP_PATH_FINE);
    CHECK_SPAN(path.query, "0123456789%zz\\");
}
