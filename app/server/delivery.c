// server/delivery.c
#include "server/delivery.h"

#include "http/target.h"
#include "server/early_hints.h"

#include <stdlib.h>

void weft_promise_free(struct weft_promise *promise)
{
    free(promise);
}

// The connection's record of what it was given; NULL without memory.
static struct weft_cache_digest *record_of(const struct weft_delivery *delivery)
{
    struct weft_cache_digest **given = delivery->given;
    if (*given) return *given;
    *given = malloc(sizeof(**given));
    if (*given) weft_cache_digest_init(*given, WEFT_CACHE_DIGEST_CONNECTION_BITS);
    return *given;
}

// The folder that a path to one of its index files stands for; otherwise the path.
static struct weft_span without_index(const struct weft_site *site, struct weft_span path)
{
    for (size_t i = 0; i < site->config->index_count; i++) {
        struct weft_span name = weft_span_of(site->config->index_names[i]);
        if (path.size <= name.size || path.data[path.size - name.size - 1] != '/') continue;
        if (!weft_span_equal(weft_span_skip(path, path.size - name.size), name)) continue;
        return weft_span_part(path, 0, path.size - name.size);
    }
    return path;
}

struct weft_span weft_delivery_page_path(const struct weft_site *site, struct weft_span path,
                                         uint8_t room[WEFT_PATH_SIZE])
{
    struct weft_http_path decoded;
    if (weft_http_path_decode(path, room, WEFT_PATH_SIZE, &decoded) != WEFT_HTTP_PATH_FINE) {
        return (struct weft_span){0};
    }
    return without_index(site, decoded.path);
}

// What is learned is told to most: the others show whether it is still needed.
static bool is_left_out(struct weft_site *site)
{
    return ++site->told_count % WEFT_DELIVERY_LEFT_OUT == 0;
}

static const struct weft_manifest_page *page_of(struct weft_site *site,
                                                const struct weft_http_head *request)
{
    uint8_t room[WEFT_PATH_SIZE];
    const struct weft_manifest_page *page = NULL;
    const struct weft_manifest *given = site->config->manifest;
    const struct weft_manifest *learned = weft_learned_manifest(&site->learned);
    if (!given && !learned) return NULL;
    struct weft_http_path path;
    if (weft_http_path_decode(request->path, room, sizeof(room), &path) != WEFT_HTTP_PATH_FINE) {
        return NULL;
    }
    struct weft_span folder = without_index(site, path.path);
    if (given) page = weft_manifest_find(given, path.path);
    if (given && !page) page = weft_manifest_find(given, folder);
    if (page || !learned) return page;
    page = weft_manifest_find(learned, folder);
    return page && !is_left_out(site) ? page : NULL;
}

bool weft_delivery_is_html(const struct weft_http_head *head)
{
    const struct weft_http_field *type = weft_http_head_find(head, WEFT_HTTP_FIELD_CONTENT_TYPE);
    return type && weft_span_starts_with(type->value, WEFT_SPAN("text/html"));
}

// Fields are added to a copy: a file's own are shared by all its answers.
static void add_field(struct weft_answer *answer, struct weft_http_field field)
{
    const struct weft_http_field *fields = answer->head.fields;
    size_t count = answer->head.field_count;
    if (fields != answer->made) {
        answer->head.fields = NULL;
        answer->head.field_count = 0;
        weft_answer_add_all(answer, fields, count);
    }
    weft_answer_add(answer, field);
}

// Tells the client's next connections what it holds. Only over TLS, where the cookie may be Secure.
static void remember_held(struct weft_answer *answer, const struct weft_push *push)
{
    if (push->count == 0 || answer->owned) return;
    if (!weft_span_is(push->request->scheme, "https")) return;
    answer->owned = malloc(WEFT_CACHE_DIGEST_SET_COOKIE_SIZE);
    if (!answer->owned) return;
    size_t size = weft_cache_digest_set_cookie(&push->will_hold, answer->owned);
    struct weft_span value = {(const uint8_t *)answer->owned, size};
    add_field(answer, WEFT_HTTP_FIELD(SET_COOKIE, value));
}

static struct weft_promise *push_all(const struct weft_delivery *delivery,
                                     const struct weft_manifest_page *page)
{
    struct weft_push push;
    const struct weft_http_head *head = &delivery->answer->head;
    weft_push_init(&push, delivery->site, delivery->conn, delivery->stream_id, delivery->request,
                   *delivery->given);
    if (page) weft_push_page(&push, page);
    for (size_t i = 0; i < head->field_count; i++) {
        if (head->fields[i].id == WEFT_HTTP_FIELD_LINK) {
            weft_push_links(&push, head->fields[i].value);
        }
    }
    remember_held(delivery->answer, &push);
    return push.promises;
}

struct weft_promise *weft_delivery_start(struct weft_delivery *delivery)
{
    struct weft_answer *answer = delivery->answer;
    const struct weft_http_head *request = delivery->request;
    struct weft_promise *promises = NULL;
    bool takes_pushes = weft_conn_takes_pushes(delivery->conn) && record_of(delivery);
    if (takes_pushes) { // what it asks for itself it need not be given
        struct weft_span any = {0};
        weft_cache_digest_add(*delivery->given, weft_cache_digest_key(request->path, any));
    }
    if (answer->head.status != 200 || !weft_delivery_is_html(&answer->head)) return NULL;

    const struct weft_manifest_page *page = page_of(delivery->site, request);
    if (takes_pushes && request->method == WEFT_HTTP_GET) promises = push_all(delivery, page);
    delivery->is_told = promises || (page && page->link.size > 0);
    if (!page || page->link.size == 0) return promises;
    if (!promises && weft_early_hints_pay(delivery->site, request, page)) {
        weft_early_hints_send(delivery->site, delivery->conn, delivery->stream_id, page->link);
        (*delivery->hint_count)++;
    }
    add_field(answer, WEFT_HTTP_FIELD(LINK, page->link)); // kept, RFC 8297 §2
    return promises;
}
