// h2/late_frames_test.c: what comes for nothing that is there: RFC 9113 §5.1 lets it come, §10.5 lets it be counted.
#include "h2/flood_rig_test.h"

static void put_late_windows(struct frames *in, uint32_t round)
{
    (void)round;
    for (unsigned i = 0; i < 10; i++)
        put_u32_frame(in, WINDOW_UPDATE, 1, 65535);
}

static void put_late_data(struct frames *in, uint32_t round)
{
    static const uint8_t content[300];
    (void)round;
    for (unsigned i = 0; i < 10; i++)
        put_frame(in, DATA, 0, 1, (struct weft_span){content, sizeof(content)});
}

static void put_connect(struct frames *in, uint32_t round)
{
    PUT(in, HEADERS, END_STREAM | END_HEADERS, round * 2 + 1, 0x02, 7, 'C', 'O', 'N', 'N', 'E', 'C',
        'T', 0x01, 3, 'a', ':', '1');
}

// Frames that may have been on their way when their stream ended are free up to a number.
TEST(frames_for_streams_that_are_over_end_at_glitch_burst)
{
    void (*const variants[])(struct frames * in, uint32_t round) = {put_late_windows,
                                                                    put_late_data};
    for (size_t i = 0; i < WEFT_COUNT(variants); i++) {
        struct side *side = side_ready(WEFT_HTTP_SERVER);
        put_post(&side->in, 1);
        CHECK(side_feed(side));
        weft_h2_reset(side->conn, 1, WEFT_HTTP_CANCEL);
        size_t rounds = rounds_until_failed(side, variants[i]);
        CHECK_EQ(rounds, (WEFT_H2_LATE_FRAMES_FREE + side->limits.glitch_burst) / 10);
        check_calm(side, "limit: glitch_burst", side->counters.glitch_burst);
    }
}

TEST(requests_to_connect_end_at_glitch_burst)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    size_t rounds = rounds_until_failed(side, put_connect);
    CHECK_EQ(rounds, side->limits.glitch_burst / WEFT_H2_GLITCH_REFUSED);
    check_calm(side, "limit: glitch_burst", side->counters.glitch_burst);
}
