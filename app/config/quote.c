// config/quote.c
#include "config/quote.h"

#include "wire/json_text.h"

bool weft_is_utf8(const char *text)
{
    struct weft_span rest = weft_span_of(text);
    while (rest.size > 0) {
        size_t size = weft_utf8_size(rest);
        if (size == 0) return false;
        rest = weft_span_skip(rest, size);
    }
    return true;
}

// What JSON may hold but YAML may not (1.2 §5.1): the byte order mark, U+FFFE and U+FFFF.
static const char *escape_for_yaml(struct weft_span rest)
{
    if (weft_span_starts_with(rest, WEFT_SPAN("\xef\xbb\xbf"))) return "\\ufeff";
    if (weft_span_starts_with(rest, WEFT_SPAN("\xef\xbf\xbe"))) return "\\ufffe";
    if (weft_span_starts_with(rest, WEFT_SPAN("\xef\xbf\xbf"))) return "\\uffff";
    return NULL;
}

void weft_write_quoted(FILE *out, const char *text, bool escapes_dollar)
{
    uint8_t room[WEFT_JSON_ESCAPE_SIZE];
    struct weft_span rest = weft_span_of(text);
    fputc('"', out);
    while (rest.size > 0) {
        size_t size = weft_utf8_size(rest);
        struct weft_span one = weft_span_part(rest, 0, size > 0 ? size : 1);
        const char *escape = escape_for_yaml(rest);
        if (escapes_dollar && weft_span_starts_with(rest, WEFT_SPAN("${"))) fputc('$', out);
        rest = weft_span_skip(rest, one.size);
        if (escape) {
            fputs(escape, out);
            continue;
        }
        struct weft_span piece = weft_json_text_next(&one, room);
        fwrite(piece.data, 1, piece.size, out);
    }
    fputc('"', out);
}
