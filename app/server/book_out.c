// server/book_out.c: what a book tells: to visitors as a manifest, to the next run as a file, to people as figures.
#include "server/book_state.h"

#include "server/manifest_write.h"
#include "wire/json_text.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    // Told of a page:
    FONTS_MOST = 4,
    IMAGES_MOST = 3,
    TOLD_MOST = 32,
    ENCODED_MOST = 3 * WEFT_BOOK_PATH_MOST + 1,
    JSON_MOST = 6 * WEFT_BOOK_PATH_MOST + 2,
};

// Is it to be told? See book.h. What is told stays so a little longer, so that it does not come and go.
static bool is_worth_telling(const struct weft_book *book, const struct weft_book_page *page,
                             const struct weft_book_row *row)
{
    if (row->is_told) return (uint64_t)row->seen * 3 >= page->views;
    bool has_quorum = row->fresh >= book->quorum || row->seen + 1 >= 2 * book->quorum;
    return has_quorum && (uint64_t)row->seen * 2 >= page->views;
}

static uint64_t place_of(const struct weft_book_row *row)
{
    return row->seen > 0 ? row->places * 16 / row->seen : row->places;
}

// By what it is, then by how early it is asked for.
static int compare_rows(const void *a, const void *b)
{
    const struct weft_book_row *first = *(const struct weft_book_row *const *)a;
    const struct weft_book_row *second = *(const struct weft_book_row *const *)b;
    if (first->as != second->as) return first->as < second->as ? -1 : 1;
    uint64_t places[] = {place_of(first), place_of(second)};
    return (places[0] > places[1]) - (places[0] < places[1]);
}

// The rows of a page in the order in which they are told.
static size_t sorted_rows(const struct weft_book_page *page,
                          struct weft_book_row *rows[WEFT_BOOK_ROWS_MOST])
{
    size_t count = 0;
    for (size_t i = 0; i < page->row_count; i++) {
        if (page->rows[i].path.data) rows[count++] = &page->rows[i];
    }
    if (count > 1)
        qsort(rows, count, sizeof(*rows), compare_rows); // NOLINT(bugprone-sizeof-expression)
    return count;
}

// Decides which rows are told, the first of each kind before the rest.
static size_t choose(const struct weft_book *book, const struct weft_book_page *page)
{
    struct weft_book_row *rows[WEFT_BOOK_ROWS_MOST];
    size_t count = sorted_rows(page, rows);
    size_t told = 0;
    size_t of_kind[WEFT_MANIFEST_AS_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        struct weft_book_row *row = rows[i];
        size_t most = row->as == WEFT_MANIFEST_FONT    ? FONTS_MOST
                      : row->as == WEFT_MANIFEST_IMAGE ? IMAGES_MOST
                                                       : TOLD_MOST;
        row->is_told =
            is_worth_telling(book, page, row) && of_kind[row->as] < most && told < TOLD_MOST;
        of_kind[row->as] += row->is_told;
        told += row->is_told;
    }
    return told;
}

static struct weft_manifest_resource resource_of(const struct weft_book_page *page,
                                                 const struct weft_book_row *row)
{
    bool is_image = row->as == WEFT_MANIFEST_IMAGE;
    struct weft_manifest_resource resource = {
        .target = row->path,
        .size = row->size,
        .as = row->as,
        .crossorigin = (uint8_t)weft_manifest_crossorigin_of((enum weft_manifest_as)row->as),
        .mode = is_image ? WEFT_MANIFEST_HINT : WEFT_MANIFEST_BOTH,
        .priority = is_image ? WEFT_MANIFEST_HIGH : WEFT_MANIFEST_AUTO,
        .tally = row->tally,
    };
    if (!row->is_told || page->is_given) resource.mode = WEFT_MANIFEST_NONE;
    resource.tally.counts[WEFT_MANIFEST_SEEN] = row->seen;
    resource.tally.counts[WEFT_MANIFEST_OF] = page->views;
    return resource;
}

// Adds a page to a manifest; false without memory.
static bool publish_page(struct weft_manifest *manifest, const struct weft_book_page *from,
                         size_t told)
{
    struct weft_book_row *rows[WEFT_BOOK_ROWS_MOST];
    size_t count = sorted_rows(from, rows);
    struct weft_manifest_page page = {.path = weft_arena_copy(&manifest->arena, from->path)};
    page.resources = weft_arena_take(&manifest->arena, told * sizeof(*page.resources));
    if (!page.path.data || !page.resources) return false;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i]->is_told) continue;
        struct weft_manifest_resource resource = resource_of(from, rows[i]);
        resource.target = weft_arena_copy(&manifest->arena, resource.target);
        if (!resource.target.data) return false;
        page.resources[page.resource_count++] = resource;
    }
    enum weft_manifest_link_result result;
    while ((result = weft_manifest_make_link(manifest, &page)) == WEFT_MANIFEST_LINK_TOO_LONG)
        page.resource_count--; // what matters least stands last
    if (result == WEFT_MANIFEST_LINK_NO_MEMORY) return false;
    manifest->pages[manifest->page_count++] = page;
    return true;
}

struct weft_manifest *weft_book_publish(struct weft_book *book)
{
    struct weft_manifest *manifest = weft_manifest_new();
    if (!manifest) return NULL;
    size_t size = (book->page_count + 1) * sizeof(*manifest->pages);
    manifest->pages = weft_arena_take(&manifest->arena, size);
    bool is_fine = manifest->pages != NULL;
    for (size_t i = 0; i < WEFT_BOOK_BUCKETS && is_fine; i++) {
        for (struct weft_book_page *page = book->buckets[i]; page && is_fine; page = page->next) {
            if (page->is_given) continue;
            size_t told = choose(book, page);
            if (told > 0) is_fine = publish_page(manifest, page, told);
        }
    }
    if (!is_fine) {
        weft_manifest_free(manifest);
        return NULL;
    }
    weft_manifest_sort(manifest);
    return manifest;
}

static int compare_pages(const void *a, const void *b)
{
    struct weft_span first = (*(const struct weft_book_page *const *)a)->path;
    struct weft_span second = (*(const struct weft_book_page *const *)b)->path;
    int order =
        memcmp(first.data, second.data, first.size < second.size ? first.size : second.size);
    return order != 0 ? order : (first.size > second.size) - (first.size < second.size);
}

// All pages by their paths, so that the same is written the same; to be freed.
static const struct weft_book_page **sorted_pages(const struct weft_book *book)
{
    const struct weft_book_page **pages =
        calloc(book->page_count + 1, sizeof(*pages)); // NOLINT(bugprone-sizeof-expression)
    size_t count = 0;
    for (size_t i = 0; i < WEFT_BOOK_BUCKETS && pages; i++) {
        for (const struct weft_book_page *page = book->buckets[i]; page; page = page->next)
            pages[count++] = page;
    }
    if (count > 1)
        qsort(pages, count, sizeof(*pages), compare_pages); // NOLINT(bugprone-sizeof-expression)
    return pages;
}

// Is it told, or was it ever delivered?
static bool is_of_note(const struct weft_book_page *page, const struct weft_book_row *row)
{
    const uint64_t *counts = row->tally.counts;
    return (row->is_told && !page->is_given) || counts[WEFT_MANIFEST_HINTED] > 0 ||
           counts[WEFT_MANIFEST_PUSHED] > 0;
}

static size_t rows_of_note(const struct weft_book_page *page,
                           struct weft_book_row *rows[WEFT_BOOK_ROWS_MOST])
{
    size_t count = sorted_rows(page, rows);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_of_note(page, rows[i])) rows[kept++] = rows[i];
    }
    return kept;
}

static void write_page(FILE *out, const struct weft_book_page *page)
{
    char path[ENCODED_MOST];
    struct weft_book_row *rows[WEFT_BOOK_ROWS_MOST];
    size_t count = rows_of_note(page, rows);
    if (count == 0 || !weft_manifest_encode(page->path, true, path, sizeof(path))) return;
    weft_manifest_write_page(out, weft_span_of(path));
    for (size_t i = 0; i < count; i++) {
        struct weft_manifest_resource resource = resource_of(page, rows[i]);
        weft_manifest_write_resource(out, &resource);
    }
}

bool weft_book_write(const struct weft_book *book, FILE *out)
{
    struct weft_book_row *rows[WEFT_BOOK_ROWS_MOST];
    const struct weft_book_page **pages = sorted_pages(book);
    bool is_empty = true;
    if (!pages) return false;
    for (size_t i = 0; i < book->page_count; i++)
        is_empty = is_empty && rows_of_note(pages[i], rows) == 0;
    fputs("# what 'weft serve --learn' has seen pages need, and what came of telling it\n"
          "version: 1\n",
          out);
    fputs(is_empty ? "pages: {}\n" : "pages:\n", out);
    for (size_t i = 0; i < book->page_count; i++)
        write_page(out, pages[i]);
    free((void *)pages);
    return true;
}

static void write_json_text(FILE *out, struct weft_span text)
{
    uint8_t room[JSON_MOST];
    struct weft_writer writer = weft_writer_over(room, sizeof(room));
    weft_write_json_text(&writer, text);
    struct weft_span written = weft_written(&writer);
    fprintf(out, "%.*s", (int)written.size, (const char *)written.data);
}

static void write_json_row(FILE *out, const struct weft_manifest_resource *resource)
{
    fputs("{\"path\":", out);
    write_json_text(out, resource->target);
    fprintf(out, ",\"as\":\"%s\",\"mode\":\"%s\",\"size\":%" PRIu64,
            weft_manifest_as_words[resource->as], weft_manifest_mode_words[resource->mode],
            resource->size);
    for (size_t i = 0; i < WEFT_MANIFEST_COUNTS; i++)
        fprintf(out, ",\"%s\":%" PRIu64, weft_manifest_count_words[i], resource->tally.counts[i]);
    fputc('}', out);
}

void weft_book_write_json(const struct weft_book *book, FILE *out)
{
    const struct weft_book_page **pages = sorted_pages(book);
    bool is_first = true;
    fputs("{\"pages\":{", out);
    for (size_t i = 0; pages && i < book->page_count; i++) {
        struct weft_book_row *rows[WEFT_BOOK_ROWS_MOST];
        size_t count = rows_of_note(pages[i], rows);
        if (count == 0) continue;
        if (!is_first) fputc(',', out);
        is_first = false;
        write_json_text(out, pages[i]->path);
        fputs(":[", out);
        for (size_t k = 0; k < count; k++) {
            struct weft_manifest_resource resource = resource_of(pages[i], rows[k]);
            if (k > 0) fputc(',', out);
            write_json_row(out, &resource);
        }
        fputc(']', out);
    }
    fputs("}}", out);
    free((void *)pages);
}
