// wire/reader.c
#include "wire/reader.h"

// The next `size` bytes, or NULL after having failed.
static const uint8_t *take(struct weft_reader *in, size_t size)
{
    if (size > weft_reader_left(in)) {
        in->failed = true;
        in->at = in->end;
        return NULL;
    }
    const uint8_t *bytes = in->at;
    if (size > 0) in->at += size;
    return bytes;
}

uint8_t weft_read_u8(struct weft_reader *in)
{
    const uint8_t *p = take(in, 1);
    return p ? p[0] : 0;
}

uint16_t weft_read_u16(struct weft_reader *in)
{
    const uint8_t *p = take(in, 2);
    if (!p) return 0;
    return (uint16_t)((uint32_t)p[0] << 8 | p[1]);
}

uint32_t weft_read_u24(struct weft_reader *in)
{
    const uint8_t *p = take(in, 3);
    return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

uint32_t weft_read_u32(struct weft_reader *in)
{
    const uint8_t *p = take(in, 4);
    return p ? weft_load_u32(p) : 0;
}

uint32_t weft_read_u31(struct weft_reader *in)
{
    return weft_read_u32(in) & 0x7fffffffu;
}

struct weft_span weft_read_bytes(struct weft_reader *in, size_t size)
{
    const uint8_t *p = take(in, size);
    return in->failed ? (struct weft_span){NULL, 0} : (struct weft_span){p, size};
}

struct weft_span weft_read_rest(struct weft_reader *in)
{
    struct weft_span rest = {in->at, weft_reader_left(in)};
    in->at = in->end;
    return rest;
}
