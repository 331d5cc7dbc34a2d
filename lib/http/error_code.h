// http/error_code.h: why something ended, in the numbers of RFC 9113 §7, which every engine uses.
#ifndef WEFT_HTTP_ERROR_CODE_H
#define WEFT_HTTP_ERROR_CODE_H

#include <stdint.h>

#define WEFT_HTTP_ERROR_CODES(X) \
    X(NO_ERROR, 0x0)             \
    X(PROTOCOL_ERROR, 0x1)       \
    X(INTERNAL_ERROR, 0x2)       \
    X(FLOW_CONTROL_ERROR, 0x3)   \
    X(SETTINGS_TIMEOUT, 0x4)     \
    X(STREAM_CLOSED_ERROR, 0x5)  \
    X(FRAME_SIZE_ERROR, 0x6)     \
    X(REFUSED_STREAM, 0x7)       \
    X(CANCEL, 0x8)               \
    X(COMPRESSION_ERROR, 0x9)    \
    X(CONNECT_ERROR, 0xa)        \
    X(ENHANCE_YOUR_CALM, 0xb)    \
    X(INADEQUATE_SECURITY, 0xc)  \
    X(HTTP_1_1_REQUIRED, 0xd)

enum weft_http_error_code {
#define X(name, value) WEFT_HTTP_##name = value,
    WEFT_HTTP_ERROR_CODES(X)
#undef X
};

/** The name as in RFC 9113 §7 ("STREAM_CLOSED" for 0x5), or "unknown". */
const char *weft_http_error_code_name(uint32_t code);

#endif
