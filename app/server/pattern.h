// server/pattern.h: which paths a rule is for: a path, or one with a * that stands for any text.
#ifndef WEFT_SERVER_PATTERN_H
#define WEFT_SERVER_PATTERN_H

#include "base/span.h"

/** A path as names of files have it: decoded, without query. */
struct weft_pattern {
    struct weft_span before; // what stands before the star; all of it where there is none
    struct weft_span after;
    bool has_star;
};

/**
 * Reads a pattern: it begins with a slash and has at most one star.
 *
 * text     borrowed for the pattern's life
 * returns  NULL, or what was expected: static text
 */
const char *weft_pattern_parse(const char *text, struct weft_pattern *pattern);

/** Does it match a whole path? `rest` is set to what the star stands for. */
bool weft_pattern_matches(const struct weft_pattern *pattern, struct weft_span path,
                          struct weft_span *rest);

#endif
