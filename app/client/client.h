// client/client.h: the face of this folder: a client of HTTP/1.0, 1.1 and 2 that others build on.
//
//     weft_client_send() -> an origin's queue -> a connection of its pool -> answer to the handler -> done
//
// A client belongs to one loop and its thread. It finds names, connects (RFC 8305), agrees on the version (ALPN), keeps
// connections for further requests, follows redirections, decodes content and sends again what may be sent again.
#ifndef WEFT_CLIENT_H
#define WEFT_CLIENT_H

#include "client/url.h"
#include "conn/conn.h"
#include "net/loop.h"
#include "net/socket.h"

struct weft_client;
struct weft_exchange;
struct weft_trace_record;

enum weft_client_version {
    WEFT_CLIENT_BEST, // https: h2 or http/1.1, by ALPN; http: HTTP/1.1
    WEFT_CLIENT_1_0,
    WEFT_CLIENT_1_1,
    WEFT_CLIENT_2,                 // https alone: h2 or nothing
    WEFT_CLIENT_2_PRIOR_KNOWLEDGE, // http: begins with the preface (RFC 9113 §3.3); https: as WEFT_CLIENT_2
};

// clang-format off
/** X(name, default, unit, help) */
#define WEFT_CLIENT_LIMITS(X)                                                                                     \
    X(connections,         0,        "connections", "to one origin at once; 0: six, or one over HTTP/2 (RFC 9112 9.4)") \
    X(pipeline_depth,      1,        "requests", "in flight on one connection of HTTP/1.1 (RFC 9112 9.3.2)")       \
    X(redirect_count,      10,       "answers",  "redirections followed for one request")                         \
    X(retry_count,         3,        "times",    "that a request is sent again")                                   \
    X(connect_timeout_ms,  30000,    "ms",       "to find the name, connect and agree on keys")                   \
    X(stall_timeout_ms,    60000,    "ms",       "without a byte of an answer that is awaited")                   \
    X(total_timeout_ms,    0,        "ms",       "for a request with all redirections; 0 for none")               \
    X(decoded_free_size,   67108864, "bytes",    "that content may unpack to whatever its size is")               \
    X(decoded_ratio,       200,      "times",    "its size that content may unpack to beyond that")               \
    X(exchange_memory,     1048576,  "bytes",    "of one request's fields and URLs")                              \
    X(push_memory,         8388608,  "bytes",    "of a connection's pushed answers that nobody has asked for yet")
// clang-format on

struct weft_client_limits {
#define X(name, standard, unit, help) uint32_t name;
    WEFT_CLIENT_LIMITS(X)
#undef X
};

#define WEFT_CLIENT_LIMIT_DEFAULT(name, standard, unit, help) .name = (standard),
#define WEFT_CLIENT_LIMITS_INIT                       \
    {                                                 \
        WEFT_CLIENT_LIMITS(WEFT_CLIENT_LIMIT_DEFAULT) \
    }

/** A connection as those see it who watch; lent for the client's calls. Times are of the loop's clock, 0 for not yet. */
struct weft_client_connection_info {
    uint64_t id;        // 1, 2, 3, ... of the client's
    const char *origin; // host[:port]
    bool is_secure;
    unsigned version; // enum weft_http_version, 0 while it is not known
    char address[64]; // of the peer, once connected
    const char *tls_version;
    const char *tls_cipher;
    uint64_t start_us;
    uint64_t resolved_us;
    uint64_t connected_us;
    uint64_t ready_us; // the first request could leave: after TLS
    uint64_t closed_us;
    size_t request_count;
    const struct weft_http_totals *totals; // NULL before `ready_us`
};

enum weft_client_push_fate {
    WEFT_CLIENT_PUSH_OPEN,      // not settled yet
    WEFT_CLIENT_PUSH_CLAIMED,   // a request took it
    WEFT_CLIENT_PUSH_UNCLAIMED, // it came whole, and nobody asked for it
    WEFT_CLIENT_PUSH_CANCELLED, // by us
    WEFT_CLIENT_PUSH_FAILED,    // the server or the connection ended it early
};

/** A promised answer (RFC 9113 §8.4); lent for the observer's call. */
struct weft_client_push_report {
    uint64_t connection_id;
    uint64_t stream_id;
    uint64_t parent_id; // the stream that it was promised on
    enum weft_client_push_fate fate;
    const char *reason;
    const struct weft_http_head *request;
    const struct weft_http_head *response; // NULL: none came
    uint64_t promised_us;
    uint64_t first_us; // its head came; 0: not before it was claimed
    uint64_t ended_us;
    uint64_t content_size; // that came before it was claimed
};

/** Who watches all connections; each may be NULL. */
struct weft_client_observer {
    /** A time of `info` was set. */
    void (*changed)(void *context, const struct weft_client_connection_info *info);
    /** What a connection's engine wrote down (http/trace.h); where this is NULL no trace is made. */
    void (*record)(void *context, const struct weft_client_connection_info *info,
                   const struct weft_trace_record *record);
    /** What became of a promised answer: once for each. */
    void (*pushed)(void *context, const struct weft_client_connection_info *info,
                   const struct weft_client_push_report *push);
    void *context;
};

struct weft_client_config {
    struct weft_loop *loop;
    const struct weft_alloc *alloc;
    enum weft_client_version version;
    struct weft_client_limits limits;
    const char *ca_file;     // PEM; NULL: the system's store
    bool skips_verification; // takes any certificate
    const char *key_log_file;
    bool accepts_push; // HTTP/2: answers may come before they are asked for
    struct weft_client_observer observer;
};

/** returns NULL without memory; certificates are read when the first https connection asks for them */
struct weft_client *weft_client_new(const struct weft_client_config *config);
/** Ends connections at once; exchanges that are open end without a call. NULL does nothing. */
void weft_client_free(struct weft_client *client);
/** Reads the certificates to trust now and not within the first request over https, whose time it would cost (some 40 ms).
 *  returns  false with one line in `error` */
bool weft_client_prepare(struct weft_client *client, char *error, size_t error_size);
/** Says goodbye on all connections; run the loop a little, then free. */
void weft_client_say_goodbye(struct weft_client *client);
/** Connections that have a transport. */
size_t weft_client_connection_count(const struct weft_client *client);

/**
 * Connections to host:port go to another place; names and certificates stay those of host.
 *
 * host, port        "" and 0 stand for all
 * to_host, to_port  a name or number; "" and 0 leave it as it is
 * returns           WEFT_NO_MEMORY, or WEFT_INVALID for a host that is too long
 */
WEFT_MUST_USE enum weft_result weft_client_route(struct weft_client *client, const char *host,
                                                 uint16_t port, const char *to_host,
                                                 uint16_t to_port);

enum weft_client_end {
    WEFT_CLIENT_DONE,
    WEFT_CLIENT_NO_ADDRESS,    // the name could not be resolved
    WEFT_CLIENT_NO_CONNECTION, // nobody let us in
    WEFT_CLIENT_NO_TRUST,      // TLS failed, or the certificate is not to be trusted
    WEFT_CLIENT_TIMED_OUT,
    WEFT_CLIENT_BROKEN,    // the server broke a rule or a limit
    WEFT_CLIENT_CUT,       // the connection or the answer ended early
    WEFT_CLIENT_REDIRECTS, // too many, or to nowhere
    WEFT_CLIENT_CONTENT,   // its coding is wrong, or it unpacks to too much
    WEFT_CLIENT_GIVEN_UP,  // by the handler
    WEFT_CLIENT_NO_MEMORY,
};

/** How an exchange ended. */
struct weft_client_outcome {
    enum weft_client_end end;
    const char *reason;  // text, lent for the call
    bool may_have_acted; // where it failed: the server may have acted on the request
};

/** What is known of an exchange; what a redirection or a retry began anew counts from there. */
struct weft_exchange_report {
    uint64_t id; // 1, 2, 3, ... of the client's
    struct weft_url url;
    enum weft_http_method method;
    uint16_t status;
    unsigned version;
    uint64_t connection_id; // 0: none yet
    uint64_t stream_id;
    unsigned redirects;
    unsigned retries;
    uint64_t pushed_us; // it had been promised then; 0: the request was sent
    uint64_t asked_us;
    uint64_t sent_us;      // a connection took it
    uint64_t first_us;     // the final head came
    uint64_t heard_us;     // something came last
    uint64_t ended_us;     // this attempt is over
    uint64_t content_size; // as it came, without framing
    uint64_t decoded_size;
};

/** What the owner of an exchange hears of it; all but `done` may be NULL. None is called inside of weft_client_send(). */
struct weft_exchange_handler {
    void (*interim)(struct weft_exchange *exchange, const struct weft_http_head *head);
    /** Also of an answer that redirects and is followed, whose content is not handed out. */
    void (*response)(struct weft_exchange *exchange, const struct weft_http_head *head);
    /** That answer is over; what is asked next is another attempt. */
    void (*redirected)(struct weft_exchange *exchange, const struct weft_url *to);
    /** It failed and is sent again: another attempt. */
    void (*retried)(struct weft_exchange *exchange, const char *reason, bool may_have_acted);
    /** Decoded content; false gives the exchange up. */
    bool (*content)(struct weft_exchange *exchange, struct weft_span bytes);
    void (*trailers)(struct weft_exchange *exchange, const struct weft_http_head *head);
    /** The last call; the exchange is freed after it. */
    void (*done)(struct weft_exchange *exchange, const struct weft_client_outcome *outcome);
};

struct weft_client_request {
    const struct weft_url *url;           // copied
    enum weft_http_method method;         // WEFT_HTTP_OTHER_METHOD with `method_text`
    struct weft_span method_text;         // copied
    struct weft_span authority;           // in place of the URL's in Host; copied; empty: the URL's
    const struct weft_http_field *fields; // copied
    size_t field_count;
    bool has_content;
    struct weft_span content; // borrowed until `done`: it may have to be sent again
    bool follows;             // redirections
    bool decodes;             // asks for codings, and takes them off
    // Who goes first among those that wait for a connection: 0 to 7, as RFC 9218 has it; equals in the order in which they
    // were asked. What the server is told stands in the field `priority`.
    uint8_t urgency;
};

/** returns NULL without memory (or above exchange_memory) */
struct weft_exchange *weft_client_send(struct weft_client *client,
                                       const struct weft_client_request *request,
                                       const struct weft_exchange_handler *handler, void *user);

const struct weft_exchange_report *weft_exchange_report(const struct weft_exchange *exchange);
/** What is asked: lent until the next call of the exchange's handler. */
struct weft_http_head weft_exchange_head(const struct weft_exchange *exchange);
void *weft_exchange_user(const struct weft_exchange *exchange);

#endif
