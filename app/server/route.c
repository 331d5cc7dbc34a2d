// server/route.c: RFC 9110 §9
#include "server/route.h"

#include "server/error_page.h"
#include "server/static_files.h"

static const struct weft_span allowed = WEFT_SPAN_INIT("GET, HEAD, OPTIONS");

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

void weft_route(struct weft_site *site, const struct weft_http_head *request,
                struct weft_answer *answer)
{
    if (!site->place.root) {
        weft_error_page(site, 421, answer); // nobody's: the name is not ours, §15.5.20
        return;
    }
    switch (request->method) {
    case WEFT_HTTP_GET:
    case WEFT_HTTP_HEAD: weft_static_files(site, request, answer); break;
    case WEFT_HTTP_OPTIONS: answer_options(site, answer); break;
    default: refuse_method(site, answer); break;
    }
}
