// server/witness_test.c: which requests teach what pages need, and which are nobody else's business
#include "server/witness.h"

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIELDS_MOST = 8 };

struct scene {
    struct weft_notebook notebook;
    uint8_t *room;
    struct weft_notes notes;
    struct weft_server_config config;
    struct weft_site_config *site_config;
    struct weft_site_shared shared;
    struct weft_site site;
    struct weft_witness witness;
    struct weft_http_field fields[FIELDS_MOST];
    struct weft_http_field answer_fields[2];
};

static struct weft_address address_of(const char *text)
{
    struct weft_address address = {0};
    struct sockaddr_in *v4 = (void *)&address.storage;
    struct sockaddr_in6 *v6 = (void *)&address.storage;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
    } else {
        CHECK_EQ(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
        v6->sin6_family = AF_INET6;
    }
    return address;
}

static struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CHECK(scene != NULL);
    CHECK(weft_notebook_init(&scene->notebook));
    scene->room = malloc(WEFT_NOTEBOOK_SIZE);
    CHECK(scene->room != NULL);
    weft_server_config_init(&scene->config);
    scene->config.thread_count = 1;
    scene->site_config = weft_server_config_add_site(&scene->config);
    CHECK(scene->site_config != NULL);
    CHECK(weft_site_shared_init(&scene->shared, &scene->config, 1));
    weft_site_init(&scene->site, scene->site_config, NULL, &scene->shared);
    scene->shared.now_us = 4242;
    struct weft_address client = address_of("192.0.2.7");
    weft_witness_init(&scene->witness, &scene->notebook, 99, &client);
    return scene;
}

static void scene_end(struct scene *scene)
{
    weft_site_shared_deinit(&scene->shared);
    weft_server_config_deinit(&scene->config);
    weft_notebook_deinit(&scene->notebook);
    free(scene->room);
    free(scene);
}

// A request as a browser makes it: "name: value" of the fields below, separated by semicolons.
static struct weft_http_head request_of(struct scene *scene, const char *path, const char *lines)
{
    static const struct {
        struct weft_span name;
        enum weft_http_field_name id;
    } known[] = {
        {WEFT_SPAN_INIT("mode"), WEFT_HTTP_FIELD_SEC_FETCH_MODE},
        {WEFT_SPAN_INIT("dest"), WEFT_HTTP_FIELD_SEC_FETCH_DEST},
        {WEFT_SPAN_INIT("site"), WEFT_HTTP_FIELD_SEC_FETCH_SITE},
        {WEFT_SPAN_INIT("referer"), WEFT_HTTP_FIELD_REFERER},
        {WEFT_SPAN_INIT("agent"), WEFT_HTTP_FIELD_USER_AGENT},
        {WEFT_SPAN_INIT("match"), WEFT_HTTP_FIELD_IF_NONE_MATCH},
        {WEFT_SPAN_INIT("auth"), WEFT_HTTP_FIELD_AUTHORIZATION},
        {WEFT_SPAN_INIT("accept"), WEFT_HTTP_FIELD_ACCEPT},
    };
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.version = WEFT_HTTP_2;
    head.method = WEFT_HTTP_GET;
    head.authority = WEFT_SPAN("a.example");
    head.path = weft_span_of(path);
    head.fields = scene->fields;
    for (struct weft_span rest = weft_span_of(lines); rest.size > 0;) {
        size_t size = weft_span_find(rest, ';');
        struct weft_span line = weft_span_trim(weft_span_part(rest, 0, size));
        size_t colon = weft_span_find(line, ':');
        rest = weft_span_skip(rest, size + 1);
        for (size_t i = 0; i < WEFT_COUNT(known); i++) {
            if (!weft_span_equal(weft_span_part(line, 0, colon), known[i].name)) continue;
            scene->fields[head.field_count++] =
                (struct weft_http_field){.name = weft_http_field_text(known[i].id),
                                         .value = weft_span_trim(weft_span_skip(line, colon + 1)),
                                         .id = (uint8_t)known[i].id};
        }
    }
    return head;
}

static struct weft_http_head answer_of(struct scene *scene, uint16_t status, const char *type,
                                       const char *cache)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = status;
    head.content_length = 100;
    head.fields = scene->answer_fields;
    head.field_count = 2;
    scene->answer_fields[0] = WEFT_HTTP_FIELD(CONTENT_TYPE, weft_span_of(type));
    scene->answer_fields[1] = WEFT_HTTP_FIELD(CACHE_CONTROL, weft_span_of(cache));
    return head;
}

// The next note of what was seen since the last call that found none.
static bool next_note(struct scene *scene, struct weft_note *note)
{
    if (scene->notes.at == scene->notes.size) {
        scene->notes = weft_notebook_take(&scene->notebook, &scene->room);
    }
    return weft_notes_next(&scene->notes, note);
}

static bool see(struct scene *scene, const char *path, const char *lines, uint16_t status,
                const char *type, const char *cache, struct weft_note *note)
{
    struct weft_http_head request = request_of(scene, path, lines);
    struct weft_http_head answer = answer_of(scene, status, type, cache);
    weft_witness_answer(&scene->witness, &scene->site, &request, &answer, false);
    return next_note(scene, note);
}

#define PAGE  "mode: navigate; dest: document; site: none"
#define FETCH "mode: no-cors; dest: style; site: same-origin; referer: https://a.example/p/"

// ATTACKS 4.14: only pages that we sent with 200, that everybody may see, and without a query.
TEST(a_view_is_noted_where_others_may_see_the_page_too)
{
    static const struct {
        const char *path;
        const char *lines;
        const char *type;
        const char *cache;
        uint16_t status;
        bool is_noted;
    } rows[] = {
        {"/p/", PAGE, "text/html; charset=utf-8", "", 200, true},
        {"/p/", "mode: navigate; site: cross-site", "text/html", "max-age=9", 200, true},
        {"/p/", "accept: text/html", "text/html", "", 200, true},
        {"/p/?q", PAGE, "text/html", "", 200, false},
        {"/p/", PAGE, "text/html", "private", 200, false},
        {"/p/", PAGE, "text/html", "no-store", 200, false},
        {"/p/", PAGE, "text/html", "", 404, false},
        {"/p/", PAGE, "text/html", "", 304, false},
        {"/p/", PAGE, "text/plain", "", 200, false},
        {"/p/", PAGE "; auth: Basic eDp5", "text/html", "", 200, false},
        {"/p/", PAGE "; match: \"a\"", "text/html", "", 200, false},
        {"/p/", "mode: navigate; dest: iframe; site: none", "text/html", "", 200, false},
        {"/p/", "mode: navigate; dest: document; site: same-origin", "text/html", "", 200, false},
        {"/p/", "accept: text/html; referer: https://a.example/", "text/html", "", 200, false},
        {"/p/%", PAGE, "text/html", "", 200, false}, // no path of a file
    };
    struct scene *scene = scene_new();
    struct weft_note note;
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK_EQ(see(scene, rows[i].path, rows[i].lines, rows[i].status, rows[i].type,
                     rows[i].cache, &note),
                 rows[i].is_noted);
        if (!rows[i].is_noted) continue;
        CHECK_EQ(note.kind, WEFT_NOTE_VIEW);
        CHECK_SPAN(note.page, "/p/");
        CHECK_EQ(note.time_us, 4242);
        CHECK(note.is_first && !note.is_told);
    }
    scene_end(scene);
}

// What is not a first view teaches nothing, but where it was told something what comes of that is counted.
TEST(a_view_that_was_told_is_noted_though_it_teaches_nothing)
{
    struct scene *scene = scene_new();
    struct weft_http_head request = request_of(scene, "/p/", PAGE "; match: \"a\"");
    struct weft_http_head answer = answer_of(scene, 200, "text/html", "");
    struct weft_note note;
    weft_witness_answer(&scene->witness, &scene->site, &request, &answer, true);
    CHECK(next_note(scene, &note));
    CHECK(note.is_told && !note.is_first);
    request.method = WEFT_HTTP_HEAD;
    weft_witness_answer(&scene->witness, &scene->site, &request, &answer, true);
    CHECK(!next_note(scene, &note));
    scene_end(scene);
}

TEST(a_file_is_noted_where_a_page_of_ours_asked_for_it_and_all_may_have_it)
{
    static const struct {
        const char *path;
        const char *lines;
        const char *cache;
        uint16_t status;
        int kind; // of the note; -1 for none
    } rows[] = {
        {"/a.css", FETCH, "max-age=9", 200, WEFT_NOTE_FETCH},
        {"/a.css", FETCH, "", 304, WEFT_NOTE_FETCH},
        {"/a.css", FETCH, "", 404, WEFT_NOTE_GONE},
        {"/a.css", FETCH, "", 410, WEFT_NOTE_GONE},
        {"/a.css", "referer: http://A.example/p/", "", 200, WEFT_NOTE_FETCH}, // says no more
        {"/a.css", FETCH, "", 403, -1},
        {"/a.css", FETCH, "", 206, -1},
        {"/a.css", FETCH, "private", 200, -1},
        {"/a.css", FETCH, "no-store", 200, -1},
        {"/a.css?v=1", FETCH, "", 200, -1},
        {"//b.example/a.css", FETCH, "", 200, -1},
        {"/a>.css", FETCH, "", 200, -1}, // would end the link that it stands in
        {"/a\".css", FETCH, "", 200, -1},
        {"/a.css", FETCH "?q", "", 200, -1},
        {"/a.css", FETCH "; auth: Basic eDp5", "", 200, -1},
        {"/a.css", "dest: style; site: cross-site; referer: https://a.example/p/", "", 200, -1},
        {"/a.css", "dest: style; referer: https://b.example/p/", "", 200, -1},
        {"/a.css", "dest: style; referer: https://a.example.net/p/", "", 200, -1},
        {"/a.css", "dest: style; referer: ftp://a.example/p/", "", 200, -1},
        {"/a.css", "dest: style", "", 200, -1},
        {"/a.css", "dest: empty; referer: https://a.example/p/", "", 200, -1}, // fetch()
        {"/a.css", "dest: video; referer: https://a.example/p/", "", 200, -1},
        {"/a.txt", "referer: https://a.example/p/", "", 200, -1},
    };
    struct scene *scene = scene_new();
    struct weft_note note;
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        bool is_noted = see(scene, rows[i].path, rows[i].lines, rows[i].status, "text/css",
                            rows[i].cache, &note);
        CHECK_EQ(is_noted ? note.kind : -1, rows[i].kind);
        if (!is_noted) continue;
        CHECK_SPAN(note.page, "/p/");
        CHECK_SPAN(note.target, "/a.css");
        CHECK_EQ(note.as, WEFT_MANIFEST_STYLE);
        CHECK_EQ(note.size, rows[i].status == 200 ? 100 : 0);
    }
    scene_end(scene);
}

TEST(what_a_file_is_to_its_page_is_told_by_how_it_is_asked_for)
{
    static const struct {
        const char *path;
        const char *lines;
        int as; // -1: is not noted
    } rows[] = {
        {"/a", "dest: script; mode: no-cors", WEFT_MANIFEST_SCRIPT},
        {"/a", "dest: script; mode: cors", WEFT_MANIFEST_MODULE},
        {"/a", "dest: font; mode: cors", WEFT_MANIFEST_FONT},
        {"/a", "dest: image; mode: no-cors", WEFT_MANIFEST_IMAGE},
        {"/a", "dest: image; mode: cors", -1}, // a hint would not fit it
        {"/a", "dest: style; mode: cors", -1},
        {"/a.woff2", "", WEFT_MANIFEST_FONT},
        {"/a.js", "", WEFT_MANIFEST_SCRIPT},
        {"/a.png", "", WEFT_MANIFEST_IMAGE},
        {"/a.json", "", -1},
    };
    struct scene *scene = scene_new();
    struct weft_note note;
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        char lines[128];
        snprintf(lines, sizeof(lines), "referer: https://a.example/; %s", rows[i].lines);
        bool is_noted = see(scene, rows[i].path, lines, 200, "text/plain", "", &note);
        CHECK_EQ(is_noted ? note.as : -1, rows[i].as);
    }
    scene_end(scene);
}

// Of a visitor only keyed hashes are kept: of the address with the browser's name, and of the network.
TEST(networks_are_told_apart_by_24_bits_of_ipv4_and_48_of_ipv6)
{
    static const struct {
        const char *one;
        const char *other;
        bool same;
    } rows[] = {
        {"192.0.2.7", "192.0.2.200", true},
        {"192.0.2.7", "192.0.3.7", false},
        {"2001:db8:1:2::1", "2001:db8:1:ffff::2", true},
        {"2001:db8:1::1", "2001:db8:2::1", false},
    };
    struct scene *scene = scene_new();
    struct weft_witness one;
    struct weft_witness other;
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_address client = address_of(rows[i].one);
        weft_witness_init(&one, &scene->notebook, 99, &client);
        client = address_of(rows[i].other);
        weft_witness_init(&other, &scene->notebook, 99, &client);
        CHECK_EQ(one.network == other.network, rows[i].same);
        CHECK(one.address != other.address);
    }
    struct weft_address client = address_of("2001:db8:2::1");
    weft_witness_init(&one, &scene->notebook, 100, &client);
    CHECK(one.network != other.network); // another run's key
    scene_end(scene);
}

TEST(a_visitor_is_an_address_and_a_browser)
{
    struct scene *scene = scene_new();
    struct weft_note one;
    struct weft_note same;
    struct weft_note other;
    CHECK(see(scene, "/p/", PAGE "; agent: A/1", 200, "text/html", "", &one));
    CHECK(see(scene, "/a.css", FETCH "; agent: A/1", 200, "text/css", "", &same));
    CHECK(see(scene, "/p/", PAGE "; agent: B/1", 200, "text/html", "", &other));
    CHECK(one.visitor == same.visitor && one.visitor != other.visitor);
    CHECK(one.network == other.network);
    scene_end(scene);
}

TEST(pushes_are_noted_with_their_page_and_given_up_ones_with_what_was_sent)
{
    struct scene *scene = scene_new();
    struct weft_note view;
    struct weft_note note;
    CHECK(see(scene, "/p/", PAGE "; agent: A/1", 200, "text/html", "", &view));
    struct weft_promise promise = {.head = WEFT_HTTP_HEAD_INIT,
                                   .page = WEFT_SPAN("/p/index.html?q"),
                                   .agent = WEFT_SPAN("A/1")};
    promise.head.path = WEFT_SPAN("/a.css");
    weft_witness_push(&scene->witness, &scene->site, &promise, false, 0);
    CHECK(next_note(scene, &note));
    CHECK_EQ(note.kind, WEFT_NOTE_PUSH);
    CHECK_SPAN(note.page, "/p/");
    CHECK_SPAN(note.target, "/a.css");
    CHECK(note.visitor == view.visitor);
    weft_witness_push(&scene->witness, &scene->site, &promise, true, 77);
    CHECK(next_note(scene, &note));
    CHECK_EQ(note.kind, WEFT_NOTE_CANCEL);
    CHECK_EQ(note.size, 77);
    CHECK(!next_note(scene, &note));
    scene_end(scene);
}
