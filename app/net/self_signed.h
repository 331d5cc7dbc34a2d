// net/self_signed.h: a certificate for this machine that nobody has to ask for.
#ifndef WEFT_NET_SELF_SIGNED_H
#define WEFT_NET_SELF_SIGNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_SELF_SIGNED_PATH_SIZE = 4096 };

struct weft_self_signed {
    char pem_file[WEFT_SELF_SIGNED_PATH_SIZE]; // certificate and key, mode 0600: both files of a
                                               // struct weft_tls_certificate
    char certificate_file
        [WEFT_SELF_SIGNED_PATH_SIZE]; // without the key: what browsers and curl can be told to trust
    int64_t expiry;                   // seconds since 1970
    bool is_new;                      // made by this call
};

/**
 * Finds the certificate for localhost, 127.0.0.1 and ::1 (ECDSA P-256) in a directory, or makes it there: where there is
 * none, where it cannot be used, or where it expires within a week.
 *
 * directory  made where it is missing; NULL: $XDG_STATE_HOME/weft, or ~/.local/state/weft
 * now        seconds since 1970
 * returns    0, or a negative errno with `error` filled with one line that names the file and the remedy
 */
int weft_self_signed_find(const char *directory, int64_t now, struct weft_self_signed *out,
                          char *error, size_t error_size);

#endif
