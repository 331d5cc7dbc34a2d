// RFC 9110 §12.
#include "http/encoding.h"

#include "http/field_rules.h"

enum { FULL_WEIGHT = 1000, UNLISTED = -1 };

struct coding_row {
    enum weft_http_coding coding;
    struct weft_span text;
};

// In the order of our liking: the smallest first.
static const struct coding_row codings[] = {
    {WEFT_HTTP_BROTLI, WEFT_SPAN_INIT("br")},
    {WEFT_HTTP_ZSTD, WEFT_SPAN_INIT("zstd")},
    {WEFT_HTTP_GZIP, WEFT_SPAN_INIT("gzip")},
    {WEFT_HTTP_IDENTITY, WEFT_SPAN_INIT("identity")},
};

struct weft_span weft_http_coding_text(enum weft_http_coding coding)
{
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        if (codings[i].coding == coding) return codings[i].text;
    }
    return (struct weft_span){NULL, 0};
}

enum weft_http_coding weft_http_coding_lookup(struct weft_span name)
{
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        if (weft_span_equal_ignoring_case(name, codings[i].text)) return codings[i].coding;
    }
    if (weft_span_equal_ignoring_case(name, WEFT_SPAN("x-gzip"))) return WEFT_HTTP_GZIP;
    return 0;
}

bool weft_http_parse_weight(struct weft_span text, unsigned *weight)
{
    unsigned sum = 0;
    if (text.size == 0 || text.size > 5) return false;
    if (text.data[0] != '0' && text.data[0] != '1') return false;
    if (text.size > 1 && text.data[1] != '.') return false;
    for (size_t i = 0; i < 5; i++) { // 1 digit, a point, 0 to 3 digits
        uint8_t byte = i < text.size ? text.data[i] : '0';
        if (i == 1) continue;
        if (!weft_http_byte_is(byte, WEFT_HTTP_DIGIT)) return false;
        sum = sum * 10 + (unsigned)(byte - '0');
    }
    if (sum > FULL_WEIGHT) return false;
    *weight = sum;
    return true;
}

// The weight among the parameters of a list's element; an element that breaks the grammar weighs nothing.
static unsigned weight_of(struct weft_span parameters)
{
    unsigned weight = FULL_WEIGHT;
    struct weft_http_parameter parameter;
    enum weft_http_parameter_status status;
    while ((status = weft_http_parameter_next(&parameters, &parameter)) == WEFT_HTTP_PARAMETER) {
        if (!weft_span_equal_ignoring_case(parameter.name, WEFT_SPAN("q"))) continue;
        if (!weft_http_parse_weight(parameter.value, &weight)) return 0;
    }
    return status == WEFT_HTTP_PARAMETER_END ? weight : 0;
}

// Takes the next element of a list apart: its name and what it weighs.
static bool next_weighed(struct weft_span *list, struct weft_span *name, unsigned *weight)
{
    struct weft_span element;
    if (!weft_http_list_next(list, &element)) return false;
    size_t size = weft_span_find(element, ';');
    *name = weft_span_trim(weft_span_part(element, 0, size));
    *weight = weight_of(weft_span_skip(element, size));
    return true;
}

/** What Accept-Encoding gives to each coding of the table, and to all that are not named. */
struct coding_weights {
    int named[WEFT_COUNT(codings)];
    int starred;
};

// Takes in what one value says; of a coding that is named twice the last word counts.
static void weigh_codings(struct weft_span value, struct coding_weights *weights)
{
    struct weft_span name;
    unsigned weight;
    while (next_weighed(&value, &name, &weight)) {
        enum weft_http_coding coding = weft_http_coding_lookup(name);
        for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
            if (codings[i].coding == coding) weights->named[i] = (int)weight;
        }
        if (weft_span_is(name, "*")) weights->starred = (int)weight;
    }
}

enum weft_http_coding weft_http_choose_coding(const struct weft_http_head *request,
                                              unsigned available)
{
    struct coding_weights weights = {.starred = UNLISTED};
    enum weft_http_coding best = WEFT_HTTP_IDENTITY;
    int best_weight = 0;
    int identity = 0;
    for (size_t i = 0; i < WEFT_COUNT(codings); i++)
        weights.named[i] = UNLISTED;
    for (size_t i = 0; i < request->field_count; i++) {
        const struct weft_http_field *field = &request->fields[i];
        if (field->id == WEFT_HTTP_FIELD_ACCEPT_ENCODING) weigh_codings(field->value, &weights);
    }
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        int weight = weights.named[i] != UNLISTED ? weights.named[i] : weights.starred;
        if (codings[i].coding == WEFT_HTTP_IDENTITY) identity = weight;
        if ((available & codings[i].coding) == 0 || weight <= best_weight) continue;
        best = codings[i].coding;
        best_weight = weight;
    }
    // §12.5.3: identity that is not named may be sent, but what is asked for goes before it
    return identity > best_weight ? WEFT_HTTP_IDENTITY : best;
}

// How closely a media range takes a type: 0 not at all, 1 by */*, 2 by type/*, 3 by its name.
static int closeness(struct weft_span range, struct weft_span type)
{
    size_t slash = weft_span_find(type, '/');
    if (weft_span_equal_ignoring_case(range, type)) return 3;
    if (weft_span_is(range, "*/*")) return 1;
    if (range.size != slash + 2 || range.data[range.size - 1] != '*') return 0;
    struct weft_span prefix = weft_span_part(range, 0, slash + 1);
    return weft_span_equal_ignoring_case(prefix, weft_span_part(type, 0, slash + 1)) ? 2 : 0;
}

bool weft_http_media_range_takes(struct weft_span range, struct weft_span type)
{
    return closeness(range, type) > 0;
}

unsigned weft_http_accept_weight(struct weft_span accept, struct weft_span type)
{
    struct weft_span range;
    unsigned weight;
    unsigned best = 0;
    int closest = 0;
    if (weft_span_trim(accept).size == 0) return FULL_WEIGHT;
    while (next_weighed(&accept, &range, &weight)) {
        int close = closeness(range, type);
        if (close <= closest) continue;
        closest = close;
        best = weight;
    }
    return best;
}

unsigned weft_http_name_weight(struct weft_span list, struct weft_span name)
{
    struct weft_span listed;
    unsigned weight;
    int named = UNLISTED;
    int starred = 0;
    if (weft_span_trim(list).size == 0) return FULL_WEIGHT;
    while (next_weighed(&list, &listed, &weight)) {
        if (weft_span_equal_ignoring_case(listed, name)) named = (int)weight;
        if (weft_span_is(listed, "*")) starred = (int)weight;
    }
    return (unsigned)(named != UNLISTED ? named : starred);
}
