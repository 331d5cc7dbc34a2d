// client/push_match.c: may a promised answer stand for the one that is asked for? RFC 9113 §8.4, RFC 9111 §4
#include "client/push.h"

// Fields that make another answer of the same path: they may not be on one side alone.
static bool selects(enum weft_http_field_name id)
{
    switch (id) {
    case WEFT_HTTP_FIELD_AUTHORIZATION:
    case WEFT_HTTP_FIELD_COOKIE:
    case WEFT_HTTP_FIELD_IF_MATCH:
    case WEFT_HTTP_FIELD_IF_MODIFIED_SINCE:
    case WEFT_HTTP_FIELD_IF_NONE_MATCH:
    case WEFT_HTTP_FIELD_IF_RANGE:
    case WEFT_HTTP_FIELD_IF_UNMODIFIED_SINCE:
    case WEFT_HTTP_FIELD_RANGE: return true;
    default: return false;
    }
}

static const struct weft_http_field *find_named(const struct weft_http_head *head,
                                                struct weft_span name)
{
    for (size_t i = 0; i < head->field_count; i++) {
        if (weft_span_equal(head->fields[i].name, name)) return &head->fields[i];
    }
    return NULL;
}

// Has `other` every field of `head` with its value, as far as it counts?
static bool agrees(const struct weft_http_head *head, const struct weft_http_head *other,
                   bool is_promise)
{
    for (size_t i = 0; i < head->field_count; i++) {
        const struct weft_http_field *field = &head->fields[i];
        const struct weft_http_field *same = find_named(other, field->name);
        if (same && weft_span_equal(same->value, field->value)) continue;
        // An answer in a coding is of no use to who takes none.
        bool is_coding = is_promise && field->id == WEFT_HTTP_FIELD_ACCEPT_ENCODING;
        bool is_missing_only = !same && !is_coding && !selects(field->id);
        bool is_told_only_by_us = field->id == WEFT_HTTP_FIELD_USER_AGENT ||
                                  field->id == WEFT_HTTP_FIELD_REFERER ||
                                  field->id == WEFT_HTTP_FIELD_PRIORITY;
        if (!is_missing_only && !is_told_only_by_us) return false;
    }
    return true;
}

bool weft_client_push_matches(const struct weft_http_head *promised,
                              const struct weft_http_head *asked)
{
    return promised->method == asked->method && weft_span_equal(promised->path, asked->path) &&
           weft_span_equal_ignoring_case(promised->authority, asked->authority) &&
           weft_span_equal(promised->scheme, asked->scheme) && agrees(promised, asked, true) &&
           agrees(asked, promised, false);
}
