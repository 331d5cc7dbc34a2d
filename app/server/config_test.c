// server/config_test.c
#include "server/config.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

TEST(the_usual_configuration_lacks_only_a_root_and_listeners)
{
    struct weft_server_config config;
    char error[256] = "";
    weft_server_config_init(&config);
    CHECK(config.thread_count >= 1 && config.thread_count <= WEFT_THREADS_MOST);
    CHECK_EQ(config.limits.concurrent_streams, 256);
    struct weft_site_config *site = weft_server_config_add_site(&config);
    CHECK(site != NULL);
    site->root = "/";
    CHECK(!weft_server_config_is_valid(&config, error, sizeof(error)));
    CHECK(strstr(error, "--listen") != NULL);
    CHECK(weft_listen_url_parse("http://localhost:0", &config.listens[0]) == NULL);
    config.listen_count = 1;
    CHECK(weft_server_config_is_valid(&config, error, sizeof(error)));
    weft_server_config_deinit(&config);
}

TEST(what_cannot_be_served_is_named)
{
    static const struct {
        const char *root;
        const char *word;
    } rows[] = {
        {"/no/such/thing", "No such file"},
        {"/etc/hostname", "not a directory"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_server_config config;
        char error[256] = "";
        weft_server_config_init(&config);
        struct weft_site_config *site = weft_server_config_add_site(&config);
        CHECK(site != NULL);
        site->root = rows[i].root;
        config.listen_count = 1;
        CHECK(!weft_server_config_is_valid(&config, error, sizeof(error)));
        CHECK(strstr(error, rows[i].root) != NULL && strstr(error, rows[i].word) != NULL);
        weft_server_config_deinit(&config);
    }
}

TEST(fields_are_added_in_lower_case_and_trimmed)
{
    struct weft_site_config config = {0};
    struct weft_site_config *site = &config;
    CHECK(weft_site_config_add_field(site, "X-Frame-Options:\t DENY ") == NULL);
    CHECK(weft_site_config_add_field(site, "Cache-Control:max-age=1") == NULL);
    CHECK_EQ(site->extra_count, 2);
    CHECK_SPAN(site->extra_fields[0].name, "x-frame-options");
    CHECK_SPAN(site->extra_fields[0].value, "DENY");
    CHECK_EQ(site->extra_fields[1].id, WEFT_HTTP_FIELD_CACHE_CONTROL);
}

// One output gate for what the configuration sets: no line of it starts another field.
TEST(fields_that_would_do_harm_are_refused)
{
    static const char *const lines[] = {
        "no colon",          "bad name: x",       ": x",
        "x: a\r\nset: b",    "content-length: 5", "Transfer-Encoding: chunked",
        "connection: close", "ETag: \"x\"",       "date: now",
    };
    struct weft_site_config config = {0};
    struct weft_site_config *site = &config;
    for (size_t i = 0; i < WEFT_COUNT(lines); i++) {
        CHECK(weft_site_config_add_field(site, lines[i]) != NULL);
    }
    CHECK_EQ(site->extra_count, 0);
    for (int i = 0; i < WEFT_EXTRA_FIELDS_MOST; i++) {
        CHECK(weft_site_config_add_field(site, "a: b") == NULL);
    }
    CHECK(weft_site_config_add_field(site, "a: b") != NULL);
}

TEST(a_sites_names_are_host_names_in_lower_case)
{
    static const char *const wrong[] = {"",   "a..b", ".a",   "a.",       "a b", "a:80",    "*",
                                        "*.", "a.*",  "**.a", "http://a", "[1]", "\xc3\xbc"};
    struct weft_server_config config;
    weft_server_config_init(&config);
    struct weft_site_config *site = weft_server_config_add_site(&config);
    CHECK(site != NULL);
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        CHECK(weft_site_config_add_name(&config, site, weft_span_of(wrong[i])) != NULL);
    }
    CHECK_EQ(site->name_count, 0);
    static const char *const good[] = {"Example.ORG", "*.example.org", "127.0.0.1", "[::1]", "a"};
    for (size_t i = 0; i < WEFT_COUNT(good); i++) {
        CHECK(weft_site_config_add_name(&config, site, weft_span_of(good[i])) == NULL);
    }
    CHECK_EQ(site->name_count, 5);
    CHECK(strcmp(site->names[0], "example.org") == 0);
    CHECK(strcmp(site->names[4], "a") == 0);
    weft_server_config_deinit(&config);
}

static struct weft_site_config *add_site(struct weft_server_config *config, const char *name)
{
    struct weft_site_config *site = weft_server_config_add_site(config);
    CHECK(site != NULL);
    site->root = "/";
    if (name) CHECK(weft_site_config_add_name(config, site, weft_span_of(name)) == NULL);
    return site;
}

TEST(a_name_is_that_of_one_site_and_one_site_is_the_default)
{
    static const char *const rows[][3] = {
        {"a.test", "A.test", "'a.test' stands twice"},
        {NULL, NULL, "two sites are without names"},
        {"a.test", "b.test", NULL},
        {NULL, "a.test", NULL},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_server_config config;
        char error[256] = "";
        weft_server_config_init(&config);
        config.listen_count = 1;
        add_site(&config, rows[i][0]);
        add_site(&config, rows[i][1]);
        CHECK_EQ(weft_server_config_is_valid(&config, error, sizeof(error)), !rows[i][2]);
        CHECK(!rows[i][2] || strstr(error, rows[i][2]));
        weft_server_config_deinit(&config);
    }
}

// RFC 9110 §5.6.4
TEST(a_realm_is_quoted)
{
    struct weft_server_config config;
    weft_server_config_init(&config);
    struct weft_site_config *site = weft_server_config_add_site(&config);
    CHECK(site != NULL);
    CHECK(!weft_site_config_set_auth(&config, site, "a \"b\" \\ c:/x:y"));
    CHECK_SPAN(weft_span_of(site->auth.realm), "a \"b\" \\ c");
    CHECK_SPAN(weft_span_of(site->auth.file), "/x:y");
    CHECK(!weft_server_config_asks_passwords(&config)); // it was not read yet
    static const struct weft_passwords passwords;
    CHECK(!weft_site_config_protect(&config, site, &passwords));
    CHECK(weft_server_config_asks_passwords(&config));
    CHECK_SPAN(weft_span_of(site->auth.challenge),
               "Basic realm=\"a \\\"b\\\" \\\\ c\", charset=\"UTF-8\"");
    weft_server_config_deinit(&config);
}

// RFC 9111 §3.5
TEST(what_is_protected_is_private)
{
    static const struct {
        const char *said;
        const char *then;
    } rows[] = {
        {NULL, "private, no-cache"},
        {"cache-control: max-age=60", "private, max-age=60"},
        {"cache-control: Public, max-age=60 ,S-MaxAge=9", "private, max-age=60"},
        {"cache-control: private=\"a, b\", must-revalidate", "private, must-revalidate"},
        {"cache-control: no-store", "private, no-store"},
        {"cache-control: private", "private"},
        {"cache-control:", "private"},
    };
    static const struct weft_passwords passwords;
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_server_config config;
        weft_server_config_init(&config);
        struct weft_site_config *site = weft_server_config_add_site(&config);
        CHECK(site != NULL);
        if (rows[i].said) CHECK(!weft_site_config_add_field(site, rows[i].said));
        struct weft_header_rule *rule = weft_header_rules_add(&site->headers, &config.arena);
        CHECK(rule != NULL);
        CHECK(!weft_header_rule_change(rule, &config.arena, WEFT_HEADER_ADD, "cache-control",
                                       "public"));
        CHECK(!weft_site_config_set_auth(&config, site, "x:y"));
        CHECK(!weft_site_config_protect(&config, site, &passwords));
        CHECK_EQ(site->extra_count, 1);
        CHECK_SAME(site->extra_fields[0].value, weft_span_of(rows[i].then));
        CHECK_SPAN(rule->first->field.value, "private");
        weft_server_config_deinit(&config);
    }
}

TEST(limits_are_set_by_their_names)
{
    struct weft_server_config config;
    const struct weft_limit_row *row;
    weft_server_config_init(&config);
    CHECK(weft_server_config_set_limit(&config, WEFT_SPAN("idle_timeout_ms"), 7));
    CHECK_EQ(config.limits.idle_timeout_ms, 7);
    CHECK(!weft_server_config_set_limit(&config, WEFT_SPAN("idle"), 7));
    for (size_t i = 0; (row = weft_limit_row_at(i)); i++) {
        CHECK(weft_server_config_set_limit(&config, weft_span_of(row->name), row->standard));
    }
    CHECK_EQ(config.limits.idle_timeout_ms, 60000);
}

// The table in the docs is made from lib/http/limits.h: WEFT_WRITE_DOCS=1 writes it anew.
TEST(the_documented_limits_are_those_of_the_code)
{
    static char page[65536];
    static char table[32768];
    size_t size = 0;
    const struct weft_limit_row *row;
    for (size_t i = 0; (row = weft_limit_row_at(i)); i++) {
        size += (size_t)snprintf(table + size, sizeof(table) - size,
                                 "| `%s` | %u | %s | `%s` | %s |\n", row->name, row->standard,
                                 row->unit, weft_limit_row_of_counter(row)->name, row->help);
    }
    FILE *file = fopen(WEFT_SOURCE_DIR "/docs/limits.md", "r");
    CHECK(file != NULL);
    size_t read = fread(page, 1, sizeof(page) - 1, file);
    page[read] = 0;
    fclose(file);
    char *start = strstr(page, "\n|---|---|---|---|---|\n");
    CHECK(start != NULL);
    start += strlen("\n|---|---|---|---|---|\n");
    char *end = strstr(start, "\n\n");
    CHECK(end != NULL);
    if (getenv("WEFT_WRITE_DOCS")) {
        file = fopen(WEFT_SOURCE_DIR "/docs/limits.md", "w");
        CHECK(file != NULL);
        fprintf(file, "%.*s%s%s", (int)(start - page), page, table, end + 1);
        fclose(file);
        return;
    }
    struct weft_span documented = {(const uint8_t *)start, (size_t)(end + 1 - start)};
    CHECK_SAME(documented, weft_span_of(table));
}
