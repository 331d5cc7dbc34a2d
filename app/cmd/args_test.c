// cmd/args_test.c
#include "cmd/args.h"

#include "check.h"

TEST(numbers_are_whole_and_within_bounds)
{
    uint64_t number = 0;
    CHECK(weft_args_number("64", 1, 64, &number));
    CHECK_EQ(number, 64);
    static const char *const wrong[] = {"0",  "65", "",   "-1",  "+1",
                                        " 1", "1 ", "1x", "0x1", "99999999999999999999"};
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        CHECK(!weft_args_number(wrong[i], 1, 64, &number));
    }
}

TEST(sizes_and_times_have_units)
{
    uint64_t value = 0;
    CHECK(weft_args_size("64M", &value) && value == 64 << 20);
    CHECK(weft_args_size("512k", &value) && value == 512 << 10);
    CHECK(weft_args_size("2G", &value) && value == 2ULL << 30);
    CHECK(weft_args_size("17", &value) && value == 17);
    CHECK(!weft_args_size("1T", &value));
    CHECK(!weft_args_size("M", &value));
    CHECK(!weft_args_size("-1M", &value));
    CHECK(!weft_args_size("99999999999999G", &value));
    CHECK(weft_args_duration_ms("500ms", &value) && value == 500);
    CHECK(weft_args_duration_ms("30", &value) && value == 30000);
    CHECK(weft_args_duration_ms("5m", &value) && value == 300000);
    CHECK(weft_args_duration_ms("1h", &value) && value == 3600000);
    CHECK(!weft_args_duration_ms("1w", &value));
}
