// load/histogram.h: counts of values with the same relative precision over the whole range (a High Dynamic Range histogram).
//
// Values below 2^bits have a slot each; above that every doubling is cut into 2^(bits-1) equal slots. Recording is a
// shift and an addition, and two histograms are joined by adding their slots.
#ifndef WEFT_LOAD_HISTOGRAM_H
#define WEFT_LOAD_HISTOGRAM_H

#include "base/alloc.h"

enum {
    WEFT_HISTOGRAM_FINE = 11,       // bits: a value is off by less than a 1,024th
    WEFT_HISTOGRAM_COARSE = 6,      // by less than a 32nd
    WEFT_HISTOGRAM_RANGE_BITS = 36, // larger values go to the last slot: 19 hours in microseconds
};

struct weft_histogram {
    const struct weft_alloc *alloc;
    unsigned bits;
    uint64_t count;
    uint64_t sum;
    uint64_t least; // exact; UINT64_MAX while it is empty
    uint64_t most;  // exact
    uint64_t *slots;
};

/** bits  of precision, 2 to 20. Returns false without memory. */
WEFT_MUST_USE bool weft_histogram_init(struct weft_histogram *histogram, unsigned bits,
                                       const struct weft_alloc *alloc);
void weft_histogram_deinit(struct weft_histogram *histogram);

void weft_histogram_record(struct weft_histogram *histogram, uint64_t value);

/** Adds all that `from` has; both have the same bits. */
void weft_histogram_add(struct weft_histogram *histogram, const struct weft_histogram *from);

/** The value that `percent` of the recorded ones do not pass: the top of its slot, never above the largest. 0 where there are
 *  none. */
uint64_t weft_histogram_percentile(const struct weft_histogram *histogram, double percent);

/** 0 where there are none. */
double weft_histogram_mean(const struct weft_histogram *histogram);

/** How many of the recorded values lie from `least` to `most`, by the slots that begin there. */
uint64_t weft_histogram_between(const struct weft_histogram *histogram, uint64_t least,
                                uint64_t most);

#endif
