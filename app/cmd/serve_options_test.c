// cmd/serve_options_test.c
#include "cmd/serve_options.h"

#include "check.h"

#include <stdio.h>

// Reads a line of words parted by spaces, as if it stood behind `weft`.
static bool read_line(const char *line, struct weft_serve_options *options,
                      struct weft_args_outcome *outcome)
{
    static char copy[1024];
    char *argv[64] = {0};
    int argc = 0;
    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    return weft_serve_options_read(argc, argv, options, outcome);
}

TEST(without_options_this_folder_is_served_on_localhost)
{
    struct weft_serve_options options;
    struct weft_args_outcome outcome;
    CHECK(read_line("serve", &options, &outcome));
    CHECK_SAME(weft_span_of(options.site->root), WEFT_SPAN("."));
    CHECK_EQ(options.config.listen_count, 2);
    CHECK(options.config.listens[0].is_secure && options.config.listens[0].port == 8443);
    CHECK(!options.config.listens[1].is_secure && options.config.listens[1].port == 8080);
    CHECK(!options.has_log_word);
    weft_serve_options_deinit(&options);
}

TEST(options_reach_the_configuration)
{
    struct weft_serve_options options;
    struct weft_args_outcome outcome;
    CHECK(read_line("serve --listen http://127.0.0.1:0 site -l https://[::1]:1 --cert a --key b "
                    "--cert c --key d --threads 3 --access-log - --log-format json --listing "
                    "--index home.html --index index.htm --header x:y --cache 1M "
                    "--congestion bbr --drain-timeout 5s --limit idle_timeout_ms=9 "
                    "--early-hints never --sandbox require",
                    &options, &outcome));
    const struct weft_server_config *config = &options.config;
    CHECK_SAME(weft_span_of(options.site->root), WEFT_SPAN("site"));
    CHECK_EQ(config->listen_count, 2);
    CHECK_EQ(config->certificate_count, 2);
    CHECK_SAME(weft_span_of(config->certificates[1].certificate_file), WEFT_SPAN("c"));
    CHECK_SAME(weft_span_of(config->certificates[1].key_file), WEFT_SPAN("d"));
    CHECK_EQ(config->thread_count, 3);
    CHECK(options.has_log_word && strcmp(config->access_log, "-") == 0);
    CHECK_EQ(config->log_format, WEFT_LOG_JSON);
    CHECK(options.site->lists_directories);
    CHECK_EQ(options.site->index_count, 2);
    CHECK_SAME(weft_span_of(options.site->index_names[0]), WEFT_SPAN("home.html"));
    CHECK_EQ(options.site->extra_count, 1);
    CHECK_EQ(config->cache_size, 1 << 20);
    CHECK_SAME(weft_span_of(config->congestion), WEFT_SPAN("bbr"));
    CHECK_EQ(config->drain_timeout_ms, 5000);
    CHECK_EQ(config->limits.idle_timeout_ms, 9);
    CHECK_EQ(options.site->early_hints, WEFT_EARLY_HINTS_NEVER);
    CHECK_EQ(config->sandbox, WEFT_SANDBOX_REQUIRE);
    weft_serve_options_deinit(&options);
}

TEST(wrong_use_names_the_option_and_what_was_expected)
{
    static const struct {
        const char *line;
        const char *words[2];
    } rows[] = {
        {"serve --lisetn http://x:1", {"'--lisetn'", "--listen?"}},
        {"serve --thread=2 --nonsense", {"'--nonsense'", "weft serve --help"}},
        {"serve -x", {"'-x'", "weft serve --help"}},
        {"serve --listen", {"--listen needs a value", "URL"}},
        {"serve -t", {"--threads needs a value", "N"}},
        {"serve --listing=yes", {"--listing", "takes no value"}},
        {"serve --listen localhost:80", {"--listen 'localhost:80'", "http://"}},
        {"serve --listen http://x:99999", {"--listen", "65535"}},
        {"serve --threads 0", {"--threads '0'", "1 to 64"}},
        {"serve --threads many", {"--threads 'many'", "1 to 64"}},
        {"serve --log-format xml", {"--log-format 'xml'", "common, combined or json"}},
        {"serve --error-level loud", {"--error-level 'loud'", "error, warning or notice"}},
        {"serve --error-format xml", {"--error-format 'xml'", "text or json"}},
        {"serve --early-hints soon", {"--early-hints 'soon'", "auto, always or never"}},
        {"serve --sandbox maybe", {"--sandbox 'maybe'", "on, off or require"}},
        {"serve --header nocolon", {"--header", "Name: value"}},
        {"serve --header content-length:1", {"--header", "server itself"}},
        {"serve --cache big", {"--cache 'big'", "64M"}},
        {"serve --drain-timeout soon", {"--drain-timeout", "30s"}},
        {"serve --limit idle_timeout_ms", {"--limit", "NAME=VALUE"}},
        {"serve --limit idle_timeot_ms=1", {"--limit", "did you mean idle_timeout_ms"}},
        {"serve --limit idle_timeout_ms=x", {"--limit", "number"}},
        {"serve --index a/b", {"--index 'a/b'", "name of a file"}},
        {"serve --cert a", {"--cert", "--key"}},
        {"serve --key a", {"--key", "--cert"}},
        {"serve one two", {"'one'", "'two'"}},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_serve_options options;
        struct weft_args_outcome outcome;
        CHECK(!read_line(rows[i].line, &options, &outcome));
        for (size_t j = 0; j < 2; j++) {
            if (strstr(outcome.complaint, rows[i].words[j])) continue;
            fprintf(stderr, "%s: %s\n", rows[i].line, outcome.complaint);
            CHECK(false);
        }
        CHECK(strchr(outcome.complaint, '\n') == NULL);
        weft_serve_options_deinit(&options);
    }
}

TEST(help_and_version_stop_the_reading)
{
    struct weft_serve_options options;
    struct weft_args_outcome outcome;
    CHECK(!read_line("serve --help --nonsense", &options, &outcome));
    CHECK(outcome.wants_help && !outcome.wants_version && outcome.complaint[0] == 0);
    weft_serve_options_deinit(&options);
    CHECK(!read_line("serve -V", &options, &outcome));
    CHECK(outcome.wants_version && !outcome.wants_help);
    weft_serve_options_deinit(&options);
}

// More of anything than there is room for is refused, not lost.
TEST(what_is_repeated_too_often_is_refused)
{
    static const struct {
        const char *option;
        int most;
    } rows[] = {{"-lhttp://x:1", WEFT_LISTENS_MOST}, {"--index=x", WEFT_INDEX_NAMES_MOST}};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        char line[1024] = "serve";
        struct weft_serve_options options;
        struct weft_args_outcome outcome;
        for (int j = 0; j < rows[i].most; j++) {
            size_t size = strlen(line);
            snprintf(line + size, sizeof(line) - size, " %s", rows[i].option);
        }
        CHECK(read_line(line, &options, &outcome));
        weft_serve_options_deinit(&options);
        size_t size = strlen(line);
        snprintf(line + size, sizeof(line) - size, " %s", rows[i].option);
        CHECK(!read_line(line, &options, &outcome));
        CHECK(strstr(outcome.complaint, "at most") != NULL);
        weft_serve_options_deinit(&options);
    }
}
