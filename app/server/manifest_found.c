// server/manifest_found.c: RFC 3986 for the references
#include "server/manifest_found.h"

#include "http/mime.h"
#include "http/target.h"
#include "net/memory.h"
#include "page/css_scan.h"
#include "server/manifest_write.h"

#include <errno.h>
#include <libxml/uri.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    DEPTH_MOST = 6,
    FONTS_MOST = 4,
    ORIGINS_MOST = 3,
    CSS_MOST = 4 << 20,
    MEMORY_MOST = 1 << 20
};

int weft_found_init(struct weft_found *found, const char *dir, const char *file, FILE *news)
{
    static const char index[] = "index.html";
    *found = (struct weft_found){.dir = dir, .news = news};
    weft_arena_init(&found->arena, weft_heap_alloc(), MEMORY_MOST);
    if (!weft_manifest_encode(weft_span_of(file), true, found->page, sizeof(found->page)))
        return -ENAMETOOLONG;
    memcpy(found->base, found->page, sizeof(found->base));
    size_t size = strlen(found->page);
    size_t tail = sizeof(index) - 1;
    if (size > tail && strcmp(found->page + size - tail, index) == 0 &&
        found->page[size - tail - 1] == '/') {
        found->page[size - tail] = 0;
    }
    return 0;
}

void weft_found_deinit(struct weft_found *found)
{
    weft_arena_deinit(&found->arena);
}

// What a reference means, as a path or a whole URI; to be freed with xmlFree().
static char *resolve(const char *base, struct weft_span url)
{
    char encoded[WEFT_FOUND_PATH_SIZE];
    while (url.size > 0 && url.data[0] <= ' ')
        url = weft_span_skip(url, 1);
    while (url.size > 0 && url.data[url.size - 1] <= ' ')
        url.size--;
    if (url.size == 0 || base[0] == 0 ||
        !weft_manifest_encode(url, false, encoded, sizeof(encoded)))
        return NULL;
    return (char *)xmlBuildURI((const xmlChar *)encoded, (const xmlChar *)base);
}

void weft_found_set_base(struct weft_found *found, const char *url)
{
    char *base = resolve(found->base, weft_span_of(url));
    bool is_ours = base && base[0] == '/' && base[1] != '/';
    snprintf(found->base, sizeof(found->base), "%s", is_ours ? base : "");
    xmlFree(base);
}

static const struct weft_manifest_resource *find(const struct weft_found *found,
                                                 struct weft_span target)
{
    for (size_t i = 0; i < found->count; i++) {
        if (weft_span_equal(found->resources[i].target, target)) return &found->resources[i];
    }
    return NULL;
}

static size_t count_of(const struct weft_found *found, enum weft_manifest_as as)
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        count += found->resources[i].as == as;
    return count;
}

// Adds a resource that is not there yet; NULL where there is no room.
static const struct weft_manifest_resource *add(struct weft_found *found,
                                                struct weft_manifest_resource resource)
{
    if (found->count == WEFT_MANIFEST_RESOURCES_MOST || find(found, resource.target)) return NULL;
    resource.target = weft_arena_copy(&found->arena, resource.target);
    if (!resource.target.data) return NULL;
    found->resources[found->count++] = resource;
    return &found->resources[found->count - 1];
}

// Another origin's: it can only be connected to.
static void add_origin(struct weft_found *found, const char *uri, enum weft_manifest_as as)
{
    char origin[WEFT_FOUND_PATH_SIZE + 8];
    bool has_scheme = strncmp(uri, "https://", 8) == 0 || strncmp(uri, "http://", 7) == 0;
    bool is_ours_to_add = as <= WEFT_MANIFEST_FONT && (has_scheme || strncmp(uri, "//", 2) == 0);
    if (!is_ours_to_add || count_of(found, WEFT_MANIFEST_ORIGIN) == ORIGINS_MOST) return;
    snprintf(origin, sizeof(origin), "%s%s", has_scheme ? "" : "https:", uri);
    char *host = strstr(origin, "://") + 3;
    host[strcspn(host, "/?#")] = 0;
    (void)add(found, (struct weft_manifest_resource){
                         .target = weft_span_of(origin),
                         .as = WEFT_MANIFEST_ORIGIN,
                         .crossorigin = (uint8_t)weft_manifest_crossorigin_of(as),
                     });
}

// The name of the file that a path on the wire stands for.
static bool file_name(const struct weft_found *found, struct weft_span target, char *name,
                      size_t room, uint64_t *size)
{
    uint8_t decoded[WEFT_FOUND_PATH_SIZE];
    struct weft_http_path path;
    struct stat status;
    if (weft_http_path_decode(target, decoded, sizeof(decoded), &path) != WEFT_HTTP_PATH_FINE) {
        return false;
    }
    int written = snprintf(name, room, "%s%.*s", found->dir, (int)path.path.size,
                           (const char *)path.path.data);
    if (written < 0 || (size_t)written >= room) return false;
    if (stat(name, &status) != 0 || !S_ISREG(status.st_mode)) return false;
    *size = (uint64_t)status.st_size;
    return true;
}

// The file's bytes, with a NUL behind them; NULL where it cannot be read.
static uint8_t *read_file(const char *name, size_t size)
{
    FILE *in = size <= CSS_MOST ? fopen(name, "rbe") : NULL;
    uint8_t *bytes = in ? malloc(size + 1) : NULL;
    if (bytes && fread(bytes, 1, size, in) < size) {
        free(bytes);
        bytes = NULL;
    }
    if (in) fclose(in);
    return bytes;
}

static void miss(struct weft_found *found, const char *target)
{
    found->missing_count++;
    if (found->news) fprintf(found->news, "%s: %s is not there\n", found->page, target);
}

// Adds a file of ours, and what it names in turn. That goes as deep as sheets import each other, at most DEPTH_MOST.
// NOLINTNEXTLINE(misc-no-recursion)
static void add_own(struct weft_found *found, char *target, struct weft_manifest_resource resource)
{
    char name[2 * WEFT_FOUND_PATH_SIZE];
    target[strcspn(target, "#")] = 0;
    resource.target = weft_span_of(target);
    if (find(found, resource.target)) return;
    if (!file_name(found, resource.target, name, sizeof(name), &resource.size)) {
        miss(found, target);
        return;
    }
    if (resource.as == WEFT_MANIFEST_FONT)
        resource.type = weft_http_mime_of(weft_span_of(name))->type;
    if (!add(found, resource) || resource.as != WEFT_MANIFEST_STYLE) return;
    uint8_t *css = read_file(name, (size_t)resource.size);
    if (!css) return;
    weft_found_scan_css(found, target, (struct weft_span){css, (size_t)resource.size},
                        resource.depth + 1U);
    free(css);
}

// NOLINTNEXTLINE(misc-no-recursion)
void weft_found_add(struct weft_found *found, const char *base, struct weft_span url,
                    enum weft_manifest_as as, enum weft_manifest_crossorigin crossorigin,
                    unsigned depth)
{
    char *target = resolve(base, url);
    struct weft_manifest_resource resource = {
        .as = (uint8_t)as,
        .crossorigin = (uint8_t)crossorigin,
        .depth = (uint8_t)depth,
        .mode = as == WEFT_MANIFEST_IMAGE ? WEFT_MANIFEST_HINT : WEFT_MANIFEST_BOTH,
        .priority = as == WEFT_MANIFEST_IMAGE ? WEFT_MANIFEST_HIGH : WEFT_MANIFEST_AUTO,
    };
    if (target && target[0] == '/' && target[1] != '/') {
        add_own(found, target, resource);
    } else if (target) {
        add_origin(found, target, as);
    }
    xmlFree(target);
}

// NOLINTNEXTLINE(misc-no-recursion)
void weft_found_scan_css(struct weft_found *found, const char *base, struct weft_span css,
                         unsigned depth)
{
    struct weft_css_reference reference;
    while (depth <= DEPTH_MOST && weft_css_scan(&css, &reference)) {
        if (reference.kind == WEFT_CSS_IMPORT) {
            weft_found_add(found, base, reference.url, WEFT_MANIFEST_STYLE, WEFT_MANIFEST_NO_CORS,
                           depth);
        } else if (reference.kind == WEFT_CSS_FONT &&
                   count_of(found, WEFT_MANIFEST_FONT) < FONTS_MOST) {
            weft_found_add(found, base, reference.url, WEFT_MANIFEST_FONT, WEFT_MANIFEST_ANONYMOUS,
                           depth);
        }
    }
}

void weft_found_write(const struct weft_found *found, FILE *out)
{
    if (found->count == 0) return;
    weft_manifest_write_page(out, weft_span_of(found->page));
    for (unsigned as = 0; as < WEFT_MANIFEST_AS_COUNT; as++) { // what blocks the page comes first
        for (size_t i = 0; i < found->count; i++) {
            if (found->resources[i].as == as)
                weft_manifest_write_resource(out, &found->resources[i]);
        }
    }
}
