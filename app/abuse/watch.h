// abuse/watch.h: a thread that asks the server something ordinary over fresh connections, and watches its processes.
#ifndef WEFT_ABUSE_WATCH_H
#define WEFT_ABUSE_WATCH_H

#include "abuse/play.h"
#include "abuse/process.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WEFT_ABUSE_FRESH_MOST_US = 1000000 }; // a fresh connection is answered within it

struct weft_abuse_watch {
    const struct weft_abuse_target *target;
    const struct weft_abuse_processes *processes;
    pthread_t thread;
    atomic_bool has_to_end;
    atomic_bool asks_now;
    atomic_uint asked; // fresh connections that were answered, or given up
    bool knows_peaks;
    uint64_t slowest_us; // answer on a fresh connection
    unsigned unanswered; // fresh connections without one
    int64_t most;        // resident, by samples
};

/** Asks once, over a connection of its own. returns microseconds, or UINT64_MAX where no answer came in three times
 *  the time that it may take; `status` is set to the answer's */
uint64_t weft_abuse_ask(const struct weft_abuse_target *target, unsigned *status);

/** Starts to watch; false without threads. */
bool weft_abuse_watch_start(struct weft_abuse_watch *watch, const struct weft_abuse_target *target,
                            const struct weft_abuse_processes *processes);

/** Ends it; its figures are then there. */
void weft_abuse_watch_end(struct weft_abuse_watch *watch);

#endif
