// cmd/hpack_show.h: field blocks and tables of RFC 7541 as people read them.
#ifndef WEFT_CMD_HPACK_SHOW_H
#define WEFT_CMD_HPACK_SHOW_H

#include "hpack/hpack.h"

/** The columns' names, once. */
void weft_hpack_show_heading(void);

/**
 * One field: its bytes, how it stood in the block, the index it named, name and value.
 *
 * encoded  the bytes that it took
 */
void weft_hpack_show_field(struct weft_span encoded, const struct weft_http_field *field);

/** A dynamic table, the newest entry first. `entry` is weft_hpack_decoder_entry() or alike. */
void weft_hpack_show_table(const struct weft_hpack_decoder *decoder);

/** Entries of the table; `size` is set to what they cost by §4.1. */
size_t weft_hpack_table_of(const struct weft_hpack_decoder *decoder, size_t *size);

/** The bytes of a field as a line of text: "name: value\r\n". */
size_t weft_hpack_text_size(const struct weft_http_field *field);

/** The index that a representation names; 0 where its name is spelt out, or it is cut short. */
uint32_t weft_hpack_index_at(struct weft_span encoded);

#endif
