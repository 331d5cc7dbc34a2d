// RFC 9111 §5.2
#include "http/cache_control.h"

#include "http/field_rules.h"

enum { AGE_MOST = INT32_MAX }; // §1.2.2

static int64_t seconds(struct weft_span text)
{
    int64_t number = 0;
    if (text.size >= 2 && text.data[0] == '"')
        text = weft_span_part(text, 1, text.size - 2);     // §5.2
    if (!weft_http_parse_decimal(text, &number)) return 0; // stale, §4.2.1
    return number < AGE_MOST ? number : AGE_MOST;
}

struct weft_http_cache_control weft_http_cache_control_parse(struct weft_span value)
{
    struct weft_http_cache_control control = {.max_age = -1};
    struct weft_span directive;
    while (weft_http_list_next(&value, &directive)) {
        size_t size = weft_span_find(directive, '=');
        struct weft_span name = weft_span_part(directive, 0, size);
        if (weft_span_equal_ignoring_case(name, WEFT_SPAN("no-store"))) control.no_store = true;
        if (weft_span_equal_ignoring_case(name, WEFT_SPAN("no-cache"))) control.no_cache = true;
        if (weft_span_equal_ignoring_case(name, WEFT_SPAN("private"))) control.is_private = true;
        if (weft_span_equal_ignoring_case(name, WEFT_SPAN("no-transform"))) {
            control.no_transform = true;
        }
        if (!weft_span_equal_ignoring_case(name, WEFT_SPAN("max-age"))) continue;
        if (control.max_age < 0) control.max_age = seconds(weft_span_skip(directive, size + 1));
    }
    return control;
}
