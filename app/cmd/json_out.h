// cmd/json_out.h: JSON onto a stream (RFC 8259), for those who write it value by value.
#ifndef WEFT_CMD_JSON_OUT_H
#define WEFT_CMD_JSON_OUT_H

#include "base/span.h"

#include <stdio.h>

/** Writes a string with its quotes, escaped as wire/json_text.h says. */
void weft_json_text(FILE *out, struct weft_span text);

/** The same of a text that ends with a zero byte. */
void weft_json_string(FILE *out, const char *text);

/** Writes `"key":` with a comma before it where it is not the first of its object. */
void weft_json_key(FILE *out, const char *key, bool *is_first);

/** Writes a key, and a text as its value. */
void weft_json_pair(FILE *out, const char *key, const char *text, bool *is_first);

#endif
