// RFC 9110 §14.
#include "http/range.h"

#include "http/field_rules.h"

// Digits as a number; what does not fit is taken as the largest number: it is behind any end.
static bool parse_position(struct weft_span digits, uint64_t *position)
{
    int64_t number;
    if (!weft_http_all_bytes_are(digits, WEFT_HTTP_DIGIT)) return false;
    *position = weft_http_parse_decimal(digits, &number) ? (uint64_t)number : UINT64_MAX;
    return true;
}

// Where one range-spec leads, §14.1.2.
enum spec { WRONG, UNMET, MET };

static enum spec parse_spec(struct weft_span text, uint64_t size, struct weft_http_range *range)
{
    size_t dash = weft_span_find(text, '-');
    struct weft_span first = weft_span_part(text, 0, dash);
    struct weft_span last = weft_span_skip(text, dash + 1);
    uint64_t number;
    if (dash == text.size) return WRONG;

    if (first.size == 0) { // suffix-range: the last so many bytes
        if (!parse_position(last, &number)) return WRONG;
        if (number == 0 || size == 0) return UNMET;
        range->first = number < size ? size - number : 0;
        range->last = size - 1;
        return MET;
    }
    range->last = UINT64_MAX; // "first-": to the end
    if (!parse_position(first, &range->first)) return WRONG;
    if (last.size > 0 && !parse_position(last, &range->last)) return WRONG;
    if (range->last < range->first) return WRONG;
    if (range->first >= size) return UNMET;
    if (range->last >= size) range->last = size - 1;
    return MET;
}

// Puts a range in its place. There are few, so it goes by moving.
static void insert(struct weft_http_ranges *ranges, struct weft_http_range range)
{
    size_t at = ranges->count++;
    for (; at > 0 && ranges->parts[at - 1].first > range.first; at--)
        ranges->parts[at] = ranges->parts[at - 1];
    ranges->parts[at] = range;
}

// Makes one of ranges that overlap or touch.
static void coalesce(struct weft_http_ranges *ranges)
{
    size_t kept = 0;
    for (size_t i = 1; i < ranges->count; i++) {
        struct weft_http_range *before = &ranges->parts[kept];
        struct weft_http_range range = ranges->parts[i];
        if (range.first > before->last && range.first - before->last > 1) {
            ranges->parts[++kept] = range;
        } else if (range.last > before->last) {
            before->last = range.last;
        }
    }
    if (ranges->count > 0) ranges->count = kept + 1;
}

enum weft_http_range_status weft_http_range_parse(struct weft_span value, uint64_t size,
                                                  struct weft_http_ranges *ranges)
{
    size_t equals = weft_span_find(value, '=');
    struct weft_span list = weft_span_skip(value, equals + 1);
    struct weft_span element;
    size_t asked = 0;
    uint64_t left = size; // what may still be asked for
    ranges->count = 0;
    if (!weft_span_equal_ignoring_case(weft_span_part(value, 0, equals), WEFT_SPAN("bytes"))) {
        return WEFT_HTTP_RANGE_WHOLE; // §14.2: an unknown unit is ignored
    }
    while (weft_http_list_next(&list, &element)) {
        struct weft_http_range range;
        enum spec spec = parse_spec(element, size, &range);
        if (spec == WRONG || ++asked > WEFT_HTTP_RANGES_MOST) return WEFT_HTTP_RANGE_WHOLE;
        if (spec == UNMET) continue;
        if (range.last - range.first >= left) return WEFT_HTTP_RANGE_WHOLE; // more than there is
        left -= range.last - range.first + 1;
        insert(ranges, range);
    }
    if (asked == 0) return WEFT_HTTP_RANGE_WHOLE;
    coalesce(ranges);
    if (ranges->count == 0) return WEFT_HTTP_RANGE_UNSATISFIABLE; // §15.5.17
    return WEFT_HTTP_RANGE_PARTS;
}

void weft_http_content_range_write(struct weft_writer *out, const struct weft_http_range *range,
                                   uint64_t size)
{
    weft_write_bytes(out, WEFT_SPAN("bytes "));
    if (range) {
        weft_write_decimal(out, range->first);
        weft_write_u8(out, '-');
        weft_write_decimal(out, range->last);
    } else {
        weft_write_u8(out, '*');
    }
    weft_write_u8(out, '/');
    weft_write_decimal(out, size);
}

static bool parse_number(struct weft_span digits, uint64_t *number)
{
    int64_t parsed;
    if (!weft_http_parse_decimal(digits, &parsed)) return false;
    *number = (uint64_t)parsed;
    return true;
}

bool weft_http_content_range_parse(struct weft_span value, struct weft_http_range *range,
                                   bool *has_range, uint64_t *size, bool *has_size)
{
    struct weft_span unit = weft_span_part(value, 0, 6);
    if (!weft_span_equal_ignoring_case(unit, WEFT_SPAN("bytes "))) return false;
    struct weft_span rest = weft_span_skip(value, 6);
    size_t slash = weft_span_find(rest, '/');
    struct weft_span bytes = weft_span_part(rest, 0, slash);
    struct weft_span whole = weft_span_skip(rest, slash + 1);

    *has_size = !weft_span_is(whole, "*");
    *has_range = !weft_span_is(bytes, "*");
    if (*has_size && !parse_number(whole, size)) return false;
    if (!*has_range) return *has_size;

    size_t dash = weft_span_find(bytes, '-');
    struct weft_http_range parsed;
    if (!parse_number(weft_span_part(bytes, 0, dash), &parsed.first)) return false;
    if (!parse_number(weft_span_skip(bytes, dash + 1), &parsed.last)) return false;
    if (parsed.last < parsed.first || (*has_size && parsed.last >= *size)) return false;
    *range = parsed;
    return true;
}
