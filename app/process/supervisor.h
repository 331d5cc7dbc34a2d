// process/supervisor.h: what is inside of a supervisor; only for the files of this folder.
#ifndef WEFT_PROCESS_SUPERVISOR_H
#define WEFT_PROCESS_SUPERVISOR_H

#include "process/activation.h"
#include "process/backoff.h"
#include "process/child.h"
#include "process/notify.h"
#include "process/sockets.h"
#include "process/supervise.h"

#include <limits.h>

enum {
    WEFT_CHILDREN_MOST = 64,          // old workers that drain, mostly
    WEFT_HELLO_WITHIN_MS = 10000,     // a worker says that it is one
    WEFT_START_WITHIN_MS = 60000,     // and is ready
    WEFT_CLOSE_WITHIN_MS = 5000,      // one that is told to drain says that it takes no connections
    WEFT_END_WITHIN_MS = 1000,        // one that is told to end at once
    WEFT_SUPERVISOR_LINE_SIZE = 2048, // that is told
};

struct weft_supervisor {
    const struct weft_supervise_config *config;
    struct weft_supervise_plan plan;
    struct weft_sockets sockets;
    struct weft_start start;
    struct weft_list children;
    size_t child_count;
    uint32_t generation;         // of the configuration that is served: how many came to be
    struct weft_child *serving;  // NULL: none
    struct weft_child *starting; // NULL: none
    struct weft_child *leaving;  // it served before, and may still take connections; NULL: none
    struct weft_backoff backoff;
    struct weft_notify notify;         // the service manager
    struct weft_activation activation; // what it has handed over
    uint64_t beat_ms;                  // when a sign of life is due; UINT64_MAX: never
    uint64_t leaving_ms;               // when it is not waited for any longer; UINT64_MAX: never
    uint64_t restart_ms;               // when a worker is to be started; UINT64_MAX: not
    int signal_fd;
    char program[PATH_MAX]; // the file that an upgrade starts; empty: it is not known
    char **environment;     // for it; NULL without memory
    size_t environment_count;
    bool had_terminal;  // and would lose it by a SIGHUP
    bool has_served;    // a worker was ready once
    bool reloads_again; // SIGHUP has come while a worker was starting, or the one before leaving
    bool is_ending;     // SIGTERM or SIGINT has come
    bool is_over;       // with this
    int code;           // to exit with
};

/** Says a line; printf's arguments. */
__attribute__((format(printf, 2, 3))) void weft_supervisor_tell(struct weft_supervisor *supervisor,
                                                                const char *format, ...);

/**
 * Starts a worker by the configuration as it is now.
 *
 * error    one line, where false is returned
 */
bool weft_supervisor_start(struct weft_supervisor *supervisor, enum weft_child_reason reason,
                           char *error, size_t error_size);

/** Takes what a worker says. */
void weft_supervisor_hear(struct weft_supervisor *supervisor, struct weft_child *child);

/** A worker has ended, by what wait() says. */
void weft_supervisor_bury(struct weft_supervisor *supervisor, struct weft_child *child, int status);

/** SIGHUP */
void weft_supervisor_reload(struct weft_supervisor *supervisor);

/** SIGUSR2 */
void weft_supervisor_upgrade(struct weft_supervisor *supervisor);

/** The worker that is starting serves: the one before it may go, or, after an upgrade was tried, this program itself. */
void weft_supervisor_promote(struct weft_supervisor *supervisor);

/** The worker that served before has had its time to say that it takes no connections any more. */
void weft_supervisor_give_up_leaving(struct weft_supervisor *supervisor);

/** The worker that was to be started later is started now. */
void weft_supervisor_restart(struct weft_supervisor *supervisor);

/** A sign of life is due: given where the worker that serves, if there is one, is well. */
void weft_supervisor_beat(struct weft_supervisor *supervisor);

/** SIGTERM, SIGINT: all drain; the second time they end at once. */
void weft_supervisor_end(struct weft_supervisor *supervisor);

#endif
