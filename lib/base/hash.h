// base/hash.h: numbers that look random made of others, for tables in memory; nothing that has to resist an attacker.
#ifndef WEFT_BASE_HASH_H
#define WEFT_BASE_HASH_H

#include "base/span.h"

/** An odd constant near 2^64 divided by the golden ratio: a product with it spreads what differs over the high bits. */
#define WEFT_HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

/** Takes one word more into a hash; all bits of the result depend on it. */
static inline uint64_t weft_hash_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * WEFT_HASH_FACTOR;
    return hash ^ hash >> 32;
}

/** Less than eight bytes as one word, by loads that overlap: copied one by one they could not be loaded again before they are
 *  stored. Different bytes of one size give different words. */
static inline uint64_t weft_hash_rest(struct weft_span bytes)
{
    uint32_t first, last;
    if (bytes.size >= sizeof(first)) {
        memcpy(&first, bytes.data, sizeof(first));
        memcpy(&last, bytes.data + bytes.size - sizeof(last), sizeof(last));
        return first | (uint64_t)last << 32;
    }
    if (bytes.size == 0) return 0;
    return bytes.data[0] | (uint64_t)bytes.data[bytes.size / 2] << 8 |
           (uint64_t)bytes.data[bytes.size - 1] << 16;
}

/**
 * Hashes all bytes, eight at a time.
 *
 * seed     random, where a peer chooses the bytes and the table's chains are not bounded otherwise
 * returns  64 bits; not the same on machines of another byte order
 */
static inline uint64_t weft_hash_bytes(uint64_t seed, struct weft_span bytes)
{
    uint64_t hash = weft_hash_mix(seed, bytes.size);
    uint64_t word;
    for (; bytes.size >= sizeof(word); bytes = weft_span_skip(bytes, sizeof(word))) {
        memcpy(&word, bytes.data, sizeof(word));
        hash = weft_hash_mix(hash, word);
    }
    return weft_hash_mix(hash, weft_hash_rest(bytes));
}

#endif
