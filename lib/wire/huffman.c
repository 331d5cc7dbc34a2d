// wire/huffman.c
#include "wire/huffman.h"

#include "wire/huffman_table.h"

enum { PEEK = 12 };

struct step {
    uint8_t symbols[2];
    uint8_t size;  // bits of all its symbols; 0 where the code is longer than PEEK
    uint8_t count; // of its symbols
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
        bits += code_sizes[text.data[i]];
    return (size_t)((bits + 7) / 8);
}

/** Code on its way out; the low `count` of `bits`, fewer than 8, make no whole octet yet. */
struct bit_writer {
    uint64_t bits;
    uint32_t count;
    uint8_t *at;
};

static void store_u64(uint8_t *p, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    memcpy(p, &value, sizeof(value));
}

// Adds 1 to 56 bits. All octets that they could fill are written, so that nothing has to be asked.
static inline void add_bits(struct bit_writer *out, uint64_t bits, uint32_t size)
{
    out->bits = out->bits << size | bits;
    out->count += size;
    store_u64(out->at, out->bits << (64 - out->count));
    out->at += out->count / 8;
    out->count %= 8;
}

// Adds four symbols at once; false where their codes are too long for it, as those of rare octets are.
static inline bool add_four(struct bit_writer *out, const uint8_t *text)
{
    struct weft_huffman_row a = weft_huffman_rows[text[0]];
    struct weft_huffman_row b = weft_huffman_rows[text[1]];
    struct weft_huffman_row c = weft_huffman_rows[text[2]];
    struct weft_huffman_row d = weft_huffman_rows[text[3]];
    uint32_t last_size = c.size + d.size;
    uint32_t size = a.size + b.size + last_size;
    if (size > 56) return false;
    uint64_t first = (uint64_t)a.code << b.size | b.code;
    uint64_t last = (uint64_t)c.code << d.size | d.code;
    add_bits(out, first << last_size | last, size);
    return true;
}

uint8_t *weft_huffman_encode(struct weft_span text, uint8_t *room, size_t most)
{
    struct bit_writer out = {0};
    out.at = room;
    const uint8_t *end = room + most;
    const uint8_t *in = text.data;
    size_t left = text.size;
    for (; left >= 4 && out.at <= end && add_four(&out, in); left -= 4)
        in += 4;
    for (; left > 0 && out.at <= end; left--) {
        struct weft_huffman_row row = weft_huffman_rows[*in++];
        add_bits(&out, row.code, row.size);
    }
    if (out.count > 0) { // the rest of the octet is EOS's first bits, §5.2
        *out.at++ = (uint8_t)(out.bits << (8 - out.count) | 0xffu >> out.count);
    }
    return out.at <= end ? out.at : NULL;
}

/** The bits that are yet to be decoded: the first is the highest of `bits`. */
struct bit_reader {
    uint64_t bits; // below the first `count` either 0 or what follows already
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

static inline void skip(struct bit_reader *in, unsigned size)
{
    in->bits <<= size;
    in->count -= size;
}

// Takes the one or two symbols that PEEK bits begin with; takes nothing and says false where the code is longer.
static inline bool take_step(struct bit_reader *in, uint8_t **out)
{
    const struct step *step = &steps[in->bits >> (64 - PEEK)];
    memcpy(*out, step->symbols, 2);
    *out += step->count;
    skip(in, step->size);
    return step->size > 0;
}

// The row of a code of more than PEEK bits, which `bits` begin with.
static const struct long_codes *long_row(uint32_t bits)
{
    const struct long_codes *row = long_codes;
    while (bits >= row->limit)
        row++; // the last limit is 2^32
    return row;
}

// Takes a symbol with a code of more than PEEK bits; false for EOS and for a code that is cut short (§5.2).
static inline bool take_long(struct bit_reader *in, uint8_t **out)
{
    uint32_t bits = (uint32_t)(in->bits >> 32);
    const struct long_codes *row = long_row(bits);
    uint16_t symbol = long_symbols[row->start + ((bits - row->first) >> (32 - row->size))];
    if (symbol == WEFT_HUFFMAN_EOS || row->size > in->count) return false;
    *(*out)++ = (uint8_t)symbol;
    skip(in, row->size);
    return true;
}

// Takes the symbols of the last bits, fewer than PEEK, and the padding behind them (§5.2).
static inline bool take_tail(struct bit_reader *in, uint8_t **out)
{
    while (in->count > 0) {
        uint64_t bits = in->bits | UINT64_MAX >> in->count; // as if padding went on
        const struct step *step = &steps[bits >> (64 - PEEK)];
        unsigned size = weft_huffman_rows[step->symbols[0]].size;
        if (step->size == 0 || size > in->count) return in->count < 8 && bits == UINT64_MAX;
        *(*out)++ = step->symbols[0];
        skip(in, size);
    }
    return true;
}

bool weft_huffman_decode(struct weft_span code, uint8_t *room, size_t *size)
{
    if (code.size == 0) return *size = 0, true;
    struct bit_reader in = {.at = code.data, .end = code.data + code.size};
    uint8_t *out = room;
    for (;;) {
        refill(&in);
        if (in.count < 4 * PEEK) break;
        unsigned steps_left = 4;
        while (steps_left > 0 && take_step(&in, &out)) // PEEK bits are there for each
            steps_left--;
        if (steps_left == 0) continue;
        refill(&in);
        if (!take_long(&in, &out)) return false;
    }
    while (in.count >= PEEK) {
        if (!take_step(&in, &out) && !take_long(&in, &out)) return false;
    }
    if (!take_tail(&in, &out)) return false;
    *size = (size_t)(out - room);
    return true;
}
