#include "http/status.h"

struct status_rule {
    uint16_t status;
    bool is_cacheable; // heuristically, §15.1
    struct weft_span phrase;
};

// The registry's rows, in its order; those of RFC 9110 where no other is named.
// clang-format off
static const struct status_rule rules[] = {
    {100, false, WEFT_SPAN_INIT("Continue")},
    {101, false, WEFT_SPAN_INIT("Switching Protocols")},
    {102, false, WEFT_SPAN_INIT("Processing")},                      // RFC 2518
    {103, false, WEFT_SPAN_INIT("Early Hints")},                     // RFC 8297
    {200, true,  WEFT_SPAN_INIT("OK")},
    {201, false, WEFT_SPAN_INIT("Created")},
    {202, false, WEFT_SPAN_INIT("Accepted")},
    {203, true,  WEFT_SPAN_INIT("Non-Authoritative Information")},
    {204, true,  WEFT_SPAN_INIT("No Content")},
    {205, false, WEFT_SPAN_INIT("Reset Content")},
    {206, true,  WEFT_SPAN_INIT("Partial Content")},
    {207, false, WEFT_SPAN_INIT("Multi-Status")},                    // RFC 4918
    {208, false, WEFT_SPAN_INIT("Already Reported")},                // RFC 5842
    {226, false, WEFT_SPAN_INIT("IM Used")},                         // RFC 3229
    {300, true,  WEFT_SPAN_INIT("Multiple Choices")},
    {301, true,  WEFT_SPAN_INIT("Moved Permanently")},
    {302, false, WEFT_SPAN_INIT("Found")},
    {303, false, WEFT_SPAN_INIT("See Other")},
    {304, false, WEFT_SPAN_INIT("Not Modified")},
    {305, false, WEFT_SPAN_INIT("Use Proxy")},
    {307, false, WEFT_SPAN_INIT("Temporary Redirect")},
    {308, true,  WEFT_SPAN_INIT("Permanent Redirect")},
    {400, false, WEFT_SPAN_INIT("Bad Request")},
    {401, false, WEFT_SPAN_INIT("Unauthorized")},
    {402, false, WEFT_SPAN_INIT("Payment Required")},
    {403, false, WEFT_SPAN_INIT("Forbidden")},
    {404, true,  WEFT_SPAN_INIT("Not Found")},
    {405, true,  WEFT_SPAN_INIT("Method Not Allowed")},
    {406, false, WEFT_SPAN_INIT("Not Acceptable")},
    {407, false, WEFT_SPAN_INIT("Proxy Authentication Required")},
    {408, false, WEFT_SPAN_INIT("Request Timeout")},
    {409, false, WEFT_SPAN_INIT("Conflict")},
    {410, true,  WEFT_SPAN_INIT("Gone")},
    {411, false, WEFT_SPAN_INIT("Length Required")},
    {412, false, WEFT_SPAN_INIT("Precondition Failed")},
    {413, false, WEFT_SPAN_INIT("Content Too Large")},
    {414, true,  WEFT_SPAN_INIT("URI Too Long")},
    {415, false, WEFT_SPAN_INIT("Unsupported Media Type")},
    {416, false, WEFT_SPAN_INIT("Range Not Satisfiable")},
    {417, false, WEFT_SPAN_INIT("Expectation Failed")},
    {421, false, WEFT_SPAN_INIT("Misdirected Request")},
    {422, false, WEFT_SPAN_INIT("Unprocessable Content")},
    {423, false, WEFT_SPAN_INIT("Locked")},                          // RFC 4918
    {424, false, WEFT_SPAN_INIT("Failed Dependency")},               // RFC 4918
    {425, false, WEFT_SPAN_INIT("Too Early")},                       // RFC 8470
    {426, false, WEFT_SPAN_INIT("Upgrade Required")},
    {428, false, WEFT_SPAN_INIT("Precondition Required")},           // RFC 6585
    {429, false, WEFT_SPAN_INIT("Too Many Requests")},               // RFC 6585
    {431, false, WEFT_SPAN_INIT("Request Header Fields Too Large")}, // RFC 6585
    {451, false, WEFT_SPAN_INIT("Unavailable For Legal Reasons")},   // RFC 7725
    {500, false, WEFT_SPAN_INIT("Internal Server Error")},
    {501, true,  WEFT_SPAN_INIT("Not Implemented")},
    {502, false, WEFT_SPAN_INIT("Bad Gateway")},
    {503, false, WEFT_SPAN_INIT("Service Unavailable")},
    {504, false, WEFT_SPAN_INIT("Gateway Timeout")},
    {505, false, WEFT_SPAN_INIT("HTTP Version Not Supported")},
    {506, false, WEFT_SPAN_INIT("Variant Also Negotiates")},         // RFC 2295
    {507, false, WEFT_SPAN_INIT("Insufficient Storage")},            // RFC 4918
    {508, false, WEFT_SPAN_INIT("Loop Detected")},                   // RFC 5842
    {511, false, WEFT_SPAN_INIT("Network Authentication Required")}, // RFC 6585
};
// clang-format on

// The rows are in order, so the search halves them.
static const struct status_rule *rule_of(unsigned status)
{
    size_t from = 0;
    size_t to = WEFT_COUNT(rules);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (rules[middle].status == status) return &rules[middle];
        if (rules[middle].status < status) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return NULL;
}

struct weft_span weft_http_status_phrase(unsigned status)
{
    const struct status_rule *rule = rule_of(status);
    return rule ? rule->phrase : (struct weft_span){NULL, 0};
}

bool weft_http_status_is_cacheable(unsigned status)
{
    const struct status_rule *rule = rule_of(status);
    return rule && rule->is_cacheable;
}
