// page/css_scan.c: CSS Syntax Module Level 3 §4, as far as comments, strings, url() and at-keywords go
#include "page/css_scan.h"

static bool starts_with_word(struct weft_span text, struct weft_span word)
{
    return text.size >= word.size &&
           weft_span_equal_ignoring_case(weft_span_part(text, 0, word.size), word);
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_name(uint8_t byte)
{
    uint8_t lower = byte | 0x20;
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
           byte == '_' || byte >= 0x80;
}

// The size of a comment or a string at the start of `text`; 0 where there is neither.
static size_t skipped_size(struct weft_span text)
{
    if (weft_span_starts_with(text, WEFT_SPAN("/*"))) {
        for (size_t at = 2; at + 1 < text.size; at++) {
            if (text.data[at] == '*' && text.data[at + 1] == '/') return at + 2;
        }
        return text.size;
    }
    if (text.size == 0 || (text.data[0] != '"' && text.data[0] != '\'')) return 0;
    for (size_t at = 1; at < text.size; at++) {
        if (text.data[at] == '\\') {
            at++;
        } else if (text.data[at] == text.data[0] || text.data[at] == '\n') {
            return at + 1;
        }
    }
    return text.size;
}

static struct weft_span skip_spaces(struct weft_span text)
{
    for (;;) {
        bool is_comment = weft_span_starts_with(text, WEFT_SPAN("/*"));
        size_t size = is_comment ? skipped_size(text) : text.size > 0 && is_space(text.data[0]);
        if (size == 0) return text;
        text = weft_span_skip(text, size);
    }
}

static struct weft_span trim(struct weft_span text)
{
    text = skip_spaces(text);
    while (text.size > 0 && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

static struct weft_span without_quotes(struct weft_span text)
{
    if (skipped_size(text) != text.size || text.size < 2) return text;
    return weft_span_part(text, 1, text.size - 2);
}

// Takes a url(...) off; `url` is empty where there is none.
static struct weft_span take_url(struct weft_span text, struct weft_span *url)
{
    *url = (struct weft_span){0};
    if (!starts_with_word(text, WEFT_SPAN("url("))) return text;
    struct weft_span inside = skip_spaces(weft_span_skip(text, 4));
    size_t quoted = skipped_size(inside);
    size_t size = quoted > 0 ? quoted : weft_span_find(inside, ')');
    *url = without_quotes(trim(weft_span_part(inside, 0, size)));
    return weft_span_skip(inside, size);
}

static bool is_woff2(struct weft_span url)
{
    struct weft_span path = weft_span_part(url, 0, weft_span_find(url, '?'));
    path = weft_span_part(path, 0, weft_span_find(path, '#'));
    return path.size > 6 && weft_span_is(weft_span_skip(path, path.size - 6), ".woff2");
}

// Reads a @font-face from behind its name to its closing brace, and picks the file that browsers of today take.
static struct weft_span take_font_face(struct weft_span text, struct weft_span *best)
{
    *best = (struct weft_span){0};
    while (text.size > 0 && text.data[0] != '}') {
        struct weft_span url;
        size_t size = skipped_size(text);
        struct weft_span behind = size > 0 ? text : take_url(text, &url);
        if (size > 0 || behind.size == text.size) {
            text = weft_span_skip(text, size > 0 ? size : 1);
            continue;
        }
        if (url.size > 0 && (best->size == 0 || (is_woff2(url) && !is_woff2(*best)))) *best = url;
        text = behind;
    }
    return text;
}

static struct weft_span take_import(struct weft_span text, struct weft_span *url)
{
    text = skip_spaces(text);
    size_t size = skipped_size(text);
    if (size == 0) return take_url(text, url);
    *url = without_quotes(weft_span_part(text, 0, size));
    return weft_span_skip(text, size);
}

// A url() where a word may begin, or one byte.
static struct weft_span take_image(struct weft_span text, struct weft_span *url)
{
    struct weft_span behind = take_url(text, url);
    if (behind.size < text.size) return behind;
    do {
        text = weft_span_skip(text, 1); // "myurl(" is another function
    } while (text.size > 0 && is_name(text.data[0]) && is_name(text.data[-1]));
    return text;
}

bool weft_css_scan(struct weft_span *rest, struct weft_css_reference *reference)
{
    static const struct weft_span import = WEFT_SPAN_INIT("@import");
    static const struct weft_span font_face = WEFT_SPAN_INIT("@font-face");
    struct weft_span text = *rest;
    struct weft_span url = {0};
    while (text.size > 0 && url.size == 0) {
        size_t size = skipped_size(text);
        if (size > 0) {
            text = weft_span_skip(text, size);
        } else if (starts_with_word(text, import)) {
            text = take_import(weft_span_skip(text, import.size), &url);
            reference->kind = WEFT_CSS_IMPORT;
        } else if (starts_with_word(text, font_face)) {
            text = take_font_face(weft_span_skip(text, font_face.size), &url);
            reference->kind = WEFT_CSS_FONT;
        } else {
            text = take_image(text, &url);
            reference->kind = WEFT_CSS_IMAGE;
        }
    }
    *rest = text;
    reference->url = url;
    return url.size > 0;
}
