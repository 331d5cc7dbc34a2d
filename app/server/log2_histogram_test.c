// server/log2_histogram_test.c
#include "server/log2_histogram.h"

#include "check.h"

TEST(a_bound_is_the_last_time_of_its_bucket)
{
    CHECK_EQ(weft_log2_bucket(0), 0);
    CHECK_EQ(weft_log2_bound_us(0), 64);
    CHECK_EQ(weft_log2_bound_us(WEFT_LOG2_BOUNDS - 1), 67108864);
    for (size_t i = 0; i < WEFT_LOG2_BOUNDS; i++) {
        CHECK_EQ(weft_log2_bucket(weft_log2_bound_us(i)), i);
        CHECK_EQ(weft_log2_bucket(weft_log2_bound_us(i) + 1), i + 1);
    }
    CHECK_EQ(weft_log2_bucket(UINT64_MAX), WEFT_LOG2_BUCKETS - 1);
}

TEST(times_are_counted_and_summed)
{
    struct weft_log2_histogram histogram = {0};
    weft_log2_add(&histogram, 10);
    weft_log2_add(&histogram, 64);
    weft_log2_add(&histogram, 65);
    weft_log2_add(&histogram, 1000000000);
    CHECK_EQ(histogram.counts[0], 2);
    CHECK_EQ(histogram.counts[1], 1);
    CHECK_EQ(histogram.counts[WEFT_LOG2_BOUNDS], 1);
    CHECK_EQ(histogram.sum_us, 1000000139);
}
