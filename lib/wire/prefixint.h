// wire/prefixint.h: integers that share their first octet with something else (RFC 7541 §5.1).
#ifndef WEFT_WIRE_PREFIXINT_H
#define WEFT_WIRE_PREFIXINT_H

#include "wire/reader.h"
#include "wire/writer.h"

enum { WEFT_PREFIXINT_MOST = 6 }; // bytes of a 32-bit value

/** weft_read_prefixint() where the first octet does not hold the value: its prefix is all ones, or it is not there. */
uint32_t weft_read_long_prefixint(struct weft_reader *in, unsigned prefix_bits);

/**
 * Reads an integer of which the first `prefix_bits` bits are the low bits of the next octet.
 *
 * prefix_bits  1 to 8; what stands above them in the octet is ignored
 * returns      the value; 0 with in->failed set where it is cut short, passes 2^32-1, or takes more than five
 *              octets behind the first
 */
static inline uint32_t weft_read_prefixint(struct weft_reader *in, unsigned prefix_bits)
{
    uint32_t most = (1u << prefix_bits) - 1;
    if (in->at == in->end || (*in->at & most) == most)
        return weft_read_long_prefixint(in, prefix_bits);
    return *in->at++ & most;
}

/** How many bytes one takes. */
size_t weft_prefixint_size(unsigned prefix_bits, uint32_t value);

/** weft_write_prefixint() where the value does not fit the first octet, or that has no room. */
void weft_write_long_prefixint(struct weft_writer *out, unsigned prefix_bits, uint8_t flags,
                               uint32_t value);

/** Writes one; `flags` is what stands above the prefix in the first octet. */
static inline void weft_write_prefixint(struct weft_writer *out, unsigned prefix_bits,
                                        uint8_t flags, uint32_t value)
{
    if (value < (1u << prefix_bits) - 1 && out->at < out->end && !out->failed) {
        *out->at++ = (uint8_t)(flags | value);
    } else {
        weft_write_long_prefixint(out, prefix_bits, flags, value);
    }
}

#endif
