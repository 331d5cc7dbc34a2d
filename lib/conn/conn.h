// conn/conn.h: one object for every version of HTTP, over one transport.
//
// The version is known from ALPN, or found from the first bytes: the preface of HTTP/2 with prior knowledge
// (RFC 9113 §3.3) cannot be a request of HTTP/1. All else is as in the engine that is chosen.
#ifndef WEFT_CONN_H
#define WEFT_CONN_H

#include "http/engine.h"

enum weft_conn_protocol {
    WEFT_CONN_BY_FIRST_BYTES, // server: what the peer begins with
    WEFT_CONN_H1,             // ALPN "http/1.1", "http/1.0" or none
    WEFT_CONN_H2,             // ALPN "h2", or prior knowledge
};

struct weft_conn;

/**
 * Starts a connection.
 *
 * config   borrowed for the call; what it points to, for the connection's life
 * protocol WEFT_CONN_BY_FIRST_BYTES only for servers
 * returns  NULL without memory
 */
WEFT_MUST_USE struct weft_conn *weft_conn_new(const struct weft_http_engine_config *config,
                                              enum weft_conn_protocol protocol);

/** Ends it at once; streams still open are forgotten without an event. NULL does nothing. */
void weft_conn_free(struct weft_conn *conn);

// Bytes in, events out

/**
 * Takes in bytes from the peer. Pull all events before the next call: spans in them point into `bytes`.
 *
 * bytes    any split of the stream will do, one byte at a time too; borrowed until weft_conn_next_event() has
 *          returned false (what is left over by then was copied)
 * now_us   the caller's monotonic clock, in microseconds
 * returns  false once the connection has failed: the bytes were not looked at
 */
bool weft_conn_feed(struct weft_conn *conn, struct weft_span bytes, uint64_t now_us);

/** The peer has closed its side. Streams that still waited for something end with an error. */
void weft_conn_feed_end(struct weft_conn *conn, uint64_t now_us);

/** Should more be read from the peer? False while limits (output, control frames, pipeline) hold it back, and
 *  after the end; ask again after events, turns or weft_conn_sent(). */
bool weft_conn_wants_input(const struct weft_conn *conn);

/** Hands out the next event, or returns false. What is lent in it is good until the next call on `conn`, a
 *  head until its stream's STREAM_CLOSED has been pulled and the next call made. */
bool weft_conn_next_event(struct weft_conn *conn, struct weft_http_event *event);

/** The receiver has done with `size` bytes of content of a stream: opens the windows again (HTTP/2), and
 *  lets a body that was held back come (HTTP/1). Without it a peer stops after a window of bytes. */
void weft_conn_consume(struct weft_conn *conn, uint64_t stream_id, size_t size);

// Bytes out

/** Bytes to send now, lent until the next call on `conn`; an empty span when there are none. */
struct weft_span weft_conn_output(struct weft_conn *conn);

/** All bytes that wait to be sent; weft_conn_output() may lend them in more than one piece. */
size_t weft_conn_output_size(struct weft_conn *conn);

/** The first `size` bytes of the weft_conn_output() of just now will leave next (encrypted, perhaps), though
 *  weft_conn_sent() will tell later: until then nothing is put before them. */
void weft_conn_bind(struct weft_conn *conn, size_t size);

/** Reports that the first `size` bytes of weft_conn_output() have left. */
void weft_conn_sent(struct weft_conn *conn, size_t size, uint64_t now_us);

/** When to call weft_conn_tick(), on the clock of `now_us`; UINT64_MAX for never. */
uint64_t weft_conn_deadline(const struct weft_conn *conn);

/** Acts on timeouts that have passed by `now_us`; pull events and output after it. */
void weft_conn_tick(struct weft_conn *conn, uint64_t now_us);

// Messages out

/**
 * Client: sends a request's head.
 *
 * ends       no content follows; else weft_conn_next_turn() will offer room for it
 * stream_id  set to the new stream's
 * returns    WEFT_LATER while the peer's limit of streams (or the pipeline) is full, WEFT_GONE when the
 *            connection takes no new requests, WEFT_INVALID, WEFT_NO_MEMORY; then nothing was sent
 */
WEFT_MUST_USE enum weft_result weft_conn_request(struct weft_conn *conn,
                                                 const struct weft_http_head *head, bool ends,
                                                 uint64_t *stream_id);

/**
 * Server: sends an interim (status 1xx) or the final head of the answer.
 *
 * ends     no content follows (always so for HEAD, 204 and 304, where content_length still is sent)
 * returns  WEFT_GONE where the stream is over; WEFT_INVALID, also for a second final head; interim heads
 *          to an HTTP/1.0 client are left out and WEFT_OK (RFC 9110 §15.2)
 */
WEFT_MUST_USE enum weft_result weft_conn_respond(struct weft_conn *conn, uint64_t stream_id,
                                                 const struct weft_http_head *head, bool ends);

/**
 * Names the stream whose turn it is to send content, and lends room for it.
 *
 * most     the most bytes of content wanted now; at least 1
 * turn     set; fill turn->room, then call weft_conn_commit() before any other call on `conn`
 * returns  false where no stream may send (nothing to send, windows closed, memory gone)
 */
bool weft_conn_next_turn(struct weft_conn *conn, size_t most, struct weft_http_turn *turn);

/**
 * Sends the first `size` bytes of the turn's room.
 *
 * size     0 bytes that do not end: the source has nothing yet; the stream gets no turn until weft_conn_resume()
 * ends     the content ends with them; where less than the head's content_length has come, the stream (HTTP/1: the
 *          connection) is ended as an error, so that the peer sees the cut
 */
void weft_conn_commit(struct weft_conn *conn, const struct weft_http_turn *turn, size_t size,
                      bool ends);

/** The body source of a stream has bytes again. */
void weft_conn_resume(struct weft_conn *conn, uint64_t stream_id);

/** Ends the content of a stream with trailer fields, in place of a commit that ends. */
WEFT_MUST_USE enum weft_result weft_conn_send_trailers(struct weft_conn *conn, uint64_t stream_id,
                                                       const struct weft_http_field *fields,
                                                       size_t field_count);

/**
 * Server: promises an answer that was not asked for (RFC 9113 §8.4); then respond on it.
 *
 * head     the request that is answered by it: GET or HEAD, no content, our authority
 * returns  WEFT_GONE where the peer takes no pushes (HTTP/1 never does) or the stream is over
 */
WEFT_MUST_USE enum weft_result weft_conn_push(struct weft_conn *conn, uint64_t stream_id,
                                              const struct weft_http_head *head,
                                              uint64_t *promised_id);

/** Server: does the peer take pushes now (RFC 9113 §6.5.2)? HTTP/1 never does. */
bool weft_conn_takes_pushes(const struct weft_conn *conn);

/** Gives a stream up: RST_STREAM (HTTP/1: the connection closes). STREAM_CLOSED follows as for any other end. */
void weft_conn_reset(struct weft_conn *conn, uint64_t stream_id, enum weft_http_error_code code);

/** Sets how urgent a stream's answer is, in place of what the client asked (RFC 9218 §8). */
void weft_conn_set_priority(struct weft_conn *conn, uint64_t stream_id,
                            struct weft_http_priority priority);

/** Hangs the caller's object on a stream; its events and turns carry it. */
void weft_conn_set_user(struct weft_conn *conn, uint64_t stream_id, void *user);

// The connection's end

/** Lets requests in flight finish, those too that are under way to a server within `drain_ms`, then is finished: two-step
 *  GOAWAY, or `Connection: close` on the last answer. */
void weft_conn_drain(struct weft_conn *conn, uint64_t now_us);

/** Ends the connection now, with a GOAWAY or as HTTP/1 can. `reason` is static text. */
void weft_conn_fail(struct weft_conn *conn, enum weft_http_error_code code, const char *reason);

/** Nothing will come any more: once the output has left, close the transport. */
bool weft_conn_is_finished(const struct weft_conn *conn);

/** Why the connection failed, or scope WEFT_HTTP_FINE. */
struct weft_http_error weft_conn_last_error(const struct weft_conn *conn);

/** Streams that were made known and have not had their STREAM_CLOSED. */
size_t weft_conn_stream_count(const struct weft_conn *conn);

/** What it has done so far; lent for the connection's life. */
const struct weft_http_totals *weft_conn_totals(const struct weft_conn *conn);

/** Bytes that the connection holds now. */
size_t weft_conn_memory(const struct weft_conn *conn);

/** The version spoken: WEFT_HTTP_2, or WEFT_HTTP_1_1 for all of HTTP/1; 0 while it is not known yet, and of
 *  NULL. */
unsigned weft_conn_version(const struct weft_conn *conn);

/** The protocol for an ALPN name ("h2", "http/1.1", "http/1.0" or empty for none). */
enum weft_conn_protocol weft_conn_protocol_for(struct weft_span alpn);

#endif
