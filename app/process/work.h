// process/work.h: a worker's start: what its supervisor gives to it, and what it tells in return.
#ifndef WEFT_PROCESS_WORK_H
#define WEFT_PROCESS_WORK_H

#include "process/orders.h"

/** The environment's variable with the number of the channel to the supervisor: it makes a process a worker. */
#define WEFT_WORK_VARIABLE "WEFT_WORKER_CHANNEL"

struct weft_work {
    int channel; // -1: this process is nobody's worker
    struct weft_start start;
    struct weft_listening listenings[WEFT_LISTENS_MOST];
    size_t listening_count;
};

/**
 * Finds out whether this process is a worker, and takes what it was given. To be called first of all.
 *
 * returns  0, also for whoever is no worker; or a negative errno: it is one whose supervisor cannot be understood
 */
int weft_work_begin(struct weft_work *work);

/** Is this process a worker? */
static inline bool weft_work_is_ours(const struct weft_work *work)
{
    return work->channel >= 0;
}

/** Tells the supervisor, in one line, why this worker cannot serve. */
void weft_work_tell(const struct weft_work *work, const char *line);

/**
 * Gives the sockets to a server with this configuration.
 *
 * given    filled; lent from `work`
 * returns  false where they are not for its listeners, with one line in `error`
 */
bool weft_work_give(struct weft_work *work, const struct weft_server_config *config,
                    struct weft_server_given *given, char *error, size_t error_size);

/** Says that it serves. */
void weft_work_is_ready(const struct weft_work *work);

void weft_work_end(struct weft_work *work);

#endif
