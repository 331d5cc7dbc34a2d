// server/manifest_make.c: libxml2 reads the HTML; what the elements fetch is the HTML standard's (§4.2.4, §4.12.1, §4.8.3)
#include "server/manifest_make.h"

#include "server/manifest_found.h"

#include <errno.h>
#include <ftw.h>
#include <libxml/HTMLparser.h>
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

// Elements

static bool element_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcasecmp((const char *)node->name, name) == 0;
}

static char *attribute(const xmlNode *node, const char *name)
{
    return (char *)xmlGetProp(node, (const xmlChar *)name); // freed with xmlFree()
}

static bool attribute_is(const xmlNode *node, const char *name, const char *value)
{
    char *text = attribute(node, name);
    bool is_same = text && strcasecmp(text, value) == 0;
    xmlFree(text);
    return is_same;
}

static bool has_attribute(const xmlNode *node, const char *name)
{
    return xmlHasProp(node, (const xmlChar *)name) != NULL;
}

// Is the word among those of `rel`, which are parted by white space?
static bool has_relation(const xmlNode *node, const char *word)
{
    char *rel = attribute(node, "rel");
    bool is_there = false;
    char *rest = NULL;
    for (char *part = rel ? strtok_r(rel, " \t\r\n\f", &rest) : NULL; part && !is_there;
         part = strtok_r(NULL, " \t\r\n\f", &rest)) {
        is_there = strcasecmp(part, word) == 0;
    }
    xmlFree(rel);
    return is_there;
}

static enum weft_manifest_crossorigin crossorigin_of(const xmlNode *node, enum weft_manifest_as as)
{
    if (!has_attribute(node, "crossorigin")) {
        return as == WEFT_MANIFEST_FONT ? WEFT_MANIFEST_ANONYMOUS : WEFT_MANIFEST_NO_CORS;
    }
    return attribute_is(node, "crossorigin", "use-credentials") ? WEFT_MANIFEST_USE_CREDENTIALS
                                                                : WEFT_MANIFEST_ANONYMOUS;
}

static void find_named(struct weft_found *found, const xmlNode *node, const char *name,
                       enum weft_manifest_as as)
{
    char *url = attribute(node, name);
    if (url) {
        weft_found_add(found, found->base, weft_span_of(url), as, crossorigin_of(node, as), 1);
    }
    xmlFree(url);
}

static void find_preload(struct weft_found *found, const xmlNode *node)
{
    char *as = attribute(node, "as");
    for (int i = 0; as && i < WEFT_MANIFEST_ORIGIN; i++) {
        if (i == WEFT_MANIFEST_MODULE || strcasecmp(as, weft_manifest_as_words[i]) != 0) continue;
        find_named(found, node, "href", (enum weft_manifest_as)i);
    }
    xmlFree(as);
}

static void find_link(struct weft_found *found, const xmlNode *node)
{
    if (has_relation(node, "modulepreload")) {
        find_named(found, node, "href", WEFT_MANIFEST_MODULE);
    } else if (has_relation(node, "preload")) {
        if (!has_attribute(node, "media") && !has_attribute(node, "imagesrcset")) {
            find_preload(found, node);
        }
    } else if (has_relation(node, "stylesheet") && !has_relation(node, "alternate")) {
        bool is_apart = attribute_is(node, "media", "print") || has_attribute(node, "disabled");
        if (!is_apart) find_named(found, node, "href", WEFT_MANIFEST_STYLE);
    }
}

static void find_script(struct weft_found *found, const xmlNode *node)
{
    if (has_attribute(node, "nomodule")) return; // for browsers of long ago
    if (attribute_is(node, "type", "module")) {
        find_named(found, node, "src", WEFT_MANIFEST_MODULE);
    } else if (!has_attribute(node, "type") || attribute_is(node, "type", "") ||
               attribute_is(node, "type", "text/javascript")) {
        find_named(found, node, "src", WEFT_MANIFEST_SCRIPT);
    }
}

// The first images are likely above the fold; those whose source depends on the screen cannot be named here.
static void find_image(struct weft_found *found, const xmlNode *node)
{
    bool is_plain = !has_attribute(node, "srcset") && !attribute_is(node, "loading", "lazy") &&
                    !attribute_is(node, "fetchpriority", "low") &&
                    !(node->parent && element_is(node->parent, "picture"));
    if (!is_plain || found->image_count == IMAGES_MOST) return;
    size_t before = found->count;
    find_named(found, node, "src", WEFT_MANIFEST_IMAGE);
    found->image_count += found->count - before;
}

static void find_style(struct weft_found *found, const xmlNode *node)
{
    char *text = (char *)xmlNodeGetContent(node);
    if (text) weft_found_scan_css(found, found->base, weft_span_of(text), 2);
    xmlFree(text);
}

static void find_base(struct weft_found *found, const xmlNode *node)
{
    char *url = attribute(node, "href");
    if (url) weft_found_set_base(found, url);
    xmlFree(url);
}

static void look_at(struct weft_found *found, const xmlNode *node)
{
    if (element_is(node, "link")) find_link(found, node);
    if (element_is(node, "script")) find_script(found, node);
    if (element_is(node, "img")) find_image(found, node);
    if (element_is(node, "style")) find_style(found, node);
    if (element_is(node, "base")) find_base(found, node);
}

// The next node in the document's order; what scripts or their lack would change is not gone into.
static const xmlNode *next_node(const xmlNode *node)
{
    bool is_closed = element_is(node, "noscript") || element_is(node, "template");
    if (node->children && node->type == XML_ELEMENT_NODE && !is_closed) return node->children;
    while (node && !node->next)
        node = node->parent && node->parent->type == XML_ELEMENT_NODE ? node->parent : NULL;
    return node ? node->next : NULL;
}

static int read_page(struct weft_found *found, const char *file)
{
    htmlDocPtr document =
        htmlReadFile(file, NULL, HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
    if (!document) return -EIO;
    for (const xmlNode *node = xmlDocGetRootElement(document); node; node = next_node(node))
        look_at(found, node);
    xmlFreeDoc(document);
    return 0;
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
