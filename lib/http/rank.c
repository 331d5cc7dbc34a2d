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

// Is the value the row's name, or of its family? Parameters may follow (RFC 9110 §8.3.1).
static bool is_named(struct weft_span value, struct weft_span row)
{
    size_t last = row.size - 1;
    if (value.size < row.size || (value.data[last] | 0x20) != row.data[last]) return false;
    if (!weft_span_equal_ignoring_case(weft_span_part(value, 0, row.size), row)) return false;
    if (value.size == row.size || row.data[last] == '/') return true;
    return value.data[row.size] == ';' || weft_is_blank(value.data[row.size]);
}

static bool rank(const struct rank *ranks, size_t count, struct weft_span value,
                 struct weft_http_priority *priority)
{
    if (value.size == 0) return false;
    uint8_t first = value.data[0] | 0x20;
    for (size_t i = 0; i < count; i++) {
        if (first != ranks[i].name.data[0] || !is_named(value, ranks[i].name)) continue;
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

// Empty where there is none.
static struct weft_span content_type(const struct weft_http_head *response)
{
    const struct weft_http_field *field =
        weft_http_head_find(response, WEFT_HTTP_FIELD_CONTENT_TYPE);
    return field ? field->value : (struct weft_span){0};
}

bool weft_http_rank_response(const struct weft_http_head *response,
                             struct weft_http_priority *priority)
{
    if (response->rank == WEFT_HTTP_RANK_NONE) return false;
    if (response->rank == WEFT_HTTP_RANK_FOUND) {
        *priority = response->priority;
        return true;
    }
    return rank(types, WEFT_COUNT(types), content_type(response), priority);
}

void weft_http_rank_note(struct weft_http_head *response)
{
    bool is_found = weft_http_rank_response(response, &response->priority);
    response->rank = is_found ? WEFT_HTTP_RANK_FOUND : WEFT_HTTP_RANK_NONE;
}

bool weft_http_is_whole(const struct weft_http_head *response)
{
    static const struct weft_span whole[] = {
        WEFT_SPAN_INIT("text/css"),
        WEFT_SPAN_INIT("text/javascript"),
        WEFT_SPAN_INIT("application/javascript"),
        WEFT_SPAN_INIT("font/"),
    };
    struct weft_span type = content_type(response);
    for (size_t i = 0; i < WEFT_COUNT(whole); i++) {
        if (is_named(type, whole[i])) return true;
    }
    return false;
}
