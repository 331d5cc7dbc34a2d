#include "http/method.h"

#include "http/field_rules.h"

struct method_rule {
    struct weft_span text;
    bool is_safe;
    bool is_idempotent;
};

static const struct method_rule rules[WEFT_HTTP_OTHER_METHOD + 1] = {
#define X(name, safe, idempotent) [WEFT_HTTP_##name] = {WEFT_SPAN_INIT(#name), safe, idempotent},
    WEFT_HTTP_METHODS(X)
#undef X
};

enum weft_http_method weft_http_method_lookup(struct weft_span token)
{
    for (int method = 1; method < WEFT_HTTP_OTHER_METHOD; method++) {
        if (weft_span_equal(token, rules[method].text)) return (enum weft_http_method)method;
    }
    return weft_http_is_token(token) ? WEFT_HTTP_OTHER_METHOD : WEFT_HTTP_NO_METHOD; // §9.1
}

// The rule of `method`; that of NO_METHOD, which allows nothing, for what is none.
static const struct method_rule *rule_of(enum weft_http_method method)
{
    return &rules[(unsigned)method < WEFT_COUNT(rules) ? method : WEFT_HTTP_NO_METHOD];
}

struct weft_span weft_http_method_text(enum weft_http_method method)
{
    return rule_of(method)->text;
}

bool weft_http_method_is_safe(enum weft_http_method method)
{
    return rule_of(method)->is_safe;
}

bool weft_http_method_is_idempotent(enum weft_http_method method)
{
    return rule_of(method)->is_idempotent;
}
