// process/run.h: the main thread of a process that serves: it waits for signals, and for its supervisor's orders.
#ifndef WEFT_PROCESS_RUN_H
#define WEFT_PROCESS_RUN_H

#include "server/server.h"

struct weft_run {
    struct weft_server *server;
    int signal_fd;
    int channel;           // to the supervisor; -1 where there is none
    uint32_t drain_ms;     // how long answers may take once the end is asked for
    unsigned signal_count; // SIGTERM and SIGINT so far
    bool is_draining;
    bool has_closed; // the supervisor was told that no connections are taken any more
    bool is_over;
    uint64_t deadline_ms; // of the drain
};

/** Takes SIGTERM, SIGINT and SIGUSR1 as bytes of a descriptor from now on, and SIGPIPE and SIGXFSZ not at all. To be called
 *  before there are threads. returns 0 or a negative errno */
int weft_run_begin(struct weft_run *run);

/**
 * Waits for the end of a server that was started.
 *
 * SIGTERM and SIGINT drain it, the second one ends it at once; SIGUSR1 opens its logs anew. With a supervisor its orders
 * do the same, and its end is an order to drain.
 *
 * run      with server, channel and drain_ms set
 * returns  false where the server has ended by itself: it has failed
 */
bool weft_run_wait(struct weft_run *run);

void weft_run_end(struct weft_run *run);

#endif
