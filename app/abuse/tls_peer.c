// abuse/tls_peer.c: what can only be done within a connection of TLS, and net/tls.h never does: renegotiation (RFC 5246
// §7.4.1.1) and key updates without end (RFC 8446 §4.6.3).
#include "abuse/cases.h"
#include "abuse/play.h"

#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdio.h>

struct peer {
    struct weft_abuse_link link; // only its socket
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
};

// One call after the other while it has to wait; a negative error of GnuTLS, or 0.
static int persist(struct peer *peer, int (*call)(gnutls_session_t session))
{
    uint64_t until_us = weft_abuse_now_us() + peer->link.play->budget.patience_us;
    int status;
    while ((status = call(peer->session)) < 0 && !gnutls_error_is_fatal(status)) {
        if (weft_abuse_now_us() >= until_us) return GNUTLS_E_TIMEDOUT;
        struct pollfd poll_fd = {.fd = peer->link.fd, .events = POLLIN};
        (void)poll(&poll_fd, 1, 5);
    }
    return status < 0 ? status : 0;
}

static void close_peer(struct peer *peer)
{
    if (peer->session) gnutls_deinit(peer->session);
    if (peer->credentials) gnutls_certificate_free_credentials(peer->credentials);
    weft_abuse_close(&peer->link);
}

static bool open_peer(struct weft_abuse_play *play, struct peer *peer, const char *versions)
{
    static const gnutls_datum_t alpn = {(unsigned char *)"http/1.1", 8};
    *peer = (struct peer){.session = NULL};
    if (!weft_abuse_open_bare(play, &peer->link)) return false;
    if (gnutls_certificate_allocate_credentials(&peer->credentials) == 0 &&
        gnutls_init(&peer->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK) == 0 &&
        gnutls_priority_set_direct(peer->session, versions, NULL) == 0 &&
        gnutls_credentials_set(peer->session, GNUTLS_CRD_CERTIFICATE, peer->credentials) == 0) {
        (void)gnutls_alpn_set_protocols(peer->session, &alpn, 1, 0);
        gnutls_transport_set_int(peer->session, peer->link.fd);
        if (persist(peer, gnutls_handshake) == 0) return true;
    }
    play->seen.unconnected++;
    close_peer(peer);
    return false;
}

// Takes in what came; false at the end of the connection.
static bool drain(struct peer *peer)
{
    char room[4096];
    ssize_t size;
    while ((size = gnutls_record_recv(peer->session, room, sizeof(room))) > 0)
        continue;
    bool is_open = size < 0 && !gnutls_error_is_fatal((int)size);
    if (!is_open) peer->link.has_ended = true;
    if (!is_open && size < 0) {
        struct weft_abuse_seen *seen = &peer->link.play->seen;
        snprintf(seen->failure, sizeof(seen->failure), "%s", gnutls_strerror((int)size));
    }
    return is_open;
}

static void play_renegotiation(struct weft_abuse_play *play)
{
    struct peer peer;
    if (!open_peer(play, &peer, "NORMAL:-VERS-ALL:+VERS-TLS1.2")) return;
    int status = persist(&peer, gnutls_handshake);
    if (status == 0) play->broken = "the server renegotiated";
    peer.link.has_ended = status != 0 && status != GNUTLS_E_TIMEDOUT;
    if (status != 0)
        snprintf(play->seen.failure, sizeof(play->seen.failure), "%s", gnutls_strerror(status));
    close_peer(&peer);
}

static int update_key(gnutls_session_t session)
{
    return gnutls_session_key_update(session, GNUTLS_KU_PEER);
}

static void play_key_updates(struct weft_abuse_play *play)
{
    struct peer peer;
    uint64_t until_us = weft_abuse_now_us() + play->budget.flood_us;
    if (!open_peer(play, &peer, "NORMAL:-VERS-ALL:+VERS-TLS1.3")) return;
    while (weft_abuse_now_us() < until_us && persist(&peer, update_key) == 0 && drain(&peer))
        continue;
    close_peer(&peer);
}

static const struct weft_abuse_case cases[] = {
    {"tls/renegotiation",
     "renegotiation",
     "CVE-2009-3555, CVE-2011-1473",
     "a second handshake within a connection of TLS 1.2",
     WEFT_ABUSE_BOUNDED,
     WEFT_ABUSE_TLS,
     play_renegotiation,
     {NULL, 0},
     0},
    {"tls/key-updates",
     "KeyUpdate flood",
     "",
     "key updates that want an answer, without end",
     WEFT_ABUSE_BOUNDED,
     WEFT_ABUSE_TLS,
     play_key_updates,
     {NULL, 0},
     0},
};

const struct weft_abuse_table weft_abuse_tls_peer = {cases, WEFT_COUNT(cases)};
