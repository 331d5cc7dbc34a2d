// http/head.h: the head of a message, the same for every version (RFC 9110 §6).
#ifndef WEFT_HTTP_HEAD_H
#define WEFT_HTTP_HEAD_H

#include "http/field.h"
#include "http/method.h"
#include "http/priority.h"

enum weft_http_version {
    WEFT_HTTP_1_0 = 10,
    WEFT_HTTP_1_1 = 11,
    WEFT_HTTP_2 = 20,
    WEFT_HTTP_3 = 30,
};

/** Whether a response has a rank, weft_http_rank_response(). */
enum weft_http_rank {
    WEFT_HTTP_RANK_UNKNOWN, // it is to be looked for
    WEFT_HTTP_RANK_NONE,
    WEFT_HTTP_RANK_FOUND,
};

/** content_length of a head that does not say how long the content is. */
#define WEFT_HTTP_LENGTH_UNKNOWN (-1)

/**
 * A request, a response, an interim response or a promised request. Trailers come as a head too, with
 * nothing but fields.
 *
 * Received: every span is lent, for as long as the stream lives. What an engine hands out has passed the
 * field rules of its version, so no name or value holds CR, LF or NUL; cookie crumbs are joined (RFC 9113
 * §8.2.3).
 * Sent: borrowed for the call. An engine refuses (WEFT_INVALID) names that are no lower-case tokens, values
 * with CR, LF or NUL, and fields that are its own to write: content-length, connection, keep-alive,
 * proxy-connection, transfer-encoding, upgrade; in requests host too (it writes `authority`).
 */
struct weft_http_head {
    uint8_t version;              // enum weft_http_version; received only
    uint8_t method;               // enum weft_http_method; 0 in responses and trailers
    uint16_t status;              // 100 to 599; 0 in requests and trailers
    struct weft_span method_text; // as sent; for known methods may be left empty when sending
    struct weft_span scheme;      // "http", "https"; HTTP/1: by the target, mostly empty
    struct weft_span authority;   // host[:port], of the target or Host; empty in HTTP/1.0 without
    struct weft_span path;        // path and query as on the wire, or "*"; empty for CONNECT
    struct weft_span protocol;    // extended CONNECT: what the tunnel speaks (RFC 8441 §4)
    const struct weft_http_field *fields; // regular fields in order, without pseudo-fields
    size_t field_count;
    int64_t content_length; // bytes, or WEFT_HTTP_LENGTH_UNKNOWN; the engine writes the field
    struct weft_http_priority priority; // requests: from the priority field, else the default
    // Sent: where it is not 0, all heads with this stamp are the same in all that is above, so that an engine may send
    // again what it made of the first.
    uint64_t stamp;
    // Received requests: where it is not 0, all of the connection's with this number are the same, byte for byte.
    uint64_t known_as;
    // weft_http_fields_lack(), so that asking for what is not there costs nothing; 0: not known.
    uint64_t lacks;
    // Responses that are sent again and again: weft_http_rank_note() has looked at it; `priority` has what it found.
    uint8_t rank;          // enum weft_http_rank
    bool expects_continue; // Expect: 100-continue, from a peer that may wait (RFC 9110 §10.1.1)
    bool is_early;         // received in TLS early data (RFC 8470)
};

/** A head of only zeroes, but for what has another default. */
#define WEFT_HTTP_HEAD_INIT                                                                \
    {                                                                                      \
        .content_length = WEFT_HTTP_LENGTH_UNKNOWN, .priority = WEFT_HTTP_PRIORITY_DEFAULT \
    }

/** Has the head surely none of these names, WEFT_HTTP_FIELD_BIT() joined by |? False where it may have one. */
static inline bool weft_http_head_lacks(const struct weft_http_head *head, uint64_t names)
{
    return (head->lacks & names) == names;
}

/** The first field of `head` with that name, or NULL. */
static inline const struct weft_http_field *weft_http_head_find(const struct weft_http_head *head,
                                                                enum weft_http_field_name id)
{
    if (weft_http_head_lacks(head, UINT64_C(1) << id % 64)) return NULL;
    return weft_http_field_find(head->fields, head->field_count, id);
}

/** Has the request come through an intermediary that says so? */
static inline bool weft_http_head_was_forwarded(const struct weft_http_head *request)
{
    return weft_http_head_find(request, WEFT_HTTP_FIELD_VIA) ||
           weft_http_head_find(request, WEFT_HTTP_FIELD_FORWARDED) ||
           weft_http_head_find(request, WEFT_HTTP_FIELD_X_FORWARDED_FOR);
}

#endif
