// http/status.h: the status codes (RFC 9110 §15 and the IANA registry).
#ifndef WEFT_HTTP_STATUS_H
#define WEFT_HTTP_STATUS_H

#include "base/span.h"

/** The registered reason phrase; empty for a code that is not in the registry. */
struct weft_span weft_http_status_phrase(unsigned status);

/** 1xx: one that comes before the final response (§15.2)? */
static inline bool weft_http_status_is_informational(unsigned status)
{
    return status >= 100 && status < 200;
}

/** May a response with this status have content? 1xx, 204 and 304 may not (§6.4.1). */
static inline bool weft_http_status_allows_content(unsigned status)
{
    return !weft_http_status_is_informational(status) && status != 204 && status != 304;
}

/** May a response with this status be kept by a heuristic, without word of its freshness (§15.1)? */
bool weft_http_status_is_cacheable(unsigned status);

#endif
