// server/access_log.h: a line for each answer.
#ifndef WEFT_SERVER_ACCESS_LOG_H
#define WEFT_SERVER_ACCESS_LOG_H

#include "http/head.h"
#include "server/clock.h"
#include "server/config.h"
#include "server/log_file.h"

enum {
    WEFT_LOG_TEXT_MOST = 2048, // bytes of one request's text (target, referer, ...) that are logged
};

struct weft_access_log {
    struct weft_log_file file;
    enum weft_log_format format;
};

/** What is known of an answer once its stream is closed. */
struct weft_log_record {
    const char *client;    // the address without its port
    const char *peer;      // with it
    uint64_t connection;   // its number
    struct weft_span user; // who has given the right password; empty for others
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

/** Opens a log of answers; "-" is standard output, for the rest see weft_log_file_open(). */
int weft_access_log_open(struct weft_access_log *log, const char *path, enum weft_log_format format,
                         struct weft_loop *loop);

/** Adds a line. */
void weft_access_log_add(struct weft_access_log *log, const struct weft_clock *clock,
                         const struct weft_log_record *record);

#endif
