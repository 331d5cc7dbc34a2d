// http/field_rules.h: what a field's name and value may be, and how to read lists of them (RFC 9110 §5).
#ifndef WEFT_HTTP_FIELD_RULES_H
#define WEFT_HTTP_FIELD_RULES_H

#include "http/field.h"

/** What a byte may be part of; several at once. */
enum weft_http_byte_class {
    WEFT_HTTP_TCHAR = 1,      // of a token, RFC 9110 §5.6.2
    WEFT_HTTP_NAME_CHAR = 2,  // of a field name in lower case, RFC 9113 §8.2.1
    WEFT_HTTP_VALUE_CHAR = 4, // of a field value: all but CR, LF and NUL, RFC 9110 §5.5
    WEFT_HTTP_DIGIT = 8,
    WEFT_HTTP_HEX_DIGIT = 16,
    WEFT_HTTP_HOST_CHAR = 32,     // of a reg-name, RFC 3986 §3.2.2; the percent sign is none
    WEFT_HTTP_TARGET_CHAR = 64,   // of a path or query as we take it: no control, space, DEL or #
    WEFT_HTTP_SEGMENT_CHAR = 128, // that means itself in a path: no control, DEL, %, / or backslash
};

/** The classes of each byte. */
extern const uint8_t weft_http_byte_classes[256];

static inline bool weft_http_byte_is(uint8_t byte, enum weft_http_byte_class which)
{
    return (weft_http_byte_classes[byte] & (unsigned)which) != 0;
}

/** Not empty, and nothing but bytes of one class? */
bool weft_http_all_bytes_are(struct weft_span span, enum weft_http_byte_class which);

/** A token (RFC 9110 §5.6.2): methods, parameter names, codings and the like. */
static inline bool weft_http_is_token(struct weft_span span)
{
    return weft_http_all_bytes_are(span, WEFT_HTTP_TCHAR);
}

/** A field name as HTTP/2 and HTTP/3 take it and as we send it: a token without upper-case letters. */
static inline bool weft_http_field_name_is_valid(struct weft_span name)
{
    return weft_http_all_bytes_are(name, WEFT_HTTP_NAME_CHAR);
}

/** A field value without CR, LF and NUL (RFC 9110 §5.5); obs-text passes, and it may be empty. */
bool weft_http_field_value_is_valid(struct weft_span value);

/** The same, without a space or tab at either end, as RFC 9113 §8.2.1 asks of HTTP/2. */
bool weft_http_field_value_is_trimmed(struct weft_span value);

/**
 * Does the field speak of the connection instead of the message (RFC 9113 §8.2.2)? HTTP/2 and HTTP/3 may not
 * carry it. TE does too, but its value "trailers" may pass: see weft_http_te_is_trailers().
 */
bool weft_http_field_is_connection_specific(enum weft_http_field_name id);

/** Is a TE value "trailers" and nothing else, the only one that RFC 9113 §8.2.2 allows? */
bool weft_http_te_is_trailers(struct weft_span value);

/** May the field stand in trailers: is it not of framing, routing, request modifiers, authentication,
 *  response control or content (RFC 9110 §6.5.1)? Unknown names may. */
bool weft_http_field_may_trail(enum weft_http_field_name id);

/**
 * Takes the next element off a comma list (the #rule of RFC 9110 §5.6.1). Commas inside of quoted strings do
 * not part, empty elements are passed over.
 *
 * list     what is left; moved on
 * element  the next element, trimmed, never empty
 * returns  false where no element is left
 */
bool weft_http_list_next(struct weft_span *list, struct weft_span *element);

/** One parameter; `value` is raw where it was quoted: what stands between the quotes. */
struct weft_http_parameter {
    struct weft_span name;
    struct weft_span value;
    bool is_quoted; // `value` may hold backslash escapes: weft_http_unquote()
};

enum weft_http_parameter_status {
    WEFT_HTTP_PARAMETER,       // one was read
    WEFT_HTTP_PARAMETER_END,   // none is left
    WEFT_HTTP_PARAMETER_WRONG, // what is left breaks the grammar
};

/**
 * Takes the next `;name=value` off (RFC 9110 §5.6.6). A semicolon with nothing behind it is passed over; a
 * name without `=` is wrong there, but Link and others know it: it comes with an empty value.
 */
enum weft_http_parameter_status weft_http_parameter_next(struct weft_span *rest,
                                                         struct weft_http_parameter *parameter);

/**
 * Takes the escapes out of what stood between quotes (RFC 9110 §5.6.4).
 *
 * room     at least quoted.size bytes
 * returns  the text, in `room`
 */
struct weft_span weft_http_unquote(struct weft_span quoted, uint8_t *room);

/**
 * Takes in a Content-Length value. A list of equal numbers is taken as one (RFC 9110 §8.6).
 *
 * length   what is known so far: WEFT_HTTP_LENGTH_UNKNOWN or an earlier field's value
 * returns  false where the value is no number, does not fit, or differs from what is known; `length` is then
 *          left as it was
 */
bool weft_http_content_length_add(struct weft_span value, int64_t *length);

/**
 * Reads a number of decimal digits and nothing else.
 *
 * returns  false where `digits` is empty, holds another byte, or would pass INT64_MAX; `number` is then
 *          left as it was
 */
bool weft_http_parse_decimal(struct weft_span digits, int64_t *number);

#endif
