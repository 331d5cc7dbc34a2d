// net/tls_context.c: certificates, keys, ciphers and ALPN of many connections.
#include "net/tls_context.h"

#include "wire/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FILE_SIZE_MOST = 1 << 20,
    HANDSHAKE_SIZE_MOST =
        36864, // two hellos of 16 KB and what little follows: GnuTLS would buffer megabytes
};

// Mozilla's intermediate set. X25519 stands first, because GnuTLS asks for a second hello where a client's key share
// is not for the first group that both know. AES-128-GCM is the fastest of the AEADs.
static const char intermediate[] =
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD"
    ":+ECDHE-ECDSA:+ECDHE-RSA:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"
    ":+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256"
    ":+SIGN-EDDSA-ED25519:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA384"
    ":+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-SHA384:+SIGN-RSA-PSS-RSAE-SHA512:+SIGN-RSA-SHA512"
    ":+SIGN-RSA-PSS-SHA256:+CTYPE-X509:%SERVER_PRECEDENCE";

// Adds room for certificates with the names of `leaf`, which is taken. Returns NULL without memory.
static struct weft_tls_identity *add_identity(struct weft_tls_context *context,
                                              gnutls_x509_crt_t leaf)
{
    struct weft_tls_identity *grown =
        realloc(context->identities, (context->identity_count + 1) * sizeof(*grown));
    if (!grown) return NULL;
    context->identities = grown;
    struct weft_tls_identity *added = &grown[context->identity_count];
    if (gnutls_certificate_allocate_credentials(&added->credentials) < 0) return NULL;
    added->leaf = leaf;
    context->identity_count++;
    return added;
}

static struct weft_tls_context *context_new(bool is_server, char *error, size_t error_size)
{
    struct weft_tls_context *context = calloc(1, sizeof(*context));
    if (!context || !add_identity(context, NULL)) {
        snprintf(error, error_size, "no memory for TLS");
        free(context);
        return NULL;
    }
    atomic_init(&context->references, 1);
    context->is_server = is_server;
    context->key_log_fd = -1;
    context->expiry = INT64_MAX;
    return context;
}

struct weft_tls_context *weft_tls_context_share(struct weft_tls_context *context)
{
    atomic_fetch_add(&context->references, 1);
    return context;
}

void weft_tls_context_free(struct weft_tls_context *context)
{
    if (!context || atomic_fetch_sub(&context->references, 1) > 1) return;
    for (size_t i = 0; i < context->identity_count; i++) {
        gnutls_certificate_free_credentials(context->identities[i].credentials);
        if (context->identities[i].leaf) gnutls_x509_crt_deinit(context->identities[i].leaf);
    }
    free(context->identities);
    if (context->priority) gnutls_priority_deinit(context->priority);
    for (unsigned i = 0; i < context->alpn_count; i++) {
        free(context->alpn[i].data);
    }
    if (context->key_log_fd >= 0) close(context->key_log_fd);
    gnutls_memset(context->ticket_secret, 0, sizeof(context->ticket_secret));
    free(context->expiry_file);
    free(context);
}

static bool set_ciphers(struct weft_tls_context *context, const char *ciphers, char *error,
                        size_t error_size)
{
    const char *at = NULL;
    if (!ciphers) ciphers = intermediate;
    if (gnutls_priority_init(&context->priority, ciphers, &at) >= 0) return true;
    context->priority = NULL;
    snprintf(error, error_size, "the ciphers \"%s\" cannot be understood from \"%s\" on", ciphers,
             at ? at : ciphers);
    return false;
}

static bool set_alpn(struct weft_tls_context *context, const char *const *alpn, char *error,
                     size_t error_size)
{
    for (; alpn && *alpn; alpn++) {
        char *copy = context->alpn_count < WEFT_TLS_ALPN_MOST ? strdup(*alpn) : NULL;
        if (!copy) {
            snprintf(error, error_size, "no room for the ALPN protocol %s", *alpn);
            return false;
        }
        context->alpn[context->alpn_count++] =
            (gnutls_datum_t){(unsigned char *)copy, (unsigned)strlen(copy)};
    }
    return true;
}

// Reads a whole file into memory that free() takes back.
static bool read_file(const char *path, const char *what, gnutls_datum_t *out, char *error,
                      size_t error_size)
{
    FILE *file = fopen(path, "rbe");
    unsigned char *bytes = file ? malloc(FILE_SIZE_MOST) : NULL;
    size_t size = bytes ? fread(bytes, 1, FILE_SIZE_MOST, file) : 0;
    bool is_read = bytes && !ferror(file) && size < FILE_SIZE_MOST;
    int number = bytes && size == FILE_SIZE_MOST ? EFBIG : errno;
    if (file) fclose(file);
    if (is_read) {
        *out = (gnutls_datum_t){bytes, (unsigned)size};
        return true;
    }
    free(bytes);
    const char *remedy = number == EACCES   ? ": give this user the right to read it"
                         : number == ENOENT ? ": check the path"
                                            : "";
    snprintf(error, error_size, "cannot read the %s %s: %s%s", what, path, strerror(number),
             remedy);
    return false;
}

static bool load_chain(const char *path, gnutls_x509_crt_t **chain, unsigned *count, char *error,
                       size_t error_size)
{
    gnutls_datum_t text;
    if (!read_file(path, "certificate", &text, error, error_size)) return false;
    int result = gnutls_x509_crt_list_import2(chain, count, &text, GNUTLS_X509_FMT_PEM, 0);
    free(text.data);
    if (result >= 0 && *count > 0) return true;
    snprintf(error, error_size,
             "%s holds no certificate in PEM form (it should have a line "
             "-----BEGIN CERTIFICATE-----): %s",
             path, gnutls_strerror(result));
    return false;
}

static bool load_key(const char *path, gnutls_x509_privkey_t *key, char *error, size_t error_size)
{
    gnutls_datum_t text;
    if (!read_file(path, "key", &text, error, error_size)) return false;
    int result = gnutls_x509_privkey_init(key);
    if (result >= 0) {
        result = gnutls_x509_privkey_import2(*key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
        if (result < 0) gnutls_x509_privkey_deinit(*key);
    }
    gnutls_memset(text.data, 0, text.size);
    free(text.data);
    if (result >= 0) return true;
    if (result == GNUTLS_E_DECRYPTION_FAILED) {
        snprintf(error, error_size,
                 "the key %s is encrypted: decrypt it with `openssl pkey -in %s -out FILE`", path,
                 path);
    } else {
        snprintf(error, error_size,
                 "%s holds no private key in PEM form (it should have a line "
                 "-----BEGIN PRIVATE KEY-----): %s",
                 path, gnutls_strerror(result));
    }
    return false;
}

static bool note_expiry(struct weft_tls_context *context, gnutls_x509_crt_t leaf, const char *path)
{
    int64_t expiry = gnutls_x509_crt_get_expiration_time(leaf);
    if (expiry >= context->expiry) return true;
    char *copy = strdup(path);
    if (!copy) return false;
    free(context->expiry_file);
    context->expiry_file = copy;
    context->expiry = expiry;
    return true;
}

// Does the alternative name `index` say the same in both? `more` is set to false behind the last one of both.
static bool is_same_name(gnutls_x509_crt_t a, gnutls_x509_crt_t b, unsigned index, bool *more)
{
    char names[2][512];
    size_t sizes[2] = {sizeof(names[0]), sizeof(names[1])};
    int types[2] = {
        gnutls_x509_crt_get_subject_alt_name(a, index, names[0], &sizes[0], NULL),
        gnutls_x509_crt_get_subject_alt_name(b, index, names[1], &sizes[1], NULL),
    };
    *more = types[0] >= 0;
    if (types[0] != types[1]) return false;
    return !*more || (sizes[0] == sizes[1] && memcmp(names[0], names[1], sizes[0]) == 0);
}

static bool has_same_names(gnutls_x509_crt_t a, gnutls_x509_crt_t b)
{
    bool more = true;
    for (unsigned i = 0; more; i++) {
        if (!is_same_name(a, b, i, &more)) return false;
    }
    return true;
}

// Those with the names of `leaf`, or new room for them; NULL without memory. Where `leaf` was taken it is set to NULL.
static struct weft_tls_identity *identity_for(struct weft_tls_context *context,
                                              gnutls_x509_crt_t *leaf)
{
    for (size_t i = 0; i < context->identity_count; i++) {
        struct weft_tls_identity *identity = &context->identities[i];
        if (identity->leaf && has_same_names(identity->leaf, *leaf)) return identity;
    }
    struct weft_tls_identity *identity = &context->identities[0];
    if (identity->leaf) identity = add_identity(context, NULL);
    if (!identity) return NULL;
    identity->leaf = *leaf;
    *leaf = NULL;
    return identity;
}

static bool add_pair(struct weft_tls_context *context, const struct weft_tls_certificate *files,
                     gnutls_x509_crt_t *chain, unsigned count, gnutls_x509_privkey_t key,
                     char *error, size_t error_size)
{
    gnutls_x509_crt_t leaf = chain[0]; // goes to the identity, if it is the first with these names
    struct weft_tls_identity *identity = identity_for(context, &chain[0]);
    int result = GNUTLS_E_MEMORY_ERROR;
    if (identity && note_expiry(context, leaf, files->certificate_file)) {
        bool is_taken = !chain[0];
        chain[0] = leaf;
        result = gnutls_certificate_set_x509_key(identity->credentials, chain, (int)count, key);
        if (is_taken) chain[0] = NULL;
    }
    if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
        snprintf(error, error_size,
                 "the key %s does not belong to the certificate %s: give the key that the "
                 "certificate was made with",
                 files->key_file, files->certificate_file);
    } else if (result < 0) {
        snprintf(error, error_size, "cannot use the certificate %s with the key %s: %s",
                 files->certificate_file, files->key_file, gnutls_strerror(result));
    }
    return result >= 0;
}

static bool add_certificate(struct weft_tls_context *context,
                            const struct weft_tls_certificate *files, char *error,
                            size_t error_size)
{
    gnutls_x509_crt_t *chain;
    gnutls_x509_privkey_t key;
    unsigned count = 0;
    if (!load_chain(files->certificate_file, &chain, &count, error, error_size)) return false;
    bool is_good = load_key(files->key_file, &key, error, error_size);
    if (is_good) {
        is_good = add_pair(context, files, chain, count, key, error, error_size);
        gnutls_x509_privkey_deinit(key);
    }
    for (unsigned i = 0; i < count; i++) {
        if (chain[i]) gnutls_x509_crt_deinit(chain[i]);
    }
    gnutls_free(chain);
    return is_good;
}

struct weft_tls_context *weft_tls_server_new(const struct weft_tls_server_config *config,
                                             char *error, size_t error_size)
{
    struct weft_tls_context *context = context_new(true, error, error_size);
    if (!context) return NULL;
    context->handshake_size = config->handshake_size ? config->handshake_size : HANDSHAKE_SIZE_MOST;
    if (!set_ciphers(context, config->ciphers, error, error_size)) goto failed;
    if (!set_alpn(context, config->alpn, error, error_size)) goto failed;
    for (size_t i = 0; i < config->certificate_count; i++) {
        if (!add_certificate(context, &config->certificates[i], error, error_size)) goto failed;
    }
    int result = 0;
    if (config->ticket_secret) {
        memcpy(context->ticket_secret, config->ticket_secret, sizeof(context->ticket_secret));
    } else {
        result = gnutls_rnd(GNUTLS_RND_KEY, context->ticket_secret, sizeof(context->ticket_secret));
    }
    if (result < 0) {
        snprintf(error, error_size, "no random numbers for ticket keys: %s",
                 gnutls_strerror(result));
        goto failed;
    }
    return context;

failed:
    weft_tls_context_free(context);
    return NULL;
}

static bool set_trust(struct weft_tls_context *context, const char *ca_file, char *error,
                      size_t error_size)
{
    if (!ca_file) {
        int count = gnutls_certificate_set_x509_system_trust(context->identities[0].credentials);
        if (count > 0 || context->skips_verification) return true;
        snprintf(error, error_size,
                 "this system trusts no certificate authority: install ca-certificates, or name "
                 "a file of them");
        return false;
    }
    gnutls_datum_t text;
    if (!read_file(ca_file, "certificate authorities", &text, error, error_size)) return false;
    int count = gnutls_certificate_set_x509_trust_mem(context->identities[0].credentials, &text,
                                                      GNUTLS_X509_FMT_PEM);
    free(text.data);
    if (count > 0) return true;
    snprintf(error, error_size, "%s holds no certificate in PEM form", ca_file);
    return false;
}

static bool open_key_log(struct weft_tls_context *context, const char *path, char *error,
                         size_t error_size)
{
    if (!path) return true;
    context->key_log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (context->key_log_fd >= 0) return true;
    snprintf(error, error_size, "cannot write the key log %s: %s", path, strerror(errno));
    return false;
}

struct weft_tls_context *weft_tls_client_new(const struct weft_tls_client_config *config,
                                             char *error, size_t error_size)
{
    struct weft_tls_context *context = context_new(false, error, error_size);
    if (!context) return NULL;
    context->skips_verification = config->skips_verification;
    if (!set_ciphers(context, config->ciphers, error, error_size)) goto failed;
    if (!set_alpn(context, config->alpn, error, error_size)) goto failed;
    if (!set_trust(context, config->ca_file, error, error_size)) goto failed;
    if (!open_key_log(context, config->key_log_file, error, error_size)) goto failed;
    return context;

failed:
    weft_tls_context_free(context);
    return NULL;
}

int64_t weft_tls_context_expiry(const struct weft_tls_context *context, const char **file)
{
    if (file) *file = context->expiry_file;
    return context->expiry;
}

static const struct weft_tls_identity *choose(const struct weft_tls_context *context,
                                              const char *server_name)
{
    for (size_t i = 0; i < context->identity_count && server_name; i++) {
        gnutls_x509_crt_t leaf = context->identities[i].leaf;
        if (leaf && gnutls_x509_crt_check_hostname2(leaf, server_name, 0)) {
            return &context->identities[i];
        }
    }
    return &context->identities[0];
}

gnutls_certificate_credentials_t weft_tls_context_choose(const struct weft_tls_context *context,
                                                         const char *server_name)
{
    return choose(context, server_name)->credentials;
}

bool weft_tls_context_covers(const struct weft_tls_context *context, const char *server_name,
                             const char *host)
{
    gnutls_x509_crt_t leaf = choose(context, server_name)->leaf;
    return leaf && gnutls_x509_crt_check_hostname2(leaf, host, 0);
}

bool weft_tls_context_covers_name(const struct weft_tls_context *context, const char *name)
{
    return weft_tls_context_covers(context, name, name);
}

bool weft_tls_context_ticket_key(const struct weft_tls_context *context,
                                 struct weft_span server_name,
                                 uint8_t key[WEFT_TLS_TICKET_KEY_SIZE])
{
    _Static_assert(WEFT_TLS_TICKET_KEY_SIZE == 64, "what SHA-512 gives");
    const uint8_t none = 0;
    return gnutls_hmac_fast(
               GNUTLS_MAC_SHA512, context->ticket_secret, sizeof(context->ticket_secret),
               server_name.size > 0 ? server_name.data : &none, server_name.size, key) >= 0;
}

void weft_tls_context_log_key(const struct weft_tls_context *context, const char *label,
                              struct weft_span client_random, struct weft_span secret)
{
    uint8_t line[512];
    struct weft_writer out = weft_writer_over(line, sizeof(line));
    weft_write_bytes(&out, weft_span_of(label));
    weft_write_u8(&out, ' ');
    for (size_t i = 0; i < client_random.size; i++)
        weft_write_hex_byte(&out, client_random.data[i]);
    weft_write_u8(&out, ' ');
    for (size_t i = 0; i < secret.size; i++)
        weft_write_hex_byte(&out, secret.data[i]);
    weft_write_u8(&out, '\n');
    if (out.failed) return;
    ssize_t written = // one write: lines of threads stay whole
        write(context->key_log_fd, line, weft_writer_size(&out));
    (void)written;
}
