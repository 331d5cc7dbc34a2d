// server/error_log_test.c
#include "server/error_log.h"

#include "check.h"
#include "temp_dir.h"

#include <stdlib.h>

enum { NOW_S = 784111777 }; // RFC 9110 §5.6.7's example

struct scene {
    struct temp_dir dir;
    char path[128];
    struct weft_server_config config;
    struct weft_counts counts;
    struct weft_error_log log;
    char text[65536];
};

static struct scene *begin(enum weft_error_level level, enum weft_error_format format)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CHECK(scene != NULL);
    scene->dir = temp_dir_new();
    snprintf(scene->path, sizeof(scene->path), "%s/errors", scene->dir.path);
    scene->config.error_log = scene->path;
    scene->config.error_level = level;
    scene->config.error_format = format;
    CHECK_EQ(weft_error_log_open(&scene->log, &scene->config, &scene->counts, NULL), 0);
    return scene;
}

static void add(struct scene *scene, enum weft_error_level level, const char *text, uint64_t now_us)
{
    struct weft_error_record record = {.level = level,
                                       .text = text,
                                       .peer = "[::1]:99",
                                       .connection = 7,
                                       .version = WEFT_HTTP_2,
                                       .stream_id = 3};
    weft_error_log_add(&scene->log, NOW_S, now_us, &record);
}

// Closes the log; what it wrote, lent until the scene's end.
static struct weft_span written(struct scene *scene)
{
    weft_error_log_close(&scene->log);
    FILE *file = fopen(scene->path, "r");
    CHECK(file != NULL);
    size_t size = fread(scene->text, 1, sizeof(scene->text), file);
    fclose(file);
    return (struct weft_span){(const uint8_t *)scene->text, size};
}

static void end(struct scene *scene)
{
    temp_dir_remove(&scene->dir);
    free(scene);
}

TEST(a_limit_is_told_with_its_name_peer_and_connection)
{
    struct scene *scene = begin(WEFT_ERROR_WARNING, WEFT_ERROR_TEXT);
    add(scene, WEFT_ERROR_WARNING, "limit: ping_burst", 1);
    CHECK_SPAN(written(scene), "1994-11-06T08:49:37Z warning: limit: ping_burst, from [::1]:99 "
                               "(connection 7, HTTP/2, stream 3)\n");
    end(scene);

    scene = begin(WEFT_ERROR_WARNING, WEFT_ERROR_JSON);
    add(scene, WEFT_ERROR_WARNING, "limit: ping_burst", 1);
    CHECK_SPAN(written(scene),
               "{\"time\":\"1994-11-06T08:49:37Z\",\"level\":\"warning\",\"text\":\"limit: "
               "ping_burst\",\"limit\":\"ping_burst\",\"peer\":\"[::1]:99\",\"connection\":7,"
               "\"protocol\":\"HTTP/2\",\"stream\":3}\n");
    end(scene);
}

TEST(what_is_less_important_is_counted_and_not_written)
{
    struct scene *scene = begin(WEFT_ERROR_WARNING, WEFT_ERROR_TEXT);
    add(scene, WEFT_ERROR_NOTICE, "not the preface of HTTP/2", 1);
    CHECK_EQ(written(scene).size, 0);
    CHECK_EQ(scene->counts.errors[WEFT_ERROR_NOTICE], 1);
    CHECK_EQ(scene->counts.errors_held_back, 0);
    end(scene);
}

static size_t lines_of(struct weft_span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == '\n';
    return count;
}

// Five of a kind, then how many more; another kind is not held back by it, and after ten seconds it begins anew.
TEST(lines_of_one_kind_are_not_written_without_end)
{
    struct scene *scene = begin(WEFT_ERROR_NOTICE, WEFT_ERROR_TEXT);
    for (int i = 0; i < 128; i++)
        add(scene, WEFT_ERROR_WARNING, "limit: reset_burst", 1000);
    add(scene, WEFT_ERROR_WARNING, "limit: ping_burst", 1000);
    add(scene, WEFT_ERROR_WARNING, "limit: reset_burst", 1000 + WEFT_ERROR_SPAN_US);
    CHECK_EQ(scene->counts.errors[WEFT_ERROR_WARNING], 130);
    CHECK_EQ(scene->counts.errors_held_back, 123);
    struct weft_span text = written(scene);
    const char more[] = "warning: limit: reset_burst: and 123 more like it\n";
    CHECK(memmem(text.data, text.size, more, strlen(more)) != NULL);
    CHECK_EQ(lines_of(text), 5 + 1 + 1 + 1);
    end(scene);
}

// However many kinds there are, memory is the same, and what was held back is told at the end.
TEST(kinds_are_bounded)
{
    struct scene *scene = begin(WEFT_ERROR_NOTICE, WEFT_ERROR_TEXT);
    char text[32];
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "kind %d", i);
        for (int k = 0; k < 7; k++)
            add(scene, WEFT_ERROR_NOTICE, text, 1);
    }
    CHECK_EQ(lines_of(written(scene)), 100 * 6);
    CHECK_EQ(scene->counts.errors_held_back, 100 * 2);
    end(scene);
}

// No byte of a text ends the line or speaks to a terminal.
TEST(texts_are_escaped_in_the_error_log)
{
    struct scene *scene = begin(WEFT_ERROR_NOTICE, WEFT_ERROR_TEXT);
    struct weft_error_record record = {.text = "a", .detail = "b\n\x1b[31m\xc3\xa9"};
    weft_error_log_add(&scene->log, NOW_S, 1, &record);
    CHECK_SPAN(written(scene), "1994-11-06T08:49:37Z error: a: b\\x0a\\x1b[31m\\xc3\\xa9\n");
    end(scene);
}
