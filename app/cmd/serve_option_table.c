// cmd/serve_option_table.c: the options of `weft serve`, one row each
#include "base/nearest.h"
#include "cmd/serve_options.h"

#include <stdio.h>
#include <string.h>

enum { LEARN_QUORUM_MOST = 64, LEARN_INTERVAL_LEAST_MS = 100 };

// Sets one of the settings of a file that are words.
static const char *set_word(void *target, const char *name, const char *value)
{
    static char expected[128];
    struct weft_serve_options *options = target;
    bool is_set = weft_config_set_word(&options->config, options->site, name, value, expected,
                                       sizeof(expected));
    return is_set ? NULL : expected;
}

static const char *take_config(void *target, const char *value)
{
    ((struct weft_serve_options *)target)->config_file = value;
    return *value ? NULL : "expected a file";
}

static const char *take_listen(void *target, const char *value)
{
    struct weft_serve_options *options = target;
    struct weft_server_config *config = &options->config;
    if (!options->has_listens) config->listen_count = 0;
    options->has_listens = true;
    if (config->listen_count == WEFT_LISTENS_MOST) return "at most 16 listeners";
    const char *wrong = weft_listen_url_parse(value, &config->listens[config->listen_count]);
    if (!wrong) config->listen_count++;
    return wrong;
}

// The first of the command line replaces those of the file.
static void name_certificates(struct weft_serve_options *options)
{
    if (!options->has_certificates) options->config.certificate_count = 0;
    options->has_certificates = true;
}

static const char *take_cert(void *target, const char *value)
{
    struct weft_server_config *config = &((struct weft_serve_options *)target)->config;
    name_certificates(target);
    if (config->certificate_count == WEFT_CERTIFICATES_MOST) return "at most 32 certificates";
    config->certificates[config->certificate_count++].certificate_file = value;
    return NULL;
}

static const char *take_key(void *target, const char *value)
{
    struct weft_serve_options *options = target;
    name_certificates(options);
    if (options->key_count == WEFT_CERTIFICATES_MOST) return "at most 32 keys";
    options->config.certificates[options->key_count++].key_file = value;
    return NULL;
}

static const char *take_threads(void *target, const char *value)
{
    uint64_t number;
    if (!weft_args_number(value, 1, WEFT_THREADS_MOST, &number))
        return "expected a number, 1 to 64";
    ((struct weft_serve_options *)target)->config.thread_count = (unsigned)number;
    return NULL;
}

static const char *take_access_log(void *target, const char *value)
{
    struct weft_serve_options *options = target;
    options->has_log_word = true;
    options->config.access_log = value;
    return *value ? NULL : "expected a file, or - for standard output";
}

static const char *take_no_access_log(void *target, const char *value)
{
    struct weft_serve_options *options = target;
    (void)value;
    options->has_log_word = true;
    options->config.access_log = NULL;
    return NULL;
}

static const char *take_log_format(void *target, const char *value)
{
    return set_word(target, "log_format", value);
}

static const char *take_error_log(void *target, const char *value)
{
    ((struct weft_serve_options *)target)->config.error_log = value;
    return *value ? NULL : "expected a file, or - for standard error";
}

static const char *take_qlog(void *target, const char *value)
{
    ((struct weft_serve_options *)target)->config.qlog = value;
    return *value ? NULL : "expected a file, or - for standard output";
}

static const char *take_error_level(void *target, const char *value)
{
    return set_word(target, "error_level", value);
}

static const char *take_error_format(void *target, const char *value)
{
    return set_word(target, "error_format", value);
}

static const char *take_listing(void *target, const char *value)
{
    (void)value;
    ((struct weft_serve_options *)target)->site->lists_directories = true;
    return NULL;
}

static const char *take_index(void *target, const char *value)
{
    struct weft_serve_options *options = target;
    struct weft_site_config *site = options->site;
    if (!options->has_indexes) site->index_count = 0;
    options->has_indexes = true;
    return weft_site_config_add_index(site, value);
}

static const char *take_header(void *target, const char *value)
{
    return weft_site_config_add_field(((struct weft_serve_options *)target)->site, value);
}

static const char *take_auth(void *target, const char *value)
{
    struct weft_serve_options *options = target;
    return weft_site_config_set_auth(&options->config, options->site, value);
}

static const char *take_manifest(void *target, const char *value)
{
    ((struct weft_serve_options *)target)->site->manifest_file = value;
    return *value ? NULL : "expected a file";
}

static const char *take_learn(void *target, const char *value)
{
    (void)value;
    ((struct weft_serve_options *)target)->site->learns = true;
    return NULL;
}

static const char *take_learned(void *target, const char *value)
{
    ((struct weft_serve_options *)target)->site->learned_file = value;
    return *value ? NULL : "expected a file";
}

static const char *take_learn_quorum(void *target, const char *value)
{
    uint64_t number;
    if (!weft_args_number(value, 1, LEARN_QUORUM_MOST, &number))
        return "expected a number, 1 to 64";
    ((struct weft_serve_options *)target)->site->learn_quorum = (unsigned)number;
    return NULL;
}

static const char *take_learn_interval(void *target, const char *value)
{
    uint64_t time_ms;
    bool is_fine = weft_args_duration_ms(value, &time_ms) && time_ms >= LEARN_INTERVAL_LEAST_MS;
    if (!is_fine || time_ms > UINT32_MAX / 2) return "expected a time of 100ms or more: 10s, 5m";
    ((struct weft_serve_options *)target)->config.learn_interval_ms = (uint32_t)time_ms;
    return NULL;
}

static const char *take_early_hints(void *target, const char *value)
{
    return set_word(target, "early_hints", value);
}

static const char *take_metrics(void *target, const char *value)
{
    return weft_server_config_set_metrics(&((struct weft_serve_options *)target)->config, value);
}

static const char *take_metrics_public(void *target, const char *value)
{
    (void)value;
    ((struct weft_serve_options *)target)->config.metrics_are_public = true;
    return NULL;
}

static struct weft_compression *compression_of(void *target)
{
    return &((struct weft_serve_options *)target)->site->compression;
}

static const char *take_compress(void *target, const char *value)
{
    return weft_compression_set_codings(compression_of(target), weft_span_of(value));
}

static const char *take_compress_level(void *target, const char *value)
{
    uint64_t level;
    if (!weft_args_number(value, 1, WEFT_COMPRESSION_LEVELS, &level)) {
        return "expected a number, 1 to 9";
    }
    compression_of(target)->level = (unsigned)level;
    return NULL;
}

static const char *take_compress_least(void *target, const char *value)
{
    return weft_args_size(value, &compression_of(target)->least) ? NULL
                                                                 : "expected a size: 1K, 512, 0";
}

static const char *take_compress_types(void *target, const char *value)
{
    return weft_compression_add_types(compression_of(target), weft_span_of(value));
}

static const char *take_cache(void *target, const char *value)
{
    uint64_t size;
    if (!weft_args_size(value, &size)) return "expected a size: 64M, 512K, 0";
    ((struct weft_serve_options *)target)->config.cache_size = (size_t)size;
    return NULL;
}

static const char *take_congestion(void *target, const char *value)
{
    ((struct weft_serve_options *)target)->config.congestion = value;
    return *value ? NULL : "expected a name: bbr, cubic ...";
}

static const char *take_drain_timeout(void *target, const char *value)
{
    uint64_t time_ms;
    if (!weft_args_duration_ms(value, &time_ms) || time_ms > UINT32_MAX / 2) {
        return "expected a time: 30s, 500ms, 5m";
    }
    ((struct weft_serve_options *)target)->config.drain_timeout_ms = (uint32_t)time_ms;
    return NULL;
}

static const char *take_user(void *target, const char *value)
{
    ((struct weft_serve_options *)target)->config.user = value;
    return *value ? NULL : "expected NAME or NAME:GROUP";
}

static const char *take_sandbox(void *target, const char *value)
{
    return set_word(target, "sandbox", value);
}

static const char *take_single_process(void *target, const char *value)
{
    (void)value;
    ((struct weft_serve_options *)target)->is_single_process = true;
    return NULL;
}

static const char *unknown_limit(const char *name)
{
    static char text[128];
    const char *names[128] = {0};
    const struct weft_limit_row *row;
    for (size_t i = 0; (row = weft_limit_row_at(i)) && i + 1 < WEFT_COUNT(names); i++) {
        names[i] = row->name;
    }
    const char *nearest = weft_nearest(name, names);
    if (!nearest) return "no such limit: 'weft serve --help' lists them";
    snprintf(text, sizeof(text), "no such limit: did you mean %s?", nearest);
    return text;
}

static const char *take_limit(void *target, const char *value)
{
    uint64_t number;
    char name[64];
    const char *equals = strchr(value, '=');
    if (!equals) return "expected NAME=VALUE";
    if (!weft_args_number(equals + 1, 0, UINT32_MAX, &number)) {
        return "expected a number behind the =";
    }
    snprintf(name, sizeof(name), "%.*s", (int)(equals - value), value);
    bool is_known = weft_server_config_set_limit(&((struct weft_serve_options *)target)->config,
                                                 weft_span_of(name), (uint32_t)number);
    return is_known ? NULL : unknown_limit(name);
}

static const struct weft_args_option table[] = {
    {"config", 'C', "FILE",
     "settings from a file: sites, certificates, redirects and all below; see\n"
     "weft.conf(5). What else stands on the command line wins over it",
     take_config},
    {"listen", 'l', "URL",
     "where to listen, http://HOST:PORT or https://HOST:PORT; may be repeated.\n"
     "HOST * is every address, PORT 0 any free port; HOST @NAME takes the sockets\n"
     "that systemd hands over under that name.\n"
     "Default: https://localhost:8443 and http://localhost:8080",
     take_listen},
    {"cert", 'c', "FILE",
     "certificate chain in PEM, for https. With several, the name that the client\n"
     "asks for decides. Default: one for localhost that weft makes itself",
     take_cert},
    {"key", 'k', "FILE", "the private key of the --cert with the same place in the line", take_key},
    {"threads", 't', "N", "event loops, 1 to 64. Default: one for each processor", take_threads},
    {"access-log", 0, "FILE",
     "a line for each answer to FILE, or to standard output with -.\n"
     "Default: standard output where that is a terminal, else none",
     take_access_log},
    {"no-access-log", 0, NULL, "no such lines", take_no_access_log},
    {"log-format", 0, "FORMAT", "common, combined (default) or json", take_log_format},
    {"error-log", 0, "FILE", "what goes wrong, to FILE. Default: standard error (-)",
     take_error_log},
    {"error-level", 0, "LEVEL",
     "error; warning (default): limits that clients reached, too; notice: what clients\n"
     "did wrong, too",
     take_error_level},
    {"error-format", 0, "FORMAT", "text (default) or json", take_error_format},
    {"qlog", 0, "FILE",
     "every frame and field of every connection to FILE, or to standard output with -;\n"
     "values of Authorization and Cookie fields are left out",
     take_qlog},
    {"listing", 0, NULL, "show what is in a folder that has no index file", take_listing},
    {"index", 0, "NAME", "name of index files; may be repeated. Default: index.html", take_index},
    {"header", 'H', "'NAME: VALUE'", "a field for every answer; may be repeated", take_header},
    {"auth", 0, "REALM:FILE",
     "let in only those whose names and passwords are in FILE, lines NAME:HASH as\n"
     "'htpasswd -B' or 'mkpasswd -m yescrypt' makes them; REALM is shown to who is asked",
     take_auth},
    {"manifest", 0, "FILE",
     "what pages need, to be hinted (103 Early Hints, Link) and pushed; see\n"
     "'weft manifest --help'",
     take_manifest},
    {"early-hints", 0, "WHEN", "auto (default): where they win time; always; or never",
     take_early_hints},
    {"metrics", 0, "URL",
     "figures for Prometheus, health and state, on a listener of their own such as\n"
     "http://127.0.0.1:9100: /metrics, /healthz, /readyz, /status. Default: none",
     take_metrics},
    {"metrics-public", 0, NULL, "let that listener have an address that others reach",
     take_metrics_public},
    {"learn", 0, NULL,
     "learn from how pages are loaded what they need, and hint and push that\n"
     "where --manifest says nothing",
     take_learn},
    {"learned", 0, "FILE",
     "where that is kept over restarts; 'weft manifest report FILE' shows it.\n"
     "Without --learn it is used as it is",
     take_learned},
    {"learn-quorum", 0, "N", "how many networks have to show it, 1 to 64. Default: 5",
     take_learn_quorum},
    {"learn-interval", 0, "TIME", "from one lesson to the next. Default: 10s", take_learn_interval},
    {"compress", 0, "WHAT",
     "on (default), off, or a list of br, zstd and gzip: compress what gains by it,\n"
     "where no .br, .zst or .gz lies beside the file",
     take_compress},
    {"compress-level", 0, "N", "how hard, 1 to 9, with what is kept. Default: 6",
     take_compress_level},
    {"compress-least", 0, "SIZE", "smaller content is sent as it is. Default: 1K",
     take_compress_least},
    {"compress-types", 0, "LIST",
     "media types, text/*,application/json. Default: text and the like", take_compress_types},
    {"cache", 0, "SIZE", "memory for small files, all threads together. Default: 64M", take_cache},
    {"congestion", 0, "NAME", "TCP's congestion control: bbr, cubic ... Default: the system's",
     take_congestion},
    {"drain-timeout", 0, "TIME",
     "how long answers may take once SIGTERM or SIGINT has come. Default: 30s", take_drain_timeout},
    {"user", 0, "NAME[:GROUP]",
     "who serves, once root has opened ports and keys.\n"
     "Default: www-data or nobody, where that can read DIR",
     take_user},
    {"sandbox", 0, "WHEN",
     "on (default): as far as this kernel can; off; require: wholly or not at all", take_sandbox},
    {"single-process", 0, NULL,
     "serve without a supervisor, for debuggers: a crash ends it, and HUP does\n"
     "not reload",
     take_single_process},
    {"limit", 0, "NAME=VALUE", "what a client may cost; the names are listed below", take_limit},
    {"help", 'h', NULL, "this text", NULL},
    {"version", 'V', NULL, "the version", NULL},
    {0},
};

const struct weft_args_option *weft_serve_options_table(void)
{
    return table;
}
