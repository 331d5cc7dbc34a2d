// cmd/field_options.h: fields of requests, as they are given on a command line.
#ifndef WEFT_CMD_FIELD_OPTIONS_H
#define WEFT_CMD_FIELD_OPTIONS_H

#include "http/field.h"

enum { WEFT_FIELD_OPTIONS_MOST = 64, WEFT_FIELD_OPTIONS_NAME_SIZE = 256 };

struct weft_field_options {
    struct weft_http_field fields[WEFT_FIELD_OPTIONS_MOST]; // names in lower case, of `names`
    char names[WEFT_FIELD_OPTIONS_MOST][WEFT_FIELD_OPTIONS_NAME_SIZE];
    size_t count;
    struct weft_span authority; // of "Host: ..."
};

/** Adds a field; `value` is borrowed for the life of `options`. Returns NULL or what was expected: static text. */
const char *weft_field_options_add(struct weft_field_options *options, struct weft_span name,
                                   struct weft_span value);

/** Adds "NAME: VALUE". */
const char *weft_field_options_take(struct weft_field_options *options, const char *value);

#endif
