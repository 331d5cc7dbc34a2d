// server/log_line.h: one answer as a line of text, in the formats that log readers know.
#ifndef WEFT_SERVER_LOG_LINE_H
#define WEFT_SERVER_LOG_LINE_H

#include "server/access_log.h"

/**
 * Writes a line with its line feed. No byte that came from a client can end the line, leave its quotes or move a
 * terminal's cursor.
 *
 * out  failed where the line did not fit
 */
void weft_log_line_write(struct weft_writer *out, enum weft_log_format format,
                         const struct weft_clock *clock, const struct weft_log_record *record);

#endif
