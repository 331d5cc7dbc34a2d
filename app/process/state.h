// process/state.h: what a supervisor leaves to the program that takes its place, in the same process: sockets, workers, the
// ticket secret. It lies in memory that a descriptor names; descriptors in it are numbers, which stay as they are.
#ifndef WEFT_PROCESS_STATE_H
#define WEFT_PROCESS_STATE_H

#include "process/supervisor.h"

/**
 * Writes the state, with the listeners of the plan that the starting worker has.
 *
 * returns  a descriptor, close-on-exec, or a negative errno
 */
int weft_state_save(const struct weft_supervisor *supervisor);

/**
 * Reads it.
 *
 * supervisor  freshly made; its sockets, workers, secret and back-off are set, and all descriptors close on exec again
 * returns     false where it is none of this version: nothing of it is of use then
 */
bool weft_state_load(struct weft_supervisor *supervisor, int fd);

/** Lets the descriptors of the state live on in the next program, or takes that back. returns false where one is gone */
bool weft_state_keep_open(const struct weft_supervisor *supervisor, bool are_kept);

#endif
