// h1/h1.h: an HTTP/1.0 or HTTP/1.1 connection that touches no socket and no clock (RFC 9112).
//
// Bytes from the peer go in with weft_h1_feed(), what they mean comes out of weft_h1_next_event(), and bytes for
// the peer come out of weft_h1_output(). The caller moves the bytes and tells the time.
//
// As a server it hands out one request at a time: the next of a pipeline comes when the answer to the one before
// is complete, so answers leave in order. As a client it pipelines as deep as `pipeline_count`.
//
// What a server does by itself:
// - A request that cannot be handed out is answered and the connection ends: 400 where it is malformed or its
//   framing doubtful, 408, 414, 417, 431, 501 (CONNECT, a transfer coding other than chunked), 505, 500
//   without memory. The answer bears no date, an event FAILED tells the reason.
// - Expect: 100-continue: 100 (Continue) goes out when the next event is asked for behind the REQUEST event and
//   neither a final head was sent nor content has come by then. A final head without it says `close`.
// - A request whose answer is done before its content has come: up to 64 KiB of that are read and dropped
//   without an event; above that the connection ends. Close such a one by half-close and lingering, so that the
//   peer gets the answer (RFC 9112 §9.6).
//
// What a connection holds: with what it was fed it stays within `memory_budget`; the output holds at most
// `output_size` of content, plus the heads that the caller sends, in memory of up to twice that.
#ifndef WEFT_H1_H
#define WEFT_H1_H

#include "http/engine.h"

struct weft_h1_conn;

/**
 * Starts a connection.
 *
 * config   borrowed for the call; what it points to, for the connection's life
 * returns  NULL without memory
 */
WEFT_MUST_USE struct weft_h1_conn *weft_h1_new(const struct weft_http_engine_config *config);

/** Ends it at once; streams still open are forgotten without an event. NULL does nothing. */
void weft_h1_free(struct weft_h1_conn *conn);

// Bytes in, events out

/**
 * Takes in bytes from the peer. Pull all events before the next call: spans in them point into `bytes`.
 *
 * bytes    any split of the stream will do, one byte at a time too; borrowed until weft_h1_next_event() has
 *          returned false (what is left over by then was copied)
 * now_us   the caller's monotonic clock, in microseconds
 * returns  false once the connection has failed: the bytes were not looked at
 */
bool weft_h1_feed(struct weft_h1_conn *conn, struct weft_span bytes, uint64_t now_us);

/** The peer has closed its side, in order: with TLS by its closure alert, else content that lasts until the close
 *  may be cut (RFC 9112 §9.8), and weft_h1_fail() is the call. Streams that still waited for something end with
 *  an error; a server still answers what was asked before. */
void weft_h1_feed_end(struct weft_h1_conn *conn, uint64_t now_us);

/** Should more be read from the peer? False while a limit (`output_size`, `pipeline_count`, `stream_window`) holds it
 *  back, and after the end; ask again after events, turns or weft_h1_sent(). */
bool weft_h1_wants_input(const struct weft_h1_conn *conn);

/** Hands out the next event, or returns false. What is lent in it is good until the next call on `conn`, a
 *  head until its stream's STREAM_CLOSED has been pulled and the next call made. */
bool weft_h1_next_event(struct weft_h1_conn *conn, struct weft_http_event *event);

/** The receiver has done with `size` bytes of content of a stream. Reading stops while `stream_window` bytes were handed
 *  out and not consumed. */
void weft_h1_consume(struct weft_h1_conn *conn, uint64_t stream_id, size_t size);

// Bytes out

/** Bytes to send now, lent until the next call on `conn`; an empty span when there are none. */
struct weft_span weft_h1_output(struct weft_h1_conn *conn);

/** Reports that the first `size` bytes of weft_h1_output() have left. Pull events after it: requests that waited for
 *  room may come. */
void weft_h1_sent(struct weft_h1_conn *conn, size_t size, uint64_t now_us);

/** When to call weft_h1_tick(), on the clock of `now_us`; UINT64_MAX for never. */
uint64_t weft_h1_deadline(const struct weft_h1_conn *conn);

/** Acts on timeouts that have passed by `now_us`; pull events and output after it. */
void weft_h1_tick(struct weft_h1_conn *conn, uint64_t now_us);

// Messages out

/**
 * Client: sends a request's head.
 *
 * ends       no content follows; else weft_h1_next_turn() will offer room for it
 * stream_id  set to the new stream's
 * returns    WEFT_LATER while the pipeline is full, the request before has content to send or is not
 *            idempotent (RFC 9112 §9.3.2); WEFT_GONE when the connection takes no new requests; WEFT_INVALID, also
 *            for CONNECT; WEFT_NO_MEMORY; then nothing was sent
 */
WEFT_MUST_USE enum weft_result weft_h1_request(struct weft_h1_conn *conn,
                                               const struct weft_http_head *head, bool ends,
                                               uint64_t *stream_id);

/**
 * Server: sends an interim (status 1xx) or the final head of the answer.
 *
 * ends     no content follows (always so for HEAD, 204 and 304, where content_length still is sent, and with a
 *          content_length of 0). Content without content_length goes in chunks, to HTTP/1.0 until the close.
 * returns  WEFT_GONE where the stream is over; WEFT_INVALID, also for a second final head; interim heads
 *          to an HTTP/1.0 client are left out and WEFT_OK (RFC 9110 §15.2)
 */
WEFT_MUST_USE enum weft_result weft_h1_respond(struct weft_h1_conn *conn, uint64_t stream_id,
                                               const struct weft_http_head *head, bool ends);

/**
 * Names the stream whose turn it is to send content, and lends room for it.
 *
 * most     the most bytes of content wanted now; at least 1
 * turn     set; fill turn->room, then call weft_h1_commit() before any other call on `conn`
 * returns  false where no stream may send: nothing to send, the output full, memory gone
 */
bool weft_h1_next_turn(struct weft_h1_conn *conn, size_t most, struct weft_http_turn *turn);

/**
 * Sends the first `size` bytes of the turn's room.
 *
 * size     0 bytes that do not end: the source has nothing yet; there is no turn until weft_h1_resume()
 * ends     the content ends with them; where less than the head's content_length has come, the connection is ended
 *          as an error, so that the peer sees the cut. Content with a content_length ends with its last byte,
 *          whatever `ends` says.
 */
void weft_h1_commit(struct weft_h1_conn *conn, const struct weft_http_turn *turn, size_t size,
                    bool ends);

/** The body source of a stream has bytes again. */
void weft_h1_resume(struct weft_h1_conn *conn, uint64_t stream_id);

/** Ends the content of a stream with trailer fields, in place of a commit that ends. Only chunked content has a place for
 *  them; elsewhere they are dropped. WEFT_INVALID also for fields that may not trail (RFC 9110 §6.5.1). */
WEFT_MUST_USE enum weft_result weft_h1_send_trailers(struct weft_h1_conn *conn, uint64_t stream_id,
                                                     const struct weft_http_field *fields,
                                                     size_t field_count);

/** WEFT_GONE: HTTP/1 has no pushes. Here so that every engine has the same functions. */
WEFT_MUST_USE enum weft_result weft_h1_push(struct weft_h1_conn *conn, uint64_t stream_id,
                                            const struct weft_http_head *head,
                                            uint64_t *promised_id);

/** Gives a stream up, and the connection with it: it is finished, without FAILED. STREAM_CLOSED follows as for any other
 *  end, for this stream and for the others in flight. */
void weft_h1_reset(struct weft_h1_conn *conn, uint64_t stream_id, enum weft_http_error_code code);

/** Does nothing: answers leave in the order of their requests. */
void weft_h1_set_priority(struct weft_h1_conn *conn, uint64_t stream_id,
                          struct weft_http_priority priority);

/** Hangs the caller's object on a stream; its events and turns carry it. */
void weft_h1_set_user(struct weft_h1_conn *conn, uint64_t stream_id, void *user);

// The connection's end

/** Lets requests in flight finish, the last with `Connection: close`, then is finished. A server that has none in flight, or
 *  whose last answer has not said so, awaits one more request for `drain_ms`, so that none that is under way is lost; a
 *  client takes no new ones. */
void weft_h1_drain(struct weft_h1_conn *conn, uint64_t now_us);

/** Ends the connection now; what is in the output still leaves. `reason` is static text. */
void weft_h1_fail(struct weft_h1_conn *conn, enum weft_http_error_code code, const char *reason);

/** Nothing will come any more: once the output has left, close the transport. */
bool weft_h1_is_finished(const struct weft_h1_conn *conn);

/** Why the connection failed, or scope WEFT_HTTP_FINE. */
struct weft_http_error weft_h1_last_error(const struct weft_h1_conn *conn);

/** Streams that were made known and have not had their STREAM_CLOSED. */
size_t weft_h1_stream_count(const struct weft_h1_conn *conn);

/** What it has done so far; lent for the connection's life. */
const struct weft_http_totals *weft_h1_totals(const struct weft_h1_conn *conn);

/** Bytes that the connection holds now. */
size_t weft_h1_memory(const struct weft_h1_conn *conn);

#endif
