// wire/huffman.h: strings in the Huffman code of HPACK and QPACK (RFC 7541 §5.2).
#ifndef WEFT_WIRE_HUFFMAN_H
#define WEFT_WIRE_HUFFMAN_H

#include "base/span.h"

/** The most bytes that `size` bytes of code can decode to (the shortest code has 5 bits), with a little slack that
 *  the decoder uses. */
#define WEFT_HUFFMAN_DECODED_MOST(size) ((size) + (size) / 2 + (size) / 8 + 4)

/** How many bytes the code of `text` takes, padding included. */
size_t weft_huffman_size(struct weft_span text);

/** Bytes behind the code that the encoder may write too. */
enum { WEFT_HUFFMAN_SLACK = 8 };

/**
 * Encodes `text` where its code has no more than `most` bytes.
 *
 * room     has `most` bytes and WEFT_HUFFMAN_SLACK
 * returns  the first byte behind the code; NULL where it is longer, with anything in the room
 */
WEFT_MUST_USE uint8_t *weft_huffman_encode(struct weft_span text, uint8_t *room, size_t most);

/**
 * Decodes a whole string.
 *
 * room     has WEFT_HUFFMAN_DECODED_MOST(code.size) bytes
 * size     set to the bytes decoded
 * returns  false where the code is wrong: EOS in it, or padding that is longer than 7 bits or not all ones
 */
WEFT_MUST_USE bool weft_huffman_decode(struct weft_span code, uint8_t *room, size_t *size);

#endif
