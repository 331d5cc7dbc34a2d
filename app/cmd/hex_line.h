// cmd/hex_line.h: a field block as a line of hexadecimal digits, as `weft hpack` takes it.
#ifndef WEFT_CMD_HEX_LINE_H
#define WEFT_CMD_HEX_LINE_H

#include "base/span.h"

struct weft_hex_line {
    size_t size; // bytes of the block; 0 for an empty line or a remark
    uint64_t stream_id;
    bool has_stream;
};

/**
 * Reads a line: `[STREAM: ]HEX`. Digits may be parted by spaces, tabs or colons, as tshark and hexdump print them; a line that
 * begins with # is a remark.
 *
 * room     at least half as many bytes as the line has
 * column   set to the place of what is wrong, from 1
 * returns  NULL, or what was expected: static text
 */
const char *weft_hex_line_read(struct weft_span line, uint8_t *room, struct weft_hex_line *out,
                               size_t *column);

#endif
