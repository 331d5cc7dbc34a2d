// http/field.h: a field of a message, and the names that we know (RFC 9110 §5, §16.3).
#ifndef WEFT_HTTP_FIELD_H
#define WEFT_HTTP_FIELD_H

#include "base/span.h"

/**
 * The field names that some room of the house asks for. A known name is a small number, so that asking
 * for a field compares integers. The order is alphabetical by the name on the wire.
 */
// clang-format off
#define WEFT_HTTP_FIELD_NAMES(X)                          \
    X(ACCEPT, "accept")                                   \
    X(ACCEPT_CHARSET, "accept-charset")                   \
    X(ACCEPT_ENCODING, "accept-encoding")                 \
    X(ACCEPT_LANGUAGE, "accept-language")                 \
    X(ACCEPT_RANGES, "accept-ranges")                     \
    X(ACCESS_CONTROL_ALLOW_ORIGIN, "access-control-allow-origin") \
    X(AGE, "age")                                         \
    X(ALLOW, "allow")                                     \
    X(ALT_SVC, "alt-svc")                                 \
    X(AUTHORIZATION, "authorization")                     \
    X(CACHE_CONTROL, "cache-control")                     \
    X(CONNECTION, "connection")                           \
    X(CONTENT_DISPOSITION, "content-disposition")         \
    X(CONTENT_ENCODING, "content-encoding")               \
    X(CONTENT_LANGUAGE, "content-language")               \
    X(CONTENT_LENGTH, "content-length")                   \
    X(CONTENT_LOCATION, "content-location")               \
    X(CONTENT_RANGE, "content-range")                     \
    X(CONTENT_SECURITY_POLICY, "content-security-policy") \
    X(CONTENT_TYPE, "content-type")                       \
    X(COOKIE, "cookie")                                   \
    X(DATE, "date")                                       \
    X(EARLY_DATA, "early-data")                           \
    X(ETAG, "etag")                                       \
    X(EXPECT, "expect")                                   \
    X(EXPIRES, "expires")                                 \
    X(FORWARDED, "forwarded")                             \
    X(FROM, "from")                                       \
    X(HOST, "host")                                       \
    X(IF_MATCH, "if-match")                               \
    X(IF_MODIFIED_SINCE, "if-modified-since")             \
    X(IF_NONE_MATCH, "if-none-match")                     \
    X(IF_RANGE, "if-range")                               \
    X(IF_UNMODIFIED_SINCE, "if-unmodified-since")         \
    X(KEEP_ALIVE, "keep-alive")                           \
    X(LAST_MODIFIED, "last-modified")                     \
    X(LINK, "link")                                       \
    X(LOCATION, "location")                               \
    X(MAX_FORWARDS, "max-forwards")                       \
    X(ORIGIN, "origin")                                   \
    X(PRIORITY, "priority")                               \
    X(PROXY_AUTHENTICATE, "proxy-authenticate")           \
    X(PROXY_AUTHORIZATION, "proxy-authorization")         \
    X(PROXY_CONNECTION, "proxy-connection")               \
    X(RANGE, "range")                                     \
    X(REFERER, "referer")                                 \
    X(REFRESH, "refresh")                                 \
    X(RETRY_AFTER, "retry-after")                         \
    X(SEC_FETCH_DEST, "sec-fetch-dest")                   \
    X(SEC_FETCH_MODE, "sec-fetch-mode")                   \
    X(SEC_FETCH_SITE, "sec-fetch-site")                   \
    X(SEC_FETCH_USER, "sec-fetch-user")                   \
    X(SERVER, "server")                                   \
    X(SET_COOKIE, "set-cookie")                           \
    X(STRICT_TRANSPORT_SECURITY, "strict-transport-security") \
    X(TE, "te")                                           \
    X(TRAILER, "trailer")                                 \
    X(TRANSFER_ENCODING, "transfer-encoding")             \
    X(UPGRADE, "upgrade")                                 \
    X(UPGRADE_INSECURE_REQUESTS, "upgrade-insecure-requests") \
    X(USER_AGENT, "user-agent")                           \
    X(VARY, "vary")                                       \
    X(VIA, "via")                                         \
    X(WWW_AUTHENTICATE, "www-authenticate")               \
    X(X_CONTENT_TYPE_OPTIONS, "x-content-type-options")   \
    X(X_FORWARDED_FOR, "x-forwarded-for")
// clang-format on

enum weft_http_field_name {
    WEFT_HTTP_OTHER_FIELD, // a name that is not in the list
#define X(id, text) WEFT_HTTP_FIELD_##id,
    WEFT_HTTP_FIELD_NAMES(X)
#undef X
        WEFT_HTTP_FIELD_NAME_COUNT
};

/** What the sender of a field wants of header compression; HTTP/1 takes no notice. */
enum weft_http_field_hint {
    WEFT_HTTP_FIELD_USUAL,  // the encoder's policy by name
    WEFT_HTTP_FIELD_ONCE,   // the value will not come again: no table entry (RFC 7541 §6.2.2)
    WEFT_HTTP_FIELD_SECRET, // never in a table, here or further on (§6.2.3, §7.1.3)
};

/** One field line. Names are lower case, whatever the version of HTTP. */
struct weft_http_field {
    struct weft_span name;
    struct weft_span value;
    uint8_t id;   // enum weft_http_field_name
    uint8_t hint; // enum weft_http_field_hint; SECRET in what was received means it came so
};

/** A field with a known name, as an initialiser: {WEFT_HTTP_KNOWN_FIELD(ETAG, value_span)}. */
#define WEFT_HTTP_FIELD(which, value_span)                                            \
    (struct weft_http_field)                                                          \
    {                                                                                 \
        .name = weft_http_field_text(WEFT_HTTP_FIELD_##which), .value = (value_span), \
        .id = WEFT_HTTP_FIELD_##which                                                 \
    }

/** A known name as a bit of a set. More names than bits: two may share one, so a set says what it surely lacks. */
#define WEFT_HTTP_FIELD_BIT(which) (UINT64_C(1) << WEFT_HTTP_FIELD_##which % 64)

/** The id of a name in lower case; WEFT_HTTP_OTHER_FIELD where it is not one of ours. */
enum weft_http_field_name weft_http_field_lookup(struct weft_span name);

/** The name on the wire; empty for WEFT_HTTP_OTHER_FIELD. */
struct weft_span weft_http_field_text(enum weft_http_field_name id);

/** The first field with that name, or NULL. */
const struct weft_http_field *weft_http_field_find(const struct weft_http_field *fields,
                                                   size_t count, enum weft_http_field_name id);

/** The set of the names, by WEFT_HTTP_FIELD_BIT(), that none of the fields has. */
uint64_t weft_http_fields_lack(const struct weft_http_field *fields, size_t count);

#endif
