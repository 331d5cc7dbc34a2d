// server/representation_test.c: RFC 9110 §8.8.3.3, §12.5.3, §14.2
#include "server/representation.h"

#include "check.h"
#include "server/route.h"
#include "temp_dir.h"

enum { CSS_SIZE = 6000 };

struct scene {
    struct temp_dir dir;
    struct weft_root root;
    struct weft_server_config server_config;
    struct weft_site_config *config;
    struct weft_site_shared shared;
    struct weft_site site;
    struct weft_loop *loop;
    struct weft_helpers *helpers;
    struct weft_packer packer;
    struct weft_answer answer;
    struct weft_http_field fields[4];
    struct weft_http_head request;
};

static void begin(struct scene *scene, bool keeps, const char *header)
{
    static const struct weft_helpers_config one = {.thread_count = 1, .queue_most = 8};
    char css[CSS_SIZE + 1];
    *scene = (struct scene){.dir = temp_dir_new(), .loop = weft_loop_new()};
    for (size_t i = 0; i < CSS_SIZE; i++)
        css[i] = "a { color: red }\nb { top: 7px }\n"[(i + i / 90) % 32];
    css[CSS_SIZE] = 0;
    temp_dir_file(&scene->dir, "a.css", css);
    temp_dir_file(&scene->dir, "both.css", css);
    temp_dir_file(&scene->dir, "both.css.gz", "zipped");
    temp_dir_file(&scene->dir, "small.css", "b {}");
    temp_dir_file(&scene->dir, "a.png", css);
    weft_server_config_init(&scene->server_config);
    scene->server_config.thread_count = 1;
    scene->config = weft_server_config_add_site(&scene->server_config);
    CHECK(scene->config != NULL);
    scene->config->root = scene->dir.path;
    scene->config->lists_directories = true;
    if (header) CHECK(!weft_site_config_add_field(scene->config, header));
    CHECK_EQ(weft_root_open(&scene->root, scene->dir.path), 0);
    CHECK(weft_site_shared_init(&scene->shared, &scene->server_config, 1));
    weft_site_init(&scene->site, scene->config, &scene->root, &scene->shared);
    weft_answer_init(&scene->answer);
    if (!keeps) return;
    scene->helpers = weft_helpers_new(&one);
    CHECK(scene->helpers != NULL);
    weft_packer_open(&scene->packer, scene->helpers, scene->loop, &scene->shared.cache);
    scene->shared.packer = &scene->packer;
}

static void end(struct scene *scene)
{
    weft_answer_deinit(&scene->answer);
    weft_helpers_free(scene->helpers);
    weft_packer_close(&scene->packer);
    weft_site_shared_deinit(&scene->shared);
    CHECK_EQ(scene->shared.coding.count, 0);
    CHECK_EQ(scene->shared.cache.bytes, 0);
    weft_server_config_deinit(&scene->server_config);
    weft_root_close(&scene->root);
    weft_loop_free(scene->loop);
    temp_dir_remove(&scene->dir);
}

static void add(struct scene *scene, enum weft_http_field_name id, struct weft_span value)
{
    scene->fields[scene->request.field_count++] = (struct weft_http_field){
        .name = weft_http_field_text(id), .value = value, .id = (uint8_t)id};
}

static uint16_t ask(struct scene *scene, const char *path, const char *codings)
{
    weft_answer_deinit(&scene->answer);
    weft_answer_init(&scene->answer);
    scene->request.method = WEFT_HTTP_GET;
    scene->request.path = weft_span_of(path);
    scene->request.fields = scene->fields;
    if (codings) add(scene, WEFT_HTTP_FIELD_ACCEPT_ENCODING, weft_span_of(codings));
    scene->request.lacks = weft_http_fields_lack(scene->fields, scene->request.field_count);
    weft_site_shared_set_time(&scene->shared, scene->shared.now_us + 1000, 4000000000);
    weft_route(&scene->site, &scene->request, &scene->answer);
    scene->request.field_count = 0;
    return scene->answer.head.status;
}

static struct weft_span field(const struct scene *scene, enum weft_http_field_name id)
{
    const struct weft_http_field *found = weft_http_head_find(&scene->answer.head, id);
    return found ? found->value : (struct weft_span){0};
}

static struct weft_span coding(const struct scene *scene)
{
    return field(scene, WEFT_HTTP_FIELD_CONTENT_ENCODING);
}

static void wait_for_kept(struct scene *scene, const char *path, const char *codings)
{
    for (int i = 0; i < 500; i++) {
        CHECK_EQ(weft_loop_turn(scene->loop, 10000), 0);
        (void)ask(scene, path, codings);
        if (scene->answer.head.content_length >= 0) return;
    }
    CHECK_NEVER("it was never kept");
}

TEST(a_file_is_coded_while_it_is_sent_with_a_weak_tag)
{
    struct scene scene;
    begin(&scene, false, NULL);
    CHECK_EQ(ask(&scene, "/a.css", "gzip"), 200);
    CHECK_SPAN(coding(&scene), "gzip");
    CHECK_SPAN(field(&scene, WEFT_HTTP_FIELD_VARY), "accept-encoding");
    CHECK(weft_span_starts_with(field(&scene, WEFT_HTTP_FIELD_ETAG), WEFT_SPAN("W/\"")));
    CHECK_EQ(field(&scene, WEFT_HTTP_FIELD_ACCEPT_RANGES).size, 0);
    CHECK_EQ(scene.answer.head.content_length, WEFT_HTTP_LENGTH_UNKNOWN);
    CHECK_EQ(scene.shared.coding.count, 1);
    CHECK_EQ(ask(&scene, "/a.css", NULL),
             200); // who says nothing gets it as it is, and is told that it varies
    CHECK_EQ(coding(&scene).size, 0);
    CHECK_SPAN(field(&scene, WEFT_HTTP_FIELD_VARY), "accept-encoding");
    CHECK_EQ(scene.answer.head.content_length, CSS_SIZE);
    CHECK_EQ(scene.shared.coding.count, 0);
    end(&scene);
}

TEST(what_is_sent_plain_for_want_of_room_is_looked_at_again)
{
    struct scene scene;
    begin(&scene, false, NULL);
    scene.server_config.limits.encoders = 0;
    CHECK_EQ(ask(&scene, "/a.css", "gzip"), 200);
    CHECK_EQ(coding(&scene).size, 0);
    CHECK_EQ(scene.answer.repeats_until_us, 0);
    CHECK_EQ(ask(&scene, "/a.css", NULL), 200); // who wants it so gets it so each time
    CHECK(scene.answer.repeats_until_us > scene.shared.now_us);
    CHECK_EQ(ask(&scene, "/both.css", "gzip"), 200);
    CHECK(scene.answer.repeats_until_us > scene.shared.now_us);
    end(&scene);
}

TEST(what_is_small_or_gains_nothing_is_sent_as_it_is)
{
    struct scene scene;
    begin(&scene, false, NULL);
    CHECK_EQ(ask(&scene, "/small.css", "br, gzip"), 200);
    CHECK_EQ(coding(&scene).size + field(&scene, WEFT_HTTP_FIELD_VARY).size, 0);
    CHECK_EQ(ask(&scene, "/a.png", "br, gzip"), 200);
    CHECK_EQ(coding(&scene).size + field(&scene, WEFT_HTTP_FIELD_VARY).size, 0);
    CHECK_EQ(ask(&scene, "/both.css.gz", "br"), 200); // packed already
    CHECK_EQ(coding(&scene).size, 0);
    end(&scene);
}

TEST(what_lies_beside_a_file_wins)
{
    struct scene scene;
    begin(&scene, false, NULL);
    CHECK_EQ(ask(&scene, "/both.css", "br, zstd, gzip"), 200);
    CHECK_SPAN(coding(&scene), "gzip");
    CHECK_EQ(scene.answer.head.content_length, 6);
    CHECK_EQ(ask(&scene, "/both.css", "br, gzip;q=0"), 200); // not where it is not taken
    CHECK_SPAN(coding(&scene), "br");
    CHECK_EQ(scene.answer.head.content_length, WEFT_HTTP_LENGTH_UNKNOWN);
    end(&scene);
}

// §8.8.1, §8.8.3.3: the tag is strong once the bytes stay, and the same but for that.
TEST(a_helper_makes_what_is_kept_and_then_it_costs_what_a_file_does)
{
    struct scene scene;
    char weak[WEFT_WEAK_ETAG_SIZE];
    begin(&scene, true, NULL);
    CHECK_EQ(ask(&scene, "/a.css", "br"), 200);
    struct weft_span etag = field(&scene, WEFT_HTTP_FIELD_ETAG);
    CHECK(etag.data && etag.size <= sizeof(weak));
    memcpy(weak, etag.data, etag.size);
    struct weft_span tag = {(const uint8_t *)weak + 2, etag.size - 2};
    wait_for_kept(&scene, "/a.css", "br");
    CHECK_SPAN(coding(&scene), "br");
    CHECK_SAME(field(&scene, WEFT_HTTP_FIELD_ETAG), tag);
    CHECK_SPAN(field(&scene, WEFT_HTTP_FIELD_ACCEPT_RANGES), "bytes");
    CHECK_SPAN(field(&scene, WEFT_HTTP_FIELD_CONTENT_TYPE), "text/css; charset=utf-8");
    CHECK(scene.answer.head.content_length < CSS_SIZE / 10);
    CHECK(scene.answer.head.stamp != 0);    // a head that is not written again
    CHECK(scene.answer.body.bytes != NULL); // bytes that are not made again
    CHECK_EQ(scene.shared.coding.count, 0);

    add(&scene, WEFT_HTTP_FIELD_IF_NONE_MATCH, (struct weft_span){(uint8_t *)weak, etag.size});
    CHECK_EQ(ask(&scene, "/a.css", "br"), 304); // what came as a stream is still good
    CHECK_SPAN(field(&scene, WEFT_HTTP_FIELD_VARY), "accept-encoding");
    end(&scene);
}

TEST(a_file_that_changes_loses_what_was_made_of_it)
{
    struct scene scene;
    begin(&scene, true, NULL);
    (void)ask(&scene, "/a.css", "gzip");
    wait_for_kept(&scene, "/a.css", "gzip");
    temp_dir_file(&scene.dir, "a.css", "now { small }");
    scene.shared.now_us += 2000000;
    CHECK_EQ(ask(&scene, "/a.css", "gzip"), 200);
    CHECK_EQ(coding(&scene).size, 0);
    CHECK_EQ(scene.answer.head.content_length, 13);
    end(&scene);
}

TEST(a_file_that_does_not_shrink_is_asked_for_once)
{
    struct scene scene;
    char noise[4097];
    uint64_t state = 88172645463325252;
    begin(&scene, true, NULL);
    for (size_t i = 0; i < 4096; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        noise[i] = (char)(state % 255 + 1);
    }
    noise[4096] = 0;
    temp_dir_file(&scene.dir, "noise.txt", noise);
    (void)ask(&scene, "/noise.txt", "br");
    wait_for_kept(&scene, "/noise.txt", "br");
    CHECK_EQ(coding(&scene).size, 0); // as it is
    CHECK_EQ(scene.answer.head.content_length, 4096);
    end(&scene);
}

// §14.2: parts are of bytes that stay
TEST(a_part_is_of_the_file_itself_or_of_what_is_kept_and_named)
{
    struct scene scene;
    begin(&scene, true, NULL);
    add(&scene, WEFT_HTTP_FIELD_RANGE, WEFT_SPAN("bytes=0-9"));
    CHECK_EQ(ask(&scene, "/a.css", "gzip"), 206);
    CHECK_EQ(coding(&scene).size, 0);
    wait_for_kept(&scene, "/a.css", "gzip");
    struct weft_span etag = field(&scene, WEFT_HTTP_FIELD_ETAG);
    char kept[WEFT_ETAG_SIZE];
    CHECK(etag.data && etag.size <= sizeof(kept));
    memcpy(kept, etag.data, etag.size);
    add(&scene, WEFT_HTTP_FIELD_RANGE, WEFT_SPAN("bytes=0-9"));
    add(&scene, WEFT_HTTP_FIELD_IF_RANGE, (struct weft_span){(uint8_t *)kept, etag.size});
    CHECK_EQ(ask(&scene, "/a.css", "gzip"), 206);
    CHECK_SPAN(coding(&scene), "gzip");
    add(&scene, WEFT_HTTP_FIELD_RANGE, WEFT_SPAN("bytes=0-9"));
    add(&scene, WEFT_HTTP_FIELD_IF_RANGE, WEFT_SPAN("\"other\""));
    CHECK_EQ(ask(&scene, "/a.css", "gzip"), 200);
    CHECK_SPAN(coding(&scene), "gzip");
    end(&scene);
}

// RFC 9111 §5.2.2.6
TEST(no_transform_is_heeded)
{
    struct scene scene;
    begin(&scene, false, "Cache-Control: max-age=60, no-transform");
    CHECK_EQ(ask(&scene, "/a.css", "gzip"), 200);
    CHECK_EQ(coding(&scene).size, 0);
    CHECK_EQ(ask(&scene, "/", "gzip"), 200);
    CHECK_EQ(coding(&scene).size, 0);
    end(&scene);
}

TEST(pages_that_are_made_are_coded_too)
{
    struct scene scene;
    begin(&scene, false, NULL);
    CHECK_EQ(ask(&scene, "/", "zstd"), 200);
    CHECK_SPAN(coding(&scene), "zstd");
    CHECK_SPAN(field(&scene, WEFT_HTTP_FIELD_VARY), "accept-encoding");
    CHECK_EQ(scene.shared.coding.count, 1);
    scene.config->compression.least = 100;
    CHECK_EQ(ask(&scene, "/none", "gzip"), 404);
    CHECK_SPAN(coding(&scene), "gzip");
    CHECK_EQ(scene.shared.coding.count, 0); // what is built in is coded once
    const uint8_t *bytes = scene.answer.body.bytes;
    CHECK_EQ(ask(&scene, "/none", "gzip"), 404);
    CHECK(scene.answer.body.bytes == bytes);
    CHECK_EQ(scene.answer.head.content_length, scene.answer.body.end);
    CHECK_EQ(ask(&scene, "/none", "identity"), 404);
    CHECK_EQ(coding(&scene).size, 0);
    end(&scene);
}
