// net/tls_test.c: our server and our client hand each other bytes; and what a server has to refuse.
#include "net/tls.h"

#include "counting_alloc.h"
#include "net/memory.h"
#include "temp_dir.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ONLY_TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define ONLY_TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static char error[512];
static struct temp_dir dir; // of this run's certificates
static const char *const h2_and_h1[] = {"h2", "http/1.1", NULL};
static const char *const only_h1[] = {"http/1.1", NULL};

static const char *path(const char *name)
{
    static char paths[4][96];
    static size_t at;
    char *out = paths[at++ % 4];
    snprintf(out, sizeof(paths[0]), "%s/%s", dir.path, name);
    return out;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path(name), "we");
    CHECK(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

// Makes NAME.pem, with the certificate for a DNS name, signed by its own key, and the key behind it.
static void make_certificate(const char *name, const char *dns_name,
                             gnutls_pk_algorithm_t algorithm, unsigned bits)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t text;
    char file[64];
    char pem[16384];
    gnutls_x509_privkey_init(&key);
    CHECK(gnutls_x509_privkey_generate(key, algorithm, bits, 0) >= 0);
    gnutls_x509_crt_init(&certificate);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, "\x01", 1);
    gnutls_x509_crt_set_dn(certificate, "CN=test", NULL);
    gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, dns_name,
                                         (unsigned)strlen(dns_name), GNUTLS_FSAN_SET);
    gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 60);
    gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 3600);
    gnutls_x509_crt_set_key(certificate, key);
    CHECK(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0) >= 0);
    CHECK(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text) >= 0);
    size_t size = text.size;
    memcpy(pem, text.data, size);
    gnutls_free(text.data);
    CHECK(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text) >= 0);
    memcpy(pem + size, text.data, text.size);
    size += text.size;
    gnutls_free(text.data);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
    snprintf(file, sizeof(file), "%s.pem", name);
    write_file(file, pem, size);
}

static void remove_certificates(void)
{
    temp_dir_remove(&dir);
}

static void make_certificates(void)
{
    if (dir.path[0]) return;
    dir = temp_dir_new();
    atexit(remove_certificates);
    unsigned p256 = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    make_certificate("one", "one.test", GNUTLS_PK_ECDSA, p256);
    make_certificate("wild", "*.wild.test", GNUTLS_PK_ECDSA, p256);
    make_certificate("rsa", "rsa.test", GNUTLS_PK_RSA, 2048);
}

// A server of up to two certificates by name, "one" and "wild" or what is asked for.
static struct weft_tls_context *server(const char *first, const char *second,
                                       const char *const *alpn)
{
    make_certificates();
    char files[2][96];
    snprintf(files[0], sizeof(files[0]), "%s/%s.pem", dir.path, first);
    snprintf(files[1], sizeof(files[1]), "%s/%s.pem", dir.path, second ? second : "");
    struct weft_tls_certificate certificates[2] = {{files[0], files[0]}, {files[1], files[1]}};
    struct weft_tls_server_config config = {
        .certificates = certificates, .certificate_count = second ? 2 : 1, .alpn = alpn};
    struct weft_tls_context *context = weft_tls_server_new(&config, error, sizeof(error));
    CHECK(context != NULL);
    return context;
}

// A client that trusts NAME.pem, or anything where it is NULL.
static struct weft_tls_context *client(const char *trusts, const char *const *alpn,
                                       const char *ciphers)
{
    char file[96];
    snprintf(file, sizeof(file), "%s/%s.pem", dir.path, trusts ? trusts : "one");
    struct weft_tls_client_config config = {
        .ca_file = file, .skips_verification = !trusts, .alpn = alpn, .ciphers = ciphers};
    struct weft_tls_context *context = weft_tls_client_new(&config, error, sizeof(error));
    CHECK(context != NULL);
    return context;
}

struct pair {
    struct weft_tls *client;
    struct weft_tls *server;
    size_t split; // bytes handed over at once; 0: all
};

static struct pair pair_of(struct weft_tls_context *client_context,
                           struct weft_tls_context *server_context, const char *name)
{
    struct pair pair = {
        .client = weft_tls_new(client_context, name, weft_heap_alloc()),
        .server = weft_tls_new(server_context, NULL, weft_heap_alloc()),
    };
    CHECK(pair.client != NULL && pair.server != NULL);
    return pair;
}

// Ends a pair; the contexts were only lent until now.
static void end(struct pair *pair, struct weft_tls_context *client_context,
                struct weft_tls_context *server_context)
{
    weft_tls_free(pair->client);
    weft_tls_free(pair->server);
    weft_tls_context_free(client_context);
    weft_tls_context_free(server_context);
}

// Hands what `from` wants to send to `to`'s handshake.
static enum weft_tls_status carry(struct weft_tls *from, struct weft_tls *to, size_t split)
{
    enum weft_tls_status status = WEFT_TLS_WANTS_INPUT;
    struct weft_queue *queue = weft_tls_output(from);
    while (weft_queue_size(queue) > 0) {
        struct weft_span bytes = weft_queue_bytes(queue);
        bytes = weft_span_part(bytes, 0, split ? split : bytes.size);
        weft_tls_feed(to, bytes);
        status = weft_tls_handshake(to);
        if (status == WEFT_TLS_DONE) { // tickets may be behind it
            uint8_t none;
            size_t size;
            (void)weft_tls_receive(to, &none, 1, &size);
        }
        weft_queue_drop(queue, bytes.size);
        if (status != WEFT_TLS_WANTS_INPUT) break;
    }
    return status;
}

// Runs the handshake; returns the client's and the server's status.
static void shake_hands(struct pair *pair, enum weft_tls_status *at_client,
                        enum weft_tls_status *at_server)
{
    *at_client = weft_tls_handshake(pair->client);
    *at_server = WEFT_TLS_WANTS_INPUT;
    for (size_t i = 0; i < 8; i++) {
        if (*at_server == WEFT_TLS_WANTS_INPUT) {
            *at_server = carry(pair->client, pair->server, pair->split);
        }
        if (*at_client == WEFT_TLS_WANTS_INPUT) {
            *at_client = carry(pair->server, pair->client, pair->split);
        }
    }
}

static void must_shake_hands(struct pair *pair)
{
    enum weft_tls_status at_client;
    enum weft_tls_status at_server;
    shake_hands(pair, &at_client, &at_server);
    CHECK_EQ(at_client, WEFT_TLS_DONE);
    CHECK_EQ(at_server, WEFT_TLS_DONE);
}

// Carries what `from` sent to `to` and decrypts it; returns the last status, `text` what came.
static enum weft_tls_status receive(struct weft_tls *from, struct weft_tls *to, uint8_t *text,
                                    size_t text_size, size_t *got)
{
    struct weft_queue *queue = weft_tls_output(from);
    enum weft_tls_status status;
    size_t size;
    *got = 0;
    weft_tls_feed(to, weft_queue_bytes(queue));
    while ((status = weft_tls_receive(to, text + *got, text_size - *got, &size)) == WEFT_TLS_DONE) {
        *got += size;
    }
    weft_queue_drop(queue, weft_queue_size(queue));
    return status;
}

static void must_talk(struct weft_tls *from, struct weft_tls *to)
{
    uint8_t text[64];
    size_t got;
    CHECK(weft_tls_send(from, WEFT_SPAN("what the shuttle carries")));
    CHECK_EQ(receive(from, to, text, sizeof(text), &got), WEFT_TLS_WANTS_INPUT);
    CHECK_SPAN(((struct weft_span){text, got}), "what the shuttle carries");
}

// RFC 8446, RFC 7301
TEST(tls13_is_spoken_with_alpn_and_server_name)
{
    struct weft_tls_context *server_context = server("one", NULL, h2_and_h1);
    struct weft_tls_context *client_context = client("one", h2_and_h1, NULL);
    struct pair pair = pair_of(client_context, server_context, "one.test");

    must_shake_hands(&pair);

    CHECK_SPAN(weft_span_of(weft_tls_version(pair.server)), "TLSv1.3");
    CHECK_SPAN(weft_span_of(weft_tls_cipher(pair.server)), "TLS_AES_128_GCM_SHA256");
    CHECK_SPAN(weft_tls_alpn(pair.server), "h2");
    CHECK_SPAN(weft_tls_alpn(pair.client), "h2");
    CHECK_SPAN(weft_tls_server_name(pair.server), "one.test");
    CHECK_SPAN(weft_tls_server_name(pair.client), "");
    CHECK(!weft_tls_is_resumed(pair.server));
    must_talk(pair.client, pair.server);
    must_talk(pair.server, pair.client);
    end(&pair, client_context, server_context);
}

// RFC 9113 §9.2.2: only ECDHE with AEAD.
TEST(tls12_is_spoken_with_the_first_of_our_ciphers)
{
    static const struct row {
        const char *certificate;
        const char *cipher;
    } rows[] = {
        {"one", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
        {"rsa", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_tls_context *server_context = server(rows[i].certificate, NULL, h2_and_h1);
        // the client would rather have another cipher: the server's order counts
        struct weft_tls_context *client_context =
            client(NULL, h2_and_h1, ONLY_TLS12 ":-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM");
        struct pair pair = pair_of(client_context, server_context, "a.test");

        must_shake_hands(&pair);

        CHECK_SPAN(weft_span_of(weft_tls_version(pair.client)), "TLSv1.2");
        CHECK_SAME(weft_span_of(weft_tls_cipher(pair.client)), weft_span_of(rows[i].cipher));
        must_talk(pair.client, pair.server);
        must_talk(pair.server, pair.client);
        end(&pair, client_context, server_context);
    }
}

TEST(a_handshake_may_come_byte_by_byte)
{
    static const char *const ciphers[] = {ONLY_TLS12, ONLY_TLS13};
    for (size_t i = 0; i < WEFT_COUNT(ciphers); i++) {
        struct weft_tls_context *server_context = server("one", NULL, h2_and_h1);
        struct weft_tls_context *client_context = client("one", h2_and_h1, ciphers[i]);
        struct pair pair = pair_of(client_context, server_context, "one.test");
        pair.split = 1;

        must_shake_hands(&pair);

        must_talk(pair.client, pair.server);
        end(&pair, client_context, server_context);
    }
}

// Shakes hands and expects the server to refuse; returns the alert that the client got.
static void must_be_refused(struct weft_tls_context *client_context,
                            struct weft_tls_context *server_context, const char *alert)
{
    enum weft_tls_status at_client;
    enum weft_tls_status at_server;
    struct pair pair = pair_of(client_context, server_context, "one.test");
    shake_hands(&pair, &at_client, &at_server);
    CHECK_EQ(at_server, WEFT_TLS_FAILED);
    CHECK_EQ(at_client, WEFT_TLS_FAILED);
    CHECK(weft_tls_error(pair.server)[0] != '\0');
    if (!strstr(weft_tls_error(pair.client), alert)) {
        CHECK_SAME(weft_span_of(weft_tls_error(pair.client)), weft_span_of(alert));
    }
    CHECK_EQ(weft_tls_handshake(pair.server), WEFT_TLS_FAILED); // and it stays so
    end(&pair, client_context, server_context);
}

// RFC 7301 §3.2: the server's order; no_application_protocol where nothing is common; none offered is no error.
TEST(alpn_is_the_servers_choice)
{
    static const char *const h1_and_h2[] = {"http/1.1", "h2", NULL};
    static const char *const other[] = {"imap", NULL};
    static const struct row {
        const char *const *offered;
        const char *const *served;
        const char *chosen;
    } rows[] = {
        {h1_and_h2, h2_and_h1, "h2"},
        {h2_and_h1, only_h1, "http/1.1"},
        {NULL, h2_and_h1, ""},
        {h2_and_h1, NULL, ""},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_tls_context *server_context = server("one", NULL, rows[i].served);
        struct weft_tls_context *client_context = client("one", rows[i].offered, NULL);
        struct pair pair = pair_of(client_context, server_context, "one.test");
        must_shake_hands(&pair);
        CHECK_SAME(weft_tls_alpn(pair.server), weft_span_of(rows[i].chosen));
        end(&pair, client_context, server_context);
    }
    struct weft_tls_context *server_context = server("one", NULL, h2_and_h1);
    must_be_refused(client("one", other, NULL), server_context,
                    "No supported application protocol");
}

// RFC 9113 §9.2: TLS 1.2 or later; §9.2.2: no CBC, no static RSA.
TEST(old_versions_and_weak_ciphers_are_refused)
{
    static const struct row {
        const char *ciphers;
        const char *alert;
    } rows[] = {
        {"NORMAL:-VERS-ALL:+VERS-TLS1.1:%UNSAFE_RENEGOTIATION", "protocol version"},
        {ONLY_TLS12 ":-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC", "Handshake failed"},
        {ONLY_TLS12 ":-KX-ALL:+RSA", "Handshake failed"},
        {ONLY_TLS12 ":-KX-ALL:+DHE-RSA", "Handshake failed"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_tls_context *server_context = server("rsa", NULL, NULL);
        must_be_refused(client(NULL, NULL, rows[i].ciphers), server_context, rows[i].alert);
    }
}

TEST(p256_alone_is_enough_for_a_handshake)
{
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct weft_tls_context *client_context =
        client("one", NULL, "NORMAL:-GROUP-ALL:+GROUP-SECP256R1");
    struct pair pair = pair_of(client_context, server_context, "one.test");

    must_shake_hands(&pair);

    end(&pair, client_context, server_context);
}

// RFC 6066 §3; RFC 9525 §6.3: a wildcard stands for one label.
TEST(the_certificate_is_chosen_by_the_server_name)
{
    static const struct row {
        const char *name;
        const char *trusted; // the only certificate that the client takes
        bool fits;           // and does it cover the name?
    } rows[] = {
        {"one.test", "one", true},     {"a.wild.test", "wild", true},
        {"A.WILD.TEST", "wild", true}, {"a.b.wild.test", "one", false},
        {"other.test", "one", false}, // the first serves whom none covers; the client then finds out
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        enum weft_tls_status at_client;
        enum weft_tls_status at_server;
        struct weft_tls_context *server_context = server("one", "wild", NULL);
        struct weft_tls_context *client_context = client(rows[i].trusted, NULL, NULL);
        struct pair pair = pair_of(client_context, server_context, rows[i].name);
        shake_hands(&pair, &at_client, &at_server);
        CHECK_EQ(at_client, rows[i].fits ? WEFT_TLS_DONE : WEFT_TLS_FAILED);
        if (!rows[i].fits) CHECK(strstr(weft_tls_error(pair.client), "name") != NULL);
        if (!rows[i].fits) CHECK(strstr(weft_tls_error(pair.client), "issuer") == NULL);
        end(&pair, client_context, server_context);
    }
}

TEST(a_certificate_that_is_not_trusted_ends_the_handshake_unless_asked_not_to)
{
    for (int skips = 0; skips < 2; skips++) {
        enum weft_tls_status at_client;
        enum weft_tls_status at_server;
        struct weft_tls_context *server_context = server("one", NULL, NULL);
        struct weft_tls_context *client_context = client(skips ? NULL : "wild", NULL, NULL);
        struct pair pair = pair_of(client_context, server_context, "one.test");
        shake_hands(&pair, &at_client, &at_server);
        CHECK_EQ(at_client, skips ? WEFT_TLS_DONE : WEFT_TLS_FAILED);
        if (!skips) CHECK(strstr(weft_tls_error(pair.client), "not trusted") != NULL);
        end(&pair, client_context, server_context);
    }
}

// Connects once to save a session, then again with it under `name`; was it resumed?
static bool resumes(const char *ciphers, const char *name)
{
    uint8_t saved[4096];
    struct weft_tls_context *server_context = server("one", NULL, h2_and_h1);
    struct weft_tls_context *client_context = client(NULL, h2_and_h1, ciphers);
    struct pair pair = pair_of(client_context, server_context, "one.test");
    must_shake_hands(&pair);
    must_talk(pair.server, pair.client); // TLS 1.3: brings the tickets
    size_t size = weft_tls_save(pair.client, saved, sizeof(saved));
    CHECK(size > 0);
    CHECK_EQ(weft_tls_save(pair.client, saved, 3), 0);
    weft_tls_free(pair.client);
    weft_tls_free(pair.server);

    pair = pair_of(client_context, server_context, name);
    CHECK(weft_tls_resume(pair.client, (struct weft_span){saved, size}));
    must_shake_hands(&pair);
    must_talk(pair.client, pair.server);
    must_talk(pair.server, pair.client);
    bool is_resumed = weft_tls_is_resumed(pair.server);
    CHECK_EQ(weft_tls_is_resumed(pair.client), is_resumed);
    CHECK_SPAN(weft_tls_alpn(pair.server), "h2");
    end(&pair, client_context, server_context);
    return is_resumed;
}

// RFC 8446 §2.2, RFC 5077
TEST(a_session_is_resumed_by_its_ticket)
{
    CHECK(resumes(ONLY_TLS12, "one.test"));
    CHECK(resumes(ONLY_TLS13, "one.test"));
    CHECK(resumes(ONLY_TLS13, "ONE.test"));
}

// A session for one name proves nothing under another (CVE-2025-23419).
TEST(a_session_is_not_resumed_under_another_server_name)
{
    CHECK(!resumes(ONLY_TLS12, "two.test"));
    CHECK(!resumes(ONLY_TLS13, "two.test"));
    CHECK(!resumes(ONLY_TLS13, NULL));
}

TEST(what_is_no_saved_session_is_refused)
{
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct weft_tls_context *client_context = client("one", NULL, NULL);
    struct pair pair = pair_of(client_context, server_context, "one.test");

    CHECK(!weft_tls_resume(pair.client, WEFT_SPAN("nonsense")));
    uint8_t room[16];
    CHECK_EQ(weft_tls_save(pair.client, room, sizeof(room)), 0);
    end(&pair, client_context, server_context);
}

// RFC 8446 §6.1
TEST(close_notify_ends_in_order_and_a_cut_is_seen)
{
    for (int is_cut = 0; is_cut < 2; is_cut++) {
        uint8_t text[64];
        size_t got;
        struct weft_tls_context *server_context = server("one", NULL, NULL);
        struct weft_tls_context *client_context = client("one", NULL, NULL);
        struct pair pair = pair_of(client_context, server_context, "one.test");
        must_shake_hands(&pair);
        CHECK(weft_tls_send(pair.server, WEFT_SPAN("last words")));
        if (!is_cut) weft_tls_close(pair.server);
        if (is_cut) weft_tls_feed_end(pair.client);

        enum weft_tls_status status = receive(pair.server, pair.client, text, sizeof(text), &got);

        CHECK_SPAN(((struct weft_span){text, got}), "last words");
        CHECK_EQ(status, is_cut ? WEFT_TLS_FAILED : WEFT_TLS_CLOSED);
        if (is_cut) CHECK(strstr(weft_tls_error(pair.client), "close_notify") != NULL);
        CHECK_EQ(weft_tls_receive(pair.client, text, sizeof(text), &got), status);
        end(&pair, client_context, server_context);
    }
}

TEST(a_peer_that_closes_during_the_handshake_is_told_as_that)
{
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct weft_tls *tls = weft_tls_new(server_context, NULL, weft_heap_alloc());

    CHECK_EQ(weft_tls_handshake(tls), WEFT_TLS_WANTS_INPUT);
    weft_tls_feed_end(tls);
    CHECK_EQ(weft_tls_handshake(tls), WEFT_TLS_FAILED);

    CHECK(strstr(weft_tls_error(tls), "during the TLS handshake") != NULL);
    weft_tls_free(tls);
    weft_tls_context_free(server_context);
}

// RFC 8446 §5.2: a record that was changed ends the connection, with an alert.
TEST(a_changed_record_is_refused)
{
    uint8_t text[64];
    size_t got;
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct weft_tls_context *client_context = client("one", NULL, NULL);
    struct pair pair = pair_of(client_context, server_context, "one.test");
    must_shake_hands(&pair);
    struct weft_queue *queue = weft_tls_output(pair.server);
    weft_queue_drop(queue, weft_queue_size(queue)); // tickets
    CHECK(weft_tls_send(pair.client, WEFT_SPAN("change me")));
    queue = weft_tls_output(pair.client);
    queue->data[queue->end - 1] ^= 1;

    CHECK_EQ(receive(pair.client, pair.server, text, sizeof(text), &got), WEFT_TLS_FAILED);

    CHECK_EQ(got, 0);
    CHECK(weft_queue_size(weft_tls_output(pair.server)) > 0);
    CHECK(!weft_tls_send(pair.server, WEFT_SPAN("more")));
    end(&pair, client_context, server_context);
}

TEST(what_is_not_tls_is_refused)
{
    const struct weft_span openings[] = {
        WEFT_SPAN_INIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES(22, 3, 1, 0, 4, 1, 0, 0, 0),                // a ClientHello of nothing
        BYTES(22, 3, 1, 0xff, 0xff, 1, 0, 0xff, 0xff, 0), // a record that is too long
    };
    for (size_t i = 0; i < WEFT_COUNT(openings); i++) {
        struct weft_tls_context *server_context = server("one", NULL, NULL);
        struct weft_tls *tls = weft_tls_new(server_context, NULL, weft_heap_alloc());
        weft_tls_feed(tls, openings[i]);
        CHECK_EQ(weft_tls_handshake(tls), WEFT_TLS_FAILED);
        CHECK(weft_tls_error(tls)[0] != '\0');
        CHECK(!weft_tls_send(tls, WEFT_SPAN("x")));
        weft_tls_free(tls);
        weft_tls_context_free(server_context);
    }
}

// A peer that is not known yet cannot have us hold more than 36 KB for it.
TEST(a_client_hello_that_does_not_end_is_refused)
{
    enum { RECORD = 1024 };
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct weft_tls *tls = weft_tls_new(server_context, NULL, weft_heap_alloc());
    uint8_t record[5 + RECORD] = {22, 3, 1, RECORD >> 8, RECORD & 255, 1, 0x10, 0, 0}; // of 1 MB
    size_t fed = 0;
    enum weft_tls_status status = WEFT_TLS_WANTS_INPUT;

    while (status == WEFT_TLS_WANTS_INPUT && fed < 1 << 20) {
        weft_tls_feed(tls, (struct weft_span){record, sizeof(record)});
        status = weft_tls_handshake(tls);
        fed += RECORD;
        memset(record + 5, 0, 4);
    }

    CHECK_EQ(status, WEFT_TLS_FAILED);
    CHECK(fed <= 40960);
    CHECK(weft_tls_is_too_long(tls));
    CHECK_SPAN(weft_span_of(weft_tls_error(tls)), "limit: handshake_size");
    weft_tls_free(tls);
    weft_tls_context_free(server_context);
}

TEST(a_large_text_passes_in_records)
{
    enum { SIZE = 100000 };
    static uint8_t text[SIZE];
    static uint8_t copy[SIZE + 1];
    size_t got;
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct weft_tls_context *client_context = client("one", NULL, NULL);
    struct pair pair = pair_of(client_context, server_context, "one.test");
    must_shake_hands(&pair);
    for (size_t i = 0; i < SIZE; i++) {
        text[i] = (uint8_t)(i * 7 / 3);
    }

    for (size_t i = 0; i < SIZE; i += 16384) {
        CHECK(weft_tls_send(pair.server, weft_span_part((struct weft_span){text, SIZE}, i, 16384)));
    }

    CHECK_EQ(receive(pair.server, pair.client, copy, sizeof(copy), &got), WEFT_TLS_WANTS_INPUT);
    CHECK_EQ(got, SIZE);
    CHECK(memcmp(text, copy, SIZE) == 0);
    end(&pair, client_context, server_context);
}

// Nothing is asked of GnuTLS that it is known not to have; so it must not be believed too early.
TEST(what_a_small_room_leaves_comes_without_more_input)
{
    const char *const versions[] = {ONLY_TLS12, ONLY_TLS13};
    for (size_t i = 0; i < WEFT_COUNT(versions); i++) {
        uint8_t text[64];
        size_t got = 0;
        size_t size = 0;
        struct weft_tls_context *server_context = server("one", NULL, NULL);
        struct weft_tls_context *client_context = client("one", NULL, versions[i]);
        struct pair pair = pair_of(client_context, server_context, "one.test");
        must_shake_hands(&pair);
        CHECK(weft_tls_send(pair.client, WEFT_SPAN("a long yarn")));
        CHECK(weft_tls_send(pair.client, WEFT_SPAN(", spun on")));
        struct weft_queue *queue = weft_tls_output(pair.client);
        weft_tls_feed(pair.server, weft_queue_bytes(queue));

        while (weft_tls_receive(pair.server, text + got, 4, &size) == WEFT_TLS_DONE) {
            CHECK(size <= 4);
            got += size;
        }

        CHECK_SPAN(((struct weft_span){text, got}), "a long yarn, spun on");
        CHECK_EQ(weft_tls_receive(pair.server, text, 4, &size), WEFT_TLS_WANTS_INPUT);
        weft_queue_drop(queue, weft_queue_size(queue));
        must_talk(pair.client, pair.server);
        end(&pair, client_context, server_context);
    }
}

// A bare client of GnuTLS, for what ours would never do.
struct bare {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    struct weft_tls *server;
    bool is_established; // at the server
    uint8_t text[64];    // what the server has received last
    size_t text_size;
};

static ssize_t bare_push(gnutls_transport_ptr_t pointer, const void *bytes, size_t size)
{
    struct bare *bare = pointer;
    weft_tls_feed(bare->server, (struct weft_span){bytes, size});
    if (!bare->is_established) {
        bare->is_established = weft_tls_handshake(bare->server) == WEFT_TLS_DONE;
    }
    if (bare->is_established) {
        (void)weft_tls_receive(bare->server, bare->text, sizeof(bare->text), &bare->text_size);
    }
    return (ssize_t)size;
}

static ssize_t bare_pull(gnutls_transport_ptr_t pointer, void *room, size_t size)
{
    struct bare *bare = pointer;
    struct weft_queue *queue = weft_tls_output(bare->server);
    struct weft_span bytes = weft_span_part(weft_queue_bytes(queue), 0, size);
    if (!bytes.data || bytes.size == 0) {
        gnutls_transport_set_errno(bare->session, EAGAIN);
        return -1;
    }
    memcpy(room, bytes.data, bytes.size);
    weft_queue_drop(queue, bytes.size);
    return (ssize_t)bytes.size;
}

static void bare_shake_hands(struct bare *bare, struct weft_tls_context *server_context,
                             const char *ciphers)
{
    *bare = (struct bare){.server = weft_tls_new(server_context, NULL, weft_heap_alloc())};
    gnutls_init(&bare->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    gnutls_certificate_allocate_credentials(&bare->credentials);
    gnutls_credentials_set(bare->session, GNUTLS_CRD_CERTIFICATE, bare->credentials);
    gnutls_priority_set_direct(bare->session, ciphers, NULL);
    gnutls_transport_set_ptr(bare->session, bare);
    gnutls_transport_set_push_function(bare->session, bare_push);
    gnutls_transport_set_pull_function(bare->session, bare_pull);
    int result;
    do {
        result = gnutls_handshake(bare->session);
    } while (result == GNUTLS_E_AGAIN);
    CHECK_EQ(result, 0);
}

static void bare_end(struct bare *bare, struct weft_tls_context *server_context)
{
    gnutls_deinit(bare->session);
    gnutls_certificate_free_credentials(bare->credentials);
    weft_tls_free(bare->server);
    weft_tls_context_free(server_context);
}

// RFC 8446 §4.6.3: a KeyUpdate that asks for one is answered before anything else is sent.
TEST(new_keys_are_followed_and_answered)
{
    char text[16];
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct bare bare;
    bare_shake_hands(&bare, server_context, ONLY_TLS13);
    CHECK_EQ(gnutls_record_send(bare.session, "old", 3), 3);
    CHECK_SPAN(((struct weft_span){bare.text, bare.text_size}), "old");

    CHECK_EQ(gnutls_session_key_update(bare.session, GNUTLS_KU_PEER), 0);
    CHECK_EQ(gnutls_record_send(bare.session, "new", 3), 3);

    CHECK_SPAN(((struct weft_span){bare.text, bare.text_size}), "new");
    CHECK(weft_tls_send(bare.server, WEFT_SPAN("new too")));
    ssize_t size;
    do {
        size =
            gnutls_record_recv(bare.session, text, sizeof(text)); // the answer, and then the text
    } while (size == GNUTLS_E_AGAIN && weft_queue_size(weft_tls_output(bare.server)) > 0);
    CHECK_EQ(size, 7);
    bare_end(&bare, server_context);
}

// RFC 9113 §9.2.1: renegotiation is a connection error.
TEST(renegotiation_is_refused)
{
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct bare bare;
    bare_shake_hands(&bare, server_context, ONLY_TLS12);

    int result = gnutls_handshake(bare.session); // again

    CHECK(result < 0);
    CHECK(strstr(weft_tls_error(bare.server), "renegotiate") != NULL);
    CHECK(!weft_tls_send(bare.server, WEFT_SPAN("x")));
    bare_end(&bare, server_context);
}

TEST(errors_of_certificates_name_the_file_and_the_remedy)
{
    make_certificates();
    write_file("text.pem", "no certificate", 14);
    static const struct row {
        const char *certificate;
        const char *key;
        const char *text; // in the error, beside the name of the first or the second
    } rows[] = {
        {"missing.pem", "one.pem", "missing.pem: No such file or directory: check the path"},
        {"one.pem", "missing.pem", "missing.pem: No such file or directory: check the path"},
        {"text.pem", "one.pem", "text.pem holds no certificate in PEM form"},
        {"one.pem", "text.pem", "text.pem holds no private key in PEM form"},
        {"one.pem", "wild.pem", "wild.pem does not belong to the certificate"},
        {"", "one.pem", "Is a directory"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_tls_certificate files = {path(rows[i].certificate), path(rows[i].key)};
        struct weft_tls_server_config config = {.certificates = &files, .certificate_count = 1};
        error[0] = '\0';
        CHECK(weft_tls_server_new(&config, error, sizeof(error)) == NULL);
        if (!strstr(error, rows[i].text)) {
            CHECK_SAME(weft_span_of(error), weft_span_of(rows[i].text));
        }
    }
}

TEST(errors_of_a_clients_files_name_them)
{
    make_certificates();
    write_file("text.pem", "no certificate", 14);
    struct weft_tls_client_config missing = {.ca_file = path("missing.pem")};
    struct weft_tls_client_config text = {.ca_file = path("text.pem")};
    struct weft_tls_client_config log = {.skips_verification = true,
                                         .key_log_file = "/nowhere/keys"};
    struct weft_tls_client_config ciphers = {.skips_verification = true, .ciphers = "NORMAL:+X"};

    CHECK(weft_tls_client_new(&missing, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "missing.pem") != NULL);
    CHECK(weft_tls_client_new(&text, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "text.pem") != NULL);
    CHECK(weft_tls_client_new(&log, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "/nowhere/keys") != NULL);
    CHECK(weft_tls_client_new(&ciphers, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "+X") != NULL);
}

TEST(a_server_knows_when_its_first_certificate_expires)
{
    struct weft_tls_context *context = server("one", "wild", NULL);
    const char *file;

    int64_t expiry = weft_tls_context_expiry(context, &file);

    CHECK(expiry > time(NULL) && expiry <= time(NULL) + 3600);
    CHECK(strstr(file, ".pem") != NULL);
    weft_tls_context_free(context);
}

TEST(the_key_log_has_a_line_for_each_secret)
{
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct weft_tls_client_config config = {.skips_verification = true,
                                            .key_log_file = path("keys")};
    struct weft_tls_context *client_context = weft_tls_client_new(&config, error, sizeof(error));
    CHECK(client_context != NULL);
    struct pair pair = pair_of(client_context, server_context, "one.test");
    must_shake_hands(&pair);
    end(&pair, client_context, server_context);

    char text[4096] = "";
    FILE *file = fopen(path("keys"), "re");
    CHECK(file != NULL);
    CHECK(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    CHECK(strstr(text, "CLIENT_HANDSHAKE_TRAFFIC_SECRET ") != NULL);
    CHECK(strstr(text, "SERVER_TRAFFIC_SECRET_0 ") != NULL);
    char *line = strstr(text, "CLIENT_TRAFFIC_SECRET_0 ");
    CHECK(line != NULL);
    CHECK_EQ(strcspn(line, "\n"), strlen("CLIENT_TRAFFIC_SECRET_0 ") + 64 + 1 + 64);
    struct stat info;
    CHECK_EQ(stat(path("keys"), &info), 0);
    CHECK_EQ(info.st_mode & 0777, 0600);
}

TEST(an_address_is_verified_but_not_sent_as_a_name)
{
    enum weft_tls_status at_client;
    enum weft_tls_status at_server;
    struct weft_tls_context *server_context = server("one", NULL, NULL);
    struct weft_tls_context *client_context = client("one", NULL, NULL);
    struct pair pair = pair_of(client_context, server_context, "127.0.0.1");

    shake_hands(&pair, &at_client, &at_server);

    CHECK_EQ(at_client, WEFT_TLS_FAILED); // one.test is no name of 127.0.0.1
    CHECK_SPAN(weft_tls_server_name(pair.server), "");
    end(&pair, client_context, server_context);
}

// A whole talk, at a server whose allocator may fail; false where something did fail.
static bool talk(struct weft_tls_context *client_context, struct weft_tls_context *server_context,
                 const struct weft_alloc *alloc)
{
    struct pair pair = {weft_tls_new(client_context, "one.test", weft_heap_alloc()),
                        weft_tls_new(server_context, NULL, alloc), 0};
    CHECK(pair.client != NULL);
    enum weft_tls_status at_client;
    enum weft_tls_status at_server = WEFT_TLS_FAILED;
    if (pair.server) shake_hands(&pair, &at_client, &at_server);
    bool is_good = at_server == WEFT_TLS_DONE;
    if (is_good) must_talk(pair.client, pair.server);
    if (is_good) must_talk(pair.server, pair.client);
    if (pair.server && !is_good) CHECK(weft_tls_error(pair.server)[0] != '\0');
    weft_tls_free(pair.client);
    weft_tls_free(pair.server);
    return is_good;
}

TEST(without_memory_a_connection_fails_and_leaves_nothing)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_tls_context *server_context = server("one", NULL, h2_and_h1);
    struct weft_tls_context *client_context = client("one", h2_and_h1, NULL);

    CHECK(talk(client_context, server_context, &alloc));
    size_t calls = counts.calls;
    CHECK(calls > 2);
    size_t failed = 0;
    for (size_t i = 1; i <= calls; i++) {
        counts = (struct test_alloc){.fail_at = i};
        if (!talk(client_context, server_context, &alloc))
            failed++; // tickets are sent at a second try
        CHECK_EQ(counts.live, 0);
    }
    CHECK(failed >= 3);
    weft_tls_context_free(client_context);
    weft_tls_context_free(server_context);
}
