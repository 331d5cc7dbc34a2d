// config/settings.c: the settings of the whole server, one row each.
//
// To add one: a field in struct weft_server_config (or weft_site_config, then the row goes to site_settings.c), its default
// where that struct is initialised, and a row here. weft_config_test.c writes the documentation anew (docs/testing.md).
#include "config/setting.h"

#include <time.h>

#define FIELD(field) WEFT_SETTING_FIELD(weft_server_config, field)

static const char *const log_formats[] = {"common", "combined", "json", NULL};
static const char *const sandboxes[] = {"on", "off", "require", NULL};
static const char *const error_levels[] = {"error", "warning", "notice", NULL};
static const char *const error_formats[] = {"text", "json", NULL};
static const char *const log_words[] = {"-", "none", NULL};

// Where to listen

static bool is_taken(const struct weft_server_config *config, const struct weft_listen_url *url)
{
    for (size_t i = 0; i < config->listen_count && url->port != 0; i++) {
        const struct weft_listen_url *other = &config->listens[i];
        if (other->port == url->port && strcmp(other->host, url->host) == 0) return true;
    }
    return false;
}

static const char *add_listen(struct weft_server_config *config, void *target, const char *text)
{
    (void)target;
    if (config->listen_count == WEFT_LISTENS_MOST) return "at most 16 listeners";
    struct weft_listen_url *url = &config->listens[config->listen_count];
    const char *wrong = weft_listen_url_parse(text, url);
    if (!wrong && is_taken(config, url)) wrong = "another listener has this host and port";
    if (!wrong) config->listen_count++;
    return wrong;
}

static const char *listen_at(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE])
{
    const struct weft_server_config *config = target;
    if (index >= config->listen_count || config->listens[index].shows_metrics) return NULL;
    weft_listen_url_write(&config->listens[index], config->listens[index].port, room,
                          WEFT_SETTING_TEXT_SIZE);
    return room;
}

static const struct weft_setting_list listens = {.add = add_listen, .item = listen_at};

// The listener for those who run the server

static const char *add_metrics(struct weft_server_config *config, void *target, const char *text)
{
    (void)target;
    return config->has_metrics ? "one listener for metrics"
                               : weft_server_config_set_metrics(config, text);
}

static const char *metrics_at(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE])
{
    const struct weft_server_config *config = target;
    if (index > 0 || !config->has_metrics) return NULL;
    weft_listen_url_write(&config->metrics, config->metrics.port, room, WEFT_SETTING_TEXT_SIZE);
    return room;
}

static const struct weft_setting_list metrics = {.add = add_metrics, .item = metrics_at};

// Certificates

static void *begin_certificate(struct weft_server_config *config, void *target, const char **wrong)
{
    (void)target;
    *wrong = "at most 32 certificates";
    if (config->certificate_count == WEFT_CERTIFICATES_MOST) return NULL;
    return &config->certificates[config->certificate_count++];
}

static const void *certificate_at(const void *target, size_t index)
{
    const struct weft_server_config *config = target;
    return index < config->certificate_count ? &config->certificates[index] : NULL;
}

static const char *judge_certificate(struct weft_server_config *config, void *target, void *element,
                                     bool looks, char room[WEFT_SETTING_TEXT_SIZE])
{
    (void)config;
    (void)target;
    if (!looks) return NULL;
    bool is_fine =
        weft_config_certificate_is_fine(element, (int64_t)time(NULL), room, WEFT_SETTING_TEXT_SIZE);
    return is_fine ? NULL : room;
}

static const char *warn_of_certificate(const void *element, char room[WEFT_SETTING_TEXT_SIZE])
{
    bool is_fine =
        weft_config_certificate_is_fine(element, (int64_t)time(NULL), room, WEFT_SETTING_TEXT_SIZE);
    return is_fine && room[0] ? room : NULL;
}

static const void *fresh_certificate(void)
{
    static const struct weft_tls_certificate none = {0};
    return &none;
}

static const struct weft_setting_groups certificates = {
    .begin = begin_certificate,
    .at = certificate_at,
    .end = judge_certificate,
    .warn = warn_of_certificate,
    .fresh = fresh_certificate,
};

static const struct weft_setting certificate_rows[] = {
    {.name = "certificate",
     .kind = WEFT_SETTING_FILE,
     WEFT_SETTING_FIELD(weft_tls_certificate, certificate_file),
     .form = "a file",
     .is_needed = true,
     .help = "the certificate and the chain behind it, in PEM"},
    {.name = "key",
     .kind = WEFT_SETTING_FILE,
     WEFT_SETTING_FIELD(weft_tls_certificate, key_file),
     .form = "a file",
     .is_needed = true,
     .help = "its private key, in PEM, not encrypted"},
    {0},
};

// Sites

static void *begin_site(struct weft_server_config *config, void *target, const char **wrong)
{
    (void)target;
    *wrong = config->site_count == WEFT_SITES_MOST ? "at most 4096 sites" : "no memory";
    return weft_server_config_add_site(config);
}

static const void *site_at(const void *target, size_t index)
{
    const struct weft_server_config *config = target;
    return index < config->site_count ? config->sites[index] : NULL;
}

static const void *fresh_site(void)
{
    static struct weft_site_config site;
    weft_site_config_init(&site);
    return &site;
}

static const struct weft_setting_groups sites = {
    .begin = begin_site, .at = site_at, .end = weft_site_settings_end, .fresh = fresh_site};

// Limits; what is counted is told by the unit of lib/http/limits.h.

const struct weft_setting weft_limit_settings[] = {
#define X(limit, usual, of, text) \
    {.name = #limit,              \
     .kind = WEFT_SETTING_NUMBER, \
     FIELD(limits.limit),         \
     .unit = (of),                \
     .least = 0,                  \
     .most = UINT32_MAX,          \
     .help = (text)},
    WEFT_HTTP_LIMITS(X)
#undef X
        {0},
};

const struct weft_setting weft_server_settings[] = {
    {.name = "include",
     .kind = WEFT_SETTING_INCLUDE,
     .form = "a file or a pattern, like conf.d/*.yaml",
     .help = "files whose settings stand here, in order of their names; lists are joined"},
    {.name = "listen",
     .kind = WEFT_SETTING_LIST,
     .form = "http://HOST:PORT or https://HOST:PORT",
     .standard = "https://localhost:8443 and http://localhost:8080",
     .list = &listens,
     .help = "where to listen; HOST * is every address, PORT 0 any free port"},
    {.name = "certificates",
     .kind = WEFT_SETTING_GROUPS,
     .rows = certificate_rows,
     .groups = &certificates,
     .standard = "one for localhost that weft makes itself",
     .help =
         "for https; the name that a client asks for (SNI) chooses, the first serves all others"},
    {.name = "sites",
     .kind = WEFT_SETTING_GROUPS,
     .rows = weft_site_settings,
     .groups = &sites,
     .help = "what is served, and under which names"},
    {.name = "threads",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(thread_count),
     .unit = "threads",
     .least = 1,
     .most = WEFT_THREADS_MOST,
     .standard = "one for each processor",
     .help = "event loops"},
    {.name = "access_log",
     .kind = WEFT_SETTING_FILE,
     FIELD(access_log),
     .form = "a file",
     .file = WEFT_SETTING_WRITABLE,
     .words = log_words,
     .standard = "none",
     .help = "a line for each answer goes there; - is standard output"},
    {.name = "log_format",
     .kind = WEFT_SETTING_WORD,
     FIELD(log_format),
     .words = log_formats,
     .help = "the form of those lines"},
    {.name = "error_log",
     .kind = WEFT_SETTING_FILE,
     FIELD(error_log),
     .form = "a file",
     .words = log_words,
     .standard = "standard error",
     .help = "what goes wrong is told there; - is standard error"},
    {.name = "qlog",
     .kind = WEFT_SETTING_FILE,
     FIELD(qlog),
     .form = "a file",
     .file = WEFT_SETTING_WRITABLE,
     .words = log_words,
     .standard = "none",
     .help = "every frame and field of every connection goes there, as qlog; - is standard output"},
    {.name = "error_level",
     .kind = WEFT_SETTING_WORD,
     FIELD(error_level),
     .words = error_levels,
     .help = "the least important that is told: failures, limits that clients reached, or what "
             "clients did wrong"},
    {.name = "error_format",
     .kind = WEFT_SETTING_WORD,
     FIELD(error_format),
     .words = error_formats,
     .help = "the form of those lines"},
    {.name = "metrics",
     .kind = WEFT_SETTING_LIST,
     .form = "http://HOST:PORT, like http://127.0.0.1:9100",
     .standard = "none",
     .list = &metrics,
     .help = "a listener for those who run the server: /metrics, /healthz, /readyz, /status"},
    {.name = "metrics_public",
     .kind = WEFT_SETTING_FLAG,
     FIELD(metrics_are_public),
     .help = "it may have an address that others reach"},
    {.name = "cache",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(cache_size),
     .unit = "bytes",
     .least = 0,
     .most = (uint64_t)1 << 40,
     .help = "memory for small files, all threads together"},
    {.name = "congestion",
     .kind = WEFT_SETTING_TEXT,
     FIELD(congestion),
     .form = "a name that the kernel knows, like bbr or cubic",
     .standard = "the system's",
     .help = "TCP's congestion control"},
    {.name = "user",
     .kind = WEFT_SETTING_TEXT,
     FIELD(user),
     .form = "NAME or NAME:GROUP",
     .standard = "www-data or nobody, where that can read the sites",
     .help = "who serves, once root has opened ports and keys"},
    {.name = "sandbox",
     .kind = WEFT_SETTING_WORD,
     FIELD(sandbox),
     .words = sandboxes,
     .help =
         "the walls around the server: as far as this kernel can, none, or wholly or not at all"},
    {.name = "drain_timeout",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(drain_timeout_ms),
     .unit = "ms",
     .least = 0,
     .most = 604800000, // a week
     .help = "how long answers in flight may take once the end is asked for"},
    {.name = "learn_interval",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(learn_interval_ms),
     .unit = "ms",
     .least = 100,
     .most = 86400000, // a day
     .help = "from one lesson to the next, of sites that learn"},
    {.name = "https_port",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(https_port),
     .unit = "port",
     .least = 0,
     .most = UINT16_MAX,
     .standard = "that of the first https listener",
     .help = "the port that https_only sends to, where something stands before this server"},
    {.name = "limits",
     .kind = WEFT_SETTING_GROUP,
     .rows = weft_limit_settings,
     .help = "what a client may cost (docs/limits.md); *_ms are times"},
    {0},
};
