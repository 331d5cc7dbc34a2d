// http/engine.h: what every engine (h1, h2, conn) is given at birth, and what it counts.
#ifndef WEFT_HTTP_ENGINE_H
#define WEFT_HTTP_ENGINE_H

#include "base/alloc.h"
#include "base/result.h"
#include "http/end_counters.h"
#include "http/error_code.h"
#include "http/event.h"
#include "http/limits.h"

struct weft_trace;

struct weft_http_engine_config {
    enum weft_http_role role;
    const struct weft_alloc *alloc;            // borrowed for the engine's life
    const struct weft_http_limits *limits;     // borrowed for the engine's life
    struct weft_http_limit_counters *counters; // of one thread's engines together; NULL for none
    struct weft_http_end_counters *ends;       // likewise
    struct weft_trace *trace;                  // borrowed for the engine's life; NULL for none
    uint64_t now_us;                           // the caller's monotonic clock, in microseconds
    uint64_t seed;                             // random bits, for what a peer should not foresee
    bool is_secure;                            // the transport is TLS: requests are for "https"
    bool accepts_push;                         // client: ENABLE_PUSH=1; else promises are refused
    bool speaks_1_0; // client over HTTP/1: requests of HTTP/1.0, one a connection
};

/** What a connection has done so far. */
struct weft_http_totals {
    uint64_t requests;            // heads of requests, received or sent
    uint64_t received_size;       // bytes fed
    uint64_t sent_size;           // bytes reported as sent
    uint64_t field_text_received; // bytes of field sections as text (name + value + 4, a line each)
    uint64_t field_text_sent;
    uint64_t field_wire_received; // bytes that they took on the wire
    uint64_t field_wire_sent;
    uint64_t content_received;
    uint64_t content_sent;
    uint64_t resets_received;
    uint64_t resets_sent;
    uint64_t pushes;
};

#endif
