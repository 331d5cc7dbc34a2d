// h2/flood_rig_test.h: an attack in rounds, and the end that it has to meet.
#ifndef WEFT_H2_FLOOD_RIG_TEST_H
#define WEFT_H2_FLOOD_RIG_TEST_H

#include "h2/flood.h"

#include "h2_frames.h"

enum { ROUNDS = 3000 };

// Feeds what `put` makes, round by round, until the connection fails; the memory has to stay flat.
static inline size_t rounds_until_failed(struct side *side,
                                         void (*put)(struct frames *in, uint32_t round))
{
    size_t most = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        put(&side->in, round);
        bool fed = side_feed(side);
        if (round == 10) most = side->memory.live;
        if (round > 10) CHECK(side->memory.live <= most + 4096);
        if (!fed || weft_h2_is_finished(side->conn)) return round;
    }
    return ROUNDS;
}

static inline void check_calm(struct side *side, const char *reason, uint64_t counter)
{
    CHECK_EQ(weft_h2_last_error(side->conn).code, WEFT_HTTP_ENHANCE_YOUR_CALM);
    CHECK_SAME(weft_span_of(weft_h2_last_error(side->conn).reason), weft_span_of(reason));
    CHECK_EQ(counter, 1);
    struct frame goaway = {0};
    CHECK(side_find_frame(side, GOAWAY, &goaway));
    struct frame later = goaway;
    while (side_find_frame(side, GOAWAY, &later))
        goaway = later;
    CHECK_EQ(frame_u32(&goaway, 4), WEFT_HTTP_ENHANCE_YOUR_CALM);
    CHECK_SAME(weft_span_skip(goaway.payload, 8), weft_span_of(reason));
    side_end(side);
}

#endif
