// process/backoff_test.c
#include "process/backoff.h"

#include "check.h"

TEST(the_first_restart_is_at_once_and_each_next_waits_twice_as_long)
{
    static const uint32_t waits_ms[] = {0, 1000, 2000, 4000, 8000, 16000, 32000, 32000, 32000};
    struct weft_backoff backoff = {0};
    for (size_t i = 0; i < WEFT_COUNT(waits_ms); i++) {
        CHECK_EQ(weft_backoff_next_ms(&backoff, WEFT_BACKOFF_FORGET_MS - 1), waits_ms[i]);
    }
    for (size_t i = 0; i < 100; i++) {
        CHECK_EQ(weft_backoff_next_ms(&backoff, 0), WEFT_BACKOFF_MOST_MS);
    }
}

TEST(who_has_lived_long_begins_a_new_row)
{
    struct weft_backoff backoff = {0};
    (void)weft_backoff_next_ms(&backoff, 0);
    CHECK_EQ(weft_backoff_next_ms(&backoff, 0), 1000);
    CHECK_EQ(weft_backoff_next_ms(&backoff, WEFT_BACKOFF_FORGET_MS), 0);
    CHECK_EQ(weft_backoff_next_ms(&backoff, 0), 1000);
}
