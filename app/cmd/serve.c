// cmd/serve.c: weft serve
#include "cmd/commands.h"
#include "cmd/config_report.h"
#include "cmd/serve_options.h"
#include "cmd/term.h"
#include "net/self_signed.h"
#include "process/process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
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
        "\n%sSignals%s\n"
        "  TERM, INT   no new connections, answers in flight complete, exit 0; again: end at once\n"
        "  USR1        open the access log anew, after it was moved away\n",
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

static void print_url(FILE *out, const struct weft_listen_url *url, uint16_t port,
                      const struct weft_term *term)
{
    char text[WEFT_LISTEN_HOST_SIZE + 32];
    const char *host = url->host;
    bool is_any = strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool is_v6 = !is_any && strchr(host, ':');
    snprintf(text, sizeof(text), "%s://%s%s%s:%u/", url->is_secure ? "https" : "http",
             is_v6 ? "[" : "", is_any ? "localhost" : host, is_v6 ? "]" : "", port);
    fprintf(out, "  %s%s%s%*s  %s%s%s%s\n", term->link, text, term->plain,
            strlen(text) < 26 ? 26 - (int)strlen(text) : 0, "", term->dim,
            url->is_secure ? "HTTP/2, HTTP/1.1, HTTP/1.0 over TLS 1.3 and 1.2"
                           : "HTTP/1.1, HTTP/1.0, HTTP/2 by prior knowledge",
            is_any ? ", on every address" : "", term->plain);
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
    bool is_log = config->access_log && strcmp(config->access_log, "-") == 0;
    FILE *out = is_log && !isatty(STDOUT_FILENO) ? stderr : stdout;
    const struct weft_term *term = weft_term_of(out);
    fprintf(out, "%sweft " WEFT_VERSION "%s serves ", term->bold, term->plain);
    print_sites(out, config, term);
    for (size_t i = 0; i < config->listen_count; i++) {
        print_url(out, &config->listens[i], weft_server_port(server, i), term);
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

// Signals come as bytes of a descriptor; threads started later do not see them. SIGPIPE is never of use,
// nor is SIGXFSZ: a log that may not grow is an error of its write, and no reason to stop serving.
static int take_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct waiting {
    struct weft_server *server;
    int signal_fd;
    bool is_draining;
    bool is_over;
    int64_t deadline_ms; // of the drain
    uint32_t drain_ms;
};

static void act_on_signal(struct waiting *waiting, uint32_t number)
{
    if (number == SIGUSR1) {
        weft_server_reopen_logs(waiting->server);
    } else if (waiting->is_draining) {
        waiting->is_over = true; // the second word
    } else {
        waiting->is_draining = true;
        waiting->deadline_ms = now_ms() + waiting->drain_ms;
        weft_server_drain(waiting->server);
    }
}

// Until the threads have ended; returns the exit code.
static int wait_for_end(struct waiting *waiting)
{
    struct pollfd fds[] = {{.fd = waiting->signal_fd, .events = POLLIN},
                           {.fd = weft_server_ended_fd(waiting->server), .events = POLLIN}};
    while (!waiting->is_over) {
        int64_t left_ms = waiting->is_draining ? waiting->deadline_ms - now_ms() : -1;
        if (waiting->is_draining && left_ms <= 0) break;
        int timeout_ms = left_ms > INT_MAX ? INT_MAX : (int)left_ms;
        if (poll(fds, 2, timeout_ms) < 0 && errno != EINTR) return WEFT_EXIT_FAILED;
        struct signalfd_siginfo info;
        while (read(waiting->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
            act_on_signal(waiting, info.ssi_signo);
        }
        if (fds[1].revents & POLLIN) break;
    }
    // Threads that ended without being asked have failed.
    return waiting->is_draining ? WEFT_EXIT_DONE : WEFT_EXIT_FAILED;
}

// A descriptor for each client: as many as we may.
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// Who hears of a manifest's faults, told with its file's name.
static void complain_of_manifest(void *context, const struct weft_manifest_complaint *complaint)
{
    const struct weft_site_config *site = context;
    weft_config_term_listener.complain(NULL,
                                       &(struct weft_config_complaint){.file = site->manifest_file,
                                                                       .line = complaint->line,
                                                                       .column = complaint->column,
                                                                       .text = complaint->text});
}

// Reads the manifests that are named; false where one is wrong, which was told.
static bool read_manifests(struct weft_server_config *config)
{
    bool is_fine = true;
    for (size_t i = 0; i < config->site_count; i++) {
        struct weft_site_config *site = config->sites[i];
        struct weft_manifest_listener listener = {complain_of_manifest, site};
        if (!site->manifest_file) continue;
        site->manifest = weft_manifest_read(site->manifest_file, &listener);
        is_fine = is_fine && site->manifest;
    }
    return is_fine;
}

static void free_manifests(struct weft_server_config *config)
{
    for (size_t i = 0; i < config->site_count; i++) {
        weft_manifest_free((struct weft_manifest *)config->sites[i]->manifest);
        config->sites[i]->manifest = NULL;
    }
}

// What is open stays so; all that the threads do from here on is within the walls.
static bool confine(const struct weft_serve_options *options, char *error)
{
    struct weft_reaches reaches;
    if (!weft_reaches_of_server(&options->config, &reaches)) {
        snprintf(error, ERROR_SIZE, "no memory");
        return false;
    }
    struct weft_confine walls = {.user = options->config.user,
                                 .sandbox = options->config.sandbox,
                                 .reaches = &reaches,
                                 .tell = weft_term_error};
    bool is_confined = weft_confine(&walls, error, ERROR_SIZE);
    weft_reaches_deinit(&reaches);
    return is_confined;
}

static int serve(struct weft_serve_options *options)
{
    struct weft_server_config *config = &options->config;
    static struct weft_self_signed own; // large
    char error[ERROR_SIZE] = "";
    int code = WEFT_EXIT_FAILED;
    raise_descriptor_limit();
    int signal_fd = take_signals();
    if (signal_fd < 0) {
        weft_term_error("cannot take signals");
        return code;
    }
    struct weft_server *server = NULL;
    if (weft_server_config_is_valid(config, error, sizeof(error)) && certify(config, &own, error)) {
        server = weft_server_new(config, error, sizeof(error));
    }
    bool is_unjudged = !options->config_file || options->has_certificates;
    if (server && is_unjudged) weft_tell_expiry(config);
    bool is_confined = server && confine(options, error);
    int result = is_confined ? weft_server_start(server) : 0;
    if (result < 0) snprintf(error, sizeof(error), "cannot start threads: %s", strerror(-result));
    if (is_confined && result == 0) {
        announce(server, options, &own);
        struct waiting waiting = {
            .server = server, .signal_fd = signal_fd, .drain_ms = config->drain_timeout_ms};
        code = wait_for_end(&waiting);
    } else {
        weft_term_error(error);
    }
    weft_server_free(server);
    close(signal_fd);
    return code;
}

// Serves as the options say.
static int serve_options(struct weft_serve_options *options)
{
    if (!options->has_log_word && isatty(STDOUT_FILENO)) options->config.access_log = "-";
    int code = WEFT_EXIT_FAILED;
    if (read_manifests(&options->config)) code = serve(options);
    free_manifests(&options->config);
    return code;
}

int weft_serve(int argc, char **argv)
{
    struct weft_serve_options options;
    struct weft_args_outcome outcome;
    int code = WEFT_EXIT_DONE;
    if (weft_serve_options_read(argc, argv, &options, &outcome)) {
        code = serve_options(&options);
    } else if (outcome.wants_help) {
        weft_serve_help();
    } else if (outcome.wants_version) {
        printf("weft " WEFT_VERSION "\n");
    } else if (options.config_is_wrong) {
        code = WEFT_EXIT_FAILED;
    } else {
        weft_term_error(outcome.complaint);
        code = WEFT_EXIT_USAGE;
    }
    weft_serve_options_deinit(&options);
    return code;
}
