// fuzz/h2_frame.c: a frame's header, written again, is the same bytes; payloads are read within their bounds.
#include "h2/frame_write.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < WEFT_H2_FRAME_HEADER_SIZE) return 0;
    struct weft_h2_frame frame = weft_h2_parse_frame_header(data);
    uint8_t again[WEFT_H2_FRAME_HEADER_SIZE];
    weft_h2_put_frame_header(again, frame);
    again[5] |= data[5] & 0x80; // the reserved bit is ignored, §4.1
    assert(memcmp(again, data, sizeof(again)) == 0);

    struct weft_span payload = {data + sizeof(again), size - sizeof(again)};
    frame.length = (uint32_t)payload.size;
    struct weft_h2_headers headers;
    if (weft_h2_parse_headers(&frame, payload, &headers).scope == WEFT_HTTP_FINE) {
        assert(headers.fragment.size <= payload.size);
        assert(headers.fragment.size == 0 || headers.fragment.data >= payload.data);
    }
    if (weft_h2_frame_check(&frame).scope != WEFT_HTTP_FINE) return 0;
    if (frame.type == WEFT_H2_PRIORITY) assert(weft_h2_parse_priority(payload).weight >= 1);
    if (frame.type == WEFT_H2_GOAWAY) {
        assert(weft_h2_parse_goaway(payload).debug_data.size == payload.size - 8);
    }
    return 0;
}
