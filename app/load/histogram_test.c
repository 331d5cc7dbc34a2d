#include "check.h"

#include "load/histogram.h"
#include "net/memory.h"

static struct weft_histogram new_histogram(unsigned bits)
{
    struct weft_histogram histogram;
    CHECK(weft_histogram_init(&histogram, bits, weft_heap_alloc()));
    return histogram;
}

TEST(histogram_of_nothing_says_zero)
{
    struct weft_histogram histogram = new_histogram(WEFT_HISTOGRAM_FINE);

    CHECK_EQ(weft_histogram_percentile(&histogram, 50), 0);
    CHECK_EQ(weft_histogram_percentile(&histogram, 100), 0);
    CHECK(weft_histogram_mean(&histogram) == 0);
    weft_histogram_deinit(&histogram);
}

TEST(histogram_is_exact_for_small_values)
{
    struct weft_histogram histogram = new_histogram(WEFT_HISTOGRAM_FINE);

    for (uint64_t value = 1; value <= 1000; value++) {
        weft_histogram_record(&histogram, value);
    }

    CHECK_EQ(weft_histogram_percentile(&histogram, 50), 500);
    CHECK_EQ(weft_histogram_percentile(&histogram, 99), 990);
    CHECK_EQ(weft_histogram_percentile(&histogram, 99.9), 999);
    CHECK_EQ(weft_histogram_percentile(&histogram, 100), 1000);
    CHECK_EQ(weft_histogram_percentile(&histogram, 0), 1);
    CHECK_EQ(histogram.least, 1);
    CHECK_EQ(histogram.most, 1000);
    CHECK(weft_histogram_mean(&histogram) == 500.5);
    weft_histogram_deinit(&histogram);
}

// Whatever the value, what is told of it is off by less than a 1,024th, and never too small.
TEST(histogram_keeps_its_precision_over_the_whole_range)
{
    for (uint64_t value = 1; value < (uint64_t)1 << 35; value = value * 9 / 8 + 1) {
        struct weft_histogram histogram = new_histogram(WEFT_HISTOGRAM_FINE);
        weft_histogram_record(&histogram, value);
        weft_histogram_record(&histogram, UINT64_MAX / 4);
        uint64_t told = weft_histogram_percentile(&histogram, 50);
        CHECK(told >= value);
        CHECK(told - value <= value / 1024);
        weft_histogram_deinit(&histogram);
    }
}

TEST(histogram_slots_lie_side_by_side)
{
    struct weft_histogram histogram = new_histogram(WEFT_HISTOGRAM_COARSE);
    uint64_t before = 0;

    for (uint64_t value = 1; value < 100000; value++) {
        weft_histogram_record(&histogram, value);
        uint64_t told = weft_histogram_percentile(&histogram, 100.0 * (double)value / 99999);
        CHECK(told >= before);
        before = told;
    }

    CHECK_EQ(weft_histogram_between(&histogram, 0, UINT64_MAX), 99999);
    CHECK_EQ(weft_histogram_between(&histogram, 0, 31) +
                 weft_histogram_between(&histogram, 32, UINT64_MAX),
             99999);
    weft_histogram_deinit(&histogram);
}

TEST(histogram_joined_is_as_if_recorded_at_once)
{
    struct weft_histogram one = new_histogram(WEFT_HISTOGRAM_FINE);
    struct weft_histogram two = new_histogram(WEFT_HISTOGRAM_FINE);
    struct weft_histogram both = new_histogram(WEFT_HISTOGRAM_FINE);

    for (uint64_t value = 7; value < 9000000; value = value * 5 / 4 + 3) {
        weft_histogram_record(value % 2 ? &one : &two, value);
        weft_histogram_record(&both, value);
    }
    weft_histogram_add(&one, &two);

    for (unsigned half = 0; half <= 200; half++) {
        double percent = half / 2.0;
        CHECK_EQ(weft_histogram_percentile(&one, percent),
                 weft_histogram_percentile(&both, percent));
    }
    CHECK_EQ(one.count, both.count);
    CHECK_EQ(one.sum, both.sum);
    CHECK_EQ(one.least, both.least);
    CHECK_EQ(one.most, both.most);
    weft_histogram_deinit(&one);
    weft_histogram_deinit(&two);
    weft_histogram_deinit(&both);
}

TEST(histogram_takes_values_beyond_its_range)
{
    struct weft_histogram histogram = new_histogram(WEFT_HISTOGRAM_FINE);

    weft_histogram_record(&histogram, UINT64_MAX);
    weft_histogram_record(&histogram, 5);

    CHECK_EQ(weft_histogram_percentile(&histogram, 100), UINT64_MAX);
    CHECK_EQ(weft_histogram_percentile(&histogram, 50), 5);
    weft_histogram_deinit(&histogram);
}
