// server/book.c
#include "server/book.h"

#include "base/hash.h"
#include "server/book_state.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY_MOST = 16 << 20 }; // bytes of pages, rows and paths

struct weft_book *weft_book_new(unsigned quorum)
{
    struct weft_book *book = calloc(1, sizeof(*book));
    if (book) book->quorum = quorum;
    return book;
}

// Memory that is counted; NULL past the limit.
static void *take(struct weft_book *book, size_t size)
{
    if (size > MEMORY_MOST - book->held) return NULL;
    void *memory = calloc(1, size);
    if (memory) book->held += size;
    return memory;
}

static void give(struct weft_book *book, const void *memory, size_t size)
{
    if (!memory) return;
    book->held -= size;
    free((void *)(uintptr_t)memory);
}

static struct weft_span copy(struct weft_book *book, struct weft_span text)
{
    uint8_t *bytes = text.size > 0 ? take(book, text.size) : NULL;
    if (!bytes) return (struct weft_span){0};
    memcpy(bytes, text.data, text.size);
    return (struct weft_span){bytes, text.size};
}

static void free_row(struct weft_book *book, struct weft_book_row *row)
{
    give(book, row->path.data, row->path.size);
    *row = (struct weft_book_row){0};
}

// Takes a page out, with the views that are open of it.
static void remove_page(struct weft_book *book, struct weft_book_page *page)
{
    struct weft_book_page **link = &book->buckets[page->hash % WEFT_BOOK_BUCKETS];
    while (*link != page)
        link = &(*link)->next;
    *link = page->next;
    for (size_t i = 0; i < WEFT_BOOK_VIEWS; i++) {
        if (book->views[i].page == page) book->views[i] = (struct weft_book_view){0};
    }
    for (size_t i = 0; i < page->row_count; i++)
        free_row(book, &page->rows[i]);
    give(book, page->rows, page->row_count * sizeof(*page->rows));
    give(book, page->path.data, page->path.size);
    give(book, page, sizeof(*page));
    book->page_count--;
}

void weft_book_free(struct weft_book *book)
{
    if (!book) return;
    for (size_t i = 0; i < WEFT_BOOK_BUCKETS; i++) {
        while (book->buckets[i])
            remove_page(book, book->buckets[i]);
    }
    free(book);
}

// Pages and rows

static struct weft_book_page *find_page(const struct weft_book *book, struct weft_span path)
{
    uint64_t hash = weft_hash_bytes(0, path);
    struct weft_book_page *page = book->buckets[hash % WEFT_BOOK_BUCKETS];
    while (page && !(page->hash == hash && weft_span_equal(page->path, path)))
        page = page->next;
    return page;
}

// The page that is missed least: nobody counts on it, and few have seen it.
static struct weft_book_page *least(const struct weft_book *book)
{
    struct weft_book_page *found = NULL;
    for (size_t i = 0; i < WEFT_BOOK_BUCKETS; i++) {
        for (struct weft_book_page *page = book->buckets[i]; page; page = page->next) {
            if (!page->is_given && (!found || page->views < found->views)) found = page;
        }
    }
    return found;
}

// A page that few have seen makes room; where all are seen often, the new one has to wait until they age.
static bool make_room(struct weft_book *book)
{
    if (book->page_count < WEFT_BOOK_PAGES_MOST) return true;
    struct weft_book_page *page = least(book);
    if (!page || page->views > 1) return false;
    remove_page(book, page);
    return true;
}

static struct weft_book_page *page_of(struct weft_book *book, struct weft_span path,
                                      uint64_t now_us)
{
    struct weft_book_page *page = find_page(book, path);
    if (page || path.size > WEFT_BOOK_PATH_MOST || !make_room(book)) return page;
    page = take(book, sizeof(*page));
    if (!page) return NULL;
    page->path = copy(book, path);
    if (!page->path.data) {
        give(book, page, sizeof(*page));
        return NULL;
    }
    page->hash = weft_hash_bytes(0, path);
    page->period_start_us = now_us;
    page->next = book->buckets[page->hash % WEFT_BOOK_BUCKETS];
    book->buckets[page->hash % WEFT_BOOK_BUCKETS] = page;
    book->page_count++;
    return page;
}

static struct weft_book_row *find_row(const struct weft_book_page *page, struct weft_span path)
{
    for (size_t i = 0; i < page->row_count; i++) {
        if (page->rows[i].path.data && weft_span_equal(page->rows[i].path, path)) {
            return &page->rows[i];
        }
    }
    return NULL;
}

// A place has another row from now on: what open views say of it was of the old one.
static void forget_bit(struct weft_book *book, const struct weft_book_page *page, size_t place)
{
    for (size_t i = 0; i < WEFT_BOOK_VIEWS; i++) {
        if (book->views[i].page == page) book->views[i].asked &= ~(UINT64_C(1) << place);
    }
}

static struct weft_book_row *free_place(struct weft_book *book, struct weft_book_page *page)
{
    for (size_t i = 0; i < page->row_count; i++) {
        if (!page->rows[i].path.data) {
            forget_bit(book, page, i);
            return &page->rows[i];
        }
    }
    size_t count = page->row_count ? page->row_count * 2 : 8;
    if (count > WEFT_BOOK_ROWS_MOST) return NULL;
    struct weft_book_row *rows = take(book, count * sizeof(*rows));
    if (!rows) return NULL;
    if (page->row_count > 0) memcpy(rows, page->rows, page->row_count * sizeof(*rows));
    give(book, page->rows, page->row_count * sizeof(*rows));
    struct weft_book_row *place = &rows[page->row_count];
    page->rows = rows;
    page->row_count = count;
    return place;
}

// The row of a resource; a new one where there is none. NULL where there is no room.
static struct weft_book_row *row_of(struct weft_book *book, struct weft_book_page *page,
                                    struct weft_span path, uint8_t as)
{
    struct weft_book_row *row = find_row(page, path);
    if (row || path.size > WEFT_BOOK_PATH_MOST) return row;
    row = free_place(book, page);
    if (!row) return NULL;
    *row = (struct weft_book_row){.path = copy(book, path), .as = as, .mode = WEFT_MANIFEST_BOTH};
    return row->path.data ? row : NULL;
}

static uint32_t bounded(uint64_t number)
{
    return number < UINT32_MAX / 2 ? (uint32_t)number : UINT32_MAX / 2;
}

static void load_row(struct weft_book *book, struct weft_book_page *page,
                     const struct weft_manifest_resource *resource, size_t place)
{
    if (resource->as == WEFT_MANIFEST_ORIGIN) return;
    struct weft_book_row *row = row_of(book, page, resource->target, resource->as);
    if (!row) return;
    row->size = resource->size;
    row->mode = resource->mode;
    row->is_told = resource->mode != WEFT_MANIFEST_NONE;
    row->tally = resource->tally;
    row->seen = bounded(resource->tally.counts[WEFT_MANIFEST_SEEN]);
    row->places = (uint64_t)row->seen * place;
    uint32_t views = bounded(resource->tally.counts[WEFT_MANIFEST_OF]);
    if (views > page->views) page->views = views;
}

static void load(struct weft_book *book, const struct weft_manifest *manifest, bool is_given)
{
    for (size_t i = 0; i < manifest->page_count; i++) {
        const struct weft_manifest_page *from = &manifest->pages[i];
        struct weft_book_page *page = page_of(book, from->path, 0);
        if (!page) continue; // what is too much is not learned
        page->is_given = is_given;
        for (size_t k = 0; k < from->resource_count; k++)
            load_row(book, page, &from->resources[k], k);
    }
}

void weft_book_load(struct weft_book *book, const struct weft_manifest *learned)
{
    load(book, learned, false);
}

void weft_book_load_given(struct weft_book *book, const struct weft_manifest *given)
{
    load(book, given, true);
}

// Views

static uint64_t key_of(uint64_t visitor, struct weft_span path)
{
    return weft_hash_bytes(visitor, path) | 1;
}

static struct weft_book_view *place_of(struct weft_book *book, uint64_t key)
{
    return &book->views[(key >> 8) % WEFT_BOOK_VIEWS];
}

// The open view that a fetch belongs to; by way of a style sheet where that asked.
static struct weft_book_view *find_view(struct weft_book *book, const struct weft_note *note)
{
    uint64_t key = key_of(note->visitor, note->page);
    struct weft_book_view *view = place_of(book, key);
    if (!view->page || view->key != key) return NULL;
    if (view->of_key) {
        struct weft_book_view *of = &book->views[view->of_view];
        if (of->key != view->of_key || of->page != view->page) return NULL;
        view = of;
    }
    bool is_late = note->time_us > view->start_us + WEFT_BOOK_WINDOW_US;
    return is_late ? NULL : view;
}

static void count(struct weft_book_row *row, enum weft_manifest_count what, uint64_t by)
{
    row->tally.counts[what] += by;
}

static void open_view(struct weft_book *book, const struct weft_note *note)
{
    struct weft_book_page *page = page_of(book, note->page, note->time_us);
    if (!page) return;
    uint64_t key = key_of(note->visitor, note->page);
    *place_of(book, key) = (struct weft_book_view){
        .key = key,
        .page = page,
        .start_us = note->time_us,
        .network = note->network,
        .may_count = note->is_first && !note->is_told && !page->is_given,
        .is_told = note->is_told,
    };
    for (size_t i = 0; note->is_told && i < page->row_count; i++) {
        struct weft_book_row *row = &page->rows[i];
        if (row->path.data && row->is_told && row->mode != WEFT_MANIFEST_PUSH) {
            count(row, WEFT_MANIFEST_HINTED, 1);
        }
    }
}

// A period is over: what it has shown counts half from now on.
static void halve(struct weft_book *book, struct weft_book_page *page, uint64_t now_us)
{
    page->views /= 2;
    page->network_count = 0;
    page->period_start_us = now_us;
    for (size_t i = 0; i < page->row_count; i++) {
        struct weft_book_row *row = &page->rows[i];
        row->seen /= 2;
        row->places /= 2;
        row->fresh = 0;
        if (row->path.data && row->seen == 0 && !row->is_told && !page->is_given) {
            free_row(book, row);
        }
    }
}

// Has the network counted for this page in this period? Then it does not again.
static bool counts_again(const struct weft_book_page *page, uint64_t network)
{
    for (uint32_t i = 0; i < page->network_count; i++) {
        if (page->networks[i] == network) return true;
    }
    return false;
}

// A view counts with its first fetch: who asks for nothing more is no browser, or holds all.
static void count_view(struct weft_book *book, struct weft_book_view *view)
{
    struct weft_book_page *page = view->page;
    view->may_count = false;
    if (counts_again(page, view->network)) return;
    if (page->network_count == WEFT_BOOK_NETWORKS) halve(book, page, view->start_us);
    page->networks[page->network_count++] = view->network;
    page->views++;
    view->is_counted = true;
}

// Fonts are asked for by style sheets: these stand for the page.
static void open_sheet(struct weft_book *book, const struct weft_book_view *view,
                       const struct weft_note *note)
{
    uint64_t key = key_of(note->visitor, note->target);
    struct weft_book_view *place = place_of(book, key);
    if (place == view) return;
    *place = (struct weft_book_view){
        .key = key,
        .page = view->page,
        .start_us = view->start_us,
        .of_view = (size_t)(view - book->views),
        .of_key = view->key,
    };
}

static void take_fetch(struct weft_book *book, const struct weft_note *note)
{
    struct weft_book_view *view = find_view(book, note);
    if (!view) return;
    if (view->may_count) count_view(book, view);
    bool teaches = view->is_counted;
    struct weft_book_row *row = teaches ? row_of(book, view->page, note->target, note->as)
                                        : find_row(view->page, note->target);
    if (note->as == WEFT_MANIFEST_STYLE) open_sheet(book, view, note);
    if (!row) return;
    uint64_t bit = UINT64_C(1) << (row - view->page->rows);
    if (view->asked & bit) { // it had been sent
        count(row, WEFT_MANIFEST_WASTED, note->size);
        return;
    }
    if (teaches) {
        row->seen++;
        row->fresh++;
        row->places += (uint64_t)__builtin_popcountll(view->asked);
    }
    if (view->is_told && row->is_told) count(row, WEFT_MANIFEST_ASKED, 1);
    if (note->size > 0) row->size = note->size;
    view->asked |= bit;
}

static void take_push(struct weft_book *book, const struct weft_note *note)
{
    struct weft_book_page *page = find_page(book, note->page);
    struct weft_book_row *row = page ? find_row(page, note->target) : NULL;
    if (!row) return;
    bool is_over = note->kind == WEFT_NOTE_CANCEL;
    count(row, is_over ? WEFT_MANIFEST_CANCELLED : WEFT_MANIFEST_PUSHED, 1);
    if (is_over) count(row, WEFT_MANIFEST_WASTED, note->size);
    struct weft_book_view *view = find_view(book, note);
    if (view && !is_over) view->asked |= UINT64_C(1) << (row - page->rows);
}

static void take_gone(struct weft_book *book, const struct weft_note *note)
{
    const struct weft_book_view *view = find_view(book, note);
    struct weft_book_page *page = view ? view->page : NULL;
    struct weft_book_row *row = page && !page->is_given ? find_row(page, note->target) : NULL;
    if (row) free_row(book, row);
}

void weft_book_take(struct weft_book *book, const struct weft_note *note)
{
    switch ((enum weft_note_kind)note->kind) {
    case WEFT_NOTE_VIEW: open_view(book, note); break;
    case WEFT_NOTE_FETCH: take_fetch(book, note); break;
    case WEFT_NOTE_GONE: take_gone(book, note); break;
    case WEFT_NOTE_PUSH:
    case WEFT_NOTE_CANCEL: take_push(book, note); break;
    }
}

void weft_book_age(struct weft_book *book, uint64_t now_us)
{
    for (size_t i = 0; i < WEFT_BOOK_BUCKETS; i++) {
        struct weft_book_page *next;
        for (struct weft_book_page *page = book->buckets[i]; page; page = next) {
            next = page->next;
            if (page->period_start_us == 0) page->period_start_us = now_us; // it was loaded
            if (now_us - page->period_start_us < WEFT_BOOK_PERIOD_US) continue;
            halve(book, page, now_us);
            if (page->views == 0 && !page->is_given) remove_page(book, page);
        }
    }
}
