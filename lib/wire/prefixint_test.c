// wire/prefixint_test.c
#include "wire/prefixint.h"

#include "check.h"

// RFC 7541, Appendix C.1.
TEST(integers_of_the_rfc_are_written_and_read)
{
    const struct {
        unsigned prefix_bits;
        uint32_t value;
        struct weft_span bytes;
    } rows[] = {
        {5, 10, BYTES(0x0a)},        {5, 1337, BYTES(0x1f, 0x9a, 0x0a)},
        {8, 42, BYTES(0x2a)},        {5, 31, BYTES(0x1f, 0x00)},
        {7, 127, BYTES(0x7f, 0x00)}, {1, UINT32_MAX, BYTES(0x01, 0xfe, 0xff, 0xff, 0xff, 0x0f)},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint8_t room[WEFT_PREFIXINT_MOST];
        struct weft_writer out = weft_writer_over(room, sizeof(room));
        weft_write_prefixint(&out, rows[i].prefix_bits, 0, rows[i].value);
        CHECK(!out.failed);
        CHECK_SAME(weft_written(&out), rows[i].bytes);
        CHECK_EQ(weft_prefixint_size(rows[i].prefix_bits, rows[i].value), rows[i].bytes.size);

        struct weft_reader in = weft_reader_over(rows[i].bytes);
        CHECK_EQ(weft_read_prefixint(&in, rows[i].prefix_bits), rows[i].value);
        CHECK(!in.failed && weft_reader_left(&in) == 0);
    }
}

// RFC 7541 §5.1: integers beyond the limit, by value or by length, are errors.
TEST(integers_out_of_range_or_cut_short_fail)
{
    const struct weft_span rows[] = {
        BYTES(0x1f),
        BYTES(0x1f, 0x80),
        BYTES(0x1f, 0xff, 0xff, 0xff, 0xff, 0x0f),
        BYTES(0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00),
        BYTES(0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00),
        {NULL, 0},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_reader in = weft_reader_over(rows[i]);
        CHECK_EQ(weft_read_prefixint(&in, 5), 0);
        CHECK(in.failed);
    }
}

TEST(every_prefix_carries_every_size_of_value)
{
    for (unsigned bits = 1; bits <= 8; bits++) {
        for (uint64_t value = 0; value <= UINT32_MAX; value = value * 3 + 1) {
            uint8_t room[WEFT_PREFIXINT_MOST];
            struct weft_writer out = weft_writer_over(room, sizeof(room));
            weft_write_prefixint(&out, bits, 0, (uint32_t)value);
            CHECK_EQ(weft_prefixint_size(bits, (uint32_t)value), weft_writer_size(&out));
            struct weft_reader in = weft_reader_over(weft_written(&out));
            CHECK_EQ(weft_read_prefixint(&in, bits), value);
            CHECK(!in.failed && !out.failed);
        }
    }
}

TEST(integers_without_room_are_not_written)
{
    const uint32_t values[] = {10, 31, UINT32_MAX};
    for (size_t i = 0; i < WEFT_COUNT(values); i++) {
        uint8_t room[WEFT_PREFIXINT_MOST] = {0};
        struct weft_writer out = weft_writer_over(room, i);
        weft_write_prefixint(&out, 5, 0, values[i]);
        CHECK(out.failed && weft_writer_size(&out) <= i && room[i] == 0);
        weft_write_prefixint(&out, 5, 0, 1); // it stays so
        CHECK(out.failed && room[i] == 0);
    }
}
