// h1/status_line.h: the status line, with the reason phrases of RFC 9110 §15 (RFC 9112 §4).
#ifndef WEFT_H1_STATUS_LINE_H
#define WEFT_H1_STATUS_LINE_H

#include "base/span.h"

enum { WEFT_H1_STATUS_LINE_MOST = 64 };

/**
 * Writes the status line, CR LF included; a status without a registered phrase gets an empty one.
 *
 * status   100 to 599
 * room     at least WEFT_H1_STATUS_LINE_MOST bytes
 * returns  bytes written
 */
size_t weft_h1_status_line_write(uint16_t status, uint8_t *room);

#endif
