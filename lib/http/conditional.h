// http/conditional.h: requests that hold only while something is so (RFC 9110 §8.8, §13).
#ifndef WEFT_HTTP_CONDITIONAL_H
#define WEFT_HTTP_CONDITIONAL_H

#include "http/head.h"

/** last_modified where it is not known. */
#define WEFT_HTTP_NO_DATE INT64_MIN

/** What tells one state of a resource from the next (§8.8). */
struct weft_http_validators {
    struct weft_span etag; // with its quotes, and W/ where it is weak; empty where there is none
    int64_t last_modified; // seconds from 1970, or WEFT_HTTP_NO_DATE
    int64_t date; // the Date that the answer will have, or WEFT_HTTP_NO_DATE; a time at least a
                  // second older than it may stand for a strong validator (§8.8.2.2)
    bool exists;  // is there a current representation?
};

enum weft_http_condition {
    WEFT_HTTP_PROCEED,          // do what the method says
    WEFT_HTTP_NOT_MODIFIED,     // 304
    WEFT_HTTP_FAILED_CONDITION, // 412
};

/**
 * Evaluates the conditions of a request in the order of §13.2.2.
 *
 * Only to be asked where the answer without them would be 2xx or 412 (§13.2.1).
 *
 * now         seconds from 1970, for dates with a year of two digits
 * uses_range  set: whether Range is to be looked at. It is for GET alone, with an If-Range that holds or none
 */
enum weft_http_condition
weft_http_evaluate_conditions(const struct weft_http_head *request,
                              const struct weft_http_validators *validators, int64_t now,
                              bool *uses_range);

/** Does the request surely ask for the whole, whatever the client has: without conditions and ranges? */
static inline bool weft_http_asks_for_all(const struct weft_http_head *request)
{
    return weft_http_head_lacks(
        request, WEFT_HTTP_FIELD_BIT(IF_MATCH) | WEFT_HTTP_FIELD_BIT(IF_UNMODIFIED_SINCE) |
                     WEFT_HTTP_FIELD_BIT(IF_NONE_MATCH) | WEFT_HTTP_FIELD_BIT(IF_MODIFIED_SINCE) |
                     WEFT_HTTP_FIELD_BIT(RANGE));
}

/** A well-formed entity tag (§8.8.3)? */
bool weft_http_etag_is_valid(struct weft_span etag);

/** Equal, and both strong (§8.8.3.2)? */
bool weft_http_etag_equal_strong(struct weft_span a, struct weft_span b);

/** Equal, with no regard to W/ (§8.8.3.2)? */
bool weft_http_etag_equal_weak(struct weft_span a, struct weft_span b);

/**
 * Takes the next entity tag off a list (§13.1.1); commas inside of tags do not part.
 *
 * returns  false where none is left, or what is left is no list of entity tags
 */
bool weft_http_etag_next(struct weft_span *list, struct weft_span *etag);

#endif
