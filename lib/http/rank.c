// http/rank.c
#include "http/rank.h"

struct rank {
    struct weft_span name; // the whole, or with a / at its end the beginning
    struct weft_http_priority priority;
};

// clang-format off
static const struct rank destinations[] = {
    {WEFT_SPAN_INIT("style"),    {1, false}}, // nothing is painted before it
    {WEFT_SPAN_INIT("xslt"),     {1, false}},
    {WEFT_SPAN_INIT("document"), {2, false}},
    {WEFT_SPAN_INIT("script"),   {2, false}},
    {WEFT_SPAN_INIT("font"),     {2, false}},
    {WEFT_SPAN_INIT("iframe"),   {3, false}},
    {WEFT_SPAN_INIT("frame"),    {3, false}},
    {WEFT_SPAN_INIT("empty"),    {3, false}}, // fetch()
    {WEFT_SPAN_INIT("image"),    {4, true}},
    {WEFT_SPAN_INIT("audio"),    {5, true}},
    {WEFT_SPAN_INIT("track"),    {5, true}},
    {WEFT_SPAN_INIT("video"),    {5, true}},
    {WEFT_SPAN_INIT("manifest"), {6, false}},
    {WEFT_SPAN_INIT("report"),   {6, false}},
};

static const struct rank types[] = {
    {WEFT_SPAN_INIT("text/css"),                 {1, false}},
    {WEFT_SPAN_INIT("text/html"),                {2, false}},
    {WEFT_SPAN_INIT("text/javascript"),          {2, false}},
    {WEFT_SPAN_INIT("application/javascript"),   {2, false}},
    {WEFT_SPAN_INIT("font/"),                    {2, false}},
    {WEFT_SPAN_INIT("image/"),                   {4, true}},
    {WEFT_SPAN_INIT("audio/"),                   {5, true}},
    {WEFT_SPAN_INIT("video/"),                   {5, true}},
    {WEFT_SPAN_INIT("application/octet-stream"), {5, true}}, // to be kept, not shown
    {WEFT_SPAN_INIT("application/zip"),          {5, true}},
    {WEFT_SPAN_INIT("application/gzip"),         {5, true}},
};
// clang-format on

// Is the name the row's, or of its family?
static bool is_named(struct weft_span name, struct weft_span row)
{
    if (name.size == 0 || (name.data[0] | 0x20) != row.data[0]) return false; // most rows go here
    bool is_family = row.data[row.size - 1] == '/';
    return weft_span_equal_ignoring_case(is_family ? weft_span_part(name, 0, row.size) : name, row);
}

static bool rank(const struct rank *ranks, size_t count, struct weft_span name,
                 struct weft_http_priority *priority)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_named(name, ranks[i].name)) continue;
        *priority = ranks[i].priority;
        return true;
    }
    return false;
}

bool weft_http_rank_request(const struct weft_http_head *request,
                            struct weft_http_priority *priority)
{
    const struct weft_http_field *field =
        weft_http_head_find(request, WEFT_HTTP_FIELD_SEC_FETCH_DEST);
    return field && rank(destinations, WEFT_COUNT(destinations), field->value, priority);
}

// The media type without parameters, RFC 9110 §8.3.1; empty where there is none.
static struct weft_span media_type(const struct weft_http_head *response)
{
    const struct weft_http_field *field =
        weft_http_head_find(response, WEFT_HTTP_FIELD_CONTENT_TYPE);
    if (!field) return (struct weft_span){0};
    return weft_span_trim(weft_span_part(field->value, 0, weft_span_find(field->value, ';')));
}

bool weft_http_rank_response(const struct weft_http_head *response,
                             struct weft_http_priority *priority)
{
    return rank(types, WEFT_COUNT(types), media_type(response), priority);
}

bool weft_http_is_whole(const struct weft_http_head *response)
{
    static const struct weft_span whole[] = {
        WEFT_SPAN_INIT("text/css"),
        WEFT_SPAN_INIT("text/javascript"),
        WEFT_SPAN_INIT("application/javascript"),
        WEFT_SPAN_INIT("font/"),
    };
    struct weft_span type = media_type(response);
    for (size_t i = 0; i < WEFT_COUNT(whole); i++) {
        if (is_named(type, whole[i])) return true;
    }
    return false;
}
