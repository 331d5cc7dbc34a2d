// client/redirect.c: RFC 9110 §15.4
#include "client/redirect.h"

bool weft_redirect_is_one(const struct weft_http_head *answer)
{
    switch (answer->status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return weft_http_head_find(answer, WEFT_HTTP_FIELD_LOCATION) != NULL;
    default: return false;
    }
}

static bool becomes_get(uint16_t status, enum weft_http_method method)
{
    if (status == 303) return method != WEFT_HTTP_HEAD && method != WEFT_HTTP_GET; // §15.4.4
    return status <= 302 && method == WEFT_HTTP_POST; // §15.4.2, §15.4.3
}

const char *weft_redirect_follow(const struct weft_url *from, enum weft_http_method method,
                                 const struct weft_http_head *answer, struct weft_arena *arena,
                                 struct weft_redirect *redirect)
{
    struct weft_redirect made = {.method = method};
    const struct weft_http_field *location = weft_http_head_find(answer, WEFT_HTTP_FIELD_LOCATION);
    const char *wrong = weft_url_join(from, location->value, arena, &made.url);
    if (wrong) return wrong;
    if (made.url.fragment.size == 0) made.url.fragment = from->fragment;
    if (becomes_get(answer->status, method)) {
        made.method = WEFT_HTTP_GET;
        made.drops_content = true;
    }
    made.drops_credentials = !weft_url_same_origin(from, &made.url);
    *redirect = made;
    return NULL;
}

bool weft_redirect_drops(const struct weft_redirect *redirect, enum weft_http_field_name id)
{
    switch (id) {
    case WEFT_HTTP_FIELD_AUTHORIZATION:
    case WEFT_HTTP_FIELD_PROXY_AUTHORIZATION:
    case WEFT_HTTP_FIELD_COOKIE: return redirect->drops_credentials;
    case WEFT_HTTP_FIELD_CONTENT_ENCODING:
    case WEFT_HTTP_FIELD_CONTENT_LANGUAGE:
    case WEFT_HTTP_FIELD_CONTENT_LENGTH:
    case WEFT_HTTP_FIELD_CONTENT_LOCATION:
    case WEFT_HTTP_FIELD_CONTENT_RANGE:
    case WEFT_HTTP_FIELD_CONTENT_TYPE:
    case WEFT_HTTP_FIELD_EXPECT: return redirect->drops_content;
    default: return false;
    }
}
