// page/html_scan.c: elements as libxml2's parser meets them
#include "page/html_scan.h"

#include <libxml/HTMLparser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct weft_html_scan {
    struct weft_html_listener listener;
    htmlParserCtxtPtr parser;
    htmlSAXHandler events;
    size_t fed;
    unsigned closed;  // <noscript> and <template> around this place
    unsigned picture; // <picture> around it
    bool is_in_style;
    char *sheet; // the text of the <style> so far
    size_t sheet_size;
    size_t sheet_room;
};

// Attributes: name, value, name, value, ..., NULL; names in lower case, values NULL where there is none

static const char *attribute(const xmlChar **attributes, const char *name)
{
    for (size_t i = 0; attributes && attributes[i]; i += 2) {
        if (strcmp((const char *)attributes[i], name) != 0) continue;
        return attributes[i + 1] ? (const char *)attributes[i + 1] : "";
    }
    return NULL;
}

static bool attribute_is(const xmlChar **attributes, const char *name, const char *value)
{
    const char *text = attribute(attributes, name);
    return text && strcasecmp(text, value) == 0;
}

// Is the word among those of `rel`, which are parted by white space?
static bool has_relation(const xmlChar **attributes, const char *word)
{
    const char *rel = attribute(attributes, "rel");
    size_t size = strlen(word);
    while (rel && *rel) {
        rel += strspn(rel, " \t\r\n\f");
        size_t length = strcspn(rel, " \t\r\n\f");
        if (length == size && strncasecmp(rel, word, size) == 0) return true;
        rel += length;
    }
    return false;
}

static enum weft_html_cors cors_of(const xmlChar **attributes)
{
    if (!attribute(attributes, "crossorigin")) return WEFT_HTML_CORS_UNSAID;
    return attribute_is(attributes, "crossorigin", "use-credentials") ? WEFT_HTML_CORS_CREDENTIALS
                                                                      : WEFT_HTML_CORS_ANONYMOUS;
}

// Elements

// Tells of what the attribute `name` refers to, where it is there.
static void tell(const struct weft_html_scan *scan, const xmlChar **attributes, const char *name,
                 struct weft_html_reference reference)
{
    const char *url = attribute(attributes, name);
    if (!url) return;
    reference.text = weft_span_of(url);
    reference.cors = cors_of(attributes);
    reference.is_low = attribute_is(attributes, "fetchpriority", "low");
    reference.is_high = attribute_is(attributes, "fetchpriority", "high");
    scan->listener.found(scan->listener.context, &reference);
}

static void find_preload(const struct weft_html_scan *scan, const xmlChar **attributes)
{
    static const struct {
        const char *as;
        enum weft_html_kind kind;
    } words[] = {{"style", WEFT_HTML_STYLE}, {"script", WEFT_HTML_SCRIPT},
                 {"font", WEFT_HTML_FONT},   {"image", WEFT_HTML_IMAGE},
                 {"fetch", WEFT_HTML_FETCH}, {"track", WEFT_HTML_TRACK}};
    if (attribute(attributes, "media") || attribute(attributes, "imagesrcset")) return;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!attribute_is(attributes, "as", words[i].as)) continue;
        tell(scan, attributes, "href",
             (struct weft_html_reference){.kind = words[i].kind, .is_preload = true});
    }
}

static void find_link(const struct weft_html_scan *scan, const xmlChar **attributes)
{
    if (has_relation(attributes, "modulepreload")) {
        tell(scan, attributes, "href",
             (struct weft_html_reference){
                 .kind = WEFT_HTML_MODULE, .is_preload = true, .is_late = true});
    } else if (has_relation(attributes, "preload")) {
        find_preload(scan, attributes);
    } else if (has_relation(attributes, "stylesheet") && !has_relation(attributes, "alternate")) {
        bool is_apart =
            attribute_is(attributes, "media", "print") || attribute(attributes, "disabled") != NULL;
        if (!is_apart) {
            tell(scan, attributes, "href", (struct weft_html_reference){.kind = WEFT_HTML_STYLE});
        }
    }
}

static void find_script(const struct weft_html_scan *scan, const xmlChar **attributes)
{
    const char *type = attribute(attributes, "type");
    if (attribute(attributes, "nomodule")) return; // for browsers of long ago
    if (type && strcasecmp(type, "module") == 0) {
        tell(scan, attributes, "src",
             (struct weft_html_reference){.kind = WEFT_HTML_MODULE, .is_late = true});
    } else if (!type || !*type || strcasecmp(type, "text/javascript") == 0) {
        bool is_late = attribute(attributes, "defer") || attribute(attributes, "async");
        tell(scan, attributes, "src",
             (struct weft_html_reference){.kind = WEFT_HTML_SCRIPT, .is_late = is_late});
    }
}

static void find_image(const struct weft_html_scan *scan, const xmlChar **attributes)
{
    tell(scan, attributes, "src",
         (struct weft_html_reference){
             .kind = WEFT_HTML_IMAGE,
             .is_lazy = attribute_is(attributes, "loading", "lazy"),
             .is_choice = scan->picture > 0 || attribute(attributes, "srcset") != NULL,
         });
}

static void tell_sheet(struct weft_html_scan *scan)
{
    struct weft_html_reference reference = {
        .kind = WEFT_HTML_SHEET, .text = {(const uint8_t *)scan->sheet, scan->sheet_size}};
    if (scan->sheet_size > 0) scan->listener.found(scan->listener.context, &reference);
    scan->sheet_size = 0;
    scan->is_in_style = false;
}

static bool is_closing(const char *name)
{
    return strcmp(name, "noscript") == 0 || strcmp(name, "template") == 0;
}

// The parser's calls

static void on_start(void *context, const xmlChar *element, const xmlChar **attributes)
{
    struct weft_html_scan *scan = context;
    const char *name = (const char *)element;
    if (is_closing(name)) scan->closed++;
    if (strcmp(name, "picture") == 0) scan->picture++;
    if (scan->closed > 0) return;
    if (strcmp(name, "link") == 0) find_link(scan, attributes);
    if (strcmp(name, "script") == 0) find_script(scan, attributes);
    if (strcmp(name, "img") == 0) find_image(scan, attributes);
    if (strcmp(name, "style") == 0) scan->is_in_style = true;
    if (strcmp(name, "base") == 0) {
        tell(scan, attributes, "href", (struct weft_html_reference){.kind = WEFT_HTML_BASE});
    }
}

static void on_end(void *context, const xmlChar *element)
{
    struct weft_html_scan *scan = context;
    const char *name = (const char *)element;
    if (is_closing(name) && scan->closed > 0) scan->closed--;
    if (strcmp(name, "picture") == 0 && scan->picture > 0) scan->picture--;
    if (strcmp(name, "style") == 0 && scan->is_in_style) tell_sheet(scan);
}

static void on_text(void *context, const xmlChar *text, int size)
{
    struct weft_html_scan *scan = context;
    size_t more = size > 0 ? (size_t)size : 0;
    if (!scan->is_in_style || more > WEFT_HTML_SHEET_MOST - scan->sheet_size) return;
    if (scan->sheet_room - scan->sheet_size < more) {
        size_t room = 2 * (scan->sheet_size + more);
        char *grown = realloc(scan->sheet, room);
        if (!grown) return; // a sheet with a hole names less
        scan->sheet = grown;
        scan->sheet_room = room;
    }
    if (more > 0) memcpy(scan->sheet + scan->sheet_size, text, more);
    scan->sheet_size += more;
}

// The scan

struct weft_html_scan *weft_html_scan_new(const struct weft_html_listener *listener)
{
    struct weft_html_scan *scan = calloc(1, sizeof(*scan));
    if (!scan) return NULL;
    scan->listener = *listener;
    scan->events.startElement = on_start;
    scan->events.endElement = on_end;
    scan->events.characters = on_text;
    scan->events.cdataBlock = on_text;
    scan->parser =
        htmlCreatePushParserCtxt(&scan->events, scan, NULL, 0, NULL, XML_CHAR_ENCODING_NONE);
    if (!scan->parser) {
        free(scan);
        return NULL;
    }
    htmlCtxtUseOptions(scan->parser, HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
    return scan;
}

void weft_html_scan_feed(struct weft_html_scan *scan, struct weft_span bytes)
{
    size_t room = WEFT_HTML_SIZE_MOST - scan->fed;
    size_t size = bytes.size < room ? bytes.size : room;
    scan->fed += size;
    if (size > 0) (void)htmlParseChunk(scan->parser, (const char *)bytes.data, (int)size, 0);
}

void weft_html_scan_end(struct weft_html_scan *scan)
{
    if (!scan) return;
    (void)htmlParseChunk(scan->parser, "", 0, 1);
    if (scan->is_in_style) tell_sheet(scan);
    htmlFreeParserCtxt(scan->parser);
    free(scan->sheet);
    free(scan);
}
