// cmd/get_show.h: ways to show a record of weft get. Each writes the whole and leaves the stream open.
#ifndef WEFT_CMD_GET_SHOW_H
#define WEFT_CMD_GET_SHOW_H

#include "cmd/get_record.h"

#include <stdio.h>

/**
 * Draws the timeline for a terminal: a row for each connection and each request.
 *
 * width       columns, at least 40
 * is_unicode  blocks in place of letters
 */
void weft_get_show_waterfall(const struct weft_get_record *record, FILE *out, size_t width,
                             bool is_unicode);

/** One page that needs nothing else. */
void weft_get_show_html(const struct weft_get_record *record, FILE *out);

/** HAR 1.2. Interim heads stand in `_interim`, what HAR has no place for in names with an underscore. */
void weft_get_show_har(const struct weft_get_record *record, FILE *out);

/** A summary: connections, requests and totals, times in milliseconds. */
void weft_get_show_json(const struct weft_get_record *record, FILE *out);

#endif
