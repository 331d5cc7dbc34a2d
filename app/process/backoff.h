// process/backoff.h: how long to wait before a worker that has ended is followed by another.
#ifndef WEFT_PROCESS_BACKOFF_H
#define WEFT_PROCESS_BACKOFF_H

#include <stdint.h>

enum {
    WEFT_BACKOFF_FIRST_MS = 1000, // the second in a row waits so long, each after it twice as long
    WEFT_BACKOFF_MOST_MS = 32000,
    WEFT_BACKOFF_FORGET_MS = 60000, // who has lived so long is no part of a row
};

/** Starts as zeroes. */
struct weft_backoff {
    uint32_t failures; // in a row
};

/** A worker has ended that should not have: how long to wait for the next, in milliseconds; 0 for the first of a row.
 *
 *  lived_ms  how long it has lived */
uint32_t weft_backoff_next_ms(struct weft_backoff *backoff, uint64_t lived_ms);

#endif
