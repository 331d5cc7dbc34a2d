// http/scheduler_test.c: RFC 9218 §10.
#include "http/scheduler.h"

#include "check.h"

enum { COUNT = 16 };

static struct weft_http_scheduler scheduler;
static struct weft_http_scheduled streams[COUNT];

static void begin(bool is_fair)
{
    weft_http_scheduler_init(&scheduler, is_fair);
}

static void add(size_t i, uint8_t urgency, bool incremental)
{
    struct weft_http_priority priority = {urgency, incremental};
    weft_http_scheduled_init(&streams[i], i, priority);
    weft_http_scheduler_ready(&scheduler, &streams[i]);
}

// The ids of the next turns as text, each turn of 1,000 bytes.
static struct weft_span turns(size_t count)
{
    static char text[64];
    for (size_t i = 0; i < count; i++) {
        struct weft_http_scheduled *next = weft_http_scheduler_pick(&scheduler, NULL);
        text[i] = '-';
        if (next) text[i] = "0123456789"[next->stream_id % 10];
        if (next) weft_http_scheduler_charge(&scheduler, next, 1000);
    }
    return (struct weft_span){(const uint8_t *)text, count};
}

// RFC 9218 §10 (PR-09)
TEST(the_most_urgent_goes_first_and_until_it_is_done)
{
    begin(false);
    add(1, 5, false);
    add(2, 3, false);
    add(3, 0, false);
    CHECK_SPAN(turns(3), "333");
    weft_http_scheduler_block(&scheduler, &streams[3]);
    CHECK_SPAN(turns(3), "222");
    weft_http_scheduler_block(&scheduler, &streams[2]);
    CHECK_SPAN(turns(2), "11");
    weft_http_scheduler_block(&scheduler, &streams[1]);
    CHECK_SPAN(turns(1), "-");
}

// RFC 9218 §10 (PR-09)
TEST(equals_go_in_stream_order_unless_they_are_incremental)
{
    begin(false);
    add(4, 3, false);
    add(2, 3, false); // becomes ready later, and goes first
    add(3, 3, false);
    CHECK_SPAN(turns(3), "222");
    begin(false);
    add(1, 3, true);
    add(2, 3, true);
    add(3, 3, true);
    CHECK_SPAN(turns(7), "1231231");
    begin(false);
    add(1, 3, false);
    add(2, 3, true);
    add(3, 3, true);
    add(4, 3, false);
    CHECK_SPAN(turns(6), "121312");
}

// A client that does not know priorities gets fair shares, until it shows that it does.
TEST(equals_share_while_the_client_is_not_known_to_know)
{
    begin(true);
    add(1, 3, false);
    add(2, 3, true);
    CHECK_SPAN(turns(33), "111111111111111111111111111111111"); // its first 32 KB
    CHECK_SPAN(turns(33), "222222222222222222222222222222222");
    CHECK_SPAN(turns(4), "1212");
    add(3, 3, false); // small ones do not wait for what is large
    CHECK_SPAN(turns(3), "333");
    weft_http_scheduler_block(&scheduler, &streams[3]);
    CHECK_SPAN(turns(4), "1212");
    weft_http_scheduler_set_priority(&scheduler, &streams[2],
                                     (struct weft_http_priority){3, false});
    weft_http_scheduler_set_fair(&scheduler, false);
    CHECK_SPAN(turns(3), "111");
    weft_http_scheduler_set_fair(&scheduler, false);
    CHECK_SPAN(turns(2), "11");
}

// RFC 9218 §10 (PR-09): nothing starves
TEST(the_least_urgent_keeps_a_floor)
{
    begin(false);
    add(1, 0, false);
    add(7, 7, false);
    add(8, 7, false);
    size_t count[COUNT] = {0};
    enum weft_http_turn_reason reason;
    for (size_t i = 0; i < 1000; i++) {
        struct weft_http_scheduled *next = weft_http_scheduler_pick(&scheduler, &reason);
        if (next->stream_id != 1) CHECK_EQ(reason, WEFT_HTTP_TURN_FLOOR);
        count[next->stream_id]++;
        weft_http_scheduler_charge(&scheduler, next, 16384);
    }
    CHECK(count[1] > 900);
    CHECK(count[7] > 10 && count[8] > 10);
}

// RFC 9218 §6, §7
TEST(a_new_priority_takes_effect_at_once)
{
    begin(false);
    add(1, 3, false);
    add(2, 3, false);
    weft_http_scheduler_set_priority(&scheduler, &streams[2],
                                     (struct weft_http_priority){0, false});
    CHECK_SPAN(turns(2), "22");
    weft_http_scheduler_set_priority(&scheduler, &streams[2], (struct weft_http_priority){7, true});
    CHECK_SPAN(turns(2), "11");
    weft_http_scheduler_block(&scheduler, &streams[1]);
    weft_http_scheduler_block(&scheduler, &streams[1]);
    weft_http_scheduler_set_priority(&scheduler, &streams[1],
                                     (struct weft_http_priority){0, false});
    CHECK_SPAN(turns(2), "22"); // one that is not ready stays so
    weft_http_scheduler_charge(&scheduler, &streams[1], 1000);
    CHECK(!weft_http_scheduled_is_ready(&streams[1]));
}

// What is of use only when whole does not share, though it is called incremental.
TEST(what_is_of_use_only_when_whole_goes_in_order)
{
    begin(false);
    add(1, 3, true);
    add(2, 3, true);
    add(3, 3, true);
    add(4, 3, true);
    CHECK_SPAN(turns(4), "1234");
    weft_http_scheduler_set_whole(&scheduler, &streams[4], true);
    weft_http_scheduler_set_whole(&scheduler, &streams[2], true);
    CHECK_SPAN(turns(4), "2222"); // ahead of those that share, not beside them
    enum weft_http_turn_reason reason;
    weft_http_scheduler_block(&scheduler, &streams[1]);
    weft_http_scheduler_block(&scheduler, &streams[3]);
    CHECK_SPAN(turns(3), "222");
    CHECK_EQ(weft_http_scheduler_pick(&scheduler, &reason)->stream_id, 2);
    CHECK_EQ(reason, WEFT_HTTP_TURN_WHOLE);
    weft_http_scheduler_set_priority(&scheduler, &streams[2],
                                     (struct weft_http_priority){3, false});
    (void)weft_http_scheduler_pick(&scheduler, &reason);
    CHECK_EQ(reason, WEFT_HTTP_TURN_ORDER); // as it was said itself
    weft_http_scheduler_set_whole(&scheduler, &streams[2], false);
    weft_http_scheduler_set_whole(&scheduler, &streams[4], false);
    weft_http_scheduler_set_priority(&scheduler, &streams[2], (struct weft_http_priority){3, true});
    CHECK_SPAN(turns(4), "4242");
}

// The last turn of a stream counts as any other; then it is ready no more.
TEST(a_last_turn_counts_and_blocks)
{
    begin(false);
    add(1, 3, false);
    add(2, 3, true);
    CHECK_SPAN(turns(2), "12");
    weft_http_scheduler_charge_last(&scheduler, &streams[1], 1000);
    CHECK(!weft_http_scheduled_is_ready(&streams[1]));
    add(3, 3, false);
    CHECK_SPAN(turns(2), "23"); // those that share were next

    size_t floor_size = scheduler.floor_size;
    weft_http_scheduler_charge_last(&scheduler, &streams[2], 1000);
    CHECK_EQ(scheduler.floor_size, floor_size + 1000);
    weft_http_scheduler_charge_last(&scheduler, &streams[2], 1000);
    CHECK_EQ(scheduler.floor_size, floor_size + 1000); // it was not ready
    CHECK_SPAN(turns(1), "3");
}
