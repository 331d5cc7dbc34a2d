// fuzz/http_link.c: what was read of a Link field, written again, is read as the same.
#include "http/link.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[1 << 16];
    static uint8_t text[1 << 16];
    struct weft_span rest = {data, size};
    struct weft_http_link link;
    if (size > sizeof(text) / 4) return 0;
    while (weft_http_link_next(&rest, &link) == WEFT_HTTP_LINK) {
        struct weft_http_parameter rel;
        struct weft_http_link_attribute attribute = {.name = WEFT_SPAN("rel")};
        if (!weft_http_link_parameter(&link, attribute.name, &rel)) continue;
        attribute.value = rel.is_quoted ? weft_http_unquote(rel.value, text) : rel.value;

        struct weft_writer out = weft_writer_over(room, sizeof(room));
        struct weft_http_link again;
        if (!weft_http_link_write(&out, link.target, &attribute, 1)) continue;
        struct weft_span written = weft_written(&out);
        assert(weft_http_link_next(&written, &again) == WEFT_HTTP_LINK && written.size == 0);
        assert(weft_span_equal(again.target, link.target));
        if (attribute.value.size == 0) continue;
        assert(weft_http_link_parameter(&again, attribute.name, &rel));
        struct weft_span value =
            rel.is_quoted ? weft_http_unquote(rel.value, room + 40000) : rel.value;
        assert(weft_span_equal(value, attribute.value));
    }
    return 0;
}
