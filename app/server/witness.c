// server/witness.c
#include "server/witness.h"

#include "base/hash.h"
#include "http/cache_control.h"
#include "http/target.h"
#include "server/delivery.h"
#include "server/early_hints.h"

#include <netinet/in.h>
#include <string.h>

enum { TARGET_MOST = 512, IPV4_NETWORK = 3, IPV6_NETWORK = 6 }; // bytes

void weft_witness_init(struct weft_witness *witness, struct weft_notebook *notebook, uint64_t seed,
                       const struct weft_address *client)
{
    *witness = (struct weft_witness){.notebook = notebook, .seed = seed};
    if (!notebook) return;
    struct weft_span bytes = {0};
    size_t size = 0;
    if (client->storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)&client->storage;
        bytes = (struct weft_span){in->sin6_addr.s6_addr, sizeof(in->sin6_addr)};
        size = IPV6_NETWORK;
    } else if (client->storage.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)&client->storage;
        bytes = (struct weft_span){(const uint8_t *)&in->sin_addr, sizeof(in->sin_addr)};
        size = IPV4_NETWORK;
    }
    witness->address = weft_hash_bytes(seed, bytes);
    witness->network = weft_hash_bytes(seed, weft_span_part(bytes, 0, size));
}

// Whose browser it is, as far as can be seen: the address, and what it calls itself.
static uint64_t visitor_of(const struct weft_witness *witness, const struct weft_http_head *request)
{
    const struct weft_http_field *agent = weft_http_head_find(request, WEFT_HTTP_FIELD_USER_AGENT);
    return weft_hash_bytes(witness->address, agent ? agent->value : (struct weft_span){0});
}

static bool may_be_kept_by_all(const struct weft_http_head *answer)
{
    const struct weft_http_field *field =
        weft_http_head_find(answer, WEFT_HTTP_FIELD_CACHE_CONTROL);
    struct weft_http_cache_control control =
        weft_http_cache_control_parse(field ? field->value : (struct weft_span){0});
    return weft_http_cache_control_may_store(&control) && !control.is_private;
}

static bool site_is(const struct weft_http_head *request, const char *word)
{
    const struct weft_http_field *field =
        weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_SITE);
    return field && weft_span_equal_ignoring_case(field->value, weft_span_of(word));
}

static bool has_query(struct weft_span path)
{
    return weft_span_find(path, '?') < path.size;
}

// What the Referer names on our own origin: a path and query; empty for all else.
static struct weft_span own_referer(const struct weft_http_head *request)
{
    struct weft_span none = {0};
    const struct weft_http_field *field = weft_http_head_find(request, WEFT_HTTP_FIELD_REFERER);
    if (!field) return none;
    struct weft_span rest = field->value;
    size_t scheme = weft_span_starts_with(rest, WEFT_SPAN("https://"))  ? 8
                    : weft_span_starts_with(rest, WEFT_SPAN("http://")) ? 7
                                                                        : 0;
    rest = weft_span_skip(rest, scheme);
    size_t slash = weft_span_find(rest, '/');
    struct weft_span host = weft_span_part(rest, 0, slash);
    if (scheme == 0 || !weft_span_equal_ignoring_case(host, request->authority)) return none;
    return weft_span_skip(rest, slash);
}

// Does somebody come who holds nothing of the site yet, as far as can be seen?
static bool is_first(const struct weft_http_head *request)
{
    if (weft_http_head_find(request, WEFT_HTTP_FIELD_IF_NONE_MATCH)) return false;
    if (weft_http_head_find(request, WEFT_HTTP_FIELD_IF_MODIFIED_SINCE)) return false;
    if (weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_SITE)) {
        return site_is(request, "none") || site_is(request, "cross-site");
    }
    return own_referer(request).size == 0;
}

// What the request is for, by Sec-Fetch-Dest and else by its name; ORIGIN for what is not told of.
static enum weft_manifest_as kind_of(const struct weft_http_head *request)
{
    const struct weft_http_field *dest =
        weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_DEST);
    const struct weft_http_field *mode =
        weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_MODE);
    if (!dest) {
        enum weft_manifest_as as = weft_manifest_as_of(request->path);
        return as <= WEFT_MANIFEST_IMAGE ? as : WEFT_MANIFEST_ORIGIN;
    }
    // A script in CORS mode is a module, as good as always.
    bool is_cors = mode && weft_span_equal_ignoring_case(mode->value, WEFT_SPAN("cors"));
    if (weft_span_equal_ignoring_case(dest->value, WEFT_SPAN("script"))) {
        return is_cors ? WEFT_MANIFEST_MODULE : WEFT_MANIFEST_SCRIPT;
    }
    if (weft_span_equal_ignoring_case(dest->value, WEFT_SPAN("font"))) return WEFT_MANIFEST_FONT;
    if (is_cors) return WEFT_MANIFEST_ORIGIN; // a hint would not fit it
    if (weft_span_equal_ignoring_case(dest->value, WEFT_SPAN("style"))) return WEFT_MANIFEST_STYLE;
    if (weft_span_equal_ignoring_case(dest->value, WEFT_SPAN("image"))) return WEFT_MANIFEST_IMAGE;
    return WEFT_MANIFEST_ORIGIN;
}

// Can it stand in a manifest? No query: that may be one visitor's own.
static bool is_plain(struct weft_span path)
{
    if (path.size == 0 || path.size > TARGET_MOST || path.data[0] != '/') return false;
    if (path.size > 1 && path.data[1] == '/') return false;
    for (size_t i = 0; i < path.size; i++) {
        uint8_t byte = path.data[i];
        if (byte <= ' ' || byte >= 0x7f || strchr("?#<>\"\\", byte)) return false;
    }
    return true;
}

static void note_view(const struct weft_witness *witness, const struct weft_site *site,
                      const struct weft_http_head *request, const struct weft_http_head *answer,
                      bool is_told)
{
    uint8_t room[WEFT_PATH_SIZE];
    struct weft_note note = {.kind = WEFT_NOTE_VIEW, .is_told = is_told};
    note.is_first = is_first(request) && may_be_kept_by_all(answer) && !has_query(request->path);
    if (!note.is_first && !is_told) return; // teaches nothing
    note.page = weft_delivery_page_path(site, request->path, room);
    if (note.page.size == 0) return;
    note.time_us = site->shared->now_us;
    note.visitor = visitor_of(witness, request);
    note.network = witness->network;
    note.site = (uint16_t)site->index;
    weft_notebook_add(witness->notebook, &note);
}

static void note_fetch(const struct weft_witness *witness, const struct weft_site *site,
                       const struct weft_http_head *request, const struct weft_http_head *answer)
{
    uint8_t room[WEFT_PATH_SIZE];
    bool is_gone = answer->status == 404 || answer->status == 410;
    bool is_there = answer->status == 200 || answer->status == 304;
    bool is_ours = !weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_SITE) ||
                   site_is(request, "same-origin");
    struct weft_span referer = own_referer(request);
    enum weft_manifest_as as = kind_of(request);
    if (!is_ours || referer.size == 0 || has_query(referer) || as == WEFT_MANIFEST_ORIGIN) return;
    if (!is_plain(request->path) || (!is_gone && !(is_there && may_be_kept_by_all(answer)))) return;
    struct weft_note note = {
        .kind = is_gone ? WEFT_NOTE_GONE : WEFT_NOTE_FETCH,
        .time_us = site->shared->now_us,
        .visitor = visitor_of(witness, request),
        .network = witness->network,
        .page = weft_delivery_page_path(site, referer, room),
        .target = request->path,
        .site = (uint16_t)site->index,
        .as = (uint8_t)as,
    };
    if (note.page.size == 0) return;
    if (answer->status == 200 && answer->content_length > 0) {
        note.size = (uint64_t)answer->content_length;
    }
    weft_notebook_add(witness->notebook, &note);
}

void weft_witness_answer(const struct weft_witness *witness, struct weft_site *site,
                         const struct weft_http_head *request, const struct weft_http_head *answer,
                         bool is_told)
{
    if (request->method != WEFT_HTTP_GET) return;
    if (weft_http_head_find(request, WEFT_HTTP_FIELD_AUTHORIZATION)) return; // one visitor's own
    if (weft_request_is_navigation(request)) {
        bool is_page = answer->status == 200 && weft_delivery_is_html(answer);
        if (is_page) note_view(witness, site, request, answer, is_told);
    } else {
        note_fetch(witness, site, request, answer);
    }
}

void weft_witness_push(const struct weft_witness *witness, struct weft_site *site,
                       const struct weft_promise *promise, bool is_over, uint64_t size)
{
    uint8_t room[WEFT_PATH_SIZE];
    struct weft_note note = {
        .kind = is_over ? WEFT_NOTE_CANCEL : WEFT_NOTE_PUSH,
        .time_us = site->shared->now_us,
        .visitor = weft_hash_bytes(witness->address, promise->agent),
        .network = witness->network,
        .page = weft_delivery_page_path(site, promise->page, room),
        .target = promise->head.path,
        .size = size,
        .site = (uint16_t)site->index,
    };
    if (note.page.size > 0) weft_notebook_add(witness->notebook, &note);
}
