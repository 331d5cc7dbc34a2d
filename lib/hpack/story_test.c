// hpack/story_test.c: the public stories of HPACK's implementers, in both directions.
//
// They are looked for in $WEFT_VECTORS/hpack, else beside the project in shared/vectors/hpack.
#include "hpack/hpack.h"

#include "check.h"
#include "counting_alloc.h"
#include "json.h"

#include <dirent.h>

static void vectors_path(char *path, size_t size, const char *name)
{
    const char *base = getenv("WEFT_VECTORS");
    if (base) {
        snprintf(path, size, "%s/hpack%s%s", base, *name ? "/" : "", name);
    } else {
        snprintf(path, size, "%s/../shared/vectors/hpack%s%s", WEFT_SOURCE_DIR, *name ? "/" : "",
                 name);
    }
}

static int nibble(uint8_t digit)
{
    return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

/** One case of a story. */
struct block {
    uint8_t wire[65536];
    size_t wire_size;
    struct weft_http_field fields[256];
    size_t field_count;
    long table_size; // -1 where the case does not state it
};

static void read_fields(struct json *in, struct block *block)
{
    json_expect(in, '[');
    for (bool first = true; json_next(in, ']', &first);) {
        json_expect(in, '{');
        struct weft_http_field *field = &block->fields[block->field_count++];
        field->name = json_string(in);
        json_expect(in, ':');
        field->value = json_string(in);
        field->id = (uint8_t)weft_http_field_lookup(field->name);
        json_expect(in, '}');
    }
}

static void read_wire(struct json *in, struct block *block)
{
    struct weft_span hex = json_string(in);
    for (size_t i = 0; i + 1 < hex.size; i += 2) {
        block->wire[block->wire_size++] =
            (uint8_t)(nibble(hex.data[i]) << 4 | nibble(hex.data[i + 1]));
    }
}

static void read_block(struct json *in, struct block *block)
{
    memset(block, 0, sizeof(*block));
    block->table_size = -1;
    json_expect(in, '{');
    for (bool first = true; json_next(in, '}', &first);) {
        struct weft_span key = json_string(in);
        json_expect(in, ':');
        if (weft_span_is(key, "headers")) {
            read_fields(in, block);
        } else if (weft_span_is(key, "wire")) {
            read_wire(in, block);
        } else if (weft_span_is(key, "header_table_size")) {
            block->table_size = json_number(in);
        } else {
            json_number(in); // seqno
        }
    }
}

static void check_decodes_to(struct weft_hpack_decoder *decoder, struct weft_arena *arena,
                             struct weft_span wire, const struct block *block)
{
    struct weft_hpack_field out;
    weft_hpack_decode_start(decoder, wire);
    for (size_t i = 0; i < block->field_count; i++) {
        CHECK_EQ(weft_hpack_decode_next(decoder, arena, &out), WEFT_HPACK_FIELD);
        CHECK_SAME(out.field.name, block->fields[i].name);
        CHECK_SAME(out.field.value, block->fields[i].value);
        CHECK_EQ(out.field.id, block->fields[i].id);
    }
    CHECK_EQ(weft_hpack_decode_next(decoder, arena, &out), WEFT_HPACK_END);
}

/** What a story came to, in bytes. */
struct sizes {
    size_t text;
    size_t theirs;
    size_t ours;
};

/** Their decoder's peer and ours. */
struct player {
    struct test_alloc counts;
    struct weft_alloc alloc;
    struct weft_hpack_decoder *theirs;
    struct weft_hpack_decoder *ours;
    struct weft_hpack_encoder *encoder;
    struct weft_queue out;
    struct weft_arena arena;
};

static void open_player(struct player *player)
{
    *player = (struct player){0};
    player->alloc = test_allocator(&player->counts);
    player->theirs = weft_hpack_decoder_new(&player->alloc, 65536);
    player->ours = weft_hpack_decoder_new(&player->alloc, 65536);
    player->encoder = weft_hpack_encoder_new(&player->alloc, 65536);
    weft_queue_init(&player->out, &player->alloc);
    weft_arena_init(&player->arena, &player->alloc, 1 << 20);
}

static void close_player(struct player *player)
{
    weft_hpack_decoder_free(player->theirs);
    weft_hpack_decoder_free(player->ours);
    weft_hpack_encoder_free(player->encoder);
    weft_queue_deinit(&player->out);
    weft_arena_deinit(&player->arena);
    CHECK_EQ(player->counts.live, 0);
}

// Their block is decoded; its fields, encoded by us, are decoded again.
static void play_block(struct player *player, const struct block *block, struct sizes *sizes)
{
    if (block->table_size >= 0) {
        weft_hpack_decoder_set_limit(player->theirs, (size_t)block->table_size);
        weft_hpack_decoder_set_limit(player->ours, (size_t)block->table_size);
        weft_hpack_encoder_set_limit(player->encoder, (size_t)block->table_size);
    }
    if (block->wire_size > 0) { // raw-data has none
        struct weft_span wire = {block->wire, block->wire_size};
        check_decodes_to(player->theirs, &player->arena, wire, block);
    }
    CHECK_EQ(weft_hpack_encode_start(player->encoder, &player->out), WEFT_OK);
    for (size_t i = 0; i < block->field_count; i++) {
        CHECK_EQ(weft_hpack_encode_field(player->encoder, &player->out, &block->fields[i]),
                 WEFT_OK);
        sizes->text += block->fields[i].name.size + block->fields[i].value.size + 4;
    }
    check_decodes_to(player->ours, NULL, weft_queue_bytes(&player->out), block);
    sizes->theirs += block->wire_size;
    sizes->ours += weft_queue_size(&player->out);
    weft_queue_drop(&player->out, weft_queue_size(&player->out));
    weft_arena_reset(&player->arena);
}

static void run_story(const char *path, struct sizes *sizes)
{
    static struct block block;
    static struct player player;
    size_t size;
    char *text = json_load(path, &size);
    CHECK(text != NULL);
    struct json in = {text, text + size, false};
    open_player(&player);
    json_expect(&in, '{');
    for (bool first = true; json_next(&in, '}', &first);) {
        struct weft_span key = json_string(&in);
        json_expect(&in, ':');
        if (!weft_span_is(key, "cases")) {
            json_string(&in);
            continue;
        }
        json_expect(&in, '[');
        for (bool first_case = true; json_next(&in, ']', &first_case);) {
            read_block(&in, &block);
            play_block(&player, &block, sizes);
        }
    }
    CHECK(!in.failed);
    close_player(&player);
    free(text);
}

static void run_stories_of(const char *encoder)
{
    char folder[512];
    vectors_path(folder, sizeof(folder), encoder);
    DIR *directory = opendir(folder);
    if (!directory) skip_test("the HPACK stories are not beside the project");
    struct sizes sizes = {0};
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, "story_", 6) != 0) continue;
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        run_story(path, &sizes);
        count++;
    }
    closedir(directory);
    CHECK(count > 0);
    printf("%-28s %2zu stories, %7zu bytes as text, %6zu as they wrote them, %6zu as we do\n",
           encoder, count, sizes.text, sizes.theirs, sizes.ours);
}

TEST(stories_of_go)
{
    run_stories_of("go-hpack");
}

TEST(stories_of_nghttp2)
{
    run_stories_of("nghttp2");
}

TEST(stories_of_nghttp2_with_a_table_of_16384)
{
    run_stories_of("nghttp2-16384-4096");
}

TEST(stories_of_nghttp2_with_changing_table_sizes)
{
    run_stories_of("nghttp2-change-table-size");
}

TEST(stories_of_python)
{
    run_stories_of("python-hpack");
}

TEST(stories_as_text_are_encoded_and_decoded)
{
    run_stories_of("raw-data");
}
