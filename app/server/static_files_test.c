// server/static_files_test.c: RFC 9110, from a request's head to the answer, without a connection
#include "server/static_files.h"

#include "check.h"
#include "server/directory_listing.h"
#include "server/route.h"
#include "temp_dir.h"

#include <errno.h>

struct scene {
    struct temp_dir dir;
    struct weft_root root;
    struct weft_server_config server_config;
    struct weft_site_config *config;
    struct weft_site_shared shared;
    struct weft_site site;
    struct weft_answer answer;
    struct weft_http_field fields[8];
    struct weft_http_head request;
    uint8_t content[300000];
    size_t content_size;
    ssize_t end; // of reading the body: 0, or a negative errno
};

static struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CHECK(scene != NULL);
    scene->dir = temp_dir_new();
    struct temp_dir *dir = &scene->dir;
    temp_dir_folder(dir, "sub");
    temp_dir_folder(dir, ".git");
    temp_dir_folder(dir, ".well-known");
    temp_dir_file(dir, "index.html", "<p>home");
    temp_dir_file(dir, "alphabet.txt", "abcdefghijklmnopqrstuvwxyz");
    temp_dir_file(dir, "a.css", "plain");
    temp_dir_file(dir, "a.css.gz", "zipped");
    temp_dir_file(dir, ".git/config", "SECRET");
    temp_dir_file(dir, ".hidden", "SECRET");
    temp_dir_file(dir, ".well-known/security.txt", "contact");
    temp_dir_file(dir, ".well-known/.dot", "SECRET");
    temp_dir_file(dir, "odd \xc3\xbc%.txt", "odd");
    weft_server_config_init(&scene->server_config);
    scene->server_config.thread_count = 1;
    scene->config = weft_server_config_add_site(&scene->server_config);
    CHECK(scene->config != NULL);
    scene->config->root = dir->path;
    CHECK_EQ(weft_root_open(&scene->root, dir->path), 0);
    return scene;
}

static void scene_start(struct scene *scene)
{
    CHECK(weft_site_shared_init(&scene->shared, &scene->server_config, 1));
    weft_site_init(&scene->site, scene->config, &scene->root, &scene->shared);
    weft_answer_init(&scene->answer);
}

static void scene_end(struct scene *scene)
{
    weft_answer_deinit(&scene->answer);
    weft_site_shared_deinit(&scene->shared);
    weft_server_config_deinit(&scene->server_config);
    weft_root_close(&scene->root);
    temp_dir_remove(&scene->dir);
    free(scene);
}

// Asks, and reads the content in pieces of `piece` bytes.
static uint16_t ask_in_pieces(struct scene *scene, enum weft_http_method method, const char *target,
                              size_t piece)
{
    bool ends = false;
    weft_answer_deinit(&scene->answer);
    weft_answer_init(&scene->answer);
    scene->request.method = (uint8_t)method;
    scene->request.path = weft_span_of(target);
    scene->request.fields = scene->fields;
    weft_site_shared_set_time(&scene->shared, scene->shared.now_us + 2000000, 4000000000);
    weft_route(&scene->site, &scene->request, &scene->answer);

    scene->content_size = 0;
    scene->end = 0;
    for (int i = 0; i < 100000 && !ends; i++) {
        ssize_t got =
            weft_body_read(&scene->answer.body, scene->content + scene->content_size, piece, &ends);
        if (got < 0) {
            scene->end = got;
            break;
        }
        scene->content_size += (size_t)got;
    }
    bool is_whole = !scene->answer.body.kind || scene->end < 0 ||
                    scene->answer.head.content_length == (int64_t)scene->content_size;
    CHECK(is_whole);
    return scene->answer.head.status;
}

static uint16_t ask(struct scene *scene, const char *target)
{
    return ask_in_pieces(scene, WEFT_HTTP_GET, target, 16384);
}

static struct weft_span content(const struct scene *scene)
{
    return (struct weft_span){scene->content, scene->content_size};
}

static struct weft_span field(const struct scene *scene, enum weft_http_field_name id)
{
    const struct weft_http_field *found = weft_http_head_find(&scene->answer.head, id);
    return found ? found->value : (struct weft_span){0};
}

static void set_field(struct scene *scene, enum weft_http_field_name id, const char *value)
{
    scene->request.field_count = 1;
    scene->fields[0] = (struct weft_http_field){
        .name = weft_http_field_text(id), .value = weft_span_of(value), .id = (uint8_t)id};
}

// Asked for again within a second, a file is found by the path as it came.
TEST(a_file_that_is_asked_for_again_is_answered_the_same)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    CHECK_EQ(ask(scene, "/a.css"), 200);
    uint64_t stamp = scene->answer.head.stamp;
    for (int i = 0; i < 2; i++) {
        weft_answer_deinit(&scene->answer);
        weft_answer_init(&scene->answer);
        weft_route(&scene->site, &scene->request, &scene->answer);
        CHECK_EQ(scene->answer.head.status, 200);
        CHECK_EQ(scene->answer.head.stamp, stamp);
        CHECK_EQ(scene->answer.head.rank, WEFT_HTTP_RANK_FOUND);
        CHECK_EQ(scene->answer.head.priority.urgency, 1); // a style sheet
        CHECK(!weft_http_head_find(&scene->answer.head, WEFT_HTTP_FIELD_PRIORITY));
        CHECK(weft_http_head_find(&scene->answer.head, WEFT_HTTP_FIELD_ETAG) != NULL);
    }
    scene_end(scene);
}

TEST(a_file_is_answered_with_its_description)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    CHECK_EQ(ask(scene, "/alphabet.txt?query=is&not=looked%at"), 200);
    CHECK_SPAN(content(scene), "abcdefghijklmnopqrstuvwxyz");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_CONTENT_TYPE), "text/plain; charset=utf-8");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_SERVER), "weft");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_CACHE_CONTROL), "no-cache");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_ACCEPT_RANGES), "bytes");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_DATE), "Tue, 02 Oct 2096 07:06:40 GMT");
    CHECK(weft_http_etag_is_valid(field(scene, WEFT_HTTP_FIELD_ETAG)));
    CHECK_EQ(field(scene, WEFT_HTTP_FIELD_LAST_MODIFIED).size, WEFT_HTTP_DATE_SIZE);
    CHECK_EQ(field(scene, WEFT_HTTP_FIELD_VARY).size, 0);
    scene_end(scene);
}

TEST(names_are_decoded_once)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    CHECK_EQ(ask(scene, "/odd%20%C3%BC%25.txt"), 200);
    CHECK_SPAN(content(scene), "odd");
    CHECK_EQ(ask(scene, "/%2561lphabet.txt"), 404);
    CHECK_EQ(ask(scene, "/%61lphabet.txt"), 200);
    scene_end(scene);
}

TEST(tricks_in_paths_find_nothing)
{
    static const char *const targets[] = {
        "/.git/config",
        "/.hidden",
        "/%2ehidden",
        "/.well-known/.dot",
        "/sub/../.hidden",
        "/a%00.css",
        "/sub%2f..%2fx",
        "/sub\\..\\x",
        "/..%5cx",
        "/../x",
        "/%2e%2e/x",
        "/sub/../../../x",
        "/alphabet.txt/x",
        "/%",
        "/%zz",
        "x",
        "*",
        "",
        "/alphabet.txt/",
        "/.git",
    };
    struct scene *scene = scene_new();
    scene_start(scene);
    for (size_t i = 0; i < WEFT_COUNT(targets); i++) {
        uint16_t status = ask(scene, targets[i]);
        CHECK(status == 404 || status == 400);
        CHECK(memmem(scene->content, scene->content_size, "SECRET", 6) == NULL);
    }
    CHECK_EQ(ask(scene, "/.well-known/security.txt"), 200); // RFC 8615
    scene_end(scene);
}

TEST(a_path_longer_than_any_name_is_414)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    static char target[6000] = "/";
    memset(target + 1, 'a', sizeof(target) - 2);
    CHECK_EQ(ask(scene, target), 414);
    scene_end(scene);
}

TEST(a_folder_is_redirected_to_its_slash_and_never_away)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    temp_dir_folder(&scene->dir, "evil.example");
    temp_dir_folder(&scene->dir, "a b:c");
    CHECK_EQ(ask(scene, "/sub?x=%2f&y"), 301);
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_LOCATION), "/sub/?x=%2f&y");
    CHECK_EQ(ask(scene, "//evil.example"), 301);
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_LOCATION), "/evil.example/");
    CHECK_EQ(ask(scene, "/sub/..//evil.example?"), 301);
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_LOCATION), "/evil.example/?");
    CHECK_EQ(ask(scene, "/a%20b:c"), 301);
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_LOCATION), "/a%20b:c/");
    CHECK_EQ(ask(scene, "/"), 200);
    CHECK_SPAN(content(scene), "<p>home");
    CHECK_EQ(ask(scene, "/sub/"), 404);
    scene_end(scene);
}

// RFC 9110 §14.2, §15.3.7, §15.5.17
TEST(ranges_give_the_parts_asked_for)
{
    static const struct {
        const char *range;
        uint16_t status;
        const char *content_range;
        const char *content;
    } rows[] = {
        {"bytes=0-0", 206, "bytes 0-0/26", "a"},
        {"bytes=-2", 206, "bytes 24-25/26", "yz"},
        {"bytes=24-99", 206, "bytes 24-25/26", "yz"},
        {"bytes=0-", 206, "bytes 0-25/26", "abcdefghijklmnopqrstuvwxyz"},
        {"bytes=9-5", 200, "", "abcdefghijklmnopqrstuvwxyz"},
        {"pages=1", 200, "", "abcdefghijklmnopqrstuvwxyz"},
        {"bytes=26-", 416, "bytes */26", NULL},
    };
    struct scene *scene = scene_new();
    scene_start(scene);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        set_field(scene, WEFT_HTTP_FIELD_RANGE, rows[i].range);
        CHECK_EQ(ask(scene, "/alphabet.txt"), rows[i].status);
        CHECK_SAME(field(scene, WEFT_HTTP_FIELD_CONTENT_RANGE),
                   weft_span_of(rows[i].content_range));
        if (rows[i].content) CHECK_SAME(content(scene), weft_span_of(rows[i].content));
    }
    scene_end(scene);
}

// RFC 9110 §14.6: whatever the pieces in which it leaves
TEST(several_ranges_come_as_parts)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    set_field(scene, WEFT_HTTP_FIELD_RANGE, "bytes=0-1, 24-");
    for (size_t piece = 1; piece < 300; piece += 7) {
        CHECK_EQ(ask_in_pieces(scene, WEFT_HTTP_GET, "/alphabet.txt", piece), 206);
        struct weft_span type = field(scene, WEFT_HTTP_FIELD_CONTENT_TYPE);
        CHECK(weft_span_starts_with(type, WEFT_SPAN("multipart/byteranges; boundary=")));
        CHECK_EQ(field(scene, WEFT_HTTP_FIELD_CONTENT_RANGE).size, 0);
        char should[512];
        const char *boundary = (const char *)type.data + 31;
        snprintf(should, sizeof(should),
                 "--%s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: bytes 0-1/26"
                 "\r\n\r\nab\r\n--%s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: "
                 "bytes 24-25/26\r\n\r\nyz\r\n--%s--\r\n",
                 boundary, boundary, boundary);
        CHECK_SAME(content(scene), weft_span_of(should));
    }
    scene_end(scene);
}

// RFC 9110 §13.1, §13.2.2, §15.4.5
TEST(conditions_decide_before_the_content)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    char etag[100] = "";
    CHECK_EQ(ask(scene, "/alphabet.txt"), 200);
    struct weft_span value = field(scene, WEFT_HTTP_FIELD_ETAG);
    CHECK(value.data && value.size < sizeof(etag));
    memcpy(etag, value.data, value.size);

    set_field(scene, WEFT_HTTP_FIELD_IF_NONE_MATCH, etag);
    CHECK_EQ(ask(scene, "/alphabet.txt"), 304);
    CHECK_EQ(scene->content_size, 0);
    CHECK_SAME(field(scene, WEFT_HTTP_FIELD_ETAG), weft_span_of(etag));
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_CACHE_CONTROL), "no-cache");
    CHECK_EQ(field(scene, WEFT_HTTP_FIELD_CONTENT_TYPE).size, 0);
    CHECK_EQ(field(scene, WEFT_HTTP_FIELD_DATE).size, WEFT_HTTP_DATE_SIZE);

    set_field(scene, WEFT_HTTP_FIELD_IF_NONE_MATCH, "\"other\"");
    CHECK_EQ(ask(scene, "/alphabet.txt"), 200);
    set_field(scene, WEFT_HTTP_FIELD_IF_MATCH, "\"other\"");
    CHECK_EQ(ask(scene, "/alphabet.txt"), 412);
    CHECK_EQ(ask(scene, "/none"), 404); // no condition where the answer is none of 2xx, §13.2.1
    scene_end(scene);
}

// RFC 9110 §8.8.3.3, §12.5.3, §12.5.5
TEST(precompressed_siblings_are_negotiated)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    CHECK_EQ(ask(scene, "/a.css"), 200);
    CHECK_SPAN(content(scene), "plain");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_VARY), "accept-encoding");
    char plain[100] = "";
    struct weft_span value = field(scene, WEFT_HTTP_FIELD_ETAG);
    CHECK(value.data && value.size < sizeof(plain));
    memcpy(plain, value.data, value.size);

    set_field(scene, WEFT_HTTP_FIELD_ACCEPT_ENCODING, "br, gzip");
    CHECK_EQ(ask(scene, "/a.css"), 200);
    CHECK_SPAN(content(scene), "zipped");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_CONTENT_ENCODING), "gzip");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_CONTENT_TYPE), "text/css; charset=utf-8");
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_VARY), "accept-encoding");
    CHECK(!weft_span_equal(field(scene, WEFT_HTTP_FIELD_ETAG), weft_span_of(plain)));

    set_field(scene, WEFT_HTTP_FIELD_IF_NONE_MATCH, plain);
    CHECK_EQ(ask(scene, "/a.css"), 304);
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_VARY), "accept-encoding");
    scene_end(scene);
}

// RFC 9110 §9.3.7, §15.5.6
TEST(other_methods_are_told_what_is_allowed)
{
    static const enum weft_http_method methods[] = {WEFT_HTTP_POST,    WEFT_HTTP_PUT,
                                                    WEFT_HTTP_DELETE,  WEFT_HTTP_TRACE,
                                                    WEFT_HTTP_CONNECT, WEFT_HTTP_OTHER_METHOD};
    struct scene *scene = scene_new();
    scene_start(scene);
    for (size_t i = 0; i < WEFT_COUNT(methods); i++) {
        CHECK_EQ(ask_in_pieces(scene, methods[i], "/a.css", 100), 405);
        CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_ALLOW), "GET, HEAD, OPTIONS");
    }
    CHECK_EQ(ask_in_pieces(scene, WEFT_HTTP_OPTIONS, "*", 100), 204);
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_ALLOW), "GET, HEAD, OPTIONS");
    CHECK_EQ(ask_in_pieces(scene, WEFT_HTTP_HEAD, "/a.css", 100), 200);
    scene_end(scene);
}

TEST(a_file_that_shrinks_while_it_is_sent_is_an_error)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    uint8_t room[1000];
    bool ends = false;
    temp_dir_file(&scene->dir, "large", "");
    CHECK_EQ(truncate(temp_dir_path(&scene->dir, "large"), 200000), 0);
    CHECK_EQ(ask(scene, "/large"), 200);
    struct weft_body body;
    weft_body_of_file(&body, scene->answer.body.file, 0, 200000);
    CHECK_EQ(weft_body_read(&body, room, sizeof(room), &ends), sizeof(room));
    CHECK_EQ(truncate(temp_dir_path(&scene->dir, "large"), 500), 0);
    CHECK_EQ(weft_body_read(&body, room, sizeof(room), &ends), -EIO);
    CHECK(!ends);
    weft_body_close(&body);
    scene_end(scene);
}

TEST(the_sites_own_error_page_is_used)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    CHECK_EQ(ask(scene, "/none"), 404);
    CHECK(memmem(scene->content, scene->content_size, "404 Not Found", 13) != NULL);
    temp_dir_file(&scene->dir, "404.html", "lost");
    CHECK_EQ(ask(scene, "/none"), 404);
    CHECK_SPAN(content(scene), "lost");
    CHECK_EQ(field(scene, WEFT_HTTP_FIELD_ETAG).size, 0);
    scene_end(scene);
}

TEST(fields_of_the_configuration_are_in_every_answer)
{
    struct scene *scene = scene_new();
    CHECK(weft_site_config_add_field(scene->config, "Cache-Control: max-age=60") == NULL);
    scene_start(scene);
    static const char *const targets[] = {"/a.css", "/none", "/sub"};
    for (size_t i = 0; i < WEFT_COUNT(targets); i++) {
        size_t seen = 0;
        (void)ask(scene, targets[i]);
        for (size_t j = 0; j < scene->answer.head.field_count; j++) {
            if (scene->answer.head.fields[j].id != WEFT_HTTP_FIELD_CACHE_CONTROL) continue;
            CHECK_SPAN(scene->answer.head.fields[j].value, "max-age=60");
            seen++;
        }
        CHECK_EQ(seen, 1);
    }
    scene_end(scene);
}

TEST(a_listing_shows_what_would_be_served_and_escapes_it)
{
    struct scene *scene = scene_new();
    scene->config->lists_directories = true;
    scene_start(scene);
    temp_dir_file(&scene->dir, "sub/<b>&\".txt", "x");
    temp_dir_file(&scene->dir, "sub/javascript:x", "x");
    temp_dir_file(&scene->dir, "sub/.dot", "x");
    temp_dir_folder(&scene->dir, "sub/zz");
    temp_dir_link(&scene->dir, "sub/out", "/etc/hostname");
    CHECK_EQ(ask(scene, "/sub/"), 200);
    scene->content[scene->content_size] = 0;
    const char *page = (const char *)scene->content;
    CHECK(strstr(page, "<b>&") == NULL);
    CHECK(strstr(page, "href=\"%3Cb%3E%26%22.txt\">&lt;b&gt;&amp;&quot;.txt<") != NULL);
    CHECK(strstr(page, "href=\"javascript%3Ax\"") != NULL);
    CHECK(strstr(page, ".dot") == NULL && strstr(page, ">out<") == NULL);
    CHECK(strstr(page, "zz/</a>") < strstr(page, "&lt;b")); // folders first
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_CONTENT_TYPE), "text/html; charset=utf-8");
    scene_end(scene);
}

// The page that is sent for a folder; asked without the clock moving.
static const struct weft_file *list(struct scene *scene)
{
    weft_answer_deinit(&scene->answer);
    weft_answer_init(&scene->answer);
    weft_directory_listing(&scene->site, WEFT_SPAN("/sub/"), &scene->answer);
    CHECK_EQ(scene->answer.head.status, 200);
    return scene->answer.body.file;
}

TEST(a_listing_is_made_once_a_second_and_shared)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    const struct weft_file *page = list(scene);
    uint64_t size = page->size;
    temp_dir_file(&scene->dir, "sub/new.txt", "x");
    for (size_t i = 0; i < 3; i++)
        CHECK(list(scene) == page);

    scene->shared.now_us += WEFT_CACHE_CHECK_US;
    CHECK(list(scene)->size > size);
    for (int i = 0; i < 2 * WEFT_LISTINGS_KEPT; i++) { // old ones make room
        scene->shared.now_us += WEFT_CACHE_CHECK_US;
        CHECK(list(scene)->size > size);
    }
    scene_end(scene);
}

// Pages are charged to no connection: their sum has a bound.
TEST(no_listing_is_made_while_many_are_still_being_sent)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    uint64_t size = list(scene)->held;
    CHECK_EQ(scene->shared.listings_alive, size);
    scene->shared.listings_alive += 32 << 20; // others, that nobody takes
    scene->shared.now_us += WEFT_CACHE_CHECK_US;
    weft_answer_deinit(&scene->answer);
    weft_answer_init(&scene->answer);
    weft_directory_listing(&scene->site, WEFT_SPAN("/sub/"), &scene->answer);
    CHECK_EQ(scene->answer.head.status, 503);
    scene->shared.listings_alive -= 32 << 20;
    CHECK_EQ(list(scene)->held, size);
    scene_end(scene);
}

TEST(a_cached_answer_keeps_its_head_and_only_the_date_moves)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    (void)ask(scene, "/a.css");
    const struct weft_http_field *fields = scene->answer.head.fields;
    uint64_t loads = scene->shared.cache.loads;
    weft_clock_set(&scene->shared.clock, 5000000000);
    CHECK_SPAN(field(scene, WEFT_HTTP_FIELD_DATE), "Fri, 11 Jun 2128 08:53:20 GMT");
    (void)ask(scene, "/a.css");
    CHECK(scene->answer.head.fields == fields);
    CHECK_EQ(scene->shared.cache.loads, loads);
    scene_end(scene);
}
