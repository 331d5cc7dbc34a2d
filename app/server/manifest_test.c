// server/manifest_test.c: manifests as they are written by hand, and what is wrong with some
#include "server/manifest_read.h"

#include "check.h"

#include <stdio.h>

static char told[2048];

static void tell(void *context, const struct weft_manifest_complaint *complaint)
{
    size_t at = strlen(told);
    (void)context;
    snprintf(told + at, sizeof(told) - at, "%u:%u: %s\n", complaint->line, complaint->column,
             complaint->text);
}

static struct weft_manifest *read_text(const char *text)
{
    static const struct weft_manifest_listener listener = {.complain = tell};
    told[0] = 0;
    return weft_manifest_read_bytes(weft_span_of(text), &listener);
}

static const struct weft_manifest_page *page_of(const struct weft_manifest *manifest,
                                                const char *path)
{
    return weft_manifest_find(manifest, weft_span_of(path));
}

TEST(what_is_not_said_of_a_resource_follows_from_its_name)
{
    struct weft_manifest *manifest = read_text("version: 1\n"
                                               "pages:\n"
                                               "  /b%20c/: []\n"
                                               "  /:\n"
                                               "    - /a.css?v=2\n"
                                               "    - {path: /f.woff2, type: font/woff2}\n"
                                               "    - path: /m.js\n"
                                               "      as: module\n"
                                               "      size: 1200\n"
                                               "      depth: 2\n"
                                               "    - {path: /p.png, mode: push}\n"
                                               "    - /data.json\n"
                                               "    - {preconnect: 'https://a.example:8443'}\n");
    CHECK_SPAN(weft_span_of(told), "");
    CHECK(manifest != NULL);
    CHECK_EQ(manifest->page_count, 2);
    CHECK(page_of(manifest, "/b c/") != NULL);
    CHECK(page_of(manifest, "/b") == NULL);
    const struct weft_manifest_page *page = page_of(manifest, "/");
    CHECK_EQ(page->resource_count, 6);
    CHECK(!page->hints_images); // it is only pushed
    CHECK_EQ(page->resources[0].as, WEFT_MANIFEST_STYLE);
    CHECK_EQ(page->resources[2].size, 1200);
    CHECK_EQ(page->resources[2].depth, 2);
    CHECK_EQ(page->resources[3].mode, WEFT_MANIFEST_PUSH);
    CHECK_SPAN(page->link, "</a.css?v=2>; rel=preload; as=style, "
                           "</f.woff2>; rel=preload; as=font; crossorigin; type=\"font/woff2\", "
                           "</m.js>; rel=modulepreload, "
                           "</data.json>; rel=preload; as=fetch; crossorigin, "
                           "<https://a.example:8443>; rel=preconnect");
    weft_manifest_free(manifest);
}

TEST(json_is_read_too)
{
    struct weft_manifest *manifest =
        read_text("{\"pages\": {\"/\": [{\"path\": \"/a.js\", \"crossorigin\": "
                  "\"use-credentials\"}]}}");
    CHECK(manifest != NULL);
    CHECK(!page_of(manifest, "/")->hints_images);
    CHECK_SPAN(page_of(manifest, "/")->link,
               "</a.js>; rel=preload; as=script; crossorigin=use-credentials");
    weft_manifest_free(manifest);
}

TEST(how_urgent_a_hint_is_may_be_said)
{
    struct weft_manifest *manifest =
        read_text("pages:\n  /:\n    - {path: /a.png, fetchpriority: high}\n"
                  "    - {path: /a.js, fetchpriority: auto}\n"
                  "    - {path: /m.js, as: module, fetchpriority: low}\n");
    CHECK(manifest != NULL);
    CHECK_SPAN(page_of(manifest, "/")->link,
               "</a.png>; rel=preload; as=image; fetchpriority=high, "
               "</a.js>; rel=preload; as=script, </m.js>; rel=modulepreload; fetchpriority=low");
    weft_manifest_free(manifest);
}

TEST(each_fault_is_told_with_its_line_and_column)
{
    static const struct {
        const char *text;
        const char *told;
    } rows[] = {
        {"", "0:0: expected 'pages:' and what is below it\n"},
        {"- a\n", "1:1: expected 'pages:' and what is below it\n"},
        {"version: 1\n", "1:1: 'pages:' is missing\n"},
        {"version: 2\npages: {}\n", "1:10: this version of the format is not known: expected 1\n"},
        {"page: {}\n", "1:1: unknown key 'page': did you mean 'pages'?\n"
                       "1:1: 'pages:' is missing\n"},
        {"pages: []\n", "1:8: expected pages: a path, a colon and a list for each\n"},
        {"pages:\n  /: /a.css\n", "2:6: expected a list of resources, each with a dash in front\n"},
        {"pages:\n  a: []\n", "2:3: expected the path of a page, which begins with /\n"},
        {"pages:\n  /?q: []\n", "2:3: a page is named without its query\n"},
        {"pages:\n  /: []\n  /a/..: []\n", "3:3: the page '/' stands twice\n"},
        {"pages:\n  /:\n    - a.css\n    - //evil/a.css\n",
         "3:7: expected a path of this site that begins with / and is percent-encoded\n"
         "4:7: two slashes at the start name another host\n"},
        {"pages:\n  /:\n    - path: /a\n      as: stile\n      mode: shove\n",
         "4:11: unknown as 'stile': did you mean 'style'?\n"
         "5:13: unknown mode 'shove': expected one of both, hint, push, none\n"},
        {"pages:\n  /:\n    - {path: /a, fetchpriority: hihg}\n",
         "3:33: unknown fetchpriority 'hihg': did you mean 'high'?\n"},
        {"pages:\n  /:\n    - path: /a\n      pth: /a\n      path: /b\n",
         "4:7: unknown key 'pth': did you mean 'path'?\n"
         "5:7: this key stands twice\n"},
        {"pages:\n  /:\n    - {as: style}\n    - [a]\n    - {path: /a, preconnect: 'https://b'}\n",
         "3:7: a resource needs its path (or a preconnect its origin)\n"
         "4:7: expected a path, or a mapping with a path in it\n"
         "5:7: a resource has a path or a preconnect, not both\n"},
        {"pages:\n  /:\n    - {preconnect: 'ftp://b'}\n    - {preconnect: 'https://b', as: font}\n",
         "3:20: expected an origin: https://HOST or https://HOST:PORT\n"
         "4:7: a preconnect takes nothing but crossorigin\n"},
        {"pages:\n  /:\n    - {path: /a, size: big, depth: 99, type: css}\n",
         "3:24: expected a number, 0 to 9223372036854775807\n"
         "3:36: expected a number, 0 to 16\n"
         "3:46: expected a media type, like font/woff2\n"},
        {"pages:\n  /:\n    - /a\n    - path: /a\n",
         "4:7: this resource stands twice in the page\n"},
        {"pages:\n  /: [/a\n",
         "3:1: did not find expected ',' or ']', while parsing a flow sequence\n"},
        {"pages: {}\npages: {}\n", "2:8: there are pages already\n"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(read_text(rows[i].text) == NULL);
        CHECK_SAME(weft_span_of(told), weft_span_of(rows[i].told));
    }
}

TEST(a_page_has_no_more_resources_and_no_longer_hints_than_allowed)
{
    static char text[200000];
    size_t at = (size_t)sprintf(text, "pages:\n  /:\n");
    for (int i = 0; i <= WEFT_MANIFEST_RESOURCES_MOST; i++)
        at += (size_t)sprintf(text + at, "    - /%d\n", i);
    CHECK(read_text(text) == NULL);
    CHECK_SPAN(weft_span_of(told), "3:5: 65 resources, but a page may have at most 64\n");

    at = (size_t)sprintf(text, "pages:\n  /:\n");
    for (int i = 0; i < 10; i++)
        at += (size_t)sprintf(text + at, "    - /%d%01000d\n", i, 0);
    CHECK(read_text(text) == NULL);
    CHECK_SPAN(weft_span_of(told), "2:3: the hints of this page are longer than 8192 bytes\n");
}

TEST(a_file_that_cannot_be_read_is_told)
{
    static const struct weft_manifest_listener listener = {.complain = tell};
    told[0] = 0;
    CHECK(weft_manifest_read("/nowhere/site.yaml", &listener) == NULL);
    CHECK(weft_manifest_read("/", &listener) == NULL);
    CHECK_SPAN(weft_span_of(told), "0:0: cannot be read: No such file or directory\n"
                                   "0:0: is no file of at most 16 MB\n");
}
