// server/password_hash.c: what a hash says of itself, crypt(5).
#include "server/password_hash.h"

#include <crypt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DIGITS = 64,
    DIGIT_BITS = 6,
    NO_DIGIT = DIGITS,
    FIXED_DIGITS = 5, // of scrypt's numbers
    BLOCK_SIZE = 128, // of scrypt and its kin: times r, times N, is what they go through
    LOG2_MOST = 63,   // of N
    MIB_BITS = 20,
    // Which parameters follow r in yescrypt
    HAS_P = 1,
    HAS_T = 2,
};

static unsigned digit_of(char byte)
{
    if (byte == '.' || byte == '/') return (unsigned)(byte - '.');
    if (byte >= '0' && byte <= '9') return 2U + (unsigned)(byte - '0');
    if (byte >= 'A' && byte <= 'Z') return 12U + (unsigned)(byte - 'A');
    if (byte >= 'a' && byte <= 'z') return 38U + (unsigned)(byte - 'a');
    return NO_DIGIT;
}

/** Numbers in a hash; `failed` where there is none. */
struct digits {
    const char *at;
    bool failed;
};

static unsigned next_digit(struct digits *in)
{
    unsigned digit = digit_of(*in->at);
    if (digit == NO_DIGIT) {
        in->failed = true;
        return 0;
    }
    in->at++;
    return digit;
}

// The first digit tells how many follow: up to 47 none, then half of the digits that are left one more, and so on. What
// can be told with fewer digits is not told with more: each length begins where the one before ends.
static uint32_t read_number(struct digits *in, uint32_t least)
{
    uint32_t start = 0;
    uint32_t end = 47;
    unsigned bits = 0;
    uint32_t number = least;
    unsigned digit = next_digit(in);
    while (digit > end) {
        number += (end + 1 - start) << bits;
        start = end + 1;
        end = start + (DIGITS - 2 - end) / 2;
        bits += DIGIT_BITS;
    }
    number += (digit - start) << bits;
    while (bits > 0) {
        bits -= DIGIT_BITS;
        number += next_digit(in) << bits;
    }
    return number;
}

static uint32_t read_fixed(struct digits *in)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < FIXED_DIGITS; i++)
        number |= next_digit(in) << i * DIGIT_BITS;
    return number;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

// Bytes that are gone through, in MiB, rounded up.
static uint64_t mib_of(unsigned n_log2, uint32_t r, uint32_t p, uint32_t t)
{
    uint64_t bytes = times((uint64_t)1 << n_log2, BLOCK_SIZE);
    bytes = times(times(times(bytes, r), p), t > 0 ? t : 1);
    return (bytes >> MIB_BITS) + ((bytes & ((1U << MIB_BITS) - 1)) != 0);
}

// What a hash costs, by what follows its prefix: false where that cannot be.

// $2b$COST$
static bool cost_of_bcrypt(const char *text, uint64_t *cost)
{
    *cost = strtoul(text, NULL, 10);
    return true;
}

// $6$rounds=ROUNDS$, or the usual 5000
static bool cost_of_sha512(const char *text, uint64_t *cost)
{
    static const char rounds[] = "rounds=";
    bool is_told = strncmp(text, rounds, strlen(rounds)) == 0;
    *cost = is_told ? strtoul(text + strlen(rounds), NULL, 10) : 5000;
    return true;
}

// $7$: N (1 digit), r (5), p (5)
static bool cost_of_scrypt(const char *text, uint64_t *cost)
{
    struct digits in = {.at = text};
    unsigned n_log2 = next_digit(&in);
    uint32_t r = read_fixed(&in);
    uint32_t p = read_fixed(&in);
    *cost = mib_of(n_log2, r, p, 0);
    return !in.failed;
}

// $y$: flavor, N, r, and where more are told, which, and those. What can be told beside p and t nobody can check here.
static bool cost_of_yescrypt(const char *text, uint64_t *cost)
{
    struct digits in = {.at = text};
    (void)read_number(&in, 0);
    uint32_t n_log2 = read_number(&in, 1);
    uint32_t r = read_number(&in, 1);
    uint32_t has = in.failed || *in.at == '$' ? 0 : read_number(&in, 1);
    uint32_t p = has & HAS_P ? read_number(&in, 2) : 1;
    uint32_t t = has & HAS_T ? read_number(&in, 1) : 0;
    if (in.failed || *in.at != '$' || n_log2 > LOG2_MOST || has > (HAS_P | HAS_T)) return false;
    *cost = mib_of(n_log2, r, p, t);
    return true;
}

struct kind {
    const char *prefix;
    size_t tail_size; // letters behind the last $
    const char *name;
    bool (*cost_of)(const char *text, uint64_t *cost);
    const char *unit; // of the cost
    uint64_t most;
};

// clang-format off
static const struct kind kinds[] = {
    {"$2b$", 53, "bcrypt",        cost_of_bcrypt,   "",       WEFT_BCRYPT_COST_MOST}, // 22 of salt, 31 of hash
    {"$2y$", 53, "bcrypt",        cost_of_bcrypt,   "",       WEFT_BCRYPT_COST_MOST},
    {"$y$",  43, "yescrypt",      cost_of_yescrypt, " MiB",   WEFT_YESCRYPT_MIB_MOST},
    {"$gy$", 43, "gost-yescrypt", cost_of_yescrypt, " MiB",   WEFT_YESCRYPT_MIB_MOST},
    {"$7$",  43, "scrypt",        cost_of_scrypt,   " MiB",   WEFT_YESCRYPT_MIB_MOST},
    {"$6$",  86, "sha512crypt",   cost_of_sha512,   " rounds", WEFT_SHA512_ROUNDS_MOST},
};
// clang-format on

static bool has_tail(const char *hash, size_t size)
{
    const char *tail = strrchr(hash, '$') + 1;
    for (const char *at = tail; *at; at++) {
        if (digit_of(*at) == NO_DIGIT) return false;
    }
    return strlen(tail) == size;
}

static bool is_whole(const struct kind *kind, const char *hash)
{
    return strlen(hash) < CRYPT_OUTPUT_SIZE && has_tail(hash, kind->tail_size) &&
           crypt_checksalt(hash) != CRYPT_SALT_INVALID &&
           crypt_checksalt(hash) != CRYPT_SALT_METHOD_DISABLED;
}

static bool judge(const struct kind *kind, const char *hash, char *fault, size_t fault_size)
{
    uint64_t cost;
    if (!is_whole(kind, hash) || !kind->cost_of(hash + strlen(kind->prefix), &cost)) {
        snprintf(fault, fault_size, "the hash is cut short, or none that this system can check");
        return false;
    }
    if (cost <= kind->most) return true;
    snprintf(fault, fault_size,
             "the hash is so costly that each login would take long: %s, a cost of %" PRIu64
             "%s; expected at most %" PRIu64 "%s",
             kind->name, cost, kind->unit, kind->most, kind->unit);
    return false;
}

bool weft_password_hash_is_taken(const char *hash, char *fault, size_t fault_size)
{
    for (size_t i = 0; i < WEFT_COUNT(kinds); i++) {
        if (strncmp(hash, kinds[i].prefix, strlen(kinds[i].prefix)) != 0) continue;
        return judge(&kinds[i], hash, fault, fault_size);
    }
    snprintf(fault, fault_size,
             "this is no hash that is taken (bcrypt, yescrypt, scrypt, sha512crypt): make it anew "
             "with 'htpasswd -B' or 'mkpasswd -m yescrypt'");
    return false;
}
