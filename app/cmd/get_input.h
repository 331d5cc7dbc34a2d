// cmd/get_input.h: what weft get sends besides its fields.
#ifndef WEFT_CMD_GET_INPUT_H
#define WEFT_CMD_GET_INPUT_H

#include "base/arena.h"

/**
 * Reads a whole file, or standard input where its name is "-".
 *
 * drops_line_ends  as curl's -d does with a file
 * memory           set to what is to be freed, also where it fails
 * returns          NULL or what is wrong: static text, or of strerror()
 */
const char *weft_get_read_file(const char *name, bool drops_line_ends, uint8_t **memory,
                               struct weft_span *content);

/** "Basic ..." for name:password (RFC 7617 §2); `data` is NULL without memory. */
struct weft_span weft_get_basic(struct weft_arena *arena, struct weft_span user);

#endif
