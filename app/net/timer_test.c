// net/timer_test.c
#include "net/timer.h"

#include "check.h"

#include <stdlib.h>

TEST(timers_come_out_in_the_order_in_which_they_are_due)
{
    enum { COUNT = 500 };
    struct weft_timer_heap heap = {0};
    static struct weft_timer timers[COUNT];
    uint64_t state = 7;
    for (size_t i = 0; i < COUNT; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        timers[i] = (struct weft_timer){0};
        CHECK_EQ(weft_timer_heap_set(&heap, &timers[i], state >> 50), 0);
    }
    for (size_t i = 0; i < COUNT; i += 3) { // some move, some go
        CHECK_EQ(weft_timer_heap_set(&heap, &timers[i], timers[i].due_us ^ 0x1fff), 0);
        weft_timer_heap_remove(&heap, &timers[i + 1]);
        weft_timer_heap_remove(&heap, &timers[i + 1]); // once more does nothing
    }

    uint64_t last_us = 0;
    size_t count = 0;
    for (struct weft_timer *first; (first = weft_timer_heap_first(&heap)); count++) {
        CHECK(first->due_us >= last_us);
        last_us = first->due_us;
        weft_timer_heap_remove(&heap, first);
        CHECK_EQ(first->heap_index, 0);
    }
    CHECK_EQ(count, COUNT - (COUNT + 2) / 3);
    weft_timer_heap_deinit(&heap);
}

TEST(a_timer_that_is_set_again_is_in_the_heap_once)
{
    struct weft_timer_heap heap = {0};
    struct weft_timer timer = {0};

    CHECK_EQ(weft_timer_heap_set(&heap, &timer, 5), 0);
    CHECK_EQ(weft_timer_heap_set(&heap, &timer, 9), 0);

    CHECK_EQ(heap.count, 1);
    CHECK_EQ(weft_timer_heap_first(&heap)->due_us, 9);
    weft_timer_heap_deinit(&heap);
}
