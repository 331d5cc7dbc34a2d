// server/push_test.c: what is promised, to whom, and what is not. RFC 9113 §8.4
#include "server/push.h"

#include "server/delivery_rig_test.h"

static struct weft_push push;

// The pushes of the newest request's page begin.
static void begin(struct rig *rig)
{
    if (!rig->given) {
        rig->given = malloc(sizeof(*rig->given));
        CHECK(rig->given != NULL);
        weft_cache_digest_init(rig->given, WEFT_CACHE_DIGEST_CONNECTION_BITS);
    }
    weft_push_init(&push, &rig->site, rig->conn, rig->stream_id, rig->request, rig->given);
}

static struct weft_promise *pushed_by_links(struct rig *rig, const char *value)
{
    begin(rig);
    weft_push_links(&push, weft_span_of(value));
    return push.promises;
}

static struct weft_promise *pushed_by_page(struct rig *rig, const char *path)
{
    const struct weft_manifest_page *page =
        weft_manifest_find(rig->config->manifest, weft_span_of(path));
    CHECK(page != NULL);
    begin(rig);
    weft_push_page(&push, page);
    return push.promises;
}

static void put_file(struct rig *rig, const char *name, size_t size)
{
    uint8_t *bytes = calloc(1, size + 1);
    CHECK(bytes != NULL);
    temp_dir_bytes(&rig->dir, name, (struct weft_span){bytes, size});
    free(bytes);
}

#define PRELOAD(path) "<" path ">; rel=preload"

// §8.4.1 (H2-20): the request is safe, without content, for the page's own authority; of its fields only what chooses
// among representations goes along, and nothing that is the visitor's own.
TEST(a_promise_is_a_get_of_the_pages_origin_without_credentials)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    const char *const fields[] = {"accept-encoding", "br",         "cookie", "a=b",
                                  "authorization",   "Basic eDp5", "range",  "bytes=0-0",
                                  "user-agent",      "Browser/1",  NULL};
    rig_ask_by(rig, false, "/?q", fields);
    struct weft_promise *promise = pushed_by_links(rig, PRELOAD("/a.css"));
    CHECK(promise != NULL && !promise->next);
    CHECK_EQ(promise->stream_id, 2);
    CHECK_EQ(promise->head.method, WEFT_HTTP_GET);
    CHECK_SPAN(promise->head.path, "/a.css");
    CHECK_SPAN(promise->head.authority, "a.example");
    CHECK_SPAN(promise->head.scheme, "http");
    CHECK_EQ(promise->head.field_count, 1);
    CHECK_SPAN(weft_http_head_find(&promise->head, WEFT_HTTP_FIELD_ACCEPT_ENCODING)->value, "br");
    CHECK_SPAN(promise->page, "/?q");
    CHECK_SPAN(promise->agent, "Browser/1");
    check_promised(rig, promise, "/a.css");
    rig_end(rig);
}

// Behind the page (3) and what the client asks for itself.
TEST(what_blocks_the_page_is_pushed_with_a_better_urgency_than_the_rest)
{
    struct rig *rig = rig_new();
    rig_manifest(rig, "pages: {/: [/a.png, /a.css, {path: /b.css, as: fetch}]}");
    rig_start(rig);
    rig_ask(rig, "/");
    struct weft_promise *promise = pushed_by_page(rig, "/");
    CHECK_EQ(promise_count(promise), 3);
    CHECK_EQ(promise->head.priority.urgency, 6);
    CHECK_EQ(promise->next->head.priority.urgency, 4);
    CHECK_EQ(promise->next->next->head.priority.urgency, 6);
    check_promised(rig, promise, "/a.png /a.css /b.css");
    rig_connect(rig);
    rig_ask(rig, "/");
    promise = pushed_by_links(rig, PRELOAD("/a.png") "; as=Image, " PRELOAD("/a.css"));
    CHECK_EQ(promise_count(promise), 2);
    CHECK_EQ(promise->head.priority.urgency, 6);
    CHECK_EQ(promise->next->head.priority.urgency, 4);
    check_promised(rig, promise, "/a.png /a.css");
    rig_end(rig);
}

TEST(the_manifests_mode_says_what_is_pushed)
{
    struct rig *rig = rig_new();
    rig_manifest(rig, "pages:\n"
                      "  /:\n"
                      "    - {path: /index.html, as: fetch, mode: none}\n"
                      "    - {path: /a.css, mode: hint}\n"
                      "    - {path: /b.css, mode: push}\n"
                      "    - preconnect: https://a.example\n"
                      "    - /a.png\n");
    rig_start(rig);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_page(rig, "/"), "/b.css /a.png");
    rig_end(rig);
}

// RFC 3986 §5.2, as far as pages need it.
TEST(links_are_relative_to_the_page)
{
    static const struct {
        const char *page;
        const char *value;
        const char *pushed;
    } rows[] = {
        {"/", "a.css", "/a.css"},
        {"/", "./a.css", "/a.css"},
        {"/", "../a.css", "/a.css"}, // above the root is the root
        {"/x/y/page?q=/z/", "../../a.css", "/a.css"},
        {"/x/y/", "../../a.css", "/a.css"},
        {"/x/y", "../a.css", "/a.css"},
        {"/x/y", "a.css", ""}, // no such file
        {"/", "x/../a.css", ""},
        {"/", "..", ""},
        {"/", "?a.css", ""},
        {"/", "a.css#part", ""},
        {"/", "x:a.css", ""},
    };
    struct rig *rig = rig_new();
    rig_start(rig);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        char value[64];
        snprintf(value, sizeof(value), "<%s>; rel=preload", rows[i].value);
        rig_connect(rig);
        rig_ask(rig, rows[i].page);
        check_promised(rig, pushed_by_links(rig, value), rows[i].pushed);
    }
    rig_end(rig);
}

// W3C Preload §3.3: nopush; and what is not ours to push (§10.1).
TEST(links_push_what_they_preload_of_our_own_origin)
{
    static const struct {
        const char *value;
        const char *pushed;
    } rows[] = {
        {PRELOAD("/a.css"), "/a.css"},
        {PRELOAD("/a.css") "; nopush", ""},
        {PRELOAD("/a.css") "; as=style; NoPush", ""},
        {PRELOAD("/a.css") "; nopush, " PRELOAD("/b.css"), "/b.css"},
        {"</a.css>; rel=\"x preload\", </b.css>; rel=modulepreload", "/a.css /b.css"},
        {"</a.css>; rel=stylesheet, </b.css>; rel=prefetch", ""},
        {PRELOAD("http://a.example/a.css"), "/a.css"},
        {PRELOAD("https://a.example/a.css"), ""},    // another scheme
        {PRELOAD("http://a.example.net/a.css"), ""}, // begins alike
        {PRELOAD("http://a.example:81/a.css"), ""},  // another port
        {PRELOAD("http://b.example/a.css"), ""},
        {PRELOAD("//b.example/a.css"), ""},
        {PRELOAD("//a.example/a.css"), "/a.css"},
        {PRELOAD("//a.example.net/a.css"), ""},
        {PRELOAD("/x/../a.css"), ""},
        {PRELOAD("/a.css") "; anchor=\"/other\"", ""}, // what another page needs, RFC 8288 §3.2
        {PRELOAD("/a.css#x"), ""},
        {PRELOAD("data:text/css,p{}"), ""},
        {PRELOAD("http:/a.css"), ""},
        {PRELOAD(""), ""},
        {"</a.css; rel=preload", ""},
    };
    struct rig *rig = rig_new();
    rig_start(rig);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        rig_connect(rig);
        rig_ask(rig, "/");
        check_promised(rig, pushed_by_links(rig, rows[i].value), rows[i].pushed);
    }
    rig_end(rig);
}

// §8.4.1: what cannot be kept is of no use; and what is not there, too large, or a visitor's own is not pushed.
TEST(only_answers_that_are_there_and_may_be_kept_are_pushed)
{
    static const struct {
        const char *path;
        const char *field; // of every answer
        bool is_pushed;
    } rows[] = {
        {"/a.css", "x-a: b", true},
        {"/a.css", "cache-control: max-age=60", true},
        {"/a.css", "cache-control: no-cache", true}, // kept, and asked about
        {"/a.css", "cache-control: private, max-age=60", true},
        {"/a.css", "cache-control: max-age=60, no-store", false},
        {"/a.css", "set-cookie: a=b", false},
        {"/gone.css", "x-a: b", false},
        {"/folder", "x-a: b", false}, // leads elsewhere
        {"/.hidden", "x-a: b", false},
        {"/../a.css", "x-a: b", false},
        {"/fits.png", "x-a: b", true},
        {"/large.png", "x-a: b", false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        char link[64];
        struct rig *rig = rig_new();
        temp_dir_folder(&rig->dir, "folder");
        temp_dir_file(&rig->dir, ".hidden", "p { }");
        put_file(rig, "fits.png", WEFT_PUSH_SIZE_MOST);
        put_file(rig, "large.png", WEFT_PUSH_SIZE_MOST + 1);
        rig_field(rig, rows[i].field);
        rig_start(rig);
        rig_ask(rig, "/");
        snprintf(link, sizeof(link), "<%s>; rel=preload", rows[i].path);
        check_promised(rig, pushed_by_links(rig, link), rows[i].is_pushed ? rows[i].path : "");
        rig_end(rig);
    }
}

TEST(nothing_is_promised_twice_on_a_connection)
{
    struct rig *rig = rig_new();
    rig_manifest(rig, "pages: {/: [/a.css, /b.css]}");
    rig_start(rig);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_links(rig, PRELOAD("/a.css") ", " PRELOAD("/a.css")), "/a.css");
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_page(rig, "/"), "/b.css");
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_page(rig, "/"), "");
    rig_connect(rig); // another connection's cache is its own
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_page(rig, "/"), "/a.css /b.css");
    rig_end(rig);
}

// §6.5.2 (H2-20): in force from the frame on, whatever was promised before; and it may be taken back.
TEST(a_client_that_forbids_pushes_is_promised_nothing_from_then_on)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_links(rig, PRELOAD("/a.css")), "/a.css");
    rig_set(rig, RIG_ENABLE_PUSH, 0);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_links(rig, PRELOAD("/b.css") ", " PRELOAD("/a.png")), "");
    CHECK(push.is_over);
    CHECK_EQ(weft_conn_totals(rig->conn)->pushes, 1);
    rig_set(rig, RIG_ENABLE_PUSH, 1);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_links(rig, PRELOAD("/b.css")), "/b.css"); // was not lost
    rig_end(rig);
}

// §5.1.2: its limit of streams holds for pushes; what did not fit may come with the next page.
TEST(no_more_is_promised_than_the_client_takes_at_once)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    rig_set(rig, RIG_MAX_CONCURRENT_STREAMS, 1);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_links(rig, PRELOAD("/a.css") ", " PRELOAD("/b.css")), "/a.css");
    rig_set(rig, RIG_MAX_CONCURRENT_STREAMS, 2);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_links(rig, PRELOAD("/b.css")), "/b.css");
    rig_end(rig);
}

// §8.4: only with a request that still waits for its answer's end.
TEST(a_page_that_was_given_up_gets_no_pushes)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    rig_ask(rig, "/");
    begin(rig);
    weft_conn_reset(rig->conn, rig->stream_id, WEFT_HTTP_CANCEL);
    weft_push_links(&push, WEFT_SPAN(PRELOAD("/a.css")));
    CHECK(push.is_over);
    check_promised(rig, push.promises, "");
    rig_end(rig);
}

TEST(a_page_gets_so_many_pushes_at_most)
{
    char text[4096] = "pages: {/: [";
    char promised[1024] = "";
    struct rig *rig = rig_new();
    for (int i = 0; i < WEFT_PUSHES_MOST + 8; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d.css", i);
        temp_dir_file(&rig->dir, name, "p { }");
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "/%s,", name);
        if (i >= WEFT_PUSHES_MOST) continue;
        snprintf(promised + strlen(promised), sizeof(promised) - strlen(promised), "%s/%s",
                 i ? " " : "", name);
    }
    snprintf(text + strlen(text), sizeof(text) - strlen(text), "]}");
    rig_manifest(rig, text);
    rig_start(rig);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_page(rig, "/"), promised);
    rig_end(rig);
}

TEST(a_page_gets_so_many_bytes_at_most)
{
    struct rig *rig = rig_new();
    rig_manifest(rig, "pages: {/: [/0.png, /1.png, /2.png, /3.png, /4.png, /a.css]}");
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d.png", i);
        put_file(rig, name, WEFT_PUSH_SIZE_MOST - (i == 3 ? 5 : 0));
    }
    rig_start(rig);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_page(rig, "/"), "/0.png /1.png /2.png /3.png /a.css"); // 5 bytes
    CHECK_EQ(push.size, WEFT_PUSH_SIZES_MOST);
    rig_ask(rig, "/"); // each page has its own
    check_promised(rig, pushed_by_page(rig, "/"), "/4.png");
    rig_end(rig);
}

// The cookie of a visit in which all that was pushed arrived; lent until the next call.
static const char *cookie_of(const struct weft_cache_digest *digest)
{
    static char line[WEFT_CACHE_DIGEST_SET_COOKIE_SIZE];
    size_t size = weft_cache_digest_set_cookie(digest, line);
    line[weft_span_find((struct weft_span){(const uint8_t *)line, size}, ';')] = 0;
    return line;
}

static void ask_with_cookie(struct rig *rig, const char *cookie)
{
    rig_connect(rig);
    rig_ask_by(rig, false, "/", (const char *const[]){"cookie", cookie, NULL});
}

// A filter takes one for another in 4e-9 of all cases: two in 512 bits, by four.
TEST(what_the_cookie_says_is_held_is_not_pushed_and_a_new_version_is)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    rig_ask(rig, "/");
    check_promised(rig, pushed_by_links(rig, PRELOAD("/a.css")), "/a.css");
    struct weft_cache_digest held = push.will_hold;
    ask_with_cookie(rig, cookie_of(&held));
    check_promised(rig, pushed_by_links(rig, PRELOAD("/a.css") ", " PRELOAD("/b.css")), "/b.css");
    held = push.will_hold;
    ask_with_cookie(rig, cookie_of(&held)); // of both visits
    check_promised(rig, pushed_by_links(rig, PRELOAD("/a.css") ", " PRELOAD("/b.css")), "");

    temp_dir_file(&rig->dir, "a.css", "p { color: red }");
    rig->now_us += 2000000; // the cache looks at files once a second
    weft_site_shared_set_time(&rig->shared, rig->now_us, 4000000000);
    ask_with_cookie(rig, cookie_of(&held));
    check_promised(rig, pushed_by_links(rig, PRELOAD("/a.css") ", " PRELOAD("/b.css")), "/a.css");
    rig_end(rig);
}

// What is pushed now fills the digest for the next visit, and hides nothing of this one: 32 in 512 bits would.
TEST(what_is_pushed_with_a_page_hides_nothing_of_the_same_page)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    rig_ask(rig, "/");
    begin(rig);
    memset(push.will_hold.bits, 0xff, WEFT_CACHE_DIGEST_COOKIE_BITS / 8);
    weft_push_links(&push, WEFT_SPAN(PRELOAD("/a.css")));
    check_promised(rig, push.promises, "/a.css");
    rig_end(rig);
}

TEST(a_cookie_that_is_full_or_broken_holds_nothing)
{
    struct weft_cache_digest full;
    weft_cache_digest_init(&full, WEFT_CACHE_DIGEST_COOKIE_BITS);
    memset(full.bits, 0xff, WEFT_CACHE_DIGEST_COOKIE_BITS / 8);
    const char *const cookies[] = {cookie_of(&full), "__Host-weft-held=", "__Host-weft-held=!",
                                   "a=b"};
    struct rig *rig = rig_new();
    rig_start(rig);
    for (size_t i = 0; i < WEFT_COUNT(cookies); i++) {
        ask_with_cookie(rig, cookies[i]);
        check_promised(rig, pushed_by_links(rig, PRELOAD("/a.css")), "/a.css");
        CHECK(!weft_cache_digest_is_full(&push.will_hold)); // it begins anew
    }
    rig_end(rig);
}
