// wire/huffman_table.h: the Huffman code of HPACK and QPACK, row by row (RFC 7541, Appendix B).
#ifndef WEFT_WIRE_HUFFMAN_TABLE_H
#define WEFT_WIRE_HUFFMAN_TABLE_H

#include <stdint.h>

enum {
    WEFT_HUFFMAN_ROWS = 257, // 256 octets and EOS
    WEFT_HUFFMAN_EOS = 256,
    WEFT_HUFFMAN_LONGEST = 30, // bits
};

struct weft_huffman_row {
    uint32_t code; // aligned to the least significant bit
    uint32_t size; // in bits
};

extern const struct weft_huffman_row weft_huffman_rows[WEFT_HUFFMAN_ROWS];

#endif
