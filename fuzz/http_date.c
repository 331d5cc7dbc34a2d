// fuzz/http_date.c: a date that was read, written and read again is the same time.
#include "http/date.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t now = 0;
    int64_t seconds = 0;
    int64_t again = 0;
    uint8_t room[WEFT_HTTP_DATE_SIZE];
    if (size < sizeof(now)) return 0;
    memcpy(&now, data + size - sizeof(now), sizeof(now)); // at the end, so that a seed is a date

    struct weft_span text = {data, size - sizeof(now)};
    if (!weft_http_date_parse(text, now, &seconds)) return 0;
    if (seconds > WEFT_HTTP_DATE_LAST) return 0; // a leap second behind the last second of all
    weft_http_date_format(seconds, room);
    assert(weft_http_date_parse((struct weft_span){room, sizeof(room)}, 0, &again));
    assert(again == seconds);
    return 0;
}
