// server/passwords.h: who may come in: a file of lines USER:HASH, as htpasswd(1) writes it.
//
// Read once, before the walls are up; then nothing changes, so all threads share it.
#ifndef WEFT_SERVER_PASSWORDS_H
#define WEFT_SERVER_PASSWORDS_H

#include "base/alloc.h"

enum {
    WEFT_PASSWORDS_FILE_MOST = 4 << 20, // bytes
    WEFT_PASSWORDS_TEXT_SIZE = 512,     // of a complaint
};

/** Somebody who may come in. */
struct weft_password {
    struct weft_span user;
    const char *hash; // as crypt(3) has it
};

struct weft_passwords {
    char *text;                 // of the file
    struct weft_password *rows; // by their names
    size_t count;
    uint64_t seed;
};

/**
 * Reads a file.
 *
 * error    filled with one line, which begins with FILE or FILE:LINE, where something is wrong
 * returns  NULL then
 */
struct weft_passwords *weft_passwords_read(const char *file, char *error, size_t error_size);

/** The same from memory; `name` stands for the file's. */
struct weft_passwords *weft_passwords_parse(struct weft_span bytes, const char *name, char *error,
                                            size_t error_size);

/** NULL does nothing. */
void weft_passwords_free(struct weft_passwords *passwords);

/**
 * Looks for a name.
 *
 * decoy    set where it is not there: the row of somebody else, always the same for one name, whose hash is to be tried
 *          all the same, so that time does not tell who is there
 * returns  NULL where it is not there
 */
const struct weft_password *weft_passwords_find(const struct weft_passwords *passwords,
                                                struct weft_span user,
                                                const struct weft_password **decoy);

enum weft_password_verdict {
    WEFT_PASSWORD_RIGHT,
    WEFT_PASSWORD_WRONG,
    WEFT_PASSWORD_UNKNOWN, // it could not be tried: no memory
};

/** Tries a password, which takes long. Any thread may do so. */
enum weft_password_verdict weft_password_try(const char *hash, const char *password);

#endif
