// h2/flood.h: how much odd or costly behaviour a peer may show (RFC 9113 §10.5). Runs on both roles, and
// goes on after GOAWAY.
#ifndef WEFT_H2_FLOOD_H
#define WEFT_H2_FLOOD_H

#include "h2/error.h"
#include "http/limits.h"

/** One token bucket each; the limits `..._burst` and `..._rate`. */
enum weft_h2_flood_kind {
    WEFT_H2_FLOOD_RESET,
    WEFT_H2_FLOOD_SETTINGS,
    WEFT_H2_FLOOD_PING,
    WEFT_H2_FLOOD_PRIORITY,
    WEFT_H2_FLOOD_GLITCH,
    WEFT_H2_FLOOD_KINDS,
};

/** What odd but legal behaviour costs, in points of the glitch bucket. */
enum weft_h2_glitch {
    WEFT_H2_GLITCH_UNKNOWN_FRAME = 1,
    WEFT_H2_GLITCH_TINY_WINDOW = 1,
    WEFT_H2_GLITCH_LATE_FRAME = 1, // on a stream that is long over
    WEFT_H2_GLITCH_EMPTY_FRAME = 10,
    WEFT_H2_GLITCH_REPEATED_GOAWAY = 10,
    WEFT_H2_GLITCH_PADDING = 1,        // more padding than content
    WEFT_H2_GLITCH_REFUSED = 5,        // a stream above our limit
    WEFT_H2_GLITCH_LARGE_SECTION = 20, // answered with 431
};

struct weft_h2_bucket {
    uint64_t millionths; // tokens left, times 1,000,000
    uint64_t filled_us;
};

struct weft_h2_flood {
    const struct weft_http_limits *limits;
    struct weft_http_limit_counters *counters; // NULL for none
    struct weft_h2_bucket buckets[WEFT_H2_FLOOD_KINDS];
    uint32_t empty_frames;
    uint32_t empty_frames_in_a_row;
    uint64_t late_frames;
};

/** Frames of streams that are over cost nothing up to so many: they may have been on their way. */
enum { WEFT_H2_LATE_FRAMES_FREE = 1000, WEFT_H2_LATE_FRAMES_A_STREAM = 8 };

void weft_h2_flood_init(struct weft_h2_flood *flood, const struct weft_http_limits *limits,
                        struct weft_http_limit_counters *counters, uint64_t now_us);

/** Takes `points` tokens; a connection error ENHANCE_YOUR_CALM that names the limit where they are not there. */
struct weft_http_error weft_h2_flood_spend(struct weft_h2_flood *flood,
                                           enum weft_h2_flood_kind kind, uint32_t points,
                                           uint64_t now_us);

/** Has the peer used up three quarters of its glitches? Time to part in peace. */
bool weft_h2_flood_is_near(const struct weft_h2_flood *flood);

/** Counts a frame of a stream that is over; true where there were more of them than `stream_count` streams explain. */
static inline bool weft_h2_flood_is_late(struct weft_h2_flood *flood, uint64_t stream_count)
{
    return ++flood->late_frames >
           WEFT_H2_LATE_FRAMES_FREE + WEFT_H2_LATE_FRAMES_A_STREAM * stream_count;
}

/** Counts a frame that carries nothing and ends nothing, ... */
struct weft_http_error weft_h2_flood_empty_frame(struct weft_h2_flood *flood, uint64_t now_us);

/** ... and ends the row of such frames. */
static inline void weft_h2_flood_full_frame(struct weft_h2_flood *flood)
{
    flood->empty_frames_in_a_row = 0;
}

#endif
