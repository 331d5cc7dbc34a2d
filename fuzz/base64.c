// fuzz/base64.c: what is read in a strict form is written as the same text, and is read in the lax one as the same bytes.
#include "wire/base64.h"

#include <assert.h>

enum { ROOM = 4096 };

static void check(enum weft_base64_form form, struct weft_span text)
{
    uint8_t bytes[ROOM];
    uint8_t again[ROOM];
    size_t size;
    if (!weft_base64_decode(form, text, bytes, &size)) return;
    assert(size <= text.size / 4 * 3 + 2);
    assert(weft_base64_size(form, size) == text.size);
    struct weft_writer out = weft_writer_over(again, sizeof(again));
    weft_write_base64(&out, form, (struct weft_span){bytes, size});
    assert(weft_span_equal(weft_written(&out), text));
    if (form == WEFT_BASE64_URL) return;
    size_t lax_size;
    assert(weft_base64_decode(WEFT_BASE64_LAX, text, again, &lax_size));
    assert(lax_size == size && memcmp(again, bytes, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weft_span text = {data, size};
    if (size > ROOM) return 0;
    check(WEFT_BASE64, text);
    check(WEFT_BASE64_URL, text);
    return 0;
}
