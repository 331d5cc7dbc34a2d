// wire/reader.h: a cursor over received bytes that never leaves its bounds.
#ifndef WEFT_WIRE_READER_H
#define WEFT_WIRE_READER_H

#include "base/span.h"

/**
 * Reading past the end returns zeroes and sets `failed`, which then stays set: a parser reads
 * straight through its fields and asks once, at the end.
 */
struct weft_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct weft_reader weft_reader_over(struct weft_span bytes)
{
    const uint8_t *end =
        bytes.size > 0 ? bytes.data + bytes.size : bytes.data; // NULL + 0 is undefined
    return (struct weft_reader){.at = bytes.data, .end = end};
}

/** Four bytes that are there: one load and a swap, where the compiler sees it. */
static inline uint32_t weft_load_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/** Bytes that are left. */
static inline size_t weft_reader_left(const struct weft_reader *in)
{
    return (size_t)(in->end - in->at);
}

uint8_t weft_read_u8(struct weft_reader *in);
uint16_t weft_read_u16(struct weft_reader *in);
uint32_t weft_read_u24(struct weft_reader *in);
uint32_t weft_read_u32(struct weft_reader *in);
/** 32 bits of which the first is reserved and ignored. */
uint32_t weft_read_u31(struct weft_reader *in);

/** The next `size` bytes, borrowed; where there are fewer it fails and is empty. */
struct weft_span weft_read_bytes(struct weft_reader *in, size_t size);

/** All that is left, borrowed; never fails. */
struct weft_span weft_read_rest(struct weft_reader *in);

#endif
