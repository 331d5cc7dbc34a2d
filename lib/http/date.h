// http/date.h: dates of HTTP, without any help of a C library's clock (RFC 9110 §5.6.7).
#ifndef WEFT_HTTP_DATE_H
#define WEFT_HTTP_DATE_H

#include "base/span.h"

enum { WEFT_HTTP_DATE_SIZE = 29 };

/** The years that a date can be written for: 0 to 9999, in seconds from 1970. */
#define WEFT_HTTP_DATE_FIRST (-62167219200)
#define WEFT_HTTP_DATE_LAST  253402300799

/**
 * Writes "Sun, 06 Nov 1994 08:49:37 GMT", the one form that is sent.
 *
 * seconds  from 1970, UTC; what is outside of FIRST to LAST is taken as the nearer of them
 * room     exactly WEFT_HTTP_DATE_SIZE bytes, without a NUL
 */
void weft_http_date_format(int64_t seconds, uint8_t *room);

/**
 * Reads any of the three forms that a recipient has to know: IMF-fixdate, RFC 850, asctime.
 *
 * now      seconds from 1970: a two-digit year more than 50 years ahead of it is one of the century before
 * returns  false where it is none of them, or no day of the calendar; a wrong day of the week is borne with
 */
bool weft_http_date_parse(struct weft_span text, int64_t now, int64_t *seconds);

#endif
