// server/cache_digest.c: RFC 6265 for the cookie
#include "server/cache_digest.h"

#include "wire/base64.h"

#include <stdio.h>

enum { HASHES = 4, COOKIE_BYTES = WEFT_CACHE_DIGEST_COOKIE_BITS / 8 };

// The prefix has browsers insist on Secure, Path=/ and no Domain, so that no sibling host can set it.
static const struct weft_span cookie_name = WEFT_SPAN_INIT("__Host-weft-held");

void weft_cache_digest_init(struct weft_cache_digest *digest, uint32_t bit_count)
{
    *digest = (struct weft_cache_digest){.bit_count = bit_count};
}

static uint64_t hash(uint64_t state, struct weft_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        state = (state ^ bytes.data[i]) * 0x100000001b3; // FNV-1a
    return state;
}

uint64_t weft_cache_digest_key(struct weft_span path, struct weft_span etag)
{
    uint64_t key = hash(hash(hash(0xcbf29ce484222325, path), WEFT_SPAN("\n")), etag);
    key ^= key >> 33; // the end of MurmurHash3: each bit depends on all
    key *= 0xff51afd7ed558ccd;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53;
    return key ^ key >> 33;
}

// Which bit is the i-th of a key: 16 bits of the key for each.
static uint32_t bit_of(const struct weft_cache_digest *digest, uint64_t key, unsigned i)
{
    return (uint32_t)(key >> 16 * i) & (digest->bit_count - 1);
}

void weft_cache_digest_add(struct weft_cache_digest *digest, uint64_t key)
{
    for (unsigned i = 0; i < HASHES; i++) {
        uint32_t bit = bit_of(digest, key, i);
        digest->bits[bit / 8] |= (uint8_t)(1U << bit % 8);
    }
}

bool weft_cache_digest_has(const struct weft_cache_digest *digest, uint64_t key)
{
    for (unsigned i = 0; i < HASHES; i++) {
        uint32_t bit = bit_of(digest, key, i);
        if (!(digest->bits[bit / 8] >> bit % 8 & 1)) return false;
    }
    return true;
}

bool weft_cache_digest_is_full(const struct weft_cache_digest *digest)
{
    unsigned set = 0;
    for (size_t i = 0; i < digest->bit_count / 8; i++)
        set += (unsigned)__builtin_popcount(digest->bits[i]);
    return set > digest->bit_count / 2; // (1/2)^4
}

// Reads exactly the bits of a cookie.
static bool read_text(struct weft_span text, uint8_t *bytes)
{
    size_t size;
    return text.size == WEFT_CACHE_DIGEST_TEXT_SIZE &&
           weft_base64_decode(WEFT_BASE64_URL, text, bytes, &size);
}

bool weft_cache_digest_from_cookie(struct weft_span cookie, struct weft_cache_digest *digest)
{
    weft_cache_digest_init(digest, WEFT_CACHE_DIGEST_COOKIE_BITS);
    while (cookie.size > 0) {
        size_t size = weft_span_find(cookie, ';');
        struct weft_span pair = weft_span_trim(weft_span_part(cookie, 0, size));
        size_t equals = weft_span_find(pair, '=');
        cookie = weft_span_skip(cookie, size + 1);
        if (!weft_span_equal(weft_span_part(pair, 0, equals), cookie_name)) continue;
        if (read_text(weft_span_skip(pair, equals + 1), digest->bits)) return true;
        weft_cache_digest_init(digest, WEFT_CACHE_DIGEST_COOKIE_BITS);
        return false;
    }
    return false;
}

size_t weft_cache_digest_set_cookie(const struct weft_cache_digest *digest,
                                    char out[WEFT_CACHE_DIGEST_SET_COOKIE_SIZE])
{
    uint8_t text[WEFT_CACHE_DIGEST_TEXT_SIZE];
    struct weft_writer letters = weft_writer_over(text, sizeof(text));
    weft_write_base64(&letters, WEFT_BASE64_URL, (struct weft_span){digest->bits, COOKIE_BYTES});
    // Lax, not Strict: else who comes by a link from elsewhere would be pushed all again.
    int written = snprintf(out, WEFT_CACHE_DIGEST_SET_COOKIE_SIZE,
                           "%s=%.*s; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax",
                           (const char *)cookie_name.data, (int)sizeof(text), (const char *)text);
    return (size_t)written;
}
