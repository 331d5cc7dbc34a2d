// page/html_scan.h: what a page makes a browser fetch, told as its bytes come (HTML §4.2.4, §4.8.3, §4.12.1).
//
//     weft_html_scan_new() -> weft_html_scan_feed() for each piece -> weft_html_scan_end()
//
// libxml2 reads the HTML. What scripts would change, and what stands in <noscript> and <template>, is not gone into.
#ifndef WEFT_PAGE_HTML_SCAN_H
#define WEFT_PAGE_HTML_SCAN_H

#include "base/span.h"

struct weft_html_scan;

enum weft_html_kind {
    WEFT_HTML_STYLE, // the first seven are what `as` of a preload link says
    WEFT_HTML_SCRIPT,
    WEFT_HTML_MODULE,
    WEFT_HTML_FONT,
    WEFT_HTML_IMAGE,
    WEFT_HTML_FETCH,
    WEFT_HTML_TRACK,
    WEFT_HTML_BASE,  // what references are relative to from here on
    WEFT_HTML_SHEET, // no reference: the text of a <style>
};

enum weft_html_cors {
    WEFT_HTML_CORS_UNSAID,
    WEFT_HTML_CORS_ANONYMOUS,
    WEFT_HTML_CORS_CREDENTIALS,
};

/** One reference, lent for the call. */
struct weft_html_reference {
    enum weft_html_kind kind;
    enum weft_html_cors cors;
    struct weft_span text; // the URL as written; of a SHEET its text
    bool is_preload;       // a link rel=preload or modulepreload
    bool is_late;          // a script that the page does not wait for: defer, async, module
    bool is_lazy;          // an image with loading=lazy
    bool is_low;           // fetchpriority=low
    bool is_high;          // fetchpriority=high
    bool is_choice;        // an image of which the screen may choose another: srcset, picture
};

/** Who hears of references, in the order of the document. */
struct weft_html_listener {
    void (*found)(void *context, const struct weft_html_reference *reference);
    void *context;
};

enum { WEFT_HTML_SIZE_MOST = 16 << 20, WEFT_HTML_SHEET_MOST = 1 << 20 };

/** NULL without memory. */
struct weft_html_scan *weft_html_scan_new(const struct weft_html_listener *listener);

/** Reads a piece; all past WEFT_HTML_SIZE_MOST bytes is left unread, and of a <style> all past WEFT_HTML_SHEET_MOST. */
void weft_html_scan_feed(struct weft_html_scan *scan, struct weft_span bytes);

/** There is no more; frees it. NULL does nothing. */
void weft_html_scan_end(struct weft_html_scan *scan);

#endif
