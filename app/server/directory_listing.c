// server/directory_listing.c
#include "server/directory_listing.h"

#include "server/error_page.h"
#include "server/page_style.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    LISTED_MOST = 10000,
    ALIVE_MOST = 32 << 20, // bytes of pages that a thread holds, before it makes no new ones
};

struct row {
    char *name;
    bool is_directory;
    uint64_t size;
    time_t modified;
};

struct rows {
    struct row *list;
    size_t count;
    size_t capacity;
    bool is_cut; // there is more than is shown
};

static void free_rows(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->list[i].name);
    }
    free(rows->list);
}

static bool add_row(struct rows *rows, const char *name, const struct stat *status)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 64;
        struct row *list = realloc(rows->list, capacity * sizeof(*list));
        if (!list) return false;
        rows->list = list;
        rows->capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy) return false;
    rows->list[rows->count++] = (struct row){.name = copy,
                                             .is_directory = S_ISDIR(status->st_mode),
                                             .size = (uint64_t)status->st_size,
                                             .modified = status->st_mtim.tv_sec};
    return true;
}

// What would be served: hidden names are not shown, nor links that lead out, nor devices.
static bool look_at(const struct weft_site *site, struct weft_span path, const char *name,
                    struct stat *status)
{
    char full[WEFT_PATH_SIZE + 256];
    if (name[0] == '.') return false;
    int size =
        snprintf(full, sizeof(full), "%.*s%s", (int)path.size, (const char *)path.data, name);
    if (size < 0 || (size_t)size >= sizeof(full)) return false;
    if (weft_root_stat(site->place.root, full, status) != 0) return false;
    return S_ISDIR(status->st_mode) || S_ISREG(status->st_mode);
}

static bool read_rows(const struct weft_site *site, struct weft_span path, DIR *directory,
                      struct rows *rows)
{
    const struct dirent *found;
    struct stat status;
    while ((found = readdir(directory))) {
        if (!look_at(site, path, found->d_name, &status)) continue;
        rows->is_cut = rows->count == LISTED_MOST;
        if (rows->is_cut) break;
        if (!add_row(rows, found->d_name, &status)) return false;
    }
    return true;
}

// Folders first, then by name.
static int compare(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;
    if (a->is_directory != b->is_directory) return a->is_directory ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void write_html(FILE *out, struct weft_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default: fputc(text.data[i], out); break;
        }
    }
}

// As a relative reference: all but the unreserved of RFC 3986 §2.3 is escaped, so a colon makes no scheme of it.
static void write_reference(FILE *out, const char *name)
{
    for (; *name; name++) {
        unsigned char byte = (unsigned char)*name;
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || strchr("-._~", byte);
        if (is_plain) {
            fputc(byte, out);
        } else {
            fprintf(out, "%%%02X", byte);
        }
    }
}

static void write_size(FILE *out, uint64_t size)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    double shown = (double)size;
    size_t unit = 0;
    while (shown >= 1000 && unit + 1 < WEFT_COUNT(units)) {
        shown /= 1000;
        unit++;
    }
    fprintf(out, unit == 0 || shown >= 99.95 ? "%.0f %s" : "%.1f %s", shown, units[unit]);
}

static void write_row(FILE *out, const struct row *row)
{
    char date[32] = "";
    char machine_date[32] = "";
    struct tm parts;
    const char *slash = row->is_directory ? "/" : "";
    if (gmtime_r(&row->modified, &parts)) {
        (void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &parts);
        (void)strftime(machine_date, sizeof(machine_date), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    fputs("<tr><td><a href=\"", out);
    write_reference(out, row->name);
    fprintf(out, "%s\">", slash);
    write_html(out, weft_span_of(row->name));
    fprintf(out, "%s</a><td>", slash);
    if (!row->is_directory) write_size(out, row->size);
    fprintf(out, "<td><time datetime=\"%s\">%s</time>\n", machine_date, date);
}

static const char style[] = WEFT_PAGE_STYLE
    "body{max-width:56rem;margin-top:4rem}table{width:100%;border-collapse:collapse}"
    "th,td{padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--rule);text-align:left}"
    "th{font-weight:400;font-size:.86rem}th,td+td{color:var(--soft)}"
    "td:first-child{width:100%;overflow-wrap:anywhere}a{text-decoration:none}a:hover{text-"
    "decoration:"
    "underline}th+th,td+td{white-space:nowrap;font-variant-numeric:tabular-nums}"
    "td:nth-child(2),th:nth-child(2){text-align:right;padding-right:1.5rem}"
    "@media(max-width:34rem){th:nth-child(3),td:nth-child(3){display:none}}";

static void write_page(FILE *out, struct weft_span path, const struct rows *rows)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\">\n<title>Index of ",
          out);
    write_html(out, path);
    fprintf(out, "</title>\n<style>%s</style>\n<h1>Index of ", style);
    write_html(out, path);
    fputs("</h1>\n<table>\n<thead><tr><th>Name<th>Size<th>Modified (UTC)\n<tbody>\n", out);
    if (path.size > 1) fputs("<tr><td><a href=\"../\">../</a><td><td>\n", out);
    for (size_t i = 0; i < rows->count; i++) {
        write_row(out, &rows->list[i]);
    }
    fputs("</table>\n", out);
    if (rows->count == 0) fputs("<p>This folder is empty.</p>\n", out);
    if (rows->is_cut) fprintf(out, "<p>Only %d entries are shown.</p>\n", LISTED_MOST);
}

// NULL without memory.
static struct weft_file *make_page(struct weft_span path, struct rows *rows, size_t *alive)
{
    char *page = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&page, &size);
    if (!out) return NULL;
    if (rows->count > 0) qsort(rows->list, rows->count, sizeof(*rows->list), compare);
    write_page(out, path, rows);
    bool failed = ferror(out) != 0;
    if (fclose(out) == 0 && !failed) return weft_file_of_bytes((uint8_t *)page, size, alive);
    free(page);
    return NULL;
}

// Reads the folder; *error is 0 or a negative errno.
static struct weft_file *read_folder(const struct weft_site *site, struct weft_span path,
                                     const char *name, int *error)
{
    struct rows rows = {0};
    struct weft_file *page = NULL;
    int fd = weft_root_open_directory(site->place.root, name);
    *error = fd < 0 ? fd : 0;
    if (fd < 0) return NULL;
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
    } else {
        if (read_rows(site, path, directory, &rows)) {
            page = make_page(path, &rows, &site->shared->listings_alive);
        }
        closedir(directory);
    }
    free_rows(&rows);
    if (!page) *error = -ENOMEM;
    return page;
}

// A large folder takes time and memory, so a page that was just made is sent again.
static struct weft_file *find_page(const struct weft_site *site, const char *name)
{
    for (size_t i = 0; i < WEFT_LISTINGS_KEPT; i++) {
        const struct weft_listing *listing = &site->shared->listings[i];
        bool is_young = listing->path && listing->site == site &&
                        site->shared->now_us - listing->made_us < WEFT_CACHE_CHECK_US;
        if (is_young && strcmp(listing->path, name) == 0) return weft_file_hold(listing->page);
    }
    return NULL;
}

// Keeps a page in place of the one that was made longest ago; without memory it is used once.
static void keep_page(struct weft_site *site, const char *name, struct weft_file *page)
{
    struct weft_site_shared *shared = site->shared;
    struct weft_listing *listing = &shared->listings[shared->listing_next];
    char *path = strdup(name);
    if (!path) return;
    free(listing->path);
    weft_file_release(listing->page);
    *listing = (struct weft_listing){site, path, weft_file_hold(page), shared->now_us};
    shared->listing_next = (shared->listing_next + 1) % WEFT_LISTINGS_KEPT;
}

static void answer_page(struct weft_site *site, struct weft_file *page, struct weft_answer *answer)
{
    answer->head.status = 200;
    answer->may_be_coded = true;
    answer->head.content_length = (int64_t)page->size;
    weft_body_of_file(&answer->body, page, 0, page->size);
    weft_site_add_common(site, answer);
    weft_answer_add(answer, WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("text/html; charset=utf-8")));
    weft_answer_add(answer, WEFT_HTTP_FIELD(CACHE_CONTROL, WEFT_SPAN("no-store")));
}

void weft_directory_listing(struct weft_site *site, struct weft_span path,
                            struct weft_answer *answer)
{
    char name[WEFT_PATH_SIZE];
    int error = 0;
    memcpy(name, path.data, path.size);
    name[path.size] = 0;
    struct weft_file *page = find_page(site, name);
    bool may_make =
        site->shared->listings_alive < ALIVE_MOST; // who takes none of them gets no more
    if (!page && may_make) {
        page = read_folder(site, path, name, &error);
        if (page) keep_page(site, name, page);
    }
    if (page) {
        answer_page(site, page, answer);
        weft_file_release(page);
    } else {
        weft_error_page(site, error == -ENOENT ? 404 : error == -EACCES ? 403 : 503, answer);
    }
}
