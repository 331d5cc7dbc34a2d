// http/output_rules.h: the one gate for heads that we send, whatever the version.
#ifndef WEFT_HTTP_OUTPUT_RULES_H
#define WEFT_HTTP_OUTPUT_RULES_H

#include "base/result.h"
#include "http/message.h"

/**
 * May this head be sent?
 *
 * No name or value that comes from a configuration, a script or another server can end a line, start a field
 * or change the framing: names are lower-case tokens, values hold no CR, LF or NUL and no blanks around them,
 * and the fields that the engine writes itself (content-length, connection, keep-alive, proxy-connection,
 * transfer-encoding, upgrade; in requests host) are not there. Method, scheme, authority, path and status
 * are as the version-independent rules want them (RFC 9110 §4.2, §5.5, §7.1, §9.3.6).
 *
 * returns  WEFT_OK or WEFT_INVALID
 */
enum weft_result weft_http_head_check(const struct weft_http_head *head,
                                      enum weft_http_section section);

#endif
