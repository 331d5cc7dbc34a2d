// http/method.h: the request methods (RFC 9110 §9, RFC 5789).
#ifndef WEFT_HTTP_METHOD_H
#define WEFT_HTTP_METHOD_H

#include "base/span.h"

// X(name, safe, idempotent): RFC 9110 §9.2.1, §9.2.2
#define WEFT_HTTP_METHODS(X) \
    X(GET, 1, 1)             \
    X(HEAD, 1, 1)            \
    X(POST, 0, 0)            \
    X(PUT, 0, 1)             \
    X(DELETE, 0, 1)          \
    X(CONNECT, 0, 0)         \
    X(OPTIONS, 1, 1)         \
    X(TRACE, 1, 1)           \
    X(PATCH, 0, 0)

enum weft_http_method {
    WEFT_HTTP_NO_METHOD,
#define X(name, safe, idempotent) WEFT_HTTP_##name,
    WEFT_HTTP_METHODS(X)
#undef X
        WEFT_HTTP_OTHER_METHOD, // a token that is not in the list
};

/** The method of a token; methods are case-sensitive. WEFT_HTTP_NO_METHOD where it is no token. */
enum weft_http_method weft_http_method_lookup(struct weft_span token);

/** The token of a known method; empty for the others. */
struct weft_span weft_http_method_text(enum weft_http_method method);

/** Defined to be safe (§9.2.1)? An unknown method is not. */
bool weft_http_method_is_safe(enum weft_http_method method);

/** May it be sent again when it is not known whether it was processed (§9.2.2)? */
bool weft_http_method_is_idempotent(enum weft_http_method method);

#endif
