// wire/huffman_test.c
#include "wire/huffman.h"

#include "wire/huffman_table.h"

#include "check.h"

#include <stdlib.h>

static void check_round_trip(struct weft_span text)
{
    uint8_t back[WEFT_HUFFMAN_DECODED_MOST(4096)];
    size_t size = weft_huffman_size(text);
    CHECK(size <= 4096);
    uint8_t *code = malloc(size + WEFT_HUFFMAN_SLACK); // no more, so that writing past it shows
    CHECK(code != NULL);
    CHECK(weft_huffman_encode(text, code, size) == code + size);
    for (size_t most = size > 40 ? size - 40 : 0; most < size; most++) {
        uint8_t *room = malloc(most + WEFT_HUFFMAN_SLACK);
        CHECK(room != NULL);
        CHECK(!weft_huffman_encode(text, room, most));
        free(room);
    }

    // of its own, so that reading past its end shows
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, code, size);
    free(code);
    size_t back_size;
    bool ok = weft_huffman_decode((struct weft_span){copy, size}, back, &back_size);
    free(copy);
    CHECK(ok);
    struct weft_span decoded = {back, back_size};
    CHECK_SAME(decoded, text);
}

// RFC 7541, Appendix C.4.1, C.4.2, C.6.1.
TEST(strings_of_the_rfc_are_coded_as_there)
{
    const struct {
        struct weft_span text;
        struct weft_span code;
    } rows[] = {
        {WEFT_SPAN_INIT("www.example.com"),
         BYTES(0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff)},
        {WEFT_SPAN_INIT("no-cache"), BYTES(0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf)},
        {WEFT_SPAN_INIT("302"), BYTES(0x64, 0x02)},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint8_t room[64];
        CHECK(weft_huffman_encode(rows[i].text, room, rows[i].code.size));
        CHECK_SAME(((struct weft_span){room, rows[i].code.size}), rows[i].code);
        check_round_trip(rows[i].text);
    }
}

TEST(every_octet_alone_and_among_others_comes_back)
{
    uint8_t text[600];
    uint32_t state = 1;
    for (size_t size = 0; size < sizeof(text); size++) {
        for (size_t i = 0; i < size; i++) {
            state = state * 1664525u + 1013904223u;
            text[i] = (uint8_t)(state >> 24);
        }
        check_round_trip((struct weft_span){text, size});
    }
    for (unsigned octet = 0; octet < 256; octet++) {
        memset(text, (int)octet, 100);
        for (size_t size = 0; size <= 20; size++)
            check_round_trip((struct weft_span){text, size});
    }
}

// RFC 7541 §5.2: padding is at most 7 bits, all ones; EOS does not occur.
TEST(wrong_padding_and_eos_are_refused)
{
    const struct weft_span rows[] = {
        BYTES(0xff),                   // 8 bits of padding and nothing else
        BYTES(0x1f, 0xff),             // 'a' and 11 bits
        BYTES(0x18),                   // 'a' padded with zeroes
        BYTES(0xff, 0xff, 0xff, 0xff), // EOS
        BYTES(0xff, 0xff, 0xff, 0xfc), // EOS, then zeroes
        BYTES(0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
        BYTES(0xff, 0xff),
        BYTES(0xfe), // the start of a longer code
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint8_t room[64];
        size_t size;
        CHECK(!weft_huffman_decode(rows[i], room, &size));
    }
    uint8_t room[16];
    size_t size;
    struct weft_span a = BYTES(0x1f); // 'a' and three ones
    CHECK(weft_huffman_decode(a, room, &size));
    CHECK(size == 1 && room[0] == 'a');
}

// The code is complete: every octet string decodes to something that encodes to it, or is refused.
TEST(what_is_decoded_encodes_to_the_same_bytes)
{
    for (uint32_t bits = 0; bits < 1u << 16; bits++) {
        uint8_t bytes[2] = {(uint8_t)(bits >> 8), (uint8_t)bits};
        uint8_t text[16];
        uint8_t again[2 + WEFT_HUFFMAN_SLACK];
        size_t size;
        struct weft_span code = {bytes, 2};
        if (!weft_huffman_decode(code, text, &size)) continue;
        CHECK(weft_huffman_encode((struct weft_span){text, size}, again, 2) == again + 2);
        CHECK_SAME(((struct weft_span){again, 2}), code);
    }
}

static uint8_t *add_bits(uint8_t *bits, uint32_t code, uint32_t size)
{
    while (size-- > 0)
        *bits++ = code >> size & 1;
    return bits;
}

// The plain way, a bit at a time: the longest prefix rule of §5.2 and nothing else. The size, or -1 where it is refused.
static int decode_bit_by_bit(const uint8_t *bits, size_t count, uint8_t *out)
{
    int size = 0;
    uint32_t code = 0;
    uint32_t length = 0;
    for (size_t i = 0; i < count; i++) {
        code = code << 1 | bits[i];
        length++;
        for (int symbol = 0; symbol < WEFT_HUFFMAN_ROWS; symbol++) {
            const struct weft_huffman_row *row = &weft_huffman_rows[symbol];
            if (row->size != length || row->code != code) continue;
            if (symbol == WEFT_HUFFMAN_EOS) return -1;
            out[size++] = (uint8_t)symbol;
            code = length = 0;
            break;
        }
    }
    return length > 7 || code != (1u << length) - 1 ? -1 : size;
}

static void check_against_bit_by_bit(const uint8_t *bits, size_t bit_count)
{
    uint8_t expected[512];
    uint8_t got[512];
    size_t got_size = 0;
    uint8_t *code = malloc(bit_count / 8 + 1);
    CHECK(code != NULL);
    uint8_t *start = code + 1; // at the end of it, so that reading past its end shows
    memset(code, 0, bit_count / 8 + 1);
    for (size_t i = 0; i < bit_count; i++)
        start[i / 8] = (uint8_t)(start[i / 8] | bits[i] << (7 - i % 8));

    int size = decode_bit_by_bit(bits, bit_count, expected);
    bool ok = weft_huffman_decode((struct weft_span){start, bit_count / 8}, got, &got_size);
    free(code);
    CHECK_EQ(ok, size >= 0);
    struct weft_span should = {expected, size >= 0 ? (size_t)size : 0};
    if (ok) CHECK_SAME(((struct weft_span){got, got_size}), should);
}

static uint8_t *add_symbols(uint8_t *bits, int symbol, uint32_t count)
{
    while (count-- > 0)
        bits = add_bits(bits, weft_huffman_rows[symbol].code, weft_huffman_rows[symbol].size);
    return bits;
}

static void check_among_others(int symbol, uint32_t before, uint32_t after)
{
    uint8_t bits[256];
    uint8_t *end = add_symbols(bits, 'a', before);
    end = add_symbols(end, symbol, 1);
    end = add_symbols(end, '-', after);
    uint32_t padding = (8 - (uint32_t)(end - bits) % 8) % 8;
    check_against_bit_by_bit(bits, (size_t)(add_bits(end, 0xff, padding) - bits));
    check_against_bit_by_bit(bits, (size_t)(add_bits(end, 0xfe, padding) - bits));
}

// RFC 7541 §5.2: each code, EOS too, is taken or refused by the rule, whatever stands around it, with padding right and
// wrong.
TEST(every_code_is_judged_alike_wherever_it_stands)
{
    for (int symbol = 0; symbol < WEFT_HUFFMAN_ROWS; symbol++) {
        for (uint32_t before = 0; before < 12; before++) {
            for (uint32_t after = 0; after < 12; after += 3)
                check_among_others(symbol, before, after);
        }
    }
}
