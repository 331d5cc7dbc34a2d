// bench/peer.c: a client that shakes hands, or holds connections that do nothing.
//
//     peer handshakes PORT COUNT full|resumed   one connection after the other: TLS 1.3, preface, the server's SETTINGS
//     peer hold PORT COUNT                      COUNT connections with one answered request each, until stdin ends
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priorities;
static uint16_t port;

struct peer {
    int fd;
    gnutls_session_t tls;
};

static void fail(const char *what)
{
    fprintf(stderr, "peer: %s (%s)\n", what, strerror(errno));
    exit(1);
}

static void send_all(struct peer *peer, const void *bytes, size_t size)
{
    if (gnutls_record_send(peer->tls, bytes, size) != (ssize_t)size) fail("cannot send");
}

static struct peer meet(const gnutls_datum_t *session)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct peer peer = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    if (connect(peer.fd, (struct sockaddr *)&address, sizeof(address))) fail("cannot connect");
    setsockopt(peer.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    gnutls_datum_t h2 = {(void *)"h2", 2};
    gnutls_init(&peer.tls, GNUTLS_CLIENT);
    gnutls_priority_set(peer.tls, priorities);
    gnutls_credentials_set(peer.tls, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_server_name_set(peer.tls, GNUTLS_NAME_DNS, "localhost", 9);
    gnutls_alpn_set_protocols(peer.tls, &h2, 1, 0);
    gnutls_transport_set_int(peer.tls, peer.fd);
    if (session) gnutls_session_set_data(peer.tls, session->data, session->size);
    int result;
    do {
        result = gnutls_handshake(peer.tls);
    } while (result < 0 && !gnutls_error_is_fatal(result));
    if (result < 0) fail(gnutls_strerror(result));
    return peer;
}

static void part(struct peer *peer)
{
    gnutls_bye(peer->tls, GNUTLS_SHUT_WR);
    gnutls_deinit(peer->tls);
    close(peer->fd);
}

static ssize_t receive(struct peer *peer, void *room, size_t size)
{
    ssize_t got;
    do {
        got = gnutls_record_recv(peer->tls, room, size);
    } while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
    if (got <= 0) fail("the server has closed");
    return got;
}

// Reads frames up to the end of stream 1, or up to the first frame at all.
static void read_until(struct peer *peer, bool whole_answer)
{
    static uint8_t in[1 << 17];
    size_t size = 0;
    for (;;) {
        size += (size_t)receive(peer, in + size, sizeof(in) - size);
        size_t at = 0;
        while (size - at >= 9) {
            const uint8_t *head = in + at;
            size_t length = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
            if (size - at < 9 + length) break;
            if (!whole_answer || (head[3] <= 1 && head[8] == 1 && (head[4] & 1))) return;
            at += 9 + length;
        }
        memmove(in, in + at, size - at);
        size -= at;
    }
}

static const char preface[] =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    "\0\0\0\4\0\0\0\0"; // and SETTINGS without any; its last 0 is the string's own

static void handshakes(size_t count, bool resumes)
{
    gnutls_datum_t session = {NULL, 0};
    size_t resumed = 0;
    for (size_t i = 0; i < count + resumes; i++) {
        struct peer peer = meet(i > 0 && resumes ? &session : NULL);
        resumed += gnutls_session_is_resumed(peer.tls) != 0;
        send_all(&peer, preface, sizeof(preface));
        read_until(&peer, false);
        if (i == 0 && resumes) {
            while (!(gnutls_session_get_flags(peer.tls) & GNUTLS_SFLAGS_SESSION_TICKET)) {
                receive(&peer, (uint8_t[4096]){0}, 4096);
            }
            if (gnutls_session_get_data2(peer.tls, &session) < 0) fail("no session to resume");
        }
        part(&peer);
    }
    gnutls_free(session.data);
    printf("%zu resumed of %zu\n", resumed, count);
}

static void hold(size_t count)
{
    // GET https://localhost/1k.bin: static indices, and :path and :authority as literals that are not indexed
    static const char get[] = "\0\0\x16\1\5\0\0\0\1\x82\x87\x04\x07/1k.bin\x01\x09localhost";
    static const char acknowledge[] = "\0\0\0\4\1\0\0\0";
    for (size_t i = 0; i < count; i++) {
        struct peer peer = meet(NULL);
        send_all(&peer, preface, sizeof(preface));
        send_all(&peer, get, sizeof(get) - 1);
        read_until(&peer, true);
        send_all(&peer, acknowledge, sizeof(acknowledge));
    }
    printf("held %zu\n", count);
    fflush(stdout);
    while (getchar() != EOF) {
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: peer handshakes PORT COUNT full|resumed | hold PORT COUNT\n");
        return 2;
    }
    port = (uint16_t)strtoul(argv[2], NULL, 10);
    size_t count = strtoul(argv[3], NULL, 10);
    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_priority_init(&priorities,
                         "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:"
                         "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1",
                         NULL);
    if (strcmp(argv[1], "hold") == 0) {
        hold(count);
    } else {
        handshakes(count, argc > 4 && strcmp(argv[4], "resumed") == 0);
    }
    return 0;
}
