// cmd/hex_line.c
#include "cmd/hex_line.h"

#include "wire/hex.h"

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// Takes `STREAM: ` off the line; a colon without a blank behind it parts digits.
static size_t read_stream(struct weft_span line, size_t at, struct weft_hex_line *out)
{
    uint64_t stream_id = 0;
    size_t end = at;
    while (end < line.size && line.data[end] >= '0' && line.data[end] <= '9') {
        stream_id = stream_id * 10 + (uint64_t)(line.data[end++] - '0');
        if (stream_id > INT32_MAX) return at; // RFC 9113 §5.1.1
    }
    bool is_stream =
        end > at && end + 1 < line.size && line.data[end] == ':' && is_blank(line.data[end + 1]);
    if (!is_stream) return at;
    out->stream_id = stream_id;
    out->has_stream = true;
    return end + 1;
}

const char *weft_hex_line_read(struct weft_span line, uint8_t *room, struct weft_hex_line *out,
                               size_t *column)
{
    *out = (struct weft_hex_line){0};
    size_t at = 0;
    while (at < line.size && is_blank(line.data[at]))
        at++;
    if (at == line.size || line.data[at] == '#') return NULL;
    at = read_stream(line, at, out);
    for (; at < line.size; at++) {
        *column = at + 1;
        if (is_blank(line.data[at]) || line.data[at] == ':') continue;
        int high = weft_hex_value(line.data[at]);
        if (high < 0) return "expected hexadecimal digits";
        int low = at + 1 < line.size ? weft_hex_value(line.data[at + 1]) : -1;
        if (low < 0) return "expected two digits for each byte";
        room[out->size++] = (uint8_t)(high << 4 | low);
        at++;
    }
    if (out->size == 0) return "expected a block behind the stream";
    return NULL;
}
