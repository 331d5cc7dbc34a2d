// client/redirect.h: where a redirection leads, and what goes along (RFC 9110 §15.4).
#ifndef WEFT_CLIENT_REDIRECT_H
#define WEFT_CLIENT_REDIRECT_H

#include "client/url.h"
#include "http/head.h"

struct weft_redirect {
    struct weft_url url;
    enum weft_http_method method;
    bool drops_content; // the method has changed to GET: no content, and no field that speaks of it
    bool drops_credentials; // another origin is told no secrets
};

/** Is the answer a redirection that a client follows: 301, 302, 303, 307 or 308 with a Location? */
bool weft_redirect_is_one(const struct weft_http_head *answer);

/**
 * Says how to go on. A 303 makes all but HEAD a GET, a 301 or 302 makes a POST one, as browsers have it (§15.4.2); 307 and
 * 308 change nothing. The fragment goes along where Location has none (§10.2.2).
 *
 * answer   one that weft_redirect_is_one()
 * returns  NULL, or why it cannot be followed: static text
 */
const char *weft_redirect_follow(const struct weft_url *from, enum weft_http_method method,
                                 const struct weft_http_head *answer, struct weft_arena *arena,
                                 struct weft_redirect *redirect);

/** Is the field not to go along with the redirection? */
bool weft_redirect_drops(const struct weft_redirect *redirect, enum weft_http_field_name id);

#endif
