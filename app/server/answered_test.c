// server/answered_test.c: an answer given again is the one that a first look would give.
#include "server/answered.h"

#include "check.h"
#include "server/route.h"
#include "server/static_files.h"
#include "temp_dir.h"

enum { SITES = 2, HERE = 7, THERE = 8 }; // connections

struct scene {
    struct temp_dir dirs[SITES];
    struct weft_root roots[SITES];
    struct weft_server_config server_config;
    struct weft_site_config *configs[SITES];
    struct weft_site_shared shared;
    struct weft_site sites[SITES];
    struct weft_http_field field;
    struct weft_http_head request;
    uint64_t now_us;
};

static struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CHECK(scene != NULL);
    weft_server_config_init(&scene->server_config);
    scene->server_config.thread_count = 1;
    for (size_t i = 0; i < SITES; i++) {
        scene->dirs[i] = temp_dir_new();
        temp_dir_file(&scene->dirs[i], "a.txt", i == 0 ? "first" : "the second");
        temp_dir_file(&scene->dirs[i], "b.txt", "beside");
        CHECK_EQ(weft_root_open(&scene->roots[i], scene->dirs[i].path), 0);
        scene->configs[i] = weft_server_config_add_site(&scene->server_config);
        CHECK(scene->configs[i] != NULL);
        scene->configs[i]->root = scene->dirs[i].path;
    }
    scene->now_us = 5000000;
    return scene;
}

static void scene_start(struct scene *scene)
{
    CHECK(weft_site_shared_init(&scene->shared, &scene->server_config, 1));
    for (size_t i = 0; i < SITES; i++) {
        weft_site_init(&scene->sites[i], scene->configs[i], &scene->roots[i], &scene->shared);
    }
}

static void scene_end(struct scene *scene)
{
    weft_site_shared_deinit(&scene->shared);
    weft_server_config_deinit(&scene->server_config);
    for (size_t i = 0; i < SITES; i++) {
        weft_root_close(&scene->roots[i]);
        temp_dir_remove(&scene->dirs[i]);
    }
    free(scene);
}

static void ask_for(struct scene *scene, enum weft_http_method method, const char *path,
                    uint64_t known_as)
{
    scene->request = (struct weft_http_head)WEFT_HTTP_HEAD_INIT;
    scene->request.method = (uint8_t)method;
    scene->request.path = weft_span_of(path);
    scene->request.known_as = known_as;
    scene->request.lacks = weft_http_fields_lack(NULL, 0);
    weft_site_shared_set_time(&scene->shared, scene->now_us, 4000000000);
}

static void with_field(struct scene *scene, struct weft_http_field field)
{
    scene->field = field;
    scene->request.fields = &scene->field;
    scene->request.field_count = 1;
    scene->request.lacks = weft_http_fields_lack(&field, 1);
}

// Answers as a look at the path says, which is noted.
static uint16_t look(struct scene *scene, size_t site, uint64_t connection)
{
    struct weft_answer answer;
    weft_answer_init(&answer);
    weft_route(&scene->sites[site], &scene->request, &answer);
    weft_answered_note(&scene->sites[site], connection, &scene->request, &answer);
    uint16_t status = answer.head.status;
    weft_answer_deinit(&answer);
    return status;
}

static bool is_known(const struct scene *scene, uint64_t connection)
{
    return weft_answered_find(&scene->shared, connection, &scene->request) != NULL;
}

// What is known of the request is what a look at its path says.
static void check_known(struct scene *scene, size_t site, uint64_t connection)
{
    struct weft_answer again;
    struct weft_answer fresh;
    const struct weft_answered *known =
        weft_answered_find(&scene->shared, connection, &scene->request);
    CHECK(known != NULL);
    CHECK(known->site == &scene->sites[site]);
    weft_static_files_whole(known->site, known->file, &again);
    weft_answer_init(&fresh);
    weft_route(&scene->sites[site], &scene->request, &fresh);
    CHECK_EQ(again.head.status, 200);
    CHECK_EQ(again.head.stamp, fresh.head.stamp);
    CHECK(again.head.fields == fresh.head.fields);
    CHECK_EQ(again.head.field_count, fresh.head.field_count);
    CHECK_EQ(again.head.content_length, fresh.head.content_length);
    CHECK_EQ(again.head.rank, fresh.head.rank);
    CHECK(again.body.bytes == fresh.body.bytes);
    CHECK_EQ(again.body.end, fresh.body.end);
    weft_answer_deinit(&again);
    weft_answer_deinit(&fresh);
}

TEST(a_known_request_is_answered_again_as_a_look_would)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    for (uint64_t known_as = 1; known_as <= 2; known_as++) {
        ask_for(scene, known_as == 1 ? WEFT_HTTP_GET : WEFT_HTTP_HEAD, "/a.txt", known_as);
        CHECK(!is_known(scene, HERE));
        CHECK_EQ(look(scene, 0, HERE), 200);
        check_known(scene, 0, HERE);
        CHECK(!is_known(scene, THERE)); // where the same number is another request
    }
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 0); // it came for the first time
    CHECK_EQ(look(scene, 0, HERE), 200);
    CHECK(!is_known(scene, HERE));
    scene_end(scene);
}

TEST(each_connection_and_site_has_its_own)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 3);
    CHECK_EQ(look(scene, 0, HERE), 200);
    CHECK_EQ(look(scene, 1, THERE), 200);
    check_known(scene, 0, HERE);
    check_known(scene, 1, THERE);
    scene_end(scene);
}

TEST(it_is_known_until_the_file_system_is_asked)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK_EQ(look(scene, 0, HERE), 200);
    scene->now_us += WEFT_CACHE_CHECK_US - 1;
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    check_known(scene, 0, HERE);
    CHECK_EQ(look(scene, 0, HERE), 200); // which does not ask it again
    scene->now_us++;
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK(!is_known(scene, HERE));
    CHECK_EQ(look(scene, 0, HERE), 200);
    check_known(scene, 0, HERE);
    scene_end(scene);
}

// Somebody else has asked for the path, a second after it was noted for us but before we did again.
TEST(what_changes_is_not_known_any_more)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK_EQ(look(scene, 0, THERE), 200);
    scene->now_us += WEFT_CACHE_CHECK_US;
    ask_for(scene, WEFT_HTTP_GET, "/b.txt", 2);
    CHECK_EQ(look(scene, 0, HERE), 200);
    check_known(scene, 0, HERE);

    temp_dir_file(&scene->dirs[0], "a.txt", "another text");
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK_EQ(look(scene, 0, THERE), 200); // the file that there was is let go
    check_known(scene, 0, THERE);
    ask_for(scene, WEFT_HTTP_GET, "/b.txt", 2);
    CHECK(!is_known(scene, HERE)); // with it all that was noted before
    CHECK_EQ(look(scene, 0, HERE), 200);
    check_known(scene, 0, HERE);
    scene_end(scene);
}

TEST(a_file_that_is_gone_is_not_given_again)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK_EQ(look(scene, 0, HERE), 200);
    CHECK_EQ(unlink(temp_dir_path(&scene->dirs[0], "a.txt")), 0);
    scene->now_us += WEFT_CACHE_CHECK_US;
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK_EQ(look(scene, 0, THERE), 404);
    scene->now_us -= 1; // as if that look had come sooner
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK(!is_known(scene, HERE));
    CHECK(!is_known(scene, THERE));
    scene_end(scene);
}

TEST(what_is_pushed_out_of_the_cache_is_not_given_again)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    scene->shared.cache.config.entries_most = 1;
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK_EQ(look(scene, 0, HERE), 200);
    CHECK(is_known(scene, HERE));
    ask_for(scene, WEFT_HTTP_GET, "/b.txt", 2);
    CHECK_EQ(look(scene, 0, HERE), 200);
    CHECK(is_known(scene, HERE));
    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    CHECK(!is_known(scene, HERE));
    scene_end(scene);
}

TEST(only_whole_files_for_everybody_are_known)
{
    struct scene *scene = scene_new();
    scene_start(scene);
    const struct weft_http_field depends[] = {
        WEFT_HTTP_FIELD(IF_NONE_MATCH, WEFT_SPAN("\"other\"")),
        WEFT_HTTP_FIELD(IF_MODIFIED_SINCE, WEFT_SPAN("Thu, 01 Jan 1970 00:00:00 GMT")),
        WEFT_HTTP_FIELD(RANGE, WEFT_SPAN("lines=1-2")),
    };
    for (size_t i = 0; i < WEFT_COUNT(depends); i++) {
        ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
        with_field(scene, depends[i]);
        CHECK_EQ(look(scene, 0, HERE), 200);
        CHECK(!is_known(scene, HERE));
    }
    ask_for(scene, WEFT_HTTP_GET, "/none", 1);
    CHECK_EQ(look(scene, 0, HERE), 404);
    CHECK(!is_known(scene, HERE));

    ask_for(scene, WEFT_HTTP_GET, "/a.txt", 1);
    scene->sites[0].delivers = true;
    CHECK_EQ(look(scene, 0, HERE), 200);
    CHECK(!is_known(scene, HERE));
    scene->sites[0].delivers = false;
    scene->configs[0]->auth.passwords = (const void *)"some";
    CHECK_EQ(look(scene, 0, HERE), 200);
    CHECK(!is_known(scene, HERE));
    scene->configs[0]->auth.passwords = NULL;
    CHECK_EQ(look(scene, 0, HERE), 200);
    CHECK(is_known(scene, HERE));
    scene_end(scene);
}
