// http/event.h: what a connection's bytes meant, the same for every version of HTTP.
#ifndef WEFT_HTTP_EVENT_H
#define WEFT_HTTP_EVENT_H

#include "http/head.h"

enum weft_http_role {
    WEFT_HTTP_SERVER,
    WEFT_HTTP_CLIENT,
};

enum weft_http_event_type {
    WEFT_HTTP_REQUEST, // server: a request's head; the stream is open until STREAM_CLOSED
    WEFT_HTTP_INTERIM, // client: a 1xx head; any number of them before the response (RFC 9110 §15.2)
    WEFT_HTTP_RESPONSE, // client: the final head
    WEFT_HTTP_DATA,     // a piece of content
    WEFT_HTTP_TRAILERS, // the trailer fields, after all content
    WEFT_HTTP_PROMISE,  // client: PUSH_PROMISE; `head` is the request, `promised_id` the new stream
    WEFT_HTTP_STREAM_CLOSED, // both sides are done, or something went wrong: the last event of a stream
    WEFT_HTTP_GOAWAY,        // the peer takes no new requests; those in flight go on
    WEFT_HTTP_FAILED,        // the connection is over; send what output() still has, then close
};

/** How far an error reaches. */
enum weft_http_scope {
    WEFT_HTTP_FINE,       // nothing went wrong
    WEFT_HTTP_STREAM,     // one stream
    WEFT_HTTP_CONNECTION, // all
};

/** Why a stream or a connection ended early. */
struct weft_http_error {
    enum weft_http_scope scope;
    uint32_t code;       // HTTP/2: RFC 9113 §7 (HTTP/1 uses the same numbers)
    const char *reason;  // static text that names the rule or the limit; never NULL with a scope
    bool by_peer;        // they told us (RST_STREAM, GOAWAY, closing); else we found it
    bool is_unprocessed; // surely not acted upon: safe to send again (RFC 9113 §8.7)
};

/**
 * One event. Spans and heads are lent: a head until its stream closes, data until the next call on the
 * connection.
 *
 * Every stream that was made known (by REQUEST, by PROMISE, or by the call that sent a request) ends with
 * exactly one STREAM_CLOSED, whatever happens, so that `user` can be let go there.
 */
struct weft_http_event {
    enum weft_http_event_type type;
    bool ends_message;  // REQUEST, RESPONSE, DATA, TRAILERS: nothing more comes on this stream
    uint64_t stream_id; // HTTP/1 counts them: 1, 2, 3, ...; 0 for the connection's events
    void *user;         // what was set for the stream, or NULL
    const struct weft_http_head *head; // REQUEST, INTERIM, RESPONSE, TRAILERS, PROMISE
    struct weft_span data;             // DATA; empty where the content ends without a byte more
    uint64_t promised_id;              // PROMISE
    struct weft_http_error error; // STREAM_CLOSED (scope FINE after a good end), GOAWAY, FAILED
};

/** A stream that may send content now, and room for it in the output. */
struct weft_http_turn {
    uint64_t stream_id;
    void *user;
    uint8_t *room; // to be filled from the body source; lent until the turn is committed
    size_t size;   // of the room, at least 1: what windows, frame size and scheduler allow
};

#endif
