// client/decode_test.c
#include "client/decode.h"

#include "net/memory.h"

#include "check.h"

#include <stdlib.h>
#include <zlib.h>

enum { PLAIN_SIZE = 300000, PACKED_MOST = 400000 };

static const struct weft_decoder_limits wide = {1 << 20, 1000};

static uint8_t plain[PLAIN_SIZE];
static uint8_t packed[PACKED_MOST];
static uint8_t unpacked[PLAIN_SIZE];
static size_t unpacked_size;

static bool take(void *context, struct weft_span bytes)
{
    const bool *wants_more = context;
    if (unpacked_size + bytes.size <= PLAIN_SIZE) {
        memcpy(unpacked + unpacked_size, bytes.data, bytes.size);
    }
    unpacked_size += bytes.size;
    return *wants_more;
}

static size_t pack(const uint8_t *bytes, size_t size)
{
    z_stream zlib = {0};
    CHECK_EQ(deflateInit2(&zlib, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zlib.next_in = (Bytef *)bytes;
    zlib.avail_in = (uInt)size;
    zlib.next_out = packed;
    zlib.avail_out = PACKED_MOST;
    CHECK_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    deflateEnd(&zlib);
    return PACKED_MOST - zlib.avail_out;
}

static const char *unpack(enum weft_http_coding coding, struct weft_span bytes, size_t piece,
                          const struct weft_decoder_limits *limits)
{
    bool wants_more = true;
    const char *wrong = NULL;
    struct weft_decoder *decoder = weft_decoder_new(coding, limits, weft_heap_alloc());
    CHECK(decoder != NULL);
    unpacked_size = 0;
    for (; bytes.size > 0 && !wrong; bytes = weft_span_skip(bytes, piece)) {
        wrong = weft_decoder_feed(decoder, weft_span_part(bytes, 0, piece), take, &wants_more);
    }
    if (!wrong) wrong = weft_decoder_end(decoder);
    weft_decoder_free(decoder);
    return wrong;
}

TEST(gzip_is_unpacked_at_every_split)
{
    static const size_t pieces[] = {1, 7, 1000, PACKED_MOST};
    for (size_t i = 0; i < PLAIN_SIZE; i++) {
        plain[i] = (uint8_t)(i * i / 77);
    }
    size_t size = pack(plain, PLAIN_SIZE);
    for (size_t i = 0; i < WEFT_COUNT(pieces); i++) {
        struct weft_span bytes = {packed, size};
        CHECK(unpack(WEFT_HTTP_GZIP, bytes, pieces[i], &wide) == NULL);
        CHECK_EQ(unpacked_size, PLAIN_SIZE);
        CHECK(memcmp(plain, unpacked, PLAIN_SIZE) == 0);
    }
}

TEST(what_unpacks_to_too_much_is_refused)
{
    static const struct weft_decoder_limits narrow = {1000, 100};
    memset(plain, 0, PLAIN_SIZE);
    struct weft_span bytes = {packed, pack(plain, PLAIN_SIZE)};
    CHECK(unpack(WEFT_HTTP_GZIP, bytes, bytes.size, &wide) == NULL);
    CHECK(unpack(WEFT_HTTP_GZIP, bytes, bytes.size, &narrow) != NULL);
    CHECK(unpacked_size < PLAIN_SIZE);
}

TEST(what_is_cut_or_no_such_coding_is_told)
{
    static const enum weft_http_coding codings[] = {WEFT_HTTP_GZIP, WEFT_HTTP_BROTLI,
                                                    WEFT_HTTP_ZSTD};
    memset(plain, 'x', PLAIN_SIZE);
    struct weft_span bytes = {packed, pack(plain, PLAIN_SIZE)};
    CHECK(unpack(WEFT_HTTP_GZIP, weft_span_part(bytes, 0, bytes.size - 9), 50, &wide) != NULL);
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        CHECK(unpack(codings[i], WEFT_SPAN("\xff\xff\xff this is none"), 100, &wide) != NULL);
        CHECK(unpack(codings[i], WEFT_SPAN(""), 100, &wide) == NULL); // no content at all
    }
}

TEST(brotli_and_zstd_are_unpacked)
{
    static const uint8_t brotli[] = {0x0b, 0x02, 0x80, 'h', 'e', 'l', 'l', 'o', 0x03};
    static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05, 0x29,
                                   0x00, 0x00, 'h',  'e',  'l',  'l',  'o'};
    CHECK(unpack(WEFT_HTTP_BROTLI, (struct weft_span){brotli, sizeof(brotli)}, 2, &wide) == NULL);
    CHECK_SPAN(((struct weft_span){unpacked, unpacked_size}), "hello");
    CHECK(unpack(WEFT_HTTP_ZSTD, (struct weft_span){zstd, sizeof(zstd)}, 3, &wide) == NULL);
    CHECK_SPAN(((struct weft_span){unpacked, unpacked_size}), "hello");
}
