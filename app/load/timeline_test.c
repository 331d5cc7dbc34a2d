#include "check.h"

#include "load/timeline.h"
#include "net/memory.h"

#define SECOND_US ((uint64_t)1000000)

static struct weft_timeline new_timeline(void)
{
    struct weft_timeline timeline;
    CHECK(weft_timeline_init(&timeline, 5 * SECOND_US, weft_heap_alloc()));
    return timeline;
}

TEST(timeline_has_a_slot_for_each_second)
{
    struct weft_timeline timeline = new_timeline();

    weft_timeline_finish(&timeline, 5 * SECOND_US, 100);
    weft_timeline_finish(&timeline, 6 * SECOND_US - 1, 300);
    weft_timeline_fail(&timeline, 8 * SECOND_US);

    CHECK_EQ(timeline.count, 4);
    CHECK_EQ(timeline.slots[0].finished, 2);
    CHECK(weft_histogram_percentile(&timeline.slots[0].latency, 50) >= 100);
    CHECK_EQ(timeline.slots[1].finished, 0);
    CHECK_EQ(timeline.slots[3].failed, 1);
    weft_timeline_deinit(&timeline);
}

TEST(timeline_of_a_long_run_has_wider_slots_and_loses_nothing)
{
    struct weft_timeline timeline = new_timeline();
    uint64_t finished = 0;
    uint64_t latencies = 0;

    for (uint64_t second = 0; second < 5000; second++) {
        weft_timeline_finish(&timeline, (5 + second) * SECOND_US, second);
    }

    CHECK_EQ(timeline.width_us, 8 * SECOND_US);
    CHECK_EQ(timeline.count, 625);
    for (size_t i = 0; i < timeline.count; i++) {
        finished += timeline.slots[i].finished;
        latencies += timeline.slots[i].latency.count;
        CHECK_EQ(timeline.slots[i].latency.most, 8 * i + 7);
    }
    CHECK_EQ(finished, 5000);
    CHECK_EQ(latencies, 5000);
    weft_timeline_deinit(&timeline);
}

TEST(timelines_of_two_threads_join_whatever_their_widths)
{
    struct weft_timeline one = new_timeline();
    struct weft_timeline two = new_timeline();

    weft_timeline_finish(&one, 6 * SECOND_US, 10);
    weft_timeline_finish(&two, 6 * SECOND_US, 20);
    weft_timeline_fail(&two, 1500 * SECOND_US);
    weft_timeline_add(&one, &two);

    CHECK_EQ(one.width_us, 2 * SECOND_US);
    CHECK_EQ(one.slots[0].finished, 2);
    CHECK_EQ(one.slots[0].latency.most, 20);
    CHECK_EQ(one.slots[747].failed, 1);
    weft_timeline_deinit(&one);
    weft_timeline_deinit(&two);
}
