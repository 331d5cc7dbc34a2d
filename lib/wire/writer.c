// wire/writer.c
#include "wire/writer.h"

// Room for `size` bytes, or NULL after having failed.
static uint8_t *take(struct weft_writer *out, size_t size)
{
    if (out->failed || size > (size_t)(out->end - out->at)) {
        out->failed = true;
        return NULL;
    }
    uint8_t *room = out->at;
    if (size > 0) out->at += size;
    return room;
}

void weft_write_u8(struct weft_writer *out, uint8_t value)
{
    uint8_t *p = take(out, 1);
    if (p) p[0] = value;
}

void weft_write_u16(struct weft_writer *out, uint16_t value)
{
    uint8_t *p = take(out, 2);
    if (!p) return;
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

void weft_write_u24(struct weft_writer *out, uint32_t value)
{
    uint8_t *p = take(out, 3);
    if (!p) return;
    p[0] = (uint8_t)(value >> 16);
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)value;
}

void weft_write_u32(struct weft_writer *out, uint32_t value)
{
    uint8_t *p = take(out, 4);
    if (p) weft_store_u32(p, value);
}

void weft_write_bytes(struct weft_writer *out, struct weft_span bytes)
{
    uint8_t *p = take(out, bytes.size);
    if (p && bytes.size > 0) memcpy(p, bytes.data, bytes.size);
}

void weft_write_decimal(struct weft_writer *out, uint64_t value)
{
    uint8_t digits[20]; // 2^64-1 has 20
    size_t at = sizeof(digits);
    do {
        digits[--at] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    weft_write_bytes(out, (struct weft_span){digits + at, sizeof(digits) - at});
}
