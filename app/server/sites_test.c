// server/sites_test.c
#include "server/sites.h"

#include "server/route.h"

#include "check.h"
#include "temp_dir.h"

#include <stdio.h>

enum { SITES_MOST = 64 };

struct scene {
    struct weft_server_config config;
    struct weft_root roots[SITES_MOST];
    struct weft_sites sites;
};

static void add(struct scene *scene, const char *name)
{
    struct weft_site_config *site = weft_server_config_add_site(&scene->config);
    CHECK(site != NULL);
    if (!name) return;
    CHECK(weft_site_config_add_name(&scene->config, site, weft_span_of(name)) == NULL);
}

static void scene_begin(struct scene *scene)
{
    weft_server_config_init(&scene->config);
    scene->config.thread_count = 1;
}

static void scene_start(struct scene *scene)
{
    CHECK(weft_sites_init(&scene->sites, &scene->config, scene->roots, 7));
}

static void scene_end(struct scene *scene)
{
    weft_sites_deinit(&scene->sites);
    weft_server_config_deinit(&scene->config);
}

// The number of the site for an authority, -1 where it is nobody's.
static int site_of(const struct scene *scene, const char *authority)
{
    struct weft_sites_host host;
    if (!weft_sites_host_of(weft_span_of(authority), &host)) return -1;
    const struct weft_site *site = weft_sites_find(&scene->sites, &host);
    return site ? (int)site->index : -1;
}

TEST(one_site_without_names_is_for_all_names)
{
    struct scene scene;
    scene_begin(&scene);
    add(&scene, NULL);
    scene_start(&scene);
    CHECK(weft_sites_are_one(&scene.sites));
    CHECK_EQ(site_of(&scene, "any.test"), 0);
    CHECK_EQ(site_of(&scene, ""), 0);
    scene_end(&scene);
}

// RFC 9110 §4.2.3: hosts are compared whatever their case; §7.2: the port is not of the name.
TEST(a_site_is_found_by_its_name_then_by_wildcard_then_by_default)
{
    static const struct {
        const char *authority;
        int site;
        int without_default;
    } rows[] = {
        {"a.test", 1, 1},       {"A.Test", 1, 1},
        {"a.test:8443", 1, 1},  {"a.test.", 1, 1},
        {"a.test.:80", 1, 1},   {"www.a.test", 2, 2},
        {"WWW.a.test:1", 2, 2}, {"very.own.a.test", 0, -1},
        {"own.a.test", 3, 3},   {".a.test", 0, -1},
        {"b.test", 0, -1},      {"", 0, -1},
        {"[::1]", 4, 4},        {"[::1]:80", 4, 4},
        {"[::2]", 0, -1},       {"*.a.test", 2, 2},
        {":80", 0, -1},         {"test", 0, -1},
    };
    for (int has_default = 0; has_default < 2; has_default++) {
        struct scene scene;
        scene_begin(&scene);
        add(&scene, has_default ? NULL : "other.test");
        add(&scene, "a.test");
        add(&scene, "*.a.test");
        add(&scene, "own.a.test");
        add(&scene, "[::1]");
        scene_start(&scene);
        CHECK(!weft_sites_are_one(&scene.sites));
        for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
            CHECK_EQ(site_of(&scene, rows[i].authority),
                     has_default ? rows[i].site : rows[i].without_default);
        }
        scene_end(&scene);
    }
}

TEST(each_of_many_names_leads_to_its_site)
{
    struct scene scene;
    char name[32];
    scene_begin(&scene);
    for (int i = 0; i < SITES_MOST; i++) {
        snprintf(name, sizeof(name), "site%d.test", i);
        add(&scene, name);
    }
    scene_start(&scene);
    for (int i = 0; i < SITES_MOST; i++) {
        snprintf(name, sizeof(name), "site%d.test:443", i);
        CHECK_EQ(site_of(&scene, name), i);
    }
    CHECK_EQ(site_of(&scene, "site64.test"), -1);
    scene_end(&scene);
}

TEST(a_host_longer_than_any_name_is_nobodys)
{
    struct scene scene;
    char name[WEFT_SITES_HOST_SIZE + 8];
    scene_begin(&scene);
    add(&scene, "a.test");
    scene_start(&scene);
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = 0;
    CHECK_EQ(site_of(&scene, name), -1);
    name[WEFT_SITES_HOST_SIZE - 1] = 0;
    CHECK_EQ(site_of(&scene, name), -1);
    scene_end(&scene);
}

// What is told to clients, a boundary among it, has nothing to do with where names stand.
TEST(names_are_found_after_an_answer_of_several_parts)
{
    struct scene scene;
    struct temp_dir dir = temp_dir_new();
    struct weft_http_field range = WEFT_HTTP_FIELD(RANGE, WEFT_SPAN("bytes=0-0,2-2"));
    struct weft_http_head request = WEFT_HTTP_HEAD_INIT;
    struct weft_answer answer;
    char name[32];
    temp_dir_file(&dir, "a.txt", "abc");
    request.method = WEFT_HTTP_GET;
    request.path = WEFT_SPAN("/a.txt");
    request.fields = &range;
    request.field_count = 1;
    scene_begin(&scene);
    for (int i = 0; i < SITES_MOST; i++) {
        snprintf(name, sizeof(name), "site%d.test", i);
        add(&scene, name);
    }
    CHECK_EQ(weft_root_open(&scene.roots[0], dir.path), 0);
    scene_start(&scene);
    weft_answer_init(&answer);
    weft_route(&scene.sites.list[0], &request, &answer);
    CHECK_EQ(answer.head.status, 206);
    weft_answer_deinit(&answer);
    for (int i = 0; i < SITES_MOST; i++) {
        snprintf(name, sizeof(name), "site%d.test", i);
        CHECK_EQ(site_of(&scene, name), i);
    }
    scene_end(&scene);
    weft_root_close(&scene.roots[0]);
    temp_dir_remove(&dir);
}
