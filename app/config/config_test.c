// config/config_test.c: files of configuration, and what is said of those that are wrong
#include "config/config.h"

#include "config/environment.h"
#include "config/quote.h"
#include "config/report.h"

#include "check.h"
#include "temp_dir.h"

#include <stdlib.h>

/** What was complained of, line by line. */
struct told {
    char text[65536];
    size_t size;
    unsigned count;
};

static void note(void *context, const struct weft_config_complaint *complaint)
{
    struct told *told = context;
    told->size += (size_t)snprintf(told->text + told->size, sizeof(told->text) - told->size,
                                   "%s:%u:%u: %s%s\n", complaint->file ? complaint->file : "",
                                   complaint->line, complaint->column,
                                   complaint->is_warning ? "warning: " : "", complaint->text);
    told->count++;
}

static bool read_text(struct weft_server_config *config, const char *text, struct told *told)
{
    struct weft_config_listener listener = {note, told};
    memset(told, 0, sizeof(*told));
    weft_server_config_init(config);
    return weft_config_read_bytes(config, weft_span_of(text), &listener);
}

static char *shown(const struct weft_server_config *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CHECK(out != NULL);
    weft_config_show(config, out);
    CHECK_EQ(fclose(out), 0);
    return text;
}

TEST(settings_reach_the_configuration)
{
    struct weft_server_config config;
    static struct told told;
    CHECK(read_text(&config,
                    "listen: [https://*:443, 'http://[::1]:8080']\n"
                    "threads: 3\naccess_log: logs/access\nlog_format: json\ncache: 16M\n"
                    "congestion: bbr\ndrain_timeout: 5s\n"
                    "limits: {idle_timeout_ms: 15s, header_timeout_ms: 500, memory_budget: 2M}\n"
                    "certificates:\n- {certificate: a.pem, key: /b.pem}\n"
                    "sites:\n- names: [Example.org, '*.example.org']\n  root: ./www\n"
                    "  index: [a.html, b.html]\n  listing: true\n  early_hints: never\n"
                    "- root: .\n",
                    &told));
    CHECK_EQ(told.count, 0);
    CHECK_EQ(config.listen_count, 2);
    CHECK(config.listens[0].is_secure && !config.listens[1].is_secure);
    CHECK_EQ(config.thread_count, 3);
    CHECK_SPAN(weft_span_of(config.access_log), "/logs/access");
    CHECK_EQ(config.log_format, WEFT_LOG_JSON);
    CHECK_EQ(config.cache_size, 16 << 20);
    CHECK_EQ(config.drain_timeout_ms, 5000);
    CHECK_EQ(config.limits.idle_timeout_ms, 15000);
    CHECK_EQ(config.limits.header_timeout_ms, 500);
    CHECK_EQ(config.limits.memory_budget, 2 << 20);
    CHECK_EQ(config.limits.ping_burst, 60);
    CHECK_SPAN(weft_span_of(config.certificates[0].certificate_file), "/a.pem");
    CHECK_SPAN(weft_span_of(config.certificates[0].key_file), "/b.pem");
    CHECK_EQ(config.site_count, 2);
    const struct weft_site_config *site = config.sites[0];
    CHECK_EQ(site->name_count, 2);
    CHECK_SPAN(weft_span_of(site->names[0]), "example.org");
    CHECK_SPAN(weft_span_of(site->root), "/www");
    CHECK_EQ(site->index_count, 2);
    CHECK(site->lists_directories);
    CHECK_EQ(site->early_hints, WEFT_EARLY_HINTS_NEVER);
    CHECK_SPAN(weft_span_of(config.sites[1]->root), "/");
    CHECK_SPAN(weft_span_of(config.sites[1]->index_names[0]), "index.html");
    weft_server_config_deinit(&config);
}

// Each is told with its place, what was found, and what would be right.
TEST(what_is_wrong_is_told_with_its_place)
{
    static const struct {
        const char *text;
        const char *told;
    } rows[] = {
        {"lisen: http://a", "1:1: unknown setting 'lisen': did you mean 'listen'?"},
        {"qqqq: 1", "1:1: unknown setting 'qqqq': weft.conf(5) lists what there is"},
        {"root: a", "1:1: unknown setting 'root' here: it belongs to sites"},
        {"sites: [{root: a, threads: 1}]",
         "1:19: unknown setting 'threads' here: it belongs to the out"},
        {"ping_burst: 1", "1:1: unknown setting 'ping_burst' here: it belongs to limits"},
        {"sites: [{root: a, max_age: 1d}]",
         "unknown setting 'max_age' here: it belongs to sites.hsts"},
        {"limits: {idle_timeout: 1s}", "1:10: unknown setting 'idle_timeout': did you mean"},
        {"listen: localhost", "1:9: listen: found 'localhost': it has to begin with http://"},
        {"listen: [http://a:1, https://a:1]",
         "1:22: listen: found 'https://a:1': another listener"},
        {"threads: many", "1:10: threads: found 'many', expected a number from 1 to 64"},
        {"threads: 65", "1:10: threads: found '65', expected a number from 1 to 64"},
        {"threads: 1k", "1:10: threads: found '1k', expected a number"},
        {"threads: [1]", "1:10: threads: found a list, expected a number"},
        {"threads:", "1:9: threads: found nothing, expected a number"},
        {"\ncache: 12q", "2:8: cache: found '12q', expected a size from 0 to 1024G"},
        {"drain_timeout: 10", "1:16: drain_timeout: found '10', expected a time from 0"},
        {"log_format: jsn", "1:13: log_format: unknown word 'jsn': did you mean 'json'?"},
        {"log_format: q", "1:13: log_format: found 'q', expected common, combined or json"},
        {"sites: {}", "1:8: sites: found a map, expected a list"},
        {"sites: [{}]", "1:9: 'root' is missing: the folder whose files are served"},
        {"sites: [{root: a, listing: yes}]", "1:28: listing: found 'yes', expected true or false"},
        {"sites: [{root: a, names: a b}]", "names: found 'a b': expected a host name"},
        {"certificates: [{certificate: a}]", "1:16: 'key' is missing"},
        {"cache: 1M\ncache: 2M", "2:1: 'cache' stands twice: first in (text):1:1"},
        {"limits: {ping_rate: 1, ping_rate: 2}", "1:24: 'ping_rate' stands twice"},
        {"sites: [{root: a}, {root: b}]", "1:20: a second site without names"},
        {"sites: [{root: a, names: [x, X]}]", "1:30: 'X' stands twice: first in (text):1:27"},
        {"- a", "1:1: expected settings, each a name, a colon and a value"},
        {"a: [", "did not find expected node content"},
        {"\ta: b", "1:1: found character that cannot start any token"},
        {"cache: !!str 1M", "1:8: tags (!) mean nothing here"},
        {"sites: !a []", "1:8: tags (!) mean nothing here"},
        {"---\n---\n", "2:1: a second document"},
        {"{[a]: b}", "1:2: expected a name before the colon"},
        {"<<: {cache: 1M}", "1:1: merging (<<) is not known"},
        {"cache: *a", "1:8: *a: no complete part before it is marked &a"},
        {"sites: &a [*a]", "1:12: *a: no complete part before it"},
        {"congestion: \"a\\0b\"", "1:13: it holds a NUL"},
        {"congestion: ${WEFT_UNSET}", "1:13: WEFT_UNSET is not set in the environment"},
        {"congestion: ${WEFT UNSET}", "1:13: found '${WEFT UNSET}', expected ${NAME}"},
        {"congestion: \"${\"", "1:13: a ${ without its }"},
        {"include: a.yaml", "1:10: nothing can be included from here"},
        {"[[[[[[[[[[[[[[[[[[", "too deep inside"},
        {"sites: [{root: a, headers: [{path: x, set: {a: b}}]}]",
         "1:29: expected a path that begins"},
        {"sites: [{root: a, headers: [{path: /x}]}]", "1:29: a rule for headers sets, adds or"},
        {"sites: [{root: a, headers: [{set: {date: x}}]}]",
         "1:36: set: found 'date': this field is"},
        {"sites: [{root: a, headers: [{set: {a: b, a: c}}]}]", "1:42: 'a' stands twice"},
        {"sites: [{root: a, redirects: [{from: /a, to: b}]}]",
         "1:31: redirect from '/a' to 'b': expected a target"},
        {"sites: [{root: a, redirects: [{from: /a, to: /b, status: 305}]}]",
         "1:31: status: expected 301, 302"},
        {"sites: [{root: a, redirects: [{from: /a, to: /b}, {from: /b, to: /a}]}]",
         "1:9: redirects go in a circle: /a -> /b -> /a"},
        {"sites: [{root: a, hsts: {max_age: 1d}}]", "1:9: hsts needs 'https_only: true'"},
        {"sites: [{root: a, error_pages: {200: /a}}]", "found '200': expected a status from 400"},
        {"sites: [{root: a, error_pages: {404: a}}]", "found '404': expected a file beneath"},
        {"access_log: ''", "1:13: access_log: found '', expected a file, or - or none"},
    };
    unsetenv("WEFT_UNSET");
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_server_config config;
        static struct told told;
        CHECK(!read_text(&config, rows[i].text, &told));
        if (!strstr(told.text, rows[i].told)) {
            fprintf(stderr, "%s\n  said %s  not  %s\n", rows[i].text, told.text, rows[i].told);
            CHECK(false);
        }
        weft_server_config_deinit(&config);
    }
}

TEST(all_faults_are_told_but_not_without_end)
{
    struct weft_server_config config;
    static struct told told;
    char text[4096] = "";
    CHECK(!read_text(&config, "threads: x\ncache: y\nlisen: z\n", &told));
    CHECK_EQ(told.count, 3);
    weft_server_config_deinit(&config);
    for (int i = 0; i < 100; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof(text) - at, "wrong%d: x\n", i);
    }
    CHECK(!read_text(&config, text, &told));
    CHECK_EQ(told.count, WEFT_CONFIG_FAULTS_TOLD + 1);
    CHECK(strstr(told.text, "80 faults more are not shown") != NULL);
    weft_server_config_deinit(&config);
}

TEST(an_empty_file_sets_nothing)
{
    static const char *const texts[] = {"", "# a remark\n", "---\n", "~x: 1", "{}"};
    for (size_t i = 0; i < WEFT_COUNT(texts); i++) {
        struct weft_server_config config;
        static struct told told;
        CHECK_EQ(read_text(&config, texts[i], &told), texts[i][0] != '~');
        CHECK_EQ(config.site_count, 0);
        weft_server_config_deinit(&config);
    }
}

// Ten aliases of ten aliases of ...: what they stand for is counted, not followed.
TEST(aliases_are_counted_as_often_as_they_are_used)
{
    char text[2048] = "congestion: x\nsites:\n- &a0 {root: a}\n";
    struct weft_server_config config;
    static struct told told;
    CHECK(read_text(&config, "sites:\n- root: &r www\n- {names: a, root: *r}\n", &told));
    CHECK_SPAN(weft_span_of(config.sites[1]->root), "/www");
    weft_server_config_deinit(&config);
    for (int i = 1; i < 12; i++) {
        size_t at = strlen(text);
        at += (size_t)snprintf(text + at, sizeof(text) - at, "- &a%d [", i);
        for (int k = 0; k < 10; k++) {
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s*a%d", k ? ", " : "", i - 1);
        }
        snprintf(text + at, sizeof(text) - at, "]\n");
    }
    CHECK(!read_text(&config, text, &told));
    CHECK(strstr(told.text, "too many parts") != NULL);
    weft_server_config_deinit(&config);
}

TEST(the_environment_is_put_in)
{
    static const struct {
        const char *text;
        const char *value; // NULL: refused
    } rows[] = {
        {"plain", "plain"},
        {"${WEFT_A}", "one"},
        {"<${WEFT_A}${WEFT_A}>", "<oneone>"},
        {"${WEFT_NONE:-two}", "two"},
        {"${WEFT_NONE:-}", ""},
        {"${WEFT_EMPTY:-two}", "two"},
        {"${WEFT_EMPTY}", ""},
        {"${WEFT_A:-two}", "one"},
        {"$${WEFT_A}", "${WEFT_A}"},
        {"$$${WEFT_A}", "$${WEFT_A}"},
        {"$x $ {", "$x $ {"},
        {"${WEFT_NONE}", NULL},
        {"${}", NULL},
        {"${1}", NULL},
        {"${WEFT_A", NULL},
        {"${WEFT_A:two}", NULL},
        {"${WEFT_BAD}", NULL},
    };
    setenv("WEFT_A", "one", 1);
    setenv("WEFT_EMPTY", "", 1);
    setenv("WEFT_BAD", "\xff", 1);
    unsetenv("WEFT_NONE");
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_server_config config;
        char wrong[512] = "";
        weft_server_config_init(&config);
        const char *text = weft_config_expand(rows[i].text, &config.arena, wrong, sizeof(wrong));
        CHECK_EQ(text != NULL, rows[i].value != NULL);
        CHECK_EQ(wrong[0] == 0, rows[i].value != NULL);
        if (text) CHECK_SAME(weft_span_of(text), weft_span_of(rows[i].value));
        weft_server_config_deinit(&config);
    }
}

// What is shown, read again, shows the same: whatever the texts hold.
TEST(what_is_shown_can_be_read_again)
{
    static const char *const texts[] = {
        "",
        "sites: [{root: a}]",
        "listen: ['http://[::1]:80']\nthreads: 2\naccess_log: none\ncongestion: 'a: #\"\\b'\n",
        "congestion: \"\\u0001 \\u00fc \\x7f \\u2028 \\ufeff \\U0001f600 $${x} $$${ {\"\n",
        "sites: [{root: \"w\\u00e4b\", names: [a, b], index: []}]\ndrain_timeout: 1500ms\n",
        "limits: {idle_timeout_ms: 90s, stream_window: 65537}\n",
        "sites: [{root: a, https_only: true, hsts: {max_age: 365d, include_subdomains: true}, "
        "headers: [{path: /a*b, set: {x-a: '1', X-B: \"\\u00e4\"}, add: {x-a: '2'}, remove: "
        "server}],"
        " redirects: [{from: /a/*, to: 'https://b.test/*', status: 308}, {from: /c, to: /d?e}], "
        "error_pages: {404: /e.html, 503: /f.html}}]\n",
        "certificates: [{certificate: a, key: b}]\n",
        "metrics: http://127.0.0.1:9100\nuser: a:b\nsandbox: off\nlearn_interval: 90s\n",
        "sites: [{root: a, learn: true, learned: l, compression: {codings: [br], level: 5}}]\n",
    };
    for (size_t i = 0; i < WEFT_COUNT(texts); i++) {
        struct weft_server_config config;
        static struct told told;
        bool is_fine = read_text(&config, texts[i], &told);
        if (!is_fine) fprintf(stderr, "%s", told.text);
        CHECK(is_fine);
        char *first = shown(&config);
        weft_server_config_deinit(&config);
        is_fine = read_text(&config, first, &told);
        if (!is_fine) fprintf(stderr, "%s%s", first, told.text);
        CHECK(is_fine);
        char *second = shown(&config);
        weft_server_config_deinit(&config);
        CHECK_SAME(weft_span_of(second), weft_span_of(first));
        free(first);
        free(second);
    }
}

static bool read_file(struct weft_server_config *config, struct temp_dir *dir, const char *name,
                      struct told *told)
{
    struct weft_config_listener listener = {note, told};
    memset(told, 0, sizeof(*told));
    weft_server_config_init(config);
    return weft_config_read(config, temp_dir_path(dir, name), &listener);
}

TEST(files_include_files_and_lists_are_joined)
{
    struct temp_dir dir = temp_dir_new();
    struct weft_server_config config;
    static struct told told;
    temp_dir_folder(&dir, "conf.d");
    temp_dir_folder(&dir, "www");
    temp_dir_file(
        &dir, "a.yaml",
        "listen: http://a:1\ninclude: [conf.d/*.yaml, none.d/*]\nlimits: {ping_rate: 2}\n");
    temp_dir_file(&dir, "conf.d/1.yaml", "sites: [{root: ../www}]\nlisten: http://b:2\n");
    temp_dir_file(&dir, "conf.d/2.yaml", "limits: {ping_burst: 3}\n");
    bool is_fine = read_file(&config, &dir, "a.yaml", &told);
    if (!is_fine) fprintf(stderr, "%s", told.text);
    CHECK(is_fine);
    CHECK_EQ(config.listen_count, 2);
    CHECK_SPAN(weft_span_of(config.listens[1].host), "b");
    CHECK_EQ(config.limits.ping_rate, 2);
    CHECK_EQ(config.limits.ping_burst, 3);
    CHECK_EQ(config.site_count, 1);
    weft_server_config_deinit(&config);

    temp_dir_file(&dir, "conf.d/3.yaml", "limits: {ping_rate: 3}\n");
    CHECK(!read_file(&config, &dir, "a.yaml", &told));
    CHECK(strstr(told.text, "conf.d/2.yaml") == NULL);
    CHECK(strstr(told.text, "a.yaml:3:10: 'ping_rate' stands twice: first in") != NULL);
    CHECK(strstr(told.text, "conf.d/3.yaml:1:10") != NULL);
    weft_server_config_deinit(&config);
    temp_dir_remove(&dir);
}

TEST(what_cannot_be_included_is_told_where_it_is_named)
{
    static const struct {
        const char *file;
        const char *told;
    } rows[] = {
        {"self.yaml", "self.yaml:1:10: files include each other in a circle: "},
        {"one.yaml", "/one.yaml"},
        {"lacks.yaml", "lacks.yaml:1:10: cannot include "},
        {"folder.yaml", "expected a file of YAML"},
        {"deep0.yaml", "files include files at most 8 deep"},
        {"gone.yaml", "No such file or directory: check the path"},
    };
    struct temp_dir dir = temp_dir_new();
    temp_dir_file(&dir, "self.yaml", "include: self.yaml");
    temp_dir_file(&dir, "one.yaml", "include: two.yaml");
    temp_dir_file(&dir, "two.yaml", "include: one.yaml");
    temp_dir_file(&dir, "lacks.yaml", "include: nothing.yaml");
    temp_dir_file(&dir, "folder.yaml", "include: .");
    for (int i = 0; i < 10; i++) {
        char name[32];
        char text[32];
        snprintf(name, sizeof(name), "deep%d.yaml", i);
        snprintf(text, sizeof(text), "include: deep%d.yaml", i + 1);
        temp_dir_file(&dir, name, text);
    }
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_server_config config;
        static struct told told;
        CHECK(!read_file(&config, &dir, rows[i].file, &told));
        CHECK_EQ(told.count, 1);
        if (!strstr(told.text, rows[i].told)) fprintf(stderr, "%s", told.text);
        CHECK(strstr(told.text, rows[i].told) != NULL);
        weft_server_config_deinit(&config);
    }
    temp_dir_remove(&dir);
}

TEST(what_a_file_names_is_looked_at)
{
    static const struct {
        const char *text;
        const char *told;
    } rows[] = {
        {"sites: [{root: nowhere}]", "1:16: root: cannot use '"},
        {"sites: [{root: a.yaml}]", "it is not a directory (name the folder it is in)"},
        {"sites: [{root: ., manifest: nothing}]", "1:29: manifest: cannot use '"},
        {"sites: [{root: ., manifest: .}]", "it is not a file"},
        {"access_log: .", "it is a directory (name a file in it)"},
        {"access_log: none.d/log", "1:13: access_log: cannot use '"},
        {"certificates: [{certificate: a, key: b}]", "1:16: cannot read the certificate "},
        {"certificates: [{certificate: a.yaml, key: b}]", "holds no certificate in PEM form"},
    };
    struct temp_dir dir = temp_dir_new();
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_server_config config;
        static struct told told;
        temp_dir_file(&dir, "a.yaml", rows[i].text);
        CHECK(!read_file(&config, &dir, "a.yaml", &told));
        CHECK_EQ(told.count, 1);
        if (!strstr(told.text, rows[i].told)) fprintf(stderr, "%s", told.text);
        CHECK(strstr(told.text, rows[i].told) != NULL);
        weft_server_config_deinit(&config);
    }
    temp_dir_remove(&dir);
}

// Between two marks of a page stands what the table says: WEFT_WRITE_DOCS=1 writes it anew.
static void check_page(const char *path, const char *before, const char *after,
                       void (*write)(FILE *out))
{
    static char page[262144];
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    CHECK(out != NULL);
    write(out);
    CHECK_EQ(fclose(out), 0);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    page[fread(page, 1, sizeof(page) - 1, file)] = 0;
    fclose(file);
    char *start = strstr(page, before);
    CHECK(start != NULL);
    start += strlen(before);
    char *end = strstr(start, after);
    CHECK(end != NULL);
    if (getenv("WEFT_WRITE_DOCS")) {
        file = fopen(path, "w");
        CHECK(file != NULL);
        fprintf(file, "%.*s%s%s", (int)(start - page), page, made, end);
        fclose(file);
    } else {
        struct weft_span documented = {(const uint8_t *)start, (size_t)(end - start)};
        CHECK_SAME(documented, weft_span_of(made));
    }
    free(made);
}

TEST(the_documented_settings_are_those_of_the_code)
{
    check_page(WEFT_SOURCE_DIR "/docs/man/weft.conf.5.scd", "\n# SETTINGS\n\n", "# UNITS",
               weft_config_write_manual);
    check_page(WEFT_SOURCE_DIR "/docs/configuration.md", "\n## All settings\n\n", "## How",
               weft_config_write_tables);
}
