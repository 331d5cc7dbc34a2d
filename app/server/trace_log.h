// server/trace_log.h: what connections do on the wire, as qlog (http/qlog.h): for who asks why. One thread's alone.
//
// A connection that is traced has a ring of WEFT_TAP_SIZE bytes, which is read after each event and each turn. Values of
// Authorization and Cookie fields are left out, so that the file may be shown to others.
#ifndef WEFT_SERVER_TRACE_LOG_H
#define WEFT_SERVER_TRACE_LOG_H

#include "http/trace.h"
#include "server/log_file.h"

enum { WEFT_TAP_SIZE = 65536 };

struct weft_trace_log {
    struct weft_log_file file;
    bool begins;     // this thread writes the first record where it is no file: a pipe, a terminal
    int64_t zero_us; // of 1970, on the loop's clock
};

/** A connection's trace, on its way to the log. */
struct weft_tap {
    struct weft_trace_log *log;
    struct weft_trace trace;
    uint64_t number;  // of the connection
    unsigned version; // enum weft_http_version; 0 while it is not known
    uint8_t memory[]; // the ring
};

/**
 * Opens the log; "-" is standard output.
 *
 * path     NULL: nothing is traced
 * begins   of all threads one
 * returns  0 or a negative errno
 */
int weft_trace_log_open(struct weft_trace_log *log, const char *path, bool begins,
                        struct weft_loop *loop);

/** Opens the file anew, after it was moved away: 0 or a negative errno, as weft_log_file_reopen(). */
int weft_trace_log_reopen(struct weft_trace_log *log);

/** Begins to trace a connection; NULL where nothing is traced, or without memory. */
struct weft_tap *weft_tap_open(struct weft_trace_log *log, uint64_t number, const char *peer,
                               bool is_secure);

/** Writes down what has happened since. */
void weft_tap_drain(struct weft_tap *tap);

/** The connection is over, and all that it did is drained. NULL does nothing. */
void weft_tap_close(struct weft_tap *tap);

#endif
