// config/certificate.c: can a certificate be used with its key, and for how long?
#include "config/config.h"

#include <inttypes.h>
#include <time.h>

enum { DAY = 86400 };

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
