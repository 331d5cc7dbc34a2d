// server/visitor.h: a connection of a client, and the way of its requests from the head to the end of their streams.
#ifndef WEFT_SERVER_VISITOR_H
#define WEFT_SERVER_VISITOR_H

#include "server/worker_state.h"

/** Serves who has come.
 *
 *  fd  taken over, also where it fails for want of memory */
void weft_visitor_start(struct weft_worker *worker, int fd, const struct weft_address *peer,
                        bool is_secure);

#endif
