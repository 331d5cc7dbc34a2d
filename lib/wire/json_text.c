// wire/json_text.c
#include "wire/json_text.h"

#include "wire/hex.h"

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

size_t weft_utf8_size(struct weft_span text)
{
    size_t size = text.size > 0 ? size_by_first(text.data[0]) : 0;
    if (size > text.size) return 0;
    for (size_t i = 1; i < size; i++) {
        if ((text.data[i] & 0xc0) != 0x80) return 0;
    }
    return size < 2 || second_may_follow(text.data[0], text.data[1]) ? size : 0;
}

// The code point of a sequence of one to three bytes.
static unsigned code_of(const uint8_t *bytes, size_t size)
{
    if (size == 1) return bytes[0];
    if (size == 2) return (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu);
    return (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
}

static bool is_steering(unsigned code)
{
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
    if (code == 0x61c || code == 0x200e || code == 0x200f) return true; // marks of direction
    if (code >= 0x2028 && code <= 0x202e) return true; // separators, embeddings, overrides
    return code >= 0x2066 && code <= 0x2069;           // isolates
}

static struct weft_span escape(unsigned code, uint8_t room[WEFT_JSON_ESCAPE_SIZE])
{
    struct weft_writer out = weft_writer_over(room, WEFT_JSON_ESCAPE_SIZE);
    weft_write_u8(&out, '\\');
    if (code == '"' || code == '\\') {
        weft_write_u8(&out, (uint8_t)code);
        return weft_written(&out);
    }
    weft_write_u8(&out, 'u');
    weft_write_hex_byte(&out, (uint8_t)(code >> 8));
    weft_write_hex_byte(&out, (uint8_t)code);
    return weft_written(&out);
}

// The code that has to be escaped at the start of `text`, with the bytes that it takes; false where none has to.
static bool is_escaped(struct weft_span text, unsigned *code, size_t *size)
{
    *size = weft_utf8_size(text);
    *code = *size == 0 ? text.data[0] : code_of(text.data, *size);
    if (*size == 4) return false; // beyond all that is looked for
    if (*size > 0) return *code == '"' || *code == '\\' || is_steering(*code);
    *size = 1;
    return true;
}

struct weft_span weft_json_text_next(struct weft_span *text, uint8_t room[WEFT_JSON_ESCAPE_SIZE])
{
    size_t plain = 0;
    while (plain < text->size) {
        size_t size;
        unsigned code;
        if (is_escaped(weft_span_skip(*text, plain), &code, &size)) {
            if (plain > 0) break;
            *text = weft_span_skip(*text, size);
            return escape(code, room);
        }
        plain += size;
    }
    struct weft_span run = weft_span_part(*text, 0, plain);
    *text = weft_span_skip(*text, plain);
    return run;
}

void weft_write_json_text(struct weft_writer *out, struct weft_span text)
{
    uint8_t room[WEFT_JSON_ESCAPE_SIZE];
    weft_write_u8(out, '"');
    while (text.size > 0) {
        weft_write_bytes(out, weft_json_text_next(&text, room));
    }
    weft_write_u8(out, '"');
}
