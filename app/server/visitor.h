// server/visitor.h: a connection of a client, and the way of its requests from the head to the end of their streams.
#ifndef WEFT_SERVER_VISITOR_H
#define WEFT_SERVER_VISITOR_H

#include "server/worker_state.h"

/** Serves who has come.
 *
 *  fd  taken over, also where it fails for want of memory */
void weft_visitor_start(struct weft_worker *worker, int fd, const struct weft_address *peer,
                        bool is_secure);

/** What a request waited for is found out: struct weft_gate's `decided`. */
void weft_visitor_is_judged(struct weft_gate_wait *wait, enum weft_gate_verdict verdict,
                            const struct weft_password *user);

#endif
