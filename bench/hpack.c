// bench/hpack.c: nanoseconds per field section of our HPACK beside libnghttp2's, on the public stories.
//
// Usage: bench_hpack FOLDER... [-r ROUNDS]   each folder holds story_*.json with "wire" and "headers"
//
// A round plays every story once for each library, in turns; a story is one connection, so that making and freeing
// its tables counts too. The figures are the medians of the rounds.
#include "hpack/hpack.h"

#include "json.h"

#include <dirent.h>
#include <nghttp2/nghttp2.h>
#include <time.h>

enum { MOST_ROUNDS = 1001, TABLE_SIZE = 65536 };

/** One field section of a story, for both libraries. */
struct section {
    struct weft_span wire;
    struct weft_http_field *fields;
    nghttp2_nv *pairs;
    size_t count;
    long table_size; // -1 where the story does not change it
};

struct story {
    struct section *sections;
    size_t count;
};

struct corpus {
    struct story *stories;
    size_t count;
    size_t section_count;
    size_t field_count;
};

static void *grown(void *old, size_t count, size_t size)
{
    if (count & (count - 1)) return old; // room is a power of two
    void *memory = realloc(old, (count ? count * 2 : 1) * size);
    if (!memory) abort();
    return memory;
}

static unsigned nibble(uint8_t digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

// Turns hexadecimal digits into bytes where they stand.
static struct weft_span unhex(struct weft_span hex)
{
    uint8_t *out = (uint8_t *)(uintptr_t)hex.data;
    for (size_t i = 0; i + 1 < hex.size; i += 2)
        out[i / 2] = (uint8_t)(nibble(hex.data[i]) << 4 | nibble(hex.data[i + 1]));
    return (struct weft_span){hex.data, hex.size / 2};
}

static void read_field(struct json *in, struct section *section)
{
    json_expect(in, '{');
    struct weft_http_field field = {.name = json_string(in)};
    json_expect(in, ':');
    field.value = json_string(in);
    json_expect(in, '}');
    field.id = (uint8_t)weft_http_field_lookup(field.name);
    section->fields = grown(section->fields, section->count, sizeof(*section->fields));
    section->pairs = grown(section->pairs, section->count, sizeof(*section->pairs));
    section->fields[section->count] = field;
    section->pairs[section->count++] = (nghttp2_nv){
        (uint8_t *)(uintptr_t)field.name.data,
        (uint8_t *)(uintptr_t)field.value.data,
        field.name.size,
        field.value.size,
        NGHTTP2_NV_FLAG_NONE,
    };
}

static struct section read_section(struct json *in)
{
    struct section section = {.table_size = -1};
    json_expect(in, '{');
    for (bool first = true; json_next(in, '}', &first);) {
        struct weft_span key = json_string(in);
        json_expect(in, ':');
        if (weft_span_is(key, "headers")) {
            json_expect(in, '[');
            for (bool first_field = true; json_next(in, ']', &first_field);)
                read_field(in, &section);
        } else if (weft_span_is(key, "wire")) {
            section.wire = unhex(json_string(in));
        } else if (weft_span_is(key, "header_table_size")) {
            section.table_size = json_number(in);
        } else {
            json_number(in);
        }
    }
    return section;
}

static void add_story(struct corpus *corpus, const char *path)
{
    size_t size;
    char *text = json_load(path, &size); // kept: the spans point into it
    if (!text) return;
    struct json in = {text, text + size, false};
    struct story story = {0};
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
            story.sections = grown(story.sections, story.count, sizeof(*story.sections));
            story.sections[story.count] = read_section(&in);
            corpus->field_count += story.sections[story.count++].count;
        }
    }
    if (in.failed) abort();
    corpus->stories = grown(corpus->stories, corpus->count, sizeof(*corpus->stories));
    corpus->stories[corpus->count++] = story;
    corpus->section_count += story.count;
}

static struct corpus load(const char *folder)
{
    struct corpus corpus = {0};
    DIR *directory = opendir(folder);
    if (!directory) return corpus;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[1024];
        if (strncmp(entry->d_name, "story_", 6) != 0) continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        add_story(&corpus, path);
    }
    closedir(directory);
    return corpus;
}

static void *heap_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size > 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

static const struct weft_alloc heap = {heap_resize, NULL};

static void check(bool ok)
{
    if (ok) return;
    fprintf(stderr, "a library does not agree with the story\n");
    exit(1);
}

// Each player returns the bytes that it made, so that nothing can be left out.

static size_t our_decoder(const struct story *story)
{
    struct weft_hpack_decoder *decoder = weft_hpack_decoder_new(&heap, TABLE_SIZE);
    struct weft_arena arena;
    struct weft_hpack_field out;
    size_t sum = 0;
    check(decoder != NULL);
    weft_arena_init(&arena, &heap, 1 << 20);
    for (size_t i = 0; i < story->count; i++) {
        const struct section *section = &story->sections[i];
        if (section->table_size >= 0)
            weft_hpack_decoder_set_limit(decoder, (size_t)section->table_size);
        weft_hpack_decode_start(decoder, section->wire);
        size_t count = 0;
        for (; weft_hpack_decode_next(decoder, &arena, &out) == WEFT_HPACK_FIELD; count++)
            sum += out.field.name.size + out.field.value.size;
        check(count == section->count);
        weft_arena_reset(&arena);
    }
    weft_arena_deinit(&arena);
    weft_hpack_decoder_free(decoder);
    return sum;
}

static size_t their_decoder(const struct story *story)
{
    nghttp2_hd_inflater *inflater;
    size_t sum = 0;
    check(nghttp2_hd_inflate_new(&inflater) == 0);
    nghttp2_hd_inflate_change_table_size(inflater, TABLE_SIZE);
    for (size_t i = 0; i < story->count; i++) {
        const struct section *section = &story->sections[i];
        struct weft_span left = section->wire;
        size_t count = 0;
        if (section->table_size >= 0)
            nghttp2_hd_inflate_change_table_size(inflater, (size_t)section->table_size);
        for (int flags = 0; !(flags & NGHTTP2_HD_INFLATE_FINAL);) {
            nghttp2_nv pair;
            ssize_t used = nghttp2_hd_inflate_hd2(inflater, &pair, &flags, left.data, left.size, 1);
            check(used >= 0);
            left = weft_span_skip(left, (size_t)used);
            if (!(flags & NGHTTP2_HD_INFLATE_EMIT)) continue;
            sum += pair.namelen + pair.valuelen;
            count++;
        }
        nghttp2_hd_inflate_end_headers(inflater);
        check(count == section->count);
    }
    nghttp2_hd_inflate_del(inflater);
    return sum;
}

static size_t our_encoder(const struct story *story)
{
    struct weft_hpack_encoder *encoder =
        weft_hpack_encoder_new(&heap, WEFT_HPACK_DEFAULT_TABLE_SIZE);
    struct weft_queue out;
    size_t sum = 0;
    check(encoder != NULL);
    weft_queue_init(&out, &heap);
    for (size_t i = 0; i < story->count; i++) {
        const struct section *section = &story->sections[i];
        check(weft_hpack_encode_start(encoder, &out) == WEFT_OK);
        for (size_t f = 0; f < section->count; f++)
            check(weft_hpack_encode_field(encoder, &out, &section->fields[f]) == WEFT_OK);
        sum += weft_queue_size(&out);
        weft_queue_drop(&out, weft_queue_size(&out));
    }
    weft_queue_deinit(&out);
    weft_hpack_encoder_free(encoder);
    return sum;
}

static size_t their_encoder(const struct story *story)
{
    static uint8_t room[1 << 20];
    nghttp2_hd_deflater *deflater;
    size_t sum = 0;
    check(nghttp2_hd_deflate_new(&deflater, WEFT_HPACK_DEFAULT_TABLE_SIZE) == 0);
    for (size_t i = 0; i < story->count; i++) {
        const struct section *section = &story->sections[i];
        ssize_t size =
            nghttp2_hd_deflate_hd(deflater, room, sizeof(room), section->pairs, section->count);
        check(size >= 0);
        sum += (size_t)size;
    }
    nghttp2_hd_deflate_del(deflater);
    return sum;
}

static const struct player {
    const char *name;
    size_t (*play)(const struct story *story);
} players[] = {
    {"decode, ours", our_decoder},
    {"decode, libnghttp2", their_decoder},
    {"encode, ours", our_encoder},
    {"encode, libnghttp2", their_encoder},
};

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), by_value);
    return values[count / 2];
}

static void measure(const char *folder, size_t rounds)
{
    static double times[WEFT_COUNT(players)][MOST_ROUNDS];
    struct corpus corpus = load(folder);
    size_t bytes[WEFT_COUNT(players)] = {0};
    if (corpus.section_count == 0) {
        fprintf(stderr, "no stories in %s\n", folder);
        exit(1);
    }
    for (size_t round = 0; round < rounds; round++) {
        for (size_t p = 0; p < WEFT_COUNT(players); p++) {
            double start = now_ns();
            bytes[p] = 0;
            for (size_t i = 0; i < corpus.count; i++)
                bytes[p] += players[p].play(&corpus.stories[i]);
            times[p][round] = now_ns() - start;
        }
    }
    printf("%s: %zu sections, %zu fields\n", folder, corpus.section_count, corpus.field_count);
    double last = 0;
    for (size_t p = 0; p < WEFT_COUNT(players); p++) {
        double ns = median(times[p], rounds);
        printf("  %-20s %8.1f ns/section %6.1f ns/field %9zu bytes", players[p].name,
               ns / (double)corpus.section_count, ns / (double)corpus.field_count, bytes[p]);
        printf(p % 2 ? "  ours is %.2f of it\n" : "\n", last / ns);
        last = ns;
    }
}

int main(int argc, char **argv)
{
    size_t rounds = 51;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-r") == 0 && i + 1 < argc) {
            rounds = strtoul(argv[++i], NULL, 10);
            if (rounds < 1 || rounds > MOST_ROUNDS) return 2;
        } else {
            measure(argv[i], rounds);
        }
    }
    return argc > 1 ? 0 : 2;
}
