// server/book_test.c: what is learned, from how many, and what cannot be taught
#include "server/book.h"

#include "check.h"
#include "server/manifest_read.h"

#include <stdlib.h>

static struct weft_book *book;
static uint64_t now_us;

static void begin(void)
{
    book = weft_book_new(3);
    now_us = 1000000;
    CHECK(book != NULL);
}

static void note(enum weft_note_kind kind, uint64_t visitor, const char *page, const char *target)
{
    struct weft_note note = {
        .kind = (uint8_t)kind,
        .time_us = now_us,
        .visitor = visitor,
        .network = visitor,
        .page = weft_span_of(page),
        .target = weft_span_of(target),
        .size = 100,
        .as = (uint8_t)weft_manifest_as_of(weft_span_of(target)),
        .is_first = true,
    };
    weft_book_take(book, &note);
}

static void view_of(uint64_t visitor, uint64_t network, bool is_first, bool is_told)
{
    struct weft_note note = {
        .kind = WEFT_NOTE_VIEW,
        .time_us = now_us,
        .visitor = visitor,
        .network = network,
        .page = WEFT_SPAN("/"),
        .is_first = is_first,
        .is_told = is_told,
    };
    weft_book_take(book, &note);
}

static void visit(uint64_t visitor, const char *target)
{
    note(WEFT_NOTE_VIEW, visitor, "/", "");
    note(WEFT_NOTE_FETCH, visitor, "/", target);
}

// What would be told of the first page, as its Link value.
static void check_told(const char *link)
{
    struct weft_manifest *manifest = weft_book_publish(book);
    CHECK(manifest != NULL);
    const struct weft_manifest_page *page = weft_manifest_find(manifest, WEFT_SPAN("/"));
    CHECK_SAME(page ? page->link : (struct weft_span){0}, weft_span_of(link));
    weft_manifest_free(manifest);
}

// The book as it is written or, with `is_json`, its figures.
static void check_written(bool is_json, const char *text)
{
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    if (is_json) {
        weft_book_write_json(book, out);
    } else {
        CHECK(weft_book_write(book, out));
    }
    fclose(out);
    CHECK_SAME(weft_span_of(written), weft_span_of(text));
    free(written);
}

#define A_CSS "</a.css>; rel=preload; as=style"

TEST(a_quorum_of_networks_teaches_what_a_page_needs)
{
    begin();
    visit(1, "/a.css");
    visit(2, "/a.css");
    check_told("");
    visit(3, "/a.css");
    check_told(A_CSS);
    weft_book_free(book);
}

TEST(one_network_alone_teaches_nothing_however_often_it_asks)
{
    begin();
    for (int day = 0; day < 50; day++) {
        for (uint64_t visitor = 1; visitor < 20; visitor++) {
            view_of(visitor, 7, true, false);
            note(WEFT_NOTE_FETCH, visitor, "/", "/junk.css");
        }
        check_told("");
        now_us += WEFT_BOOK_PERIOD_US;
        weft_book_age(book, now_us);
    }
    visit(1, "/a.css"); // nor does it keep others from teaching
    visit(2, "/a.css");
    visit(3, "/a.css");
    check_told(A_CSS);
    weft_book_free(book);
}

// N networks never bring a count to 2N, so 2*quorum - 1 is proof of the quorum.
TEST(few_networks_do_not_make_a_quorum_in_many_days)
{
    begin();
    for (int day = 0; day < 100; day++) {
        visit(1, "/junk.css");
        visit(2, "/junk.css");
        check_told("");
        now_us += WEFT_BOOK_PERIOD_US;
        weft_book_age(book, now_us);
    }
    weft_book_free(book);
}

TEST(what_few_of_the_views_need_is_not_told)
{
    begin();
    for (uint64_t visitor = 1; visitor <= 10; visitor++) {
        visit(visitor, "/a.css");
        if (visitor <= 4) note(WEFT_NOTE_FETCH, visitor, "/", "/some.css");
    }
    check_told(A_CSS);
    weft_book_free(book);
}

TEST(what_is_told_is_forgotten_once_pages_need_it_no_more)
{
    begin();
    for (uint64_t visitor = 1; visitor <= 6; visitor++)
        visit(visitor, "/a.css");
    check_told(A_CSS);
    for (uint64_t visitor = 11; visitor <= 22; visitor++)
        visit(visitor, "/b.css");
    check_told(A_CSS ", </b.css>; rel=preload; as=style"); // not at once
    visit(23, "/b.css");
    check_told("</b.css>; rel=preload; as=style");
    weft_book_free(book);
}

TEST(what_is_gone_is_forgotten_at_once)
{
    begin();
    for (uint64_t visitor = 1; visitor <= 6; visitor++)
        visit(visitor, "/a.css");
    check_told(A_CSS);
    view_of(9, 9, true, true);
    note(WEFT_NOTE_GONE, 9, "/", "/a.css");
    check_told("");
    weft_book_free(book);
}

// Else what is hinted would be asked for because it is, and never be forgotten.
TEST(only_views_that_were_not_told_and_hold_nothing_teach)
{
    begin();
    for (uint64_t visitor = 1; visitor <= 9; visitor++) {
        view_of(visitor, visitor, visitor % 2, visitor % 2);
        note(WEFT_NOTE_FETCH, visitor, "/", "/a.css");
    }
    check_told("");
    note(WEFT_NOTE_FETCH, 77, "/", "/a.css"); // nobody's view
    visit(1, "/a.css");
    visit(2, "/a.css");
    now_us += WEFT_BOOK_WINDOW_US + 1; // too late to be for the page
    note(WEFT_NOTE_FETCH, 1, "/", "/late.css");
    visit(3, "/a.css");
    check_told(A_CSS);
    weft_book_free(book);
}

TEST(fonts_belong_to_the_page_of_their_style_sheet)
{
    begin();
    for (uint64_t visitor = 1; visitor <= 3; visitor++) {
        visit(visitor, "/a.css");
        note(WEFT_NOTE_FETCH, visitor, "/a.css", "/f.woff2");
        note(WEFT_NOTE_FETCH, visitor, "/", "/late.js");
        note(WEFT_NOTE_FETCH, visitor, "/", "/p.png");
    }
    check_told(A_CSS ", </late.js>; rel=preload; as=script, </f.woff2>; rel=preload; as=font; "
                     "crossorigin, </p.png>; rel=preload; as=image; fetchpriority=high");
    weft_book_free(book);
}

TEST(what_came_of_telling_is_counted)
{
    begin();
    for (uint64_t visitor = 1; visitor <= 3; visitor++)
        visit(visitor, "/a.css");
    check_told(A_CSS);
    view_of(11, 11, true, true);
    note(WEFT_NOTE_FETCH, 11, "/", "/a.css");
    note(WEFT_NOTE_FETCH, 11, "/", "/a.css"); // twice: for the hint and for the page
    view_of(12, 12, true, true);              // has it
    view_of(13, 13, true, true);
    note(WEFT_NOTE_PUSH, 13, "/", "/a.css");
    note(WEFT_NOTE_CANCEL, 13, "/", "/a.css"); // 100 bytes were on their way
    check_written(true,
                  "{\"pages\":{\"/\":[{\"path\":\"/a.css\",\"as\":\"style\",\"mode\":\"both\","
                  "\"size\":100,\"seen\":3,\"of\":3,\"hinted\":3,\"asked\":1,\"pushed\":1,"
                  "\"cancelled\":1,\"wasted\":200}]}}");
    weft_book_free(book);
}

TEST(a_book_is_read_again_as_it_was_written)
{
    static const struct weft_manifest_listener listener = {0};
    static const char text[] =
        "# what 'weft serve --learn' has seen pages need, and what came of telling it\n"
        "version: 1\n"
        "pages:\n"
        "  /:\n"
        "    - {path: /a.css, as: style, size: 100, depth: 0, seen: 5, of: 5}\n"
        "  \"/x%20%3F/\":\n"
        "    - {path: /p.png, as: image, size: 100, depth: 0, mode: hint, fetchpriority: high, "
        "seen: 3, of: 3}\n";
    begin();
    check_written(false,
                  "# what 'weft serve --learn' has seen pages need, and what came of telling "
                  "it\nversion: 1\npages: {}\n");
    for (uint64_t visitor = 1; visitor <= 5; visitor++)
        visit(visitor, "/a.css");
    visit(6, "/other.css"); // seen by one: it is nobody's business
    for (uint64_t visitor = 1; visitor <= 3; visitor++) {
        note(WEFT_NOTE_VIEW, visitor, "/x ?/", "");
        note(WEFT_NOTE_FETCH, visitor, "/x ?/", "/p.png");
    }
    weft_manifest_free(weft_book_publish(book));
    char with_six[sizeof(text)];
    memcpy(with_six, text, sizeof(text));
    *strstr(with_six, "of: 5") = 'o';
    strstr(with_six, "of: 5")[4] = '6';
    check_written(false, with_six);
    weft_book_free(book);

    struct weft_manifest *manifest = weft_manifest_read_bytes(weft_span_of(with_six), &listener);
    CHECK(manifest != NULL);
    begin();
    weft_book_load(book, manifest);
    weft_manifest_free(manifest);
    check_told(A_CSS);
    check_written(false, with_six);
    weft_book_free(book);
}

TEST(of_pages_that_are_written_by_hand_only_deliveries_are_counted)
{
    static const struct weft_manifest_listener listener = {0};
    struct weft_manifest *manifest = weft_manifest_read_bytes(
        WEFT_SPAN("pages: {/: [/a.css, {path: /b.css, mode: push}]}"), &listener);
    begin();
    weft_book_load_given(book, manifest);
    weft_manifest_free(manifest);
    for (uint64_t visitor = 1; visitor <= 9; visitor++)
        visit(visitor, "/c.css");
    check_told("");
    view_of(11, 11, true, true);
    note(WEFT_NOTE_FETCH, 11, "/", "/a.css");
    check_written(false,
                  "# what 'weft serve --learn' has seen pages need, and what came of telling "
                  "it\nversion: 1\npages:\n  /:\n"
                  "    - {path: /a.css, as: style, size: 100, depth: 0, mode: none, hinted: "
                  "1, asked: 1}\n");
    weft_book_free(book);
}

TEST(pages_resources_and_paths_have_their_bounds)
{
    char path[WEFT_BOOK_PATH_MOST + 8];
    begin();
    for (uint64_t visitor = 1; visitor <= 3; visitor++) {
        note(WEFT_NOTE_VIEW, visitor, "/", "");
        for (int i = 0; i < 2 * WEFT_BOOK_ROWS_MOST; i++) {
            snprintf(path, sizeof(path), "/%d.css", i);
            note(WEFT_NOTE_FETCH, visitor, "/", path);
        }
    }
    for (int i = 0; i < 4 * WEFT_BOOK_PAGES_MOST;
         i++) { // pages that one has seen push each other out
        snprintf(path, sizeof(path), "/page%d", i);
        note(WEFT_NOTE_VIEW, 1, path, "");
        note(WEFT_NOTE_FETCH, 1, path, "/a.css");
    }
    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = 0;
    visit(4, path);
    struct weft_manifest *manifest = weft_book_publish(book);
    CHECK_EQ(manifest->page_count, 1); // and not one that many have seen
    CHECK_EQ(manifest->pages[0].resource_count, 32);
    weft_manifest_free(manifest);
    weft_book_free(book);
}
