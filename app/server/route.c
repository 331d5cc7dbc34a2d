// server/route.c: RFC 9110 §9
#include "server/route.h"

#include "server/error_page.h"
#include "server/representation.h"
#include "server/static_files.h"

#include "http/target.h"

#include <stdio.h>
#include <stdlib.h>

enum { HTTPS_PORT = 443 };

static const struct weft_span allowed = WEFT_SPAN_INIT("GET, HEAD, OPTIONS");

// To the same path of the same host, over TLS. Only GET may become GET (§15.4.2, §15.4.9).
static void send_to_https(struct weft_site *site, const struct weft_http_head *request,
                          struct weft_answer *answer)
{
    struct weft_http_authority authority;
    if (!weft_http_parse_authority(request->authority, &authority)) {
        weft_error_page(site, 400, answer); // HTTP/1.0 without Host: where to?
        return;
    }
    bool is_read = request->method == WEFT_HTTP_GET || request->method == WEFT_HTTP_HEAD;
    bool is_path = request->path.size > 0 && request->path.data[0] == '/';
    struct weft_span path = is_path ? request->path : WEFT_SPAN("/");
    size_t size = authority.host.size + path.size + sizeof("https://:65535");
    char port[8] = "";
    char *location = malloc(size);
    if (site->shared->https_port != HTTPS_PORT) {
        snprintf(port, sizeof(port), ":%u", site->shared->https_port);
    }
    if (location) {
        snprintf(location, size, "https://%.*s%s%.*s", (int)authority.host.size,
                 (const char *)authority.host.data, port, (int)path.size, (const char *)path.data);
    }
    weft_redirect(site, is_read ? 301 : 308, location, answer);
}

// §9.3.7; the same for a file and for `*`
static void answer_options(struct weft_site *site, struct weft_answer *answer)
{
    answer->head.status = 204;
    weft_site_add_common(site, answer);
    weft_answer_add(answer, WEFT_HTTP_FIELD(ALLOW, allowed));
}

static void refuse_method(struct weft_site *site, struct weft_answer *answer)
{
    weft_error_page(site, 405, answer);
    weft_answer_add(answer, WEFT_HTTP_FIELD(ALLOW, allowed)); // §15.5.6
}

// A rule of the site's answers it. What goes by its path later asks for that then.
static bool answer_by_rule(struct weft_site *site, const struct weft_http_head *request,
                           struct weft_answer *answer)
{
    struct weft_span rest;
    struct weft_site_shared *shared = site->shared;
    weft_site_shared_set_request(shared, request);
    if (site->config->https_only && !shared->is_secure) {
        send_to_https(site, request, answer);
        return true;
    }
    if (site->config->redirects.count == 0) return false;
    const struct weft_http_path *path = weft_site_path(shared);
    const struct weft_redirect *redirect =
        weft_redirects_find(&site->config->redirects, path->path, &rest);
    if (!redirect) return false;
    weft_redirect(site, redirect->status,
                  weft_redirect_location(redirect, rest, path->query, path->has_query), answer);
    return true;
}

static void route(struct weft_site *site, const struct weft_http_head *request,
                  struct weft_answer *answer)
{
    if (!site->place.root) {
        weft_error_page(site, 421, answer); // nobody's: the name is not ours, §15.5.20
        return;
    }
    if (site->config->has_rules && answer_by_rule(site, request, answer)) return;
    switch (request->method) {
    case WEFT_HTTP_GET:
    case WEFT_HTTP_HEAD: weft_static_files(site, request, answer); break;
    case WEFT_HTTP_OPTIONS: answer_options(site, answer); break;
    default: refuse_method(site, answer); break;
    }
}

void weft_route(struct weft_site *site, const struct weft_http_head *request,
                struct weft_answer *answer)
{
    route(site, request, answer);
    if (answer->may_be_coded) weft_representation_code_made(site, request, answer);
}
