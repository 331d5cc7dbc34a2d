// server/representation.c: RFC 9110 §8.8.3.3, §12.5.3, §14
#include "server/representation.h"

#include "server/error_page.h"

#include <stdlib.h>

enum { MADE_LEVEL = 4 }; // of pages that are built in: made once, in the loop's thread

// Parts are given of bytes that stay as they are (§14.2): of what is kept where If-Range names it, else of the file
// itself; only who names something else gets the whole, coded.
static bool asks_for_part_of_plain(const struct weft_http_head *request,
                                   const struct weft_file *plain, const struct weft_file *kept)
{
    if (request->method != WEFT_HTTP_GET) return false;
    if (!weft_http_head_find(request, WEFT_HTTP_FIELD_RANGE)) return false;
    const struct weft_http_field *field = weft_http_head_find(request, WEFT_HTTP_FIELD_IF_RANGE);
    if (!field) return true;
    if (kept && weft_http_etag_equal_strong(field->value, kept->validators.etag)) return false;
    return !weft_http_etag_is_valid(field->value) || // a date
           weft_http_etag_equal_strong(field->value, plain->validators.etag);
}

struct weft_representation weft_representation_choose(struct weft_site *site,
                                                      const struct weft_http_head *request,
                                                      const struct weft_resource *resource,
                                                      struct weft_span path)
{
    struct weft_file *plain = weft_resource_file(resource, WEFT_HTTP_IDENTITY);
    struct weft_representation chosen = {.file = plain, .coding = WEFT_HTTP_IDENTITY};
    unsigned beside = resource->codings & ~resource->made;
    enum weft_http_coding coding = WEFT_HTTP_IDENTITY;
    if (beside != WEFT_HTTP_IDENTITY) coding = weft_http_choose_coding(request, beside);
    if (coding == WEFT_HTTP_IDENTITY && plain->codable)
        coding = weft_http_choose_coding(request, plain->codable | WEFT_HTTP_IDENTITY);
    if (coding == WEFT_HTTP_IDENTITY) return chosen;

    struct weft_file *kept =
        resource->codings & coding ? weft_resource_file(resource, coding) : NULL;
    bool is_ours = (beside & coding) == 0;
    if (is_ours && asks_for_part_of_plain(request, plain, kept)) return chosen;
    if (kept) return (struct weft_representation){.file = kept, .coding = WEFT_HTTP_IDENTITY};
    chosen.is_makeshift = true;
    if (site->shared->packer)
        weft_packer_ask(site->shared->packer, &site->place, path, plain, coding);
    if (weft_coding_has_room(&site->shared->coding, coding)) chosen.coding = coding;
    return chosen;
}

// Pages that are built in are coded once; NULL where that does not pay.
static struct weft_file *coded_page(struct weft_site_shared *shared, struct weft_span text,
                                    enum weft_http_coding coding)
{
    struct weft_coded_page *page = shared->coded_pages;
    for (; page < shared->coded_pages + shared->coded_page_count; page++) {
        if (page->text == text.data && page->coding == coding) return page->file;
    }
    if (shared->coded_page_count == WEFT_CODED_PAGES_MOST) return NULL;
    uint8_t *bytes;
    size_t size;
    *page = (struct weft_coded_page){.text = text.data, .coding = coding};
    shared->coded_page_count++;
    if (!weft_encoder_whole(coding, MADE_LEVEL, text, &bytes, &size)) return NULL;
    page->file = weft_file_of_bytes(bytes, size, &shared->coded_page_size);
    return page->file;
}

// The site's own error page is a file like others: what was made of it is kept beside it, and what is not yet is asked for.
static struct weft_file *kept_page(struct weft_site *site, const struct weft_answer *answer,
                                   enum weft_http_coding coding)
{
    char room[WEFT_ERROR_PATH_SIZE];
    struct weft_span path;
    const struct weft_resource *own = weft_error_page_own(site, answer->head.status, room, &path);
    if (!own) return NULL;
    if (own->codings & coding) return weft_resource_file(own, coding);
    if (site->shared->packer) {
        struct weft_file *plain = weft_resource_file(own, WEFT_HTTP_IDENTITY);
        weft_packer_ask(site->shared->packer, &site->place, path, plain, coding);
    }
    return NULL;
}

// In place of the content of an answer its coded form; false where it stays as it is.
static bool code_content(struct weft_site *site, struct weft_answer *answer,
                         enum weft_http_coding coding)
{
    struct weft_site_shared *shared = site->shared;
    struct weft_span text;
    struct weft_body coded;
    bool is_built_in =
        !answer->body.file && !answer->body.owned && weft_body_in_memory(&answer->body, &text);
    struct weft_file *page = answer->is_own_page ? kept_page(site, answer, coding) : NULL;
    if (is_built_in) page = coded_page(shared, text, coding);
    if (is_built_in && !page) return false;
    if (page) {
        weft_body_of_file(&coded, page, 0, page->size);
        answer->head.content_length = (int64_t)page->size;
    } else {
        if (!weft_coding_has_room(&shared->coding, coding)) return false;
        uint64_t size = (uint64_t)answer->head.content_length;
        coded = weft_body_coded(&answer->body, coding, size, &shared->coding);
        if (!coded.kind) return false;
        answer->head.content_length = WEFT_HTTP_LENGTH_UNKNOWN;
        answer->content_most = size;
    }
    weft_body_close(&answer->body);
    answer->body = coded;
    return true;
}

void weft_representation_code_made(struct weft_site *site, const struct weft_http_head *request,
                                   struct weft_answer *answer)
{
    static const struct weft_http_mime html = {WEFT_SPAN_INIT("text/html; charset=utf-8"), true};
    const struct weft_compression *compression = site->place.compression;
    if (!compression || answer->head.content_length < 0) return;
    unsigned codable =
        weft_compression_codings(compression, &html, (uint64_t)answer->head.content_length);
    if (codable == 0) return;
    if (!weft_compression_is_allowed(answer->head.fields, answer->head.field_count)) return;
    weft_answer_add(answer, WEFT_HTTP_FIELD(VARY, WEFT_SPAN("accept-encoding")));
    enum weft_http_coding coding = weft_http_choose_coding(request, codable | WEFT_HTTP_IDENTITY);
    if (coding == WEFT_HTTP_IDENTITY || !code_content(site, answer, coding)) return;
    weft_answer_add(answer, WEFT_HTTP_FIELD(CONTENT_ENCODING, weft_http_coding_text(coding)));
}
