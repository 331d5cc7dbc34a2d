// server/manifest_make.c: the pages of a folder, one after the other
#include "server/manifest_make.h"

#include "page/html_scan.h"
#include "server/manifest_found.h"

#include <errno.h>
#include <ftw.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAMES_MOST = WEFT_MANIFEST_PAGES_MOST, OPEN_MOST = 16, IMAGES_MOST = 3 };

/** The names of the HTML files of a folder; nftw() hands no context on. */
static _Thread_local struct {
    char **names;
    size_t count;
    int error;
} files;

static bool is_html(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcasecmp(dot, ".html") == 0 || strcasecmp(dot, ".htm") == 0);
}

static int on_file(const char *name, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    bool is_hidden = name[place->base] == '.' && place->level > 0; // is never served
    if (kind == FTW_D && is_hidden) return FTW_SKIP_SUBTREE;
    if (kind != FTW_F || is_hidden || !is_html(name) || files.count == NAMES_MOST)
        return FTW_CONTINUE;
    files.names[files.count] = strdup(name);
    if (!files.names[files.count]) {
        files.error = -ENOMEM;
        return FTW_STOP;
    }
    files.count++;
    return FTW_CONTINUE;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int find_files(const char *dir)
{
    files.count = 0;
    files.error = 0;
    files.names = calloc(NAMES_MOST, sizeof(*files.names));
    if (!files.names) return -ENOMEM;
    if (nftw(dir, on_file, OPEN_MOST, FTW_PHYS | FTW_ACTIONRETVAL) < 0) return -errno;
    qsort(files.names, files.count, sizeof(*files.names), compare_names);
    return files.error;
}

// What the page names

static enum weft_manifest_as as_of(enum weft_html_kind kind)
{
    switch (kind) {
    case WEFT_HTML_STYLE: return WEFT_MANIFEST_STYLE;
    case WEFT_HTML_SCRIPT: return WEFT_MANIFEST_SCRIPT;
    case WEFT_HTML_MODULE: return WEFT_MANIFEST_MODULE;
    case WEFT_HTML_FONT: return WEFT_MANIFEST_FONT;
    case WEFT_HTML_IMAGE: return WEFT_MANIFEST_IMAGE;
    case WEFT_HTML_TRACK: return WEFT_MANIFEST_TRACK;
    default: return WEFT_MANIFEST_FETCH;
    }
}

static enum weft_manifest_crossorigin crossorigin_of(const struct weft_html_reference *reference)
{
    switch (reference->cors) {
    case WEFT_HTML_CORS_ANONYMOUS: return WEFT_MANIFEST_ANONYMOUS;
    case WEFT_HTML_CORS_CREDENTIALS: return WEFT_MANIFEST_USE_CREDENTIALS;
    default:
        return reference->kind == WEFT_HTML_FONT ? WEFT_MANIFEST_ANONYMOUS : WEFT_MANIFEST_NO_CORS;
    }
}

// The first images are likely above the fold; those whose source depends on the screen cannot be named here.
static bool is_left_out(const struct weft_found *found, const struct weft_html_reference *reference)
{
    if (reference->kind != WEFT_HTML_IMAGE || reference->is_preload) return false;
    return reference->is_choice || reference->is_lazy || reference->is_low ||
           found->image_count == IMAGES_MOST;
}

static void on_found(void *context, const struct weft_html_reference *reference)
{
    struct weft_found *found = context;
    size_t before = found->count;
    if (reference->kind == WEFT_HTML_BASE) {
        char url[WEFT_FOUND_PATH_SIZE];
        snprintf(url, sizeof(url), "%.*s", (int)reference->text.size,
                 (const char *)reference->text.data);
        weft_found_set_base(found, url);
    } else if (reference->kind == WEFT_HTML_SHEET) {
        weft_found_scan_css(found, found->base, reference->text, 2);
    } else if (!is_left_out(found, reference)) {
        weft_found_add(found, found->base, reference->text, as_of(reference->kind),
                       crossorigin_of(reference), 1);
    }
    if (reference->kind == WEFT_HTML_IMAGE && !reference->is_preload) {
        found->image_count += found->count - before;
    }
}

static int read_page(struct weft_found *found, const char *file)
{
    struct weft_html_listener listener = {on_found, found};
    struct weft_html_scan *scan = weft_html_scan_new(&listener);
    FILE *in = fopen(file, "rbe");
    char bytes[16384];
    size_t size;
    int result = !scan ? -ENOMEM : !in ? -errno : 0;
    while (result == 0 && (size = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        weft_html_scan_feed(scan, (struct weft_span){(const uint8_t *)bytes, size});
    }
    if (in && ferror(in)) result = -EIO;
    weft_html_scan_end(scan);
    if (in) fclose(in);
    return result;
}

static int make_page(const char *dir, const char *file, FILE *out, FILE *news,
                     struct weft_manifest_made *made)
{
    struct weft_found found;
    int result = weft_found_init(&found, dir, file + strlen(dir), news);
    if (result == 0) result = read_page(&found, file);
    if (result == 0) {
        if (made->resource_count == 0 && found.count > 0) fprintf(out, "pages:\n");
        made->page_count++;
        made->resource_count += found.count;
        made->missing_count += found.missing_count;
        weft_found_write(&found, out);
    }
    weft_found_deinit(&found);
    return result;
}

int weft_manifest_make(const char *dir, FILE *out, FILE *news, struct weft_manifest_made *made)
{
    char *clean = strdup(dir);
    *made = (struct weft_manifest_made){0};
    if (!clean) return -ENOMEM;
    for (size_t size = strlen(clean); size > 1 && clean[size - 1] == '/'; size--)
        clean[size - 1] = 0;
    int result = find_files(clean);
    fprintf(out, "version: 1\n");
    for (size_t i = 0; i < files.count; i++) {
        if (result == 0) result = make_page(clean, files.names[i], out, news, made);
        free(files.names[i]);
    }
    if (made->resource_count == 0) fprintf(out, "pages: {}\n");
    free(files.names);
    free(clean);
    xmlCleanupParser();
    return result;
}
