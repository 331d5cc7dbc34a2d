// wire/prefixint.c
#include "wire/prefixint.h"

enum { MORE = 0x80, CONTINUATIONS = 5 };

uint32_t weft_read_long_prefixint(struct weft_reader *in, unsigned prefix_bits)
{
    weft_read_u8(in);
    uint64_t value = (1u << prefix_bits) - 1;
    for (unsigned i = 0; i < CONTINUATIONS; i++) {
        uint8_t octet = weft_read_u8(in);
        value += (uint64_t)(octet & 0x7f) << (7 * i);
        if (octet & MORE) continue;
        if (value > UINT32_MAX) break;
        return in->failed ? 0 : (uint32_t)value;
    }
    in->failed = true;
    return 0;
}

size_t weft_prefixint_size(unsigned prefix_bits, uint32_t value)
{
    uint32_t most = (1u << prefix_bits) - 1;
    if (value < most) return 1;
    size_t size = 2;
    for (value -= most; value >= MORE; value >>= 7)
        size++;
    return size;
}

void weft_write_long_prefixint(struct weft_writer *out, unsigned prefix_bits, uint8_t flags,
                               uint32_t value)
{
    uint32_t most = (1u << prefix_bits) - 1;
    if (value < most) {
        weft_write_u8(out, (uint8_t)(flags | value));
        return;
    }
    weft_write_u8(out, (uint8_t)(flags | most));
    for (value -= most; value >= MORE; value >>= 7)
        weft_write_u8(out, (uint8_t)(value | MORE));
    weft_write_u8(out, (uint8_t)value);
}
