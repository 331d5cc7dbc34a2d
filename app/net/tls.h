// net/tls.h: TLS 1.2 and 1.3 over bytes in memory, whatever library does it (RFC 8446, RFC 7301).
//
// A weft_tls does not know of sockets: received bytes are handed to it, bytes to send are taken from a queue, so that
// the answers of one turn leave in one system call.
#ifndef WEFT_NET_TLS_H
#define WEFT_NET_TLS_H

#include "base/alloc.h"
#include "wire/queue.h"

#include <sys/types.h>

/** What many connections share: certificates, keys, ticket keys, ciphers, ALPN. Read-only once made, so that
 *  threads may share it; counted references.
 *
 *  A server takes TLS 1.3 and 1.2 with ECDHE and AEAD only, by its own preference; no renegotiation, no compression,
 *  no early data, no more handshake messages than two hellos of 16 KB. Tickets carry the session (the server keeps none); their keys turn
 *  over every 12 hours and depend on the server name, so that a ticket for one name is worth nothing under another. */
struct weft_tls_context;

/** One connection. */
struct weft_tls;

enum { WEFT_TLS_TICKET_SECRET_SIZE = 64 };

struct weft_tls_certificate {
    const char *certificate_file; // PEM, the chain behind it
    const char *key_file;         // PEM, not encrypted; may be the same file
};

struct weft_tls_server_config {
    // Chosen by SNI; the first serves names that none covers.
    const struct weft_tls_certificate *certificates;
    size_t certificate_count;
    // In order of preference, NULL-terminated, at most 8: "h2", "http/1.1"; NULL: none. A client that offers ALPN but none
    // of these is refused with no_application_protocol (RFC 7301 §3.2).
    const char *const *alpn;
    // A GnuTLS priority string; NULL: Mozilla's intermediate set in our order (AES-GCM first, X25519 then P-256).
    const char *ciphers;
    size_t handshake_size; // the most bytes of a client's handshake messages; 36864 where 0
    // WEFT_TLS_TICKET_SECRET_SIZE random bytes that ticket keys are made from: who has the same ones resumes the same
    // sessions; NULL: random bytes of its own.
    const uint8_t *ticket_secret;
};

struct weft_tls_client_config {
    const char *ca_file;     // PEM; NULL: the system's store
    bool skips_verification; // -k
    const char *const *alpn;
    const char *key_log_file; // SSLKEYLOGFILE, or NULL
    const char *ciphers;      // as for servers
};

/**
 * error    filled with one line that names the file and the remedy where NULL is returned
 */
struct weft_tls_context *weft_tls_server_new(const struct weft_tls_server_config *config,
                                             char *error, size_t error_size);
struct weft_tls_context *weft_tls_client_new(const struct weft_tls_client_config *config,
                                             char *error, size_t error_size);
struct weft_tls_context *weft_tls_context_share(struct weft_tls_context *context);
void weft_tls_context_free(struct weft_tls_context *context);

/** When the first of a server's certificates expires, in seconds since 1970; INT64_MAX without certificates.
 *
 *  file     set to that certificate's file name, lent for the context's life; NULL where nobody asks
 */
int64_t weft_tls_context_expiry(const struct weft_tls_context *context, const char **file);

/** Does the certificate that a server shows to those who ask for a name (in lower case) cover it? */
bool weft_tls_context_covers_name(const struct weft_tls_context *context, const char *name);

/**
 * Starts a connection.
 *
 * server_name  client: the SNI and the name that the certificate has to cover; NULL for a server
 * alloc        for its queue of bytes to send
 * returns      NULL without memory
 */
struct weft_tls *weft_tls_new(struct weft_tls_context *context, const char *server_name,
                              const struct weft_alloc *alloc);
void weft_tls_free(struct weft_tls *tls);

enum weft_tls_status {
    WEFT_TLS_DONE,
    WEFT_TLS_WANTS_INPUT, // hand in more received bytes, then call again
    WEFT_TLS_CLOSED,      // the peer's close_notify came, in order
    WEFT_TLS_FAILED, // weft_tls_error() says why; what is in the queue (an alert) should still be sent
};

/** Hands in received bytes: borrowed until the next call that returns WEFT_TLS_WANTS_INPUT (what is left of them by
 *  then was copied), which has to be reached before the next weft_tls_feed(). An empty span takes back what was handed
 *  in: the connection is to be given up then. */
void weft_tls_feed(struct weft_tls *tls, struct weft_span bytes);

/** The peer has closed the transport; without close_notify that is a truncation. */
void weft_tls_feed_end(struct weft_tls *tls);

/** Goes on with the handshake. */
enum weft_tls_status weft_tls_handshake(struct weft_tls *tls);

/** Decrypts into `room`; `size` is set to the bytes written where the status is WEFT_TLS_DONE (at least 1). */
enum weft_tls_status weft_tls_receive(struct weft_tls *tls, uint8_t *room, size_t room_size,
                                      size_t *size);

/** Encrypts 1 to 16384 bytes into the queue, as one record (more where the peer takes only small ones, RFC 8449);
 *  false where it failed. */
bool weft_tls_send(struct weft_tls *tls, struct weft_span plaintext);

/** Puts close_notify into the queue. */
void weft_tls_close(struct weft_tls *tls);

/** What has to go to the socket, to be dropped as it leaves. */
struct weft_queue *weft_tls_output(struct weft_tls *tls);

/**
 * Client: copies what a later connection to the same name needs to resume this one (RFC 8446 §2.2).
 *
 * returns  bytes written, 0 where there is nothing yet (TLS 1.3: the ticket comes after the handshake, with the first
 *          bytes received) or the room is too small; 4 KB are plenty
 */
size_t weft_tls_save(struct weft_tls *tls, uint8_t *room, size_t room_size);
/** Client, before the handshake: tries to resume; false where `saved` is no such thing. */
bool weft_tls_resume(struct weft_tls *tls, struct weft_span saved);

/** The protocol that ALPN chose, or empty; after the handshake. */
struct weft_span weft_tls_alpn(const struct weft_tls *tls);
/** The name the client asked for (SNI), or empty. */
struct weft_span weft_tls_server_name(const struct weft_tls *tls);
/** Does the certificate that this server shows on the connection cover a name (in lower case)? */
bool weft_tls_covers(const struct weft_tls *tls, const char *host);
/** "TLSv1.3", and "TLS_AES_128_GCM_SHA256" or alike: static text. */
const char *weft_tls_version(const struct weft_tls *tls);
const char *weft_tls_cipher(const struct weft_tls *tls);
bool weft_tls_is_resumed(const struct weft_tls *tls);
/** Did the handshake fail because the client's messages were longer than `handshake_size`? */
bool weft_tls_is_too_long(const struct weft_tls *tls);
/** Why it failed: text lent until the next call. */
const char *weft_tls_error(const struct weft_tls *tls);

#endif
