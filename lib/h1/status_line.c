// h1/status_line.c
#include "h1/status_line.h"

// The status codes of the registry: RFC 9110 §15, and RFC 8297, 4918, 5842, 8470, 6585, 7725, 2295, 3229, 5789.
// clang-format off
#define STATUS_LINES(X)                        \
    X(100, "Continue")                         \
    X(103, "Early Hints")                      \
    X(200, "OK")                               \
    X(201, "Created")                          \
    X(202, "Accepted")                         \
    X(203, "Non-Authoritative Information")    \
    X(204, "No Content")                       \
    X(205, "Reset Content")                    \
    X(206, "Partial Content")                  \
    X(207, "Multi-Status")                     \
    X(300, "Multiple Choices")                 \
    X(301, "Moved Permanently")                \
    X(302, "Found")                            \
    X(303, "See Other")                        \
    X(304, "Not Modified")                     \
    X(307, "Temporary Redirect")               \
    X(308, "Permanent Redirect")               \
    X(400, "Bad Request")                      \
    X(401, "Unauthorized")                     \
    X(402, "Payment Required")                 \
    X(403, "Forbidden")                        \
    X(404, "Not Found")                        \
    X(405, "Method Not Allowed")               \
    X(406, "Not Acceptable")                   \
    X(407, "Proxy Authentication Required")    \
    X(408, "Request Timeout")                  \
    X(409, "Conflict")                         \
    X(410, "Gone")                             \
    X(411, "Length Required")                  \
    X(412, "Precondition Failed")              \
    X(413, "Content Too Large")                \
    X(414, "URI Too Long")                     \
    X(415, "Unsupported Media Type")           \
    X(416, "Range Not Satisfiable")            \
    X(417, "Expectation Failed")               \
    X(421, "Misdirected Request")              \
    X(422, "Unprocessable Content")            \
    X(425, "Too Early")                        \
    X(426, "Upgrade Required")                 \
    X(428, "Precondition Required")            \
    X(429, "Too Many Requests")                \
    X(431, "Request Header Fields Too Large")  \
    X(451, "Unavailable For Legal Reasons")    \
    X(500, "Internal Server Error")            \
    X(501, "Not Implemented")                  \
    X(502, "Bad Gateway")                      \
    X(503, "Service Unavailable")              \
    X(504, "Gateway Timeout")                  \
    X(505, "HTTP Version Not Supported")
// clang-format on

static struct weft_span known_line(uint16_t status)
{
    switch (status) {
#define X(code, phrase) \
    case code: return WEFT_SPAN("HTTP/1.1 " #code " " phrase "\r\n");
        STATUS_LINES(X)
#undef X
    default: return (struct weft_span){NULL, 0};
    }
}

size_t weft_h1_status_line_write(uint16_t status, uint8_t *room)
{
    struct weft_span line = known_line(status);
    if (line.size > 0) {
        memcpy(room, line.data, line.size);
        return line.size;
    }
    struct weft_span plain = WEFT_SPAN("HTTP/1.1 000 \r\n"); // the space stays, §4
    memcpy(room, plain.data, plain.size);
    room[9] = (uint8_t)('0' + status / 100);
    room[10] = (uint8_t)('0' + status / 10 % 10);
    room[11] = (uint8_t)('0' + status % 10);
    return plain.size;
}
