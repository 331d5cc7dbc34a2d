// net/tls_context.h: what is inside of a TLS context; only for tls.c and tls_context.c.
#ifndef WEFT_NET_TLS_CONTEXT_H
#define WEFT_NET_TLS_CONTEXT_H

#include "net/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>

enum {
    WEFT_TLS_ALPN_MOST = 8,
    WEFT_TLS_TICKET_KEY_SIZE = 64, // GnuTLS: 16 of name, 32 of cipher key, 16 of MAC key
};

/** Certificates for the same names, each with another kind of key; GnuTLS takes the one that the client can verify. */
struct weft_tls_identity {
    gnutls_certificate_credentials_t credentials;
    gnutls_x509_crt_t leaf; // of one of them: it tells the names; NULL at a client
};

struct weft_tls_context {
    atomic_uint references;
    bool is_server;
    bool skips_verification;
    struct weft_tls_identity *identities; // at least one
    size_t identity_count;
    gnutls_priority_t priority;
    gnutls_datum_t alpn[WEFT_TLS_ALPN_MOST]; // owned copies
    unsigned alpn_count;
    uint8_t ticket_secret[WEFT_TLS_TICKET_SECRET_SIZE]; // each server name's keys are made from it
    size_t handshake_size;                              // the most bytes of a client's messages
    int key_log_fd;                                     // -1: none
    int64_t expiry;
    char *expiry_file;
};

/** The certificates and keys for a server name (in lower case, with a NUL behind it): the first that cover it, else the
 *  first of all. */
gnutls_certificate_credentials_t weft_tls_context_choose(const struct weft_tls_context *context,
                                                         const char *server_name);

/** Do the certificates that are shown for a server name (NULL for none) cover another name? */
bool weft_tls_context_covers(const struct weft_tls_context *context, const char *server_name,
                             const char *host);

/** Sets `key` to the ticket key for a server name. */
bool weft_tls_context_ticket_key(const struct weft_tls_context *context,
                                 struct weft_span server_name,
                                 uint8_t key[WEFT_TLS_TICKET_KEY_SIZE]);

/** Writes one line of the key log (the format of SSLKEYLOGFILE). */
void weft_tls_context_log_key(const struct weft_tls_context *context, const char *label,
                              struct weft_span client_random, struct weft_span secret);

#endif
