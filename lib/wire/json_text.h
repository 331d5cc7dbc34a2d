// wire/json_text.h: text as it stands in a JSON string (RFC 8259 §7), the same for every log and report.
//
// UTF-8 stays as it is, so that names are shown as they were written. Escaped are the quote, the backslash, and
// what would leave its line or steer a terminal: the controls of ASCII and of U+0080 to U+009F, the line separators
// U+2028 and U+2029, and those that turn the direction of what follows. A byte that is no UTF-8 is taken for
// Latin-1, as field values once were (RFC 9110 §5.5), and written as \u00XX. So the output is JSON whatever came, and
// a \u00a0 to \u00ff in it is always a byte that was no UTF-8.
#ifndef WEFT_WIRE_JSON_TEXT_H
#define WEFT_WIRE_JSON_TEXT_H

#include "wire/writer.h"

enum { WEFT_JSON_ESCAPE_SIZE = 6 };

/** Bytes of the UTF-8 sequence that `text` starts with (RFC 3629 §4), 1 to 4; 0 where it starts with none. */
size_t weft_utf8_size(struct weft_span text);

/**
 * Takes the next piece off the front of `text`, as it stands between the quotes of a JSON string.
 *
 * room     for an escape; borrowed by what is returned
 * returns  the longest run that needs no escape, or one escape; empty where `text` was
 */
struct weft_span weft_json_text_next(struct weft_span *text, uint8_t room[WEFT_JSON_ESCAPE_SIZE]);

/** Writes a text with its quotes. */
void weft_write_json_text(struct weft_writer *out, struct weft_span text);

#endif
