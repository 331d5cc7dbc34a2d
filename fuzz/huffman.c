// fuzz/huffman.c: any text comes back, and what decodes encodes to the same bytes (RFC 7541 §5.2).
#include "wire/huffman.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weft_span input = {data, size};
    size_t code_size = weft_huffman_size(input);
    uint8_t *code = malloc(code_size + WEFT_HUFFMAN_SLACK);
    uint8_t *text = malloc(WEFT_HUFFMAN_DECODED_MOST(code_size));
    size_t text_size;

    if (code_size > 0) assert(!weft_huffman_encode(input, code, code_size - 1));
    assert(weft_huffman_encode(input, code, code_size) == code + code_size);
    struct weft_span coded = {code, code_size};
    bool decodes = weft_huffman_decode(coded, text, &text_size);
    assert(decodes && weft_span_equal((struct weft_span){text, text_size}, input));
    free(text);

    text = malloc(WEFT_HUFFMAN_DECODED_MOST(size));
    if (weft_huffman_decode(input, text, &text_size)) {
        struct weft_span decoded = {text, text_size};
        assert(weft_huffman_size(decoded) == size);
        uint8_t *again = malloc(size + WEFT_HUFFMAN_SLACK);
        assert(weft_huffman_encode(decoded, again, size) == again + size);
        assert(weft_span_equal((struct weft_span){again, size}, input));
        free(again);
    }
    free(code);
    free(text);
    return 0;
}
