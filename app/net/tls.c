// net/tls.c: one TLS connection over bytes in memory, by GnuTLS.
#include "net/tls.h"

#include "net/tls_context.h"
#include "wire/reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>

enum {
    ERROR_TEXT_SIZE = 256,
    SERVER_NAME_EXTENSION = 0,           // RFC 6066 §3
    SIGNATURE_ALGORITHMS_EXTENSION = 13, // RFC 8446 §4.2.3
    ALPN_EXTENSION = 16,                 // RFC 7301 §3.1
    TRIES_MOST = 16,                     // results that ask to be called again, in a row
};

struct weft_tls {
    gnutls_session_t session;
    struct weft_tls_context *context;
    struct weft_queue output; // its allocator is the whole one's
    struct weft_span input;   // borrowed, what GnuTLS has not pulled yet
    uint8_t *server_name;     // in lower case, with a NUL behind it
    size_t handshake_size;    // pulled before the connection was established
    uint16_t server_name_size;
    bool has_ended;  // the transport: nothing more will be fed
    bool is_drained; // GnuTLS holds no plaintext, and no record that is whole
    bool has_ticket_key;
    bool is_established;
    bool is_closed; // close_notify came
    bool is_failed;
    bool is_too_long;      // more handshake messages than may be
    struct weft_span alpn; // of the context's protocols the one that was agreed upon
    const char *failure;   // static text
    char *failure_text;    // or what was put together, of ERROR_TEXT_SIZE
};

static ssize_t push(gnutls_transport_ptr_t pointer, const void *bytes, size_t size)
{
    struct weft_tls *tls = pointer;
    if (weft_queue_add(&tls->output, (struct weft_span){bytes, size}) != WEFT_OK) {
        gnutls_transport_set_errno(tls->session, ENOMEM);
        return -1;
    }
    return (ssize_t)size;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *room, size_t size)
{
    struct weft_tls *tls = pointer;
    if (tls->input.size == 0) {
        if (tls->has_ended) return 0;
        gnutls_transport_set_errno(tls->session, EAGAIN);
        return -1;
    }
    if (size > tls->input.size) size = tls->input.size;
    if (!tls->is_established && tls->context->is_server) {
        tls->handshake_size += size;
        if (tls->handshake_size > tls->context->handshake_size) {
            gnutls_transport_set_errno(tls->session, EIO);
            return -1;
        }
    }
    memcpy(room, tls->input.data, size);
    tls->input = weft_span_skip(tls->input, size);
    return (ssize_t)size;
}

static int can_pull(gnutls_transport_ptr_t pointer, unsigned wait_ms)
{
    const struct weft_tls *tls = pointer;
    (void)wait_ms; // nothing comes by waiting
    return tls->input.size > 0 || tls->has_ended;
}

static uint8_t lower_case(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

// RFC 6066 §3: ServerNameList length (16), NameType (8) 0 = host_name, HostName length (16), HostName
static int note_server_name(void *context, unsigned type, const unsigned char *data, unsigned size)
{
    struct weft_tls *tls = context;
    if (type != SERVER_NAME_EXTENSION || tls->server_name) return 0;

    struct weft_reader in = weft_reader_over((struct weft_span){data, size});
    weft_read_u16(&in);
    uint8_t name_type = weft_read_u8(&in);
    struct weft_span name = weft_read_bytes(&in, weft_read_u16(&in));
    if (in.failed || name_type != 0 || name.size == 0 || name.size > 255) return 0; // GnuTLS judges

    tls->server_name = weft_allocate(tls->output.alloc, name.size + 1);
    if (!tls->server_name) return GNUTLS_E_MEMORY_ERROR;
    tls->server_name[name.size] = '\0';
    tls->server_name_size = (uint16_t)name.size;
    for (size_t i = 0; i < name.size; i++) {
        tls->server_name[i] = lower_case(name.data[i]);
    }
    return 0;
}

static int set_credentials(struct weft_tls *tls)
{
    gnutls_certificate_credentials_t chosen =
        weft_tls_context_choose(tls->context, (const char *)tls->server_name);
    return gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, chosen);
}

// Before GnuTLS reads the extensions of a ClientHello: the name in it decides which certificates there are (GnuTLS by
// itself would not find those with wildcards) and which ticket key, so that a session for one name cannot be resumed
// under another.
static int on_client_hello(gnutls_session_t session, unsigned type, unsigned when,
                           unsigned incoming, const gnutls_datum_t *message)
{
    struct weft_tls *tls = gnutls_session_get_ptr(session);
    (void)type;
    (void)when;
    if (!incoming || tls->has_ticket_key) return 0; // a second hello changes nothing
    int result =
        gnutls_ext_raw_parse(tls, note_server_name, message, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
    if (result < 0 && result != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return result;

    result = set_credentials(tls);
    if (result < 0) return result;
    uint8_t bytes[WEFT_TLS_TICKET_KEY_SIZE];
    if (!weft_tls_context_ticket_key(tls->context, weft_tls_server_name(tls), bytes)) {
        return GNUTLS_E_INTERNAL_ERROR;
    }
    gnutls_datum_t key = {bytes, sizeof(bytes)};
    result = gnutls_session_ticket_enable_server(session, &key);
    gnutls_memset(bytes, 0, sizeof(bytes));
    tls->has_ticket_key = true;
    return result;
}

static int log_key(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    struct weft_tls *tls = gnutls_session_get_ptr(session);
    gnutls_datum_t client = {NULL, 0};
    gnutls_datum_t server = {NULL, 0};
    gnutls_session_get_random(session, &client, &server);
    weft_tls_context_log_key(tls->context, label, (struct weft_span){client.data, client.size},
                             (struct weft_span){secret->data, secret->size});
    return 0;
}

// An address is no server name (RFC 6066 §3).
static bool is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

static int set_up_client(struct weft_tls *tls, const char *server_name)
{
    if (server_name && !is_address(server_name)) {
        int result =
            gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, server_name, strlen(server_name));
        if (result < 0) return result;
    }
    if (server_name && !tls->context->skips_verification) {
        gnutls_session_set_verify_cert(tls->session, server_name, 0);
    } else if (!tls->context->skips_verification) {
        gnutls_session_set_verify_cert(tls->session, NULL, 0);
    }
    if (tls->context->key_log_fd >= 0) gnutls_session_set_keylog_function(tls->session, log_key);
    return 0;
}

static void set_up_server(struct weft_tls *tls)
{
    enum { TICKET_LIFE_S = 4 * 3600 }; // GnuTLS turns the keys over after three of them
    gnutls_db_set_cache_expiration(tls->session, TICKET_LIFE_S);
    gnutls_handshake_set_hook_function(tls->session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
                                       on_client_hello);
}

static int set_up(struct weft_tls *tls, const char *server_name)
{
    struct weft_tls_context *context = tls->context;
    int result = gnutls_priority_set(tls->session, context->priority);
    if (result < 0) return result;
    result = set_credentials(tls);
    if (result < 0) return result;
    if (context->alpn_count > 0) {
        // RFC 7301 §3.2: the server's order, and no_application_protocol where nothing is common
        unsigned flags =
            context->is_server ? GNUTLS_ALPN_SERVER_PRECEDENCE | GNUTLS_ALPN_MANDATORY : 0;
        result = gnutls_alpn_set_protocols(tls->session, context->alpn, context->alpn_count, flags);
        if (result < 0) return result;
    }
    gnutls_session_set_ptr(tls->session, tls);
    gnutls_transport_set_ptr(tls->session, tls);
    gnutls_transport_set_push_function(tls->session, push);
    gnutls_transport_set_pull_function(tls->session, pull);
    gnutls_transport_set_pull_timeout_function(tls->session, can_pull);
    if (!context->is_server) return set_up_client(tls, server_name);
    set_up_server(tls);
    return 0;
}

struct weft_tls *weft_tls_new(struct weft_tls_context *context, const char *server_name,
                              const struct weft_alloc *alloc)
{
    struct weft_tls *tls = weft_allocate_zeroed(alloc, sizeof(*tls));
    if (!tls) return NULL;
    weft_queue_init(&tls->output, alloc);
    unsigned side = context->is_server ? GNUTLS_SERVER : GNUTLS_CLIENT;
    if (gnutls_init(&tls->session, side | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
        weft_release(alloc, tls, sizeof(*tls));
        return NULL;
    }
    tls->context = weft_tls_context_share(context);
    if (set_up(tls, server_name) < 0) {
        weft_tls_free(tls);
        return NULL;
    }
    return tls;
}

void weft_tls_free(struct weft_tls *tls)
{
    if (!tls) return;
    gnutls_deinit(tls->session);
    weft_tls_context_free(tls->context);
    weft_queue_deinit(&tls->output);
    weft_release(tls->output.alloc, tls->server_name, (size_t)tls->server_name_size + 1);
    weft_release(tls->output.alloc, tls->failure_text, ERROR_TEXT_SIZE);
    weft_release(tls->output.alloc, tls, sizeof(*tls));
}

void weft_tls_feed(struct weft_tls *tls, struct weft_span bytes)
{
    tls->input = bytes;
}

void weft_tls_feed_end(struct weft_tls *tls)
{
    tls->has_ended = true;
}

// A text of more than one part; without memory the static one has to do.
static void describe(struct weft_tls *tls, const char *what, const char *detail)
{
    tls->failure = what;
    if (!tls->failure_text) tls->failure_text = weft_allocate(tls->output.alloc, ERROR_TEXT_SIZE);
    if (tls->failure_text) snprintf(tls->failure_text, ERROR_TEXT_SIZE, "%s: %s", what, detail);
}

static void describe_verification(struct weft_tls *tls)
{
    gnutls_datum_t text = {NULL, 0};
    unsigned status = gnutls_session_get_verify_cert_status(tls->session);
    gnutls_certificate_type_t type = gnutls_certificate_type_get(tls->session);
    if (gnutls_certificate_verification_status_print(status, type, &text, 0) < 0) {
        tls->failure = "the server's certificate is not trusted";
        return;
    }
    describe(tls, "the server's certificate is not trusted", (const char *)text.data);
    gnutls_free(text.data);
}

static enum weft_tls_status fail(struct weft_tls *tls, int result)
{
    tls->is_failed = true;
    bool should_alert = true;
    switch (result) {
    case GNUTLS_E_FATAL_ALERT_RECEIVED: {
        const char *name = gnutls_alert_get_name(gnutls_alert_get(tls->session));
        describe(tls, "the peer ended TLS with an alert", name ? name : "unknown");
        should_alert = false;
        break;
    }
    case GNUTLS_E_PREMATURE_TERMINATION:
        tls->failure = tls->is_established ? "the connection was cut: no close_notify came"
                                           : "the peer closed during the TLS handshake";
        should_alert = false;
        break;
    case GNUTLS_E_PULL_ERROR: // pull() has no other
        tls->is_too_long = true;
        tls->failure = "limit: handshake_size";
        break;
    case GNUTLS_E_PUSH_ERROR: tls->failure = "no memory for TLS"; break;
    case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR: describe_verification(tls); break;
    case GNUTLS_E_REHANDSHAKE:
        tls->failure = "the peer asked to renegotiate, which HTTP/2 forbids (RFC 9113 §9.2.1)";
        gnutls_alert_send(tls->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
        gnutls_alert_send(tls->session, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
        should_alert = false;
        break;
    default: tls->failure = gnutls_strerror(result); break;
    }
    if (should_alert) (void)gnutls_alert_send_appropriate(tls->session, result);
    return WEFT_TLS_FAILED;
}

// Is it worth to call GnuTLS again at once? (A warning alert, or a message that it has dealt with.)
static bool may_go_on(const struct weft_tls *tls, int result)
{
    if (result >= 0 || result == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal(result))
        return false;
    bool is_dry = tls->input.size == 0 && !tls->has_ended;
    return result != GNUTLS_E_AGAIN || !is_dry;
}

static void note_alpn(struct weft_tls *tls)
{
    gnutls_datum_t chosen = {NULL, 0};
    if (gnutls_alpn_get_selected_protocol(tls->session, &chosen) < 0) return;
    for (unsigned i = 0; i < tls->context->alpn_count; i++) {
        const gnutls_datum_t *ours = &tls->context->alpn[i];
        struct weft_span name = {ours->data, ours->size};
        if (weft_span_equal(name, (struct weft_span){chosen.data, chosen.size})) tls->alpn = name;
    }
}

// GnuTLS keeps what the hellos said of algorithms and protocols, 850 bytes, for as long as a connection lives. A server,
// whose handshake is over for good, gives it back.
static void forget_hellos(struct weft_tls *tls)
{
    if (!tls->context->is_server) return;
    gnutls_ext_set_data(tls->session, SIGNATURE_ALGORITHMS_EXTENSION, NULL);
    gnutls_ext_set_data(tls->session, ALPN_EXTENSION, NULL);
}

enum weft_tls_status weft_tls_handshake(struct weft_tls *tls)
{
    if (tls->is_failed) return WEFT_TLS_FAILED;
    if (tls->is_established) return WEFT_TLS_DONE; // GnuTLS would begin to renegotiate
    int result = gnutls_handshake(tls->session);
    for (size_t i = 0; i < TRIES_MOST && may_go_on(tls, result); i++) {
        result = gnutls_handshake(tls->session);
    }
    if (result == GNUTLS_E_AGAIN) return WEFT_TLS_WANTS_INPUT;
    if (result < 0) return fail(tls, result);
    tls->is_established = true;
    note_alpn(tls);
    forget_hellos(tls);
    return WEFT_TLS_DONE;
}

enum weft_tls_status weft_tls_receive(struct weft_tls *tls, uint8_t *room, size_t room_size,
                                      size_t *size)
{
    *size = 0;
    if (tls->is_failed) return WEFT_TLS_FAILED;
    if (tls->is_closed) return WEFT_TLS_CLOSED;
    if (tls->is_drained && tls->input.size == 0 && !tls->has_ended) return WEFT_TLS_WANTS_INPUT;
    tls->is_drained = false;
    ssize_t result = gnutls_record_recv(tls->session, room, room_size);
    for (size_t i = 0; i < TRIES_MOST && may_go_on(tls, (int)result); i++) {
        result = gnutls_record_recv(tls->session, room, room_size);
    }
    if (result == GNUTLS_E_AGAIN) return WEFT_TLS_WANTS_INPUT;
    if (result < 0) return fail(tls, (int)result);
    if (result == 0) {
        tls->is_closed = true;
        return WEFT_TLS_CLOSED;
    }
    // It pulls a record at a time, so there is more only where the room was too small for this one.
    tls->is_drained = gnutls_record_check_pending(tls->session) == 0;
    *size = (size_t)result;
    return WEFT_TLS_DONE;
}

bool weft_tls_send(struct weft_tls *tls, struct weft_span plaintext)
{
    if (tls->is_failed) return false;
    while (plaintext.size > 0) {
        ssize_t sent = gnutls_record_send(tls->session, plaintext.data, plaintext.size);
        if (sent <= 0) {
            tls->is_failed = true;
            tls->failure = gnutls_strerror((int)sent);
            return false;
        }
        plaintext = weft_span_skip(plaintext, (size_t)sent);
    }
    return true;
}

void weft_tls_close(struct weft_tls *tls)
{
    if (tls->is_established && !tls->is_failed) (void)gnutls_bye(tls->session, GNUTLS_SHUT_WR);
}

struct weft_queue *weft_tls_output(struct weft_tls *tls)
{
    return &tls->output;
}

size_t weft_tls_save(struct weft_tls *tls, uint8_t *room, size_t room_size)
{
    bool waits_for_ticket =
        gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_3 &&
        !(gnutls_session_get_flags(tls->session) & GNUTLS_SFLAGS_SESSION_TICKET);
    if (!tls->is_established || waits_for_ticket) return 0;
    return gnutls_session_get_data(tls->session, room, &room_size) < 0 ? 0 : room_size;
}

bool weft_tls_resume(struct weft_tls *tls, struct weft_span saved)
{
    return gnutls_session_set_data(tls->session, saved.data, saved.size) >= 0;
}

struct weft_span weft_tls_alpn(const struct weft_tls *tls)
{
    return tls->alpn;
}

struct weft_span weft_tls_server_name(const struct weft_tls *tls)
{
    return (struct weft_span){tls->server_name, tls->server_name_size};
}

bool weft_tls_covers(const struct weft_tls *tls, const char *host)
{
    return weft_tls_context_covers(tls->context, (const char *)tls->server_name, host);
}

const char *weft_tls_version(const struct weft_tls *tls)
{
    switch (gnutls_protocol_get_version(tls->session)) {
    case GNUTLS_TLS1_3: return "TLSv1.3";
    case GNUTLS_TLS1_2: return "TLSv1.2";
    default: return "";
    }
}

const char *weft_tls_cipher(const struct weft_tls *tls)
{
    // The names of IANA's registry, for all that our set of ciphers allows.
    static const struct cipher {
        gnutls_cipher_algorithm_t algorithm;
        const char *tls13;
        const char *ecdsa;
        const char *rsa;
    } ciphers[] = {
        {GNUTLS_CIPHER_AES_128_GCM, "TLS_AES_128_GCM_SHA256",
         "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {GNUTLS_CIPHER_AES_256_GCM, "TLS_AES_256_GCM_SHA384",
         "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
        {GNUTLS_CIPHER_CHACHA20_POLY1305, "TLS_CHACHA20_POLY1305_SHA256",
         "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
         "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    };
    gnutls_cipher_algorithm_t algorithm = gnutls_cipher_get(tls->session);
    for (size_t i = 0; i < WEFT_COUNT(ciphers); i++) {
        if (ciphers[i].algorithm != algorithm) continue;
        if (gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_3) return ciphers[i].tls13;
        bool is_ecdsa = gnutls_kx_get(tls->session) == GNUTLS_KX_ECDHE_ECDSA;
        return is_ecdsa ? ciphers[i].ecdsa : ciphers[i].rsa;
    }
    const char *name = gnutls_cipher_get_name(algorithm); // of a set that the user chose
    return name ? name : "";
}

bool weft_tls_is_resumed(const struct weft_tls *tls)
{
    return gnutls_session_is_resumed(tls->session) != 0;
}

bool weft_tls_is_too_long(const struct weft_tls *tls)
{
    return tls->is_too_long;
}

const char *weft_tls_error(const struct weft_tls *tls)
{
    if (tls->failure_text) return tls->failure_text;
    return tls->failure ? tls->failure : "";
}
