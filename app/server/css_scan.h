// server/css_scan.h: what a style sheet makes a browser fetch: imports and fonts (CSS Syntax, CSS Fonts).
#ifndef WEFT_SERVER_CSS_SCAN_H
#define WEFT_SERVER_CSS_SCAN_H

#include "base/span.h"

enum weft_css_kind {
    WEFT_CSS_IMPORT, // @import
    WEFT_CSS_FONT,   // of a @font-face: its WOFF2 file, or else its first
};

struct weft_css_reference {
    enum weft_css_kind kind;
    struct weft_span url; // as written, without quotes
};

/**
 * Finds the next reference. Images are left out: which of them a page shows the sheet alone does not tell.
 *
 * rest     what is left of the sheet; moved on
 * returns  false where there is none
 */
bool weft_css_scan(struct weft_span *rest, struct weft_css_reference *reference);

#endif
