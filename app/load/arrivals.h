// load/arrivals.h: when the requests of an open loop are to start, whatever becomes of those before them.
#ifndef WEFT_LOAD_ARRIVALS_H
#define WEFT_LOAD_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

struct weft_arrivals {
    double start_us;
    double gap_us; // the mean
    double next_us;
    uint64_t count;  // of those that are over
    uint64_t random; // the generator's state
    bool is_poisson;
};

/**
 * rate        a second, above 0
 * is_poisson  gaps are independent and exponential, as those of many users who know nothing of each other; else equal
 * start_us    when the first may come: constant ones come then, and each further one a gap later
 * seed        of the gaps: the same seed makes the same arrivals
 */
void weft_arrivals_init(struct weft_arrivals *arrivals, double rate, bool is_poisson,
                        double start_us, uint64_t seed);

/** When the next one is due. */
static inline uint64_t weft_arrivals_next_us(const struct weft_arrivals *arrivals)
{
    return (uint64_t)arrivals->next_us;
}

/** It has come: on to the one behind it. */
void weft_arrivals_advance(struct weft_arrivals *arrivals);

#endif
