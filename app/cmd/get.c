// cmd/get.c: weft get
#include "client/client.h"
#include "cmd/commands.h"
#include "cmd/get_input.h"
#include "cmd/get_job.h"
#include "cmd/get_page.h"
#include "cmd/get_qlog.h"
#include "cmd/get_reports.h"
#include "cmd/term.h"
#include "net/memory.h"

#include <errno.h>
#include <stdlib.h>

enum {
    TEXT_SIZE = 1024,
    URLS_MOST = 1000,
    MEMORY_MOST = 64 << 20,
    EXIT_STATUS = 22,    // as curl's -f
    GOODBYE_US = 100000, // for the last frames
};

// Input

static bool take_content(struct weft_get_run *run)
{
    const struct weft_get_options *options = &run->options;
    if (!options->data) return true;
    if (options->data[0] != '@') {
        run->content = weft_span_of(options->data);
        return true;
    }
    const char *name = options->data + 1;
    const char *wrong =
        weft_get_read_file(name, !options->data_is_binary, &run->content_memory, &run->content);
    if (wrong) weft_get_complain(run, name, wrong);
    return !wrong;
}

static bool has_field(const struct weft_get_options *options, enum weft_http_field_name id)
{
    return weft_http_field_find(options->sent.fields, options->sent.count, id) != NULL;
}

static void add_default(struct weft_get_options *options, struct weft_http_field field)
{
    if (has_field(options, field.id) || options->sent.count == WEFT_FIELD_OPTIONS_MOST) return;
    options->sent.fields[options->sent.count++] = field;
}

// false without memory
static bool add_defaults(struct weft_get_run *run)
{
    struct weft_get_options *options = &run->options;
    add_default(options, WEFT_HTTP_FIELD(USER_AGENT, WEFT_SPAN("weft/" WEFT_VERSION)));
    add_default(options, WEFT_HTTP_FIELD(ACCEPT, WEFT_SPAN("*/*")));
    if (options->data) {
        add_default(options,
                    WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("application/x-www-form-urlencoded")));
    }
    if (!options->user) return true;
    struct weft_http_field field = WEFT_HTTP_FIELD(
        AUTHORIZATION, weft_get_basic(&run->arena, weft_span_of(options->user))); // RFC 7617 §2
    field.hint = WEFT_HTTP_FIELD_SECRET;
    if (!field.value.data) return false;
    add_default(options, field);
    return true;
}

// curl's habit: what has no scheme is http
static const char *parse(struct weft_get_run *run, const char *given, struct weft_url *url)
{
    struct weft_span text = weft_span_of(given);
    if (!strstr(given, "://")) {
        static const char scheme[] = "http://";
        uint8_t *room = weft_arena_take(&run->arena, sizeof(scheme) + text.size);
        if (!room) return "no memory";
        memcpy(room, scheme, sizeof(scheme) - 1);
        memcpy(room + sizeof(scheme) - 1, text.data, text.size);
        text = (struct weft_span){room, sizeof(scheme) - 1 + text.size};
    }
    const char *wrong = weft_url_parse(text, &run->arena, url);
    if (!wrong && run->options.client.version == WEFT_CLIENT_2 && !url->is_secure) {
        return "HTTP/2 in clear text takes --http2-prior-knowledge";
    }
    return wrong;
}

static bool has_ways(struct weft_get_run *run)
{
    const struct weft_get_options *options = &run->options;
    for (size_t i = 0; i < options->way_count; i++) {
        const struct weft_get_way *way = &options->ways[i];
        if (weft_client_route(run->client, way->host, way->port, way->to_host, way->to_port)) {
            return false;
        }
    }
    return true;
}

// Says goodbye and lets that leave.
static void say_goodbye(struct weft_get_run *run, struct weft_loop *loop)
{
    uint64_t end_us = weft_loop_now_us(loop) + GOODBYE_US;
    weft_client_say_goodbye(run->client);
    while (weft_client_connection_count(run->client) > 0 && weft_loop_now_us(loop) < end_us) {
        if (weft_loop_turn(loop, end_us - weft_loop_now_us(loop)) < 0) return;
    }
}

static bool start_watching(struct weft_get_run *run)
{
    struct weft_get_watch *watch = &run->watch;
    if (run->options.is_verbose) watch->out = stderr;
    if (weft_get_reports_want_record(&run->options)) watch->record = &run->record;
    if (run->options.shows_stats) watch->fields = &run->fields;
    if (!run->options.qlog) return true;
    watch->qlog = fopen(run->options.qlog, "wbe");
    if (!watch->qlog) weft_get_complain(run, run->options.qlog, strerror(errno));
    return watch->qlog != NULL;
}

// What is needed before the first request, and takes time that is not the network's; then the clock begins.
static bool prepare(struct weft_get_run *run, struct weft_loop *loop)
{
    char error[TEXT_SIZE];
    bool is_secure = false;
    for (size_t i = 0; i < run->job_count; i++) {
        is_secure = is_secure || run->jobs[i]->url.is_secure;
    }
    if (is_secure && !weft_client_prepare(run->client, error, sizeof(error))) {
        weft_get_complain(run, "TLS", error);
        return false;
    }
    if (weft_loop_turn(loop, 0) < 0) return false;
    run->watch.start_us = weft_loop_now_us(loop);
    weft_get_record_init(&run->record, run->watch.start_us);
    if (run->watch.qlog) weft_get_qlog_start(run->watch.qlog, run->record.start_wall_us);
    return true;
}

static bool stop_watching(struct weft_get_run *run)
{
    bool is_fine = !run->watch.record || weft_get_reports_write(&run->options, &run->record);
    if (run->watch.qlog && fclose(run->watch.qlog) != 0) {
        weft_get_complain(run, run->options.qlog, strerror(errno));
        is_fine = false;
    }
    weft_get_record_deinit(&run->record);
    return is_fine;
}

static bool send_asked(struct weft_get_job *job)
{
    if (job->run->options.takes_page) return weft_get_page_send(job);
    return weft_get_job_send(job, NULL, 0, WEFT_HTTP_DEFAULT_URGENCY);
}

static int run_all(struct weft_get_run *run)
{
    int code = WEFT_EXIT_FAILED;
    struct weft_loop *loop = weft_loop_new();
    run->options.client.loop = loop;
    run->options.client.alloc = weft_heap_alloc();
    if (!loop || !start_watching(run)) goto done;
    run->options.client.observer = weft_get_watch_observer(&run->watch);
    run->client = weft_client_new(&run->options.client);
    if (!run->client || !has_ways(run)) {
        weft_get_complain(run, "cannot start",
                          "no memory, or the resolver's configuration cannot be read");
        goto done;
    }
    if (!prepare(run, loop)) goto done;
    for (size_t i = 0; i < run->asked_count; i++) {
        struct weft_get_job *job = run->jobs[i];
        if (!weft_get_job_open(job) || !send_asked(job)) {
            job->is_done = true;
            run->has_failed = true;
        }
    }
    weft_get_take_turns(run);
    while (run->open_count > 0 && weft_loop_turn(loop, UINT64_MAX) >= 0) {
    }
    say_goodbye(run, loop);
    (void)fflush(stdout);
    weft_get_page_report(run);
    code = run->has_failed ? WEFT_EXIT_FAILED : WEFT_EXIT_DONE;
    if (code == 0 && run->options.fails_on_status && run->has_bad_status) code = EXIT_STATUS;
done:
    weft_client_free(run->client);
    if (!stop_watching(run)) code = WEFT_EXIT_FAILED;
    (void)fflush(stdout);
    if (run->options.shows_stats) weft_get_watch_stats(&run->watch, stderr);
    weft_loop_free(loop);
    return code;
}

static int wrong_usage(const char *text)
{
    weft_term_error(text);
    return WEFT_EXIT_USAGE;
}

// Makes the jobs; 0 or an exit code.
static int plan(struct weft_get_run *run, char **urls, size_t count)
{
    char text[TEXT_SIZE];
    for (size_t i = 0; i < count; i++) {
        struct weft_url url;
        const char *wrong = parse(run, urls[i], &url);
        if (wrong) {
            snprintf(text, sizeof(text), "'%s': %s", urls[i], wrong);
            return wrong_usage(text);
        }
        if (!weft_get_job_add(run, urls[i], &url, WEFT_GET_ASKED)) return wrong_usage("no memory");
    }
    run->asked_count = count;
    if (!take_content(run)) return WEFT_EXIT_FAILED;
    return add_defaults(run) ? 0 : wrong_usage("no memory");
}

// What options go together; NULL where all is well.
static const char *judge(struct weft_get_options *options, size_t count)
{
    struct weft_client_limits *limits = &options->client.limits;
    if (options->takes_page) options->decodes = true; // as a browser does
    if (limits->pipeline_depth > 1 && limits->connections == 0) limits->connections = 1;
    if (count == 0 || count > URLS_MOST) {
        return "expected 1 to 1000 URLs: 'weft get https://localhost:8443/'";
    }
    if (options->output && count > 1) return "-o takes one URL; for several there is -O";
    if (options->takes_page && (options->asks_head || options->data || options->method)) {
        return "--page asks with GET: it goes with none of -I, -d and -X";
    }
    return NULL;
}

static int get_all(struct weft_get_run *run, char **urls, size_t count)
{
    const char *wrong = judge(&run->options, count);
    if (wrong) return wrong_usage(wrong);
    int code = plan(run, urls, count);
    if (code == 0) code = run_all(run);
    if (!weft_get_jobs_close(run)) code = WEFT_EXIT_FAILED;
    return fflush(stdout) == 0 ? code : WEFT_EXIT_FAILED;
}

int weft_get(int argc, char **argv)
{
    struct weft_args_outcome outcome;
    int first = 0;
    int code = WEFT_EXIT_USAGE;
    struct weft_get_run *run = calloc(1, sizeof(*run));
    if (!run) return wrong_usage("no memory");
    weft_arena_init(&run->arena, weft_heap_alloc(), MEMORY_MOST);
    weft_get_options_init(&run->options);
    if (!weft_args_read(argc, argv, weft_get_options_table(), &run->options, &first, &outcome)) {
        if (outcome.wants_help) {
            weft_get_help();
            code = WEFT_EXIT_DONE;
        } else {
            weft_term_error(outcome.complaint);
        }
        goto done;
    }
    code = get_all(run, argv + first, (size_t)(argc - first));
done:
    (void)weft_get_jobs_close(run);
    free(run->content_memory);
    weft_arena_deinit(&run->arena);
    free(run);
    return code;
}
