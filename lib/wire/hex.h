// wire/hex.h: hexadecimal digits (RFC 5234 HEXDIG, either case).
#ifndef WEFT_WIRE_HEX_H
#define WEFT_WIRE_HEX_H

#include "wire/writer.h"

/** The value of a digit, 0 to 15; -1 for any other byte. */
static inline int weft_hex_value(uint8_t byte)
{
    uint8_t lower = byte | 0x20;
    if (byte >= '0' && byte <= '9') return byte - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/** The digit of the low four bits, in lower case. */
static inline uint8_t weft_hex_digit(unsigned value)
{
    return (uint8_t) "0123456789abcdef"[value & 15];
}

/** Writes a byte as two digits. */
static inline void weft_write_hex_byte(struct weft_writer *out, uint8_t byte)
{
    weft_write_u8(out, weft_hex_digit(byte >> 4));
    weft_write_u8(out, weft_hex_digit(byte));
}

#endif
