// tools/huffman_derive.c: derives the decoder's tables from the rows of RFC 7541, Appendix B. The build runs it.
#include "wire/huffman_table.h"

#include <stdio.h>

enum {
    PEEK = 12
}; // bits looked at in one step; huffman.c is written for up to two symbols of them

static const struct weft_huffman_row *row_at_start_of(uint32_t bits, uint32_t size)
{
    for (int symbol = 0; symbol < WEFT_HUFFMAN_EOS; symbol++) {
        const struct weft_huffman_row *row = &weft_huffman_rows[symbol];
        if (row->size <= size && bits >> (size - row->size) == row->code) return row;
    }
    return NULL;
}

static void print_steps(void)
{
    printf("// What %d bits begin with: one or two symbols, or none where the code is longer.\n",
           PEEK);
    printf("static const struct step steps[1 << %d] = {\n", PEEK);
    for (uint32_t bits = 0; bits < 1u << PEEK; bits++) {
        const struct weft_huffman_row *first = row_at_start_of(bits, PEEK);
        if (!first) {
            printf("{{0, 0}, 0, 0},\n");
            continue;
        }
        uint32_t left = PEEK - first->size;
        const struct weft_huffman_row *second = row_at_start_of(bits & ((1u << left) - 1), left);
        printf("{{%d, %d}, %u, %u},\n", (int)(first - weft_huffman_rows),
               second ? (int)(second - weft_huffman_rows) : 0,
               (unsigned)(first->size + (second ? second->size : 0)), second ? 2u : 1u);
    }
    printf("};\n\n");
}

// The code is canonical: codes of one size are consecutive, in the order of their symbols.
static void print_long_codes(void)
{
    int symbols[WEFT_HUFFMAN_ROWS];
    int count = 0;
    printf("// Codes longer than %d bits, by size: [first, limit) aligned to 32 bits; then their "
           "symbols.\n",
           PEEK);
    printf("static const struct long_codes long_codes[] = {\n");
    for (uint32_t size = PEEK + 1; size <= WEFT_HUFFMAN_LONGEST; size++) {
        uint32_t first = 0;
        int start = count;
        for (int symbol = 0; symbol < WEFT_HUFFMAN_ROWS; symbol++) {
            if (weft_huffman_rows[symbol].size != size) continue;
            if (count == start) first = weft_huffman_rows[symbol].code;
            symbols[count++] = symbol;
        }
        if (count == start) continue;
        unsigned long long limit = (unsigned long long)(first + (uint32_t)(count - start))
                                   << (32 - size);
        printf("{%u, %u, 0x%08xu, 0x%llxu},\n", (unsigned)size, (unsigned)start,
               (unsigned)(first << (32 - size)), limit);
    }
    printf("};\n\nstatic const uint16_t long_symbols[] = {");
    for (int i = 0; i < count; i++)
        printf("%s%d", i ? ", " : "", symbols[i]);
    printf("};\n");
}

static void print_sizes(void)
{
    printf("// The bits of each octet's code.\nstatic const uint8_t code_sizes[] = {");
    for (int symbol = 0; symbol < WEFT_HUFFMAN_EOS; symbol++)
        printf("%s%u", symbol ? ", " : "", (unsigned)weft_huffman_rows[symbol].size);
    printf("};\n\n");
}

int main(void)
{
    printf("// Made by tools/huffman_derive.c from the rows in wire/huffman_table.c.\n\n");
    print_sizes();
    print_steps();
    print_long_codes();
    return 0;
}
