// client/url.h: a URL of http or https, taken apart (RFC 3986, RFC 9110 §4.2).
#ifndef WEFT_CLIENT_URL_H
#define WEFT_CLIENT_URL_H

#include "base/arena.h"

enum {
    WEFT_URL_SIZE_MOST = 8192,
    WEFT_URL_HOST_SIZE = 256,
    WEFT_URL_AUTHORITY_SIZE = WEFT_URL_HOST_SIZE + 10, // brackets, colon, port
};

struct weft_url {
    bool is_secure;                // https
    uint16_t port;                 // never 0
    char host[WEFT_URL_HOST_SIZE]; // lower case; an IPv6 address without its brackets
    char
        authority[WEFT_URL_AUTHORITY_SIZE]; // for Host and :authority: no port that is the scheme's
    struct weft_span user;                  // name[:password] as written, percent-encoded; or empty
    struct weft_span path;     // path and query as on the wire, never empty; no fragment
    struct weft_span fragment; // without its #
};

/**
 * Takes a URL apart. What cannot stand in a path (spaces, other control bytes, bytes above 126) is percent-encoded.
 *
 * text     has to begin with http:// or https://
 * arena    holds the copies that `user`, `path` and `fragment` are of
 * returns  NULL, or what is wrong with it: static text; `url` is then left as it was
 */
const char *weft_url_parse(struct weft_span text, struct weft_arena *arena, struct weft_url *url);

/**
 * What a reference means that stands in the document at `base` or in its answer's Location (RFC 3986 §5).
 *
 * reference  absolute or relative; without a fragment of its own it has none (RFC 9110 §10.2.2 is the caller's)
 */
const char *weft_url_join(const struct weft_url *base, struct weft_span reference,
                          struct weft_arena *arena, struct weft_url *url);

/** The same scheme, host and port (RFC 6454 §5)? */
bool weft_url_same_origin(const struct weft_url *a, const struct weft_url *b);

/** Writes scheme://authority/path, without user and fragment; cut where there is no room. Returns `text`. */
const char *weft_url_text(const struct weft_url *url, char *text, size_t size);

#endif
