// net/self_signed.c
#include "net/self_signed.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DAY = 24 * 3600,
    LIFE = 825 * DAY, // the most that Apple's systems take of a private authority
    RENEWAL = 7 * DAY,
    PEM_SIZE_MOST = 16384,
};

static int default_directory(char *path, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int written = -1;
    if (state && *state == '/') { // others are to be ignored, XDG base directory specification
        written = snprintf(path, size, "%s/weft", state);
    } else if (home && *home == '/') {
        written = snprintf(path, size, "%s/.local/state/weft", home);
    }
    return written < 0 || (size_t)written >= size ? -ENOENT : 0;
}

// Makes a directory and those above it, for this user only.
static int make_directories(const char *path)
{
    char part[WEFT_SELF_SIGNED_PATH_SIZE];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof(part)) return -ENAMETOOLONG;
    memcpy(part, path, size + 1);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST) return -errno;
        *slash = '/';
    }
    return mkdir(part, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0) return -errno;
        bytes += written;
        size -= (size_t)written;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

// Puts a file in place whole or not at all.
static int write_file(const char *path, mode_t mode, const char *bytes, size_t size)
{
    char temporary[WEFT_SELF_SIGNED_PATH_SIZE + 8];
    snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC); // mode 0600 from the start
    if (fd < 0) return -errno;
    int error = write_all(fd, bytes, size);
    if (!error && fchmod(fd, mode) < 0) error = -errno;
    close(fd);
    if (!error && rename(temporary, path) < 0) error = -errno;
    if (error) unlink(temporary);
    return error;
}

static int set_names(gnutls_x509_crt_t certificate)
{
    static const unsigned char v4[4] = {127, 0, 0, 1};
    static const unsigned char v6[16] = {[15] = 1};
    int result = gnutls_x509_crt_set_dn(certificate, "CN=localhost,O=Weft on this machine", NULL);
    if (result < 0) return result;
    result = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, "localhost", 9,
                                                  GNUTLS_FSAN_SET);
    if (result < 0) return result;
    result = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, v4, sizeof(v4),
                                                  GNUTLS_FSAN_APPEND);
    if (result < 0) return result;
    return gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, v6, sizeof(v6),
                                                GNUTLS_FSAN_APPEND);
}

static int set_constraints(gnutls_x509_crt_t certificate, int64_t now)
{
    unsigned char serial[16];
    int result = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
    if (result < 0) return result;
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); // positive, RFC 5280 §4.1.2.2
    if ((result = gnutls_x509_crt_set_version(certificate, 3)) < 0) return result;
    result = gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
    if (result < 0) return result;
    result = gnutls_x509_crt_set_activation_time(certificate, (time_t)(now - DAY)); // clocks differ
    if (result < 0) return result;
    result = gnutls_x509_crt_set_expiration_time(certificate, (time_t)(now - DAY + LIFE));
    if (result < 0) return result;
    if ((result = gnutls_x509_crt_set_basic_constraints(certificate, 0, -1)) < 0) return result;
    result = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (result < 0) return result;
    return gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
}

// Writes both forms of a key and its certificate: `pem` with the key, `public_pem` without.
static int make(int64_t now, char pem[PEM_SIZE_MOST], size_t *public_size)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t certificate = NULL;
    size_t key_size = 0;
    int result = gnutls_x509_privkey_init(&key);
    if (result < 0) goto out;
    if ((result = gnutls_x509_crt_init(&certificate)) < 0) goto out;
    unsigned curve = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    if ((result = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, curve, 0)) < 0) goto out;
    if ((result = set_names(certificate)) < 0) goto out;
    if ((result = set_constraints(certificate, now)) < 0) goto out;
    if ((result = gnutls_x509_crt_set_key(certificate, key)) < 0) goto out;
    result = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
    if (result < 0) goto out;

    *public_size = PEM_SIZE_MOST;
    result = gnutls_x509_crt_export(certificate, GNUTLS_X509_FMT_PEM, pem, public_size);
    if (result < 0) goto out;
    key_size = PEM_SIZE_MOST - *public_size - 1;
    result = gnutls_x509_privkey_export_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                              pem + *public_size, &key_size);
    if (result >= 0) pem[*public_size + key_size] = '\0';

out:
    if (certificate) gnutls_x509_crt_deinit(certificate);
    if (key) gnutls_x509_privkey_deinit(key);
    return result;
}

static int write_new(struct weft_self_signed *out, int64_t now, char *error, size_t error_size)
{
    char pem[PEM_SIZE_MOST];
    size_t public_size = 0;
    int result = make(now, pem, &public_size);
    if (result < 0) {
        snprintf(error, error_size, "cannot make a certificate: %s", gnutls_strerror(result));
        return -EIO;
    }
    result = write_file(out->pem_file, 0600, pem, strlen(pem));
    if (!result) result = write_file(out->certificate_file, 0644, pem, public_size);
    gnutls_memset(pem, 0, sizeof(pem));
    if (result) {
        snprintf(error, error_size,
                 "cannot write %s: %s: make the directory writable, or give a certificate",
                 out->pem_file, strerror(-result));
        return result;
    }
    out->is_new = true;
    out->expiry = now - DAY + LIFE;
    return 0;
}

// Is there a pair that can still be used for a while? Sets `expiry`.
static bool is_good(struct weft_self_signed *out, int64_t now)
{
    struct stat info;
    if (stat(out->pem_file, &info) < 0 || (info.st_mode & 077) != 0) return false;
    if (access(out->certificate_file, R_OK) < 0) return false;
    gnutls_certificate_credentials_t credentials;
    if (gnutls_certificate_allocate_credentials(&credentials) < 0) return false;
    int result = gnutls_certificate_set_x509_key_file(credentials, out->pem_file, out->pem_file,
                                                      GNUTLS_X509_FMT_PEM);
    gnutls_x509_crt_t *chain = NULL;
    unsigned count = 0;
    if (result >= 0) result = gnutls_certificate_get_x509_crt(credentials, 0, &chain, &count);
    if (result >= 0 && count > 0) out->expiry = gnutls_x509_crt_get_expiration_time(chain[0]);
    for (unsigned i = 0; i < count; i++) {
        gnutls_x509_crt_deinit(chain[i]);
    }
    gnutls_free(chain);
    gnutls_certificate_free_credentials(credentials);
    return result >= 0 && out->expiry > now + RENEWAL;
}

int weft_self_signed_find(const char *directory, int64_t now, struct weft_self_signed *out,
                          char *error, size_t error_size)
{
    char standard[WEFT_SELF_SIGNED_PATH_SIZE - 64];
    *out = (struct weft_self_signed){0};
    if (!directory) {
        int missing = default_directory(standard, sizeof(standard));
        if (missing) {
            snprintf(error, error_size,
                     "no place for a certificate: set HOME or XDG_STATE_HOME, or give a "
                     "certificate");
            return missing;
        }
        directory = standard;
    }
    if (strlen(directory) >= sizeof(standard)) {
        snprintf(error, error_size, "the directory's name is too long: %s", directory);
        return -ENAMETOOLONG;
    }
    snprintf(out->pem_file, sizeof(out->pem_file), "%s/localhost.pem", directory);
    snprintf(out->certificate_file, sizeof(out->certificate_file), "%s/localhost.crt", directory);
    if (is_good(out, now)) return 0;

    int result = make_directories(directory);
    if (result) {
        snprintf(error, error_size, "cannot make the directory %s: %s: give a certificate",
                 directory, strerror(-result));
        return result;
    }
    return write_new(out, now, error, error_size);
}
