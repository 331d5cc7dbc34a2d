// server/header_rules_test.c
#include "server/config.h"

#include "check.h"

#include <stdio.h>

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
    return scene;
}

static struct weft_header_rule *rule_for(struct scene *scene, const char *path)
{
    struct weft_header_rule *rule =
        weft_header_rules_add(&scene->site->headers, &scene->config.arena);
    CHECK(rule != NULL);
    rule->path_text = path;
    CHECK(weft_header_rule_finish(rule) == NULL);
    return rule;
}

static const char *change(struct scene *scene, struct weft_header_rule *rule,
                          enum weft_header_action action, const char *name, const char *value)
{
    return weft_header_rule_change(rule, &scene->config.arena, action, name, value);
}

// The fields of an answer as one text.
static const char *applied(const struct scene *scene, const char *path, bool is_error)
{
    static char text[1024];
    struct weft_http_field fields[4 + WEFT_HEADER_FIELDS_MOST] = {
        WEFT_HTTP_FIELD(SERVER, WEFT_SPAN("weft")),
        WEFT_HTTP_FIELD(CACHE_CONTROL, WEFT_SPAN("no-cache")),
    };
    size_t size = 0;
    size_t count =
        weft_header_rules_apply(&scene->site->headers, weft_span_of(path), is_error, fields, 2);
    for (size_t i = 0; i < count; i++) {
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%.*s=%.*s;",
                                 (int)fields[i].name.size, (const char *)fields[i].name.data,
                                 (int)fields[i].value.size, (const char *)fields[i].value.data);
    }
    return text;
}

TEST(rules_change_the_fields_of_their_paths_in_order)
{
    static const struct {
        const char *path;
        bool is_error;
        const char *fields;
    } rows[] = {
        {"/", false, "cache-control=no-cache;x-a=1;"},
        {"/css/a.css", false, "x-a=1;cache-control=max-age=9;x-a=2;"},
        {"/css/a.css", true, "cache-control=no-cache;x-a=1;x-a=2;"},
        {"/css/b", false, "x-a=1;cache-control=max-age=9;"},
        {"/plain", false, "cache-control=no-cache;"},
    };
    struct scene scene = scene_new();
    struct weft_header_rule *all = rule_for(&scene, NULL);
    CHECK(change(&scene, all, WEFT_HEADER_ADD, "X-A", " 1 ") == NULL);
    CHECK(change(&scene, all, WEFT_HEADER_REMOVE, "Server", NULL) == NULL);
    struct weft_header_rule *css = rule_for(&scene, "/css/*");
    CHECK(change(&scene, css, WEFT_HEADER_SET, "cache-control", "max-age=9") == NULL);
    struct weft_header_rule *sheets = rule_for(&scene, "/*.css");
    CHECK(change(&scene, sheets, WEFT_HEADER_ADD, "x-a", "2") == NULL);
    struct weft_header_rule *plain = rule_for(&scene, "/plain");
    CHECK(change(&scene, plain, WEFT_HEADER_REMOVE, "x-a", NULL) == NULL);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK_SAME(weft_span_of(applied(&scene, rows[i].path, rows[i].is_error)),
                   weft_span_of(rows[i].fields));
    }
    weft_server_config_deinit(&scene.config);
}

TEST(fields_that_would_do_harm_are_no_rules)
{
    static const struct {
        enum weft_header_action action;
        const char *name;
        const char *value;
    } rows[] = {
        {WEFT_HEADER_SET, "content-length", "5"}, {WEFT_HEADER_ADD, "Transfer-Encoding", "chunked"},
        {WEFT_HEADER_SET, "bad name", "x"},       {WEFT_HEADER_SET, "", "x"},
        {WEFT_HEADER_SET, "x", "a\r\nb: c"},      {WEFT_HEADER_REMOVE, "date", NULL},
        {WEFT_HEADER_REMOVE, "vary", NULL},       {WEFT_HEADER_SET, "location", "/"},
        {WEFT_HEADER_REMOVE, "etag", NULL},
    };
    struct scene scene = scene_new();
    struct weft_header_rule *rule = rule_for(&scene, NULL);
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(change(&scene, rule, rows[i].action, rows[i].name, rows[i].value) != NULL);
    }
    CHECK(rule->first == NULL);
    for (int i = 0; i < WEFT_HEADER_FIELDS_MOST; i++) {
        CHECK(change(&scene, rule, WEFT_HEADER_ADD, "a", "b") == NULL);
    }
    CHECK(change(&scene, rule, WEFT_HEADER_ADD, "a", "b") != NULL);
    weft_server_config_deinit(&scene.config);
}

// RFC 6797: only where all is https; preload lists ask for more.
TEST(hsts_goes_with_https_only)
{
    static const struct {
        struct weft_hsts hsts;
        bool https_only;
        const char *value; // NULL: refused
    } rows[] = {
        {{31536000000, false, false}, true, "max-age=31536000"},
        {{31536000000, true, true}, true, "max-age=31536000; includeSubDomains; preload"},
        {{31536000000, true, false}, false, NULL},
        {{31536000000, false, true}, true, NULL},
        {{1000, true, true}, true, NULL},
        {{0, true, false}, true, NULL},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct scene scene = scene_new();
        scene.site->hsts = rows[i].hsts;
        scene.site->https_only = rows[i].https_only;
        CHECK_EQ(weft_site_config_finish(&scene.config, scene.site) == NULL, rows[i].value != NULL);
        CHECK_EQ(scene.site->extra_count, rows[i].value != NULL);
        if (rows[i].value) {
            CHECK_SAME(scene.site->extra_fields[0].value, weft_span_of(rows[i].value));
        }
        weft_server_config_deinit(&scene.config);
    }
}
