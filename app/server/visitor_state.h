// server/visitor_state.h: what server/visitor*.c share: a connection's own.
#ifndef WEFT_SERVER_VISITOR_STATE_H
#define WEFT_SERVER_VISITOR_STATE_H

#include "server/trace_log.h"
#include "server/witness.h"
#include "server/worker_state.h"

/** A connection's own: the session's context. */
struct weft_visitor {
    struct weft_worker *worker;
    struct weft_list exchanges;
    struct weft_list unstarted;      // exchanges that came with what is being read
    struct weft_cache_digest *given; // pushed, or asked for, so far; NULL where nobody pushes
    uint64_t covered;                // a name that its certificate covers, hashed; 0: none yet
    struct weft_witness witness;     // for who learns
    uint64_t number;                 // of the connection
    struct weft_tap *tap;            // NULL: it is not traced
    struct weft_client *client_of;   // NULL: nobody counts
    size_t coding_held;              // bytes of encoders
    size_t body_held;                // bytes of what is sent, of memory_budget
    const char *client;              // the address
    char peer[];                     // and its port; `client` stands behind it
};

static inline struct weft_visitor *weft_visitor_of(const struct weft_session *session)
{
    return weft_session_context(session);
}

#endif
