// cmd/json_out.c
#include "cmd/json_out.h"

#include "wire/json_text.h"

void weft_json_text(FILE *out, struct weft_span text)
{
    uint8_t room[WEFT_JSON_ESCAPE_SIZE];
    fputc('"', out);
    while (text.size > 0) {
        struct weft_span piece = weft_json_text_next(&text, room);
        fwrite(piece.data, 1, piece.size, out);
    }
    fputc('"', out);
}

void weft_json_string(FILE *out, const char *text)
{
    weft_json_text(out, weft_span_of(text));
}

void weft_json_key(FILE *out, const char *key, bool *is_first)
{
    fprintf(out, "%s\"%s\":", *is_first ? "" : ",", key);
    *is_first = false;
}

void weft_json_pair(FILE *out, const char *key, const char *text, bool *is_first)
{
    weft_json_key(out, key, is_first);
    weft_json_string(out, text);
}
