// cmd/get_page.c: a page and what it needs
#include "cmd/get_page.h"

#include "http/link.h"
#include "page/css_scan.h"
#include "page/html_scan.h"

#include <inttypes.h>
#include <stdlib.h>

enum { CSS_SIZE_MOST = 4 << 20, CSS_DEPTH_MOST = 8, TEXT_SIZE = 1024, PRIORITY_ROOM = 8 };

// What is read of an answer, and for which page.
struct weft_get_reader {
    struct weft_get_job *page;
    const char *initiator;
    struct weft_url base; // of references
    struct weft_html_scan *scan;
    bool reads_css;
    unsigned depth; // of style sheets in style sheets
    uint8_t *css;
    size_t css_size;
    size_t css_room;
    // Of a page: what came for it
    size_t resource_count;
    size_t pushed_count;
    size_t hinted_count;
    uint64_t content_size;
};

// How a browser asks for a kind of thing
struct manner {
    const char *dest; // Sec-Fetch-Dest
    const char *mode; // Sec-Fetch-Mode
    struct weft_http_priority priority;
};

// Chromium: what blocks rendering first (style sheets, fonts: u=0; scripts that the parser waits for: u=1), what the page does
// not wait for with the default, images in turns.
static struct manner manner_of(enum weft_get_kind kind, bool is_late)
{
    switch (kind) {
    case WEFT_GET_ASKED: return (struct manner){"document", "navigate", {0, true}};
    case WEFT_GET_STYLE: return (struct manner){"style", "no-cors", {0, false}};
    case WEFT_GET_FONT: return (struct manner){"font", "cors", {0, false}};
    case WEFT_GET_SCRIPT: return (struct manner){"script", "no-cors", {is_late ? 3 : 1, false}};
    case WEFT_GET_IMAGE: return (struct manner){"image", "no-cors", {3, true}};
    case WEFT_GET_OTHER: break;
    }
    return (struct manner){"empty", "cors", {1, false}};
}

static bool is_default(struct weft_http_priority priority)
{
    return priority.urgency == WEFT_HTTP_DEFAULT_URGENCY && !priority.incremental;
}

static const char *site_of(const struct weft_get_job *job)
{
    if (job->kind == WEFT_GET_ASKED) return "none";
    return weft_get_page_is_own(job) ? "same-origin" : "cross-site";
}

static bool send_job(struct weft_get_job *job, bool is_late)
{
    const struct weft_get_options *options = &job->run->options;
    struct manner manner = manner_of(job->kind, is_late);
    struct weft_http_field fields[WEFT_GET_PAGE_FIELDS_MOST];
    size_t count = 0;
    char referer[WEFT_URL_AUTHORITY_SIZE + 3 * WEFT_URL_SIZE_MOST];
    uint8_t room[PRIORITY_ROOM];
    struct weft_writer priority = weft_writer_over(room, sizeof(room));
    weft_http_priority_write(&priority, manner.priority);
    fields[count++] = WEFT_HTTP_FIELD(SEC_FETCH_SITE, weft_span_of(site_of(job)));
    fields[count++] = WEFT_HTTP_FIELD(SEC_FETCH_MODE, weft_span_of(manner.mode));
    fields[count++] = WEFT_HTTP_FIELD(SEC_FETCH_DEST, weft_span_of(manner.dest));
    if (!is_default(manner.priority) &&
        !weft_http_field_find(options->sent.fields, options->sent.count,
                              WEFT_HTTP_FIELD_PRIORITY)) {
        fields[count++] = WEFT_HTTP_FIELD(PRIORITY, weft_written(&priority));
    }
    if (job->kind != WEFT_GET_ASKED &&
        !weft_http_field_find(options->sent.fields, options->sent.count, WEFT_HTTP_FIELD_REFERER)) {
        weft_url_text(&job->reader->page->reader->base, referer, sizeof(referer));
        fields[count++] = WEFT_HTTP_FIELD(REFERER, weft_span_of(referer));
    }
    return weft_get_job_send(job, fields, count, manner.priority.urgency);
}

static struct weft_get_reader *reader_new(struct weft_get_job *page, const char *initiator)
{
    struct weft_get_reader *reader = calloc(1, sizeof(*reader));
    if (!reader) return NULL;
    reader->page = page;
    reader->initiator = initiator;
    return reader;
}

bool weft_get_page_send(struct weft_get_job *job)
{
    job->reader = reader_new(job, "navigation");
    if (!job->reader) {
        weft_get_complain(job->run, job->text, "no memory");
        return false;
    }
    return send_job(job, false);
}

bool weft_get_page_is_own(const struct weft_get_job *job)
{
    return !job->reader || weft_url_same_origin(&job->url, &job->reader->page->url) ||
           weft_url_same_origin(&job->url, &job->reader->page->reader->base);
}

const char *weft_get_page_initiator(const struct weft_get_job *job)
{
    return job->reader ? job->reader->initiator : NULL;
}

// Resources

static bool is_there(const struct weft_get_run *run, const struct weft_get_job *page,
                     const struct weft_url *url)
{
    for (size_t i = 0; i < run->job_count; i++) {
        const struct weft_get_job *job = run->jobs[i];
        if (!job->reader || job->reader->page != page) continue;
        if (weft_span_equal(job->url.path, url->path) && weft_url_same_origin(&job->url, url)) {
            return true;
        }
    }
    return false;
}

// The URL as text that lives as long as the run.
static const char *keep_text(struct weft_get_run *run, const struct weft_url *url)
{
    char text[WEFT_URL_AUTHORITY_SIZE + 3 * WEFT_URL_SIZE_MOST];
    weft_url_text(url, text, sizeof(text));
    size_t size = strlen(text) + 1;
    char *kept = weft_arena_take(&run->arena, size);
    if (!kept) return "a resource";
    memcpy(kept, text, size);
    return kept;
}

// Asks for what `job` refers to, where nobody has yet.
static void want(struct weft_get_job *job, struct weft_span reference, enum weft_get_kind kind,
                 bool is_late, const char *initiator)
{
    struct weft_get_run *run = job->run;
    struct weft_get_job *page = job->reader->page;
    struct weft_url url;
    if (weft_url_join(&job->reader->base, reference, &run->arena, &url)) return; // data: and such
    if (is_there(run, page, &url)) return;
    if (page->reader->resource_count == WEFT_GET_RESOURCES_MOST) {
        if (!run->has_failed)
            weft_get_complain(run, page->text, "it names more than 1000 resources");
        run->has_failed = true;
        return;
    }
    const char *text = keep_text(run, &url);
    if (page->reader->base.is_secure && !url.is_secure) {
        weft_get_complain(run, text, "not fetched: a page over https takes nothing over http");
        return;
    }
    struct weft_get_job *it = weft_get_job_add(run, text, &url, kind);
    if (it) it->reader = reader_new(page, initiator);
    if (!it || !it->reader) {
        run->has_failed = true;
        return;
    }
    it->reader->depth = job->reader->depth + (job->kind == WEFT_GET_STYLE);
    page->reader->resource_count++;
    if (!send_job(it, is_late)) {
        it->is_done = true;
        run->has_failed = true;
    }
}

// HTML

static enum weft_get_kind kind_of(enum weft_html_kind kind)
{
    switch (kind) {
    case WEFT_HTML_STYLE: return WEFT_GET_STYLE;
    case WEFT_HTML_SCRIPT:
    case WEFT_HTML_MODULE: return WEFT_GET_SCRIPT;
    case WEFT_HTML_FONT: return WEFT_GET_FONT;
    case WEFT_HTML_IMAGE: return WEFT_GET_IMAGE;
    default: return WEFT_GET_OTHER;
    }
}

static void scan_css(struct weft_get_job *job, struct weft_span css)
{
    struct weft_css_reference reference;
    while (weft_css_scan(&css, &reference)) {
        bool is_import = reference.kind == WEFT_CSS_IMPORT;
        if (is_import && job->reader->depth >= CSS_DEPTH_MOST) continue;
        want(job, reference.url,
             is_import                         ? WEFT_GET_STYLE
             : reference.kind == WEFT_CSS_FONT ? WEFT_GET_FONT
                                               : WEFT_GET_IMAGE,
             false, "css");
    }
}

static void on_reference(void *context, const struct weft_html_reference *reference)
{
    struct weft_get_job *job = context;
    if (reference->kind == WEFT_HTML_SHEET) {
        scan_css(job, reference->text);
    } else if (reference->kind == WEFT_HTML_BASE) {
        struct weft_url base;
        const char *wrong =
            weft_url_join(&job->reader->base, reference->text, &job->run->arena, &base);
        if (!wrong) job->reader->base = base;
    } else {
        want(job, reference->text, kind_of(reference->kind), reference->is_late, "html");
    }
}

// Links

static enum weft_get_kind kind_of_word(struct weft_span as)
{
    static const struct {
        const char *word;
        enum weft_get_kind kind;
    } words[] = {{"style", WEFT_GET_STYLE},
                 {"script", WEFT_GET_SCRIPT},
                 {"font", WEFT_GET_FONT},
                 {"image", WEFT_GET_IMAGE}};
    for (size_t i = 0; i < WEFT_COUNT(words); i++) {
        if (weft_span_equal_ignoring_case(as, weft_span_of(words[i].word))) return words[i].kind;
    }
    return WEFT_GET_OTHER;
}

static void follow_link(struct weft_get_job *job, const struct weft_http_link *link,
                        const char *initiator)
{
    struct weft_http_parameter as;
    if (weft_http_link_has_relation(link, WEFT_SPAN("modulepreload"))) {
        want(job, link->target, WEFT_GET_SCRIPT, true, initiator);
    } else if (weft_http_link_has_relation(link, WEFT_SPAN("preload")) &&
               weft_http_link_parameter(link, WEFT_SPAN("as"), &as)) {
        want(job, link->target, kind_of_word(as.value), false, initiator);
    }
}

static void follow_links(struct weft_get_job *job, const struct weft_http_head *head,
                         const char *initiator)
{
    for (size_t i = 0; i < head->field_count; i++) {
        struct weft_span rest = head->fields[i].value;
        struct weft_http_link link;
        if (head->fields[i].id != WEFT_HTTP_FIELD_LINK) continue;
        while (weft_http_link_next(&rest, &link) == WEFT_HTTP_LINK) {
            follow_link(job, &link, initiator);
        }
    }
}

// The exchange

// Where the answer is from, after redirections.
static void set_base(struct weft_get_job *job, const struct weft_exchange *exchange)
{
    struct weft_url *base = &job->reader->base;
    *base = weft_exchange_report(exchange)->url;
    base->path = weft_arena_copy(&job->run->arena, base->path);
    base->fragment = base->user = (struct weft_span){NULL, 0};
    if (!base->path.data) base->path = WEFT_SPAN("/");
}

void weft_get_page_interim(struct weft_get_job *job, const struct weft_exchange *exchange,
                           const struct weft_http_head *head)
{
    if (job->kind != WEFT_GET_ASKED || head->status != 103) return;
    set_base(job, exchange);
    follow_links(job, head, "early-hints");
}

static bool is_html(const struct weft_http_head *head)
{
    static const struct weft_span types[] = {WEFT_SPAN_INIT("text/html"),
                                             WEFT_SPAN_INIT("application/xhtml+xml")};
    const struct weft_http_field *field = weft_http_head_find(head, WEFT_HTTP_FIELD_CONTENT_TYPE);
    if (!field) return false;
    struct weft_span type = weft_span_part(field->value, 0, weft_span_find(field->value, ';'));
    for (size_t i = 0; i < WEFT_COUNT(types); i++) {
        if (weft_span_equal_ignoring_case(weft_span_trim(type), types[i])) return true;
    }
    return false;
}

void weft_get_page_head(struct weft_get_job *job, const struct weft_exchange *exchange,
                        const struct weft_http_head *head)
{
    struct weft_get_reader *reader = job->reader;
    const struct weft_exchange_report *report = weft_exchange_report(exchange);
    if (report->status >= 300 && report->status < 400) return;
    set_base(job, exchange);
    reader->reads_css = job->kind == WEFT_GET_STYLE && head->status < 300;
    if (job->kind != WEFT_GET_ASKED) {
        reader->page->reader->pushed_count += report->pushed_us > 0;
        reader->page->reader->hinted_count += strcmp(reader->initiator, "early-hints") == 0;
        return;
    }
    follow_links(job, head, "link");
    if (!is_html(head) || reader->scan) return;
    struct weft_html_listener listener = {on_reference, job};
    reader->scan = weft_html_scan_new(&listener);
    if (!reader->scan) job->run->has_failed = true;
}

static void keep_css(struct weft_get_reader *reader, struct weft_span bytes)
{
    if (bytes.size > CSS_SIZE_MOST - reader->css_size) return; // what it names behind is not seen
    if (reader->css_room - reader->css_size < bytes.size) {
        size_t room = 2 * (reader->css_size + bytes.size);
        uint8_t *grown = realloc(reader->css, room);
        if (!grown) return;
        reader->css = grown;
        reader->css_room = room;
    }
    if (bytes.size > 0) memcpy(reader->css + reader->css_size, bytes.data, bytes.size);
    reader->css_size += bytes.size;
}

void weft_get_page_content(struct weft_get_job *job, struct weft_span bytes)
{
    struct weft_get_reader *reader = job->reader;
    if (job != reader->page) reader->page->reader->content_size += bytes.size;
    if (reader->scan) weft_html_scan_feed(reader->scan, bytes);
    if (reader->reads_css) keep_css(reader, bytes);
}

void weft_get_page_done(struct weft_get_job *job)
{
    struct weft_get_reader *reader = job->reader;
    weft_html_scan_end(reader->scan);
    reader->scan = NULL;
    if (reader->reads_css) scan_css(job, (struct weft_span){reader->css, reader->css_size});
    free(reader->css);
    reader->css = NULL;
    reader->css_size = reader->css_room = 0;
}

void weft_get_page_close(struct weft_get_job *job)
{
    weft_html_scan_end(job->reader->scan);
    free(job->reader->css);
    free(job->reader);
    job->reader = NULL;
}

void weft_get_page_report(const struct weft_get_run *run)
{
    for (size_t i = 0; i < run->asked_count; i++) {
        const struct weft_get_job *job = run->jobs[i];
        const struct weft_get_reader *reader = job->reader;
        char text[TEXT_SIZE];
        if (!reader || reader->page != job) continue;
        snprintf(text, sizeof(text),
                 "a page with %zu resource%s of %" PRIu64 " bytes; hinted %zu, pushed %zu",
                 reader->resource_count, reader->resource_count == 1 ? "" : "s",
                 reader->content_size, reader->hinted_count, reader->pushed_count);
        if (!run->options.is_silent) fprintf(stderr, "%s: %s\n", job->text, text);
    }
}
