// cmd/get_fields.h: what each field name cost, as text and on the wire: for weft get --stats.
#ifndef WEFT_CMD_GET_FIELDS_H
#define WEFT_CMD_GET_FIELDS_H

#include "base/span.h"

#include <stdio.h>

enum { WEFT_GET_FIELD_NAMES_MOST = 256, WEFT_GET_FIELD_NAME_SIZE = 64 };

struct weft_get_field_cost {
    char name[WEFT_GET_FIELD_NAME_SIZE]; // cut where it is longer
    uint64_t count[2];                   // sent, received
    uint64_t text_size[2];               // name, value, and ": " and the line's end
    uint64_t wire_size[2];
};

struct weft_get_fields {
    struct weft_get_field_cost costs[WEFT_GET_FIELD_NAMES_MOST];
    size_t count;
    uint64_t left_out; // fields with names for which there was no room
};

/** A field passed. */
void weft_get_fields_add(struct weft_get_fields *fields, struct weft_span name,
                         struct weft_span value, size_t wire_size, bool is_sent);

/** Prints a row a name, the most expensive on the wire first, `most` rows. */
void weft_get_fields_show(struct weft_get_fields *fields, FILE *out, size_t most);

#endif
