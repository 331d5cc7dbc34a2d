// http/trace.h: what an engine did, written down in a ring as it happens.
//
// An engine without a trace pays one branch. With one, each record costs a copy; the ring never grows, the oldest
// records give way, and how many were lost is counted. Readers turn the records into qlog or text.
#ifndef WEFT_HTTP_TRACE_H
#define WEFT_HTTP_TRACE_H

#include "base/span.h"

enum weft_trace_type {
    WEFT_TRACE_FRAME,    // a frame was received or written
    WEFT_TRACE_FIELD,    // a field of a field section, with `name` and `value`
    WEFT_TRACE_WINDOW,   // a flow-control window was opened
    WEFT_TRACE_TABLE,    // the size of a compression table was set
    WEFT_TRACE_SCHEDULE, // a stream got the turn
    WEFT_TRACE_ERROR,    // a stream or the connection failed; `value` is the reason
};

struct weft_trace_record {
    uint64_t at_us;
    uint64_t stream_id; // 0 for the connection
    uint8_t type;       // enum weft_trace_type
    bool is_out;        // ours; else the peer's
    union {
        struct {
            uint8_t type;
            uint8_t flags;
            uint32_t length;
        } frame;
        struct {
            uint8_t representation; // enum weft_hpack_representation
            uint32_t encoded_size;
        } field;
        struct {
            int64_t change;
            int64_t available; // after it
        } window;
        struct {
            uint64_t size;
        } table;
        struct {
            uint8_t urgency;
            bool incremental;
            uint8_t reason; // enum weft_http_turn_reason
            uint32_t size;
        } schedule;
        struct {
            uint8_t scope; // enum weft_http_scope
            uint32_t code;
        } error;
    };
    struct weft_span name; // lent by weft_trace_read() until the next call on the trace
    struct weft_span value;
};

struct weft_trace {
    uint8_t *memory;
    size_t size;
    size_t read;  // where the oldest record stands
    size_t write; // where the next one goes
    size_t count; // records held
    uint64_t lost;
};

/** Starts an empty trace over `memory`, which is the caller's and should be aligned as malloc's is. */
void weft_trace_init(struct weft_trace *trace, void *memory, size_t size);

/** Writes a record down; name and value are copied. */
void weft_trace_add(struct weft_trace *trace, const struct weft_trace_record *record);

/** Takes the oldest record out; false where there is none. */
bool weft_trace_read(struct weft_trace *trace, struct weft_trace_record *record);

#endif
