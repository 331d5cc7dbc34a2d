// server/learner_test.c: what the threads' notes come to, and the file that keeps it
#include "server/learner.h"

#include "check.h"
#include "server/manifest_read.h"
#include "temp_dir.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

#define A_CSS "</a.css>; rel=preload; as=style"
#define OLD   "version: 1\npages: {}\n"

enum { PATIENCE_MS = 20000, A_LONG_TIME_MS = 3600000 };

struct scene {
    struct temp_dir dir;
    struct weft_server_config config;
    struct weft_site_config *site;
    struct weft_learner *learner;
    char file[128];
    char log[128];
    char text[65536];
};

// A site that learns from a single network, and keeps it in a file.
static struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CHECK(scene != NULL);
    scene->dir = temp_dir_new();
    temp_dir_folder(&scene->dir, "state");
    snprintf(scene->file, sizeof(scene->file), "%s/state/learned", scene->dir.path);
    snprintf(scene->log, sizeof(scene->log), "%s/errors", scene->dir.path);
    weft_server_config_init(&scene->config);
    scene->config.thread_count = 2;
    scene->config.error_log = scene->log;
    scene->config.learn_interval_ms = A_LONG_TIME_MS; // its lesson is the last one
    scene->site = weft_server_config_add_site(&scene->config);
    CHECK(scene->site != NULL);
    scene->site->learns = true;
    scene->site->learn_quorum = 1;
    scene->site->learned_file = scene->file;
    return scene;
}

static void learner_start(struct scene *scene)
{
    char error[128];
    scene->learner = weft_learner_new(&scene->config, error, sizeof(error));
    CHECK(scene->learner != NULL);
    CHECK_EQ(weft_learner_start(scene->learner), 0);
}

// Has it learn, write and end.
static void learner_end(struct scene *scene)
{
    weft_learner_free(scene->learner);
    scene->learner = NULL;
}

static void scene_end(struct scene *scene)
{
    learner_end(scene);
    weft_server_config_deinit(&scene->config);
    temp_dir_remove(&scene->dir);
    free(scene);
}

static void note(struct scene *scene, unsigned thread, uint64_t time_us, const char *target)
{
    bool is_view = target[0] == 0;
    struct weft_note note = {
        .kind = is_view ? WEFT_NOTE_VIEW : WEFT_NOTE_FETCH,
        .time_us = time_us,
        .visitor = 7,
        .network = 7,
        .page = WEFT_SPAN("/"),
        .target = weft_span_of(target),
        .as = (uint8_t)weft_manifest_as_of(weft_span_of(target)),
        .is_first = true,
    };
    weft_notebook_add(weft_learner_notebook(scene->learner, thread), &note);
}

static void visit(struct scene *scene)
{
    note(scene, 0, 1000, "");
    note(scene, 0, 2000, "/a.css");
}

// What a file says; empty where there is none. Lent until the next call.
static struct weft_span content_of(struct scene *scene, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) return (struct weft_span){0};
    size_t size = fread(scene->text, 1, sizeof(scene->text), file);
    fclose(file);
    return (struct weft_span){(const uint8_t *)scene->text, size};
}

static bool says(struct weft_span text, const char *part)
{
    for (; text.size > 0; text = weft_span_skip(text, 1)) {
        if (weft_span_starts_with(text, weft_span_of(part))) return true;
    }
    return false;
}

static void wait_until_it_says(struct scene *scene, const char *path, const char *part)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    for (int i = 0; i < PATIENCE_MS; i++) {
        if (says(content_of(scene, path), part)) return;
        nanosleep(&moment, NULL);
    }
    CHECK_NEVER("the file does not say it");
}

static size_t entries_of(struct scene *scene, const char *folder)
{
    char command[256];
    size_t count = 0;
    snprintf(command, sizeof(command), "%s/%s", scene->dir.path, folder);
    DIR *open = opendir(command);
    CHECK(open != NULL);
    while (readdir(open))
        count++;
    closedir(open);
    return count - 2; // . and ..
}

TEST(who_does_not_learn_has_no_learner)
{
    char error[128] = "not touched";
    struct scene *scene = scene_new();
    scene->site->learns = false;
    CHECK(weft_learner_new(&scene->config, error, sizeof(error)) == NULL);
    CHECK_EQ(error[0], 0); // that is no failure
    scene_end(scene);
}

// A page may be answered by one thread, and what it needs by another.
TEST(the_notes_of_all_threads_are_taken_in_the_order_of_their_times)
{
    struct scene *scene = scene_new();
    learner_start(scene);
    note(scene, 0, 2000, "/a.css");
    note(scene, 1, 1000, "");
    note(scene, 1, 3000, "/b.js");
    learner_end(scene);
    struct weft_span text = content_of(scene, scene->file);
    CHECK(says(text, "path: /a.css") && says(text, "path: /b.js"));
    CHECK_EQ(entries_of(scene, "state"), 1); // and nothing is left beside it
    CHECK_EQ(content_of(scene, scene->log).size, 0);
    scene_end(scene);
}

// What was learned is there for those who serve before anything new is learned, and outlives a run without a lesson.
TEST(what_an_earlier_run_has_learned_is_told_from_the_start)
{
    static const struct weft_manifest_listener listener = {0};
    struct scene *scene = scene_new();
    learner_start(scene);
    visit(scene);
    learner_end(scene);

    struct weft_manifest *manifest =
        weft_manifest_read_bytes(content_of(scene, scene->file), &listener);
    CHECK(manifest != NULL);
    scene->site->learned = manifest;
    learner_start(scene);
    struct weft_learned_copy copy = {.shelf = weft_learner_shelf(scene->learner, 0)};
    const struct weft_manifest *told = weft_learned_manifest(&copy);
    CHECK(told != NULL);
    const struct weft_manifest_page *page = weft_manifest_find(told, WEFT_SPAN("/"));
    CHECK(page != NULL);
    CHECK_SPAN(page->link, A_CSS);
    weft_learned_drop(&copy);
    learner_end(scene);
    CHECK(says(content_of(scene, scene->file), "path: /a.css"));
    weft_manifest_free(manifest);
    scene_end(scene);
}

static void fill_the_disk(struct scene *scene)
{
    char name[64];
    snprintf(name, sizeof(name), "state/learned.%ld.new", (long)getpid());
    temp_dir_link(&scene->dir, name, "/dev/full");
}

static void let_the_folder_go(struct scene *scene)
{
    CHECK_EQ(unlink(scene->file), 0);
    CHECK_EQ(rmdir(temp_dir_path(&scene->dir, "state")), 0);
}

static void put_a_folder_there(struct scene *scene)
{
    CHECK_EQ(unlink(scene->file), 0);
    temp_dir_folder(&scene->dir, "state/learned");
    temp_dir_file(&scene->dir, "state/learned/a", "");
}

TEST(a_file_that_cannot_be_written_stays_as_it_was_and_that_is_told)
{
    static const struct {
        void (*hinder)(struct scene *scene);
        const char *why;
        size_t left; // in the folder
        bool stays;
    } rows[] = {
        {fill_the_disk, "No space left on device", 1, true},
        {let_the_folder_go, "No such file or directory", 0, false},
        {put_a_folder_there, "Is a directory", 1, false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct scene *scene = scene_new();
        temp_dir_file(&scene->dir, "state/learned", OLD);
        rows[i].hinder(scene);
        learner_start(scene);
        visit(scene);
        learner_end(scene);
        struct weft_span log = content_of(scene, scene->log);
        CHECK(says(log, " error: what was learned cannot be written; it is tried again: "));
        CHECK(says(log, scene->file) && says(log, rows[i].why));
        if (rows[i].stays) CHECK_SPAN(content_of(scene, scene->file), OLD);
        if (rows[i].left > 0) CHECK_EQ(entries_of(scene, "state"), rows[i].left);
        scene_end(scene);
    }
}

// Whatever the log's threads do, nobody fills it with what fails at each lesson.
TEST(a_failure_is_told_once_and_what_failed_is_tried_again_without_new_notes)
{
    struct scene *scene = scene_new();
    temp_dir_folder(&scene->dir, "state/learned");
    temp_dir_file(&scene->dir, "state/learned/a", "");
    scene->config.learn_interval_ms = 1;
    learner_start(scene);
    visit(scene);
    wait_until_it_says(scene, scene->log, "tried again");
    struct weft_span log = content_of(scene, scene->log);
    CHECK_EQ(weft_span_find(log, '\n'), log.size - 1); // one line
    CHECK_EQ(unlink(temp_dir_path(&scene->dir, "state/learned/a")), 0);
    CHECK_EQ(rmdir(scene->file), 0);
    wait_until_it_says(scene, scene->file, "path: /a.css");
    log = content_of(scene, scene->log);
    CHECK_EQ(weft_span_find(log, '\n'), log.size - 1);
    scene_end(scene);
}

// A crowd costs notes, and neither memory nor time of those who serve.
TEST(notes_beyond_the_notebook_are_lost_and_counted)
{
    struct scene *scene = scene_new();
    learner_start(scene);
    char *status = weft_learner_status(scene->learner);
    CHECK_SAME(weft_span_of(status), WEFT_SPAN("{\"lost_notes\":0,\"sites\":[{\"pages\":{}}]}\n"));
    free(status);
    for (int i = 0; i < WEFT_NOTEBOOK_SIZE / 16; i++)
        note(scene, 1, 1000, "");
    status = weft_learner_status(scene->learner);
    CHECK(!says(weft_span_of(status), "\"lost_notes\":0,"));
    free(status);
    visit(scene); // the other thread's is not full
    learner_end(scene);
    CHECK(says(content_of(scene, scene->file), "path: /a.css"));
    scene_end(scene);
}
