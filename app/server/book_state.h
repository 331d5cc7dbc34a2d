// server/book_state.h: what is inside of a book; only for book.c and book_out.c.
#ifndef WEFT_SERVER_BOOK_STATE_H
#define WEFT_SERVER_BOOK_STATE_H

#include "server/book.h"

enum { WEFT_BOOK_BUCKETS = 1024 };

/** A resource of a page. */
struct weft_book_row {
    struct weft_span path; // none: the place is free
    struct weft_manifest_tally tally;
    uint64_t size;
    uint64_t places; // sum over the views that are seen: how many came before it
    uint32_t seen;   // views
    uint32_t fresh;  // of these in this period: so many networks
    uint8_t as;      // enum weft_manifest_as
    uint8_t mode;    // of a given page
    bool is_told;    // hinted or pushed
};

struct weft_book_page {
    struct weft_book_page *next; // in its bucket
    struct weft_span path;
    uint64_t hash;
    struct weft_book_row *rows;
    size_t row_count; // of places, free ones too
    uint32_t views;   // that counted
    uint32_t network_count;
    uint64_t networks[WEFT_BOOK_NETWORKS]; // that counted in this period
    uint64_t period_start_us;
    bool is_given; // by hand
};

/** An open view, found by visitor and page; or by visitor and one of its style sheets, which asks for fonts. */
struct weft_book_view {
    uint64_t key;
    struct weft_book_page *page; // NULL: none
    uint64_t start_us;
    uint64_t network;
    uint64_t asked; // a bit for each row
    size_t of_view; // where this is a style sheet's: the place of the view
    uint64_t of_key;
    bool may_count;
    bool is_counted;
    bool is_told;
};

struct weft_book {
    unsigned quorum;
    size_t page_count;
    size_t held; // bytes
    struct weft_book_page *buckets[WEFT_BOOK_BUCKETS];
    struct weft_book_view views[WEFT_BOOK_VIEWS];
};

#endif
