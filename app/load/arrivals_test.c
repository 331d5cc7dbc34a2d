#include "check.h"

#include "load/arrivals.h"

#include <math.h>

TEST(arrivals_of_a_constant_rate_keep_it_exactly)
{
    struct weft_arrivals arrivals;
    weft_arrivals_init(&arrivals, 3, false, 1000000, 0);

    CHECK_EQ(weft_arrivals_next_us(&arrivals), 1000000);
    for (size_t i = 0; i < 3000000; i++) {
        weft_arrivals_advance(&arrivals);
    }

    CHECK_EQ(weft_arrivals_next_us(&arrivals), (uint64_t)1000000 + (uint64_t)1000000 * 1000000);
}

TEST(arrivals_never_go_back)
{
    struct weft_arrivals arrivals;
    weft_arrivals_init(&arrivals, 700000, true, 5, 42);
    uint64_t before = 5;

    for (size_t i = 0; i < 100000; i++) {
        CHECK(weft_arrivals_next_us(&arrivals) >= before);
        before = weft_arrivals_next_us(&arrivals);
        weft_arrivals_advance(&arrivals);
    }
}

// An exponential distribution has its mean as its deviation, and 1 - 1/e of it below the mean.
TEST(arrivals_of_a_poisson_process_have_exponential_gaps)
{
    enum { COUNT = 200000 };
    struct weft_arrivals arrivals;
    weft_arrivals_init(&arrivals, 100, true, 0, 7);
    double before = arrivals.start_us;
    double sum = 0;
    double squares = 0;
    size_t short_count = 0;

    for (size_t i = 0; i < COUNT; i++) {
        double gap = arrivals.next_us - before;
        before = arrivals.next_us;
        sum += gap;
        squares += gap * gap;
        if (gap < 10000) short_count++;
        weft_arrivals_advance(&arrivals);
    }

    double mean = sum / COUNT;
    double deviation = sqrt(squares / COUNT - mean * mean);
    CHECK(fabs(mean - 10000) < 100);
    CHECK(fabs(deviation - 10000) < 200);
    CHECK(fabs((double)short_count / COUNT - 0.632) < 0.005);
}

TEST(arrivals_of_the_same_seed_are_the_same)
{
    struct weft_arrivals one;
    struct weft_arrivals two;
    struct weft_arrivals other;
    weft_arrivals_init(&one, 50, true, 0, 1);
    weft_arrivals_init(&two, 50, true, 0, 1);
    weft_arrivals_init(&other, 50, true, 0, 2);

    CHECK_EQ(weft_arrivals_next_us(&one), weft_arrivals_next_us(&two));
    CHECK(weft_arrivals_next_us(&one) != weft_arrivals_next_us(&other));
}
