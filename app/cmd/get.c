// cmd/get.c: weft get
#include "client/client.h"
#include "cmd/commands.h"
#include "cmd/get_input.h"
#include "cmd/get_options.h"
#include "cmd/get_qlog.h"
#include "cmd/get_reports.h"
#include "cmd/get_watch.h"
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

// One URL of the command line.
struct job {
    struct get *get;
    const char *text;
    struct weft_url url;
    FILE *out;       // a file, or the place where it waits for its turn
    bool owns_out;   // to be closed
    bool is_waiting; // `out` is to be copied to standard output
    bool is_done;
};

struct get {
    struct weft_get_options options;
    struct weft_client *client;
    struct weft_arena arena;
    struct job *jobs;
    size_t job_count;
    size_t turn; // the job that writes to standard output now
    size_t open_count;
    struct weft_span content;
    uint8_t *content_memory;
    bool has_failed;
    bool has_bad_status;
    bool is_stuck; // the output cannot be written to
    struct weft_get_watch watch;
    struct weft_get_record record; // where watch.record is set
};

static void complain(const struct get *get, const char *what, const char *reason)
{
    char text[TEXT_SIZE];
    if (get->options.is_silent) return;
    snprintf(text, sizeof(text), "%s: %s", what, reason);
    weft_term_error(text);
}

// Output: answers come in any order, and are written in that of their URLs

static bool write_out(struct job *job, struct weft_span bytes)
{
    struct get *get = job->get;
    bool is_shown = job->owns_out || !weft_get_reports_take_output(&get->options);
    if (bytes.size == 0 || !is_shown) return true;
    if (!job->out) { // not its turn
        job->out = tmpfile();
        job->owns_out = job->is_waiting = true;
    }
    if (job->out && fwrite(bytes.data, 1, bytes.size, job->out) == bytes.size) return true;
    if (!get->is_stuck) complain(get, "cannot write the content", strerror(errno));
    get->is_stuck = get->has_failed = true;
    return false;
}

static void write_text(struct job *job, const char *text)
{
    (void)write_out(job, weft_span_of(text));
}

static void copy_waiting(struct job *job)
{
    char bytes[16384];
    size_t size;
    FILE *from = job->out;
    rewind(from);
    while ((size = fread(bytes, 1, sizeof(bytes), from)) > 0) {
        if (fwrite(bytes, 1, size, stdout) < size) job->get->is_stuck = job->get->has_failed = true;
    }
    fclose(from);
    job->is_waiting = job->owns_out = false;
    job->out = stdout;
}

// Lets the next one write, once those before it are done.
static void take_turns(struct get *get)
{
    for (; get->turn < get->job_count; get->turn++) {
        struct job *job = &get->jobs[get->turn];
        if (job->is_waiting) copy_waiting(job);
        if (!job->out) job->out = stdout;
        if (!job->is_done) break;
    }
    (void)fflush(stdout);
}

static void write_head(struct job *job, const struct weft_exchange_report *report,
                       const struct weft_http_head *head)
{
    char line[64];
    unsigned version = head->version ? head->version : report->version;
    if (version == WEFT_HTTP_2) {
        snprintf(line, sizeof(line), "HTTP/2 %u\r\n", head->status);
    } else {
        snprintf(line, sizeof(line), "HTTP/%u.%u %u\r\n", version / 10, version % 10, head->status);
    }
    write_text(job, line);
    for (size_t i = 0; i < head->field_count; i++) {
        (void)write_out(job, head->fields[i].name);
        write_text(job, ": ");
        (void)write_out(job, head->fields[i].value);
        write_text(job, "\r\n");
    }
    write_text(job, "\r\n");
}

static void on_interim(struct weft_exchange *exchange, const struct weft_http_head *head)
{
    struct job *job = weft_exchange_user(exchange);
    struct weft_get_record *record = job->get->watch.record;
    if (record) weft_get_record_interim(record, exchange, head);
    if (job->get->options.shows_heads) write_head(job, weft_exchange_report(exchange), head);
}

static void on_head(struct weft_exchange *exchange, const struct weft_http_head *head)
{
    struct job *job = weft_exchange_user(exchange);
    const struct weft_get_options *options = &job->get->options;
    struct weft_get_record *record = job->get->watch.record;
    if (record) weft_get_record_head(record, exchange, head);
    if (head->status >= 400) job->get->has_bad_status = true;
    if (options->shows_heads || options->asks_head) {
        write_head(job, weft_exchange_report(exchange), head);
    }
}

static void on_redirected(struct weft_exchange *exchange, const struct weft_url *to)
{
    const struct job *job = weft_exchange_user(exchange);
    struct weft_get_record *record = job->get->watch.record;
    (void)to;
    if (record) weft_get_record_end(record, exchange, NULL);
}

static void on_retried(struct weft_exchange *exchange, const char *reason, bool may_have_acted)
{
    const struct job *job = weft_exchange_user(exchange);
    struct weft_get_record *record = job->get->watch.record;
    char text[TEXT_SIZE];
    if (record) weft_get_record_end(record, exchange, reason);
    if (!job->get->watch.out) return;
    snprintf(text, sizeof(text), "%s; sent again: it %s", reason,
             may_have_acted ? "may have been processed, and is idempotent"
                            : "was surely not processed");
    complain(job->get, job->text, text);
}

static bool on_content(struct weft_exchange *exchange, struct weft_span bytes)
{
    struct job *job = weft_exchange_user(exchange);
    const struct get *get = job->get;
    if (get->options.fails_on_status && weft_exchange_report(exchange)->status >= 400) return true;
    return write_out(job, bytes);
}

static void on_done(struct weft_exchange *exchange, const struct weft_client_outcome *outcome)
{
    struct job *job = weft_exchange_user(exchange);
    struct get *get = job->get;
    job->is_done = true;
    get->open_count--;
    if (get->watch.record) {
        weft_get_record_end(get->watch.record, exchange,
                            outcome->end == WEFT_CLIENT_DONE ? NULL : outcome->reason);
    }
    if (outcome->end != WEFT_CLIENT_DONE &&
        !(outcome->end == WEFT_CLIENT_GIVEN_UP && get->is_stuck)) {
        bool is_odd = outcome->may_have_acted &&
                      !weft_http_method_is_idempotent(weft_exchange_report(exchange)->method);
        char text[TEXT_SIZE];
        snprintf(text, sizeof(text), "%s%s", outcome->reason,
                 is_odd ? " (the server may have acted on the request)" : "");
        get->has_failed = true;
        complain(get, job->text, text);
    }
    take_turns(get);
}

static const struct weft_exchange_handler handler = {
    .interim = on_interim,
    .response = on_head,
    .redirected = on_redirected,
    .retried = on_retried,
    .content = on_content,
    .done = on_done,
};

// Input

static bool take_content(struct get *get)
{
    const struct weft_get_options *options = &get->options;
    if (!options->data) return true;
    if (options->data[0] != '@') {
        get->content = weft_span_of(options->data);
        return true;
    }
    const char *name = options->data + 1;
    const char *wrong =
        weft_get_read_file(name, !options->data_is_binary, &get->content_memory, &get->content);
    if (wrong) complain(get, name, wrong);
    return !wrong;
}

static bool has_field(const struct weft_get_options *options, enum weft_http_field_name id)
{
    return weft_http_field_find(options->fields, options->field_count, id) != NULL;
}

static void add_default(struct weft_get_options *options, struct weft_http_field field)
{
    if (has_field(options, field.id) || options->field_count == WEFT_GET_FIELDS_MOST) return;
    options->fields[options->field_count++] = field;
}

// false without memory
static bool add_defaults(struct get *get)
{
    struct weft_get_options *options = &get->options;
    add_default(options, WEFT_HTTP_FIELD(USER_AGENT, WEFT_SPAN("weft/" WEFT_VERSION)));
    add_default(options, WEFT_HTTP_FIELD(ACCEPT, WEFT_SPAN("*/*")));
    if (options->data) {
        add_default(options,
                    WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("application/x-www-form-urlencoded")));
    }
    if (!options->user) return true;
    struct weft_http_field field = WEFT_HTTP_FIELD(
        AUTHORIZATION, weft_get_basic(&get->arena, weft_span_of(options->user))); // RFC 7617 §2
    field.hint = WEFT_HTTP_FIELD_SECRET;
    if (!field.value.data) return false;
    add_default(options, field);
    return true;
}

// curl's habit: what has no scheme is http
static const char *parse(struct get *get, struct job *job)
{
    struct weft_span text = weft_span_of(job->text);
    if (!strstr(job->text, "://")) {
        static const char scheme[] = "http://";
        uint8_t *room = weft_arena_take(&get->arena, sizeof(scheme) + text.size);
        if (!room) return "no memory";
        memcpy(room, scheme, sizeof(scheme) - 1);
        memcpy(room + sizeof(scheme) - 1, text.data, text.size);
        text = (struct weft_span){room, sizeof(scheme) - 1 + text.size};
    }
    const char *wrong = weft_url_parse(text, &get->arena, &job->url);
    if (!wrong && get->options.client.version == WEFT_CLIENT_2 && !job->url.is_secure) {
        return "HTTP/2 in clear text takes --http2-prior-knowledge";
    }
    return wrong;
}

// Opens the file that -o or -O names; false with a complaint.
static bool open_output(struct get *get, struct job *job)
{
    const struct weft_get_options *options = &get->options;
    char name[TEXT_SIZE];
    if (options->output_by_name) {
        struct weft_span path =
            weft_span_part(job->url.path, 0, weft_span_find(job->url.path, '?'));
        size_t start = path.size;
        while (start > 0 && path.data[start - 1] != '/') {
            start--;
        }
        struct weft_span last = weft_span_skip(path, start);
        if (last.size == 0 || last.size >= sizeof(name) || weft_span_is(last, "..") ||
            weft_span_is(last, ".")) {
            complain(get, job->text, "its path ends without a name for -O: use -o FILE");
            return false;
        }
        snprintf(name, sizeof(name), "%.*s", (int)last.size, (const char *)last.data);
    } else if (options->output && strcmp(options->output, "-") != 0) {
        snprintf(name, sizeof(name), "%s", options->output);
    } else {
        return true;
    }
    job->out = fopen(name, "wbe");
    job->owns_out = true;
    if (!job->out) complain(get, name, strerror(errno));
    return job->out != NULL;
}

static bool send_job(struct get *get, struct job *job)
{
    const struct weft_get_options *options = &get->options;
    struct weft_client_request request = {
        .url = &job->url,
        .method = options->asks_head ? WEFT_HTTP_HEAD
                  : options->data    ? WEFT_HTTP_POST
                                     : WEFT_HTTP_GET,
        .authority = options->authority,
        .fields = options->fields,
        .field_count = options->field_count,
        .has_content = options->data != NULL,
        .content = get->content,
        .follows = options->follows,
        .decodes = options->decodes,
    };
    if (options->method) {
        request.method_text = weft_span_of(options->method);
        request.method = weft_http_method_lookup(request.method_text);
    }
    if (!weft_client_send(get->client, &request, &handler, job)) {
        complain(get, job->text, "no memory for the request");
        return false;
    }
    get->open_count++;
    return true;
}

static bool has_ways(struct get *get)
{
    const struct weft_get_options *options = &get->options;
    for (size_t i = 0; i < options->way_count; i++) {
        const struct weft_get_way *way = &options->ways[i];
        if (weft_client_route(get->client, way->host, way->port, way->to_host, way->to_port)) {
            return false;
        }
    }
    return true;
}

// Says goodbye and lets that leave.
static void say_goodbye(struct get *get, struct weft_loop *loop)
{
    uint64_t end_us = weft_loop_now_us(loop) + GOODBYE_US;
    weft_client_say_goodbye(get->client);
    while (weft_client_connection_count(get->client) > 0 && weft_loop_now_us(loop) < end_us) {
        if (weft_loop_turn(loop, end_us - weft_loop_now_us(loop)) < 0) return;
    }
}

static bool start_watching(struct get *get)
{
    struct weft_get_watch *watch = &get->watch;
    if (get->options.is_verbose) watch->out = stderr;
    if (weft_get_reports_want_record(&get->options)) watch->record = &get->record;
    if (!get->options.qlog) return true;
    watch->qlog = fopen(get->options.qlog, "wbe");
    if (!watch->qlog) complain(get, get->options.qlog, strerror(errno));
    return watch->qlog != NULL;
}

// What is needed before the first request, and takes time that is not the network's; then the clock begins.
static bool prepare(struct get *get, struct weft_loop *loop)
{
    char error[TEXT_SIZE];
    bool is_secure = false;
    for (size_t i = 0; i < get->job_count; i++) {
        is_secure = is_secure || get->jobs[i].url.is_secure;
    }
    if (is_secure && !weft_client_prepare(get->client, error, sizeof(error))) {
        complain(get, "TLS", error);
        return false;
    }
    if (weft_loop_turn(loop, 0) < 0) return false;
    get->watch.start_us = weft_loop_now_us(loop);
    weft_get_record_init(&get->record, get->watch.start_us);
    if (get->watch.qlog) weft_get_qlog_start(get->watch.qlog, get->record.start_wall_us);
    return true;
}

static bool stop_watching(struct get *get)
{
    bool is_fine = !get->watch.record || weft_get_reports_write(&get->options, &get->record);
    if (get->watch.qlog && fclose(get->watch.qlog) != 0) {
        complain(get, get->options.qlog, strerror(errno));
        is_fine = false;
    }
    weft_get_record_deinit(&get->record);
    return is_fine;
}

static int run(struct get *get)
{
    int code = WEFT_EXIT_FAILED;
    struct weft_loop *loop = weft_loop_new();
    get->options.client.loop = loop;
    get->options.client.alloc = weft_heap_alloc();
    if (!loop || !start_watching(get)) goto done;
    get->options.client.observer = weft_get_watch_observer(&get->watch);
    get->client = weft_client_new(&get->options.client);
    if (!get->client || !has_ways(get)) {
        complain(get, "cannot start", "no memory, or the resolver's configuration cannot be read");
        goto done;
    }
    if (!prepare(get, loop)) goto done;
    for (size_t i = 0; i < get->job_count; i++) {
        struct job *job = &get->jobs[i];
        if (!open_output(get, job) || !send_job(get, job)) {
            job->is_done = true;
            get->has_failed = true;
        }
    }
    take_turns(get);
    while (get->open_count > 0 && weft_loop_turn(loop, UINT64_MAX) >= 0) {
    }
    say_goodbye(get, loop);
    code = get->has_failed ? WEFT_EXIT_FAILED : WEFT_EXIT_DONE;
    if (code == 0 && get->options.fails_on_status && get->has_bad_status) code = EXIT_STATUS;
done:
    weft_client_free(get->client);
    if (!stop_watching(get)) code = WEFT_EXIT_FAILED;
    if (get->options.shows_stats) weft_get_watch_stats(&get->watch, stderr);
    weft_loop_free(loop);
    return code;
}

static int wrong_usage(const char *text)
{
    weft_term_error(text);
    return WEFT_EXIT_USAGE;
}

// Makes the jobs; 0 or an exit code.
static int plan(struct get *get, char **urls)
{
    char text[TEXT_SIZE];
    get->jobs = calloc(get->job_count, sizeof(*get->jobs));
    if (!get->jobs) return wrong_usage("no memory");
    for (size_t i = 0; i < get->job_count; i++) {
        struct job *job = &get->jobs[i];
        *job = (struct job){.get = get, .text = urls[i]};
        const char *wrong = parse(get, job);
        if (!wrong) continue;
        snprintf(text, sizeof(text), "'%s': %s", urls[i], wrong);
        return wrong_usage(text);
    }
    if (!take_content(get)) return WEFT_EXIT_FAILED;
    return add_defaults(get) ? 0 : wrong_usage("no memory");
}

// Closes what was opened; what a disk did not take shows only then.
static int close_outputs(struct get *get, int code)
{
    for (size_t i = 0; get->jobs && i < get->job_count; i++) {
        struct job *job = &get->jobs[i];
        if (!job->owns_out || !job->out || fclose(job->out) == 0) continue;
        complain(get, job->text, strerror(errno));
        code = WEFT_EXIT_FAILED;
    }
    return fflush(stdout) == 0 ? code : WEFT_EXIT_FAILED;
}

int weft_get(int argc, char **argv)
{
    struct weft_args_outcome outcome;
    int first = 0;
    int code = WEFT_EXIT_USAGE;
    struct get *get = calloc(1, sizeof(*get));
    if (!get) return wrong_usage("no memory");
    weft_arena_init(&get->arena, weft_heap_alloc(), MEMORY_MOST);
    weft_get_options_init(&get->options);
    if (!weft_args_read(argc, argv, weft_get_options_table(), &get->options, &first, &outcome)) {
        if (outcome.wants_help) {
            weft_get_help();
            code = WEFT_EXIT_DONE;
        } else {
            weft_term_error(outcome.complaint);
        }
        goto done;
    }
    get->job_count = (size_t)(argc - first);
    if (get->job_count == 0 || get->job_count > URLS_MOST) {
        code = wrong_usage("expected 1 to 1000 URLs: 'weft get https://localhost:8443/'");
    } else if (get->options.output && get->job_count > 1) {
        code = wrong_usage("-o takes one URL; for several there is -O");
    } else {
        code = plan(get, argv + first);
        if (code == 0) code = run(get);
        code = close_outputs(get, code);
    }
done:
    free(get->jobs);
    free(get->content_memory);
    weft_arena_deinit(&get->arena);
    free(get);
    return code;
}
