// server/book.h: what is learned of a site's pages: which resources follow which page.
//
// It knows no thread and no clock, so that its rules can be tested. What counts, and why that cannot be turned against
// others:
//
// - A view counts where the visitor seems to hold nothing yet, and was not told what the page needs: else what is hinted
//   would always be asked for, and never be forgotten.
// - A network (a /24 of IPv4, a /48 of IPv6) counts once for a page in a period. A period ends once WEFT_BOOK_NETWORKS have
//   counted, or after WEFT_BOOK_PERIOD_US; all counts are then halved. So one network that asks without end has the
//   weight of one.
// - A resource is told to others once `quorum` networks have asked for it, and half of all views that counted. Halves are
//   rounded down, so N networks never bring a count to 2N in however many periods: a count of 2*quorum - 1 is proof of
//   the quorum too.
// - It is forgotten when less than a third of the views ask for it, and at once when it is gone.
// - Pages, resources, views and bytes are bounded. What is seldom asked for makes room.
#ifndef WEFT_SERVER_BOOK_H
#define WEFT_SERVER_BOOK_H

#include "server/manifest.h"
#include "server/note.h"

#include <stdio.h>

enum {
    WEFT_BOOK_PAGES_MOST = 1024,
    WEFT_BOOK_ROWS_MOST = 64,  // resources of a page
    WEFT_BOOK_NETWORKS = 64,   // of a period
    WEFT_BOOK_VIEWS = 4096,    // open at once; one pushes another out by chance
    WEFT_BOOK_PATH_MOST = 512, // bytes of a path
};
#define WEFT_BOOK_WINDOW_US UINT64_C(5000000)     // a view's fetches come within
#define WEFT_BOOK_PERIOD_US UINT64_C(86400000000) // a day

struct weft_book;

/** returns  NULL without memory */
struct weft_book *weft_book_new(unsigned quorum);
void weft_book_free(struct weft_book *book);

/** Takes what an earlier run has learned. */
void weft_book_load(struct weft_book *book, const struct weft_manifest *learned);

/** Takes pages that somebody has written by hand, after weft_book_load(): nothing is learned of these, but what is delivered
 *  is counted. */
void weft_book_load_given(struct weft_book *book, const struct weft_manifest *given);

/** Learns from a note. */
void weft_book_take(struct weft_book *book, const struct weft_note *note);

/** Ends the periods that are over. */
void weft_book_age(struct weft_book *book, uint64_t now_us);

/**
 * Decides what is told from now on.
 *
 * returns  a manifest of it, the caller's; NULL without memory
 */
struct weft_manifest *weft_book_publish(struct weft_book *book);

/**
 * Writes what is told, and what was counted of what was delivered, as a manifest.
 *
 * returns  false without memory, and nothing is written then; whether all was written, `out` tells
 */
WEFT_MUST_USE bool weft_book_write(const struct weft_book *book, FILE *out);

/** The figures as JSON: {"pages": {"/": [{"path": "/a.css", "as": "style", "mode": "both", "seen": 9, ...}]}} */
void weft_book_write_json(const struct weft_book *book, FILE *out);

#endif
