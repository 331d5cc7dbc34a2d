// process/clock.h: the time that deadlines of processes are told in.
#ifndef WEFT_PROCESS_CLOCK_H
#define WEFT_PROCESS_CLOCK_H

#include <stdint.h>
#include <time.h>

/** Milliseconds of the monotonic clock, which is the same in all processes. */
static inline uint64_t weft_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif
