// server/credentials.h: what a client says of who it is: an Authorization field of the scheme Basic (RFC 7617).
#ifndef WEFT_SERVER_CREDENTIALS_H
#define WEFT_SERVER_CREDENTIALS_H

#include "http/head.h"

enum {
    WEFT_USER_SIZE_MOST = 255,     // bytes of a name
    WEFT_PASSWORD_SIZE_MOST = 511, // libcrypt takes no more
};

/** A name and a password. To be wiped once it is used. */
struct weft_credentials {
    struct weft_span user;                                               // in the text
    struct weft_span password;                                           // the same; a NUL follows
    uint8_t text[WEFT_USER_SIZE_MOST + 1 + WEFT_PASSWORD_SIZE_MOST + 1]; // USER:PASSWORD
};

/**
 * Reads the value of an Authorization field.
 *
 * returns  false where it is of another scheme, not well-formed, or longer than any that are right; the text is wiped then
 */
WEFT_MUST_USE bool weft_credentials_parse(struct weft_span value,
                                          struct weft_credentials *credentials);

/** The same of a request; also false where it says nothing, or says it twice. */
WEFT_MUST_USE bool weft_credentials_of(const struct weft_http_head *request,
                                       struct weft_credentials *credentials);

/** Overwrites them. */
void weft_credentials_wipe(struct weft_credentials *credentials);

#endif
