// cmd/serve_options.c: what the command line says, what the file says, and which of them wins
#include "cmd/serve_options.h"

#include "cmd/config_report.h"

#include <stdio.h>
#include <string.h>

void weft_listen_as_usual(struct weft_server_config *config)
{
    (void)weft_listen_url_parse("https://localhost:8443", &config->listens[0]);
    (void)weft_listen_url_parse("http://localhost:8080", &config->listens[1]);
    config->listen_count = 2;
}

static const char *certificates_fit(const struct weft_serve_options *options)
{
    size_t count = options->config.certificate_count;
    if (!options->has_certificates || count == options->key_count) return NULL;
    return options->key_count < count ? "a --cert is without its --key: they come in pairs"
                                      : "a --key is without its --cert: they come in pairs";
}

void weft_serve_options_deinit(struct weft_serve_options *options)
{
    weft_server_config_deinit(&options->config);
}

// The words that are left: one directory, or none.
static const char *take_root(struct weft_serve_options *options, int argc, char **argv, int first,
                             struct weft_args_outcome *outcome)
{
    const char *wrong = certificates_fit(options);
    if (wrong) {
        snprintf(outcome->complaint, sizeof(outcome->complaint), "%s", wrong);
    } else if (argc - first > 1) {
        snprintf(outcome->complaint, sizeof(outcome->complaint),
                 "one directory can be served, but '%s' and '%s' are named", argv[first],
                 argv[first + 1]);
    }
    return first < argc ? argv[first] : NULL;
}

static void begin(struct weft_serve_options *options, struct weft_args_outcome *outcome)
{
    *options = (struct weft_serve_options){0};
    weft_server_config_init(&options->config);
    outcome->complaint[0] = 0;
}

static bool no_memory(struct weft_args_outcome *outcome)
{
    snprintf(outcome->complaint, sizeof(outcome->complaint), "no memory");
    return false;
}

// Says which words of the command line stand in the place of the file's.
static void note_overruled(struct weft_serve_options *options, size_t listens, size_t certificates,
                           const char *file_root, const char *root)
{
    const char *words[] = {options->has_listens && listens > 0 ? "--listen" : NULL,
                           options->has_certificates && certificates > 0 ? "--cert" : NULL,
                           root && file_root ? "DIR" : NULL};
    for (size_t i = 0; i < WEFT_COUNT(words); i++) {
        size_t at = strlen(options->overruled);
        if (!words[i]) continue;
        snprintf(options->overruled + at, sizeof(options->overruled) - at, "%s%s", at ? ", " : "",
                 words[i]);
    }
}

static bool are_same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

// The options once more, over what the file says. Those of a site tell of the file's only one.
static bool read_over_file(int argc, char **argv, struct weft_serve_options *options,
                           struct weft_args_outcome *outcome)
{
    int first = 0;
    struct weft_server_config *config = &options->config;
    struct weft_site_config spare;
    struct weft_site_config untouched;
    bool is_one = config->site_count <= 1;
    if (config->site_count == 0 && !weft_server_config_add_site(config)) return no_memory(outcome);
    weft_site_config_init(&spare);
    memcpy(&untouched, &spare, sizeof(spare));
    options->site = is_one ? config->sites[0] : &spare;
    size_t listens = config->listen_count;
    size_t certificates = config->certificate_count;
    if (!weft_args_read(argc, argv, weft_serve_options_table(), options, &first, outcome))
        return false;
    const char *root = take_root(options, argc, argv, first, outcome);
    if (!is_one && (root || !are_same(&spare, &untouched, sizeof(spare)))) {
        snprintf(outcome->complaint, sizeof(outcome->complaint),
                 "%s has %zu sites: DIR, --index, --header and what else is of one site has to be "
                 "set there",
                 options->config_file, config->site_count);
    }
    if (is_one) {
        note_overruled(options, listens, certificates, options->site->root, root);
        if (root) options->site->root = root;
    } else {
        options->site = config->sites[0];
        note_overruled(options, listens, certificates, NULL, NULL);
    }
    if (outcome->complaint[0] == 0 && !options->site->root) {
        snprintf(outcome->complaint, sizeof(outcome->complaint),
                 "%s has no site: add 'sites:' with a root, or name a directory",
                 options->config_file);
    }
    return outcome->complaint[0] == 0;
}

static bool read_file(int argc, char **argv, const char *file, struct weft_serve_options *options,
                      struct weft_args_outcome *outcome)
{
    weft_serve_options_deinit(options); // what was read tells only that the words are well-formed
    begin(options, outcome);
    options->config_file = file;
    options->has_log_word = true; // the file tells of it, also where it tells nothing
    options->config_is_wrong =
        !weft_config_read(&options->config, file, &weft_config_fault_listener);
    if (options->config_is_wrong) return false;
    return read_over_file(argc, argv, options, outcome);
}

bool weft_serve_options_read(int argc, char **argv, struct weft_serve_options *options,
                             struct weft_args_outcome *outcome)
{
    int first = 0;
    begin(options, outcome);
    options->site = weft_server_config_add_site(&options->config);
    if (!options->site) return no_memory(outcome);
    if (!weft_args_read(argc, argv, weft_serve_options_table(), options, &first, outcome))
        return false;
    if (options->config_file) {
        if (!read_file(argc, argv, options->config_file, options, outcome)) return false;
    } else {
        const char *root = take_root(options, argc, argv, first, outcome);
        options->site->root = root ? root : ".";
    }
    if (options->config.listen_count == 0) weft_listen_as_usual(&options->config);
    weft_server_config_join_metrics(&options->config);
    return outcome->complaint[0] == 0;
}
