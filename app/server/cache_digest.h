// server/cache_digest.h: which resources somebody has, in few bytes: a Bloom filter.
//
// It may say that something is there which is not (then that is not pushed, but asked for as usual), never the other
// way round (so nothing is pushed to whoever has it). One is kept for each connection that takes pushes; a smaller one
// travels in a cookie, so that a client that comes back is not pushed what it holds.
#ifndef WEFT_SERVER_CACHE_DIGEST_H
#define WEFT_SERVER_CACHE_DIGEST_H

#include "base/span.h"

enum {
    WEFT_CACHE_DIGEST_CONNECTION_BITS = 2048,
    WEFT_CACHE_DIGEST_COOKIE_BITS = 512,
    WEFT_CACHE_DIGEST_TEXT_SIZE = 86,        // of COOKIE_BITS in base64url
    WEFT_CACHE_DIGEST_SET_COOKIE_SIZE = 192, // room for weft_cache_digest_set_cookie()
};

struct weft_cache_digest {
    uint32_t bit_count; // a power of two
    uint8_t bits[WEFT_CACHE_DIGEST_CONNECTION_BITS / 8];
};

/** An empty one. */
void weft_cache_digest_init(struct weft_cache_digest *digest, uint32_t bit_count);

/** The key of a resource in one version of it; an empty tag for any version. */
uint64_t weft_cache_digest_key(struct weft_span path, struct weft_span etag);

void weft_cache_digest_add(struct weft_cache_digest *digest, uint64_t key);
bool weft_cache_digest_has(const struct weft_cache_digest *digest, uint64_t key);

/** Are so many bits set that it is wrong more often than one time in sixteen? Then it is time to begin anew. */
bool weft_cache_digest_is_full(const struct weft_cache_digest *digest);

/**
 * Finds the digest in a Cookie value.
 *
 * returns  false where there is none, or one that is none of ours; `digest` is then empty
 */
bool weft_cache_digest_from_cookie(struct weft_span cookie, struct weft_cache_digest *digest);

/** Writes the Set-Cookie value that keeps a digest of COOKIE_BITS with the client; returns its size. */
size_t weft_cache_digest_set_cookie(const struct weft_cache_digest *digest,
                                    char out[WEFT_CACHE_DIGEST_SET_COOKIE_SIZE]);

#endif
