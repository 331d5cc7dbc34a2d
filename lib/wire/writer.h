// wire/writer.h: a cursor over room for bytes that never leaves its bounds.
#ifndef WEFT_WIRE_WRITER_H
#define WEFT_WIRE_WRITER_H

#include "base/span.h"

/** Writing past the end writes nothing and sets `failed`, which then stays set; ask once, at the end. */
struct weft_writer {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    bool failed;
};

static inline struct weft_writer weft_writer_over(uint8_t *room, size_t size)
{
    return (struct weft_writer){.start = room, .at = room, .end = room + size};
}

/** Bytes written so far. */
static inline size_t weft_writer_size(const struct weft_writer *out)
{
    return (size_t)(out->at - out->start);
}

/** What was written, borrowed from the room. */
static inline struct weft_span weft_written(const struct weft_writer *out)
{
    return (struct weft_span){out->start, weft_writer_size(out)};
}

/** Four bytes in network order: a swap and one store, where the compiler sees it. */
static inline void weft_store_u32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

void weft_write_u8(struct weft_writer *out, uint8_t value);
void weft_write_u16(struct weft_writer *out, uint16_t value);
/** The low 24 bits of `value`. */
void weft_write_u24(struct weft_writer *out, uint32_t value);
void weft_write_u32(struct weft_writer *out, uint32_t value);
void weft_write_bytes(struct weft_writer *out, struct weft_span bytes);
/** A number in decimal digits. */
void weft_write_decimal(struct weft_writer *out, uint64_t value);

#endif
