// h1/framing.h: how long a message's content is, and whether the connection outlives it (RFC 9112 §6.3, §9.3).
#ifndef WEFT_H1_FRAMING_H
#define WEFT_H1_FRAMING_H

#include "h1/parser.h"

enum weft_h1_framing {
    WEFT_H1_NO_CONTENT,
    WEFT_H1_BY_LENGTH,   // content-length bytes
    WEFT_H1_BY_CHUNKS,   // transfer-encoding: chunked
    WEFT_H1_UNTIL_CLOSE, // a response that the connection's end ends
};

/**
 * The framing of a received request.
 *
 * returns  status 0, or why the request has no framing that everyone would read alike: then answer, and close,
 *          for nobody knows where the next request begins (§6.3, §11.2)
 */
struct weft_h1_error weft_h1_request_framing(const struct weft_h1_message *message,
                                             enum weft_h1_framing *framing);

/** The same for a received response to a request with `method`. */
struct weft_h1_error weft_h1_response_framing(const struct weft_h1_message *message,
                                              enum weft_http_method method,
                                              enum weft_h1_framing *framing);

/** Has the answer with `status` to `method` no content, whatever its fields say (RFC 9110 §6.4.1)? */
bool weft_h1_is_bodiless(enum weft_http_method method, uint16_t status);

/**
 * The framing of an answer that we send.
 *
 * version  the client's
 * ends     the answer has no content
 */
enum weft_h1_framing weft_h1_answer_framing(const struct weft_http_head *head,
                                            enum weft_http_method method,
                                            enum weft_http_version version, bool ends);

/** Would the sender of this head have the connection go on (§9.3)? */
bool weft_h1_persists(const struct weft_h1_message *message);

#endif
