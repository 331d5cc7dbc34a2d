// load/state.h: what is inside of a run; only for the files of this folder.
#ifndef WEFT_LOAD_STATE_H
#define WEFT_LOAD_STATE_H

#include "load/arrivals.h"
#include "load/load.h"
#include "net/pool.h"
#include "session/session.h"

#include <pthread.h>

enum {
    WEFT_LOAD_SAVED_SIZE = 4096, // of a TLS session
    WEFT_LOAD_TRIES_MOST =
        4, // of a request whose stream is refused; of one behind the end of a connection more
};

struct weft_load_worker;
struct weft_load_connection;
struct weft_load_lane;

/** A request, from its start to its end. */
struct weft_load_request {
    struct weft_list link;       // of those in flight, of the queue, or of spare ones
    struct weft_load_lane *lane; // whose script or turn it is; NULL while it waits in the queue
    struct weft_load_connection *connection; // NULL: not sent yet
    uint64_t stream_id;
    uint64_t intended_us; // closed loop: when it was sent first
    uint64_t sent_us;     // 0: not yet
    uint64_t first_us;    // the final head came; 0: not yet
    size_t content_sent;
    size_t target; // index of its head
    uint16_t status;
    uint32_t tries;
    bool is_measured; // it began after warm-up
    bool is_whole;    // the answer came to its end
    bool is_late;     // we have given it up
};

/** A connection; a lane's, until it takes no more requests. */
struct weft_load_connection {
    struct weft_list link; // in the worker's
    struct weft_load_worker *worker;
    struct weft_load_lane *lane; // NULL: retired
    struct weft_session *session;
    struct weft_conn *conn;            // NULL before it is ready
    struct weft_load_request *waiting; // for the connection, which is made for it
    size_t in_flight;
    size_t room; // requests that it takes at once, as far as we have found out
    uint64_t start_us;
    uint64_t connected_us;
    struct weft_load_traffic before; // of warm-up
};

struct weft_load_lane {
    struct weft_load_worker *worker;
    struct weft_load_connection *connection; // NULL: none
    struct weft_list ready;  // in the worker's: has room for a request of the queue's
    struct weft_timer timer; // to connect again, or to go on with the script
    unsigned failures;       // to connect, in a row
    size_t turn;             // the target that is next
    size_t step;             // of the script
    size_t asked;            // of that step
    size_t outstanding;      // asked and not ended
    uint64_t resume_us;      // the script waits until then; 0: it does not
    uint64_t page_us;        // when the page was asked for; 0: none yet
    bool has_opened;         // or has failed to: the run may begin
    bool page_failed;
    bool page_is_measured;
};

enum weft_load_phase {
    WEFT_LOAD_CONNECTING,
    WEFT_LOAD_RUNNING,
    WEFT_LOAD_ENDING, // what is in flight may end
    WEFT_LOAD_OVER,
};

/** What the threads tell each other. */
struct weft_load_shared {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t connected;  // workers whose lanes have opened
    size_t over;       // workers that have ended
    uint64_t begin_us; // set before the workers are told to begin
};

/** A thread, its loop, and its part of the load. */
struct weft_load_worker {
    const struct weft_load_config *config;
    struct weft_load_shared *shared;
    size_t index;
    struct weft_http_limits limits;
    struct weft_pool pool;
    struct weft_alloc alloc;
    struct weft_loop *loop;
    struct weft_session_hub *hub;
    struct weft_tls_context *tls; // NULL for clear text
    struct weft_load_lane *lanes;
    size_t lane_count;
    size_t opening_count; // lanes that have not opened, nor failed to
    size_t open_count;    // connections that take requests
    struct weft_list connections;
    struct weft_list ready;     // lanes with room, open loop
    struct weft_list in_flight; // requests, in the order of sending
    struct weft_list queue;     // requests that wait for a lane, open loop
    size_t queue_count;
    struct weft_list again; // requests that were surely not processed; they go first
    struct weft_list spare; // requests' memory
    size_t live_count;      // requests that have not ended
    uint64_t budget;        // requests that may still start
    enum weft_load_phase phase;
    uint64_t begin_us;
    uint64_t measure_us;  // after warm-up
    uint64_t end_us;      // nothing starts any more; UINT64_MAX: the budget decides
    uint64_t last_end_us; // of a measured request
    struct weft_arrivals arrivals;
    struct weft_timer arrival_timer;
    struct weft_timer tick_timer;
    struct weft_timer phase_timer;
    size_t address; // index of the one that is tried
    bool address_is_good;
    bool has_measured; // warm-up is over
    uint64_t clock_us; // read once for what came together; 0: to be read
    uint8_t saved[WEFT_LOAD_SAVED_SIZE];
    size_t saved_size;
    struct weft_load_result result;
    atomic_uint_fast64_t started; // for progress, warm-up included
    atomic_uint_fast64_t finished;
    atomic_uint_fast64_t failed;
    atomic_uint_fast64_t waiting;
    uint64_t started_all;
    uint64_t finished_all;
    uint64_t failed_all;
    pthread_t thread;
    bool has_thread;
};

/** The clock, read at most once for what came together. */
uint64_t weft_load_now_us(struct weft_load_worker *worker);

// result.c

/** Adds a thread's result. */
void weft_load_result_add(struct weft_load_result *result, struct weft_load_result *from);

// worker.c

/** worker   zeroed, but for config, shared, index and tls
 *  returns  false without memory or descriptors; weft_load_worker_deinit() is due all the same */
bool weft_load_worker_init(struct weft_load_worker *worker);
void weft_load_worker_deinit(struct weft_load_worker *worker);
// Each of these three is handed its worker.

/** The thread: opens the lanes, then runs the loop. */
void *weft_load_worker_run(void *context);
/** In its thread: the load begins. */
void weft_load_worker_begin(void *context);
/** In its thread: ends now; what is in flight is left unfinished. */
void weft_load_worker_stop(void *context);
/** A lane has opened or failed for the first time. */
void weft_load_worker_lane_opened(struct weft_load_worker *worker, struct weft_load_lane *lane);
/** Ends the run where nothing is left to do. */
void weft_load_worker_check_end(struct weft_load_worker *worker);

// lane.c

/** Gives the lane's connection as many requests as it may have now. */
void weft_load_lane_fill(struct weft_load_lane *lane);
/** The lane is to have a connection, where it may make one. */
void weft_load_lane_open(struct weft_load_lane *lane);
/** A connection could not be made. */
void weft_load_lane_failed(struct weft_load_lane *lane, const char *reason);
void weft_load_lane_timer_due(struct weft_timer *timer);
/** One of its requests has ended. */
void weft_load_lane_ended(struct weft_load_lane *lane, const struct weft_load_request *request,
                          bool has_failed);

// request.c

/** A request that begins; NULL without memory (it is then counted as started and failed). */
struct weft_load_request *weft_load_request_start(struct weft_load_worker *worker,
                                                  uint64_t intended_us, size_t target);
void weft_load_request_finish(struct weft_load_worker *worker, struct weft_load_request *request);
void weft_load_request_fail(struct weft_load_worker *worker, struct weft_load_request *request,
                            enum weft_load_failure failure, const char *reason);
/** It was surely not processed: it is sent again before all others, or fails where it has been sent too often. */
void weft_load_request_again(struct weft_load_worker *worker, struct weft_load_request *request,
                             const struct weft_http_error *error);
/** Counts one that could not even be made. */
void weft_load_request_refuse(struct weft_load_worker *worker, uint64_t intended_us,
                              enum weft_load_failure failure, const char *reason);

// connection.c

/** Makes a connection for a lane, which has none; false where the system refuses, which is then counted. `waiting` may be
 *  NULL. */
bool weft_load_connect(struct weft_load_lane *lane, struct weft_load_request *waiting);
/** Sends a request; false where the connection takes none now. */
bool weft_load_send(struct weft_load_connection *connection, struct weft_load_request *request);
/** Takes no more requests; the lane is free for another connection. */
void weft_load_retire(struct weft_load_connection *connection);
/** Begins to count what goes over it. */
void weft_load_connection_measure(struct weft_load_connection *connection);
/** Adds what went over it to the result. */
void weft_load_connection_sum_up(struct weft_load_connection *connection);

/** May one more request go over it? */
static inline bool weft_load_has_room(const struct weft_load_connection *connection)
{
    return connection->in_flight < connection->worker->config->streams &&
           connection->in_flight < connection->room;
}

#endif
