// wire/reader_test.c
#include "wire/reader.h"
#include "wire/writer.h"

#include "check.h"

TEST(numbers_are_read_in_network_order)
{
    struct weft_span bytes = BYTES(1, 2, 3, 4, 5, 6, 0xff, 0xff, 0xff, 0xff, 9, 8, 7);
    struct weft_reader in = weft_reader_over(bytes);

    CHECK_EQ(weft_read_u8(&in), 1);
    CHECK_EQ(weft_read_u16(&in), 0x0203);
    CHECK_EQ(weft_read_u24(&in), 0x040506);
    CHECK_EQ(weft_read_u31(&in), 0x7fffffff);
    CHECK_EQ(weft_read_bytes(&in, 1).data[0], 9);
    CHECK_EQ(weft_read_rest(&in).size, 2);
    CHECK(!in.failed);
}

TEST(past_the_end_there_are_zeroes_and_the_reader_has_failed)
{
    struct weft_span bytes = BYTES(0xff, 0xff, 0xff);
    struct weft_reader in = weft_reader_over(bytes);

    CHECK_EQ(weft_read_u32(&in), 0);
    CHECK(in.failed);
    CHECK_EQ(weft_read_u8(&in), 0);
    CHECK_EQ(weft_read_bytes(&in, 0).size, 0);
}

TEST(what_is_written_is_read_again)
{
    uint8_t room[10];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_write_u8(&out, 0x12);
    weft_write_u16(&out, 0x3456);
    weft_write_u24(&out, 0x789abc);
    weft_write_u32(&out, 0xdef01234);
    struct weft_span expected = BYTES(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34);

    CHECK(!out.failed);
    CHECK_SAME(weft_written(&out), expected);
    weft_write_u8(&out, 1);
    CHECK(out.failed);
    CHECK_EQ(weft_writer_size(&out), 10);
}

TEST(decimals_have_no_leading_zero)
{
    uint8_t room[32];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_write_decimal(&out, 0);
    weft_write_u8(&out, ' ');
    weft_write_decimal(&out, UINT64_MAX);
    CHECK_SPAN(weft_written(&out), "0 18446744073709551615");
}
