// h2/flow_test.c: windows. RFC 9113 §6.9.
#include "h2/flow.h"

#include "check.h"

// RFC 9113 §6.9.1 (H2-23): no window passes 2^31-1.
TEST(window_stays_as_it_was_when_it_would_pass_its_limit)
{
    struct weft_h2_send_window window = {.available = 1};

    CHECK(!weft_h2_send_window_move(&window, INT32_MAX));
    CHECK_EQ(window.available, 1);
    CHECK(weft_h2_send_window_move(&window, INT32_MAX - 1));
    CHECK_EQ(window.available, INT32_MAX);
}

// RFC 9113 §6.9.2 (H2-24)
TEST(window_goes_below_zero_by_settings_and_comes_back)
{
    struct weft_h2_send_window window = {.available = 10};

    CHECK(weft_h2_send_window_move(&window, -INT64_C(65535)));
    CHECK_EQ(window.available, -65525);
    CHECK(weft_h2_send_window_move(&window, 65526));
    CHECK_EQ(window.available, 1);
}

// RFC 9113 §6.9.1 (H2-24)
TEST(nobody_may_send_more_than_the_receive_window)
{
    struct weft_h2_receive_window window;
    weft_h2_receive_window_init(&window, 100, 100, 0);

    CHECK(weft_h2_receive_window_take(&window, 100));
    CHECK(!weft_h2_receive_window_take(&window, 1));
    CHECK(weft_h2_receive_window_take(&window, 0));
    window.available = -5; // a smaller SETTINGS
    CHECK(!weft_h2_receive_window_take(&window, 0));
}

TEST(updates_are_gathered_to_half_a_window)
{
    struct weft_h2_receive_window window;
    weft_h2_receive_window_init(&window, 100, 100, 0);
    CHECK(weft_h2_receive_window_take(&window, 100));

    CHECK_EQ(weft_h2_receive_window_consume(&window, 49, 1, true, 1), 0);
    CHECK_EQ(weft_h2_receive_window_consume(&window, 1, 1, true, 1), 50);
    CHECK_EQ(weft_h2_receive_window_consume(&window, 1000, 1, true, 1), 50); // cut to what came
    CHECK_EQ(window.available, 100);
    CHECK_EQ(window.outstanding, 0);
}

// Bytes pass through at `us_per_window` for a whole window.
static uint32_t size_after(uint64_t us_per_window, uint64_t round_trip_us, bool knows)
{
    struct weft_h2_receive_window window;
    uint64_t now_us = 0;
    weft_h2_receive_window_init(&window, 1000, 64000, 0);
    for (int i = 0; i < 20; i++) {
        uint32_t size = (uint32_t)window.available;
        CHECK(weft_h2_receive_window_take(&window, size));
        now_us += us_per_window;
        weft_h2_receive_window_consume(&window, size, now_us, knows, round_trip_us);
        CHECK(window.available <= 64000);
        CHECK_EQ(window.available + window.outstanding + window.unannounced, window.size);
    }
    return window.size;
}

TEST(a_window_that_holds_the_peer_back_grows_to_its_bound)
{
    CHECK_EQ(size_after(1000, 1000, true), 64000);
    CHECK_EQ(size_after(10000, 1000, true), 1000); // the path is not what is slow
    CHECK_EQ(size_after(1000, 0, false), 1000);    // no round trip was seen yet
}

TEST(windows_start_within_their_bounds)
{
    struct weft_h2_receive_window window;
    weft_h2_receive_window_init(&window, UINT32_MAX, 5, 0);
    CHECK_EQ(window.size, INT32_MAX);
    CHECK_EQ(window.most, INT32_MAX);
}
