// h2/error.h: makes the peer's errors, as values (RFC 9113 §5.4, §7).
#ifndef WEFT_H2_ERROR_H
#define WEFT_H2_ERROR_H

#include "http/error_code.h"
#include "http/event.h"

/** Nothing went wrong. */
#define WEFT_H2_OK ((struct weft_http_error){.scope = WEFT_HTTP_FINE})

/** Answered with RST_STREAM, §5.4.2. `reason` is static text. */
static inline struct weft_http_error weft_h2_stream_error(enum weft_http_error_code code,
                                                          const char *reason)
{
    return (struct weft_http_error){.scope = WEFT_HTTP_STREAM, .code = code, .reason = reason};
}

/** Answered with GOAWAY, §5.4.1. `reason` is static text. */
static inline struct weft_http_error weft_h2_connection_error(enum weft_http_error_code code,
                                                              const char *reason)
{
    return (struct weft_http_error){.scope = WEFT_HTTP_CONNECTION, .code = code, .reason = reason};
}

#endif
