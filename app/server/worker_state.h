// server/worker_state.h: what is inside of a worker; only for worker*.c and visitor*.c.
#ifndef WEFT_SERVER_WORKER_STATE_H
#define WEFT_SERVER_WORKER_STATE_H

#include "net/listener.h"
#include "net/pool.h"
#include "server/access_log.h"
#include "server/client_table.h"
#include "server/error_log.h"
#include "server/exchange.h"
#include "server/gate.h"
#include "server/learner.h"
#include "server/sites.h"
#include "server/trace_log.h"
#include "server/worker.h"
#include "session/session.h"

#include <stdatomic.h>

/** A listener and what it opens onto. */
struct weft_door {
    struct weft_list link;
    struct weft_listener listener;
    struct weft_worker *worker;
    bool is_secure;
};

struct weft_worker {
    const struct weft_server_config *config;
    struct weft_tls_context *tls;
    struct weft_loop *loop;
    struct weft_session_hub *hub;
    struct weft_figures figures;
    struct weft_timer probe; // of the loop's delay
    struct weft_sites sites;
    struct weft_notebook *notebook; // for who learns; NULL where nobody does
    uint64_t learn_seed;
    struct weft_packer packer;
    struct weft_gate gate;
    struct weft_client_table clients;
    struct weft_access_log log;
    struct weft_error_log errors;
    struct weft_trace_log traces;
    unsigned index;            // of the thread
    uint64_t connection_count; // so far
    struct weft_exchange_pool pool;
    struct weft_pool memory;   // of the connections
    size_t connection_ceiling; // from here on a newcomer makes idle ones go
    struct weft_alloc alloc;   // over it
    struct weft_timer tidying; // while memory is kept
    struct weft_answer answer; // of the request at hand
    struct weft_list doors;
    void (*closed)(void *context); // weft_worker_config's
    void *closed_context;
    atomic_bool lets_in;   // who waits, before it drains
    atomic_bool is_ending; // the drain is an end
};

/** Tells those who run the server. */
void weft_worker_tell(struct weft_worker *worker, const struct weft_error_record *record);

/** Tells that a log takes no lines, where it has dropped some since it was told before. `text` says which log. */
void weft_worker_tell_dropped(struct weft_worker *worker, struct weft_log_file *log,
                              const char *text);

/** Memory may be kept from now on that nobody will ask for: looks after it in a while. */
void weft_worker_tidy_later(struct weft_worker *worker);

#endif
