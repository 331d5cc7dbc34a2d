// load/load.h: the face of this folder: asks a server for much, and measures what it is like.
//
//     plan -> workers (a thread and a loop each) -> lanes (a connection each, made anew when it ends) -> results -> one
//
// Closed loop: each lane asks again when an answer is there. Open loop: requests start when their time has come, whatever
// became of those before; what no lane can take waits in a queue, and its time runs.
#ifndef WEFT_LOAD_H
#define WEFT_LOAD_H

#include "load/histogram.h"
#include "load/ledger.h"
#include "load/plan.h"
#include "load/timeline.h"

#include <stdatomic.h>

enum {
    WEFT_LOAD_ADDRESSES_MOST = 16,
    WEFT_LOAD_REASONS_MOST = 24,
    WEFT_LOAD_REASON_SIZE = 160,
    WEFT_LOAD_ERROR_SIZE = 512,
};

enum weft_load_version {
    WEFT_LOAD_BEST, // https: h2 or http/1.1 by ALPN; http: HTTP/2 with prior knowledge
    WEFT_LOAD_H1,
    WEFT_LOAD_H2,
};

/** How far it has come. */
struct weft_load_progress {
    bool is_connecting;
    bool is_warming_up;
    uint64_t elapsed_us; // since the beginning, without connecting
    uint64_t started;    // warm-up included
    uint64_t finished;
    uint64_t failed;
    uint64_t waiting; // in the queue
};

struct weft_load_config {
    const struct weft_load_plan *plan; // prepared; borrowed for the run
    const struct weft_address *addresses;
    size_t address_count;
    enum weft_load_version version;
    uint64_t requests;    // 0: as many as `duration_us` lets start
    size_t lanes;         // connections at once
    size_t streams;       // requests in flight on each
    size_t threads;       // at most `lanes`
    double rate;          // open loop: requests a second; 0: closed loop
    bool is_poisson;      // open loop: exponential gaps
    size_t queue_most;    // open loop: requests that wait for a lane
    uint64_t warm_up_us;  // before anything counts
    uint64_t duration_us; // 0: until `requests` have ended
    uint64_t grace_us;    // for what is in flight after that
    uint64_t timeout_us;  // for a request
    bool makes_new;       // a connection for each request
    bool resumes;         // TLS sessions
    unsigned window_bits; // 2^N-1 bytes, of a stream
    unsigned connection_window_bits;
    const char *ca_file;
    bool skips_verification;
    const char *key_log_file;
    const char *ciphers;
    uint64_t seed;
    const atomic_bool *is_stopped; // ends the run soon where it is set, from any thread
    /** Called about twice a second in the calling thread; may be NULL. */
    void (*progress)(void *context, const struct weft_load_progress *progress);
    void *progress_context;
};

/** What went over connections, from the beginning (after warm-up) to the end. */
struct weft_load_traffic {
    uint64_t wire_received; // by sockets, with TLS
    uint64_t wire_sent;
    uint64_t http_received; // without TLS
    uint64_t http_sent;
    uint64_t field_text_received; // field sections as lines of text
    uint64_t field_text_sent;
    uint64_t field_wire_received; // as they came: HPACK's
    uint64_t field_wire_sent;
    uint64_t content_received;
    uint64_t content_sent;
};

/** Why requests or connections failed, in somebody's words. */
struct weft_load_reason {
    uint64_t count;
    char text[WEFT_LOAD_REASON_SIZE];
};

struct weft_load_result {
    struct weft_ledger ledger;
    struct weft_histogram
        latency; // us, from the intended start (closed loop: the sending) to the end
    struct weft_histogram naive;      // from the sending to the end
    struct weft_histogram first_byte; // from the intended start to the final head
    struct weft_histogram lag;        // open loop: from the intended start until we looked at it
    struct weft_histogram connect;    // TCP
    struct weft_histogram handshake;  // TLS
    struct weft_histogram page;       // scripts: from asking for a page to the last that it needs
    struct weft_timeline timeline;
    uint64_t statuses[6]; // by their first digit
    struct weft_load_traffic traffic;
    uint64_t connections_opened; // warm-up included, as are their times
    uint64_t connections_failed;
    uint64_t handshakes;
    uint64_t resumed;
    uint64_t
        sent_again; // requests that were surely not processed, and were sent on another connection
    uint64_t pages_failed;
    uint64_t finished_in_time; // within the duration
    uint64_t elapsed_us;       // of measuring
    uint64_t cpu_us;           // of this program, while it ran
    bool was_stopped;
    unsigned version;  // enum weft_http_version
    char protocol[80]; // "h2 over TLSv1.3 with TLS_AES_128_GCM_SHA256"
    char address[64];  // the first that let us in
    struct weft_load_reason reasons[WEFT_LOAD_REASONS_MOST];
};

/**
 * Runs the load.
 *
 * result   filled where it is true; to be ended by weft_load_result_deinit()
 * returns  false with one line in `error`: nothing could be measured
 */
bool weft_load_run(const struct weft_load_config *config, struct weft_load_result *result,
                   char *error, size_t error_size);

WEFT_MUST_USE bool weft_load_result_init(struct weft_load_result *result);
void weft_load_result_deinit(struct weft_load_result *result);

/** Counts a reason. */
void weft_load_result_blame(struct weft_load_result *result, const char *text, uint64_t count);

#endif
