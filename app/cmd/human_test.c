#include "check.h"

#include "cmd/human.h"

#include <string.h>

static bool is(struct weft_human human, const char *text)
{
    return strcmp(human.text, text) == 0;
}

TEST(human_counts_have_commas)
{
    CHECK(is(weft_human_count(0), "0"));
    CHECK(is(weft_human_count(999), "999"));
    CHECK(is(weft_human_count(1000), "1,000"));
    CHECK(is(weft_human_count(1234567), "1,234,567"));
    CHECK(is(weft_human_count(UINT64_MAX), "18,446,744,073,709,551,615"));
}

TEST(human_times_have_three_figures_and_their_unit)
{
    CHECK(is(weft_human_time(87), "87 us"));
    CHECK(is(weft_human_time(999.6), "1.00 ms"));
    CHECK(is(weft_human_time(12345), "12.3 ms"));
    CHECK(is(weft_human_time(999600), "1.00 s"));
    CHECK(is(weft_human_time(61e6), "61.0 s"));
    CHECK(is(weft_human_time(125e6), "2 min 5 s"));
}

TEST(human_bytes_go_by_thousands)
{
    CHECK(is(weft_human_bytes(0), "0 B"));
    CHECK(is(weft_human_bytes(999), "999 B"));
    CHECK(is(weft_human_bytes(1000), "1.00 KB"));
    CHECK(is(weft_human_bytes(123456789), "123 MB"));
}

TEST(human_rates_are_whole_where_they_are_large)
{
    CHECK(is(weft_human_rate(0.5), "0.50"));
    CHECK(is(weft_human_rate(212345.4), "212,345"));
}
