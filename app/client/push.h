// client/push.h: answers that come unasked, kept until a request claims them; only for the files of this folder.
//
//     PUSH_PROMISE -> weft_client_push_promised() -> events are kept
//                  -> weft_client_push_claim(): what was kept is told to the exchange, and from then on all events are
//
// A server's streams have even numbers (RFC 9113 §5.1.1); `user` of those is the push.
#ifndef WEFT_CLIENT_PUSH_H
#define WEFT_CLIENT_PUSH_H

#include "client/client.h"

struct weft_client_connection;
struct weft_client_origin;

/** One promised answer. */
struct weft_client_push {
    struct weft_list link; // in the connection's `pushes`
    struct weft_client_connection *connection;
    struct weft_exchange *exchange; // that claimed it; NULL: none yet
    struct weft_arena arena;        // of the heads
    struct weft_http_head request;
    struct weft_http_head response;
    uint8_t *content; // what came before it was claimed
    size_t content_room;
    bool has_response;
    bool has_ended;  // the answer came whole
    bool is_closed;  // its stream is
    const char *end; // why it was given up; NULL: it was not
    struct weft_client_push_report report;
};

/** Is this an event of a promised stream? */
bool weft_client_push_has(const struct weft_client_connection *connection,
                          const struct weft_http_event *event);

/** A promise came: keeps it, or resets it where it is of no use or there is no memory. */
void weft_client_push_promised(struct weft_client_connection *connection,
                               const struct weft_http_event *event);

/** An event of a promised stream. */
void weft_client_push_event(struct weft_client_connection *connection,
                            const struct weft_http_event *event);

/**
 * Gives the exchange the answer that was promised for its request, on any connection of the origin.
 *
 * returns  false where none was
 */
bool weft_client_push_claim(struct weft_client_origin *origin, struct weft_exchange *exchange);

/** The connection is over: what nobody claimed is told and freed. */
void weft_client_push_drop_all(struct weft_client_connection *connection);

/** Does a promised request ask for what this one asks for? The promise must not contradict it in any field, and fields that
 *  select an answer (Range, conditions, credentials) have to stand in both. */
bool weft_client_push_matches(const struct weft_http_head *promised,
                              const struct weft_http_head *asked);

#endif
