// fuzz/huffman.c: any text comes back, and what decodes encodes to the same bytes (RFC 7541 §5.2).
#include "wire/huffman.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weft_span input = {data, size};
    uint8_t *code = malloc(weft_huffman_size(input) + 1);
    uint8_t *text = malloc(WEFT_HUFFMAN_DECODED_MOST(weft_huffman_size(input)));
    size_t text_size;

    struct weft_span coded = {code, (size_t)(weft_huffman_encode(input, code) - code)};
    assert(coded.size == weft_huffman_size(input));
    bool decodes = weft_huffman_decode(coded, text, &text_size);
    assert(decodes && weft_span_equal((struct weft_span){text, text_size}, input));
    free(text);

    text = malloc(WEFT_HUFFMAN_DECODED_MOST(size));
    if (weft_huffman_decode(input, text, &text_size)) {
        struct weft_span decoded = {text, text_size};
        assert(weft_huffman_size(decoded) == size);
        uint8_t *again = malloc(size + 1);
        weft_huffman_encode(decoded, again);
        assert(weft_span_equal((struct weft_span){again, size}, input));
        free(again);
    }
    free(code);
    free(text);
    return 0;
}
