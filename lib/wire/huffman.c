// wire/huffman.c
#include "wire/huffman.h"

#include "wire/huffman_table.h"

enum { PEEK = 12 };

struct step {
    uint8_t symbols[2];
    uint8_t size;       // bits of all its symbols; 0 where the code is longer than PEEK
    uint8_t first_size; // bits of the first symbol; less than `size` where there are two
};

struct long_codes {
    uint32_t size;  // bits
    uint32_t start; // of its symbols in long_symbols
    uint32_t first; // the lowest code, aligned to 32 bits
    uint64_t limit; // behind the highest code, aligned to 32 bits
};

#include "wire/huffman_steps.h" // derived by the build

size_t weft_huffman_size(struct weft_span text)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < text.size; i++)
        bits += weft_huffman_rows[text.data[i]].size;
    return (size_t)((bits + 7) / 8);
}

static uint8_t *write_u32(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)(value >> 24);
    out[1] = (uint8_t)(value >> 16);
    out[2] = (uint8_t)(value >> 8);
    out[3] = (uint8_t)value;
    return out + 4;
}

uint8_t *weft_huffman_encode(struct weft_span text, uint8_t *room)
{
    uint64_t bits = 0; // the low `count` of them wait
    uint32_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        const struct weft_huffman_row *row = &weft_huffman_rows[text.data[i]];
        bits = bits << row->size | row->code;
        count += row->size;
        if (count < 32) continue;
        count -= 32;
        room = write_u32(room, (uint32_t)(bits >> count));
    }
    while (count >= 8) {
        count -= 8;
        *room++ = (uint8_t)(bits >> count);
    }
    if (count > 0)
        *room++ = (uint8_t)(bits << (8 - count) | 0xffu >> count); // EOS's first bits, §5.2
    return room;
}

/** The bits that are yet to be decoded: the first is the highest of `bits`. */
struct bit_reader {
    uint64_t bits;
    unsigned count;
    const uint8_t *at;
    const uint8_t *end;
};

static uint64_t load_u64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

// Fills up to at least 56 bits, or with all that is left.
static inline void refill(struct bit_reader *in)
{
    if (in->end - in->at >= 8) {
        in->bits |= load_u64(in->at) >> in->count;
        unsigned bytes = (63 - in->count) / 8;
        in->at += bytes;
        in->count += bytes * 8;
        return;
    }
    while (in->count <= 56 && in->at < in->end) {
        in->bits |= (uint64_t)*in->at++ << (56 - in->count);
        in->count += 8;
    }
}

// Looks a code of more than PEEK bits up; its symbol, or -1 for EOS. `size` is set to its bits.
static int long_symbol(uint32_t bits, unsigned *size)
{
    const struct long_codes *row = long_codes;
    while (bits >= row->limit)
        row++; // the last limit is 2^32
    *size = row->size;
    int symbol = long_symbols[row->start + ((bits - row->first) >> (32 - row->size))];
    return symbol == WEFT_HUFFMAN_EOS ? -1 : symbol;
}

// The symbol that the bits begin with.
static int next_symbol(uint64_t bits, unsigned *size)
{
    const struct step *step = &steps[bits >> (64 - PEEK)];
    *size = step->first_size;
    return step->size > 0 ? step->symbols[0] : long_symbol((uint32_t)(bits >> 32), size);
}

// The last symbols, bit for bit, and the padding behind them (§5.2).
static bool decode_tail(struct bit_reader *in, uint8_t **out)
{
    while (in->count > 0) {
        uint64_t bits = in->bits | UINT64_MAX >> in->count; // as if padding went on
        unsigned size;
        int symbol = next_symbol(bits, &size);
        if (size > in->count) return in->count < 8 && bits == UINT64_MAX;
        if (symbol < 0) return false; // EOS
        *(*out)++ = (uint8_t)symbol;
        in->bits <<= size;
        in->count -= size;
    }
    return true;
}

// Takes symbols while a whole one is surely there; false for EOS.
static bool decode_steps(struct bit_reader *in, uint8_t **out)
{
    while (in->count >= WEFT_HUFFMAN_LONGEST) {
        const struct step *step = &steps[in->bits >> (64 - PEEK)];
        unsigned taken = step->size;
        (*out)[0] = step->symbols[0];
        (*out)[1] = step->symbols[1];
        *out += taken > 0 ? 1 + (taken != step->first_size) : 0;
        if (taken == 0) {
            int symbol = long_symbol((uint32_t)(in->bits >> 32), &taken);
            if (symbol < 0) return false; // §5.2
            *(*out)++ = (uint8_t)symbol;
        }
        in->bits <<= taken;
        in->count -= taken;
    }
    return true;
}

bool weft_huffman_decode(struct weft_span code, uint8_t *room, size_t *size)
{
    if (code.size == 0) return *size = 0, true;
    struct bit_reader in = {.at = code.data, .end = code.data + code.size};
    uint8_t *out = room;
    for (refill(&in); in.count >= WEFT_HUFFMAN_LONGEST; refill(&in)) {
        if (!decode_steps(&in, &out)) return false;
    }
    if (!decode_tail(&in, &out)) return false;
    *size = (size_t)(out - room);
    return true;
}
