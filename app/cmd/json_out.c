// cmd/json_out.c
#include "cmd/json_out.h"

// The bytes of a sequence by its first one (RFC 3629 §4); 0 where none begins so.
static size_t size_by_first(uint8_t first)
{
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    if (first < 0xe0) return 2;
    return first < 0xf0 ? 3 : 4;
}

// Neither longer than it need be, nor a surrogate, nor beyond U+10FFFF (RFC 3629 §3)?
static bool second_may_follow(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second <= 0x9f;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second <= 0x8f;
    default: return true;
    }
}

// The size of the UTF-8 sequence at the start of `text`, or 0 where there is none.
static size_t sequence_size(struct weft_span text)
{
    size_t size = size_by_first(text.data[0]);
    if (size > text.size) return 0;
    for (size_t i = 1; i < size; i++) {
        if ((text.data[i] & 0xc0) != 0x80) return 0;
    }
    return size < 2 || second_may_follow(text.data[0], text.data[1]) ? size : 0;
}

void weft_json_text(FILE *out, struct weft_span text)
{
    fputc('"', out);
    while (text.size > 0) {
        size_t size = sequence_size(text);
        uint8_t byte = text.data[0];
        if (size == 0 || byte < 0x20 || byte == 0x7f) {
            fprintf(out, "\\u%04x", byte);
            size = 1;
        } else {
            if (byte == '"' || byte == '\\') fputc('\\', out);
            fwrite(text.data, 1, size, out);
        }
        text = weft_span_skip(text, size);
    }
    fputc('"', out);
}

void weft_json_key(FILE *out, const char *key, bool *is_first)
{
    fprintf(out, "%s\"%s\":", *is_first ? "" : ",", key);
    *is_first = false;
}
