// server/metrics_table.h: the names of the metrics, as Prometheus has them. docs/metrics.md is made from this list.
#ifndef WEFT_SERVER_METRICS_TABLE_H
#define WEFT_SERVER_METRICS_TABLE_H

#include <stddef.h>

enum weft_metric_type {
    WEFT_METRIC_COUNTER,
    WEFT_METRIC_GAUGE,
    WEFT_METRIC_HISTOGRAM,
};

// X(id, name, type, unit, labels, help)
// clang-format off
#define WEFT_METRICS(X)                                                                                               \
    X(BUILD,         "weft_build_info",                      GAUGE,     "",        "version",                         \
      "1; the version is in the label")                                                                               \
    X(START,         "weft_start_time_seconds",              GAUGE,     "seconds", "",                                \
      "when this worker started, since 1970")                                                                         \
    X(GENERATION,    "weft_config_generation",               GAUGE,     "",        "",                                \
      "how many configurations came to be served since the start of the supervisor, with this one")                   \
    X(RELOADED,      "weft_config_last_reload_successful",   GAUGE,     "",        "",                                \
      "0 after a reload or an upgrade that came to nothing; /status says why")                                        \
    X(DRAINING,      "weft_draining",                        GAUGE,     "",        "",                                \
      "1 while no new connections are taken and the last answers leave")                                              \
    X(THREADS,       "weft_threads",                         GAUGE,     "",        "state",                           \
      "threads that serve; silent ones did not answer within a second, and their figures are old")                    \
    X(EXPIRY,        "weft_certificate_expiry_time_seconds", GAUGE,     "seconds", "",                                \
      "when the first of the certificates expires, since 1970")                                                       \
    X(REQUESTS,      "weft_http_requests_total",             COUNTER,   "",        "site, protocol, status",          \
      "requests that are over, by the class of their status (499 where the client gave up before the answer)")        \
    X(FIRST_BYTE,    "weft_http_first_byte_seconds",         HISTOGRAM, "seconds", "site, protocol, status",          \
      "from the request's head to the answer's, as it goes into the connection's output")                             \
    X(DURATION,      "weft_http_request_duration_seconds",   HISTOGRAM, "seconds", "site, protocol, status",          \
      "from the request's head to the end of its stream")                                                             \
    X(HEADS,         "weft_http_request_heads_total",        COUNTER,   "",        "protocol",                        \
      "heads of requests that came, those refused or still in flight included")                                       \
    X(ACCEPTED,      "weft_connections_accepted_total",      COUNTER,   "",        "transport",                       \
      "connections taken")                                                                                            \
    X(OPEN,          "weft_connections_open",                GAUGE,     "",        "protocol",                        \
      "connections; none: before the first bytes, in the handshake, or closing")                                      \
    X(OPEN_TLS,      "weft_connections_open_tls",            GAUGE,     "",        "",                                \
      "of them, those over TLS")                                                                                      \
    X(SHED,          "weft_connections_shed_total",          COUNTER,   "",        "",                                \
      "idle connections that were ended because descriptors ran out")                                                 \
    X(STREAMS,       "weft_streams_open",                    GAUGE,     "",        "",                                \
      "requests in flight")                                                                                           \
    X(MEMORY,        "weft_connection_memory_bytes",         GAUGE,     "bytes",   "",                                \
      "what connections hold of their memory_budget: streams, fields, tables, queues; not TLS")                       \
    X(BYTES,         "weft_connection_bytes_total",          COUNTER,   "bytes",   "protocol, direction",             \
      "bytes of HTTP, under TLS")                                                                                     \
    X(CONTENT,       "weft_content_bytes_total",             COUNTER,   "bytes",   "protocol, direction",             \
      "of them, content")                                                                                             \
    X(FIELDS,        "weft_hpack_text_bytes_total",          COUNTER,   "bytes",   "direction",                       \
      "field sections of HTTP/2 as HTTP/1.1 would write them")                                                        \
    X(SAVED,         "weft_hpack_saved_bytes_total",         COUNTER,   "bytes",   "direction",                       \
      "how many of these HPACK saved")                                                                                \
    X(RESETS,        "weft_stream_resets_total",             COUNTER,   "",        "by, code",                        \
      "RST_STREAM, by the client or by us")                                                                           \
    X(GOAWAYS,       "weft_goaways_total",                   COUNTER,   "",        "by, code",                        \
      "GOAWAY, by the client or by us")                                                                               \
    X(LIMITS,        "weft_limit_reached_total",             COUNTER,   "",        "limit",                           \
      "how often each limit of docs/limits.md was reached")                                                           \
    X(HANDSHAKES,    "weft_tls_handshakes_total",            COUNTER,   "",        "result",                          \
      "TLS handshakes that ended: full, resumed by a ticket, or failed (given up ones included)")                     \
    X(LOGINS,        "weft_logins_total",                    COUNTER,   "",        "result",                          \
      "credentials that came: known: found right shortly before; right or wrong: the password was tried")             \
    X(HINTS,         "weft_early_hints_total",               COUNTER,   "",        "",                                \
      "103 Early Hints sent")                                                                                         \
    X(PUSHES,        "weft_pushes_total",                    COUNTER,   "",        "outcome",                         \
      "promised; completed: sent whole; cancelled: reset by the client")                                              \
    X(PUSHED,        "weft_pushed_bytes_total",              COUNTER,   "bytes",   "",                                \
      "content sent without having been asked for")                                                                   \
    X(PUSH_WASTE,    "weft_pushed_wasted_bytes_total",       COUNTER,   "bytes",   "",                                \
      "of it, what belonged to pushes that the client cancelled")                                                     \
    X(CACHE_USES,    "weft_file_cache_lookups_total",        COUNTER,   "",        "result",                          \
      "hit: answered from memory; load: opened anew")                                                                 \
    X(CACHE_OUT,     "weft_file_cache_evictions_total",      COUNTER,   "",        "",                                \
      "paths that had to make room for others")                                                                       \
    X(CACHE_MEMORY,  "weft_file_cache_bytes",                GAUGE,     "bytes",   "",                                \
      "files kept in memory, all threads together")                                                                   \
    X(CACHE_PATHS,   "weft_file_cache_paths",                GAUGE,     "",        "",                                \
      "paths that are remembered")                                                                                    \
    X(CACHE_FILES,   "weft_file_cache_open_files",           GAUGE,     "",        "",                                \
      "files held open")                                                                                              \
    X(DROPPED,       "weft_log_lines_dropped_total",         COUNTER,   "",        "log",                             \
      "lines that a log could not take: a full disk, a full pipe")                                                    \
    X(ERRORS,        "weft_errors_total",                    COUNTER,   "",        "level",                           \
      "what was told to the error log, lines held back included")                                                     \
    X(HELD_BACK,     "weft_error_lines_held_back_total",     COUNTER,   "",        "",                                \
      "of them, those of which too many alike had just been written")                                                 \
    X(LOOP_DELAY,    "weft_loop_delay_seconds",              HISTOGRAM, "seconds", "",                                \
      "how much too late a timer of each thread ran, twice a second: how long the others had to wait")                \
    X(CPU,           "process_cpu_seconds_total",            COUNTER,   "seconds", "",                                \
      "processor time of this process, user and system")                                                              \
    X(RESIDENT,      "process_resident_memory_bytes",        GAUGE,     "bytes",   "",                                \
      "memory of this process that is in memory")                                                                     \
    X(PROCESS_START, "process_start_time_seconds",           GAUGE,     "seconds", "",                                \
      "the same as weft_start_time_seconds, by its usual name")
// clang-format on

enum weft_metric {
#define X(id, name, type, unit, labels, help) WEFT_METRIC_##id,
    WEFT_METRICS(X)
#undef X
        WEFT_METRIC_COUNT,
};

struct weft_metric_row {
    const char *name;
    enum weft_metric_type type;
    const char *unit;   // empty where it counts things
    const char *labels; // their names
    const char *help;
};

/** The rows in their order, by enum weft_metric; NULL past the last. */
const struct weft_metric_row *weft_metric_row_at(size_t index);

/** "counter", "gauge" or "histogram". */
const char *weft_metric_type_name(enum weft_metric_type type);

#endif
