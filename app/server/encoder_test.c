// server/encoder_test.c
#include "server/encoder.h"

#include "check.h"

#include <brotli/decode.h>
#include <malloc.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { CONTENT_SIZE = 300000, ROOM_SIZE = 400000 };

static const enum weft_http_coding codings[] = {WEFT_HTTP_GZIP, WEFT_HTTP_BROTLI, WEFT_HTTP_ZSTD};

// Text that compresses like text: words of a few hundred, in no order.
static uint8_t *text_new(size_t size)
{
    uint8_t *text = malloc(size);
    uint32_t state = 1;
    CHECK(text != NULL);
    for (size_t i = 0; i < size;) {
        state = state * 1103515245 + 12345;
        unsigned word = state >> 16 & 255;
        for (unsigned k = 0; k < 3 + word % 7 && i < size; k++)
            text[i++] = (uint8_t)('a' + (word * (k + 3)) % 26);
        if (i < size) text[i++] = ' ';
    }
    return text;
}

static size_t decode(enum weft_http_coding coding, struct weft_span in, uint8_t *out, size_t size)
{
    if (coding == WEFT_HTTP_BROTLI) {
        bool is_whole = BrotliDecoderDecompress(in.size, in.data, &size, out) != 0;
        return is_whole ? size : SIZE_MAX;
    }
    if (coding == WEFT_HTTP_ZSTD) {
        // frame by frame as a stream has it: the content's size need not be told
        ZSTD_DCtx *context = ZSTD_createDCtx();
        ZSTD_inBuffer from = {in.data, in.size, 0};
        ZSTD_outBuffer to = {out, size, 0};
        size_t left = ZSTD_decompressStream(context, &to, &from);
        ZSTD_freeDCtx(context);
        return left == 0 && from.pos == in.size ? to.pos : SIZE_MAX;
    }
    z_stream zlib = {.next_in = (z_const Bytef *)in.data,
                     .avail_in = (uInt)in.size,
                     .next_out = out,
                     .avail_out = (uInt)size};
    CHECK_EQ(inflateInit2(&zlib, 15 + 16), Z_OK);
    bool is_whole = inflate(&zlib, Z_FINISH) == Z_STREAM_END && zlib.avail_in == 0;
    size_t made = zlib.total_out;
    inflateEnd(&zlib);
    return is_whole ? made : SIZE_MAX;
}

// Codes `content` handed over in pieces of `piece` bytes, taken in rooms of `room_size`, flushed behind each piece where asked.
static size_t code(enum weft_http_coding coding, struct weft_span content, size_t piece,
                   size_t room_size, bool flushes, uint8_t *out)
{
    struct weft_encoder *encoder = weft_encoder_new(coding, WEFT_ENCODER_FAST, content.size);
    size_t size = 0;
    CHECK(encoder != NULL);
    for (bool is_over = false; !is_over;) {
        struct weft_span part = weft_span_part(content, 0, piece);
        content = weft_span_skip(content, part.size);
        is_over = content.size == 0;
        enum weft_encoder_wish wish = is_over   ? WEFT_ENCODER_END
                                      : flushes ? WEFT_ENCODER_FLUSH
                                                : WEFT_ENCODER_GO_ON;
        struct weft_encoder_step step = {0};
        while (!step.is_done) {
            CHECK(size + room_size <= ROOM_SIZE);
            step = weft_encoder_step(encoder, part, wish, out + size, room_size);
            CHECK(!step.has_failed);
            size += step.made;
            part = weft_span_skip(part, step.taken);
        }
    }
    weft_encoder_free(encoder);
    return size;
}

TEST(what_is_coded_in_pieces_is_whole_again_when_decoded)
{
    static const struct {
        size_t size, piece, room;
        bool flushes;
    } rows[] = {{CONTENT_SIZE, 16384, 16384, false},
                {CONTENT_SIZE, 4096, 100, true},
                {3000, 1, 7, false},
                {1, 1, 1, false},
                {0, 1, 64, false},
                {20000, 5000, WEFT_ENCODER_ROOM_LEAST, true}};
    uint8_t *text = text_new(CONTENT_SIZE);
    uint8_t *coded = malloc(ROOM_SIZE);
    uint8_t *decoded = malloc(ROOM_SIZE);
    for (size_t i = 0; i < WEFT_COUNT(rows) * WEFT_COUNT(codings); i++) {
        enum weft_http_coding coding = codings[i % WEFT_COUNT(codings)];
        size_t row = i / WEFT_COUNT(codings);
        struct weft_span content = {text, rows[row].size};
        size_t size =
            code(coding, content, rows[row].piece, rows[row].room, rows[row].flushes, coded);
        size_t again = decode(coding, (struct weft_span){coded, size}, decoded, ROOM_SIZE);
        CHECK_EQ(again, content.size);
        CHECK(memcmp(decoded, text, again) == 0);
        if (content.size == CONTENT_SIZE) CHECK(size < content.size / 2);
    }
    free(decoded);
    free(coded);
    free(text);
}

TEST(a_flush_brings_out_all_that_went_in)
{
    uint8_t *text = text_new(4096);
    uint8_t room[8192];
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        struct weft_encoder *encoder = weft_encoder_new(codings[i], WEFT_ENCODER_FAST, UINT64_MAX);
        struct weft_encoder_step step = weft_encoder_step(encoder, (struct weft_span){text, 4096},
                                                          WEFT_ENCODER_FLUSH, room, sizeof(room));
        CHECK_EQ(step.taken, 4096);
        CHECK(step.is_done);
        CHECK(step.made > 100);
        weft_encoder_free(encoder);
    }
    free(text);
}

TEST(whole_content_is_coded_better_at_a_higher_level_and_always_the_same)
{
    uint8_t *text = text_new(40000);
    uint8_t *decoded = malloc(ROOM_SIZE);
    struct weft_span content = {text, 40000};
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        uint8_t *low, *high, *again;
        size_t low_size, high_size, again_size;
        CHECK(weft_encoder_whole(codings[i], 1, content, &low, &low_size));
        CHECK(weft_encoder_whole(codings[i], 9, content, &high, &high_size));
        CHECK(weft_encoder_whole(codings[i], 9, content, &again, &again_size));
        CHECK(high_size < low_size);
        CHECK_SAME(((struct weft_span){again, again_size}), ((struct weft_span){high, high_size}));
        CHECK_EQ(decode(codings[i], (struct weft_span){high, high_size}, decoded, ROOM_SIZE),
                 40000);
        CHECK(memcmp(decoded, text, 40000) == 0);
        free(low);
        free(high);
        free(again);
    }
    free(decoded);
    free(text);
}

TEST(what_does_not_shrink_is_not_coded)
{
    uint8_t noise[5000];
    uint64_t state = 88172645463325252;
    for (size_t i = 0; i < sizeof(noise); i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        noise[i] = (uint8_t)state;
    }
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        uint8_t *bytes;
        size_t size;
        CHECK(!weft_encoder_whole(codings[i], 6, (struct weft_span){noise, sizeof(noise)}, &bytes,
                                  &size));
        CHECK(!weft_encoder_whole(codings[i], 6, (struct weft_span){noise, 0}, &bytes, &size));
    }
}

// What the connection is charged covers what the libraries take. malloc's own books say how much that is; a sanitizer's
// allocator keeps none.
TEST(a_fast_encoder_holds_no_more_than_it_is_charged_for)
{
    uint8_t *text = text_new(CONTENT_SIZE);
    uint8_t *room = malloc(ROOM_SIZE);
    bool was_counted = false;
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        struct mallinfo2 before = mallinfo2();
        struct weft_encoder *encoder = weft_encoder_new(codings[i], WEFT_ENCODER_FAST, UINT64_MAX);
        struct weft_span content = {text, CONTENT_SIZE};
        struct weft_encoder_step step = {0};
        while (!step.is_done) {
            step = weft_encoder_step(encoder, content, WEFT_ENCODER_FLUSH, room, ROOM_SIZE);
            content = weft_span_skip(content, step.taken);
        }
        struct mallinfo2 after = mallinfo2();
        size_t held = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
        weft_encoder_free(encoder);
        was_counted |= held > 0;
        CHECK(held <= weft_encoder_fast_memory(codings[i]));
    }
    free(room);
    free(text);
    if (!was_counted) skip_test("this allocator keeps no books");
}

TEST(another_level_has_another_mark)
{
    CHECK(weft_encoder_mark(WEFT_HTTP_GZIP, 6) != weft_encoder_mark(WEFT_HTTP_GZIP, 7));
    CHECK(weft_encoder_mark(WEFT_HTTP_GZIP, 6) != weft_encoder_mark(WEFT_HTTP_BROTLI, 6));
    CHECK(weft_encoder_mark(WEFT_HTTP_ZSTD, 6) == weft_encoder_mark(WEFT_HTTP_ZSTD, 6));
}
