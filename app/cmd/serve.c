// cmd/serve.c: weft serve
#include "cmd/commands.h"
#include "cmd/config_report.h"
#include "cmd/serve_options.h"
#include "cmd/term.h"
#include "net/self_signed.h"
#include "process/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ERROR_SIZE = 1024, HELP_COLUMN = 28, SITES_NAMED = 8 };

static void print_option(const struct weft_args_option *option, const struct weft_term *term)
{
    char name[64];
    char letter[8] = "   ";
    if (option->letter) snprintf(letter, sizeof(letter), "-%c,", option->letter);
    snprintf(name, sizeof(name), "%s --%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    printf("  %s%s%s", term->bold, name, term->plain);
    const char *line = option->help;
    int at = (int)strlen(name) + 2;
    if (at >= HELP_COLUMN) {
        printf("\n");
        at = 0;
    }
    for (;; at = 0) {
        size_t size = strcspn(line, "\n");
        printf("%*s%.*s\n", HELP_COLUMN - at, "", (int)size, line);
        if (line[size] == 0) break;
        line += size + 1;
    }
}

static void print_limits(const struct weft_term *term)
{
    const struct weft_limit_row *row;
    printf("\n%sLimits%s, with their defaults (docs/limits.md has more on each)\n", term->bold,
           term->plain);
    for (size_t i = 0; (row = weft_limit_row_at(i)); i++) {
        char value[64];
        snprintf(value, sizeof(value), "%s=%u", row->name, row->standard);
        printf("  %-33s %s%s: %s%s\n", value, term->dim, row->unit, row->help, term->plain);
    }
}

void weft_serve_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("Serves the files of a directory over HTTP/2, and over HTTP/1.1 and 1.0 to those who "
           "speak\n"
           "no HTTP/2.\n\n%sUsage%s\n  weft serve [DIR] [OPTIONS]        DIR is the current folder "
           "where "
           "none is named\n\n%sOptions%s\n",
           term->bold, term->plain, term->bold, term->plain);
    for (const struct weft_args_option *option = weft_serve_options_table(); option->name;
         option++) {
        print_option(option, term);
    }
    printf(
        "\n%sExamples%s\n"
        "  weft serve site\n"
        "      https://localhost:8443 with a certificate of its own, and http://localhost:8080\n"
        "  weft serve /srv/www --listen 'https://*:443' --cert chain.pem --key key.pem\n"
        "      a site for everybody\n"
        "  weft serve --listing --listen http://127.0.0.1:0\n"
        "      this folder with its contents listed, on any free port\n"
        "  weft serve site --access-log - --log-format json | jq .duration_us\n"
        "      how long each answer took\n"
        "  weft serve --config /etc/weft/weft.yaml\n"
        "      all that stands in a file; 'weft check FILE' judges it first\n"
        "  weft serve site --header 'cache-control: max-age=3600' --limit idle_timeout_ms=15000\n"
        "  htpasswd -Bc staff.passwd anna && weft serve site --auth 'Staff only:staff.passwd'\n"
        "      for those who have a password\n"
        "\n%sSignals%s\n"
        "  TERM, INT   no new connections, answers in flight complete, exit 0; again: end at once\n"
        "  HUP         read the configuration, certificates and manifests anew; no connection is "
        "lost,\n"
        "              and where something is wrong all stays as it was\n"
        "  USR1        open the logs anew, after they were moved away\n"
        "  USR2        become the program that lies where this one was started from, as HUP does\n",
        term->bold, term->plain, term->bold, term->plain);
    print_limits(term);
}

static bool has_secure(const struct weft_server_config *config)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        if (config->listens[i].is_secure) return true;
    }
    return false;
}

// Finds or makes the certificate for localhost where none was named.
static bool certify(struct weft_server_config *config, struct weft_self_signed *own, char *error)
{
    own->certificate_file[0] = 0;
    if (!has_secure(config) || config->certificate_count > 0) return true;
    if (weft_self_signed_find(NULL, (int64_t)time(NULL), own, error, ERROR_SIZE) < 0) return false;
    config->certificates[0] = (struct weft_tls_certificate){own->pem_file, own->pem_file};
    config->certificate_count = 1;
    return true;
}

// A line with a URL at which something is found.
static void print_url(FILE *out, const struct weft_listen_url *url, uint16_t port, const char *path,
                      const char *what, const struct weft_term *term)
{
    char text[WEFT_LISTEN_HOST_SIZE + 32];
    const char *host = url->host;
    bool is_any = strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool is_v6 = !is_any && strchr(host, ':');
    snprintf(text, sizeof(text), "%s://%s%s%s:%u%s", url->is_secure ? "https" : "http",
             is_v6 ? "[" : "", is_any ? "localhost" : host, is_v6 ? "]" : "", port, path);
    fprintf(out, "  %s%s%s%*s  %s%s%s%s\n", term->link, text, term->plain,
            strlen(text) < 26 ? 26 - (int)strlen(text) : 0, "", term->dim, what,
            is_any ? ", on every address" : "", term->plain);
}

static const char *what_is_at(const struct weft_listen_url *url)
{
    if (url->shows_metrics) return "figures, health and state";
    return url->is_secure ? "HTTP/2, HTTP/1.1, HTTP/1.0 over TLS 1.3 and 1.2"
                          : "HTTP/1.1, HTTP/1.0, HTTP/2 by prior knowledge";
}

// Says what the manifest will do, and what it cannot.
static void announce_manifest(FILE *out, const struct weft_site_config *site,
                              const struct weft_term *term)
{
    if (!site->manifest) return;
    size_t count = site->manifest->page_count;
    fprintf(out, "  A manifest names what %zu page%s need%s: pushed, hinted and linked\n", count,
            count == 1 ? "" : "s", count == 1 ? "s" : "");
    if (weft_site_config_lets_keep(site)) return;
    fprintf(out,
            "  %sNo 103 Early Hints: files that may not be kept would be fetched twice. With\n"
            "  --header 'cache-control: max-age=600' they are sent%s\n",
            term->dim, term->plain);
}

// One site by its folder, several by their names.
static void print_sites(FILE *out, const struct weft_server_config *config,
                        const struct weft_term *term)
{
    if (config->site_count == 1) {
        char *root = realpath(config->sites[0]->root, NULL);
        fprintf(out, "%s%s%s\n", term->bold, root ? root : config->sites[0]->root, term->plain);
        free(root);
        return;
    }
    fprintf(out, "%s%zu sites%s:", term->bold, config->site_count, term->plain);
    for (size_t i = 0; i < config->site_count && i < SITES_NAMED; i++) {
        const struct weft_site_config *site = config->sites[i];
        fprintf(out, "%s %s", i > 0 ? "," : "",
                site->name_count > 0 ? site->names[0] : "(all other names)");
    }
    fprintf(out, "%s\n", config->site_count > SITES_NAMED ? ", ..." : "");
}

// Says what is served, and where, once it is.
static void announce(const struct weft_server *server, const struct weft_serve_options *options,
                     const struct weft_self_signed *own)
{
    const struct weft_server_config *config = &options->config;
    // A log that something else reads is not mixed with words for people.
    bool is_log = (config->access_log && strcmp(config->access_log, "-") == 0) ||
                  (config->qlog && strcmp(config->qlog, "-") == 0);
    FILE *out = is_log && !isatty(STDOUT_FILENO) ? stderr : stdout;
    const struct weft_term *term = weft_term_of(out);
    fprintf(out, "%sweft " WEFT_VERSION "%s serves ", term->bold, term->plain);
    print_sites(out, config, term);
    for (size_t i = 0; i < config->listen_count; i++) {
        const struct weft_listen_url *url = &config->listens[i];
        print_url(out, url, weft_server_port(server, i), url->shows_metrics ? "/metrics" : "/",
                  what_is_at(url), term);
    }
    if (own->certificate_file[0]) {
        fprintf(out,
                "  The certificate is %s: %s\n  %sTrust it: curl --cacert FILE, or import FILE "
                "into the browser as an authority%s\n",
                own->is_new ? "new and its own" : "its own", own->certificate_file, term->dim,
                term->plain);
    }
    if (options->overruled[0]) {
        fprintf(out, "  %sFrom the command line, not from %s: %s%s\n", term->dim,
                options->config_file, options->overruled, term->plain);
    }
    for (size_t i = 0; i < config->site_count; i++) {
        announce_manifest(out, config->sites[i], term);
    }
    fprintf(out, "  %s%u thread%s; Ctrl-C ends it, once answers in flight are complete%s\n",
            term->dim, config->thread_count, config->thread_count == 1 ? "" : "s", term->plain);
    fflush(out);
}

// A descriptor for each client: as many as we may.
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// Says why it cannot serve: to the supervisor where there is one, which knows what that means.
static void complain(const struct weft_work *work, const char *text)
{
    if (weft_work_is_ours(work)) {
        weft_work_tell(work, text);
    } else {
        weft_term_error(text);
    }
}

/** What it takes to serve. */
struct job {
    struct weft_work work;
    struct weft_serve_options options;
    struct weft_self_signed own;
    struct weft_run run;
};

// Opens all that is needed; NULL with one line in `error`.
static struct weft_server *open_server(struct job *job, char *error)
{
    struct weft_server_given given;
    struct weft_server_config *config = &job->options.config;
    bool is_worker = weft_work_is_ours(&job->work);
    if (!weft_server_config_is_valid(config, error, ERROR_SIZE)) return NULL;
    if (!certify(config, &job->own, error)) return NULL;
    if (is_worker && !weft_work_give(&job->work, config, &given, error, ERROR_SIZE)) return NULL;
    return weft_server_new(config, is_worker ? &given : NULL, error, ERROR_SIZE);
}

/** A manifest that is read. */
struct reading {
    const struct job *job;
    const char *file;
};

// Who hears of a manifest's faults, told with its file's name: a supervisor in one line.
static void complain_of_manifest(void *context, const struct weft_manifest_complaint *complaint)
{
    const struct reading *reading = context;
    const char *file = reading->file;
    char line[ERROR_SIZE];
    if (!weft_work_is_ours(&reading->job->work)) {
        struct weft_config_complaint told = {.file = file,
                                             .line = complaint->line,
                                             .column = complaint->column,
                                             .text = complaint->text};
        weft_config_term_listener.complain(NULL, &told);
        return;
    }
    if (complaint->line > 0) {
        snprintf(line, sizeof(line), "%s:%u:%u: %s", file, complaint->line, complaint->column,
                 complaint->text);
    } else {
        snprintf(line, sizeof(line), "%s: %s", file, complaint->text);
    }
    weft_work_tell(&reading->job->work, line);
}

// Reads a manifest, where a file is named; false where it is wrong, which was told.
static bool read_manifest(const struct job *job, const char *file,
                          const struct weft_manifest **manifest)
{
    struct reading reading = {job, file};
    struct weft_manifest_listener listener = {complain_of_manifest, &reading};
    if (!file) return true;
    *manifest = weft_manifest_read(file, &listener);
    return *manifest != NULL;
}

// Reads the manifests that are named; false where one is wrong, which was told.
static bool read_manifests(struct job *job)
{
    bool is_fine = true;
    struct weft_server_config *config = &job->options.config;
    for (size_t i = 0; i < config->site_count; i++) {
        struct weft_site_config *site = config->sites[i];
        if (!read_manifest(job, site->manifest_file, &site->manifest)) is_fine = false;
        bool is_new = site->learns && site->learned_file && access(site->learned_file, F_OK) != 0;
        if (is_new) continue; // nothing is learned yet
        if (!read_manifest(job, site->learned_file, &site->learned)) is_fine = false;
    }
    return is_fine;
}

static void free_manifests(struct weft_server_config *config)
{
    for (size_t i = 0; i < config->site_count; i++) {
        weft_manifest_free((struct weft_manifest *)config->sites[i]->manifest);
        weft_manifest_free((struct weft_manifest *)config->sites[i]->learned);
        config->sites[i]->manifest = NULL;
        config->sites[i]->learned = NULL;
    }
}

// Reads who may come in, where that is not everybody; false where a file is wrong, which was told.
static bool read_passwords(struct job *job)
{
    char text[ERROR_SIZE];
    bool is_fine = true;
    struct weft_server_config *config = &job->options.config;
    for (size_t i = 0; i < config->site_count; i++) {
        struct weft_site_config *site = config->sites[i];
        if (!site->auth.file) continue;
        struct weft_passwords *passwords = weft_passwords_read(site->auth.file, text, sizeof(text));
        const char *wrong = passwords ? weft_site_config_protect(config, site, passwords) : text;
        if (passwords && wrong) weft_passwords_free(passwords);
        if (wrong) complain(&job->work, wrong);
        is_fine = is_fine && !wrong;
    }
    return is_fine;
}

static void free_passwords(struct weft_server_config *config)
{
    for (size_t i = 0; i < config->site_count; i++) {
        weft_passwords_free((struct weft_passwords *)config->sites[i]->auth.passwords);
        config->sites[i]->auth.passwords = NULL;
    }
}

// Is it the first to serve? Those that follow it say nothing that is known by then.
static bool announces(const struct job *job)
{
    return !weft_work_is_ours(&job->work) || job->work.start.announces;
}

static void say_nothing(const char *line)
{
    (void)line;
}

// What is open stays so; all that the threads do from here on is within the walls.
static bool confine(const struct job *job, char *error)
{
    struct weft_reaches reaches;
    const struct weft_server_config *config = &job->options.config;
    if (!weft_reaches_of_server(config, &reaches)) {
        snprintf(error, ERROR_SIZE, "no memory");
        return false;
    }
    struct weft_confine walls = {.user = config->user,
                                 .sandbox = config->sandbox,
                                 .reaches = &reaches,
                                 .tell = announces(job) ? weft_term_error : say_nothing};
    bool is_confined = weft_confine(&walls, error, ERROR_SIZE);
    weft_reaches_deinit(&reaches);
    return is_confined;
}

// Starts the threads, within the walls, and says so.
static bool start(struct job *job, struct weft_server *server, char *error)
{
    const struct weft_serve_options *options = &job->options;
    weft_tell_expiry(&options->config);
    weft_tell_clear_passwords(&options->config);
    if (!confine(job, error)) return false;
    int result = weft_server_start(server);
    if (result < 0) {
        snprintf(error, ERROR_SIZE, "cannot start threads: %s", strerror(-result));
        return false;
    }
    if (weft_work_is_ours(&job->work)) weft_work_is_ready(&job->work);
    if (announces(job)) announce(server, options, &job->own);
    return true;
}

// Serves until it is told to end; returns the exit code.
static int serve(struct job *job)
{
    char error[ERROR_SIZE] = "cannot take signals";
    int code = WEFT_EXIT_FAILED;
    raise_descriptor_limit();
    bool takes_signals = weft_run_begin(&job->run) == 0;
    struct weft_server *server = takes_signals ? open_server(job, error) : NULL;
    if (server && start(job, server, error)) {
        job->run.server = server;
        job->run.channel = job->work.channel;
        job->run.drain_ms = job->options.config.drain_timeout_ms;
        if (weft_run_wait(&job->run)) code = WEFT_EXIT_DONE;
    } else {
        complain(&job->work, error);
    }
    weft_server_free(server);
    weft_run_end(&job->run);
    return code;
}

// Serves as the options say.
static int serve_options(struct job *job)
{
    struct weft_serve_options *options = &job->options;
    if (!options->has_log_word && isatty(STDOUT_FILENO)) options->config.access_log = "-";
    int code = WEFT_EXIT_FAILED;
    if (read_passwords(job) && read_manifests(job)) code = serve(job);
    free_manifests(&options->config);
    free_passwords(&options->config);
    return code;
}

/** A command line. */
struct command {
    int argc;
    char **argv; // argv[0] is the program's name
};

// What the supervisor has to know.
static int read_plan(void *context, struct weft_supervise_plan *plan, char *error,
                     size_t error_size)
{
    const struct command *command = context;
    struct weft_serve_options options;
    struct weft_args_outcome outcome;
    int code = WEFT_EXIT_DONE;
    bool is_read =
        weft_serve_options_read(command->argc - 1, command->argv + 1, &options, &outcome);
    if (is_read) {
        const struct weft_server_config *config = &options.config;
        memcpy(plan->listens, config->listens, sizeof(plan->listens));
        plan->listen_count = config->listen_count;
        plan->thread_count = config->thread_count;
        plan->drain_timeout_ms = config->drain_timeout_ms;
    } else if (options.config_is_wrong) {
        snprintf(error, error_size, "%s is wrong", options.config_file);
        code = WEFT_EXIT_FAILED;
    } else {
        snprintf(error, error_size, "%s", outcome.complaint);
        code = WEFT_EXIT_USAGE;
    }
    weft_serve_options_deinit(&options);
    return code;
}

// Has workers serve, with the same command line; returns the exit code.
static int supervise(int argc, char **argv)
{
    struct command command = {.argc = argc + 1};
    command.argv = calloc((size_t)argc + 2, sizeof(*command.argv));
    if (!command.argv) {
        weft_term_error("no memory");
        return WEFT_EXIT_FAILED;
    }
    command.argv[0] = program_invocation_name;
    memcpy(command.argv + 1, argv, (size_t)argc * sizeof(*argv));
    struct weft_supervise_config config = {
        .command = command.argv, .read = read_plan, .tell = weft_term_error, .context = &command};
    int code = weft_supervise(&config);
    free(command.argv);
    return code;
}

static int act(struct job *job, int argc, char **argv)
{
    struct weft_args_outcome outcome;
    if (weft_serve_options_read(argc, argv, &job->options, &outcome)) {
        bool serves_itself = weft_work_is_ours(&job->work) || job->options.is_single_process;
        return serves_itself ? serve_options(job) : supervise(argc, argv);
    }
    if (outcome.wants_help) {
        weft_serve_help();
    } else if (outcome.wants_version) {
        printf("weft " WEFT_VERSION "\n");
    } else if (job->options.config_is_wrong) {
        return WEFT_EXIT_FAILED;
    } else {
        complain(&job->work, outcome.complaint);
        return WEFT_EXIT_USAGE;
    }
    return WEFT_EXIT_DONE;
}

int weft_serve(int argc, char **argv)
{
    static struct job job; // large
    int result = weft_work_begin(&job.work);
    if (result < 0) {
        weft_term_error("this worker cannot understand its supervisor");
        weft_work_end(&job.work);
        return WEFT_EXIT_FAILED;
    }
    int code = act(&job, argc, argv);
    weft_serve_options_deinit(&job.options);
    weft_work_end(&job.work);
    return code;
}
