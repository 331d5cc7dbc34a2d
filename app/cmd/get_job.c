// cmd/get_job.c: from a request to its content's place
#include "cmd/get_job.h"

#include "cmd/get_page.h"
#include "cmd/get_reports.h"
#include "cmd/get_write_out.h"
#include "cmd/term.h"

#include <errno.h>
#include <stdlib.h>

enum { TEXT_SIZE = 1024, FIELDS_MOST = WEFT_FIELD_OPTIONS_MOST + WEFT_GET_PAGE_FIELDS_MOST };

void weft_get_complain(const struct weft_get_run *run, const char *what, const char *reason)
{
    char text[TEXT_SIZE];
    if (run->options.is_silent) return;
    snprintf(text, sizeof(text), "%s: %s", what, reason);
    weft_term_error(text);
}

// Output: answers come in any order, and are written in that of their URLs

static bool write_out(struct weft_get_job *job, struct weft_span bytes)
{
    struct weft_get_run *run = job->run;
    bool is_shown = job->owns_out ||
                    (job->kind == WEFT_GET_ASKED && !weft_get_reports_take_output(&run->options));
    if (bytes.size == 0 || !is_shown) return true;
    if (!job->out) { // not its turn
        job->out = tmpfile();
        job->owns_out = job->is_waiting = true;
    }
    if (job->out && fwrite(bytes.data, 1, bytes.size, job->out) == bytes.size) return true;
    if (!run->is_stuck) weft_get_complain(run, "cannot write the content", strerror(errno));
    run->is_stuck = run->has_failed = true;
    return false;
}

static void write_text(struct weft_get_job *job, const char *text)
{
    (void)write_out(job, weft_span_of(text));
}

static void copy_waiting(struct weft_get_job *job)
{
    char bytes[16384];
    size_t size;
    FILE *from = job->out;
    rewind(from);
    while ((size = fread(bytes, 1, sizeof(bytes), from)) > 0) {
        if (fwrite(bytes, 1, size, stdout) < size) job->run->is_stuck = job->run->has_failed = true;
    }
    fclose(from);
    job->is_waiting = job->owns_out = false;
    job->out = stdout;
}

void weft_get_take_turns(struct weft_get_run *run)
{
    for (; run->turn < run->asked_count; run->turn++) {
        struct weft_get_job *job = run->jobs[run->turn];
        if (job->is_waiting) copy_waiting(job);
        if (!job->out) job->out = stdout;
        if (!job->is_done) break;
    }
    (void)fflush(stdout);
}

static void write_head(struct weft_get_job *job, const struct weft_exchange_report *report,
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
    struct weft_get_job *job = weft_exchange_user(exchange);
    struct weft_get_record *record = job->run->watch.record;
    if (record) weft_get_record_interim(record, exchange, head);
    if (job->reader) weft_get_page_interim(job, exchange, head);
    if (job->run->options.shows_heads && job->kind == WEFT_GET_ASKED)
        write_head(job, weft_exchange_report(exchange), head);
}

static void on_head(struct weft_exchange *exchange, const struct weft_http_head *head)
{
    struct weft_get_job *job = weft_exchange_user(exchange);
    const struct weft_get_options *options = &job->run->options;
    struct weft_get_record *record = job->run->watch.record;
    if (record) weft_get_record_head(record, exchange, head);
    if (head->status >= 400) job->run->has_bad_status = true;
    if (job->reader) weft_get_page_head(job, exchange, head);
    bool is_shown = options->shows_heads || options->asks_head;
    if (is_shown && job->kind == WEFT_GET_ASKED) {
        write_head(job, weft_exchange_report(exchange), head);
    }
}

static void on_redirected(struct weft_exchange *exchange, const struct weft_url *to)
{
    const struct weft_get_job *job = weft_exchange_user(exchange);
    struct weft_get_record *record = job->run->watch.record;
    (void)to;
    if (record) weft_get_record_end(record, exchange, NULL);
}

static void on_retried(struct weft_exchange *exchange, const char *reason, bool may_have_acted)
{
    const struct weft_get_job *job = weft_exchange_user(exchange);
    struct weft_get_record *record = job->run->watch.record;
    char text[TEXT_SIZE];
    if (record) weft_get_record_end(record, exchange, reason);
    if (!job->run->watch.out) return;
    snprintf(text, sizeof(text), "%s; sent again: it %s", reason,
             may_have_acted ? "may have been processed, and is idempotent"
                            : "was surely not processed");
    weft_get_complain(job->run, job->text, text);
}

static bool on_content(struct weft_exchange *exchange, struct weft_span bytes)
{
    struct weft_get_job *job = weft_exchange_user(exchange);
    const struct weft_get_run *run = job->run;
    if (job->reader) weft_get_page_content(job, bytes);
    if (run->options.fails_on_status && weft_exchange_report(exchange)->status >= 400) return true;
    return write_out(job, bytes);
}

// What -w asks for goes to standard output, also where the content goes elsewhere.
static void write_line(struct weft_get_job *job, uint64_t exchange_id)
{
    struct weft_get_run *run = job->run;
    const struct weft_get_entry *entry = weft_get_record_last(&run->record, exchange_id);
    char *text = NULL;
    size_t size = 0;
    if (!run->options.write_out || job->kind != WEFT_GET_ASKED || !entry) return;
    FILE *out = open_memstream(&text, &size);
    if (out) {
        weft_get_write_out(out, run->options.write_out, entry,
                           weft_get_record_find(&run->record, entry->report.connection_id),
                           weft_get_record_born_us(&run->record, exchange_id));
        if (fclose(out) != 0) size = 0;
        bool goes_apart = job->owns_out && !job->is_waiting;
        if (goes_apart || weft_get_reports_take_output(&run->options)) {
            fwrite(text, 1, size, stdout);
        } else {
            (void)write_out(job, (struct weft_span){(const uint8_t *)text, size});
        }
    }
    free(text);
}

static void on_done(struct weft_exchange *exchange, const struct weft_client_outcome *outcome)
{
    struct weft_get_job *job = weft_exchange_user(exchange);
    struct weft_get_run *run = job->run;
    job->is_done = true;
    run->open_count--;
    if (run->watch.record && job->reader) {
        weft_get_record_initiator(run->watch.record, exchange, weft_get_page_initiator(job));
    }
    if (job->reader) weft_get_page_done(job);
    if (run->watch.record) {
        weft_get_record_end(run->watch.record, exchange,
                            outcome->end == WEFT_CLIENT_DONE ? NULL : outcome->reason);
    }
    if (outcome->end != WEFT_CLIENT_DONE &&
        !(outcome->end == WEFT_CLIENT_GIVEN_UP && run->is_stuck)) {
        bool is_odd = outcome->may_have_acted &&
                      !weft_http_method_is_idempotent(weft_exchange_report(exchange)->method);
        char text[TEXT_SIZE];
        snprintf(text, sizeof(text), "%s%s", outcome->reason,
                 is_odd ? " (the server may have acted on the request)" : "");
        run->has_failed = true;
        weft_get_complain(run, job->text, text);
    }
    write_line(job, weft_exchange_report(exchange)->id);
    weft_get_take_turns(run);
}

static const struct weft_exchange_handler handler = {
    .interim = on_interim,
    .response = on_head,
    .redirected = on_redirected,
    .retried = on_retried,
    .content = on_content,
    .done = on_done,
};

bool weft_get_job_open(struct weft_get_job *job)
{
    const struct weft_get_run *run = job->run;
    const struct weft_get_options *options = &run->options;
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
            weft_get_complain(run, job->text, "its path ends without a name for -O: use -o FILE");
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
    if (!job->out) weft_get_complain(run, name, strerror(errno));
    return job->out != NULL;
}

// Jobs

struct weft_get_job *weft_get_job_add(struct weft_get_run *run, const char *text,
                                      const struct weft_url *url, enum weft_get_kind kind)
{
    if (run->job_count == run->job_room) {
        size_t room = run->job_room ? 2 * run->job_room : 16;
        void *grown = realloc(run->jobs, room * sizeof(struct weft_get_job *));
        if (!grown) return NULL;
        run->jobs = grown;
        run->job_room = room;
    }
    struct weft_get_job *job = calloc(1, sizeof(*job));
    if (!job) return NULL;
    *job = (struct weft_get_job){.run = run, .text = text, .url = *url, .kind = kind};
    run->jobs[run->job_count++] = job;
    return job;
}

// Does the field go along to this job's server? Secrets are for the origin that they were given for.
static bool is_sent(const struct weft_get_job *job, const struct weft_http_field *field)
{
    bool is_secret = field->id == WEFT_HTTP_FIELD_AUTHORIZATION ||
                     field->id == WEFT_HTTP_FIELD_PROXY_AUTHORIZATION ||
                     field->id == WEFT_HTTP_FIELD_COOKIE;
    return job->kind == WEFT_GET_ASKED || !is_secret || weft_get_page_is_own(job);
}

bool weft_get_job_send(struct weft_get_job *job, const struct weft_http_field *fields,
                       size_t field_count, uint8_t urgency)
{
    struct weft_get_run *run = job->run;
    const struct weft_get_options *options = &run->options;
    bool is_asked = job->kind == WEFT_GET_ASKED;
    struct weft_http_field all[FIELDS_MOST];
    size_t count = 0;
    for (size_t i = 0; i < options->sent.count; i++) {
        if (is_sent(job, &options->sent.fields[i])) all[count++] = options->sent.fields[i];
    }
    for (size_t i = 0; i < field_count; i++) {
        all[count++] = fields[i];
    }
    struct weft_client_request request = {
        .url = &job->url,
        .method = !is_asked            ? WEFT_HTTP_GET
                  : options->asks_head ? WEFT_HTTP_HEAD
                  : options->data      ? WEFT_HTTP_POST
                                       : WEFT_HTTP_GET,
        .authority = is_asked || weft_get_page_is_own(job) ? options->sent.authority
                                                           : (struct weft_span){NULL, 0},
        .fields = all,
        .field_count = count,
        .has_content = is_asked && options->data != NULL,
        .content = is_asked ? run->content : (struct weft_span){NULL, 0},
        .follows = options->follows || !is_asked,
        .decodes = options->decodes,
        .urgency = urgency,
    };
    if (options->method && is_asked) {
        request.method_text = weft_span_of(options->method);
        request.method = weft_http_method_lookup(request.method_text);
    }
    if (!weft_client_send(run->client, &request, &handler, job)) {
        weft_get_complain(run, job->text, "no memory for the request");
        return false;
    }
    run->open_count++;
    return true;
}

bool weft_get_jobs_close(struct weft_get_run *run)
{
    bool is_fine = true;
    for (size_t i = 0; i < run->job_count; i++) {
        struct weft_get_job *job = run->jobs[i];
        if (job->reader) weft_get_page_close(job);
        if (job->owns_out && job->out && fclose(job->out) != 0) {
            weft_get_complain(run, job->text, strerror(errno));
            is_fine = false;
        }
        free(job);
    }
    free(run->jobs);
    run->jobs = NULL;
    run->job_count = 0;
    return is_fine;
}
