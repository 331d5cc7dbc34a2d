// test/json.h: reads the JSON of test vectors, in one pass over a text in memory.
#ifndef TEST_JSON_H
#define TEST_JSON_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** A cursor; `failed` once the text is not what the caller asked for. */
struct json {
    const char *at;
    const char *end;
    bool failed;
};

/** The whole file with a NUL behind it, or NULL; to be freed. */
static inline char *json_load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = NULL;
    size_t room = 0;
    *size = 0;
    for (size_t got = 1; got > 0; *size += got) {
        if (*size + 65536 + 1 > room) text = realloc(text, room = (*size + 65536) * 2);
        if (!text) abort();
        got = fread(text + *size, 1, 65536, file);
    }
    text[*size] = '\0';
    fclose(file);
    return text;
}

static inline void json_blank(struct json *in)
{
    while (in->at < in->end &&
           (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t'))
        in->at++;
}

/** Takes `mark` where it is the next thing. */
static inline bool json_take(struct json *in, char mark)
{
    json_blank(in);
    if (in->at == in->end || *in->at != mark) return false;
    in->at++;
    return true;
}

static inline void json_expect(struct json *in, char mark)
{
    if (!json_take(in, mark)) in->failed = true;
}

/** Goes to the next element of an array or object that ends with `close`; false at its end. */
static inline bool json_next(struct json *in, char close, bool *is_first)
{
    if (in->failed || json_take(in, close)) return false;
    if (!*is_first) json_expect(in, ',');
    *is_first = false;
    return !in->failed;
}

static inline void json_utf8(char **out, unsigned code)
{
    if (code < 0x80) {
        *(*out)++ = (char)code;
    } else if (code < 0x800) {
        *(*out)++ = (char)(0xc0 | code >> 6);
        *(*out)++ = (char)(0x80 | (code & 0x3f));
    } else {
        *(*out)++ = (char)(0xe0 | code >> 12);
        *(*out)++ = (char)(0x80 | (code >> 6 & 0x3f));
        *(*out)++ = (char)(0x80 | (code & 0x3f));
    }
}

/** A string, unescaped where it stands: the text is written over. */
static inline struct weft_span json_string(struct json *in)
{
    json_expect(in, '"');
    char *start = (char *)(uintptr_t)in->at;
    char *out = start;
    while (!in->failed && in->at < in->end && *in->at != '"') {
        char c = *in->at++;
        if (c == '\\') {
            c = *in->at++;
            if (c == 'u') {
                char digits[5] = {in->at[0], in->at[1], in->at[2], in->at[3], 0};
                json_utf8(&out, (unsigned)strtoul(digits, NULL, 16));
                in->at += 4;
                continue;
            }
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
        *out++ = c;
    }
    struct weft_span string = {(const uint8_t *)start, (size_t)(out - start)};
    json_expect(in, '"');
    return string;
}

static inline long json_number(struct json *in)
{
    json_blank(in);
    char *end;
    long value = strtol(in->at, &end, 10);
    if (end == in->at) in->failed = true;
    in->at = end;
    return value;
}

#endif
