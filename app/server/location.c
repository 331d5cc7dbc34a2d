// server/location.c
#include "server/location.h"

char *weft_location_encode(char *out, struct weft_span path)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < path.size; i++) {
        uint8_t byte = path.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') ||
                        (byte && strchr("/-._~!$&'()*+,;=:@", byte));
        if (is_plain) {
            *out++ = (char)byte;
            continue;
        }
        *out++ = '%';
        *out++ = hex[byte >> 4];
        *out++ = hex[byte & 15];
    }
    return out;
}
