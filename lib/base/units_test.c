// base/units_test.c
#include "base/units.h"

#include "check.h"

TEST(sizes_are_of_1024)
{
    static const struct {
        const char *text;
        uint64_t size;
    } rows[] = {{"0", 0},
                {"7", 7},
                {"16k", 16384},
                {"16K", 16384},
                {"1M", 1048576},
                {"2g", 2147483648},
                {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint64_t size = 1;
        CHECK(weft_parse_size(weft_span_of(rows[i].text), &size));
        CHECK(size == rows[i].size);
    }
}

TEST(times_have_a_unit_unless_one_is_understood)
{
    static const struct {
        const char *text;
        uint64_t bare_ms;
        uint64_t duration_ms;
    } rows[] = {{"500ms", 0, 500},   {"10s", 0, 10000}, {"5m", 1, 300000},   {"2h", 1, 7200000},
                {"1d", 0, 86400000}, {"0", 0, 0},       {"10", 1000, 10000}, {"10", 1, 10}};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint64_t duration_ms = 1;
        CHECK(weft_parse_duration_ms(weft_span_of(rows[i].text), rows[i].bare_ms, &duration_ms));
        CHECK(duration_ms == rows[i].duration_ms);
    }
}

TEST(what_is_no_number_or_too_large_is_refused)
{
    static const char *const rows[] = {"",
                                       "k",
                                       "-1",
                                       "1 k",
                                       "1kb",
                                       "1.5M",
                                       "0x10",
                                       "18446744073709551616",
                                       "18446744073709551615k",
                                       "s",
                                       "10 s",
                                       "10S",
                                       "99999999999999999999s"};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint64_t value = 7;
        CHECK(!weft_parse_size(weft_span_of(rows[i]), &value));
        CHECK(!weft_parse_duration_ms(weft_span_of(rows[i]), 1, &value));
        CHECK_EQ(value, 7);
    }
    uint64_t value = 7;
    CHECK(!weft_parse_duration_ms(WEFT_SPAN("10"), 0, &value));
    CHECK(!weft_parse_duration_ms(WEFT_SPAN("18446744073709551615"), 1000, &value));
}
