// server/password_hash.h: which hashes of passwords are taken: slow to guess, and not so slow that a login takes minutes.
#ifndef WEFT_SERVER_PASSWORD_HASH_H
#define WEFT_SERVER_PASSWORD_HASH_H

#include "base/span.h"

enum {
    WEFT_BCRYPT_COST_MOST = 15,
    WEFT_SHA512_ROUNDS_MOST = 1000000,
    WEFT_YESCRYPT_MIB_MOST = 256, // scrypt and gost-yescrypt too: how much memory is gone through
};

/**
 * Judges a hash as crypt(5) has it, without trying it.
 *
 * fault    filled with what is wrong, in one line, where false is returned
 */
WEFT_MUST_USE bool weft_password_hash_is_taken(const char *hash, char *fault, size_t fault_size);

#endif
