// http/limits.h: what a peer may cost us. Each limit has a name, a default, a unit and a counter.
#ifndef WEFT_HTTP_LIMITS_H
#define WEFT_HTTP_LIMITS_H

#include <stdint.h>

/**
 * X(name, default, unit, help). A burst and a rate are the two sides of one token bucket: so many at once, so
 * many a second after that. The documentation and the settings are made from this list.
 */
// clang-format off
#define WEFT_HTTP_LIMITS(X)                                                                                        \
    X(field_count,             100,        "fields",  "fields of one message, cookie crumbs and trailers included") \
    X(field_section_size,      32768,      "bytes",   "decoded field section, with 32 bytes a field on top (RFC 9113 6.5.2)") \
    X(field_line_size,         8192,       "bytes",   "one field line, name and value")                           \
    X(request_line_size,       8192,       "bytes",   "HTTP/1 request line")                                      \
    X(field_block_size,        65536,      "bytes",   "encoded field block, HEADERS with its CONTINUATIONs")      \
    X(continuation_count,      8,          "frames",  "CONTINUATION frames of one field block; an empty one counts double") \
    X(hpack_table_size,        4096,       "bytes",   "HPACK tables, ours and what we use of the peer's")         \
    X(concurrent_streams,      256,        "streams", "streams open at once")                                     \
    X(streams_per_feed,        512,        "streams", "streams opened by the bytes of one read")                  \
    X(reset_burst,             100,        "resets",  "streams reset, by the peer or by us because of it")        \
    X(reset_rate,              20,         "a second","resets, after the burst")                                  \
    X(settings_burst,          10,         "frames",  "SETTINGS frames")                                          \
    X(settings_rate,           1,          "a second","SETTINGS frames, after the burst")                         \
    X(settings_entries,        32,         "entries", "settings in one SETTINGS frame")                           \
    X(ping_burst,              60,         "frames",  "PING frames")                                              \
    X(ping_rate,               1,          "a second","PING frames, after the burst")                             \
    X(priority_burst,          200,        "frames",  "PRIORITY and PRIORITY_UPDATE frames")                      \
    X(priority_rate,           50,         "a second","PRIORITY and PRIORITY_UPDATE frames, after the burst")     \
    X(empty_frames_in_a_row,   4,          "frames",  "frames that carry nothing and end nothing, in a row")      \
    X(empty_frames,            100,        "frames",  "frames that carry nothing and end nothing, in all")        \
    X(glitch_burst,            1000,       "points",  "odd but legal behaviour, weighed by kind")                 \
    X(glitch_rate,             33,         "a second","glitch points, after the burst")                           \
    X(control_queue_count,     256,        "frames",  "control frames waiting to leave before reading stops")     \
    X(control_queue_size,      65536,      "bytes",   "control frames waiting to leave before reading stops")     \
    X(control_queue_close,     1000,       "frames",  "control frames waiting to leave before the connection ends") \
    X(output_size,             262144,     "bytes",   "output waiting before parsing stops")                      \
    X(stream_window,           65536,      "bytes",   "what a peer may send on a stream unconsumed, at first")    \
    X(stream_window_most,      4194304,    "bytes",   "the same, once the window has grown with demand")          \
    X(connection_window,       1048576,    "bytes",   "what a peer may send on a connection unconsumed, at first") \
    X(connection_window_most,  16777216,   "bytes",   "the same, once the window has grown with demand")          \
    X(memory_budget,           1048576,    "bytes",   "what one connection may hold, its streams' fields included") \
    X(chunk_extension_size,    256,        "bytes",   "extensions of one chunk")                                  \
    X(pipeline_count,          32,         "requests","pipelined requests answered in one turn; a client's depth") \
    X(interim_count,           10,         "heads",   "1xx responses before the final one (client)")              \
    X(promised_count,          16,         "streams", "promised streams open at once (client)")                   \
    X(requests_per_connection, 10000,      "requests","requests before a connection is drained")                  \
    X(connection_age_ms,       3600000,    "ms",      "age at which a connection is drained")                     \
    X(client_connections,        0,          "connections","of one client (IPv4 address, IPv6 /64) at once; 0: any number") \
    X(client_requests,           0,          "requests","of one client in flight; 0: any number") \
    X(client_request_burst,      100,        "requests","of one client at once, where client_request_rate is set") \
    X(client_request_rate,       0,          "a second","requests of one client, after the burst; 0: any number") \
    X(client_table_size,         16384,      "clients", "remembered, where one of these limits is set or passwords are asked for") \
    X(failed_login_burst,        20,         "logins",  "of one client that fail, at once, where passwords are asked for") \
    X(failed_login_rate,         6,          "a minute","logins of one client that fail, after the burst; 0: any number") \
    X(login_queue,               64,         "logins",  "whose passwords wait to be checked, all threads together") \
    X(encoders,                64,         "encoders","answers that a thread compresses while they are sent")         \
    X(encoder_memory,          4194304,    "bytes",   "what the encoders of one connection hold")                 \
    X(handshake_timeout_ms,    10000,      "ms",      "of TLS, from the connection's start to the handshake's end")    \
    X(handshake_size,          36864,      "bytes",   "of a client's TLS handshake messages, together")             \
    X(header_timeout_ms,       10000,      "ms",      "from the first byte of a head to its last")                \
    X(idle_timeout_ms,         60000,      "ms",      "without any request in flight")                            \
    X(body_timeout_ms,         30000,      "ms",      "without a byte of a body that is awaited")                 \
    X(body_rate,               240,        "bytes a second", "least rate of a body, after 10 s")                  \
    X(write_timeout_ms,        30000,      "ms",      "without the peer taking a byte of what waits for it")      \
    X(write_rate,              100,        "bytes a second", "least rate at which a peer takes an answer, over 60 s") \
    X(settings_timeout_ms,     10000,      "ms",      "for the acknowledgement of our SETTINGS")                  \
    X(drain_ms,                1000,       "ms",      "between the two GOAWAYs of a graceful end; HTTP/1 awaits a last request so long")
// clang-format on

struct weft_http_limits {
#define X(name, standard, unit, help) uint32_t name;
    WEFT_HTTP_LIMITS(X)
#undef X
};

/** The defaults, as an initialiser. */
#define WEFT_HTTP_LIMITS_INIT                     \
    {                                             \
        WEFT_HTTP_LIMITS(WEFT_HTTP_LIMIT_DEFAULT) \
    }
#define WEFT_HTTP_LIMIT_DEFAULT(name, standard, unit, help) .name = (standard),

/** How often each limit was reached. One thread's alone: they are plain numbers. */
struct weft_http_limit_counters {
#define X(name, standard, unit, help) uint64_t name;
    WEFT_HTTP_LIMITS(X)
#undef X
};

/** Counts that a limit was reached; `counters` may be NULL. */
#define WEFT_HTTP_COUNT(counters, limit) ((counters) ? (void)(counters)->limit++ : (void)0)

#endif
