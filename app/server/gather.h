// server/gather.h: asks all threads for their figures, and says when they are there.
//
// Each thread is asked by a message and answers between two turns of its loop, so that counting costs nothing but an
// addition to plain memory. A thread that is silent for a second is left out: what it said last stands for it. Whoever asks
// while a round is under way, or just after one, gets its figures, so that nobody can keep the threads busy by asking.
#ifndef WEFT_SERVER_GATHER_H
#define WEFT_SERVER_GATHER_H

#include "net/loop.h"
#include "server/figures.h"

struct weft_gather;
struct weft_worker;

enum {
    WEFT_GATHER_WAIT_US = 1000000, // for a thread
    WEFT_GATHER_FRESH_US = 100000, // how long figures are used again
};

struct weft_gather_config {
    struct weft_loop *loop; // of the thread that asks; all calls are made there
    const struct weft_server_config *server;
    struct weft_worker *const *workers; // borrowed; they are there for longer than this
    size_t worker_count;
    void (*done)(void *context); // a round is over; never called inside of weft_gather_ask()
    void *context;
};

/** returns NULL without memory */
struct weft_gather *weft_gather_new(const struct weft_gather_config *config);

/** To be called once the threads have ended, or do not run yet. NULL does nothing. */
void weft_gather_free(struct weft_gather *gather);

/** Are there figures that are new enough to be used? Otherwise a round is begun, unless one is under way, and `done` is
 *  called at its end. */
bool weft_gather_ask(struct weft_gather *gather);

/** The figures of the last round, all threads together; lent until the next round's end. */
const struct weft_figures *weft_gather_figures(const struct weft_gather *gather);

/** Threads that did not answer in the last round. */
size_t weft_gather_silent_count(const struct weft_gather *gather);

/** A thread's run is over: its figures do not change any more, and are its last. */
void weft_gather_end_of(struct weft_gather *gather, size_t worker_index);

#endif
