#include "http/error_code.h"

#include "base/span.h"

// RFC 9113 §7: the codes are 0x0 to 0xd without a gap.
static const char *const names[] = {
#define X(name, value) [value] = #name,
    WEFT_HTTP_ERROR_CODES(X)
#undef X
};

const char *weft_http_error_code_name(uint32_t code)
{
    if (code == WEFT_HTTP_STREAM_CLOSED_ERROR) return "STREAM_CLOSED"; // our constant is longer
    return code < WEFT_COUNT(names) ? names[code] : "unknown";
}
