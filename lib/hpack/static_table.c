// hpack/static_table.c
#include "hpack/static_table.h"

#include <assert.h>

// RFC 7541, Appendix A
// clang-format off
#define PSEUDO_FIELDS(X) \
    X(1, ":authority", "") \
    X(2, ":method", "GET") \
    X(3, ":method", "POST") \
    X(4, ":path", "/") \
    X(5, ":path", "/index.html") \
    X(6, ":scheme", "http") \
    X(7, ":scheme", "https") \
    X(8, ":status", "200") \
    X(9, ":status", "204") \
    X(10, ":status", "206") \
    X(11, ":status", "304") \
    X(12, ":status", "400") \
    X(13, ":status", "404") \
    X(14, ":status", "500")

#define FIELDS(X) \
    X(15, ACCEPT_CHARSET, "accept-charset", "") \
    X(16, ACCEPT_ENCODING, "accept-encoding", "gzip, deflate") \
    X(17, ACCEPT_LANGUAGE, "accept-language", "") \
    X(18, ACCEPT_RANGES, "accept-ranges", "") \
    X(19, ACCEPT, "accept", "") \
    X(20, ACCESS_CONTROL_ALLOW_ORIGIN, "access-control-allow-origin", "") \
    X(21, AGE, "age", "") \
    X(22, ALLOW, "allow", "") \
    X(23, AUTHORIZATION, "authorization", "") \
    X(24, CACHE_CONTROL, "cache-control", "") \
    X(25, CONTENT_DISPOSITION, "content-disposition", "") \
    X(26, CONTENT_ENCODING, "content-encoding", "") \
    X(27, CONTENT_LANGUAGE, "content-language", "") \
    X(28, CONTENT_LENGTH, "content-length", "") \
    X(29, CONTENT_LOCATION, "content-location", "") \
    X(30, CONTENT_RANGE, "content-range", "") \
    X(31, CONTENT_TYPE, "content-type", "") \
    X(32, COOKIE, "cookie", "") \
    X(33, DATE, "date", "") \
    X(34, ETAG, "etag", "") \
    X(35, EXPECT, "expect", "") \
    X(36, EXPIRES, "expires", "") \
    X(37, FROM, "from", "") \
    X(38, HOST, "host", "") \
    X(39, IF_MATCH, "if-match", "") \
    X(40, IF_MODIFIED_SINCE, "if-modified-since", "") \
    X(41, IF_NONE_MATCH, "if-none-match", "") \
    X(42, IF_RANGE, "if-range", "") \
    X(43, IF_UNMODIFIED_SINCE, "if-unmodified-since", "") \
    X(44, LAST_MODIFIED, "last-modified", "") \
    X(45, LINK, "link", "") \
    X(46, LOCATION, "location", "") \
    X(47, MAX_FORWARDS, "max-forwards", "") \
    X(48, PROXY_AUTHENTICATE, "proxy-authenticate", "") \
    X(49, PROXY_AUTHORIZATION, "proxy-authorization", "") \
    X(50, RANGE, "range", "") \
    X(51, REFERER, "referer", "") \
    X(52, REFRESH, "refresh", "") \
    X(53, RETRY_AFTER, "retry-after", "") \
    X(54, SERVER, "server", "") \
    X(55, SET_COOKIE, "set-cookie", "") \
    X(56, STRICT_TRANSPORT_SECURITY, "strict-transport-security", "") \
    X(57, TRANSFER_ENCODING, "transfer-encoding", "") \
    X(58, USER_AGENT, "user-agent", "") \
    X(59, VARY, "vary", "") \
    X(60, VIA, "via", "") \
    X(61, WWW_AUTHENTICATE, "www-authenticate", "")
// clang-format on

static const struct weft_http_field entries[WEFT_HPACK_STATIC_COUNT + 1] = {
#define X(index, text, content) \
    [index] = {WEFT_SPAN_INIT(text), WEFT_SPAN_INIT(content), WEFT_HTTP_OTHER_FIELD, 0},
    PSEUDO_FIELDS(X)
#undef X
#define X(index, field, text, content) \
    [index] = {WEFT_SPAN_INIT(text), WEFT_SPAN_INIT(content), WEFT_HTTP_FIELD_##field, 0},
        FIELDS(X)
#undef X
};

/** The indexes of the entries with one name; `first` 0 for none. */
struct run {
    uint8_t first;
    uint8_t last;
};

enum { LAST_PSEUDO = 14 };
static_assert(WEFT_HTTP_FIELD_NAME_COUNT + LAST_PSEUDO <= UINT8_MAX, "a name's number has 8 bits");

// By the name's number; a name that is not a pseudo-field's stands in the table once.
static const struct run runs[WEFT_HTTP_FIELD_NAME_COUNT + LAST_PSEUDO + 1] = {
    [WEFT_HTTP_FIELD_NAME_COUNT + 1] = {1, 1}, // :authority
    [WEFT_HTTP_FIELD_NAME_COUNT + 2] = {2, 3}, // :method
    [WEFT_HPACK_PATH_NUMBER] = {4, 5},
    [WEFT_HTTP_FIELD_NAME_COUNT + 6] = {6, 7},           // :scheme
    [WEFT_HTTP_FIELD_NAME_COUNT + 8] = {8, LAST_PSEUDO}, // :status
#define X(index, field, text, content) [WEFT_HTTP_FIELD_##field] = {index, index},
    FIELDS(X)
#undef X
};

const struct weft_http_field *weft_hpack_static(uint32_t index)
{
    return &entries[index];
}

uint8_t weft_hpack_name_number(struct weft_span name)
{
    if (name.size == 0 || name.data[0] != ':') return (uint8_t)weft_http_field_lookup(name);

    uint32_t first = 0;
    switch (name.size) {
    case sizeof(":path") - 1: first = 4; break;
    case sizeof(":method") - 1:
        first = name.data[1] == 'm' ? 2 : name.data[2] == 'c' ? 6 : 8; // :method, :scheme, :status
        break;
    case sizeof(":authority") - 1: first = 1; break;
    default: return WEFT_HTTP_OTHER_FIELD;
    }
    if (!weft_span_equal(entries[first].name, name)) return WEFT_HTTP_OTHER_FIELD;
    return (uint8_t)(WEFT_HTTP_FIELD_NAME_COUNT + first);
}

uint32_t weft_hpack_static_find(const struct weft_http_field *field, bool *has_value)
{
    struct run run = runs[field->id];
    *has_value = false;
    if (run.first == 0) return 0;
    for (uint32_t i = run.first; i <= run.last; i++) {
        if (!weft_span_equal(entries[i].value, field->value)) continue;
        *has_value = true;
        return i;
    }
    return run.first;
}
