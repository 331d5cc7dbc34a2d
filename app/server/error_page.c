// server/error_page.c
#include "server/error_page.h"

#include "server/page_style.h"

#include <stdio.h>

// clang-format off
#define PAGE(status, phrase, text)                                                                    \
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"                                 \
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"                      \
    "<title>" #status " " phrase "</title>\n"                                                         \
    "<style>" WEFT_PAGE_STYLE "body{max-width:34rem;margin-top:22vh}</style>\n"                        \
    "<h1>" #status " " phrase "</h1>\n<p>" text "</p>\n"

static const struct page {
    uint16_t status;
    struct weft_span text;
} pages[] = {
#define X(status, phrase, text) {status, WEFT_SPAN_INIT(PAGE(status, phrase, text))},
    X(301, "Moved Permanently",        "It is found under another address.")
    X(302, "Found",                    "It is found under another address for now.")
    X(303, "See Other",                "The answer is found under another address.")
    X(307, "Temporary Redirect",       "It is found under another address for now.")
    X(308, "Permanent Redirect",       "It is found under another address.")
    X(400, "Bad Request",              "The address is not one that a server can read.")
    X(401, "Unauthorized",             "A name and a password are needed here.")
    X(403, "Forbidden",                "It is here, but not for everybody to read.")
    X(404, "Not Found",                "Nothing is found under this address.")
    X(405, "Method Not Allowed",       "Files can be asked for with GET and HEAD.")
    X(412, "Precondition Failed",      "It is no longer in the state that the request asked for.")
    X(414, "URI Too Long",             "The address is longer than any file name.")
    X(416, "Range Not Satisfiable",    "It ends before the part that was asked for.")
    X(421, "Misdirected Request",      "This server does not answer for that name here.")
    X(429, "Too Many Requests",        "More was asked for than one client may; try again in a moment.")
    X(500, "Internal Server Error",    "The server failed; this is not your fault.")
    X(503, "Service Unavailable",      "The server has too much to do; try again in a moment.")
#undef X
};
// clang-format on

static const struct page *page_for(uint16_t status)
{
    for (size_t i = 0; i < WEFT_COUNT(pages); i++) {
        if (pages[i].status == status) return &pages[i];
    }
    return page_for(500);
}

static const char *named_page(const struct weft_site_config *config, uint16_t status)
{
    for (size_t i = 0; i < config->error_page_count; i++) {
        if (config->error_pages[i].status == status) return config->error_pages[i].path;
    }
    return NULL;
}

const struct weft_resource *weft_error_page_own(struct weft_site *site, uint16_t status,
                                                char room[WEFT_ERROR_PATH_SIZE],
                                                struct weft_span *path)
{
    const char *named = named_page(site->config, status);
    snprintf(room, WEFT_ERROR_PATH_SIZE, "/%u.html", status);
    *path = weft_span_of(named ? named : room);
    const struct weft_resource *resource = weft_site_find(site, *path);
    return resource->kind == WEFT_RESOURCE_FILE ? resource : NULL;
}

static void add_content(struct weft_site *site, uint16_t status, struct weft_answer *answer)
{
    char room[WEFT_ERROR_PATH_SIZE];
    struct weft_span path;
    const struct weft_resource *own = weft_error_page_own(site, status, room, &path);
    struct weft_span type = WEFT_SPAN("text/html; charset=utf-8");
    if (own) {
        struct weft_file *file = weft_resource_file(own, WEFT_HTTP_IDENTITY);
        weft_body_of_file(&answer->body, file, 0, file->size);
        answer->head.content_length = (int64_t)file->size;
        answer->is_own_page = true;
        const struct weft_http_field *own_type = weft_http_field_find(
            file->head.fields, file->head.field_count, WEFT_HTTP_FIELD_CONTENT_TYPE);
        if (own_type) type = own_type->value;
    } else {
        struct weft_span text = page_for(status)->text;
        answer->body = weft_body_of_bytes(text);
        answer->head.content_length = (int64_t)text.size;
    }
    weft_answer_add(answer, WEFT_HTTP_FIELD(CONTENT_TYPE, type));
}

void weft_error_page(struct weft_site *site, uint16_t status, struct weft_answer *answer)
{
    answer->head.status = status;
    answer->may_be_coded = true;
    weft_site_add_common(site, answer);
    add_content(site, status, answer);
    // Some errors may be kept by a heuristic (RFC 9110 §15.1); a missing file may come any time.
    if (!weft_http_head_find(&answer->head, WEFT_HTTP_FIELD_CACHE_CONTROL)) {
        weft_answer_add(answer, WEFT_HTTP_FIELD(CACHE_CONTROL, WEFT_SPAN("no-cache")));
    }
}

void weft_redirect(struct weft_site *site, uint16_t status, char *location,
                   struct weft_answer *answer)
{
    weft_error_page(site, location ? status : 500, answer);
    if (!location) return;
    answer->owned = location;
    weft_answer_add(answer, WEFT_HTTP_FIELD(LOCATION, weft_span_of(location)));
}
