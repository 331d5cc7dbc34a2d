// server/pattern.c
#include "server/pattern.h"

static bool has_byte(struct weft_span span, uint8_t byte)
{
    return weft_span_find(span, byte) < span.size;
}

const char *weft_pattern_parse(const char *text, struct weft_pattern *pattern)
{
    struct weft_span span = weft_span_of(text);
    size_t star = weft_span_find(span, '*');
    *pattern = (struct weft_pattern){.before = weft_span_part(span, 0, star),
                                     .after = weft_span_skip(span, star + 1),
                                     .has_star = star < span.size};
    if (span.size == 0 || span.data[0] != '/') return "expected a path that begins with /";
    if (has_byte(pattern->after, '*')) return "a path has at most one *";
    if (has_byte(span, '?') || has_byte(span, '#')) return "a path is named without query";
    for (size_t i = 0; i + 1 < span.size; i++) {
        if (span.data[i] == '/' && span.data[i + 1] == '/')
            return "no path has two slashes in a row";
    }
    return NULL;
}

bool weft_pattern_matches(const struct weft_pattern *pattern, struct weft_span path,
                          struct weft_span *rest)
{
    *rest = (struct weft_span){0};
    if (!pattern->has_star) return weft_span_equal(path, pattern->before);
    size_t fixed = pattern->before.size + pattern->after.size;
    if (path.size < fixed || !weft_span_starts_with(path, pattern->before)) return false;
    size_t after = path.size - pattern->after.size;
    if (!weft_span_equal(weft_span_skip(path, after), pattern->after)) return false;
    *rest = weft_span_part(path, pattern->before.size, path.size - fixed);
    return true;
}
