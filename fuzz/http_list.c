// fuzz/http_list.c: elements of a list are trimmed, not empty, and pieces of it; parsers end on any bytes.
#include "http/conditional.h"
#include "http/encoding.h"
#include "http/field_rules.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weft_span value = {data, size};
    struct weft_span rest = value;
    struct weft_span element;
    const uint8_t *end = data;
    while (weft_http_list_next(&rest, &element)) {
        assert(element.size > 0 && element.data >= end);
        assert(weft_span_trim(element).size == element.size);
        end = element.data + element.size;
        assert(end <= data + size);

        struct weft_http_parameter parameter;
        while (weft_http_parameter_next(&element, &parameter) == WEFT_HTTP_PARAMETER)
            assert(weft_http_is_token(parameter.name));
    }
    for (rest = value; weft_http_etag_next(&rest, &element);)
        assert(weft_http_etag_is_valid(element));

    struct weft_http_field field = WEFT_HTTP_FIELD(ACCEPT_ENCODING, value);
    struct weft_http_head head = {.fields = &field, .field_count = 1};
    assert(weft_http_choose_coding(&head, WEFT_HTTP_GZIP) <= WEFT_HTTP_GZIP);
    assert(weft_http_accept_weight(value, WEFT_SPAN("text/html")) <= 1000);
    return 0;
}
