// base/units.c
#include "base/units.h"

struct unit {
    struct weft_span name;
    uint64_t factor;
};

// Takes the digits at the beginning; false without any, or past UINT64_MAX.
static bool take_number(struct weft_span *rest, uint64_t *number)
{
    size_t at = 0;
    *number = 0;
    for (; at < rest->size && rest->data[at] >= '0' && rest->data[at] <= '9'; at++) {
        uint64_t digit = (uint64_t)(rest->data[at] - '0');
        if (*number > (UINT64_MAX - digit) / 10) return false;
        *number = *number * 10 + digit;
    }
    *rest = weft_span_skip(*rest, at);
    return at > 0;
}

static bool take_unit(struct weft_span rest, const struct unit *units, size_t count,
                      uint64_t number, uint64_t *value)
{
    for (size_t i = 0; i < count; i++) {
        if (!weft_span_equal(rest, units[i].name)) continue;
        if (number > UINT64_MAX / units[i].factor) return false;
        *value = number * units[i].factor;
        return true;
    }
    return false;
}

bool weft_parse_size(struct weft_span text, uint64_t *size)
{
    static const struct unit units[] = {
        {WEFT_SPAN_INIT(""), 1},        {WEFT_SPAN_INIT("k"), 1 << 10},
        {WEFT_SPAN_INIT("K"), 1 << 10}, {WEFT_SPAN_INIT("m"), 1 << 20},
        {WEFT_SPAN_INIT("M"), 1 << 20}, {WEFT_SPAN_INIT("g"), 1 << 30},
        {WEFT_SPAN_INIT("G"), 1 << 30},
    };
    uint64_t number;
    return take_number(&text, &number) && take_unit(text, units, WEFT_COUNT(units), number, size);
}

bool weft_parse_duration_ms(struct weft_span text, uint64_t bare_ms, uint64_t *duration_ms)
{
    static const struct unit units[] = {
        {WEFT_SPAN_INIT("ms"), 1},       {WEFT_SPAN_INIT("s"), 1000},
        {WEFT_SPAN_INIT("m"), 60000},    {WEFT_SPAN_INIT("h"), 3600000},
        {WEFT_SPAN_INIT("d"), 86400000},
    };
    uint64_t number;
    if (!take_number(&text, &number)) return false;
    if (text.size > 0) return take_unit(text, units, WEFT_COUNT(units), number, duration_ms);
    if (bare_ms == 0 && number > 0) return false;
    if (bare_ms > 0 && number > UINT64_MAX / bare_ms) return false;
    *duration_ms = number * bare_ms;
    return true;
}
