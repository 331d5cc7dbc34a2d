// net/loop.h: an event loop for one thread: file descriptors, timers and tasks.
#ifndef WEFT_NET_LOOP_H
#define WEFT_NET_LOOP_H

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct weft_loop;

enum weft_loop_events {
    WEFT_LOOP_READABLE = 1, // also at end of file and on errors
    WEFT_LOOP_WRITABLE = 2,
    WEFT_LOOP_CLOSED = 4, // both directions are gone
    WEFT_LOOP_ENDED = 8, // the peer (or an error) has ended its side: after the bytes comes the end
};

/** A file descriptor that is watched, edge by edge; lies in the caller's object. `ready` may unwatch and free any
 *  watch, also its own. A read or write that moves less than was asked for needs no second call to find out that
 *  there is no more: a new edge will come; only after ENDED does one have to read on until 0 or an error. */
struct weft_watch {
    int fd;
    void (*ready)(struct weft_watch *watch, unsigned events); // an OR of enum weft_loop_events
};

/** A moment to be woken at, to the millisecond and never too early; lies in the caller's object, zeroed at first.
 *  It is no longer set when `due` is called. */
struct weft_timer {
    void (*due)(struct weft_timer *timer);
    uint64_t due_us;
    size_t heap_index; // 0 where it is not set
};

/** Something to do at the end of this turn, once all that was ready has been seen; zeroed at first. What a task
 *  defers, itself too, is done at the end of the next turn, which then does not wait. */
struct weft_task {
    void (*run)(struct weft_task *task);
    struct weft_list link;
};

/** returns NULL with errno set */
struct weft_loop *weft_loop_new(void);
/** What was posted and has not run is forgotten. NULL does nothing. */
void weft_loop_free(struct weft_loop *loop);

/** Watches `watch->fd`, edge-triggered; returns 0 or a negative errno. */
int weft_loop_watch(struct weft_loop *loop, struct weft_watch *watch, unsigned events);

/** Asks anew: `ready` is called where the descriptor is ready now, and else at the next edge; also at one that a
 *  write which was not refused would not have brought. Returns 0 or a negative errno. */
int weft_loop_rearm(struct weft_loop *loop, struct weft_watch *watch, unsigned events);

/** No more calls of `ready`, not even for what is ready in this turn. Does not close the descriptor. */
void weft_loop_unwatch(struct weft_loop *loop, struct weft_watch *watch);

/** The same, and closes the descriptor, which nothing else may hold (a copy by dup() or fork()): one system call in
 *  place of two. `watch->fd` is then -1. */
void weft_loop_close(struct weft_loop *loop, struct weft_watch *watch);

/** Sets or moves a timer, on the clock of weft_loop_now_us(); returns 0 or -ENOMEM. */
int weft_loop_set_timer(struct weft_loop *loop, struct weft_timer *timer, uint64_t due_us);
void weft_loop_cancel_timer(struct weft_loop *loop, struct weft_timer *timer);

/** Runs `task` once at the end of this turn; nothing where it is already waiting. */
void weft_loop_defer(struct weft_loop *loop, struct weft_task *task);
void weft_loop_cancel_task(struct weft_loop *loop, struct weft_task *task);

/** The monotonic clock in microseconds, read once a turn. */
uint64_t weft_loop_now_us(const struct weft_loop *loop);

/** The wall clock in seconds since 1970, read once a turn. */
int64_t weft_loop_now_seconds(const struct weft_loop *loop);

/** Runs until weft_loop_stop(); returns 0 or a negative errno. */
int weft_loop_run(struct weft_loop *loop);

/** One turn: waits at most `wait_us` (UINT64_MAX: as long as it takes) for something to happen. */
int weft_loop_turn(struct weft_loop *loop, uint64_t wait_us);

/** Ends weft_loop_run() after the turn it is in; also the next one where none runs. Safe from any thread and from signal handlers. */
void weft_loop_stop(struct weft_loop *loop);

/** Has `run(context)` called in the loop's thread soon, in the order of posting; safe from any thread. Returns 0 or -ENOMEM. */
int weft_loop_post(struct weft_loop *loop, void (*run)(void *context), void *context);

#endif
