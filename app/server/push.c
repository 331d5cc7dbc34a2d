// server/push.c: RFC 9113 §8.4
#include "server/push.h"

#include "http/cache_control.h"
#include "http/link.h"
#include "server/route.h"

#include <stdlib.h>

// Behind the page, and behind what the client asks for itself unless that is background: it may not need them at all.
enum { URGENCY_CRITICAL = 4, URGENCY_OTHER = 6 };

void weft_push_init(struct weft_push *push, struct weft_site *site, struct weft_conn *conn,
                    uint64_t stream_id, const struct weft_http_head *request,
                    struct weft_cache_digest *given)
{
    *push = (struct weft_push){
        .site = site, .conn = conn, .stream_id = stream_id, .request = request, .given = given};
    const struct weft_http_field *cookie = weft_http_head_find(request, WEFT_HTTP_FIELD_COOKIE);
    (void)weft_cache_digest_from_cookie(cookie ? cookie->value : (struct weft_span){0},
                                        &push->held);
    if (weft_cache_digest_is_full(&push->held)) {
        weft_cache_digest_init(&push->held, WEFT_CACHE_DIGEST_COOKIE_BITS);
    }
    push->will_hold = push->held;
    push->last = &push->promises;
    push->is_over = request->authority.size == 0;
}

static struct weft_span keep(uint8_t **at, struct weft_span text)
{
    struct weft_span kept = {*at, text.size};
    if (text.size > 0) memcpy(*at, text.data, text.size);
    *at += text.size;
    return kept;
}

// The request that is answered: safe, without content, for our own authority, and asking for the codings that the
// client takes (§8.4.1).
static struct weft_promise *new_promise(const struct weft_push *push, struct weft_span path,
                                        bool is_critical)
{
    const struct weft_http_head *request = push->request;
    const struct weft_http_field *coding =
        weft_http_head_find(request, WEFT_HTTP_FIELD_ACCEPT_ENCODING);
    const struct weft_http_field *agent = weft_http_head_find(request, WEFT_HTTP_FIELD_USER_AGENT);
    size_t size = path.size + request->authority.size + request->scheme.size + request->path.size +
                  (agent ? agent->value.size : 0);
    struct weft_promise *promise =
        malloc(sizeof(*promise) + size + (coding ? coding->value.size : 0));
    if (!promise) return NULL;
    uint8_t *at = promise->text;
    promise->next = NULL;
    promise->accept_encoding = (struct weft_http_field){0};
    promise->head = (struct weft_http_head)WEFT_HTTP_HEAD_INIT;
    promise->head.version = WEFT_HTTP_2;
    promise->head.method = WEFT_HTTP_GET;
    promise->head.method_text = WEFT_SPAN("GET");
    promise->head.path = keep(&at, path);
    promise->head.authority = keep(&at, request->authority);
    promise->head.scheme = keep(&at, request->scheme);
    promise->page = keep(&at, request->path);
    promise->agent = keep(&at, agent ? agent->value : (struct weft_span){0});
    promise->head.priority.urgency = is_critical ? URGENCY_CRITICAL : URGENCY_OTHER;
    if (coding) {
        promise->accept_encoding = WEFT_HTTP_FIELD(ACCEPT_ENCODING, keep(&at, coding->value));
        promise->head.fields = &promise->accept_encoding;
        promise->head.field_count = 1;
    }
    return promise;
}

/** What the answer to a promise would be. */
struct outlook {
    bool is_fit; // to be pushed
    uint64_t size;
    uint64_t key; // of this version
};

// Asks the route for the answer, to see whether it is worth a promise: ours, there, to be kept, and not large.
static struct outlook look_ahead(struct weft_site *site, const struct weft_http_head *head)
{
    struct weft_answer answer;
    struct outlook outlook = {0};
    weft_answer_init(&answer);
    weft_route(site, head, &answer);
    const struct weft_http_head *out = &answer.head;
    const struct weft_http_field *cache = weft_http_head_find(out, WEFT_HTTP_FIELD_CACHE_CONTROL);
    const struct weft_http_field *etag = weft_http_head_find(out, WEFT_HTTP_FIELD_ETAG);
    struct weft_http_cache_control control =
        weft_http_cache_control_parse(cache ? cache->value : (struct weft_span){0});
    int64_t size = out->content_length >= 0 ? out->content_length : (int64_t)answer.content_most;
    outlook.is_fit = out->status == 200 && weft_http_cache_control_may_store(&control) &&
                     size <= WEFT_PUSH_SIZE_MOST &&
                     !weft_http_head_find(out, WEFT_HTTP_FIELD_SET_COOKIE);
    outlook.size = outlook.is_fit ? (uint64_t)size : 0;
    struct weft_span tag = etag ? etag->value : (struct weft_span){0};
    if (weft_span_starts_with(tag, WEFT_SPAN("W/"))) tag = weft_span_skip(tag, 2);
    outlook.key = weft_cache_digest_key(head->path, tag);
    weft_answer_deinit(&answer);
    return outlook;
}

// Is it of use to the client, which has not got it yet?
static bool is_worth_it(struct weft_push *push, const struct weft_promise *promise,
                        struct outlook *outlook)
{
    *outlook = look_ahead(push->site, &promise->head);
    weft_site_shared_set_request(push->site->shared, push->request); // the page is at hand again
    return outlook->is_fit && !weft_cache_digest_has(&push->held, outlook->key) &&
           outlook->size <= WEFT_PUSH_SIZES_MOST - push->size;
}

static void promise_one(struct weft_push *push, struct weft_span path, bool is_critical)
{
    if (push->is_over || push->count == WEFT_PUSHES_MOST) return;
    uint64_t key = weft_cache_digest_key(path, (struct weft_span){0});
    if (weft_cache_digest_has(push->given, key)) return; // never twice on a connection
    struct weft_promise *promise = new_promise(push, path, is_critical);
    struct outlook outlook;
    if (!promise) return;
    if (!is_worth_it(push, promise, &outlook)) {
        free(promise);
        return;
    }
    enum weft_result result =
        weft_conn_push(push->conn, push->stream_id, &promise->head, &promise->stream_id);
    if (result != WEFT_OK) { // the client forbids it, or has as many as it wants
        push->is_over = true;
        free(promise);
        return;
    }
    weft_cache_digest_add(push->given, key);
    weft_cache_digest_add(&push->will_hold, outlook.key);
    *push->last = promise;
    push->last = &promise->next;
    push->size += outlook.size;
    push->count++;
}

void weft_push_page(struct weft_push *push, const struct weft_manifest_page *page)
{
    for (size_t i = 0; i < page->resource_count; i++) {
        const struct weft_manifest_resource *resource = &page->resources[i];
        bool is_pushed =
            resource->mode == WEFT_MANIFEST_BOTH || resource->mode == WEFT_MANIFEST_PUSH;
        if (!is_pushed || resource->as == WEFT_MANIFEST_ORIGIN) continue;
        promise_one(push, resource->target, resource->as <= WEFT_MANIFEST_FONT);
    }
}

// `target` behind an authority that is the page's; empty where it is another's.
static struct weft_span behind_authority(const struct weft_push *push, struct weft_span target)
{
    struct weft_span authority = push->request->authority;
    bool is_ours = authority.size > 0 && weft_span_starts_with(target, authority);
    return weft_span_skip(target, is_ours ? authority.size : target.size);
}

// Is there a segment "." or ".."? No reference needs them behind its beginning.
static bool has_dots(struct weft_span path)
{
    for (size_t at = 0; at + 1 < path.size; at++) {
        if (path.data[at] != '/' || path.data[at + 1] != '.') continue;
        struct weft_span rest = weft_span_skip(path, at + 2);
        if (weft_span_starts_with(rest, WEFT_SPAN("."))) rest = weft_span_skip(rest, 1);
        if (rest.size == 0 || rest.data[0] == '/' || rest.data[0] == '?') return true;
    }
    return false;
}

// The folder of a path, with its slash; the root's is its own parent.
static struct weft_span folder_of(struct weft_span path)
{
    size_t size = weft_span_find(path, '?');
    while (size > 0 && path.data[size - 1] != '/')
        size--;
    return weft_span_part(path, 0, size);
}

// A reference relative to the page, RFC 3986 §5.2: its folder, less one for each "../", and the rest. Empty where it
// has no room, or a scheme.
static struct weft_span beside_page(const struct weft_push *push, struct weft_span target,
                                    uint8_t room[WEFT_PATH_SIZE])
{
    struct weft_span none = {0};
    struct weft_span folder = folder_of(push->request->path);
    bool is_up;
    if (weft_span_find(target, ':') < weft_span_find(target, '/')) return none;
    while ((is_up = weft_span_starts_with(target, WEFT_SPAN("../"))) ||
           weft_span_starts_with(target, WEFT_SPAN("./"))) {
        target = weft_span_skip(target, is_up ? 3 : 2);
        if (is_up && folder.size > 1) {
            folder = folder_of(weft_span_part(folder, 0, folder.size - 1));
        }
    }
    bool is_file = target.size > 0 && target.data[0] != '.' && target.data[0] != '?';
    if (!is_file || folder.size == 0 || folder.size + target.size > WEFT_PATH_SIZE) return none;
    memcpy(room, folder.data, folder.size);
    memcpy(room + folder.size, target.data, target.size);
    return (struct weft_span){room, folder.size + target.size};
}

// The path of a target on our own origin; empty for all else.
static struct weft_span own_path(const struct weft_push *push, struct weft_span target,
                                 uint8_t room[WEFT_PATH_SIZE])
{
    struct weft_span scheme = push->request->scheme;
    struct weft_span rest = weft_span_skip(target, scheme.size);
    if (weft_span_starts_with(target, WEFT_SPAN("//"))) {
        target = behind_authority(push, weft_span_skip(target, 2));
    } else if (weft_span_starts_with(target, scheme) &&
               weft_span_starts_with(rest, WEFT_SPAN("://"))) {
        target = behind_authority(push, weft_span_skip(rest, 3));
    } else if (target.size > 0 && target.data[0] != '/') {
        target = beside_page(push, target, room);
    }
    bool is_path = target.size > 0 && target.data[0] == '/' && !has_dots(target) &&
                   weft_span_find(target, '#') == target.size;
    return is_path ? target : (struct weft_span){0};
}

void weft_push_links(struct weft_push *push, struct weft_span value)
{
    struct weft_http_link link;
    struct weft_http_parameter parameter;
    uint8_t room[WEFT_PATH_SIZE];
    while (weft_http_link_next(&value, &link) == WEFT_HTTP_LINK) {
        bool is_module = weft_http_link_has_relation(&link, WEFT_SPAN("modulepreload"));
        if (!is_module && !weft_http_link_has_relation(&link, WEFT_SPAN("preload"))) continue;
        if (weft_http_link_parameter(&link, WEFT_SPAN("nopush"), &parameter)) continue;
        if (weft_http_link_parameter(&link, WEFT_SPAN("anchor"), &parameter))
            continue; // another page's
        struct weft_span path = own_path(push, link.target, room);
        if (path.size == 0) continue;
        bool is_image = weft_http_link_parameter(&link, WEFT_SPAN("as"), &parameter) &&
                        weft_span_equal_ignoring_case(parameter.value, WEFT_SPAN("image"));
        promise_one(push, path, !is_image);
    }
}
