// fuzz/http_message.c: a section that is found well-formed has a first line that we would send ourselves.
#include "http/output_rules.h"

#include "counting_alloc.h"

// A line of the input is a field: name, colon or equals sign, value. Takes the next one off.
static struct weft_http_field take_field(struct weft_span *rest)
{
    size_t end = weft_span_find(*rest, '\n');
    struct weft_span line = weft_span_part(*rest, 0, end);
    size_t parted = weft_span_find(line, '=');
    *rest = weft_span_skip(*rest, end + 1);
    return (struct weft_http_field){.name = weft_span_part(line, 0, parted),
                                    .value = weft_span_skip(line, parted + 1)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct test_alloc counter = {.fail_at = data[size - 1] >> 4};
    struct weft_alloc alloc = test_allocator(&counter);
    struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;
    struct weft_span rest = {data, size - 1};
    struct weft_arena arena;
    struct weft_http_message message;
    struct weft_http_head head;

    weft_arena_init(&arena, &alloc, 65536);
    weft_http_message_init(&message, data[size - 1] & 3, &arena, &limits, NULL);
    message.allows_protocol = data[size - 1] & 4;
    while (rest.size > 0) {
        struct weft_http_field field = take_field(&rest);
        (void)weft_http_message_add(&message, &field);
    }
    if (weft_http_message_finish(&message, &head) == WEFT_HTTP_WELL_FORMED) {
        assert(head.field_count <= limits.field_count);
        head.field_count = 0; // a received head also holds what the engine writes itself
        assert(weft_http_head_check(&head, message.section) == WEFT_OK);
    }
    weft_arena_deinit(&arena);
    assert(counter.live == 0);
    return 0;
}
