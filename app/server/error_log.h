// server/error_log.h: what went wrong, for those who run the server: a line for each, and none too many.
//
// Lines of one kind (the same text) are written five at a time; what comes after them within ten seconds is counted and told
// in one line. So nobody can fill a disk by sending nonsense. One thread's alone.
#ifndef WEFT_SERVER_ERROR_LOG_H
#define WEFT_SERVER_ERROR_LOG_H

#include "server/clock.h"
#include "server/config.h"
#include "server/figures.h"
#include "server/log_file.h"

enum {
    WEFT_ERROR_KINDS = 64, // that are told apart at a time; another one takes the place of one
    WEFT_ERROR_LINES_A_SPAN = 5,   // of a kind
    WEFT_ERROR_SPAN_US = 10000000, // ten seconds
    WEFT_ERROR_TEXT_MOST = 512,    // bytes of a text
};

/** One thing that went wrong. Texts are borrowed for the call; what is not known is NULL or 0. */
struct weft_error_record {
    enum weft_error_level level;
    const char
        *text; // what; "limit: NAME" where a limit was reached. The same text is the same kind
    const char *detail;  // the rest of what is to be said
    const char *peer;    // with its port
    uint64_t connection; // its number
    unsigned version;    // enum weft_http_version
    uint64_t stream_id;
};

/** Lines of one kind. */
struct weft_error_kind {
    uint64_t hash; // of the text; 0: nothing yet
    uint64_t since_us;
    uint64_t count; // since then
    enum weft_error_level level;
    char text[96]; // its beginning, for the line that tells the rest
};

struct weft_error_log {
    struct weft_log_file file;
    enum weft_error_level level; // what is less important is not written
    bool is_json;
    struct weft_clock clock;
    struct weft_counts *counts; // where lines are counted
    struct weft_timer timer;    // while lines are held back
    struct weft_error_kind kinds[WEFT_ERROR_KINDS];
};

/**
 * Opens a log of errors; "-" is standard error.
 *
 * counts   borrowed for its life
 * loop     NULL: nothing is told later, and it is written where it is full or closed
 * returns  0 or a negative errno
 */
int weft_error_log_open(struct weft_error_log *log, const struct weft_server_config *config,
                        struct weft_counts *counts, struct weft_loop *loop);

/** Tells what is held back, writes what waits, and closes. */
void weft_error_log_close(struct weft_error_log *log);

/** Adds a line, where it is important enough and not one too many of its kind. */
void weft_error_log_add(struct weft_error_log *log, int64_t now_seconds, uint64_t now_us,
                        const struct weft_error_record *record);

#endif
