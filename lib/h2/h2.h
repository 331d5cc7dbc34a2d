// h2/h2.h: an HTTP/2 connection that touches no socket and no clock (RFC 9113).
//
// Bytes from the peer go in with weft_h2_feed(), what they mean comes out of weft_h2_next_event(), and bytes for
// the peer come out of weft_h2_output(). The caller moves the bytes and tells the time. The preface and SETTINGS are
// in the output from the start.
#ifndef WEFT_H2_H
#define WEFT_H2_H

#include "http/engine.h"

struct weft_h2_conn;

/**
 * Starts a connection.
 *
 * config   borrowed for the call; what it points to, for the connection's life
 * returns  NULL without memory
 */
WEFT_MUST_USE struct weft_h2_conn *weft_h2_new(const struct weft_http_engine_config *config);

/** Ends it at once; streams still open are forgotten without an event. NULL does nothing. */
void weft_h2_free(struct weft_h2_conn *conn);

// Bytes in, events out

/**
 * Takes in bytes from the peer. Pull all events before the next call: spans in them point into `bytes`.
 *
 * bytes    any split of the stream will do, one byte at a time too; borrowed until weft_h2_next_event() has
 *          returned false (what is left over by then was copied)
 * now_us   the caller's monotonic clock, in microseconds
 * returns  false once the connection has failed: the bytes were not looked at
 */
bool weft_h2_feed(struct weft_h2_conn *conn, struct weft_span bytes, uint64_t now_us);

/** The peer has closed its side. Streams that still waited for something end with an error. */
void weft_h2_feed_end(struct weft_h2_conn *conn, uint64_t now_us);

/** Should more be read from the peer? False while a limit (`output_size`, `control_queue_count`, `_size`) holds it back, and
 *  after the end; ask again after events, turns or weft_h2_sent(). */
bool weft_h2_wants_input(const struct weft_h2_conn *conn);

/** Hands out the next event, or returns false. What is lent in it is good until the next call on `conn`, a
 *  head until its stream's STREAM_CLOSED has been pulled and the next call made. */
bool weft_h2_next_event(struct weft_h2_conn *conn, struct weft_http_event *event);

/** The receiver has done with `size` bytes of content of a stream: opens its window and the connection's again (§6.9).
 *  Without it a peer stops after a window of bytes. */
void weft_h2_consume(struct weft_h2_conn *conn, uint64_t stream_id, size_t size);

// Bytes out

/** Bytes to send now, lent until the next call on `conn`; an empty span when there are none. */
struct weft_span weft_h2_output(struct weft_h2_conn *conn);

/** All bytes that wait to be sent; weft_h2_output() may lend them in more than one piece. */
size_t weft_h2_output_size(const struct weft_h2_conn *conn);

/** The first `size` bytes of the weft_h2_output() of just now will leave next (encrypted, perhaps), though
 *  weft_h2_sent() will tell later: until then nothing is put before them. */
void weft_h2_bind(struct weft_h2_conn *conn, size_t size);

/** Reports that the first `size` bytes of weft_h2_output() have left. */
void weft_h2_sent(struct weft_h2_conn *conn, size_t size, uint64_t now_us);

/** When to call weft_h2_tick(), on the clock of `now_us`; UINT64_MAX for never. */
uint64_t weft_h2_deadline(const struct weft_h2_conn *conn);

/** Acts on timeouts that have passed by `now_us`; pull events and output after it. */
void weft_h2_tick(struct weft_h2_conn *conn, uint64_t now_us);

// Messages out

/**
 * Client: sends a request's head.
 *
 * ends       no content follows; else weft_h2_next_turn() will offer room for it
 * stream_id  set to the new stream's
 * returns    WEFT_LATER while the peer's limit of streams is full, WEFT_GONE when the
 *            connection takes no new requests, WEFT_INVALID, WEFT_NO_MEMORY; then nothing was sent
 */
WEFT_MUST_USE enum weft_result weft_h2_request(struct weft_h2_conn *conn,
                                               const struct weft_http_head *head, bool ends,
                                               uint64_t *stream_id);

/**
 * Server: sends an interim (status 1xx) or the final head of the answer.
 *
 * ends     no content follows (always so for HEAD, 204 and 304, where content_length still is sent)
 * returns  WEFT_GONE where the stream is over; WEFT_INVALID, also for a second final head; WEFT_NO_MEMORY has failed the
 *          connection, for the compression is out of step (§4.3)
 */
WEFT_MUST_USE enum weft_result weft_h2_respond(struct weft_h2_conn *conn, uint64_t stream_id,
                                               const struct weft_http_head *head, bool ends);

/**
 * Names the stream whose turn it is to send content, and lends room for it.
 *
 * most     the most bytes of content wanted now; at least 1
 * turn     set; fill turn->room, then call weft_h2_commit() before any other call on `conn`
 * returns  false where no stream may send (nothing to send, windows closed, memory gone)
 */
bool weft_h2_next_turn(struct weft_h2_conn *conn, size_t most, struct weft_http_turn *turn);

/**
 * Sends the first `size` bytes of the turn's room.
 *
 * size     0 bytes that do not end: the source has nothing yet; the stream gets no turn until weft_h2_resume()
 * ends     the content ends with them; where less than the head's content_length has come, the stream is reset, so that
 *          the peer sees the cut
 */
void weft_h2_commit(struct weft_h2_conn *conn, const struct weft_http_turn *turn, size_t size,
                    bool ends);

/** The body source of a stream has bytes again. */
void weft_h2_resume(struct weft_h2_conn *conn, uint64_t stream_id);

/** Ends the content of a stream with trailer fields, in place of a commit that ends. */
WEFT_MUST_USE enum weft_result weft_h2_send_trailers(struct weft_h2_conn *conn, uint64_t stream_id,
                                                     const struct weft_http_field *fields,
                                                     size_t field_count);

/**
 * Server: promises an answer that was not asked for (RFC 9113 §8.4); then respond on it.
 *
 * head     the request that is answered by it: GET or HEAD, no content, our authority
 * returns  WEFT_GONE where the peer takes no pushes or the stream is over; WEFT_LATER while its limit of
 *          streams is full
 */
WEFT_MUST_USE enum weft_result weft_h2_push(struct weft_h2_conn *conn, uint64_t stream_id,
                                            const struct weft_http_head *head,
                                            uint64_t *promised_id);

/** Server: does the peer take pushes now (SETTINGS_ENABLE_PUSH, RFC 9113 §6.5.2)? Its limit of streams may still forbid
 *  one. */
bool weft_h2_takes_pushes(const struct weft_h2_conn *conn);

/** Gives a stream up with RST_STREAM. STREAM_CLOSED follows as for any other end. */
void weft_h2_reset(struct weft_h2_conn *conn, uint64_t stream_id, enum weft_http_error_code code);

/** Sets how urgent a stream's answer is, in place of what the client asked (RFC 9218 §8). */
void weft_h2_set_priority(struct weft_h2_conn *conn, uint64_t stream_id,
                          struct weft_http_priority priority);

/** Hangs the caller's object on a stream; its events and turns carry it. */
void weft_h2_set_user(struct weft_h2_conn *conn, uint64_t stream_id, void *user);

// The connection's end

/** Takes no new requests, lets those in flight finish, then is finished. A server says GOAWAY twice, `drain_ms` apart, so
 *  that requests on their way are still answered (§6.8). */
void weft_h2_drain(struct weft_h2_conn *conn, uint64_t now_us);

/** Ends the connection now, with a GOAWAY that carries code and reason. `reason` is static text. */
void weft_h2_fail(struct weft_h2_conn *conn, enum weft_http_error_code code, const char *reason);

/** Nothing will come any more: once the output has left, close the transport. */
bool weft_h2_is_finished(const struct weft_h2_conn *conn);

/** Why the connection failed, or scope WEFT_HTTP_FINE. */
struct weft_http_error weft_h2_last_error(const struct weft_h2_conn *conn);

/** Streams that were made known and have not had their STREAM_CLOSED. */
size_t weft_h2_stream_count(const struct weft_h2_conn *conn);

/** What it has done so far; lent for the connection's life. */
const struct weft_http_totals *weft_h2_totals(const struct weft_h2_conn *conn);

/** Bytes that the connection holds now. */
size_t weft_h2_memory(const struct weft_h2_conn *conn);

/** Sends a PING; its round trip can be had from weft_h2_round_trip_us() once the answer has come. */
WEFT_MUST_USE enum weft_result weft_h2_ping(struct weft_h2_conn *conn, uint64_t now_us);

/** The latest round trip seen by PING or SETTINGS, in microseconds; 0 where none was yet. */
uint64_t weft_h2_round_trip_us(const struct weft_h2_conn *conn);

/** Client: changes the priority of a request in flight or yet to come (PRIORITY_UPDATE, RFC 9218 §7.1). */
WEFT_MUST_USE enum weft_result weft_h2_send_priority_update(struct weft_h2_conn *conn,
                                                            uint64_t stream_id,
                                                            struct weft_http_priority priority);

#endif
