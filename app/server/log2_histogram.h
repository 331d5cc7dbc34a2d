// server/log2_histogram.h: how long things took, in buckets whose bounds are powers of two.
//
// From 64 us to 67 s in 21 buckets, each twice as wide as the one before, and one for what took longer: a percentile read
// from it is off by less than half, and adding costs a handful of instructions.
#ifndef WEFT_SERVER_LOG2_HISTOGRAM_H
#define WEFT_SERVER_LOG2_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    WEFT_LOG2_FIRST = 6,                                     // bits of the first bound
    WEFT_LOG2_LAST = 26,                                     // and of the last
    WEFT_LOG2_BOUNDS = WEFT_LOG2_LAST - WEFT_LOG2_FIRST + 1, // buckets that have one
    WEFT_LOG2_BUCKETS = WEFT_LOG2_BOUNDS + 1,
};

/** Nothing but uint64_t, so that it can be added word by word. */
struct weft_log2_histogram {
    uint64_t counts[WEFT_LOG2_BUCKETS]; // each of its bucket alone
    uint64_t sum_us;
};

/** The bucket of a time. */
static inline size_t weft_log2_bucket(uint64_t time_us)
{
    if (time_us <= UINT64_C(1) << WEFT_LOG2_FIRST) return 0;
    size_t bits = 64 - (size_t)__builtin_clzll(time_us - 1);
    return bits > WEFT_LOG2_LAST ? WEFT_LOG2_BOUNDS : bits - WEFT_LOG2_FIRST;
}

/** The longest time that is in a bucket, which is one with a bound. */
static inline uint64_t weft_log2_bound_us(size_t bucket)
{
    return UINT64_C(1) << (bucket + WEFT_LOG2_FIRST);
}

static inline void weft_log2_add(struct weft_log2_histogram *histogram, uint64_t time_us)
{
    histogram->counts[weft_log2_bucket(time_us)]++;
    histogram->sum_us += time_us;
}

#endif
