// RFC 9110 §13.
#include "http/conditional.h"

#include "http/date.h"

// §8.8.3: the size of the entity tag that `text` begins with; 0 where it does not.
static size_t etag_size(struct weft_span text)
{
    size_t at = weft_span_starts_with(text, WEFT_SPAN("W/")) ? 2 : 0;
    if (at >= text.size || text.data[at] != '"') return 0;
    for (at++; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (byte == '"') return at + 1;
        if (byte < 0x21 || byte == 0x7f) return 0; // etagc: no blanks, no controls
    }
    return 0;
}

bool weft_http_etag_is_valid(struct weft_span etag)
{
    return etag.size > 0 && etag_size(etag) == etag.size;
}

static bool is_weak(struct weft_span etag)
{
    return weft_span_starts_with(etag, WEFT_SPAN("W/"));
}

bool weft_http_etag_equal_strong(struct weft_span a, struct weft_span b)
{
    return a.size > 0 && !is_weak(a) && weft_span_equal(a, b);
}

bool weft_http_etag_equal_weak(struct weft_span a, struct weft_span b)
{
    struct weft_span opaque_a = weft_span_skip(a, is_weak(a) ? 2 : 0);
    struct weft_span opaque_b = weft_span_skip(b, is_weak(b) ? 2 : 0);
    return opaque_a.size > 0 && weft_span_equal(opaque_a, opaque_b);
}

bool weft_http_etag_next(struct weft_span *list, struct weft_span *etag)
{
    struct weft_span rest = weft_span_trim(*list);
    while (rest.size > 0 && rest.data[0] == ',')
        rest = weft_span_trim(weft_span_skip(rest, 1));
    size_t size = etag_size(rest);
    if (size == 0) return false;
    *etag = weft_span_part(rest, 0, size);
    rest = weft_span_trim(weft_span_skip(rest, size));
    if (rest.size > 0 && rest.data[0] != ',') return false;
    *list = rest;
    return true;
}

typedef bool etag_compare(struct weft_span, struct weft_span);

// Does one of the fields with that name, they may be several, hold `*` or a tag that is the same?
static bool lists_etag(const struct weft_http_head *request, enum weft_http_field_name id,
                       const struct weft_http_validators *validators, etag_compare *is_same)
{
    for (size_t i = 0; i < request->field_count; i++) {
        struct weft_span list = request->fields[i].value;
        struct weft_span etag;
        if (request->fields[i].id != id) continue;
        if (weft_span_is(weft_span_trim(list), "*") && validators->exists) return true;
        while (validators->exists && weft_http_etag_next(&list, &etag)) {
            if (is_same(etag, validators->etag)) return true;
        }
    }
    return false;
}

// The date that a field states; NO_DATE where it is not there, twice there, or no date (§13.1.3).
static int64_t stated_date(const struct weft_http_head *request, enum weft_http_field_name id,
                           int64_t now)
{
    int64_t date = WEFT_HTTP_NO_DATE;
    int lines = 0;
    for (size_t i = 0; i < request->field_count; i++) {
        if (request->fields[i].id != id) continue;
        lines++;
        if (!weft_http_date_parse(request->fields[i].value, now, &date)) return WEFT_HTTP_NO_DATE;
    }
    return lines == 1 ? date : WEFT_HTTP_NO_DATE;
}

static bool is_get_or_head(const struct weft_http_head *request)
{
    return request->method == WEFT_HTTP_GET || request->method == WEFT_HTTP_HEAD;
}

// §13.2.2, steps 1 and 2: is it still what the client takes it for?
static bool is_as_expected(const struct weft_http_head *request,
                           const struct weft_http_validators *validators, int64_t now)
{
    if (weft_http_head_find(request, WEFT_HTTP_FIELD_IF_MATCH)) { // §13.1.1
        return lists_etag(request, WEFT_HTTP_FIELD_IF_MATCH, validators,
                          weft_http_etag_equal_strong);
    }
    int64_t since = stated_date(request, WEFT_HTTP_FIELD_IF_UNMODIFIED_SINCE, now); // §13.1.4
    if (since == WEFT_HTTP_NO_DATE || validators->last_modified == WEFT_HTTP_NO_DATE) return true;
    return validators->last_modified <= since;
}

// §13.2.2, steps 3 and 4: does the client hold it already?
static bool is_known(const struct weft_http_head *request,
                     const struct weft_http_validators *validators, int64_t now)
{
    if (weft_http_head_find(request, WEFT_HTTP_FIELD_IF_NONE_MATCH)) { // §13.1.2
        return lists_etag(request, WEFT_HTTP_FIELD_IF_NONE_MATCH, validators,
                          weft_http_etag_equal_weak);
    }
    if (!is_get_or_head(request)) return false; // §13.1.3
    int64_t since = stated_date(request, WEFT_HTTP_FIELD_IF_MODIFIED_SINCE, now);
    if (since == WEFT_HTTP_NO_DATE || validators->last_modified == WEFT_HTTP_NO_DATE) return false;
    return validators->last_modified <= since;
}

// §13.2.2, step 5; §13.1.5: a strong tag that is the same, or exactly a date that is as good.
static bool range_holds(const struct weft_http_head *request,
                        const struct weft_http_validators *validators, int64_t now)
{
    if (request->method != WEFT_HTTP_GET) return false; // §14.2
    if (!weft_http_head_find(request, WEFT_HTTP_FIELD_RANGE)) return false;
    const struct weft_http_field *field = weft_http_head_find(request, WEFT_HTTP_FIELD_IF_RANGE);
    if (!field) return true;
    if (weft_http_etag_is_valid(field->value)) {
        return weft_http_etag_equal_strong(field->value, validators->etag);
    }
    int64_t date = stated_date(request, WEFT_HTTP_FIELD_IF_RANGE, now);
    if (date == WEFT_HTTP_NO_DATE || date != validators->last_modified) return false;
    return validators->date != WEFT_HTTP_NO_DATE && date < validators->date; // strong, §8.8.2.2
}

enum weft_http_condition
weft_http_evaluate_conditions(const struct weft_http_head *request,
                              const struct weft_http_validators *validators, int64_t now,
                              bool *uses_range)
{
    *uses_range = false;
    if (weft_http_asks_for_all(request)) return WEFT_HTTP_PROCEED;
    if (!is_as_expected(request, validators, now)) return WEFT_HTTP_FAILED_CONDITION;
    if (is_known(request, validators, now)) {
        return is_get_or_head(request) ? WEFT_HTTP_NOT_MODIFIED : WEFT_HTTP_FAILED_CONDITION;
    }
    *uses_range = range_holds(request, validators, now);
    return WEFT_HTTP_PROCEED;
}
