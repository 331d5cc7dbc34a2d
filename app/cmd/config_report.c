// cmd/config_report.c
#include "cmd/config_report.h"

#include "cmd/term.h"

#include <time.h>

enum { LINE_SIZE = 2048 };

static void complain(void *context, const struct weft_config_complaint *complaint)
{
    char line[LINE_SIZE];
    char place[64] = "";
    (void)context;
    if (complaint->line > 0) {
        snprintf(place, sizeof(place), "%u:%u:", complaint->line, complaint->column);
    }
    snprintf(line, sizeof(line), "%s%s%s%s%s%s", complaint->file ? complaint->file : "",
             complaint->file ? ":" : "", place, complaint->file ? " " : "",
             complaint->is_warning ? "warning: " : "", complaint->text);
    weft_term_error(line);
}

static void complain_of_fault(void *context, const struct weft_config_complaint *complaint)
{
    if (!complaint->is_warning) complain(context, complaint);
}

const struct weft_config_listener weft_config_term_listener = {.complain = complain};
const struct weft_config_listener weft_config_fault_listener = {.complain = complain_of_fault};

void weft_tell_expiry(const struct weft_server_config *config)
{
    char text[LINE_SIZE];
    for (size_t i = 0; i < config->certificate_count; i++) {
        const struct weft_tls_certificate *certificate = &config->certificates[i];
        bool is_fine =
            weft_config_certificate_is_fine(certificate, (int64_t)time(NULL), text, sizeof(text));
        if (!is_fine || !text[0]) continue;
        complain(NULL, &(struct weft_config_complaint){.is_warning = true, .text = text});
    }
}

static bool is_of_this_machine(const struct weft_listen_url *url)
{
    return strcmp(url->host, "localhost") == 0 || strcmp(url->host, "::1") == 0 ||
           strncmp(url->host, "127.", 4) == 0;
}

// The first listener without TLS that others reach; NULL where there is none.
static const struct weft_listen_url *clear_listener(const struct weft_server_config *config)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        const struct weft_listen_url *url = &config->listens[i];
        if (!url->is_secure && !url->shows_metrics && !is_of_this_machine(url)) return url;
    }
    return NULL;
}

void weft_tell_clear_passwords(const struct weft_server_config *config)
{
    char where[WEFT_LISTEN_URL_SIZE];
    char text[LINE_SIZE];
    const struct weft_listen_url *url = clear_listener(config);
    if (!url) return;
    weft_listen_url_write(url, url->port, where, sizeof(where));
    for (size_t i = 0; i < config->site_count; i++) {
        const struct weft_site_config *site = config->sites[i];
        if (!site->auth.file || site->https_only) continue;
        snprintf(
            text, sizeof(text),
            "passwords for \"%s\" cross the network in the clear on %s: say https_only, or leave "
            "that listener out",
            site->auth.realm, where);
        complain(NULL, &(struct weft_config_complaint){.is_warning = true, .text = text});
    }
}
