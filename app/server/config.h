// server/config.h: all that a server is told before it starts.
#ifndef WEFT_SERVER_CONFIG_H
#define WEFT_SERVER_CONFIG_H

#include "http/field.h"
#include "http/limits.h"
#include "net/tls.h"
#include "server/listen_url.h"
#include "server/manifest.h"

enum {
    WEFT_LISTENS_MOST = 16,
    WEFT_CERTIFICATES_MOST = 32,
    WEFT_INDEX_NAMES_MOST = 8,
    WEFT_EXTRA_FIELDS_MOST = 16,
    WEFT_EXTRA_NAME_SIZE = 64,
    WEFT_THREADS_MOST = 64,
};

enum weft_log_format {
    WEFT_LOG_COMMON,   // host ident user [time] "request" status bytes
    WEFT_LOG_COMBINED, // the same with "referer" "user agent"
    WEFT_LOG_JSON,     // an object a line, with all that is known
};

enum weft_early_hints {
    WEFT_EARLY_HINTS_AUTO, // where they win time
    WEFT_EARLY_HINTS_ALWAYS,
    WEFT_EARLY_HINTS_NEVER,
};

/** Texts and spans are borrowed for the server's life; it points into itself, so it must not move. Start from
 *  weft_server_config_init(). */
struct weft_server_config {
    const char *root; // the directory that is served
    struct weft_listen_url listens[WEFT_LISTENS_MOST];
    size_t listen_count;
    struct weft_tls_certificate certificates[WEFT_CERTIFICATES_MOST]; // the first is the default
    size_t certificate_count;
    unsigned thread_count;
    const char *access_log; // a file, "-" for standard output, NULL for none
    enum weft_log_format log_format;
    bool lists_directories;
    const char *index_names[WEFT_INDEX_NAMES_MOST]; // tried in order
    size_t index_count;
    struct weft_http_field extra_fields[WEFT_EXTRA_FIELDS_MOST];    // in every answer
    char extra_names[WEFT_EXTRA_FIELDS_MOST][WEFT_EXTRA_NAME_SIZE]; // theirs, in lower case
    size_t extra_count;
    const struct weft_manifest *manifest; // NULL for none
    enum weft_early_hints early_hints;
    size_t cache_size;         // bytes of small files kept in memory, all threads together
    const char *congestion;    // of TCP, by the kernel's name; NULL: the system's
    uint32_t drain_timeout_ms; // how long answers in flight may take once the end is asked for
    struct weft_http_limits limits;
};

/** The defaults, without a root, a listener or a certificate; a thread for each processor that this process may run on. */
void weft_server_config_init(struct weft_server_config *config);

/**
 * Adds a field of every answer.
 *
 * line     "Name: value"; borrowed as the texts are
 * returns  NULL, or what is wrong with it: static text; nothing was added then
 */
const char *weft_server_config_add_field(struct weft_server_config *config, const char *line);

/** May clients keep files and use them without asking again, by the configuration's Cache-Control? Hints are of use
 *  only then. */
bool weft_server_config_lets_keep(const struct weft_server_config *config);

/**
 * Sets a limit of lib/http/limits.h.
 *
 * returns  false where no limit has that name
 */
bool weft_server_config_set_limit(struct weft_server_config *config, struct weft_span name,
                                  uint32_t value);

/** One row of lib/http/limits.h. */
struct weft_limit_row {
    const char *name;
    uint32_t standard;
    const char *unit;
    const char *help;
};

/** The limits in their order; NULL past the last. */
const struct weft_limit_row *weft_limit_row_at(size_t index);

/**
 * Does what is set go together?
 *
 * error    filled with one line where it does not
 */
bool weft_server_config_is_valid(const struct weft_server_config *config, char *error,
                                 size_t error_size);

#endif
