// load/arrivals.c
#include "load/arrivals.h"

#include <math.h>

// SplitMix64: every state is good, also 0.
static uint64_t next_bits(uint64_t *state)
{
    uint64_t bits = *state += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
}

// Evenly from (0, 1]: its logarithm is finite.
static double next_fraction(uint64_t *state)
{
    return ((double)(next_bits(state) >> 11) + 1) * 0x1p-53;
}

static double next_gap(struct weft_arrivals *arrivals)
{
    return -log(next_fraction(&arrivals->random)) * arrivals->gap_us;
}

void weft_arrivals_init(struct weft_arrivals *arrivals, double rate, bool is_poisson,
                        double start_us, uint64_t seed)
{
    *arrivals = (struct weft_arrivals){
        .start_us = start_us,
        .gap_us = 1e6 / rate,
        .next_us = start_us,
        .random = seed,
        .is_poisson = is_poisson,
    };
    if (is_poisson) arrivals->next_us += next_gap(arrivals);
}

void weft_arrivals_advance(struct weft_arrivals *arrivals)
{
    arrivals->count++;
    if (arrivals->is_poisson) {
        arrivals->next_us += next_gap(arrivals);
    } else { // from the start, so that no error piles up
        arrivals->next_us = arrivals->start_us + (double)arrivals->count * arrivals->gap_us;
    }
}
