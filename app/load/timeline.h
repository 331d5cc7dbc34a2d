// load/timeline.h: what happened in each second. A run too long for the slots gets wider ones.
#ifndef WEFT_LOAD_TIMELINE_H
#define WEFT_LOAD_TIMELINE_H

#include "load/histogram.h"

enum { WEFT_TIMELINE_SLOTS_MOST = 1024 };

struct weft_timeline_slot {
    uint64_t finished;
    uint64_t failed;
    struct weft_histogram
        latency; // of those that finished; coarse, slots NULL where there are none
};

struct weft_timeline {
    const struct weft_alloc *alloc;
    uint64_t start_us;
    uint64_t width_us; // of a slot: a second, doubled each time that the slots were full
    size_t count;
    struct weft_timeline_slot *slots;
};

/** returns false without memory */
WEFT_MUST_USE bool weft_timeline_init(struct weft_timeline *timeline, uint64_t start_us,
                                      const struct weft_alloc *alloc);
void weft_timeline_deinit(struct weft_timeline *timeline);

/** A request has finished at `now_us`; without memory its latency is left out. */
void weft_timeline_finish(struct weft_timeline *timeline, uint64_t now_us, uint64_t latency_us);
void weft_timeline_fail(struct weft_timeline *timeline, uint64_t now_us);

/** Adds all of `from`, which began at the same time. */
void weft_timeline_add(struct weft_timeline *timeline, struct weft_timeline *from);

#endif
