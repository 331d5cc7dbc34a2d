// http/priority.h: how urgent an answer is, and whether it is of use in pieces (RFC 9218 §4).
#ifndef WEFT_HTTP_PRIORITY_H
#define WEFT_HTTP_PRIORITY_H

#include "wire/writer.h"

enum { WEFT_HTTP_URGENCIES = 8, WEFT_HTTP_DEFAULT_URGENCY = 3 };

struct weft_http_priority {
    uint8_t urgency;  // 0 (first) to 7 (last), §4.1
    bool incremental; // may share the link with its equals, §4.2
};

#define WEFT_HTTP_PRIORITY_DEFAULT                                 \
    {                                                              \
        .urgency = WEFT_HTTP_DEFAULT_URGENCY, .incremental = false \
    }

/** Which members a priority field stated: the others may be overridden by another source (§8). */
enum weft_http_priority_members {
    WEFT_HTTP_PRIORITY_URGENCY = 1,
    WEFT_HTTP_PRIORITY_INCREMENTAL = 2,
};

/**
 * Reads a Priority field value (or a PRIORITY_UPDATE's), a Dictionary of RFC 9651.
 *
 * value     a field that came on several lines is joined with ", " first
 * priority  members that are stated, well-typed and in range are set, the others left as they were; where
 *           the value cannot be parsed all is left as it was (§5)
 * returns   the members that were set, an OR of enum weft_http_priority_members
 */
unsigned weft_http_priority_parse(struct weft_span value, struct weft_http_priority *priority);

enum { WEFT_HTTP_PRIORITY_TEXT_MOST = 6 }; // bytes of "u=7, i"

/** Writes the value of a Priority field or a PRIORITY_UPDATE: "u=3" or "u=3, i". The urgency is always stated, for what a
 *  PRIORITY_UPDATE leaves out has its default (§7). */
void weft_http_priority_write(struct weft_writer *out, struct weft_http_priority priority);

#endif
