// h1/writer.h: heads and trailers onto the wire (RFC 9112 §3 to §5). Heads go straight into the output queue, in
// one piece; what is written has passed weft_http_head_check().
#ifndef WEFT_H1_WRITER_H
#define WEFT_H1_WRITER_H

#include "h1/framing.h"
#include "wire/queue.h"

/** What a head says about the connection, beside what the caller says in fields. */
enum weft_h1_connection_option {
    WEFT_H1_SAY_NOTHING,
    WEFT_H1_SAY_CLOSE,      // §9.6
    WEFT_H1_SAY_KEEP_ALIVE, // to a client of HTTP/1.0, §9.3
};

/** Bytes that field lines take: name, value, and four of syntax each. */
size_t weft_h1_fields_size(const struct weft_http_field *fields, size_t count);

/**
 * Writes an interim or final head. A length that is known is written wherever it may stand (RFC 9110 §8.6): not in
 * 1xx and 204.
 *
 * framing  NO_CONTENT where `head` has no length writes content-length: 0, unless the answer has no content by
 *          its kind
 * returns  WEFT_OK or WEFT_NO_MEMORY; then nothing was written
 */
WEFT_MUST_USE enum weft_result weft_h1_write_response(struct weft_queue *out,
                                                      const struct weft_http_head *head,
                                                      enum weft_http_method method,
                                                      enum weft_h1_framing framing,
                                                      enum weft_h1_connection_option option);

/** Writes a request's head in origin form (§3.2.1), asterisk form where the path is "*". Host comes first.
 *
 *  version  WEFT_HTTP_1_0 or WEFT_HTTP_1_1
 */
WEFT_MUST_USE enum weft_result weft_h1_write_request(struct weft_queue *out,
                                                     const struct weft_http_head *head,
                                                     enum weft_http_version version,
                                                     enum weft_h1_framing framing);

/** Writes the last chunk and trailers (§7.1, §7.1.2). */
WEFT_MUST_USE enum weft_result
weft_h1_write_trailers(struct weft_queue *out, const struct weft_http_field *fields, size_t count);

/**
 * Writes the answer to a request that cannot be handed out: it says close and, unless `is_head`, the reason as a
 * short text. It bears no date, for an engine has no calendar (RFC 9110 §6.6.1).
 */
WEFT_MUST_USE enum weft_result weft_h1_write_error(struct weft_queue *out,
                                                   struct weft_h1_error error, bool is_head);

#endif
