// server/manifest.c: RFC 8288; the link types of the HTML standard
#include "server/manifest.h"

#include "http/link.h"
#include "http/mime.h"
#include "net/memory.h"

#include <stdlib.h>

enum { MEMORY_MOST = 64 << 20 };

const char *const weft_manifest_as_words[WEFT_MANIFEST_AS_COUNT] = {
    "style", "script", "module", "font", "image", "fetch", "track", NULL};
const char *const weft_manifest_crossorigin_words[WEFT_MANIFEST_CROSSORIGIN_COUNT + 1] = {
    "none", "anonymous", "use-credentials", NULL};
const char *const weft_manifest_priority_words[WEFT_MANIFEST_PRIORITY_COUNT + 1] = {"auto", "high",
                                                                                    "low", NULL};
const char *const weft_manifest_mode_words[WEFT_MANIFEST_MODE_COUNT + 1] = {"both", "hint", "push",
                                                                            "none", NULL};
const char *const weft_manifest_count_words[WEFT_MANIFEST_COUNTS + 1] = {
    "seen", "of", "hinted", "asked", "pushed", "cancelled", "wasted", NULL};

struct weft_manifest *weft_manifest_new(void)
{
    struct weft_manifest *manifest = calloc(1, sizeof(*manifest));
    if (manifest) weft_arena_init(&manifest->arena, weft_heap_alloc(), MEMORY_MOST);
    return manifest;
}

void weft_manifest_free(struct weft_manifest *manifest)
{
    if (!manifest) return;
    weft_arena_deinit(&manifest->arena);
    free(manifest);
}

static int compare_paths(struct weft_span a, struct weft_span b)
{
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_pages(const void *a, const void *b)
{
    const struct weft_manifest_page *first = a;
    const struct weft_manifest_page *second = b;
    int order = compare_paths(first->path, second->path);
    return order != 0 ? order : (first->line > second->line) - (first->line < second->line);
}

void weft_manifest_sort(struct weft_manifest *manifest)
{
    if (manifest->page_count < 2) return;
    qsort(manifest->pages, manifest->page_count, sizeof(*manifest->pages), compare_pages);
}

static int compare_key(const void *key, const void *page)
{
    return compare_paths(*(const struct weft_span *)key,
                         ((const struct weft_manifest_page *)page)->path);
}

const struct weft_manifest_page *weft_manifest_find(const struct weft_manifest *manifest,
                                                    struct weft_span path)
{
    if (manifest->page_count == 0) return NULL;
    return bsearch(&path, manifest->pages, manifest->page_count, sizeof(*manifest->pages),
                   compare_key);
}

enum weft_manifest_as weft_manifest_as_of(struct weft_span path)
{
    static const struct {
        struct weft_span prefix;
        enum weft_manifest_as as;
    } rows[] = {
        {WEFT_SPAN_INIT("text/css"), WEFT_MANIFEST_STYLE},
        {WEFT_SPAN_INIT("text/javascript"), WEFT_MANIFEST_SCRIPT},
        {WEFT_SPAN_INIT("font/"), WEFT_MANIFEST_FONT},
        {WEFT_SPAN_INIT("image/"), WEFT_MANIFEST_IMAGE},
        {WEFT_SPAN_INIT("text/vtt"), WEFT_MANIFEST_TRACK},
    };
    struct weft_span name = weft_span_part(path, 0, weft_span_find(path, '?'));
    struct weft_span type = weft_http_mime_of(name)->type;
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        if (weft_span_starts_with(type, rows[i].prefix)) return rows[i].as;
    }
    return WEFT_MANIFEST_FETCH;
}

enum weft_manifest_crossorigin weft_manifest_crossorigin_of(enum weft_manifest_as as)
{
    return as == WEFT_MANIFEST_FONT || as == WEFT_MANIFEST_FETCH ? WEFT_MANIFEST_ANONYMOUS
                                                                 : WEFT_MANIFEST_NO_CORS;
}

// The crossorigin attribute: `anonymous` is what it means without a value.
static void add_crossorigin(struct weft_http_link_attribute *attributes, size_t *count,
                            uint8_t crossorigin)
{
    if (crossorigin == WEFT_MANIFEST_NO_CORS) return;
    attributes[*count] = (struct weft_http_link_attribute){.name = WEFT_SPAN("crossorigin")};
    if (crossorigin == WEFT_MANIFEST_USE_CREDENTIALS) {
        attributes[*count].value = WEFT_SPAN("use-credentials");
    }
    (*count)++;
}

static bool write_resource(struct weft_writer *out, const struct weft_manifest_resource *resource)
{
    struct weft_http_link_attribute attributes[6];
    size_t count = 0;
    bool is_module = resource->as == WEFT_MANIFEST_MODULE;
    bool is_origin = resource->as == WEFT_MANIFEST_ORIGIN;
    struct weft_span relation = is_origin   ? WEFT_SPAN("preconnect")
                                : is_module ? WEFT_SPAN("modulepreload")
                                            : WEFT_SPAN("preload");
    attributes[count++] = (struct weft_http_link_attribute){WEFT_SPAN("rel"), relation};
    if (!is_origin && !is_module) {
        struct weft_span as = weft_span_of(weft_manifest_as_words[resource->as]);
        attributes[count++] = (struct weft_http_link_attribute){WEFT_SPAN("as"), as};
    }
    add_crossorigin(attributes, &count, resource->crossorigin);
    if (resource->type.size > 0) {
        attributes[count++] = (struct weft_http_link_attribute){WEFT_SPAN("type"), resource->type};
    }
    if (resource->priority != WEFT_MANIFEST_AUTO) {
        struct weft_span word = weft_span_of(weft_manifest_priority_words[resource->priority]);
        attributes[count++] = (struct weft_http_link_attribute){WEFT_SPAN("fetchpriority"), word};
    }
    return weft_http_link_write(out, resource->target, attributes, count);
}

enum weft_manifest_link_result weft_manifest_make_link(struct weft_manifest *manifest,
                                                       struct weft_manifest_page *page)
{
    uint8_t room[WEFT_MANIFEST_LINK_MOST];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    for (size_t i = 0; i < page->resource_count; i++) {
        const struct weft_manifest_resource *resource = &page->resources[i];
        if (resource->mode == WEFT_MANIFEST_PUSH || resource->mode == WEFT_MANIFEST_NONE) continue;
        page->hints_images = page->hints_images || resource->as == WEFT_MANIFEST_IMAGE;
        if (weft_writer_size(&out) > 0) weft_write_bytes(&out, WEFT_SPAN(", "));
        if (!write_resource(&out, resource)) return WEFT_MANIFEST_LINK_TOO_LONG;
    }
    if (weft_writer_size(&out) == 0) return WEFT_MANIFEST_LINK_MADE;
    page->link = weft_arena_copy(&manifest->arena, weft_written(&out));
    return page->link.data ? WEFT_MANIFEST_LINK_MADE : WEFT_MANIFEST_LINK_NO_MEMORY;
}
