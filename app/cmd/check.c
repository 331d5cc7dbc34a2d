// cmd/check.c: weft check
#include "cmd/commands.h"
#include "cmd/config_report.h"
#include "cmd/serve_options.h"
#include "cmd/term.h"

#include <string.h>

enum { ERROR_SIZE = 1024 };

struct options {
    bool shows;
    bool writes_schema;
};

static const char *take_show(void *target, const char *value)
{
    (void)value;
    ((struct options *)target)->shows = true;
    return NULL;
}

static const char *take_schema(void *target, const char *value)
{
    (void)value;
    ((struct options *)target)->writes_schema = true;
    return NULL;
}

static const struct weft_args_option table[] = {
    {"show", 's', NULL, "print what FILE means, as YAML, with every default", take_show},
    {"schema", 0, NULL, "print the JSON Schema of such files, for editors", take_schema},
    {"help", 'h', NULL, "this text", NULL},
    {"version", 'V', NULL, "the version", NULL},
    {0},
};

void weft_check_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("Judges a configuration file of 'weft serve', with all that it includes and names.\n\n"
           "%sUsage%s\n  weft check FILE\n  weft check --show [FILE]\n  weft check --schema\n\n"
           "%sOptions%s\n",
           term->bold, term->plain, term->bold, term->plain);
    for (const struct weft_args_option *option = table; option->name; option++) {
        printf("  %s--%-10s%s %s\n", term->bold, option->name, term->plain, option->help);
    }
    printf("\n%sExamples%s\n"
           "  weft check /etc/weft/weft.yaml && systemctl reload weft\n"
           "      is all well? what is wrong is told with file, line and column\n"
           "  weft check --show weft.yaml | less\n"
           "      what holds, includes and the environment put in; the same is read again\n"
           "  weft check --schema > weft.schema.json\n"
           "      for '# yaml-language-server: $schema=weft.schema.json' on top of the file\n\n"
           "Exit status: 0 all is well, maybe with warnings; 1 something is wrong; 2 wrong usage.\n"
           "weft.conf(5) lists the settings.\n",
           term->bold, term->plain);
}

static void print_summary(const struct weft_server_config *config, const char *file)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("%s%s%s is fine: %zu site%s, %zu listener%s, %zu certificate%s\n", term->bold, file,
           term->plain, config->site_count, config->site_count == 1 ? "" : "s",
           config->listen_count, config->listen_count == 1 ? "" : "s", config->certificate_count,
           config->certificate_count == 1 ? "" : "s");
}

// Does it go together, as far as can be told without listening?
static bool is_whole(struct weft_server_config *config, const char *file)
{
    char error[ERROR_SIZE];
    if (weft_server_config_is_valid(config, error, sizeof(error))) return true;
    weft_config_term_listener.complain(
        NULL, &(struct weft_config_complaint){.file = file, .text = error});
    return false;
}

static int check(const struct options *options, const char *file)
{
    struct weft_server_config config;
    weft_server_config_init(&config);
    bool is_fine = !file || weft_config_read(&config, file, &weft_config_term_listener);
    if (config.listen_count == 0) weft_listen_as_usual(&config);
    weft_server_config_join_metrics(&config);
    if (is_fine && file) is_fine = is_whole(&config, file);
    if (is_fine && file) weft_config_warn_of_names(&config, file, &weft_config_term_listener);
    if (is_fine) weft_tell_clear_passwords(&config);
    if (is_fine && options->shows) {
        weft_config_show(&config, stdout);
    } else if (is_fine) {
        print_summary(&config, file);
    }
    weft_server_config_deinit(&config);
    return is_fine ? WEFT_EXIT_DONE : WEFT_EXIT_FAILED;
}

int weft_check(int argc, char **argv)
{
    int first = 0;
    struct options options = {0};
    struct weft_args_outcome outcome;
    if (!weft_args_read(argc, argv, table, &options, &first, &outcome)) {
        if (outcome.wants_help) weft_check_help();
        if (outcome.wants_version) printf("weft " WEFT_VERSION "\n");
        if (!outcome.complaint[0]) return WEFT_EXIT_DONE;
        weft_term_error(outcome.complaint);
        return WEFT_EXIT_USAGE;
    }
    if (options.writes_schema) {
        weft_config_write_schema(stdout);
        return WEFT_EXIT_DONE;
    }
    if (argc - first != 1 && !(options.shows && argc == first)) {
        weft_term_error("name one file: 'weft check FILE'; 'weft check --help' tells more");
        return WEFT_EXIT_USAGE;
    }
    return check(&options, first < argc ? argv[first] : NULL);
}
