// server/clock.h: the time of day as text, written once a second.
#ifndef WEFT_SERVER_CLOCK_H
#define WEFT_SERVER_CLOCK_H

#include "http/date.h"

enum { WEFT_LOG_TIME_SIZE = 26, WEFT_ISO_TIME_SIZE = 20 };

/** Heads point at `date`, so it changes in place. */
struct weft_clock {
    int64_t seconds;
    uint8_t date[WEFT_HTTP_DATE_SIZE];     // Sun, 06 Nov 1994 08:49:37 GMT
    char log_time[WEFT_LOG_TIME_SIZE + 1]; // 06/Nov/1994:08:49:37 +0000
    char iso_time[WEFT_ISO_TIME_SIZE + 1]; // 1994-11-06T08:49:37Z
};

/** Starts a clock; its first weft_clock_set() always writes. */
void weft_clock_init(struct weft_clock *clock);

void weft_clock_write(struct weft_clock *clock, int64_t seconds);

/** Sets the time, in seconds from 1970, and rewrites the texts where they changed. */
static inline void weft_clock_set(struct weft_clock *clock, int64_t seconds)
{
    if (clock->seconds != seconds) weft_clock_write(clock, seconds);
}

#endif
