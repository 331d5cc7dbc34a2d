// net/secret.h: what others must not learn, neither from memory that was let go nor from how long it takes.
#ifndef WEFT_NET_SECRET_H
#define WEFT_NET_SECRET_H

#include "base/alloc.h"

enum { WEFT_SECRET_SIZE = 32 }; // bytes of a key, and of what is hashed with it

/** Overwrites it, also where nobody reads it after that. */
void weft_secret_wipe(void *secret, size_t size);

/** Are they the same bytes? It takes as long wherever they differ. */
bool weft_secret_equal(const void *a, const void *b, size_t size);

/** Fills it with random bytes that nobody can guess; false where the system has none. */
WEFT_MUST_USE bool weft_secret_make(void *secret, size_t size);

/** HMAC-SHA-256 (RFC 2104): a name for bytes that tells nothing of them to who lacks the key. False without memory. */
WEFT_MUST_USE bool weft_secret_hash(const uint8_t key[WEFT_SECRET_SIZE], struct weft_span bytes,
                                    uint8_t hash[WEFT_SECRET_SIZE]);

#endif
