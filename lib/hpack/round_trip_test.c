// hpack/round_trip_test.c: pseudo-random field sections, over table sizes that change (RFC 7541 §4, §6).
#include "hpack/hpack.h"

#include "check.h"
#include "counting_alloc.h"

enum { BLOCKS = 400, MOST_FIELDS = 12, MOST_SIZE = 300 };

/** A connection's direction, and where its pseudo-random numbers stand. */
struct direction {
    struct test_alloc counts;
    struct weft_alloc alloc;
    struct weft_hpack_encoder *encoder;
    struct weft_hpack_decoder *decoder;
    struct weft_arena arena;
    struct weft_queue out;
    uint32_t state;
};

static uint32_t random_below(struct direction *self, uint32_t limit)
{
    self->state = self->state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(self->state >> 8) * limit >> 24);
}

static void start(struct direction *self, size_t table_size, uint32_t seed)
{
    *self = (struct direction){.state = seed};
    self->alloc = test_allocator(&self->counts);
    self->encoder = weft_hpack_encoder_new(&self->alloc, table_size);
    self->decoder = weft_hpack_decoder_new(&self->alloc, 4096);
    CHECK(self->encoder && self->decoder);
    weft_arena_init(&self->arena, &self->alloc, 1 << 20);
    weft_queue_init(&self->out, &self->alloc);
}

static void finish(struct direction *self)
{
    weft_hpack_encoder_free(self->encoder);
    weft_hpack_decoder_free(self->decoder);
    weft_arena_deinit(&self->arena);
    weft_queue_deinit(&self->out);
    CHECK_EQ(self->counts.live, 0);
}

static const char *const names[] = {
    ":method",       ":path",     ":status", ":authority",
    ":scheme",       ":protocol", "",        "date",
    "etag",          "cookie",    "server",  "set-cookie",
    "authorization", "x-a",       "x-name",  "accept-encoding",
};

// Few different values, so that they repeat; of any octets, and of any size.
static struct weft_http_field random_field(struct direction *self, uint8_t *room)
{
    uint32_t repeats = random_below(self, 4);
    uint32_t size = repeats ? random_below(self, 3) * 9 : random_below(self, MOST_SIZE);
    for (uint32_t i = 0; i < size; i++)
        room[i] = (uint8_t)(repeats ? 'a' + size % 7 : random_below(self, 256));
    struct weft_http_field field = {
        .name = weft_span_of(names[random_below(self, WEFT_COUNT(names))]),
        .value = {room, size},
        .hint = (uint8_t)(random_below(self, 8) == 0 ? random_below(self, 3) : 0),
    };
    if (random_below(self, 2)) field.id = (uint8_t)weft_http_field_lookup(field.name);
    return field;
}

static void check_field(const struct weft_hpack_field *is, const struct weft_http_field *should)
{
    CHECK_SAME(is->field.name, should->name);
    CHECK_SAME(is->field.value, should->value);
    CHECK_EQ(is->field.id, weft_http_field_lookup(should->name));
    if (should->hint == WEFT_HTTP_FIELD_SECRET)
        CHECK_EQ(is->representation, WEFT_HPACK_NEVER_INDEXED);
    if (should->hint == WEFT_HTTP_FIELD_ONCE) CHECK(is->representation != WEFT_HPACK_INCREMENTAL);
    CHECK_EQ(is->field.hint == WEFT_HTTP_FIELD_SECRET,
             is->representation == WEFT_HPACK_NEVER_INDEXED);
}

// §2.3.2: both sides have the same table after each block.
static void check_tables(const struct direction *self)
{
    struct weft_hpack_entry ours;
    struct weft_hpack_entry theirs;
    for (size_t i = 62;; i++) {
        bool there = weft_hpack_encoder_entry(self->encoder, i, &ours);
        CHECK_EQ(weft_hpack_decoder_entry(self->decoder, i, &theirs), there);
        if (!there) return;
        CHECK_SAME(theirs.name, ours.name);
        CHECK_SAME(theirs.value, ours.value);
    }
}

static void play_block(struct direction *self)
{
    uint8_t room[MOST_FIELDS][MOST_SIZE];
    struct weft_http_field fields[MOST_FIELDS];
    struct weft_hpack_field decoded;
    uint32_t count = random_below(self, MOST_FIELDS);
    struct weft_arena *arena = random_below(self, 2) ? &self->arena : NULL;

    CHECK_EQ(weft_hpack_encode_start(self->encoder, &self->out), WEFT_OK);
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = random_field(self, room[i]);
        CHECK_EQ(weft_hpack_encode_field(self->encoder, &self->out, &fields[i]), WEFT_OK);
    }
    weft_hpack_decode_start(self->decoder, weft_queue_bytes(&self->out));
    for (uint32_t i = 0; i < count; i++) {
        CHECK_EQ(weft_hpack_decode_next(self->decoder, arena, &decoded), WEFT_HPACK_FIELD);
        if (decoded.representation == WEFT_HPACK_INDEXED) CHECK(decoded.encoded_size <= 2);
        check_field(&decoded, &fields[i]);
    }
    CHECK_EQ(weft_hpack_decode_next(self->decoder, arena, &decoded), WEFT_HPACK_END);
    check_tables(self);
    CHECK(weft_hpack_decoder_memory(self->decoder) < 20000);
    weft_queue_drop(&self->out, weft_queue_size(&self->out));
    weft_arena_reset(&self->arena);
}

// HPACK of whatever we send is what was sent, and both tables stay the same.
TEST(sections_come_back_at_every_table_size)
{
    const size_t sizes[] = {0, 1, 255, 4096};
    for (uint32_t i = 0; i < WEFT_COUNT(sizes); i++) {
        struct direction self;
        start(&self, sizes[i], i);
        for (unsigned block = 0; block < BLOCKS; block++)
            play_block(&self);
        finish(&self);
    }
}

// As an acknowledged SETTINGS_HEADER_TABLE_SIZE changes both sides, up to three times between two blocks.
static void change_sizes(struct direction *self)
{
    const size_t sizes[] = {0, 1, 33, 255, 1000, 4096, 65536};
    for (uint32_t changes = random_below(self, 4); changes > 0; changes--) {
        size_t size = sizes[random_below(self, WEFT_COUNT(sizes))];
        weft_hpack_encoder_set_limit(self->encoder, size);
        weft_hpack_decoder_set_limit(self->decoder, size);
    }
}

// §4.2, §6.3, RFC 9113 §4.3.1.
TEST(sections_come_back_while_table_sizes_change)
{
    for (uint32_t seed = 0; seed < 4; seed++) {
        struct direction self;
        start(&self, 4096, seed);
        for (unsigned block = 0; block < BLOCKS; block++) {
            if (block % 3 == 0) change_sizes(&self);
            play_block(&self);
        }
        finish(&self);
    }
}

// Plays blocks until an allocation fails; false where one did.
static bool play_until_failure(struct direction *self)
{
    uint8_t room[MOST_SIZE];
    struct weft_hpack_field decoded;
    for (unsigned block = 0; block < 30; block++) {
        if (block % 10 == 9) change_sizes(self);
        if (weft_hpack_encode_start(self->encoder, &self->out) != WEFT_OK) return false;
        for (unsigned i = 0; i < MOST_FIELDS; i++) {
            struct weft_http_field field = random_field(self, room);
            if (weft_hpack_encode_field(self->encoder, &self->out, &field) != WEFT_OK) return false;
        }
        weft_hpack_decode_start(self->decoder, weft_queue_bytes(&self->out));
        struct weft_arena *arena = block % 2 ? &self->arena : NULL;
        enum weft_hpack_status status = WEFT_HPACK_FIELD;
        while (status == WEFT_HPACK_FIELD || status == WEFT_HPACK_OUT_OF_MEMORY) {
            if (status == WEFT_HPACK_OUT_OF_MEMORY) arena = NULL;
            status = weft_hpack_decode_next(self->decoder, arena, &decoded);
        }
        if (status == WEFT_HPACK_ERROR) return false;
        weft_queue_drop(&self->out, weft_queue_size(&self->out));
        weft_arena_reset(&self->arena);
    }
    return true;
}

// Whichever allocation fails, an error is told and nothing leaks; where only the arena's does, decoding goes on.
TEST(no_failing_allocation_breaks_either_side)
{
    bool was_whole = false;
    size_t fail_at = 3; // the first two are the encoder and the decoder
    for (; !was_whole && fail_at < 1000; fail_at++) {
        struct direction self;
        start(&self, 4096, 7);
        self.counts.fail_at = fail_at;
        bool ok = play_until_failure(&self);
        was_whole = self.counts.calls < fail_at;
        if (was_whole) CHECK(ok);
        finish(&self);
    }
    CHECK(was_whole && fail_at > 20);
}
