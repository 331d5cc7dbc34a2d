#include "wire/hex.h"

#include "check.h"

TEST(every_byte_is_written_and_read_again)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t room[2];
        struct weft_writer out = weft_writer_over(room, sizeof(room));
        weft_write_hex_byte(&out, (uint8_t)byte);
        CHECK(!out.failed);
        CHECK_EQ(weft_hex_value(room[0]) * 16 + weft_hex_value(room[1]), (int)byte);
    }
}

TEST(only_digits_have_a_value)
{
    unsigned digits = 0;
    for (unsigned byte = 0; byte < 256; byte++)
        digits += weft_hex_value((uint8_t)byte) >= 0;
    CHECK_EQ(digits, 22);
    CHECK_EQ(weft_hex_value('A'), 10);
    CHECK_EQ(weft_hex_value('f'), 15);
    CHECK_EQ(weft_hex_value('@'), -1);
    CHECK_EQ(weft_hex_value('g'), -1);
    CHECK_EQ(weft_hex_value(0x10), -1); // what '0' would be without its bit of case
}
