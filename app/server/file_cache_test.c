// server/file_cache_test.c
#include "server/file_cache.h"

#include "check.h"
#include "server/body.h"
#include "temp_dir.h"

enum { SECOND = 1000000 };

struct scene {
    struct temp_dir dir;
    struct weft_root root;
    struct weft_file_cache cache;
    struct weft_file_place place;
};

static const int64_t now = 4000000000; // a Date later than any file's
static const struct weft_file_heads heads = {.now = &now};
static const char *const index_names[] = {"index.html", "index.htm"};

// The scene must not move once the cache has its root.
static void scene_begin(struct scene *scene, size_t bytes, size_t entries, size_t descriptors)
{
    scene->dir = temp_dir_new();
    CHECK_EQ(weft_root_open(&scene->root, scene->dir.path), 0);
    scene->place = (struct weft_file_place){
        .root = &scene->root, .heads = &heads, .index_names = index_names, .index_count = 2};
    struct weft_file_cache_config config = {
        .bytes_most = bytes,
        .entries_most = entries,
        .descriptors_most = descriptors,
        .seed = 7,
    };
    CHECK(weft_file_cache_init(&scene->cache, &config));
}

static void scene_end(struct scene *scene)
{
    weft_file_cache_deinit(&scene->cache);
    CHECK_EQ(scene->cache.bytes, 0);
    CHECK_EQ(scene->cache.descriptors, 0);
    weft_root_close(&scene->root);
    temp_dir_remove(&scene->dir);
}

static const struct weft_resource *find(struct scene *scene, const char *path, uint64_t now_us)
{
    return weft_file_cache_find(&scene->cache, &scene->place, weft_span_of(path), now_us);
}

static const struct weft_resource *find_plain(struct scene *scene, const char *path,
                                              uint64_t now_us)
{
    return weft_file_cache_find_plain(&scene->cache, &scene->place, weft_span_of(path), now_us);
}

static struct weft_span bytes_of(const struct weft_resource *resource)
{
    const struct weft_file *file = weft_resource_file(resource, WEFT_HTTP_IDENTITY);
    return (struct weft_span){file->bytes, file->size};
}

TEST(a_file_is_looked_at_once_a_second_at_most)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 16, 16);
    temp_dir_file(&scene.dir, "a.txt", "one");

    CHECK_SPAN(bytes_of(find(&scene, "/a.txt", 10)), "one");
    temp_dir_file(&scene.dir, "a.txt", "three");
    CHECK_SPAN(bytes_of(find(&scene, "/a.txt", 10 + SECOND - 1)), "one");
    CHECK_EQ(scene.cache.loads, 1);
    CHECK_SPAN(bytes_of(find(&scene, "/a.txt", 10 + SECOND)), "three");
    CHECK_EQ(scene.cache.loads, 2);
    (void)find(&scene, "/a.txt", 10 + 3 * SECOND); // unchanged: not opened again
    CHECK_EQ(scene.cache.loads, 2);
    scene_end(&scene);
}

// What a path names as it came is only said of those that decoding leaves as they are, and of files that were just looked
// at.
TEST(a_plain_path_is_found_as_it_came)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 16, 16);
    static const char *const others[] = {"/50%25.txt", "/50%.txt", "/.hidden", "/sub/.dot",
                                         "/a?b",       "/sub",     "/none"};
    temp_dir_folder(&scene.dir, "sub");
    temp_dir_file(&scene.dir, "a.txt", "one");
    temp_dir_file(&scene.dir, "50%.txt", "half");
    temp_dir_file(&scene.dir, "50%25.txt", "escaped twice");
    temp_dir_file(&scene.dir, ".hidden", "SECRET");
    temp_dir_file(&scene.dir, "sub/.dot", "SECRET");
    temp_dir_file(&scene.dir, "a?b", "no query");
    for (size_t i = 0; i < WEFT_COUNT(others); i++) {
        (void)find(&scene, others[i], 1);
        CHECK(find_plain(&scene, others[i], 1) == NULL);
    }
    CHECK(find_plain(&scene, "/a.txt", 1) == NULL); // not looked at yet
    (void)find(&scene, "/a.txt", 1);
    uint64_t hits = scene.cache.hits;
    CHECK_SPAN(bytes_of(find_plain(&scene, "/a.txt", SECOND)), "one");
    CHECK_EQ(scene.cache.hits, hits + 1);
    CHECK(find_plain(&scene, "/a.txt", 1 + SECOND) == NULL);
    scene_end(&scene);
}

TEST(what_is_sent_from_lives_on_when_its_file_has_changed)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 16, 16);
    temp_dir_file(&scene.dir, "a", "old");
    struct weft_file *file =
        weft_file_hold(weft_resource_file(find(&scene, "/a", 1), WEFT_HTTP_IDENTITY));
    CHECK_EQ(unlink(temp_dir_path(&scene.dir, "a")), 0);
    CHECK_EQ(find(&scene, "/a", 1 + SECOND)->kind, WEFT_RESOURCE_NOTHING);
    CHECK_SPAN(((struct weft_span){file->bytes, file->size}), "old");
    weft_file_release(file);
    scene_end(&scene);
}

TEST(what_is_missing_is_remembered_for_a_second)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 16, 16);
    CHECK_EQ(find(&scene, "/late", 5)->kind, WEFT_RESOURCE_NOTHING);
    temp_dir_file(&scene.dir, "late", "here");
    CHECK_EQ(find(&scene, "/late", 5 + SECOND - 1)->kind, WEFT_RESOURCE_NOTHING);
    CHECK_SPAN(bytes_of(find(&scene, "/late", 5 + SECOND)), "here");
    scene_end(&scene);
}

TEST(asking_for_nonsense_pushes_nothing_out)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 16, 16);
    temp_dir_file(&scene.dir, "a", "kept");
    (void)find(&scene, "/a", 1);
    for (int i = 0; i < 2 * WEFT_CACHE_NOTHING_MOST; i++) {
        char path[32];
        snprintf(path, sizeof(path), "/none-%d", i);
        CHECK_EQ(find(&scene, path, 2)->kind, WEFT_RESOURCE_NOTHING);
    }
    CHECK_EQ(scene.cache.nothing_count, WEFT_CACHE_NOTHING_MOST);
    CHECK_EQ(scene.cache.found_count, 1);
    uint64_t loads = scene.cache.loads;
    CHECK_SPAN(bytes_of(find(&scene, "/a", 3)), "kept");
    CHECK_EQ(scene.cache.loads, loads);
    scene_end(&scene);
}

TEST(the_least_recently_used_goes_first)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 2, 16);
    temp_dir_file(&scene.dir, "a", "a");
    temp_dir_file(&scene.dir, "b", "b");
    temp_dir_file(&scene.dir, "c", "c");
    (void)find(&scene, "/a", 1);
    (void)find(&scene, "/b", 1);
    (void)find(&scene, "/a", 1);
    (void)find(&scene, "/c", 1); // b goes
    CHECK_EQ(scene.cache.found_count, 2);
    CHECK_EQ(scene.cache.loads, 3);
    (void)find(&scene, "/a", 2);
    CHECK_EQ(scene.cache.loads, 3);
    (void)find(&scene, "/b", 2);
    CHECK_EQ(scene.cache.loads, 4);
    scene_end(&scene);
}

TEST(bytes_in_memory_are_bounded)
{
    struct scene scene;
    static char text[40000];
    scene_begin(&scene, 100000, 1000, 16);
    memset(text, 'x', sizeof(text) - 1);
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof(name), "/f%d", i);
        temp_dir_file(&scene.dir, name + 1, text);
        CHECK_EQ(find(&scene, name, 1)->kind, WEFT_RESOURCE_FILE);
        CHECK(scene.cache.bytes <= 100000);
    }
    CHECK_EQ(scene.cache.found_count, 2);
    scene_end(&scene);
}

TEST(a_cache_of_no_size_still_serves)
{
    struct scene scene;
    scene_begin(&scene, 0, 1, 0);
    temp_dir_file(&scene.dir, "a", "a");
    temp_dir_file(&scene.dir, "b", "b");
    CHECK_SPAN(bytes_of(find(&scene, "/a", 1)), "a");
    CHECK_SPAN(bytes_of(find(&scene, "/b", 1)), "b");
    CHECK_EQ(scene.cache.found_count, 1);
    scene_end(&scene);
}

TEST(large_files_are_kept_open_and_those_are_bounded)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 100, 2);
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof(name), "/f%d", i);
        temp_dir_file(&scene.dir, name + 1, "");
        CHECK_EQ(truncate(temp_dir_path(&scene.dir, name + 1), WEFT_FILE_IN_MEMORY_MOST + 1), 0);
        const struct weft_file *file =
            weft_resource_file(find(&scene, name, 1), WEFT_HTTP_IDENTITY);
        CHECK(file->fd >= 0 && file->bytes == NULL);
        CHECK(scene.cache.descriptors <= 2);
    }
    scene_end(&scene);
}

// Sends it from its descriptor as often as it takes, and begins once more.
static struct weft_body send_twice(struct scene *scene, const char *path)
{
    struct weft_body body = {0};
    for (int i = 0; i < 2; i++) {
        weft_body_close(&body);
        struct weft_file *file = weft_resource_file(find(scene, path, 1), WEFT_HTTP_IDENTITY);
        CHECK(file->fd >= 0 && file->bytes == NULL);
        weft_body_of_file(&body, file, 0, file->size);
    }
    return body;
}

TEST(large_files_that_are_sent_often_move_into_memory)
{
    enum { LARGE = WEFT_FILE_IN_MEMORY_MOST + 3 };
    struct scene scene;
    scene_begin(&scene, 1 << 20, 100, 2);
    static char text[LARGE + 1];
    memset(text, 'x', LARGE);
    memcpy(text + LARGE - 3, "end", 3);
    temp_dir_file(&scene.dir, "f", text);
    uint8_t *room = malloc(LARGE);
    CHECK(room != NULL);
    bool ends = false;

    struct weft_body begun = send_twice(&scene, "/f");
    CHECK_EQ(weft_body_read(&begun, room, 1000, &ends), 1000);
    struct weft_file *file = weft_resource_file(find(&scene, "/f", 1), WEFT_HTTP_IDENTITY);

    CHECK(file->fd < 0 && file->bytes != NULL);
    CHECK_EQ(scene.cache.descriptors, 0);
    CHECK(scene.cache.bytes > LARGE);
    CHECK_EQ(weft_body_read(&begun, room, LARGE, &ends), LARGE - 1000);
    CHECK(ends);
    CHECK(memcmp(room, text + 1000, LARGE - 1000) == 0);
    weft_body_close(&begun);
    free(room);
    scene_end(&scene);
}

TEST(large_files_stay_where_they_are_when_they_would_fill_the_cache_or_change)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 100, 2);
    temp_dir_file(&scene.dir, "big", "");
    CHECK_EQ(truncate(temp_dir_path(&scene.dir, "big"), (1 << 20) / 8 + 1), 0);
    temp_dir_file(&scene.dir, "new", "");
    CHECK_EQ(truncate(temp_dir_path(&scene.dir, "new"), WEFT_FILE_IN_MEMORY_MOST + 1), 0);

    struct weft_body big = send_twice(&scene, "/big");
    CHECK(weft_resource_file(find(&scene, "/big", 1), WEFT_HTTP_IDENTITY)->bytes == NULL);
    struct weft_body new = send_twice(&scene, "/new");
    CHECK_EQ(truncate(temp_dir_path(&scene.dir, "new"), WEFT_FILE_IN_MEMORY_MOST + 2), 0);
    CHECK(weft_resource_file(find(&scene, "/new", 1), WEFT_HTTP_IDENTITY)->bytes == NULL);

    weft_body_close(&big);
    weft_body_close(&new);
    scene_end(&scene);
}

TEST(a_folder_is_its_first_index_file)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 16, 16);
    temp_dir_folder(&scene.dir, "d");
    CHECK_EQ(find(&scene, "/d/", 1)->kind, WEFT_RESOURCE_DIRECTORY);
    CHECK_EQ(find(&scene, "/d", 1)->kind, WEFT_RESOURCE_DIRECTORY);
    temp_dir_file(&scene.dir, "d/index.htm", "second");
    CHECK_SPAN(bytes_of(find(&scene, "/d/", 1 + SECOND)), "second");
    temp_dir_file(&scene.dir, "d/index.html", "first");
    CHECK_SPAN(bytes_of(find(&scene, "/d/", 1 + 2 * SECOND)), "first");
    CHECK_EQ(find(&scene, "/d/index.html/", 1)->kind, WEFT_RESOURCE_NOTHING);
    scene_end(&scene);
}

TEST(precompressed_siblings_are_found_when_they_come_and_go)
{
    struct scene scene;
    scene_begin(&scene, 1 << 20, 16, 16);
    temp_dir_file(&scene.dir, "a.css", "plain");
    CHECK_EQ(find(&scene, "/a.css", 1)->codings, WEFT_HTTP_IDENTITY);
    temp_dir_file(&scene.dir, "a.css.gz", "zipped");
    temp_dir_file(&scene.dir, "a.css.zst", "zstd");
    const struct weft_resource *resource = find(&scene, "/a.css", 1 + SECOND);
    CHECK_EQ(resource->codings, WEFT_HTTP_IDENTITY | WEFT_HTTP_GZIP | WEFT_HTTP_ZSTD);
    const struct weft_file *zipped = weft_resource_file(resource, WEFT_HTTP_GZIP);
    CHECK_SPAN(((struct weft_span){zipped->bytes, zipped->size}), "zipped");
    CHECK_EQ(unlink(temp_dir_path(&scene.dir, "a.css.gz")), 0);
    CHECK_EQ(find(&scene, "/a.css", 1 + 2 * SECOND)->codings, WEFT_HTTP_IDENTITY | WEFT_HTTP_ZSTD);
    CHECK_EQ(find(&scene, "/a.css.zst", 1)->codings, WEFT_HTTP_IDENTITY); // none of its own
    scene_end(&scene);
}

TEST(a_file_that_may_not_be_read_is_forbidden)
{
    if (geteuid() == 0) skip_test("root may read everything");
    struct scene scene;
    scene_begin(&scene, 1 << 20, 16, 16);
    temp_dir_file(&scene.dir, "a", "a");
    CHECK_EQ(chmod(temp_dir_path(&scene.dir, "a"), 0), 0);
    CHECK_EQ(find(&scene, "/a", 1)->kind, WEFT_RESOURCE_FORBIDDEN);
    scene_end(&scene);
}
