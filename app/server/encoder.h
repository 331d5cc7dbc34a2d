// server/encoder.h: content codings put on (RFC 9110 §8.4): gzip by zlib, br by brotli, zstd.
#ifndef WEFT_SERVER_ENCODER_H
#define WEFT_SERVER_ENCODER_H

#include "http/encoding.h"

enum {
    WEFT_ENCODER_FAST = 0,   // level of what is coded while it is sent: quick, and in little memory
    WEFT_ENCODER_LEVELS = 9, // 1 to 9: of what is coded once and kept
    WEFT_ENCODER_ROOM_LEAST = 64, // bytes
    WEFT_ENCODER_IN_MOST =
        65536, // bytes taken in one step: the libraries' memory and time grow with them
};

struct weft_encoder;

enum weft_encoder_wish {
    WEFT_ENCODER_GO_ON, // more comes behind these bytes
    WEFT_ENCODER_FLUSH, // more comes, but what there is has to come out
    WEFT_ENCODER_END,   // these are the last
};

struct weft_encoder_step {
    size_t taken;
    size_t made;
    bool is_done; // all that was wished for has come out
    bool has_failed;
};

/**
 * Starts an encoder.
 *
 * coding   gzip, brotli or zstd
 * level    WEFT_ENCODER_FAST, or 1 to WEFT_ENCODER_LEVELS
 * size     of the content, in bytes, where it is known, else UINT64_MAX: small content needs less memory
 * returns  NULL without memory
 */
struct weft_encoder *weft_encoder_new(enum weft_http_coding coding, unsigned level, uint64_t size);
void weft_encoder_free(struct weft_encoder *encoder);

/** The most memory that an encoder of WEFT_ENCODER_FAST holds, in bytes. */
size_t weft_encoder_fast_memory(enum weft_http_coding coding);

/** Codes as much of `in` as there is room for. To be called again with the same wish until `is_done`. A flush wants room
 *  for WEFT_ENCODER_ROOM_LEAST: in less, zlib marks its end again and again. */
struct weft_encoder_step weft_encoder_step(struct weft_encoder *encoder, struct weft_span in,
                                           enum weft_encoder_wish wish, uint8_t *room, size_t size);

/**
 * Codes all at once.
 *
 * bytes    set to the coded content from malloc()
 * size     set to its size
 * returns  false without memory, or where the coded content is not smaller by a sixteenth
 */
bool weft_encoder_whole(enum weft_http_coding coding, unsigned level, struct weft_span content,
                        uint8_t **bytes, size_t *size);

/** Tells apart what different libraries and levels make of the same content: it goes into entity-tags. */
uint64_t weft_encoder_mark(enum weft_http_coding coding, unsigned level);

#endif
