// cmd/get_write_out.h: weft get -w: a line of one's own about each answer, with curl's names for its parts.
#ifndef WEFT_CMD_GET_WRITE_OUT_H
#define WEFT_CMD_GET_WRITE_OUT_H

#include "cmd/get_record.h"

#include <stdio.h>

/**
 * Is the format one that can be written?
 *
 * returns  NULL, or the place of the first variable that is not known
 */
const char *weft_get_write_out_check(const char *format);

/** The variables, a line each, for help and for complaints; NULL past the last. */
const char *weft_get_write_out_name(size_t index);

/**
 * Writes the format with its variables replaced: %{name}, %header{name}, %% and \n, \r, \t, \\.
 *
 * entry       the last attempt
 * connection  that it went over; NULL: none
 * start_us    when the URL was asked for first, before redirections and retries
 */
void weft_get_write_out(FILE *out, const char *format, const struct weft_get_entry *entry,
                        const struct weft_get_connection *connection, uint64_t start_us);

#endif
