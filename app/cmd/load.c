// cmd/load.c: weft load
#include "load/load.h"
#include "cmd/commands.h"
#include "cmd/get_input.h"
#include "cmd/human.h"
#include "cmd/load_show.h"
#include "cmd/term.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_SIZE = 1024, FILES_MOST = 2 };

struct load {
    struct weft_load_options options;
    struct weft_load_plan plan;
    struct weft_address addresses[WEFT_LOAD_ADDRESSES_MOST];
    uint8_t *memory[FILES_MOST]; // of files that were read
    struct weft_load_progress before;
};

static atomic_bool is_stopped;

static void stop(int signal)
{
    (void)signal;
    atomic_store(&is_stopped, true);
}

__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text, sizeof(text), format, values); // NOLINT: it was started a line before
    va_end(values);
    weft_term_error(text);
    return WEFT_EXIT_USAGE;
}

// What is asked

static int read_file(struct load *load, size_t index, const char *name, struct weft_span *content)
{
    const char *wrong = weft_get_read_file(name, false, &load->memory[index], content);
    return wrong ? fail("%s: %s", name, wrong) : WEFT_EXIT_DONE;
}

static bool add_urls(struct weft_load_plan *plan, char **urls)
{
    for (; *urls; urls++) {
        if (!weft_load_plan_add(plan, weft_span_of(*urls))) return false;
    }
    return true;
}

// URLs of the command line come first, so that a list may hold paths alone.
static int read_plan(struct load *load, char **urls)
{
    const struct weft_load_options *options = &load->options;
    struct weft_load_plan *plan = &load->plan;
    const char *name = options->script_file ? options->script_file : options->list_file;
    struct weft_span text;
    if (options->script_file && *urls) return fail("%s: with --script, URLs stand in it", *urls);
    if (!name && !*urls) return fail("a URL is missing: 'weft load --help' has examples");
    if (!add_urls(plan, urls)) return fail("%s", plan->error);
    if (!name) return WEFT_EXIT_DONE;
    int code = read_file(load, 0, name, &text);
    if (code != WEFT_EXIT_DONE) return code;
    bool is_read = options->script_file ? weft_load_plan_read_script(plan, name, text)
                                        : weft_load_plan_add_list(plan, name, text);
    return is_read ? WEFT_EXIT_DONE : fail("%s", plan->error);
}

static void add_agent(struct weft_field_options *sent)
{
    bool has_one = weft_http_field_find(sent->fields, sent->count, WEFT_HTTP_FIELD_USER_AGENT);
    if (has_one || sent->count == WEFT_FIELD_OPTIONS_MOST) return;
    sent->fields[sent->count++] = WEFT_HTTP_FIELD(USER_AGENT, WEFT_SPAN("weft-load/" WEFT_VERSION));
}

static int prepare_plan(struct load *load)
{
    struct weft_load_options *options = &load->options;
    struct weft_load_manner manner = {.method = WEFT_HTTP_GET};
    if (options->data_file) {
        manner.method = WEFT_HTTP_POST;
        manner.has_content = true;
        int code = read_file(load, 1, options->data_file, &manner.content);
        if (code != WEFT_EXIT_DONE) return code;
    }
    if (options->method) {
        manner.method_text = weft_span_of(options->method);
        manner.method = weft_http_method_lookup(manner.method_text);
        if (manner.method == WEFT_HTTP_NO_METHOD || manner.method == WEFT_HTTP_CONNECT) {
            return fail("-X '%s': that is no method to ask with", options->method);
        }
    }
    add_agent(&options->sent);
    manner.authority = options->sent.authority;
    manner.fields = options->sent.fields;
    manner.field_count = options->sent.count;
    if (!weft_load_plan_prepare(&load->plan, &manner)) return fail("%s", load->plan.error);
    return WEFT_EXIT_DONE;
}

// Who is asked

// "HOST:PORT" or "[v6]:PORT"
static bool read_place(const char *text, char *host, size_t host_size, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    uint64_t number;
    if (!colon || colon == text || !weft_args_number(colon + 1, 1, UINT16_MAX, &number)) {
        return false;
    }
    size_t size = (size_t)(colon - text);
    bool has_brackets = text[0] == '[' && text[size - 1] == ']';
    if (has_brackets) {
        text++;
        size -= 2;
    }
    if (size == 0 || size >= host_size) return false;
    memcpy(host, text, size);
    host[size] = '\0';
    *port = (uint16_t)number;
    return true;
}

static int find_addresses(struct load *load)
{
    struct weft_load_options *options = &load->options;
    const struct weft_url *origin = &load->plan.origin;
    char error[TEXT_SIZE];
    char host[WEFT_URL_HOST_SIZE];
    uint16_t port = origin->port;
    memcpy(host, origin->host, sizeof(host));
    if (options->connect_to && !read_place(options->connect_to, host, sizeof(host), &port)) {
        return fail("--connect-to '%s': HOST:PORT was expected", options->connect_to);
    }
    int count = weft_address_resolve(host, port, load->addresses, WEFT_LOAD_ADDRESSES_MOST, error,
                                     sizeof(error));
    if (count <= 0) {
        weft_term_error(error);
        return WEFT_EXIT_FAILED;
    }
    for (int i = 0; i < count && !options->owns_host; i++) {
        char text[64];
        if (weft_address_is_loopback(&load->addresses[i])) continue;
        weft_address_text(&load->addresses[i], false, text, sizeof(text));
        return fail("%s is %s, which is not this machine's loopback: load may only be put on what "
                    "is yours. Say --i-own-this-host where it is",
                    host, text);
    }
    options->config.addresses = load->addresses;
    options->config.address_count = (size_t)count;
    return WEFT_EXIT_DONE;
}

// While it runs

static void show_progress(void *context, const struct weft_load_progress *progress)
{
    struct load *load = context;
    const struct weft_load_progress *before = &load->before;
    double seconds = (double)(progress->elapsed_us - before->elapsed_us) / 1e6;
    double rate = seconds > 0 ? (double)(progress->finished - before->finished) / seconds : 0;
    if (progress->is_connecting) {
        fprintf(stderr, "\r  connecting\033[K");
    } else {
        fprintf(stderr, "\r  %s%s  %s finished  %s/s  %s failed",
                weft_human_time((double)progress->elapsed_us).text,
                progress->is_warming_up ? " (warming up)" : "",
                weft_human_count(progress->finished).text, weft_human_rate(rate).text,
                weft_human_count(progress->failed).text);
        if (progress->waiting > 0) {
            fprintf(stderr, "  %s waiting", weft_human_count(progress->waiting).text);
        }
        fputs("\033[K", stderr);
    }
    load->before = *progress;
}

// What came of it

static bool write_file(const struct load *load, const struct weft_load_result *result,
                       const char *name,
                       void (*show)(const struct weft_load_options *options,
                                    const struct weft_load_result *result, FILE *out))
{
    bool is_standard = strcmp(name, "-") == 0;
    FILE *out = is_standard ? stdout : fopen(name, "wbe");
    if (out) {
        show(&load->options, result, out);
        bool is_written = fflush(out) == 0 && !ferror(out);
        if (is_standard ? is_written : fclose(out) == 0 && is_written) return true;
    }
    fail("%s: %s", name, strerror(errno));
    return false;
}

static bool takes_output(const char *name)
{
    return name && strcmp(name, "-") == 0;
}

// A count of requests is either asked to its end, or cut short by whoever runs it.
static bool went_well(const struct load *load, const struct weft_load_result *result)
{
    const struct weft_ledger *ledger = &result->ledger;
    bool is_given_up =
        load->options.config.duration_us == 0 && !result->was_stopped && ledger->unfinished > 0;
    return weft_ledger_adds_up(ledger) && ledger->finished > 0 && weft_ledger_failed(ledger) == 0 &&
           !is_given_up;
}

static int show(const struct load *load, const struct weft_load_result *result)
{
    const struct weft_load_options *options = &load->options;
    bool is_fine = went_well(load, result);
    if (!takes_output(options->json_file) && !takes_output(options->csv_file)) {
        weft_load_show_report(options, result, stdout);
        weft_load_show_charts(options, result, stdout);
    }
    if (options->json_file) {
        is_fine = write_file(load, result, options->json_file, weft_load_show_json) && is_fine;
    }
    if (options->csv_file) {
        is_fine = write_file(load, result, options->csv_file, weft_load_show_csv) && is_fine;
    }
    return is_fine ? WEFT_EXIT_DONE : WEFT_EXIT_FAILED;
}

static int run(struct load *load)
{
    struct weft_load_config *config = &load->options.config;
    struct weft_load_result result;
    char error[WEFT_LOAD_ERROR_SIZE];
    config->plan = &load->plan;
    config->is_stopped = &is_stopped;
    bool has_progress = !load->options.is_quiet && isatty(STDERR_FILENO);
    if (has_progress) {
        config->progress = show_progress;
        config->progress_context = load;
    }
    // A second signal ends the program.
    struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    bool is_done = weft_load_run(config, &result, error, sizeof(error));
    if (has_progress) fputs("\r\033[K", stderr);
    if (!is_done) {
        weft_term_error(error);
        return WEFT_EXIT_FAILED;
    }
    int code = show(load, &result);
    weft_load_result_deinit(&result);
    return code;
}

static int prepare(struct load *load, char **urls)
{
    const char *wrong = weft_load_options_settle(&load->options);
    if (wrong) return fail("%s", wrong);
    int code = read_plan(load, urls);
    if (code == WEFT_EXIT_DONE) code = prepare_plan(load);
    struct weft_load_config *config = &load->options.config;
    if (load->options.clear_is_h1 && !load->plan.origin.is_secure) config->version = WEFT_LOAD_H1;
    if (code == WEFT_EXIT_DONE) code = find_addresses(load);
    return code;
}

int weft_load(int argc, char **argv)
{
    static struct load load;
    struct weft_args_outcome outcome;
    int first;
    weft_load_options_init(&load.options);
    if (!weft_args_read(argc, argv, weft_load_options_table(), &load.options, &first, &outcome)) {
        if (!outcome.wants_help) return fail("%s", outcome.complaint);
        weft_load_help();
        return WEFT_EXIT_DONE;
    }
    weft_load_plan_init(&load.plan);
    int code = prepare(&load, argv + first);
    if (code == WEFT_EXIT_DONE) code = run(&load);
    weft_load_plan_deinit(&load.plan);
    for (size_t i = 0; i < FILES_MOST; i++) {
        free(load.memory[i]);
    }
    return code;
}
