// server/manifest_read.c: libyaml makes a tree of the file; here it is judged, node by node.
#include "server/manifest_read.h"

#include "base/nearest.h"
#include "http/field_rules.h"
#include "http/target.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <yaml.h>

enum { FILE_MOST = 16 << 20, PATH_MOST = 2048, TEXT_SIZE = 512 };

/** A file that is being read. */
struct reading {
    yaml_document_t document;
    const struct weft_manifest_listener *listener;
    struct weft_manifest *manifest;
    unsigned faults;
};

__attribute__((format(printf, 3, 4))) static void
complain(struct reading *reading, const yaml_mark_t *mark, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments); // NOLINT: it was started a line before
    va_end(arguments);
    struct weft_manifest_complaint complaint = {.text = text};
    if (mark) {
        complaint.line = (unsigned)mark->line + 1;
        complaint.column = (unsigned)mark->column + 1;
    }
    reading->faults++;
    reading->listener->complain(reading->listener->context, &complaint);
}

static void complain_at(struct reading *reading, const yaml_node_t *node, const char *what)
{
    complain(reading, &node->start_mark, "%s", what);
}

static yaml_node_t *node_of(struct reading *reading, yaml_node_item_t index)
{
    return yaml_document_get_node(&reading->document, index);
}

static struct weft_span text_of(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE) return (struct weft_span){0};
    return (struct weft_span){node->data.scalar.value, node->data.scalar.length};
}

static void complain_of_word(struct reading *reading, const yaml_node_t *node, const char *kind,
                             const char *const *words)
{
    char listed[TEXT_SIZE / 2] = "";
    const char *word = (const char *)node->data.scalar.value;
    const char *nearest = weft_nearest(word, words);
    if (nearest) {
        complain(reading, &node->start_mark, "unknown %s '%.64s': did you mean '%s'?", kind, word,
                 nearest);
        return;
    }
    for (size_t i = 0; words[i]; i++) {
        size_t at = strlen(listed);
        snprintf(listed + at, sizeof(listed) - at, "%s%s", i ? ", " : "", words[i]);
    }
    complain(reading, &node->start_mark, "unknown %s '%.64s': expected one of %s", kind, word,
             listed);
}

// Which of the words (ended by NULL) does a node say? -1 where none, which was told.
static int word_of(struct reading *reading, const yaml_node_t *node, const char *kind,
                   const char *const *words)
{
    if (node->type != YAML_SCALAR_NODE) {
        complain(reading, &node->start_mark, "expected a %s: a single word", kind);
        return -1;
    }
    for (int i = 0; words[i]; i++) {
        if (weft_span_equal(text_of(node), weft_span_of(words[i]))) return i;
    }
    complain_of_word(reading, node, kind, words);
    return -1;
}

static struct weft_span copy(struct reading *reading, const yaml_node_t *node,
                             struct weft_span text)
{
    struct weft_span kept = weft_arena_copy(&reading->manifest->arena, text);
    if (text.size > 0 && !kept.data) complain_at(reading, node, "no memory");
    return kept;
}

static uint64_t number_of(struct reading *reading, const yaml_node_t *node, int64_t most)
{
    int64_t number = 0;
    if (!weft_http_parse_decimal(text_of(node), &number) || number > most) {
        complain(reading, &node->start_mark, "expected a number, 0 to %lld", (long long)most);
        return 0;
    }
    return (uint64_t)number;
}

// The path of a resource, as it goes over the wire.
static void take_path(struct reading *reading, const yaml_node_t *node,
                      struct weft_manifest_resource *resource)
{
    struct weft_span path = text_of(node);
    bool is_fine = weft_http_path_is_valid(path) && path.size <= PATH_MOST;
    for (size_t i = 0; i < path.size; i++) {
        is_fine = is_fine && path.data[i] < 0x7f && path.data[i] != '<' && path.data[i] != '>';
    }
    if (!is_fine) {
        complain_at(reading, node,
                    "expected a path of this site that begins with / and is percent-encoded");
    } else if (path.size > 1 && path.data[1] == '/') {
        complain_at(reading, node, "two slashes at the start name another host");
    } else {
        resource->target = copy(reading, node, path);
    }
}

// An origin to connect to: scheme://host[:port]
static void take_origin(struct reading *reading, const yaml_node_t *node,
                        struct weft_manifest_resource *resource)
{
    struct weft_span text = text_of(node);
    struct weft_http_authority authority;
    size_t scheme = weft_span_starts_with(text, WEFT_SPAN("https://"))  ? 8
                    : weft_span_starts_with(text, WEFT_SPAN("http://")) ? 7
                                                                        : 0;
    if (scheme == 0 || !weft_http_parse_authority(weft_span_skip(text, scheme), &authority)) {
        complain_at(reading, node, "expected an origin: https://HOST or https://HOST:PORT");
        return;
    }
    resource->as = WEFT_MANIFEST_ORIGIN;
    resource->target = copy(reading, node, text);
}

static void take_type(struct reading *reading, const yaml_node_t *node,
                      struct weft_manifest_resource *resource)
{
    struct weft_span type = text_of(node);
    size_t slash = weft_span_find(type, '/');
    if (!weft_http_is_token(weft_span_part(type, 0, slash)) ||
        !weft_http_is_token(weft_span_skip(type, slash + 1))) {
        complain_at(reading, node, "expected a media type, like font/woff2");
        return;
    }
    resource->type = copy(reading, node, type);
}

enum key {
    PATH,
    PRECONNECT,
    AS,
    CROSSORIGIN,
    TYPE,
    SIZE,
    DEPTH,
    MODE,
    FETCHPRIORITY,
    COUNTS, // the first of WEFT_MANIFEST_COUNTS
    KEYS = COUNTS + WEFT_MANIFEST_COUNTS,
};

static const char *const key_words[KEYS + 1] = {
    "path",      "preconnect",    "as",   "crossorigin", "type",   "size",  "depth",
    "mode",      "fetchpriority", "seen", "of",          "hinted", "asked", "pushed",
    "cancelled", "wasted",        NULL};

/** What a resource's entry has said. */
struct entry {
    struct weft_manifest_resource resource;
    unsigned keys; // bits of enum key
};

static void take_word(struct reading *reading, const yaml_node_t *value, const char *kind,
                      const char *const *words, uint8_t *out)
{
    int word = word_of(reading, value, kind, words);
    if (word >= 0) *out = (uint8_t)word;
}

static void take_key(struct reading *reading, enum key key, const yaml_node_t *value,
                     struct entry *entry)
{
    struct weft_manifest_resource *resource = &entry->resource;
    switch (key) {
    case PATH: take_path(reading, value, resource); break;
    case PRECONNECT: take_origin(reading, value, resource); break;
    case AS: take_word(reading, value, "as", weft_manifest_as_words, &resource->as); break;
    case CROSSORIGIN:
        take_word(reading, value, "crossorigin", weft_manifest_crossorigin_words,
                  &resource->crossorigin);
        break;
    case TYPE: take_type(reading, value, resource); break;
    case SIZE: resource->size = number_of(reading, value, INT64_MAX); break;
    case DEPTH: resource->depth = (uint8_t)number_of(reading, value, 16); break;
    case MODE: take_word(reading, value, "mode", weft_manifest_mode_words, &resource->mode); break;
    case FETCHPRIORITY:
        take_word(reading, value, "fetchpriority", weft_manifest_priority_words,
                  &resource->priority);
        break;
    default: // a count
        resource->tally.counts[key - COUNTS] = number_of(reading, value, INT64_MAX);
        break;
    }
}

// What was not said follows from the rest.
static void complete(struct entry *entry)
{
    struct weft_manifest_resource *resource = &entry->resource;
    bool is_origin = entry->keys & 1U << PRECONNECT;
    if (!is_origin && !(entry->keys & 1U << AS)) {
        resource->as = (uint8_t)weft_manifest_as_of(resource->target);
    }
    if (!is_origin && !(entry->keys & 1U << CROSSORIGIN)) {
        resource->crossorigin = (uint8_t)weft_manifest_crossorigin_of(resource->as);
    }
    if (is_origin) resource->mode = WEFT_MANIFEST_HINT; // nothing of another's can be pushed
}

static void judge_keys(struct reading *reading, const yaml_node_t *node, const struct entry *entry)
{
    bool is_path = entry->keys & 1U << PATH;
    bool is_origin = entry->keys & 1U << PRECONNECT;
    if (is_path == is_origin) {
        complain_at(reading, node,
                    is_path ? "a resource has a path or a preconnect, not both"
                            : "a resource needs its path (or a preconnect its origin)");
    } else if (is_origin && entry->keys & ~(1U << PRECONNECT | 1U << CROSSORIGIN)) {
        complain_at(reading, node, "a preconnect takes nothing but crossorigin");
    }
}

static void read_mapping(struct reading *reading, const yaml_node_t *node, struct entry *entry)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = node_of(reading, pair->key);
        int key = word_of(reading, name, "key", key_words);
        if (key < 0) continue;
        if (entry->keys & 1U << key) {
            complain_at(reading, name, "this key stands twice");
            continue;
        }
        entry->keys |= 1U << key;
        take_key(reading, (enum key)key, node_of(reading, pair->value), entry);
    }
    judge_keys(reading, node, entry);
}

// A resource is its path alone, or a mapping.
static struct weft_manifest_resource read_resource(struct reading *reading, const yaml_node_t *node)
{
    struct entry entry = {.resource.line = (uint32_t)node->start_mark.line + 1};
    if (node->type == YAML_SCALAR_NODE) {
        entry.keys = 1U << PATH;
        take_path(reading, node, &entry.resource);
    } else if (node->type == YAML_MAPPING_NODE) {
        read_mapping(reading, node, &entry);
    } else {
        complain_at(reading, node, "expected a path, or a mapping with a path in it");
    }
    complete(&entry);
    return entry.resource;
}

static bool stands_before(const struct weft_manifest_page *page, struct weft_span target)
{
    for (size_t i = 0; i < page->resource_count; i++) {
        if (target.size > 0 && weft_span_equal(page->resources[i].target, target)) return true;
    }
    return false;
}

static void read_resources(struct reading *reading, const yaml_node_t *node,
                           struct weft_manifest_page *page)
{
    const yaml_node_item_t *item = node->data.sequence.items.start;
    size_t count = (size_t)(node->data.sequence.items.top - item);
    if (count > WEFT_MANIFEST_RESOURCES_MOST) {
        complain(reading, &node->start_mark, "%zu resources, but a page may have at most %d", count,
                 WEFT_MANIFEST_RESOURCES_MOST);
        return;
    }
    page->resources = weft_arena_take(&reading->manifest->arena, count * sizeof(*page->resources));
    if (!page->resources) {
        complain_at(reading, node, "no memory");
        return;
    }
    for (; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *child = node_of(reading, *item);
        struct weft_manifest_resource resource = read_resource(reading, child);
        if (stands_before(page, resource.target)) {
            complain_at(reading, child, "this resource stands twice in the page");
        }
        page->resources[page->resource_count++] = resource;
    }
}

static struct weft_span page_path(struct reading *reading, const yaml_node_t *node)
{
    uint8_t room[PATH_MOST];
    struct weft_http_path path = {0};
    struct weft_span text = text_of(node);
    if (!weft_http_path_is_valid(text) ||
        weft_http_path_decode(text, room, sizeof(room), &path) != WEFT_HTTP_PATH_FINE) {
        complain_at(reading, node, "expected the path of a page, which begins with /");
        return path.path;
    }
    if (path.has_query) complain_at(reading, node, "a page is named without its query");
    return copy(reading, node, path.path);
}

static void read_page(struct reading *reading, const yaml_node_pair_t *pair)
{
    const yaml_node_t *name = node_of(reading, pair->key);
    const yaml_node_t *value = node_of(reading, pair->value);
    struct weft_manifest *manifest = reading->manifest;
    struct weft_manifest_page page = {.line = (uint32_t)name->start_mark.line + 1,
                                      .column = (uint32_t)name->start_mark.column + 1};
    page.path = page_path(reading, name);
    if (value->type != YAML_SEQUENCE_NODE) {
        complain_at(reading, value, "expected a list of resources, each with a dash in front");
        return;
    }
    read_resources(reading, value, &page);
    if (reading->faults > 0) return;
    switch (weft_manifest_make_link(manifest, &page)) {
    case WEFT_MANIFEST_LINK_TOO_LONG:
        complain(reading, &name->start_mark, "the hints of this page are longer than %d bytes",
                 WEFT_MANIFEST_LINK_MOST);
        break;
    case WEFT_MANIFEST_LINK_NO_MEMORY: complain_at(reading, name, "no memory"); break;
    case WEFT_MANIFEST_LINK_MADE: manifest->pages[manifest->page_count++] = page; break;
    }
}

static void read_pages(struct reading *reading, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE) {
        complain_at(reading, node, "expected pages: a path, a colon and a list for each");
        return;
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    size_t count = (size_t)(node->data.mapping.pairs.top - pair);
    if (count > WEFT_MANIFEST_PAGES_MOST) {
        complain(reading, &node->start_mark, "%zu pages, but there may be at most %d", count,
                 WEFT_MANIFEST_PAGES_MOST);
        return;
    }
    struct weft_manifest *manifest = reading->manifest;
    manifest->pages = weft_arena_take(&manifest->arena, count * sizeof(*manifest->pages) + 1);
    if (!manifest->pages) {
        complain_at(reading, node, "no memory");
        return;
    }
    for (; pair < node->data.mapping.pairs.top; pair++)
        read_page(reading, pair);
}

static void judge_pages(struct reading *reading)
{
    const struct weft_manifest *manifest = reading->manifest;
    for (size_t i = 1; i < manifest->page_count; i++) {
        const struct weft_manifest_page *page = &manifest->pages[i];
        if (!weft_span_equal(page->path, manifest->pages[i - 1].path)) continue;
        yaml_mark_t mark = {.line = page->line - 1, .column = page->column - 1};
        complain(reading, &mark, "the page '%.*s' stands twice", (int)page->path.size,
                 (const char *)page->path.data);
    }
}

static void read_root(struct reading *reading)
{
    static const char *const words[] = {"version", "pages", NULL};
    const yaml_node_t *root = yaml_document_get_root_node(&reading->document);
    bool has_pages = false;
    if (!root || root->type != YAML_MAPPING_NODE) {
        complain(reading, root ? &root->start_mark : NULL,
                 "expected 'pages:' and what is below it");
        return;
    }
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    for (; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *value = node_of(reading, pair->value);
        int word = word_of(reading, node_of(reading, pair->key), "key", words);
        if (word == 0 && !weft_span_is(text_of(value), "1")) {
            complain_at(reading, value, "this version of the format is not known: expected 1");
        }
        if (word == 1 && has_pages) complain_at(reading, value, "there are pages already");
        if (word == 1 && !has_pages) read_pages(reading, value);
        has_pages = has_pages || word == 1;
    }
    if (!has_pages) complain(reading, &root->start_mark, "'pages:' is missing");
    weft_manifest_sort(reading->manifest);
    judge_pages(reading);
}

static void parse(struct reading *reading, struct weft_span bytes)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        complain(reading, NULL, "no memory");
        return;
    }
    yaml_parser_set_input_string(&parser, bytes.data, bytes.size);
    if (yaml_parser_load(&parser, &reading->document)) {
        read_root(reading);
        yaml_document_delete(&reading->document);
    } else {
        bool has_mark = parser.problem_mark.line || parser.problem_mark.column;
        complain(reading, has_mark ? &parser.problem_mark : &parser.context_mark, "%s%s%s",
                 parser.problem ? parser.problem : "no memory", parser.context ? ", " : "",
                 parser.context ? parser.context : "");
    }
    yaml_parser_delete(&parser);
}

struct weft_manifest *weft_manifest_read_bytes(struct weft_span bytes,
                                               const struct weft_manifest_listener *listener)
{
    struct reading reading = {.listener = listener, .manifest = weft_manifest_new()};
    if (!reading.manifest) {
        complain(&reading, NULL, "no memory");
        return NULL;
    }
    parse(&reading, bytes);
    if (reading.faults == 0) return reading.manifest;
    weft_manifest_free(reading.manifest);
    return NULL;
}

struct weft_manifest *weft_manifest_read(const char *file,
                                         const struct weft_manifest_listener *listener)
{
    struct reading unread = {.listener = listener};
    struct weft_manifest *manifest = NULL;
    struct stat status;
    FILE *in = fopen(file, "rbe");
    if (!in || fstat(fileno(in), &status) != 0) {
        complain(&unread, NULL, "cannot be read: %s", strerror(errno));
    } else if (!S_ISREG(status.st_mode) || status.st_size > FILE_MOST) {
        complain(&unread, NULL, "is no file of at most 16 MB");
    } else {
        size_t size = (size_t)status.st_size;
        uint8_t *bytes = malloc(size + 1);
        size_t got = bytes ? fread(bytes, 1, size, in) : 0;
        if (!bytes || got < size) {
            complain(&unread, NULL, bytes ? "cannot be read to its end" : "no memory");
        } else {
            manifest = weft_manifest_read_bytes((struct weft_span){bytes, size}, listener);
        }
        free(bytes);
    }
    if (in) fclose(in);
    return manifest;
}
