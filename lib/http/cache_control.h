// http/cache_control.h: what the Cache-Control of a response allows (RFC 9111 §5.2.2).
#ifndef WEFT_HTTP_CACHE_CONTROL_H
#define WEFT_HTTP_CACHE_CONTROL_H

#include "base/span.h"

struct weft_http_cache_control {
    bool no_store;     // §5.2.2.5
    bool no_cache;     // §5.2.2.4; also with field names, which is more than asked
    bool is_private;   // §5.2.2.7
    bool no_transform; // §5.2.2.6
    int64_t max_age;   // seconds, §5.2.2.1; -1 where not stated, 0 where it is no number (§4.2.1)
};

/** Reads one field value; directives that are not in the struct are passed over. */
struct weft_http_cache_control weft_http_cache_control_parse(struct weft_span value);

/** May a client's own cache keep the response? */
static inline bool weft_http_cache_control_may_store(const struct weft_http_cache_control *control)
{
    return !control->no_store;
}

/** May a client's own cache use it without asking again, for a while at least? Where max-age is not stated it may guess
 *  (§4.2.2). */
static inline bool weft_http_cache_control_is_fresh(const struct weft_http_cache_control *control)
{
    return !control->no_store && !control->no_cache && control->max_age != 0;
}

#endif
