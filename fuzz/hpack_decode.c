// fuzz/hpack_decode.c: whatever decodes, encoded and decoded again, is the same (RFC 7541). The first byte is the size of a
// block's pieces, so that one input is several blocks of a connection.
#include "hpack/hpack.h"

#include "counting_alloc.h"

static void check_again(struct weft_hpack_encoder *encoder, struct weft_hpack_decoder *decoder,
                        const struct weft_alloc *alloc, const struct weft_http_field *field)
{
    struct weft_queue out;
    struct weft_hpack_field again;
    weft_queue_init(&out, alloc);
    assert(weft_hpack_encode_field(encoder, &out, field) == WEFT_OK);
    weft_hpack_decode_start(decoder, weft_queue_bytes(&out));
    assert(weft_hpack_decode_next(decoder, NULL, &again) == WEFT_HPACK_FIELD);
    assert(weft_span_equal(again.field.name, field->name) &&
           weft_span_equal(again.field.value, field->value));
    assert(weft_hpack_decode_next(decoder, NULL, &again) == WEFT_HPACK_END);
    weft_queue_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_hpack_decoder *decoder = weft_hpack_decoder_new(&alloc, data[0] & 1 ? 4096 : 100);
    struct weft_hpack_decoder *second = weft_hpack_decoder_new(&alloc, 4096);
    struct weft_hpack_encoder *encoder = weft_hpack_encoder_new(&alloc, 4096);
    struct weft_arena arena;
    weft_arena_init(&arena, &alloc, 65536);
    size_t piece = (size_t)data[0] + 1;
    enum weft_hpack_status status = WEFT_HPACK_END;
    for (size_t at = 1; at < size && status == WEFT_HPACK_END; at += piece) {
        struct weft_hpack_field field;
        struct weft_arena *kept = data[0] & 2 ? &arena : NULL;
        weft_hpack_decode_start(decoder, weft_span_part((struct weft_span){data, size}, at, piece));
        while ((status = weft_hpack_decode_next(decoder, kept, &field)) == WEFT_HPACK_FIELD) {
            check_again(encoder, second, &alloc, &field.field);
        }
        assert(weft_hpack_decoder_memory(decoder) < 32768);
        weft_arena_reset(&arena);
    }
    weft_hpack_decoder_free(decoder);
    weft_hpack_decoder_free(second);
    weft_hpack_encoder_free(encoder);
    weft_arena_deinit(&arena);
    assert(counts.live == 0);
    return 0;
}
