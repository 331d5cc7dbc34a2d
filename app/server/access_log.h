// server/access_log.h: a line for each answer.
//
// Lines gather in memory and leave in one write at the end of the loop's turn. A log that cannot take them (a full pipe,
// a full disk) costs lines, which are counted, and never time. One thread's alone; threads share the file, which is
// opened for appending, so that lines stay whole.
#ifndef WEFT_SERVER_ACCESS_LOG_H
#define WEFT_SERVER_ACCESS_LOG_H

#include "http/head.h"
#include "net/loop.h"
#include "server/clock.h"
#include "server/config.h"
#include "wire/writer.h"

enum {
    WEFT_LOG_BUFFER_SIZE = 65536,
    WEFT_LOG_TEXT_MOST = 2048, // bytes of one request's text (target, referer, ...) that are logged
};

struct weft_access_log {
    const char *path; // NULL: there is no log
    enum weft_log_format format;
    int fd;
    bool is_pipe;   // written in pieces that a pipe takes whole
    bool is_socket; // of those, one whose O_NONBLOCK is not ours to set
    char *buffer;
    size_t size;
    uint64_t dropped; // lines
    struct weft_loop *loop;
    struct weft_task flush;
};

/** What is known of an answer once its stream is closed. */
struct weft_log_record {
    const char *client; // the address without its port
    const char *peer;   // with it: which connection it was
    const struct weft_http_head *request;
    uint16_t status;
    uint64_t content_size; // bytes of content sent
    uint64_t duration_us;
    uint64_t stream_id;
    const char *tls_version; // NULL for clear text
    const char *tls_cipher;
    bool tls_resumed;
    bool is_complete; // the answer ended as it should
};

/**
 * Opens a log.
 *
 * path     a file, "-" for standard output, NULL for none
 * loop     where it is written at the end of each turn; NULL: only where it is full or flushed
 * returns  0 or a negative errno
 */
int weft_access_log_open(struct weft_access_log *log, const char *path, enum weft_log_format format,
                         struct weft_loop *loop);

/** Writes what waits, and closes. */
void weft_access_log_close(struct weft_access_log *log);

/** Opens the file anew, after it was moved away. Where that fails it goes on with the old one: a negative errno. */
int weft_access_log_reopen(struct weft_access_log *log);

/** Adds a line. */
void weft_access_log_add(struct weft_access_log *log, const struct weft_clock *clock,
                         const struct weft_log_record *record);

/** Writes what waits, as far as the file takes it now. */
void weft_access_log_flush(struct weft_access_log *log);

#endif
