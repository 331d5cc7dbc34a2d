// process/sockets.h: the listening sockets that a supervisor holds, so that they outlive every worker.
//
//     plan     what a configuration asks for: what is open is kept, what is missing is opened
//     commit   a worker serves it: what it does not ask for is closed
//     undo     the worker came to nothing: what was opened for it is closed
#ifndef WEFT_PROCESS_SOCKETS_H
#define WEFT_PROCESS_SOCKETS_H

#include "server/server.h"

struct weft_sockets_slot {
    struct weft_listening listening;
    unsigned held_per_address; // of what the worker that serves has; 0: it has none of it
    bool is_planned;
};

/** Starts as zeroes. */
struct weft_sockets {
    struct weft_sockets_slot
        slots[2 * WEFT_LISTENS_MOST]; // those of a plan and those that it gives up
    size_t order[WEFT_LISTENS_MOST];  // of the plan: indexes of slots
    size_t order_count;
    size_t held_order[WEFT_LISTENS_MOST]; // of the worker that serves
    size_t held_count;
};

/** returns 0, or a negative errno with one line in `error`; all is then as before */
int weft_sockets_plan(struct weft_sockets *sockets, const struct weft_listen_url *urls,
                      size_t count, unsigned thread_count, char *error, size_t error_size);
/** Are there listeners that are held, and not of the plan? */
bool weft_sockets_gives_up(const struct weft_sockets *sockets);
void weft_sockets_commit(struct weft_sockets *sockets);
void weft_sockets_undo(struct weft_sockets *sockets);

/** Those of the plan, in the order of its listeners. */
static inline const struct weft_listening *weft_sockets_at(const struct weft_sockets *sockets,
                                                           size_t index)
{
    return &sockets->slots[sockets->order[index]].listening;
}

/** Takes over a listener that is open, as one that is held; false where there are too many. */
bool weft_sockets_adopt(struct weft_sockets *sockets, const struct weft_listening *listening);

void weft_sockets_close(struct weft_sockets *sockets);

#endif
