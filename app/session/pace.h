// session/pace.h: how fast, and how far ahead of the link, a session sends, so that what is urgent finds little before it.
//
// What the kernel has taken cannot be overtaken, and neither can what stands in a router's queue. So on a slow link
//
//   - the kernel is given a few milliseconds of bytes at a time, as it asks for them (TCP_NOTSENT_LOWAT);
//   - it is held to the rate at which bytes arrive once they begin to queue up on the way, and let go faster by and by
//     while they do not (SO_MAX_PACING_RATE). A queue that stays is that of somebody else: then it is not held.
//
// On a fast link the same milliseconds are more than a burst, so the first is left as it is; and within a house, where
// no queue can be seen, the second too.
#ifndef WEFT_SESSION_PACE_H
#define WEFT_SESSION_PACE_H

#include "net/tcp_info.h"

#include <stddef.h>

#define WEFT_PACE_FREE UINT64_MAX

enum weft_pace_phase {
    WEFT_PACE_UNHELD,   // no queue was seen
    WEFT_PACE_DRAINING, // slower than the link until the queue is gone
    WEFT_PACE_HELD,     // as fast as the link, or a little faster
    WEFT_PACE_RIVALRY,  // the queue is not ours: unheld for a while
};

struct weft_pace {
    uint8_t phase;        // enum weft_pace_phase
    bool is_fast;         // the link takes more in a few milliseconds than a burst
    bool is_growing;      // more arrived than in the window before, as in slow start
    size_t ahead;         // bytes that the kernel may hold unsent
    uint64_t most_rate;   // bytes a second, or WEFT_PACE_FREE
    uint64_t rate;        // at which bytes arrived of late
    uint64_t phase_us;    // when the phase began
    uint64_t base_us;     // the round trip is always longer by so much than the least one
    uint64_t drained_us;  // the queue as it was a window ago, while draining
    uint32_t drain_count; // windows in this phase
    uint32_t stale_count; // the last of them, in which the queue got no shorter
    uint64_t peak_rate;   // the best of the last seconds
    uint32_t
        low_count; // windows in a row in which less arrived than was allowed, though a queue stood
    uint32_t trim_count;   // windows in a row in which it was held below the rate
    uint64_t last_rate;    // of the window before
    uint64_t window_us;    // since when the rate is measured
    uint64_t window_begin; // bytes that had arrived by then
    uint32_t step;         // by so much it is let go faster, in 1024ths
};

void weft_pace_init(struct weft_pace *pace);

/** Takes in what the kernel says, while there is more to send than the link takes. */
void weft_pace_update(struct weft_pace *pace, const struct weft_tcp_info *info, uint64_t now_us);

#endif
