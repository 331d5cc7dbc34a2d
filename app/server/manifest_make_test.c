// server/manifest_make_test.c: what a page makes a browser fetch, by the HTML standard §4.2.4, §4.8.3, §4.12.1
#include "server/manifest_make.h"

#include "server/manifest_read.h"
#include "temp_dir.h"

struct outcome {
    int result;
    struct weft_manifest_made made;
    char *text;
    char *news;
};

static struct outcome make(struct temp_dir *dir, const char *slash)
{
    struct outcome outcome = {0};
    char path[128];
    size_t size;
    size_t news_size;
    FILE *out = open_memstream(&outcome.text, &size);
    FILE *news = open_memstream(&outcome.news, &news_size);
    snprintf(path, sizeof(path), "%s%s", dir->path, slash);
    outcome.result = weft_manifest_make(path, out, news, &outcome.made);
    fclose(out);
    fclose(news);
    return outcome;
}

static void outcome_free(struct outcome *outcome)
{
    free(outcome->text);
    free(outcome->news);
}

static void complain(void *context, const struct weft_manifest_complaint *complaint)
{
    (void)context;
    check_failed(__FILE__, __LINE__, complaint->text);
}

// The manifest is as `text`, and is one that the server reads.
static void check_made(struct temp_dir *dir, const char *text)
{
    static const struct weft_manifest_listener listener = {.complain = complain};
    struct outcome outcome = make(dir, "//");
    CHECK_EQ(outcome.result, 0);
    CHECK_SAME(weft_span_of(outcome.text), weft_span_of(text));
    weft_manifest_free(weft_manifest_read_bytes(weft_span_of(outcome.text), &listener));
    outcome_free(&outcome);
}

TEST(what_blocks_a_page_is_found_with_what_its_sheets_name)
{
    struct temp_dir dir = temp_dir_new();
    temp_dir_folder(&dir, "sub");
    temp_dir_file(
        &dir, "sub/index.html",
        "<!doctype html><img src='../i.png'><img src=i.png loading=lazy>"
        "<link rel='Alternate stylesheet' href=/no.css><link rel=stylesheet media=print "
        "href=/no.css>"
        "<LINK REL='x StyleSheet' HREF='a%20b.css#x'><script src='../s.js?v=1'></script>"
        "<script nomodule src=/s.js></script><script type=text/template src=/s.js></script>"
        "<script type=module crossorigin src=/m.js></script>"
        "<link rel=preload as=fetch href=/d.json crossorigin=use-credentials>"
        "<link rel=stylesheet href='//cdn.example/x.css'><img src=data:,x><img "
        "src='https://e.example/x'>"
        "<noscript><link rel=stylesheet href=/no.css></noscript>"
        "<style>@font-face{src:url(/f.woff2)}</style>");
    temp_dir_file(&dir, "sub/a b.css", "@import 'c.css'; @font-face{src:url(../f.woff2)}");
    temp_dir_file(&dir, "sub/c.css", "@import 'a%20b.css';");
    temp_dir_file(&dir, "s.js", "1");
    temp_dir_file(&dir, "m.js", "22");
    temp_dir_file(&dir, "i.png", "333");
    temp_dir_file(&dir, "no.css", "");
    temp_dir_file(&dir, "d.json", "{}");
    temp_dir_file(&dir, "f.woff2", "4444");
    check_made(&dir,
               "version: 1\n"
               "pages:\n"
               "  /sub/:\n"
               "    - {path: \"/sub/a%20b.css\", as: style, size: 48, depth: 1}\n"
               "    - {path: /sub/c.css, as: style, size: 20, depth: 2}\n"
               "    - {path: \"/s.js?v=1\", as: script, size: 1, depth: 1}\n"
               "    - {path: /m.js, as: module, crossorigin: anonymous, size: 2, depth: 1}\n"
               "    - {path: /f.woff2, as: font, type: font/woff2, size: 4, depth: 2}\n"
               "    - {path: /i.png, as: image, size: 3, depth: 1, mode: hint, "
               "fetchpriority: high}\n"
               "    - {path: /d.json, as: fetch, crossorigin: use-credentials, size: 2, depth: 1}\n"
               "    - {preconnect: \"https://cdn.example\"}\n");
    temp_dir_remove(&dir);
}

TEST(what_is_hidden_missing_or_outside_is_not_in_the_manifest)
{
    struct temp_dir dir = temp_dir_new();
    temp_dir_folder(&dir, ".git");
    temp_dir_file(&dir, ".git/x.html", "<script src=/s.js></script>");
    temp_dir_file(&dir, "s.js", "1");
    temp_dir_file(&dir, "a.html",
                  "<script src=/gone.js></script><script src='../../../etc/passwd'></script>");
    temp_dir_file(&dir, "b.html", "<base href='https://other.example/'><script src=s.js></script>");
    temp_dir_file(&dir, "c.htm", "");
    struct outcome outcome = make(&dir, "");
    CHECK_EQ(outcome.result, 0);
    CHECK_SPAN(weft_span_of(outcome.text), "version: 1\npages: {}\n");
    CHECK_SPAN(weft_span_of(outcome.news), "/a.html: /gone.js is not there\n"
                                           "/a.html: /etc/passwd is not there\n");
    CHECK_EQ(outcome.made.missing_count, 2);
    outcome_free(&outcome);
    check_made(&dir, "version: 1\npages: {}\n");
    temp_dir_remove(&dir);
}

TEST(a_base_moves_what_is_relative)
{
    struct temp_dir dir = temp_dir_new();
    temp_dir_folder(&dir, "x");
    temp_dir_file(&dir, "x/s.js", "1");
    temp_dir_file(&dir, "o \"dd.html", "<base href='/x/'><script src=s.js></script>");
    check_made(&dir, "version: 1\n"
                     "pages:\n"
                     "  \"/o%20%22dd.html\":\n"
                     "    - {path: /x/s.js, as: script, size: 1, depth: 1}\n");
    temp_dir_remove(&dir);
}

TEST(a_folder_that_is_not_there_is_an_error)
{
    struct temp_dir dir = temp_dir_new();
    struct outcome outcome = make(&dir, "/nowhere");
    CHECK(outcome.result < 0);
    outcome_free(&outcome);
    temp_dir_remove(&dir);
}
