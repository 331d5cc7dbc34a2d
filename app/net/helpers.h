// net/helpers.h: threads that do what would hold a loop up: compressing well, hashing a password.
//
// A loop hands a job in at its desk and gets it back in its own thread once it is done. What waits is bounded: who hands
// in too much is told so at once.
#ifndef WEFT_NET_HELPERS_H
#define WEFT_NET_HELPERS_H

#include "base/alloc.h"
#include "base/list.h"
#include "net/loop.h"

#include <pthread.h>
#include <stddef.h>

struct weft_helpers;
struct weft_helper_desk;

/** One thing to do; it lies in a struct of whoever asks. */
struct weft_helper_job {
    struct weft_list link;
    struct weft_helper_desk *desk;
    /** Does it, in a helper's thread: touches nothing but what is the job's alone, or never changes. */
    void (*run)(struct weft_helper_job *job);
    /** It is done: in the thread of the loop, which has the job again. */
    void (*done)(struct weft_helper_job *job);
    /** The end has come before `done` could be called: to be freed. No loop runs then. */
    void (*drop)(struct weft_helper_job *job);
};

/** Where one loop hands jobs in. It must not move. */
struct weft_helper_desk {
    struct weft_helpers *helpers;
    struct weft_loop *loop;
    pthread_mutex_t lock; // of `finished`
    struct weft_list finished;
};

struct weft_helpers_config {
    unsigned thread_count;
    size_t queue_most; // jobs that wait
    int niceness;      // 0 to 19: how far behind the loops they stand
};

/** returns  NULL without memory or threads. They take no signals. */
struct weft_helpers *weft_helpers_new(const struct weft_helpers_config *config);

/** Waits for the jobs at hand; those that wait are left to their desks, which drop them. To be called when no loop runs
 *  any more that uses them, and before the desks are closed. NULL does nothing. */
void weft_helpers_free(struct weft_helpers *helpers);

void weft_helper_desk_open(struct weft_helper_desk *desk, struct weft_helpers *helpers,
                           struct weft_loop *loop);

/** Drops what was never told. */
void weft_helper_desk_close(struct weft_helper_desk *desk);

/** Hands a job in: `run`, `done` and `drop` are set. returns false where too many wait: it is not taken then */
WEFT_MUST_USE bool weft_helper_hand_in(struct weft_helper_desk *desk, struct weft_helper_job *job);

#endif
