// fuzz/h1_chunked.c: a chunked body gives the same content whole and byte by byte.
#include "h1/chunked.h"

#include <assert.h>

struct result {
    enum weft_h1_chunked_status status;
    size_t taken;
    size_t size;
    uint32_t hash;
};

static struct result decode(const uint8_t *data, size_t size, size_t piece)
{
    static const struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;
    struct weft_h1_chunked chunked = {0};
    struct result result = {.status = WEFT_H1_CHUNKED_MORE, .hash = 2166136261U};
    while (result.taken < size && result.status <= WEFT_H1_CHUNKED_DATA) {
        size_t left = size - result.taken < piece ? size - result.taken : piece;
        struct weft_span bytes = {data + result.taken, left};
        struct weft_span content = {0};
        struct weft_h1_error error = {0};
        result.status = weft_h1_chunked_read(&chunked, &bytes, &limits, NULL, &content, &error);
        assert((result.status == WEFT_H1_CHUNKED_WRONG) == (error.status == 400));
        result.taken += left - bytes.size;
        result.size += content.size;
        for (size_t i = 0; i < content.size; i++)
            result.hash = (result.hash ^ content.data[i]) * 16777619U;
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result whole = decode(data, size, SIZE_MAX);
    struct result split = decode(data, size, 1);
    assert(whole.taken == split.taken && whole.size == split.size && whole.hash == split.hash);
    assert((whole.status > WEFT_H1_CHUNKED_DATA) == (split.status > WEFT_H1_CHUNKED_DATA));
    return 0;
}
