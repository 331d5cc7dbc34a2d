// cmd/get.c: weft get
#include "client/client.h"
#include "cmd/commands.h"
#include "cmd/get_options.h"
#include "cmd/get_watch.h"
#include "cmd/term.h"
#include "net/memory.h"

#include <errno.h>
#include <stdlib.h>

enum {
    TEXT_SIZE = 1024,
    URLS_MOST = 1000,
    DATA_MOST = 1 << 30,
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
    if (bytes.size == 0) return true;
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

static void on_head(struct weft_exchange *exchange, const struct weft_http_head *head)
{
    struct job *job = weft_exchange_user(exchange);
    const struct weft_get_options *options = &job->get->options;
    if (head->status >= 400) job->get->has_bad_status = true;
    if (options->shows_heads || options->asks_head) {
        write_head(job, weft_exchange_report(exchange), head);
    }
}

static void on_redirected(struct weft_exchange *exchange, const struct weft_http_head *head,
                          const struct weft_url *to)
{
    (void)to;
    on_head(exchange, head);
}

static void on_retried(struct weft_exchange *exchange, const char *reason, bool may_have_acted)
{
    const struct job *job = weft_exchange_user(exchange);
    char text[TEXT_SIZE];
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
    .interim = on_head,
    .response = on_head,
    .redirected = on_redirected,
    .retried = on_retried,
    .content = on_content,
    .done = on_done,
};

// Input

static bool read_content(struct get *get, const char *name)
{
    FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "rbe");
    size_t size = 0;
    size_t room = 0;
    while (in && !feof(in) && !ferror(in)) {
        if (size == room) {
            room = room ? 2 * room : 65536;
            uint8_t *grown = room <= DATA_MOST ? realloc(get->content_memory, room) : NULL;
            if (!grown) break;
            get->content_memory = grown;
        }
        size += fread(get->content_memory + size, 1, room - size, in);
    }
    bool is_whole = in && feof(in) && !ferror(in);
    if (!is_whole) complain(get, name, in ? "it is too large, or cannot be read" : strerror(errno));
    if (in && in != stdin) fclose(in);
    get->content = (struct weft_span){get->content_memory, size};
    return is_whole;
}

// As curl's -d: a file's line ends are left out.
static void drop_line_ends(struct get *get)
{
    size_t kept = 0;
    for (size_t i = 0; i < get->content.size; i++) {
        uint8_t byte = get->content_memory[i];
        if (byte != '\r' && byte != '\n' && byte != 0) get->content_memory[kept++] = byte;
    }
    get->content.size = kept;
}

static bool take_content(struct get *get)
{
    const struct weft_get_options *options = &get->options;
    if (!options->data) return true;
    if (options->data[0] != '@') {
        get->content = weft_span_of(options->data);
        return true;
    }
    if (!read_content(get, options->data + 1)) return false;
    if (!options->data_is_binary) drop_line_ends(get);
    return true;
}

// RFC 4648 §4
static struct weft_span base64(struct weft_arena *arena, struct weft_span prefix,
                               struct weft_span text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *room = weft_arena_take(arena, prefix.size + (text.size + 2) / 3 * 4);
    if (!room) return (struct weft_span){NULL, 0};
    memcpy(room, prefix.data, prefix.size);
    uint8_t *at = room + prefix.size;
    for (size_t i = 0; i < text.size; i += 3) {
        uint32_t bits = (uint32_t)text.data[i] << 16;
        if (i + 1 < text.size) bits |= (uint32_t)text.data[i + 1] << 8;
        if (i + 2 < text.size) bits |= text.data[i + 2];
        *at++ = (uint8_t)digits[bits >> 18];
        *at++ = (uint8_t)digits[bits >> 12 & 63];
        *at++ = (uint8_t)(i + 1 < text.size ? digits[bits >> 6 & 63] : '=');
        *at++ = (uint8_t)(i + 2 < text.size ? digits[bits & 63] : '=');
    }
    return (struct weft_span){room, (size_t)(at - room)};
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

static void add_defaults(struct get *get)
{
    struct weft_get_options *options = &get->options;
    add_default(options, WEFT_HTTP_FIELD(USER_AGENT, WEFT_SPAN("weft/" WEFT_VERSION)));
    add_default(options, WEFT_HTTP_FIELD(ACCEPT, WEFT_SPAN("*/*")));
    if (options->data) {
        add_default(options,
                    WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("application/x-www-form-urlencoded")));
    }
    if (!options->user) return;
    struct weft_http_field field =
        WEFT_HTTP_FIELD(AUTHORIZATION, base64(&get->arena, WEFT_SPAN("Basic "),
                                              weft_span_of(options->user))); // RFC 7617 §2
    field.hint = WEFT_HTTP_FIELD_SECRET;
    add_default(options, field);
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

static int run(struct get *get)
{
    int code = WEFT_EXIT_FAILED;
    struct weft_loop *loop = weft_loop_new();
    get->options.client.loop = loop;
    get->options.client.alloc = weft_heap_alloc();
    if (get->options.is_verbose) get->watch.out = stderr;
    get->options.client.observer = weft_get_watch_observer(&get->watch);
    get->client = loop ? weft_client_new(&get->options.client) : NULL;
    if (!get->client || !has_ways(get)) {
        complain(get, "cannot start", "no memory, or the resolver's configuration cannot be read");
        goto done;
    }
    get->watch.start_us = weft_loop_now_us(loop);
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
    add_defaults(get);
    return 0;
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

void weft_get_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("Fetches URLs over HTTP/2, 1.1 or 1.0, all at once, and shows what passes.\n\n"
           "%sUsage%s\n  weft get [OPTIONS] URL...\n\n%sOptions%s\n",
           term->bold, term->plain, term->bold, term->plain);
    for (const struct weft_args_option *option = weft_get_options_table(); option->name; option++) {
        char name[64];
        char letter[8] = "   ";
        if (option->letter) snprintf(letter, sizeof(letter), "-%c,", option->letter);
        snprintf(name, sizeof(name), "%s --%s%s%s", letter, option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
        printf("  %s%-30s%s %s\n", term->bold, name, term->plain, option->help);
    }
    printf(
        "\n%sExamples%s\n"
        "  weft get https://example.org/                 its content\n"
        "  weft get -kv https://localhost:8443/          every frame and field, and what each "
        "cost\n"
        "  weft get -kLi --compressed https://localhost:8443/docs\n"
        "  weft get --pipeline 8 http://localhost:8080/a http://localhost:8080/b\n"
        "  weft get -d '{}' -H 'content-type: application/json' http://localhost:8080/api\n"
        "\n%sExit codes%s\n"
        "  0  all answers came whole    1  one did not    2  wrong usage    22  -f, and a status "
        "of 400 or above\n",
        term->bold, term->plain, term->bold, term->plain);
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
