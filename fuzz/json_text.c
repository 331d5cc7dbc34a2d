// fuzz/json_text.c: whatever comes, a JSON text is UTF-8 without controls and gives the same code points again.
#include "wire/json_text.h"

#include "wire/hex.h"

#include <assert.h>

enum { MOST = 4096 };

// Checks one character of the output against the front of what was written, and takes both.
static void check_one(struct weft_span *out, struct weft_span *text)
{
    size_t size = weft_utf8_size(*out);
    size_t raw = weft_utf8_size(*text);
    assert(size > 0 && out->data[0] >= 0x20 && out->data[0] != 0x7f && out->data[0] != '"');
    if (out->data[0] != '\\') {
        assert(size == raw && memcmp(out->data, text->data, size) == 0);
        *out = weft_span_skip(*out, size);
        *text = weft_span_skip(*text, size);
        return;
    }
    if (out->data[1] != 'u') {
        assert(out->data[1] == text->data[0] && (text->data[0] == '"' || text->data[0] == '\\'));
        *out = weft_span_skip(*out, 2);
        *text = weft_span_skip(*text, 1);
        return;
    }
    assert(out->size >= 6);
    int low = weft_hex_value(out->data[4]) * 16 + weft_hex_value(out->data[5]);
    if (raw <= 1) assert(low == text->data[0]);
    *out = weft_span_skip(*out, 6);
    *text = weft_span_skip(*text, raw == 0 ? 1 : raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[6 * MOST + 2];
    struct weft_span text = {data, size < MOST ? size : MOST};
    struct weft_writer writer = weft_writer_over(room, sizeof(room));
    weft_write_json_text(&writer, text);
    assert(!writer.failed);
    struct weft_span out = weft_written(&writer);
    assert(out.size >= 2 && out.data[0] == '"' && out.data[out.size - 1] == '"');
    out = weft_span_part(out, 1, out.size - 2);
    while (out.size > 0) {
        assert(text.size > 0);
        check_one(&out, &text);
    }
    assert(text.size == 0);
    return 0;
}
