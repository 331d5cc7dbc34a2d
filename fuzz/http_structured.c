// fuzz/http_structured.c: an item in its canonical form, read and written again, stays as it is.
#include "http/structured.h"

#include <assert.h>

enum { ROOM = 4096 };

// Writes the bare value of `text` in `room`; empty where it is no item.
static struct weft_span rewrite(struct weft_span text, uint8_t *room)
{
    uint8_t decoded[ROOM];
    struct weft_http_structured_item item;
    if (!weft_http_structured_item(text, &item)) return (struct weft_span){NULL, 0};
    struct weft_http_structured_value value = item.value;
    value.text = weft_http_structured_decode(&item.value, decoded);
    struct weft_writer out = weft_writer_over(room, ROOM);
    assert(weft_http_structured_write(&out, &value));
    return weft_written(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t once[ROOM];
    uint8_t twice[ROOM];
    struct weft_span text = {data, size};
    struct weft_http_structured_item item;
    if (size > ROOM / 4) return 0;

    struct weft_span first = rewrite(text, once);
    if (first.size > 0) assert(weft_span_equal(rewrite(first, twice), first));

    struct weft_http_structured in = weft_http_structured_over(text);
    while (weft_http_structured_list_next(&in, &item) == WEFT_HTTP_STRUCTURED_ITEM)
        assert(item.value.text.size <= size);
    in = weft_http_structured_over(text);
    while (weft_http_structured_dictionary_next(&in, &item) == WEFT_HTTP_STRUCTURED_ITEM)
        assert(weft_http_structured_key_is_valid(item.key));
    return 0;
}
