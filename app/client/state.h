// client/state.h: what is inside of a client; only for the files of this folder.
//
// client.c has the pool (origins, queues, who may open a connection), connection.c one connection from the name to the
// last event, exchange.c one request with its answer, push.c answers that nobody has asked for yet.
#ifndef WEFT_CLIENT_STATE_H
#define WEFT_CLIENT_STATE_H

#include "client/client.h"
#include "client/decode.h"
#include "client/happy_eyeballs.h"
#include "client/push.h"
#include "client/redirect.h"
#include "client/resolve.h"
#include "http/trace.h"
#include "session/session.h"

enum {
    WEFT_CLIENT_TRACE_SIZE = 1 << 20,
    WEFT_CLIENT_TEXT_SIZE = 512,
};

struct weft_client_way {
    struct weft_list link;
    uint16_t port;
    uint16_t to_port;
    char host[WEFT_URL_HOST_SIZE];
    char to_host[WEFT_URL_HOST_SIZE];
};

struct weft_client {
    struct weft_client_config config;
    struct weft_http_limits http_limits;
    struct weft_session_hub *hub;
    struct weft_resolver *resolver;
    struct weft_tls_context *tls; // once the first https connection has asked
    struct weft_list origins;
    struct weft_list ways;
    uint64_t last_exchange_id;
    uint64_t last_connection_id;
};

/** A scheme, host and port with its pool. */
struct weft_client_origin {
    struct weft_list link;
    struct weft_client *client;
    struct weft_url url;      // its first; path, user and fragment do not count
    struct weft_list waiting; // exchanges without a connection, the next first
    struct weft_list connections;
    size_t waiting_count;
    size_t connection_count;
    size_t opening_count; // those of them that are not ready
    unsigned version;     // what the last connection spoke; 0: not known
    bool
        is_unpipelined; // a pipeline broke: none again until an answer came whole (RFC 9112 §9.3.2)
    struct weft_task dispatch;
};

struct weft_client_connection {
    struct weft_list link;
    struct weft_client_origin *origin;
    struct weft_client_connection_info info;
    struct weft_lookup *lookup;
    struct weft_eyeballs eyeballs;
    struct weft_timer timer; // connect_timeout_ms
    struct weft_session *session;
    struct weft_list exchanges; // in the order of their requests
    size_t exchange_count;
    struct weft_list pushes; // in the order of their promises
    size_t pushed_size;      // bytes that these hold
    bool is_ready;
    bool takes_none; // GOAWAY, or the engine has said so
    struct weft_trace trace;
    uint8_t *trace_memory;
    char error[WEFT_CLIENT_TEXT_SIZE];
};

struct weft_exchange {
    struct weft_list link; // in the origin's `waiting` or the connection's `exchanges`
    struct weft_client *client;
    struct weft_client_origin *origin;
    struct weft_client_connection *connection; // NULL: it waits
    const struct weft_exchange_handler *handler;
    void *user;
    struct weft_arena arena;
    struct weft_exchange_report report;
    struct weft_span method_text;
    struct weft_span authority;
    struct weft_http_field *fields;
    size_t field_count;
    struct weft_span content;
    size_t content_sent;
    bool has_content;
    uint8_t urgency;
    bool follows;
    bool decodes;
    bool has_ended; // the answer came whole
    bool has_head;
    unsigned uncertain; // retries where the server may have acted
    bool is_redirected;
    struct weft_redirect redirect;
    struct weft_decoder *decoder;
    const char *wrong; // why we gave it up
    enum weft_client_end wrong_end;
    struct weft_timer timer; // stall_timeout_ms, total_timeout_ms
    uint64_t last_us;        // when something came
    uint64_t born_us;
};

static inline uint64_t weft_client_now_us(const struct weft_client *client)
{
    return weft_loop_now_us(client->config.loop);
}

// client.c

/** Gives an exchange to its origin's queue, first or last; it fails where there is no memory for an origin. */
void weft_client_enqueue(struct weft_exchange *exchange, bool is_first);
/** Looks soon what may be sent to an origin. */
void weft_client_dispatch_soon(struct weft_client_origin *origin);
/** The context for https, made when it is first asked for; NULL with `error` set. */
struct weft_tls_context *weft_client_tls(struct weft_client *client, char *error, size_t size);
/** Where connections to host:port go. */
const struct weft_client_way *weft_client_way_of(const struct weft_client *client,
                                                 const struct weft_url *url);

// connection.c

/** Opens a connection; exchanges come when it is ready. NULL without memory. */
struct weft_client_connection *weft_client_connect(struct weft_client_origin *origin);
void weft_client_connection_free(struct weft_client_connection *connection);
/** returns as weft_conn_request() */
enum weft_result weft_client_connection_take(struct weft_client_connection *connection,
                                             struct weft_exchange *exchange);

/** Puts an exchange onto a stream that is there: one that was promised, or that was just asked for. */
void weft_client_connection_adopt(struct weft_client_connection *connection,
                                  struct weft_exchange *exchange, uint64_t stream_id);

// exchange.c

void weft_exchange_event(struct weft_exchange *exchange, const struct weft_http_event *event);
/** A piece of its content, which has been taken off the connection's windows. */
void weft_exchange_take_content(struct weft_exchange *exchange, struct weft_span bytes,
                                bool ends_message);
/** It ends here: done, a redirection, a retry or a failure. */
void weft_exchange_close(struct weft_exchange *exchange, const struct weft_http_error *error,
                         enum weft_client_end end);
/** Ends it as failed, without a retry. */
void weft_exchange_fail(struct weft_exchange *exchange, enum weft_client_end end,
                        const char *reason, bool may_have_acted);
void weft_exchange_free(struct weft_exchange *exchange);
/** Takes it off its connection or queue. */
void weft_exchange_detach(struct weft_exchange *exchange);
ssize_t weft_exchange_fill(struct weft_exchange *exchange, uint8_t *room, size_t size, bool *ends);

#endif
