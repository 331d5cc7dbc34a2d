// server/early_hints.c: RFC 8297
#include "server/early_hints.h"

#include "http/field_rules.h"

enum { FIREFOX_WITH_HINTS = 123, VERSION_DIGITS = 6 };

static bool field_is(const struct weft_http_field *field, const char *text)
{
    return weft_span_equal_ignoring_case(field->value, weft_span_of(text));
}

bool weft_request_is_navigation(const struct weft_http_head *request)
{
    const struct weft_http_field *mode =
        weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_MODE);
    const struct weft_http_field *dest =
        weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_DEST);
    if (mode && !field_is(mode, "navigate")) return false;
    if (dest) return field_is(dest, "document"); // a frame's navigation would not use them
    if (mode) return true;
    const struct weft_http_field *accept = weft_http_head_find(request, WEFT_HTTP_FIELD_ACCEPT);
    if (!accept) return false;
    struct weft_span element;
    for (struct weft_span rest = accept->value; weft_http_list_next(&rest, &element);) {
        struct weft_span type =
            weft_span_trim(weft_span_part(element, 0, weft_span_find(element, ';')));
        if (weft_span_equal_ignoring_case(type, WEFT_SPAN("text/html"))) return true;
    }
    return false;
}

// Firefox preloads what a 103 names since 123, over HTTP/1.1 too; it calls itself Firefox/123.0 in User-Agent.
static bool is_firefox_that_takes_hints(struct weft_span agent)
{
    static const struct weft_span name = WEFT_SPAN_INIT("Firefox/");
    for (size_t at = 0; at + name.size < agent.size; at++) {
        struct weft_span rest = weft_span_skip(agent, at);
        if (!weft_span_starts_with(rest, name)) continue;
        unsigned version = 0;
        rest = weft_span_skip(rest, name.size);
        for (size_t i = 0; i < rest.size && i < VERSION_DIGITS; i++) {
            if (rest.data[i] < '0' || rest.data[i] > '9') break;
            version = version * 10 + (unsigned)(rest.data[i] - '0');
        }
        return version >= FIREFOX_WITH_HINTS;
    }
    return false;
}

// §3: an HTTP/1.1 client that does not know interim answers may take them for the final one. So they go only to who is
// known to use them: Firefox does, Chromium and Safari take them over HTTP/2 alone.
static bool takes_hints(const struct weft_http_head *request)
{
    if (request->version >= WEFT_HTTP_2) return true;
    if (request->version != WEFT_HTTP_1_1) return false;
    if (weft_http_head_was_forwarded(request)) return false; // who is in between may not know them
    const struct weft_http_field *agent = weft_http_head_find(request, WEFT_HTTP_FIELD_USER_AGENT);
    bool is_browser = weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_MODE) != NULL;
    return is_browser && agent && is_firefox_that_takes_hints(agent->value);
}

bool weft_early_hints_pay(const struct weft_site *site, const struct weft_http_head *request,
                          const struct weft_manifest_page *page)
{
    if (site->config->early_hints == WEFT_EARLY_HINTS_NEVER) return false;
    if (request->method != WEFT_HTTP_GET || !takes_hints(request)) return false;
    if (!site->hints_are_fresh) return false; // they would be fetched twice
    if (!weft_request_is_navigation(request)) return false;
    if (site->config->early_hints == WEFT_EARLY_HINTS_ALWAYS) return true;
    // An answer that leaves in the same write says the same as early, and all the browser does with it is as early, but
    // for images: those it withholds, unless they were hinted.
    return page->hints_images;
}

// Only what is meant for the hints themselves: Link, and the policy that they are fetched under. §2
void weft_early_hints_send(const struct weft_site *site, struct weft_conn *conn, uint64_t stream_id,
                           struct weft_span link)
{
    const struct weft_site_config *config = site->config;
    struct weft_http_field fields[1 + WEFT_EXTRA_FIELDS_MOST + WEFT_HEADER_FIELDS_MOST];
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    struct weft_http_field *set = fields + 1; // by the site, for this path
    size_t count = config->extra_count;
    memcpy(set, config->extra_fields, count * sizeof(*set));
    if (config->headers.count > 0) {
        struct weft_span path = weft_site_path(site->shared)->path;
        count = weft_header_rules_apply(&config->headers, path, false, set, count);
    }
    fields[head.field_count++] = WEFT_HTTP_FIELD(LINK, link);
    for (size_t i = 0; i < count; i++) {
        if (set[i].id != WEFT_HTTP_FIELD_CONTENT_SECURITY_POLICY) continue;
        fields[head.field_count++] = set[i];
    }
    head.status = 103;
    head.fields = fields;
    // Where it cannot be sent, the answer goes on without.
    if (weft_conn_respond(conn, stream_id, &head, false) != WEFT_OK) return;
}
