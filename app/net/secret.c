// net/secret.c
#include "net/secret.h"

#include <gnutls/crypto.h>
#include <string.h>
#include <sys/random.h>

void weft_secret_wipe(void *secret, size_t size)
{
    explicit_bzero(secret, size);
}

bool weft_secret_equal(const void *a, const void *b, size_t size)
{
    return gnutls_memcmp(a, b, size) == 0;
}

bool weft_secret_make(void *secret, size_t size)
{
    return getrandom(secret, size, 0) == (ssize_t)size;
}

bool weft_secret_hash(const uint8_t key[WEFT_SECRET_SIZE], struct weft_span bytes,
                      uint8_t hash[WEFT_SECRET_SIZE])
{
    return gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, WEFT_SECRET_SIZE, bytes.data, bytes.size,
                            hash) == 0;
}
