// fuzz/hex_line.c: a line that is read has two digits for each byte, and its bytes written as hexadecimal are read as the same.
#include "cmd/hex_line.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    static uint8_t room[4096];
    static uint8_t again[4096];
    static uint8_t text[8192];
    struct weft_hex_line line;
    struct weft_hex_line same;
    size_t column = 0;
    if (size > sizeof(text)) return 0;
    if (weft_hex_line_read((struct weft_span){data, size}, room, &line, &column)) {
        assert(column >= 1 && column <= size + 1);
        return 0;
    }
    assert(2 * line.size <= size);
    for (size_t i = 0; i < line.size; i++) {
        text[2 * i] = (uint8_t)digits[room[i] >> 4];
        text[2 * i + 1] = (uint8_t)digits[room[i] & 15];
    }
    assert(!weft_hex_line_read((struct weft_span){text, 2 * line.size}, again, &same, &column));
    assert(same.size == line.size && memcmp(room, again, line.size) == 0);
    return 0;
}
