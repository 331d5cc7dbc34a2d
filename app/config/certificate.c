// config/certificate.c: can a certificate be used with its key, and for how long?
#include "config/report.h"

#include <inttypes.h>
#include <time.h>

enum { DAY = 86400, NAME_SIZE = 256, NAMES_TOLD = 10 };

static void tell_expiry(const char *file, int64_t expiry, int64_t now, char *text, size_t text_size)
{
    char day[32] = "";
    struct tm parts;
    time_t time = (time_t)expiry;
    if (expiry >= now + (int64_t)WEFT_CONFIG_EXPIRY_SOON_DAYS * DAY) return;
    if (gmtime_r(&time, &parts)) strftime(day, sizeof(day), "%Y-%m-%d %H:%M UTC", &parts);
    if (expiry < now) {
        snprintf(text, text_size, "the certificate %s expired on %s: browsers refuse it; renew it",
                 file, day);
    } else {
        snprintf(text, text_size, "the certificate %s expires on %s, in %" PRId64 " days: renew it",
                 file, day, (expiry - now) / DAY);
    }
}

bool weft_config_certificate_is_fine(const struct weft_tls_certificate *certificate, int64_t now,
                                     char *text, size_t text_size)
{
    struct weft_tls_server_config config = {.certificates = certificate, .certificate_count = 1};
    text[0] = 0;
    struct weft_tls_context *context = weft_tls_server_new(&config, text, text_size);
    if (!context) return false;
    tell_expiry(certificate->certificate_file, weft_tls_context_expiry(context, NULL), now, text,
                text_size);
    weft_tls_context_free(context);
    return true;
}

static bool has_secure_listener(const struct weft_server_config *config)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        if (config->listens[i].is_secure) return true;
    }
    return false;
}

// Of a wildcard, any name that it stands for.
static bool is_covered(const struct weft_tls_context *context, const char *name)
{
    char any[NAME_SIZE];
    snprintf(any, sizeof(any), "%s%s", name[0] == '*' ? "any" : "",
             name[0] == '*' ? name + 1 : name);
    return weft_tls_context_covers_name(context, any);
}

void weft_config_warn_of_names(const struct weft_server_config *config, const char *file,
                               const struct weft_config_listener *listener)
{
    char error[512];
    unsigned told = 0;
    struct weft_config_report report = {.listener = listener};
    struct weft_config_place place = {.file = file};
    struct weft_tls_server_config tls = {.certificates = config->certificates,
                                         .certificate_count = config->certificate_count};
    if (config->certificate_count == 0 || !has_secure_listener(config)) return;
    struct weft_tls_context *context = weft_tls_server_new(&tls, error, sizeof(error));
    if (!context) return; // which was told
    for (size_t i = 0; i < config->site_count; i++) {
        for (size_t k = 0; k < config->sites[i]->name_count; k++) {
            const char *name = config->sites[i]->names[k];
            if (name[0] == '[' || is_covered(context, name) || told++ >= NAMES_TOLD) continue;
            weft_config_warning(&report, &place,
                                "no certificate covers '%s': over https browsers refuse it", name);
        }
    }
    if (told > NAMES_TOLD) {
        weft_config_warning(&report, &place, "%u names more are covered by no certificate",
                            told - NAMES_TOLD);
    }
    weft_tls_context_free(context);
}
