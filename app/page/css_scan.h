// page/css_scan.h: what a style sheet makes a browser fetch: imports, fonts and images (CSS Syntax, CSS Fonts).
#ifndef WEFT_PAGE_CSS_SCAN_H
#define WEFT_PAGE_CSS_SCAN_H

#include "base/span.h"

enum weft_css_kind {
    WEFT_CSS_IMPORT, // @import
    WEFT_CSS_FONT,   // of a @font-face: its WOFF2 file, or else its first
    WEFT_CSS_IMAGE, // any other url(): it is fetched where the rule that it stands in applies to something
};

struct weft_css_reference {
    enum weft_css_kind kind;
    struct weft_span url; // as written, without quotes
};

/**
 * Finds the next reference.
 *
 * rest     what is left of the sheet; moved on
 * returns  false where there is none
 */
bool weft_css_scan(struct weft_span *rest, struct weft_css_reference *reference);

#endif
