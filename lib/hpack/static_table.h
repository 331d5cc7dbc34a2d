// hpack/static_table.h: the fields that both sides know from the start (RFC 7541 §2.3.1, Appendix A).
#ifndef WEFT_HPACK_STATIC_TABLE_H
#define WEFT_HPACK_STATIC_TABLE_H

#include "http/field.h"

enum { WEFT_HPACK_STATIC_COUNT = 61 };

/** The entry under an index of 1 to 61. */
const struct weft_http_field *weft_hpack_static(uint32_t index);

/**
 * The number of a name, so that names need no comparing: its enum weft_http_field_name, or one behind those for a
 * pseudo-field of the static table; WEFT_HTTP_OTHER_FIELD for all others.
 */
uint8_t weft_hpack_name_number(struct weft_span name);

enum {
    WEFT_HPACK_PATH_NUMBER = WEFT_HTTP_FIELD_NAME_COUNT + 4
}; // of ":path", whose first index is 4

/**
 * Looks a field up.
 *
 * field        with the name's number as its id
 * has_value    set to whether the entry has the field's value too
 * returns      the index of an entry with that name, of the one with that value where there is one; 0 for none
 */
uint32_t weft_hpack_static_find(const struct weft_http_field *field, bool *has_value);

#endif
