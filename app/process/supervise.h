// process/supervise.h: the supervisor: it holds the sockets, and sees to it that one worker takes connections from them.
//
//     SIGHUP   a new worker reads the configuration; once it serves, the old one drains; where it cannot, the old one stays
//     SIGUSR2  the same with the program's file as it is now, which then takes the supervisor's place too
//     SIGUSR1  the workers open their logs anew
//     SIGTERM, SIGINT   all workers drain, then it ends; the second one ends them at once
//
// A worker that ends unasked is followed by another: process/backoff.h. When the supervisor ends, so do the workers.
#ifndef WEFT_PROCESS_SUPERVISE_H
#define WEFT_PROCESS_SUPERVISE_H

#include "server/server.h"

/** What a supervisor has to know of a configuration. */
struct weft_supervise_plan {
    struct weft_listen_url listens[WEFT_LISTENS_MOST];
    size_t listen_count;
    unsigned thread_count;
    uint32_t drain_timeout_ms;
};

struct weft_supervise_config {
    char *const
        *command; // the command line, with the program's name first: workers are started with it
    /**
     * Reads the configuration, now and at each reload.
     *
     * returns  0, or the exit code where it is wrong, with one line in `error`
     */
    int (*read)(void *context, struct weft_supervise_plan *plan, char *error, size_t error_size);
    /** Says a line to whoever runs it. */
    void (*tell)(const char *line);
    void *context;
};

/** Serves until it is told to end; returns the exit code. What goes wrong was told. */
int weft_supervise(const struct weft_supervise_config *config);

#endif
