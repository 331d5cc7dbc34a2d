#include "http/field_rules.h"

#include "http/head.h"

// clang-format off
// One row for 16 bytes; the bits are those of enum weft_http_byte_class.
const uint8_t weft_http_byte_classes[256] = {
    0x00, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x00, 0x04, 0x04, 0x00, 0x04, 0x04, // 00
    0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, // 10
    0x84, 0xe7, 0xc4, 0x87, 0xe7, 0x47, 0xe7, 0xe7, 0xe4, 0xe4, 0xe7, 0xe7, 0xe4, 0xe7, 0xe7, 0x44, // 20
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc4, 0xe4, 0xc4, 0xe4, 0xc4, 0xc4, // 30
    0xc4, 0xf5, 0xf5, 0xf5, 0xf5, 0xf5, 0xf5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, // 40
    0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xe5, 0xc4, 0x44, 0xc4, 0xc7, 0xe7, // 50
    0xc7, 0xf7, 0xf7, 0xf7, 0xf7, 0xf7, 0xf7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, // 60
    0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xe7, 0xc4, 0xc7, 0xc4, 0xe7, 0x04, // 70
    0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, // 80
    0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, // 90
    0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, // a0
    0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, // b0
    0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, // c0
    0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, // d0
    0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, // e0
    0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, 0xc4, // f0
};
// clang-format on

bool weft_http_all_bytes_are(struct weft_span span, enum weft_http_byte_class which)
{
    uint8_t common = 0xff; // no branch on a byte: spans are short and nearly always valid
    for (size_t i = 0; i < span.size; i++)
        common &= weft_http_byte_classes[span.data[i]];
    return span.size > 0 && (common & (unsigned)which) != 0;
}

// Does one of eight bytes stand below 0x0e? CR, LF and NUL do; of what else does, only HT is usual.
static bool holds_low_byte(const uint8_t *eight)
{
    uint64_t word;
    memcpy(&word, eight, sizeof(word));
    return ((word - 0x0e0e0e0e0e0e0e0eU) & ~word & 0x8080808080808080U) != 0;
}

bool weft_http_field_value_is_valid(struct weft_span value)
{
    size_t at = 0;
    while (value.size - at >= 8) {
        bool is_suspect = holds_low_byte(value.data + at);
        struct weft_span eight = {value.data + at, 8};
        if (is_suspect && !weft_http_all_bytes_are(eight, WEFT_HTTP_VALUE_CHAR)) return false;
        at += 8;
    }
    struct weft_span rest = weft_span_skip(value, at);
    return rest.size == 0 || weft_http_all_bytes_are(rest, WEFT_HTTP_VALUE_CHAR);
}

bool weft_http_field_value_is_trimmed(struct weft_span value)
{
    if (value.size == 0) return true;
    if (weft_is_blank(value.data[0]) || weft_is_blank(value.data[value.size - 1])) return false;
    return weft_http_field_value_is_valid(value);
}

enum field_trait { CONNECTION_SPECIFIC = 1, NOT_IN_TRAILERS = 2 };

// clang-format off
static const uint8_t traits[WEFT_HTTP_FIELD_NAME_COUNT] = {
    // RFC 9113 §8.2.2
    [WEFT_HTTP_FIELD_CONNECTION]        = CONNECTION_SPECIFIC | NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_KEEP_ALIVE]        = CONNECTION_SPECIFIC | NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_PROXY_CONNECTION]  = CONNECTION_SPECIFIC | NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_TRANSFER_ENCODING] = CONNECTION_SPECIFIC | NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_UPGRADE]           = CONNECTION_SPECIFIC | NOT_IN_TRAILERS,
    // RFC 9110 §6.5.1: framing, routing
    [WEFT_HTTP_FIELD_CONTENT_LENGTH]    = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_HOST]              = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_TE]                = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_TRAILER]           = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_FORWARDED]         = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_X_FORWARDED_FOR]   = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_VIA]               = NOT_IN_TRAILERS,
    // request modifiers: controls, conditions
    [WEFT_HTTP_FIELD_CACHE_CONTROL]     = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_EARLY_DATA]        = NOT_IN_TRAILERS, // RFC 8470 §5.1
    [WEFT_HTTP_FIELD_EXPECT]            = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_MAX_FORWARDS]      = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_PRIORITY]          = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_RANGE]             = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_IF_MATCH]          = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_IF_NONE_MATCH]     = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_IF_MODIFIED_SINCE] = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_IF_UNMODIFIED_SINCE] = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_IF_RANGE]          = NOT_IN_TRAILERS,
    // authentication
    [WEFT_HTTP_FIELD_AUTHORIZATION]       = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_PROXY_AUTHENTICATE]  = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_PROXY_AUTHORIZATION] = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_WWW_AUTHENTICATE]    = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_COOKIE]              = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_SET_COOKIE]          = NOT_IN_TRAILERS,
    // response control
    [WEFT_HTTP_FIELD_AGE]               = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_DATE]              = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_EXPIRES]           = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_LOCATION]          = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_RETRY_AFTER]       = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_VARY]              = NOT_IN_TRAILERS,
    // content
    [WEFT_HTTP_FIELD_CONTENT_ENCODING]  = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_CONTENT_RANGE]     = NOT_IN_TRAILERS,
    [WEFT_HTTP_FIELD_CONTENT_TYPE]      = NOT_IN_TRAILERS,
};
// clang-format on

bool weft_http_field_is_connection_specific(enum weft_http_field_name id)
{
    return (traits[id] & CONNECTION_SPECIFIC) != 0;
}

bool weft_http_te_is_trailers(struct weft_span value)
{
    return weft_span_equal_ignoring_case(value, WEFT_SPAN("trailers"));
}

bool weft_http_field_may_trail(enum weft_http_field_name id)
{
    return (traits[id] & NOT_IN_TRAILERS) == 0;
}

// Where the quoted string that begins at `at` ends: behind its closing quote; past `span.size` without one.
static size_t skip_quoted(struct weft_span span, size_t at)
{
    for (at++; at < span.size; at++) {
        if (span.data[at] == '"') return at + 1;
        if (span.data[at] == '\\') at++; // quoted-pair, §5.6.4
    }
    return span.size + 1;
}

// Where `byte` first stands outside of quoted strings, or `span.size`.
static size_t find_unquoted(struct weft_span span, uint8_t byte)
{
    size_t at = 0;
    while (at < span.size && span.data[at] != byte)
        at = span.data[at] == '"' ? skip_quoted(span, at) : at + 1;
    return at < span.size ? at : span.size;
}

bool weft_http_list_next(struct weft_span *list, struct weft_span *element)
{
    while (list->size > 0) {
        size_t size = find_unquoted(*list, ',');
        *element = weft_span_trim(weft_span_part(*list, 0, size));
        *list = weft_span_skip(*list, size < list->size ? size + 1 : size);
        if (element->size > 0) return true; // §5.6.1.2: empty elements do not count
    }
    return false;
}

// How many bytes from the start are of the class.
static size_t run_of(struct weft_span span, enum weft_http_byte_class which)
{
    size_t size = 0;
    while (size < span.size && weft_http_byte_is(span.data[size], which))
        size++;
    return size;
}

static enum weft_http_parameter_status parameter_value(struct weft_span *rest,
                                                       struct weft_http_parameter *parameter)
{
    if (rest->size > 0 && rest->data[0] == '"') {
        size_t size = skip_quoted(*rest, 0);
        if (size > rest->size) return WEFT_HTTP_PARAMETER_WRONG;
        parameter->value = weft_span_part(*rest, 1, size - 2);
        parameter->is_quoted = true;
        *rest = weft_span_skip(*rest, size);
        return WEFT_HTTP_PARAMETER;
    }
    parameter->value = weft_span_part(*rest, 0, run_of(*rest, WEFT_HTTP_TCHAR));
    if (parameter->value.size == 0) return WEFT_HTTP_PARAMETER_WRONG;
    *rest = weft_span_skip(*rest, parameter->value.size);
    return WEFT_HTTP_PARAMETER;
}

enum weft_http_parameter_status weft_http_parameter_next(struct weft_span *rest,
                                                         struct weft_http_parameter *parameter)
{
    *parameter = (struct weft_http_parameter){0};
    *rest = weft_span_trim(*rest);
    if (rest->size > 0 && rest->data[0] != ';') return WEFT_HTTP_PARAMETER_WRONG;
    while (rest->size > 0 && rest->data[0] == ';')
        *rest = weft_span_trim(weft_span_skip(*rest, 1));
    if (rest->size == 0) return WEFT_HTTP_PARAMETER_END;

    parameter->name = weft_span_part(*rest, 0, run_of(*rest, WEFT_HTTP_TCHAR));
    if (parameter->name.size == 0) return WEFT_HTTP_PARAMETER_WRONG;
    *rest = weft_span_skip(*rest, parameter->name.size);
    if (rest->size == 0 || rest->data[0] != '=') return WEFT_HTTP_PARAMETER;
    *rest = weft_span_skip(*rest, 1);
    return parameter_value(rest, parameter);
}

struct weft_span weft_http_unquote(struct weft_span quoted, uint8_t *room)
{
    size_t size = 0;
    for (size_t at = 0; at < quoted.size; at++) {
        if (quoted.data[at] == '\\' && quoted.size - at > 1) at++;
        room[size++] = quoted.data[at];
    }
    return (struct weft_span){room, size};
}

bool weft_http_parse_decimal(struct weft_span digits, int64_t *number)
{
    int64_t sum = 0;
    if (digits.size == 0) return false;
    for (size_t i = 0; i < digits.size; i++) {
        if (!weft_http_byte_is(digits.data[i], WEFT_HTTP_DIGIT)) return false;
        int64_t digit = digits.data[i] - '0';
        if (sum > (INT64_MAX - digit) / 10) return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return true;
}

bool weft_http_content_length_add(struct weft_span value, int64_t *length)
{
    int64_t known = *length;
    struct weft_span digits;
    bool is_stated = false;
    while (weft_http_list_next(&value, &digits)) {
        int64_t number;
        if (!weft_http_parse_decimal(digits, &number)) return false;
        if (known != WEFT_HTTP_LENGTH_UNKNOWN && number != known) return false;
        known = number;
        is_stated = true;
    }
    if (is_stated) *length = known;
    return is_stated;
}
