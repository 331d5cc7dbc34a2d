// fuzz/http_range.c: ranges lie inside of the size, in order and apart, and never ask for more than there is.
#include "http/range.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t whole = 0;
    if (size < sizeof(whole)) return 0;
    memcpy(&whole, data + size - sizeof(whole), sizeof(whole));
    if (whole & 1) whole >>= 48; // small ones too

    struct weft_http_ranges ranges;
    struct weft_span value = {data, size - sizeof(whole)};
    if (weft_http_range_parse(value, whole, &ranges) != WEFT_HTTP_RANGE_PARTS) return 0;
    assert(ranges.count > 0 && ranges.count <= WEFT_HTTP_RANGES_MOST);
    for (size_t i = 0; i < ranges.count; i++) {
        struct weft_http_range range = ranges.parts[i];
        assert(range.first <= range.last && range.last < whole);
        assert(i == 0 || range.first - 1 > ranges.parts[i - 1].last);

        uint8_t room[96];
        struct weft_writer out = weft_writer_over(room, sizeof(room));
        struct weft_http_range read = {0, 0};
        bool has_range = false;
        bool has_size = false;
        uint64_t total = 0;
        weft_http_content_range_write(&out, &range, whole);
        if (whole > INT64_MAX) continue; // more than a file can have
        assert(weft_http_content_range_parse(weft_written(&out), &read, &has_range, &total,
                                             &has_size));
        assert(read.first == range.first && read.last == range.last && total == whole);
    }
    return 0;
}
