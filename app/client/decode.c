// client/decode.c: zlib (RFC 1952), brotli (RFC 7932), zstd (RFC 8878)
#include "client/decode.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

enum {
    OUT_SIZE = 65536,
    GZIP_WINDOW = 15 + 16, // zlib: the largest window, gzip's frame alone
    ZSTD_WINDOW_LOG = 23,  // RFC 9659 §3: 8 MB and no more
};

struct weft_decoder {
    const struct weft_alloc *alloc;
    struct weft_decoder_limits limits;
    enum weft_http_coding coding;
    bool has_begun;
    bool is_whole; // a member or frame has just ended
    uint64_t in_size;
    uint64_t out_size;
    z_stream zlib;
    BrotliDecoderState *brotli;
    ZSTD_DCtx *zstd;
    uint8_t out[OUT_SIZE];
};

// What a call of a library did.
struct step {
    size_t taken;
    size_t made;
    bool is_wrong;
};

struct weft_decoder *weft_decoder_new(enum weft_http_coding coding,
                                      const struct weft_decoder_limits *limits,
                                      const struct weft_alloc *alloc)
{
    struct weft_decoder *decoder = weft_allocate_zeroed(alloc, sizeof(*decoder));
    bool is_ready = false;
    if (!decoder) return NULL;
    decoder->alloc = alloc;
    decoder->limits = *limits;
    decoder->coding = coding;
    switch (coding) {
    case WEFT_HTTP_GZIP: is_ready = inflateInit2(&decoder->zlib, GZIP_WINDOW) == Z_OK; break;
    case WEFT_HTTP_BROTLI:
        decoder->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
        is_ready = decoder->brotli != NULL;
        break;
    case WEFT_HTTP_ZSTD:
        decoder->zstd = ZSTD_createDCtx();
        is_ready = decoder->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(
                                        decoder->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
        break;
    default: break;
    }
    if (is_ready) return decoder;
    weft_decoder_free(decoder);
    return NULL;
}

void weft_decoder_free(struct weft_decoder *decoder)
{
    if (!decoder) return;
    if (decoder->zlib.state) inflateEnd(&decoder->zlib);
    BrotliDecoderDestroyInstance(decoder->brotli);
    ZSTD_freeDCtx(decoder->zstd);
    weft_release(decoder->alloc, decoder, sizeof(*decoder));
}

static struct step step_gzip(struct weft_decoder *decoder, struct weft_span in)
{
    z_stream *zlib = &decoder->zlib;
    if (decoder->is_whole) inflateReset(zlib); // RFC 1952 §2.2: members one behind the other
    zlib->next_in = (z_const Bytef *)in.data;
    zlib->avail_in = (uInt)in.size;
    zlib->next_out = decoder->out;
    zlib->avail_out = OUT_SIZE;
    int result = inflate(zlib, Z_NO_FLUSH);
    decoder->is_whole = result == Z_STREAM_END;
    return (struct step){in.size - zlib->avail_in, OUT_SIZE - zlib->avail_out,
                         result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR};
}

static struct step step_brotli(struct weft_decoder *decoder, struct weft_span in)
{
    const uint8_t *next_in = in.data;
    uint8_t *next_out = decoder->out;
    size_t left_in = in.size;
    size_t left_out = OUT_SIZE;
    if (decoder->is_whole) return (struct step){.is_wrong = true}; // something behind the end
    BrotliDecoderResult result = BrotliDecoderDecompressStream(decoder->brotli, &left_in, &next_in,
                                                               &left_out, &next_out, NULL);
    decoder->is_whole = result == BROTLI_DECODER_RESULT_SUCCESS;
    return (struct step){in.size - left_in, OUT_SIZE - left_out,
                         result == BROTLI_DECODER_RESULT_ERROR};
}

static struct step step_zstd(struct weft_decoder *decoder, struct weft_span in)
{
    ZSTD_inBuffer from = {in.data, in.size, 0};
    ZSTD_outBuffer to = {decoder->out, OUT_SIZE, 0};
    size_t result = ZSTD_decompressStream(decoder->zstd, &to, &from);
    decoder->is_whole = result == 0;
    return (struct step){from.pos, to.pos, ZSTD_isError(result) != 0};
}

static struct step step(struct weft_decoder *decoder, struct weft_span in)
{
    switch (decoder->coding) {
    case WEFT_HTTP_GZIP: return step_gzip(decoder, in);
    case WEFT_HTTP_BROTLI: return step_brotli(decoder, in);
    default: return step_zstd(decoder, in);
    }
}

static bool is_bomb(const struct weft_decoder *decoder)
{
    const struct weft_decoder_limits *limits = &decoder->limits;
    return decoder->out_size > limits->free_size &&
           decoder->out_size / limits->ratio > decoder->in_size;
}

const char *weft_decoder_feed(struct weft_decoder *decoder, struct weft_span bytes,
                              weft_decoder_sink *sink, void *context)
{
    struct step done = {.made = OUT_SIZE};
    if (bytes.size > 0) decoder->has_begun = true;
    // A full buffer may have left more inside.
    while (bytes.size > 0 || (done.made == OUT_SIZE && decoder->in_size > 0)) {
        if (bytes.size == 0 && decoder->is_whole) break;
        done = step(decoder, bytes);
        if (done.is_wrong) return "the content is not what its content-encoding says";
        decoder->in_size += done.taken;
        decoder->out_size += done.made;
        bytes = weft_span_skip(bytes, done.taken);
        if (is_bomb(decoder)) return "the content unpacks to more than the limit decoded_ratio";
        if (done.made > 0 && !sink(context, (struct weft_span){decoder->out, done.made})) {
            return "given up";
        }
        if (done.taken == 0 && done.made == 0) break;
    }
    return NULL;
}

const char *weft_decoder_end(const struct weft_decoder *decoder)
{
    if (!decoder->has_begun || decoder->is_whole) return NULL; // no content is no gzip either
    return "the content ends within its content-encoding";
}
