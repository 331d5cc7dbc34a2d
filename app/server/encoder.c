// server/encoder.c: zlib (RFC 1952), brotli (RFC 7932), zstd (RFC 8878)
#include "server/encoder.h"

#include "base/hash.h"

#include <brotli/encode.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum {
    GZIP_FRAME = 16, // zlib: gzip's frame in place of its own
    GZIP_WINDOW_LOG = 15,
    GZIP_WINDOW_LOG_LEAST = 9,
    GZIP_MEMORY_LEVEL = 8,
    FAST_WINDOW_LOG = 17, // of brotli and zstd
    KEPT_WINDOW_LOG = 22, // no client needs more than that for the largest that is kept
    SAVED_SHARE = 16,     // what is not smaller by a sixteenth is not worth its coding
};

struct weft_encoder {
    enum weft_http_coding coding;
    z_stream zlib;
    BrotliEncoderState *brotli;
    ZSTD_CCtx *zstd;
};

/** What each library calls a level. Measured with 60 KB of text: the ninth takes 60 ms of brotli and saves 77 %. */
static const struct level_row {
    int gzip;
    int brotli;
    int zstd;
} levels[] = {
    [WEFT_ENCODER_FAST] = {1, 1, 1}, // some 100, 270 and 340 MB a second
    {1, 1, 1},
    {3, 3, 3},
    {4, 4, 5},
    {5, 5, 8},
    {6, 6, 12},
    {9, 10, 15},
    {9, 10, 17},
    {9, 11, 18},
    {9, 11, 19},
};

static int window_log(uint64_t size, int least, int most)
{
    int log = least;
    while (log < most && UINT64_C(1) << log < size)
        log++;
    return log;
}

static bool start_gzip(struct weft_encoder *encoder, unsigned level, uint64_t size)
{
    int window = window_log(size, GZIP_WINDOW_LOG_LEAST, GZIP_WINDOW_LOG);
    return deflateInit2(&encoder->zlib, levels[level].gzip, Z_DEFLATED, window + GZIP_FRAME,
                        GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
}

static bool start_brotli(struct weft_encoder *encoder, unsigned level, uint64_t size)
{
    int most = level == WEFT_ENCODER_FAST ? FAST_WINDOW_LOG : KEPT_WINDOW_LOG;
    int window = window_log(size, BROTLI_MIN_WINDOW_BITS + 6, most);
    encoder->brotli = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    BrotliEncoderState *state = encoder->brotli;
    if (!state) return false;
    if (size < UINT32_MAX)
        (void)BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT, (uint32_t)size);
    return BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, (uint32_t)levels[level].brotli) &&
           BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, (uint32_t)window);
}

static bool start_zstd(struct weft_encoder *encoder, unsigned level, uint64_t size)
{
    int most = level == WEFT_ENCODER_FAST ? FAST_WINDOW_LOG : KEPT_WINDOW_LOG;
    encoder->zstd = ZSTD_createCCtx();
    ZSTD_CCtx *zstd = encoder->zstd;
    if (!zstd) return false;
    if (size != UINT64_MAX && ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(zstd, size))) return false;
    return !ZSTD_isError(
               ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, levels[level].zstd)) &&
           !ZSTD_isError(
               ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, window_log(size, 10, most)));
}

struct weft_encoder *weft_encoder_new(enum weft_http_coding coding, unsigned level, uint64_t size)
{
    struct weft_encoder *encoder = calloc(1, sizeof(*encoder));
    bool is_ready = false;
    if (!encoder) return NULL;
    encoder->coding = coding;
    switch (coding) {
    case WEFT_HTTP_GZIP: is_ready = start_gzip(encoder, level, size); break;
    case WEFT_HTTP_BROTLI: is_ready = start_brotli(encoder, level, size); break;
    case WEFT_HTTP_ZSTD: is_ready = start_zstd(encoder, level, size); break;
    default: break;
    }
    if (is_ready) return encoder;
    weft_encoder_free(encoder);
    return NULL;
}

void weft_encoder_free(struct weft_encoder *encoder)
{
    if (!encoder) return;
    if (encoder->zlib.state) (void)deflateEnd(&encoder->zlib);
    if (encoder->brotli) BrotliEncoderDestroyInstance(encoder->brotli);
    ZSTD_freeCCtx(encoder->zstd);
    free(encoder);
}

size_t weft_encoder_fast_memory(enum weft_http_coding coding)
{
    switch (coding) { // held by encoder_test.c
    case WEFT_HTTP_GZIP: return 280 << 10;
    case WEFT_HTTP_BROTLI: return 620 << 10;
    default: return 1000 << 10;
    }
}

static struct weft_encoder_step step_gzip(struct weft_encoder *encoder, struct weft_span in,
                                          enum weft_encoder_wish wish, uint8_t *room, size_t size)
{
    static const int flushes[] = {
        [WEFT_ENCODER_GO_ON] = Z_NO_FLUSH,
        [WEFT_ENCODER_FLUSH] = Z_SYNC_FLUSH,
        [WEFT_ENCODER_END] = Z_FINISH,
    };
    z_stream *zlib = &encoder->zlib;
    if (size > UINT_MAX) size = UINT_MAX;
    zlib->next_in = (z_const Bytef *)in.data;
    zlib->avail_in = (uInt)in.size;
    zlib->next_out = room;
    zlib->avail_out = (uInt)size;
    int result = deflate(zlib, flushes[wish]);
    bool is_done = wish == WEFT_ENCODER_END ? result == Z_STREAM_END
                                            : zlib->avail_in == 0 && zlib->avail_out > 0;
    return (struct weft_encoder_step){
        .taken = in.size - zlib->avail_in,
        .made = size - zlib->avail_out,
        .is_done = is_done,
        .has_failed = result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR,
    };
}

static struct weft_encoder_step step_brotli(struct weft_encoder *encoder, struct weft_span in,
                                            enum weft_encoder_wish wish, uint8_t *room, size_t size)
{
    static const BrotliEncoderOperation operations[] = {
        [WEFT_ENCODER_GO_ON] = BROTLI_OPERATION_PROCESS,
        [WEFT_ENCODER_FLUSH] = BROTLI_OPERATION_FLUSH,
        [WEFT_ENCODER_END] = BROTLI_OPERATION_FINISH,
    };
    BrotliEncoderState *state = encoder->brotli;
    const uint8_t *next_in = in.data;
    size_t left_in = in.size;
    size_t left_out = size;
    uint8_t *next_out = room;
    bool is_fine = BrotliEncoderCompressStream(state, operations[wish], &left_in, &next_in,
                                               &left_out, &next_out, NULL);
    bool is_out = left_in == 0 && !BrotliEncoderHasMoreOutput(state);
    return (struct weft_encoder_step){
        .taken = in.size - left_in,
        .made = size - left_out,
        .is_done = wish == WEFT_ENCODER_END ? BrotliEncoderIsFinished(state) != 0 : is_out,
        .has_failed = !is_fine,
    };
}

// NOLINTBEGIN(readability-non-const-parameter): the room is written through `to`
static struct weft_encoder_step step_zstd(struct weft_encoder *encoder, struct weft_span in,
                                          enum weft_encoder_wish wish, uint8_t *room, size_t size)
// NOLINTEND(readability-non-const-parameter)
{
    static const ZSTD_EndDirective directives[] = {
        [WEFT_ENCODER_GO_ON] = ZSTD_e_continue,
        [WEFT_ENCODER_FLUSH] = ZSTD_e_flush,
        [WEFT_ENCODER_END] = ZSTD_e_end,
    };
    ZSTD_inBuffer from = {in.data, in.size, 0};
    ZSTD_outBuffer to = {room, size, 0};
    size_t left = ZSTD_compressStream2(encoder->zstd, &to, &from, directives[wish]);
    bool has_failed = ZSTD_isError(left) != 0;
    bool is_done = wish == WEFT_ENCODER_GO_ON ? from.pos == in.size : left == 0;
    return (struct weft_encoder_step){.taken = from.pos,
                                      .made = to.pos,
                                      .is_done = is_done && !has_failed,
                                      .has_failed = has_failed};
}

static struct weft_encoder_step step_coding(struct weft_encoder *encoder, struct weft_span in,
                                            enum weft_encoder_wish wish, uint8_t *room, size_t size)
{
    switch (encoder->coding) {
    case WEFT_HTTP_GZIP: return step_gzip(encoder, in, wish, room, size);
    case WEFT_HTTP_BROTLI: return step_brotli(encoder, in, wish, room, size);
    default: return step_zstd(encoder, in, wish, room, size);
    }
}

struct weft_encoder_step weft_encoder_step(struct weft_encoder *encoder, struct weft_span in,
                                           enum weft_encoder_wish wish, uint8_t *room, size_t size)
{
    bool is_cut = in.size > WEFT_ENCODER_IN_MOST;
    if (is_cut) { // the rest is another step's
        in.size = WEFT_ENCODER_IN_MOST;
        wish = WEFT_ENCODER_GO_ON;
    }
    struct weft_encoder_step step = step_coding(encoder, in, wish, room, size);
    step.is_done &= !is_cut;
    return step;
}

// False where it does not come to its end in the room.
static bool code_into(struct weft_encoder *encoder, struct weft_span content, uint8_t *room,
                      size_t most, size_t *size)
{
    *size = 0;
    while (*size < most) {
        struct weft_encoder_step step =
            weft_encoder_step(encoder, content, WEFT_ENCODER_END, room + *size, most - *size);
        *size += step.made;
        content = weft_span_skip(content, step.taken);
        if (step.is_done) return true;
        if (step.has_failed || (step.taken == 0 && step.made == 0)) return false;
    }
    return false;
}

bool weft_encoder_whole(enum weft_http_coding coding, unsigned level, struct weft_span content,
                        uint8_t **bytes, size_t *size)
{
    size_t most = content.size - content.size / SAVED_SHARE;
    struct weft_encoder *encoder = weft_encoder_new(coding, level, content.size);
    uint8_t *room = most > 0 ? malloc(most) : NULL;
    bool is_good = encoder && room && code_into(encoder, content, room, most, size);
    weft_encoder_free(encoder);
    if (!is_good) {
        free(room);
        return false;
    }
    *bytes = realloc(room, *size);
    if (!*bytes) *bytes = room; // where it cannot shrink it stays
    return true;
}

uint64_t weft_encoder_mark(enum weft_http_coding coding, unsigned level)
{
    uint64_t version = coding == WEFT_HTTP_GZIP ? weft_hash_bytes(0, weft_span_of(zlibVersion()))
                       : coding == WEFT_HTTP_BROTLI ? BrotliEncoderVersion()
                                                    : ZSTD_versionNumber();
    return weft_hash_mix(weft_hash_mix(version, (uint64_t)coding), level);
}
