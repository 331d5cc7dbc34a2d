// server/coded_body_test.c
#include "server/coded_body.h"

#include "check.h"

#include <stdlib.h>
#include <zlib.h>

enum { ZEROES = 3 << 20, TEXT = 200000 };

static const struct weft_http_limits limits = {.encoders = 3, .encoder_memory = 700 << 10};

static struct weft_body plain_body(size_t size, bool is_text)
{
    static const uint8_t words[] = "the quick brown fox ";
    uint8_t *bytes = calloc(1, size);
    CHECK(bytes != NULL);
    for (size_t i = 0; is_text && i < size; i++)
        bytes[i] = (uint8_t)((size_t)words[i % 20] + i / 777 % 3);
    return weft_body_of_owned(bytes, size);
}

// Takes a gzip member apart; returns the bytes inside, all of which are what plain_body() has.
static size_t gunzip(const uint8_t *coded, size_t coded_size, size_t size, bool is_text)
{
    struct weft_body like = plain_body(size, is_text);
    uint8_t *out = malloc(size + 1);
    z_stream zlib = {.next_in = (z_const Bytef *)coded,
                     .avail_in = (uInt)coded_size,
                     .next_out = out,
                     .avail_out = (uInt)size + 1};
    CHECK_EQ(inflateInit2(&zlib, 15 + 16), Z_OK);
    CHECK_EQ(inflate(&zlib, Z_FINISH), Z_STREAM_END);
    CHECK_EQ(zlib.avail_in, 0);
    size_t made = zlib.total_out;
    inflateEnd(&zlib);
    CHECK_EQ(made, size);
    CHECK(memcmp(out, like.bytes, size) == 0);
    free(out);
    weft_body_close(&like);
    return made;
}

static void read_in_rooms(size_t size, bool is_text, size_t room)
{
    struct weft_coding_ledger ledger = {.limits = &limits};
    struct weft_body plain = plain_body(size, is_text);
    struct weft_body body = weft_body_coded(&plain, WEFT_HTTP_GZIP, size, &ledger);
    uint8_t *coded = malloc(size + 1000);
    size_t coded_size = 0;
    bool ends = false;
    CHECK(body.kind != NULL);
    CHECK_EQ(ledger.count, 1);
    while (!ends) {
        CHECK(coded_size + room <= size + 1000);
        ssize_t got = weft_body_read(&body, coded + coded_size, room, &ends);
        CHECK(got > 0 || ends); // nothing that does not end would make the stream wait for ever
        coded_size += (size_t)got;
    }
    (void)gunzip(coded, coded_size, size, is_text);
    weft_body_close(&body);
    CHECK_EQ(ledger.count, 0);
    free(coded);
}

TEST(content_comes_coded_in_rooms_of_any_size)
{
    read_in_rooms(TEXT, true, 16384);
    read_in_rooms(TEXT, true, 1);
    read_in_rooms(TEXT, true, 63);
    read_in_rooms(ZEROES, false, 65536); // a slice of it gives next to nothing
    read_in_rooms(ZEROES, false, 5);
}

TEST(encoders_are_bounded_for_a_thread_and_for_a_connection)
{
    struct weft_http_limit_counters counters = {0};
    size_t held[2] = {0, 0};
    struct weft_coding_ledger ledger = {.limits = &limits, .counters = &counters};
    struct weft_body bodies[3];
    for (size_t i = 0; i < 2; i++) {
        struct weft_body plain = plain_body(10, true);
        ledger.client_held = &held[0];
        CHECK(weft_coding_has_room(&ledger, WEFT_HTTP_GZIP));
        bodies[i] = weft_body_coded(&plain, WEFT_HTTP_GZIP, 10, &ledger);
    }
    CHECK_EQ(held[0], 2 * weft_encoder_fast_memory(WEFT_HTTP_GZIP));
    CHECK(!weft_coding_has_room(&ledger, WEFT_HTTP_GZIP)); // this connection has its share
    CHECK_EQ(counters.encoder_memory, 1);
    ledger.client_held = &held[1];
    CHECK(weft_coding_has_room(&ledger, WEFT_HTTP_GZIP));
    struct weft_body plain = plain_body(10, true);
    bodies[2] = weft_body_coded(&plain, WEFT_HTTP_GZIP, 10, &ledger);
    size_t other = 0;
    ledger.client_held = &other;
    CHECK(!weft_coding_has_room(&ledger, WEFT_HTTP_GZIP)); // nor has the thread more
    CHECK_EQ(counters.encoders, 1);
    for (size_t i = 0; i < 3; i++)
        weft_body_close(&bodies[i]);
    CHECK_EQ(ledger.count, 0);
    CHECK_EQ(held[0] + held[1], 0);
}
