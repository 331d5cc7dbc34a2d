// wire/queue_test.c
#include "wire/queue.h"

#include "check.h"
#include "counting_alloc.h"

TEST(bytes_leave_in_the_order_they_came)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_queue queue;
    weft_queue_init(&queue, &alloc);
    uint8_t next_in = 0;
    uint8_t next_out = 0;

    for (size_t round = 0; round < 2000; round++) {
        uint8_t *room = weft_queue_room(&queue, 37);
        CHECK(room != NULL);
        for (size_t i = 0; i < 37; i++)
            room[i] = next_in++;
        weft_queue_add_room(&queue, 37);
        struct weft_span waiting = weft_queue_bytes(&queue);
        size_t leaving = waiting.size < 31 ? waiting.size : 31 + round % 10;
        for (size_t i = 0; i < leaving; i++)
            CHECK_EQ(waiting.data[i], next_out++);
        weft_queue_drop(&queue, leaving);
    }
    weft_queue_deinit(&queue);
    CHECK_EQ(counts.live, 0);
}

TEST(an_empty_queue_gives_its_memory_back)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_queue queue;
    weft_queue_init(&queue, &alloc);
    CHECK_EQ(weft_queue_add(&queue, WEFT_SPAN("abc")), WEFT_OK);
    weft_queue_trim(&queue);
    CHECK_SPAN(weft_queue_bytes(&queue), "abc");
    weft_queue_drop(&queue, 3);
    weft_queue_trim(&queue);
    CHECK_EQ(counts.live, 0);
    CHECK(weft_queue_room(&queue, SIZE_MAX) == NULL);
}

TEST(without_memory_a_queue_stays_as_it_was)
{
    struct test_alloc counts = {.fail_at = 2};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_queue queue;
    weft_queue_init(&queue, &alloc);
    CHECK_EQ(weft_queue_add(&queue, WEFT_SPAN("abc")), WEFT_OK);
    CHECK(weft_queue_room(&queue, 4096) == NULL);
    CHECK_SPAN(weft_queue_bytes(&queue), "abc");
    weft_queue_deinit(&queue);
}
