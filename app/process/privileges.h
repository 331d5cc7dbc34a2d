// process/privileges.h: from root to a user who may little (credentials(7), capabilities(7)).
#ifndef WEFT_PROCESS_PRIVILEGES_H
#define WEFT_PROCESS_PRIVILEGES_H

#include "process/reach.h"

#include <sys/types.h>

enum { WEFT_USER_NAME_SIZE = 64, WEFT_USER_GROUPS_MOST = 256 };

/** Who the worker is to be. */
struct weft_identity {
    char name[WEFT_USER_NAME_SIZE]; // for people
    uid_t user;
    gid_t group;
    gid_t groups[WEFT_USER_GROUPS_MOST]; // the further ones, none where a group was named
    size_t group_count;
};

/**
 * Finds NAME or NAME:GROUP, each by name or by number. A user without a named group has its further groups too.
 *
 * returns  false with one line in `error`
 */
bool weft_identity_find(const char *text, struct weft_identity *identity, char *error,
                        size_t error_size);

/** The user that web servers are on this system: www-data, else nobody; false where there is neither. */
bool weft_identity_usual(struct weft_identity *identity);

/** Who this process is. */
struct weft_identity weft_identity_own(void);

/**
 * The first place that the user cannot reach: tried by a child that has become the user.
 *
 * is_written  of the places that are written, or of those that are read
 * error       set to a negative errno: why not
 * returns     NULL where all can be reached, and with `error` set where it could not be tried
 */
const struct weft_reach *weft_identity_misses(const struct weft_identity *identity,
                                              const struct weft_reaches *reaches, bool is_written,
                                              int *error);

/**
 * Becomes that user for good, with no capability, no_new_privs and no core dumps, and checks that there is no way back.
 * Without root's rights only the process's own user can be become.
 *
 * returns  false with one line in `error`; the process has to end then
 */
bool weft_privileges_drop(const struct weft_identity *identity, char *error, size_t error_size);

#endif
