// wire/base64.h: bytes as letters, six bits each (RFC 4648).
#ifndef WEFT_WIRE_BASE64_H
#define WEFT_WIRE_BASE64_H

#include "wire/writer.h"

/** Which letters there are, and what is borne with when they are read. */
enum weft_base64_form {
    WEFT_BASE64,     // §4: + and /, padded to four letters; bits behind the end are 0 (§3.5)
    WEFT_BASE64_URL, // §5: - and _, without padding; bits behind the end are 0
    WEFT_BASE64_LAX, // §4, but padding may be missing and bits behind the end may be set (RFC 9651 §4.2.7)
};

/** How many letters so many bytes become. */
static inline size_t weft_base64_size(enum weft_base64_form form, size_t size)
{
    size_t rest = size % 3;
    if (form == WEFT_BASE64_URL) return size / 3 * 4 + (rest > 0 ? rest + 1 : 0);
    return size / 3 * 4 + (rest > 0 ? 4 : 0);
}

/** Writes bytes as letters. */
void weft_write_base64(struct weft_writer *out, enum weft_base64_form form, struct weft_span bytes);

/**
 * Reads letters; nothing but letters and the padding at their end may stand there.
 *
 * room     for three quarters of the text's size; NULL: the text is only checked
 * size     set to the bytes that it stands for
 * returns  false where it is not of that form
 */
bool weft_base64_decode(enum weft_base64_form form, struct weft_span text, uint8_t *room,
                        size_t *size);

#endif
