// server/access_log_test.c: the log, and its lines
#include "server/access_log.h"

#include "check.h"
#include "server/log_line.h"
#include "temp_dir.h"

#include <sys/socket.h>

struct scene {
    struct temp_dir dir;
    struct weft_clock clock;
    struct weft_http_field fields[2];
    struct weft_http_head request;
    struct weft_log_record record;
};

static void scene_begin(struct scene *scene)
{
    *scene = (struct scene){.dir = temp_dir_new()};
    weft_clock_init(&scene->clock);
    weft_clock_set(&scene->clock, 784111777); // RFC 9110 §5.6.7's example
    scene->fields[0] = WEFT_HTTP_FIELD(REFERER, WEFT_SPAN("https://a.example/"));
    scene->fields[1] = WEFT_HTTP_FIELD(USER_AGENT, WEFT_SPAN("curl/8"));
    scene->request = (struct weft_http_head){.version = WEFT_HTTP_2,
                                             .method = WEFT_HTTP_GET,
                                             .authority = WEFT_SPAN("localhost"),
                                             .path = WEFT_SPAN("/x?y"),
                                             .fields = scene->fields,
                                             .field_count = 2};
    scene->record = (struct weft_log_record){.client = "::1",
                                             .peer = "[::1]:99",
                                             .connection = 7,
                                             .request = &scene->request,
                                             .status = 200,
                                             .content_size = 13,
                                             .duration_us = 55,
                                             .stream_id = 3,
                                             .is_complete = true};
}

// The line of the scene's record, lent until the next call.
static struct weft_span line(struct scene *scene, enum weft_log_format format)
{
    static uint8_t room[16384];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_log_line_write(&out, format, &scene->clock, &scene->record);
    CHECK(!out.failed);
    return weft_written(&out);
}

static struct weft_span read_all(struct scene *scene, const char *name)
{
    static uint8_t room[300000];
    int fd = open(temp_dir_path(&scene->dir, name), O_RDONLY);
    CHECK(fd >= 0);
    ssize_t size = read(fd, room, sizeof(room));
    close(fd);
    return (struct weft_span){room, (size_t)size};
}

TEST(lines_are_what_log_readers_expect)
{
    struct scene scene;
    scene_begin(&scene);
    CHECK_SPAN(line(&scene, WEFT_LOG_COMMON),
               "::1 - - [06/Nov/1994:08:49:37 +0000] \"GET /x?y HTTP/2.0\" 200 13\n");
    CHECK_SPAN(line(&scene, WEFT_LOG_COMBINED),
               "::1 - - [06/Nov/1994:08:49:37 +0000] \"GET /x?y HTTP/2.0\" 200 13 "
               "\"https://a.example/\" \"curl/8\"\n");
    CHECK_SPAN(line(&scene, WEFT_LOG_JSON),
               "{\"time\":\"1994-11-06T08:49:37Z\",\"client\":\"::1\",\"peer\":\"[::1]:99\","
               "\"connection\":7,"
               "\"method\":\"GET\",\"authority\":\"localhost\",\"target\":\"/x?y\","
               "\"protocol\":\"HTTP/2\",\"status\":200,\"bytes\":13,\"duration_us\":55,"
               "\"complete\":true,\"stream\":3,\"referer\":\"https://a.example/\","
               "\"user_agent\":\"curl/8\"}\n");
    scene.record.tls_version = "TLSv1.3";
    scene.record.tls_cipher = "TLS_AES_128_GCM_SHA256";
    scene.record.tls_resumed = true;
    struct weft_span json = line(&scene, WEFT_LOG_JSON);
    const char tls[] =
        ",\"tls\":\"TLSv1.3\",\"cipher\":\"TLS_AES_128_GCM_SHA256\",\"resumed\":true}\n";
    CHECK_SAME(weft_span_skip(json, json.size - (sizeof(tls) - 1)), weft_span_of(tls));
    temp_dir_remove(&scene.dir);
}

TEST(a_field_that_is_missing_is_a_dash)
{
    struct scene scene;
    scene_begin(&scene);
    scene.request.field_count = 0;
    CHECK_SPAN(line(&scene, WEFT_LOG_COMBINED),
               "::1 - - [06/Nov/1994:08:49:37 +0000] \"GET /x?y HTTP/2.0\" 200 13 \"-\" \"-\"\n");
    temp_dir_remove(&scene.dir);
}

// No byte of a client's ends a line, leaves its quotes, or speaks to a terminal.
TEST(who_gave_the_right_password_is_named)
{
    struct scene scene;
    scene_begin(&scene);
    scene.record.user = WEFT_SPAN("J\xc3\xb6rg \"M\"");
    CHECK(weft_span_starts_with(line(&scene, WEFT_LOG_COMMON),
                                WEFT_SPAN("::1 - J\\xc3\\xb6rg\\x20\\\"M\\\" [")));
    CHECK(strstr((const char *)line(&scene, WEFT_LOG_JSON).data,
                 ",\"connection\":7,\"user\":\"J\xc3\xb6rg \\\"M\\\"\",\"method\"") != NULL);
    temp_dir_remove(&scene.dir);
}

TEST(what_clients_send_is_escaped)
{
    struct scene scene;
    scene_begin(&scene);
    scene.fields[1].value = WEFT_SPAN("a\"b\\c\n\x1b[31m\x7f\xc3\xa9");
    scene.request.method = WEFT_HTTP_OTHER_METHOD;
    scene.request.method_text = WEFT_SPAN("BREW");
    struct weft_span combined = line(&scene, WEFT_LOG_COMBINED);
    const char should[] = " \"a\\\"b\\\\c\\x0a\\x1b[31m\\x7f\\xc3\\xa9\"\n";
    CHECK_SAME(weft_span_skip(combined, combined.size - (sizeof(should) - 1)),
               weft_span_of(should));
    struct weft_span json = line(&scene, WEFT_LOG_JSON);
    const char quoted[] = "\"user_agent\":\"a\\\"b\\\\c\\u000a\\u001b[31m\\u007f\xc3\xa9\"}\n";
    CHECK_SAME(weft_span_skip(json, json.size - (sizeof(quoted) - 1)), weft_span_of(quoted));
    for (size_t i = 0; i + 1 < json.size; i++) {
        CHECK(json.data[i] >= 0x20 && json.data[i] != 0x7f);
    }
    temp_dir_remove(&scene.dir);
}

TEST(a_text_without_end_is_cut)
{
    struct scene scene;
    static uint8_t path[20000];
    scene_begin(&scene);
    memset(path, '\n', sizeof(path));
    scene.request.path = (struct weft_span){path, sizeof(path)};
    CHECK(line(&scene, WEFT_LOG_COMMON).size < 4 * WEFT_LOG_TEXT_MOST + 200);
    temp_dir_remove(&scene.dir);
}

// Not in the middle of a character, which would then be taken for bytes that are no UTF-8.
TEST(a_long_text_is_cut_between_two_characters)
{
    struct scene scene;
    static uint8_t path[WEFT_LOG_TEXT_MOST + 3];
    scene_begin(&scene);
    memset(path, 'a', sizeof(path));
    memcpy(path + WEFT_LOG_TEXT_MOST - 2, "\xe2\x82\xac", 3);
    scene.request.path = (struct weft_span){path, sizeof(path)};
    struct weft_span json = line(&scene, WEFT_LOG_JSON);
    CHECK(memmem(json.data, json.size, "aa\",\"protocol\"", 14) != NULL);
    memcpy(path + WEFT_LOG_TEXT_MOST - 3, "\xe2\x82\xac", 3);
    json = line(&scene, WEFT_LOG_JSON);
    CHECK(memmem(json.data, json.size, "a\xe2\x82\xac\",\"protocol\"", 16) != NULL);
    temp_dir_remove(&scene.dir);
}

TEST(lines_reach_the_file_and_its_successor)
{
    struct scene scene;
    struct weft_access_log log;
    char path[128];
    char moved[128];
    scene_begin(&scene);
    snprintf(path, sizeof(path), "%s/log", scene.dir.path);
    snprintf(moved, sizeof(moved), "%s/log.1", scene.dir.path);
    CHECK_EQ(weft_access_log_open(&log, path, WEFT_LOG_COMMON, NULL), 0);
    weft_access_log_add(&log, &scene.clock, &scene.record);
    CHECK_EQ(rename(path, moved), 0);
    weft_access_log_add(&log, &scene.clock, &scene.record);
    CHECK_EQ(weft_log_file_reopen(&log.file), 0);
    scene.record.status = 404;
    weft_access_log_add(&log, &scene.clock, &scene.record);
    weft_log_file_close(&log.file);

    size_t size = line(&scene, WEFT_LOG_COMMON).size;
    CHECK_EQ(read_all(&scene, "log.1").size, 2 * size);
    CHECK_SAME(read_all(&scene, "log"), line(&scene, WEFT_LOG_COMMON));
    temp_dir_remove(&scene.dir);
}

TEST(more_lines_than_the_buffer_holds_all_reach_the_file)
{
    struct scene scene;
    struct weft_access_log log;
    char path[128];
    scene_begin(&scene);
    snprintf(path, sizeof(path), "%s/log", scene.dir.path);
    size_t size = line(&scene, WEFT_LOG_COMMON).size;
    CHECK_EQ(weft_access_log_open(&log, path, WEFT_LOG_COMMON, NULL), 0);
    for (int i = 0; i < 3000; i++) {
        weft_access_log_add(&log, &scene.clock, &scene.record);
    }
    weft_log_file_close(&log.file);
    CHECK_EQ(log.file.dropped, 0);
    CHECK_EQ(read_all(&scene, "log").size, 3000 * size);
    temp_dir_remove(&scene.dir);
}

// Nobody reads: lines are lost and counted, and nothing waits. What was written is whole lines.
TEST(a_full_pipe_costs_lines_and_no_time)
{
    struct scene scene;
    struct weft_access_log log;
    static char room[1 << 17];
    char path[128];
    scene_begin(&scene);
    snprintf(path, sizeof(path), "%s/pipe", scene.dir.path);
    CHECK_EQ(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    CHECK_EQ(weft_access_log_open(&log, path, WEFT_LOG_COMMON, NULL), 0);
    for (int i = 0; i < 5000; i++) {
        weft_access_log_add(&log, &scene.clock, &scene.record);
    }
    CHECK(log.file.dropped > 0);
    ssize_t got = read(reader, room, sizeof(room));
    CHECK(got > 0 && room[got - 1] == '\n');
    uint64_t dropped = log.file.dropped;
    weft_access_log_add(&log, &scene.clock, &scene.record); // there is room again
    CHECK_EQ(log.file.dropped, dropped);
    weft_log_file_close(&log.file);
    close(reader);
    temp_dir_remove(&scene.dir);
}

// What waits in the socket, without waiting for more.
static size_t count_lines(int fd)
{
    static char room[1 << 16];
    size_t count = 0;
    ssize_t got;
    while ((got = recv(fd, room, sizeof(room), MSG_DONTWAIT)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            count += room[i] == '\n';
    }
    return count;
}

// Standard output may be a socket, which cannot be opened again: it must not block either.
TEST(a_full_socket_costs_lines_and_no_time)
{
    struct scene scene;
    struct weft_access_log log;
    enum { LINES = 20000 };
    int ends[2];
    scene_begin(&scene);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    CHECK_EQ(dup2(ends[0], STDOUT_FILENO), STDOUT_FILENO);
    int opened = weft_access_log_open(&log, "-", WEFT_LOG_COMMON, NULL);
    CHECK_EQ(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
    CHECK_EQ(opened, 0);
    for (int i = 0; i < LINES; i++) {
        weft_access_log_add(&log, &scene.clock, &scene.record);
    }
    CHECK(log.file.dropped > 0);
    weft_log_file_close(&log.file);
    CHECK_EQ(count_lines(ends[1]) + log.file.dropped, LINES); // those too that waited to the end
    close(kept);
    close(ends[0]);
    close(ends[1]);
    temp_dir_remove(&scene.dir);
}

TEST(a_log_that_cannot_be_opened_says_why)
{
    struct weft_access_log log;
    CHECK(weft_access_log_open(&log, "/no/such/folder/log", WEFT_LOG_COMMON, NULL) < 0);
    CHECK_EQ(weft_access_log_open(&log, NULL, WEFT_LOG_COMMON, NULL), 0);
    struct scene scene;
    scene_begin(&scene);
    weft_access_log_add(&log, &scene.clock, &scene.record); // none: nothing happens
    weft_log_file_close(&log.file);
    temp_dir_remove(&scene.dir);
}
