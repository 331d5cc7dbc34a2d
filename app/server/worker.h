// server/worker.h: one thread of the server: its loop, its listeners, its connections. It shares nothing that changes.
#ifndef WEFT_SERVER_WORKER_H
#define WEFT_SERVER_WORKER_H

#include "server/config.h"
#include "server/figures.h"
#include "server/root.h"

struct weft_learner;
struct weft_helpers;

struct weft_worker;

struct weft_worker_config {
    const struct weft_server_config *server;
    const struct weft_root *roots; // one for each site, in order
    struct weft_tls_context *tls;  // shared; NULL where no listener is https
    struct weft_learner *learner;  // NULL for none
    unsigned thread;               // its number
    uint64_t seed;
    /** In its thread: it takes no more connections. It may be called more than once. */
    void (*closed)(void *context);
    void *context; // of that
};

/** returns  NULL with `error` filled */
struct weft_worker *weft_worker_new(const struct weft_worker_config *config, char *error,
                                    size_t error_size);

/** Ends what is still open. To be called when it does not run. NULL does nothing. */
void weft_worker_free(struct weft_worker *worker);

/** Adds a listening socket, which it takes over; before it runs. Returns 0 or a negative errno. */
int weft_worker_listen(struct weft_worker *worker, int fd, bool is_secure);

/** Where sites that are https only send those who come over http; before it runs. */
void weft_worker_set_https_port(struct weft_worker *worker, uint16_t port);

/** Names the threads that compress what is kept; before it runs. They have to end before the worker is freed. */
void weft_worker_use_packers(struct weft_worker *worker, struct weft_helpers *helpers);

/** Names the threads that try passwords; the same. False without chance. */
WEFT_MUST_USE bool weft_worker_use_guards(struct weft_worker *worker, struct weft_helpers *helpers);

/** Runs in the calling thread until it is drained or stopped; returns 0 or a negative errno. */
int weft_worker_run(struct weft_worker *worker);

// From any thread:

/** Has `run(context)` called in its thread soon, while it runs; returns 0 or -ENOMEM. */
int weft_worker_post(struct weft_worker *worker, void (*run)(void *context), void *context);

/** Takes no more connections, lets the others finish, then ends the run.
 *
 *  lets_in  those who wait in its sockets come in first: some of these are closed then
 *  is_end   nobody takes connections after it: who asks for nothing is let go soon
 *
 *  Both may become true later. */
void weft_worker_drain(struct weft_worker *worker, bool lets_in, bool is_end);

/** Ends the run at once. */
void weft_worker_stop(struct weft_worker *worker);

/** Sets `figures` to what it has done and how things stand; in its own thread, or when it does not run. */
void weft_worker_figures(struct weft_worker *worker, struct weft_figures *figures);

/** Opens the logs anew. */
void weft_worker_reopen_log(struct weft_worker *worker);

#endif
