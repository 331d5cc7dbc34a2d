#include "http/field.h"

// clang-format off
static const struct weft_span texts[WEFT_HTTP_FIELD_NAME_COUNT] = {
#define X(id, text) [WEFT_HTTP_FIELD_##id] = WEFT_SPAN_INIT(text),
    WEFT_HTTP_FIELD_NAMES(X)
#undef X
};

// A perfect hash: every known name has a slot of its own. Found and printed by tools/field_hash.py.
static const uint8_t slots[256] = {
    [0] = WEFT_HTTP_FIELD_SEC_FETCH_DEST,
    [5] = WEFT_HTTP_FIELD_FORWARDED,
    [14] = WEFT_HTTP_FIELD_ACCESS_CONTROL_ALLOW_ORIGIN,
    [15] = WEFT_HTTP_FIELD_CONTENT_LENGTH,
    [19] = WEFT_HTTP_FIELD_COOKIE,
    [20] = WEFT_HTTP_FIELD_CONTENT_ENCODING,
    [21] = WEFT_HTTP_FIELD_DATE,
    [23] = WEFT_HTTP_FIELD_ETAG,
    [28] = WEFT_HTTP_FIELD_SEC_FETCH_SITE,
    [29] = WEFT_HTTP_FIELD_TE,
    [46] = WEFT_HTTP_FIELD_CONNECTION,
    [47] = WEFT_HTTP_FIELD_ACCEPT_RANGES,
    [51] = WEFT_HTTP_FIELD_SET_COOKIE,
    [52] = WEFT_HTTP_FIELD_ACCEPT_CHARSET,
    [56] = WEFT_HTTP_FIELD_CACHE_CONTROL,
    [59] = WEFT_HTTP_FIELD_LAST_MODIFIED,
    [61] = WEFT_HTTP_FIELD_X_CONTENT_TYPE_OPTIONS,
    [66] = WEFT_HTTP_FIELD_IF_MATCH,
    [69] = WEFT_HTTP_FIELD_VARY,
    [70] = WEFT_HTTP_FIELD_CONTENT_LOCATION,
    [75] = WEFT_HTTP_FIELD_X_FORWARDED_FOR,
    [76] = WEFT_HTTP_FIELD_MAX_FORWARDS,
    [79] = WEFT_HTTP_FIELD_AGE,
    [82] = WEFT_HTTP_FIELD_CONTENT_DISPOSITION,
    [86] = WEFT_HTTP_FIELD_IF_NONE_MATCH,
    [87] = WEFT_HTTP_FIELD_REFERER,
    [88] = WEFT_HTTP_FIELD_CONTENT_TYPE,
    [89] = WEFT_HTTP_FIELD_TRANSFER_ENCODING,
    [90] = WEFT_HTTP_FIELD_EARLY_DATA,
    [92] = WEFT_HTTP_FIELD_STRICT_TRANSPORT_SECURITY,
    [99] = WEFT_HTTP_FIELD_IF_MODIFIED_SINCE,
    [103] = WEFT_HTTP_FIELD_RETRY_AFTER,
    [104] = WEFT_HTTP_FIELD_ORIGIN,
    [105] = WEFT_HTTP_FIELD_CONTENT_SECURITY_POLICY,
    [107] = WEFT_HTTP_FIELD_IF_UNMODIFIED_SINCE,
    [108] = WEFT_HTTP_FIELD_SEC_FETCH_MODE,
    [123] = WEFT_HTTP_FIELD_USER_AGENT,
    [127] = WEFT_HTTP_FIELD_ACCEPT_LANGUAGE,
    [130] = WEFT_HTTP_FIELD_EXPECT,
    [132] = WEFT_HTTP_FIELD_SERVER,
    [133] = WEFT_HTTP_FIELD_PRIORITY,
    [152] = WEFT_HTTP_FIELD_RANGE,
    [153] = WEFT_HTTP_FIELD_PROXY_AUTHENTICATE,
    [161] = WEFT_HTTP_FIELD_LINK,
    [164] = WEFT_HTTP_FIELD_SEC_FETCH_USER,
    [166] = WEFT_HTTP_FIELD_VIA,
    [167] = WEFT_HTTP_FIELD_REFRESH,
    [168] = WEFT_HTTP_FIELD_FROM,
    [174] = WEFT_HTTP_FIELD_ACCEPT_ENCODING,
    [178] = WEFT_HTTP_FIELD_UPGRADE,
    [184] = WEFT_HTTP_FIELD_UPGRADE_INSECURE_REQUESTS,
    [185] = WEFT_HTTP_FIELD_TRAILER,
    [189] = WEFT_HTTP_FIELD_HOST,
    [193] = WEFT_HTTP_FIELD_ALLOW,
    [195] = WEFT_HTTP_FIELD_PROXY_CONNECTION,
    [207] = WEFT_HTTP_FIELD_PROXY_AUTHORIZATION,
    [216] = WEFT_HTTP_FIELD_AUTHORIZATION,
    [217] = WEFT_HTTP_FIELD_CONTENT_RANGE,
    [218] = WEFT_HTTP_FIELD_KEEP_ALIVE,
    [219] = WEFT_HTTP_FIELD_EXPIRES,
    [223] = WEFT_HTTP_FIELD_LOCATION,
    [226] = WEFT_HTTP_FIELD_ALT_SVC,
    [229] = WEFT_HTTP_FIELD_CONTENT_LANGUAGE,
    [232] = WEFT_HTTP_FIELD_WWW_AUTHENTICATE,
    [235] = WEFT_HTTP_FIELD_IF_RANGE,
    [237] = WEFT_HTTP_FIELD_ACCEPT,
};
// clang-format on

static uint8_t slot_of(struct weft_span name)
{
    const uint8_t *end = name.data + name.size;
    unsigned size = (uint8_t)name.size;
    return (uint8_t)(size * 4 + name.data[0] * 49U + end[-2] * 43U + end[-1]);
}

enum weft_http_field_name weft_http_field_lookup(struct weft_span name)
{
    if (name.size < 2) return WEFT_HTTP_OTHER_FIELD;
    uint8_t id = slots[slot_of(name)];
    struct weft_span text = texts[id]; // an empty slot is OTHER_FIELD, whose text is empty
    if (text.size != name.size || memcmp(text.data, name.data, name.size) != 0) {
        return WEFT_HTTP_OTHER_FIELD;
    }
    return (enum weft_http_field_name)id;
}

struct weft_span weft_http_field_text(enum weft_http_field_name id)
{
    return (unsigned)id < WEFT_COUNT(texts) ? texts[id] : texts[WEFT_HTTP_OTHER_FIELD];
}

const struct weft_http_field *weft_http_field_find(const struct weft_http_field *fields,
                                                   size_t count, enum weft_http_field_name id)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].id == id) return &fields[i];
    }
    return NULL;
}

uint64_t weft_http_fields_lack(const struct weft_http_field *fields, size_t count)
{
    uint64_t present = 0;
    for (size_t i = 0; i < count; i++) {
        present |= UINT64_C(1) << fields[i].id % 64;
    }
    return ~present;
}
