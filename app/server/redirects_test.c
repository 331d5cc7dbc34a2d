// server/redirects_test.c: RFC 9110 §15.4
#include "server/redirect_loops.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

struct scene {
    struct weft_server_config config;
    struct weft_site_config *site;
};

static struct scene scene_new(void)
{
    struct scene scene;
    weft_server_config_init(&scene.config);
    scene.site = weft_server_config_add_site(&scene.config);
    CHECK(scene.site != NULL);
    CHECK(weft_site_config_add_name(&scene.config, scene.site, WEFT_SPAN("a.test")) == NULL);
    return scene;
}

static const char *add_to(struct scene *scene, struct weft_site_config *site, const char *from,
                          const char *to)
{
    struct weft_redirect *redirect = weft_redirects_begin(&site->redirects, &scene->config.arena);
    CHECK(redirect != NULL);
    redirect->from_text = from;
    redirect->to_text = to;
    return weft_redirects_finish(&site->redirects);
}

static const char *add(struct scene *scene, const char *from, const char *to)
{
    return add_to(scene, scene->site, from, to);
}

// Where a path leads; NULL: nowhere. To be freed.
static char *lead(const struct scene *scene, const char *path, const char *query)
{
    struct weft_span rest;
    const struct weft_redirect *redirect =
        weft_redirects_find(&scene->site->redirects, weft_span_of(path), &rest);
    if (!redirect) return NULL;
    return weft_redirect_location(redirect, rest, weft_span_of(query ? query : ""), query != NULL);
}

TEST(a_path_leads_to_its_target)
{
    static const struct {
        const char *path;
        const char *query;
        const char *to;
    } rows[] = {
        {"/old", NULL, "/new"},
        {"/old", "q=1", "/new?q=1"},
        {"/old/", NULL, NULL},
        {"/asks", "q=1", "/new?x=y"}, // a target's own query stays alone
        {"/blog/a b/\xc3\xbc", NULL, "https://blog.test/post/a%20b/%C3%BC.html"},
        {"/blog/", NULL, "https://blog.test/post/.html"},
        {"/blog/special", NULL, "/here"}, // before any pattern
        {"/up/x", NULL, "/x"},
        {"/else", NULL, NULL},
    };
    struct scene scene = scene_new();
    CHECK(add(&scene, "/blog/*", "https://blog.test/post/*.html") == NULL);
    CHECK(add(&scene, "/old", "/new") == NULL);
    CHECK(add(&scene, "/asks", "/new?x=y") == NULL);
    CHECK(add(&scene, "/blog/special", "/here") == NULL);
    CHECK(add(&scene, "/up/*", "/*") == NULL);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        char *to = lead(&scene, rows[i].path, rows[i].query);
        CHECK_EQ(to != NULL, rows[i].to != NULL);
        if (to && rows[i].to) CHECK_SAME(weft_span_of(to), weft_span_of(rows[i].to));
        free(to);
    }
    weft_server_config_deinit(&scene.config);
}

// A Location of //HOST would lead to another server: nobody's path makes one.
TEST(a_path_cannot_name_another_host)
{
    struct scene scene = scene_new();
    CHECK(add(&scene, "/old*", "/*") == NULL);
    char *to = lead(&scene, "/old/evil.test", NULL);
    CHECK_SAME(weft_span_of(to), WEFT_SPAN("/evil.test"));
    free(to);
    CHECK(add(&scene, "/empty/*", "/*/evil.test") == NULL);
    to = lead(&scene, "/empty/", NULL);
    CHECK_SAME(weft_span_of(to), WEFT_SPAN("/evil.test"));
    free(to);
    static const char *const wrong[] = {"https://a.test*",
                                        "https://*/",
                                        "https://*.test/",
                                        "//evil.test/",
                                        "https://a.test",
                                        "ftp://a.test/",
                                        "javascript:x/*",
                                        "a",
                                        "",
                                        "https:///x",
                                        "/a b",
                                        "/a\r\nb: c",
                                        "https://u@a.test/"};
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        CHECK(add(&scene, "/x*", wrong[i]) != NULL);
        scene.site->redirects.count--;
    }
    CHECK(add(&scene, "/y", "/*") != NULL);
    weft_server_config_deinit(&scene.config);
}

TEST(many_paths_are_found_again)
{
    static char names[600][16];
    struct scene scene = scene_new();
    for (int i = 0; i < 600; i++) {
        snprintf(names[i], sizeof(names[i]), "/%d", i * 7 % 600);
        CHECK(add(&scene, names[i], names[i]) == NULL);
    }
    CHECK(add(&scene, "/5", "/6") != NULL); // a second time
    for (int i = 0; i < 600; i++) {
        char *to = lead(&scene, names[i], NULL);
        CHECK_SAME(weft_span_of(to), weft_span_of(names[i]));
        free(to);
    }
    weft_server_config_deinit(&scene.config);
}

TEST(circles_are_found)
{
    static const struct {
        const char *pairs[3][2];
        const char *way; // NULL: it ends
    } rows[] = {
        {{{"/a", "/b"}, {"/b", "/c"}}, NULL},
        {{{"/a", "/a"}}, "/a -> /a"},
        {{{"/a", "/b"}, {"/b", "/a?x"}}, "/a -> /b -> /a?x"},
        {{{"/a/*", "/b/*"}, {"/b/*", "/a/*"}}, "/a/x -> /b/x -> /a/x"},
        {{{"/*", "/new/*"}}, "/x -> /new/x -> /new/new/x"},
        {{{"/a", "https://a.test/b"}, {"/b", "http://A.test/a"}}, "/a -> https://a.test/b -> http"},
        {{{"/a", "https://b.test/a"}}, NULL},
        {{{"/a/*", "/b"}, {"/c", "/a/"}}, NULL},
        {{{"/x*", "/x/*"}}, "/xx -> /x/x -> /x/x"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        char error[512] = "";
        struct scene scene = scene_new();
        for (size_t k = 0; k < 3 && rows[i].pairs[k][0]; k++) {
            CHECK(add(&scene, rows[i].pairs[k][0], rows[i].pairs[k][1]) == NULL);
        }
        CHECK_EQ(weft_redirects_end(&scene.config, scene.site, error, sizeof(error)), !rows[i].way);
        if (rows[i].way && !strstr(error, rows[i].way)) fprintf(stderr, "%s\n", error);
        CHECK(!rows[i].way || strstr(error, rows[i].way));
        weft_server_config_deinit(&scene.config);
    }
}

TEST(a_circle_may_lead_over_two_sites)
{
    char error[512] = "";
    struct scene scene = scene_new();
    struct weft_site_config *other = weft_server_config_add_site(&scene.config);
    CHECK(other != NULL);
    CHECK(weft_site_config_add_name(&scene.config, other, WEFT_SPAN("b.test")) == NULL);
    CHECK(add(&scene, "/a", "https://b.test/a") == NULL);
    CHECK(weft_redirects_end(&scene.config, scene.site, error, sizeof(error)));
    CHECK(add_to(&scene, other, "/a", "https://a.test/a") == NULL);
    CHECK(!weft_redirects_end(&scene.config, scene.site, error, sizeof(error)));
    weft_server_config_deinit(&scene.config);
}
