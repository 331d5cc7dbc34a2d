// http/structured.h: structured field values (RFC 9651): items, lists, dictionaries.
//
// The parser is pulled and allocates nothing: what it gives borrows the text. A field that fails in its last
// member has failed as a whole (§4.2), so a reader acts only once it has seen the END.
#ifndef WEFT_HTTP_STRUCTURED_H
#define WEFT_HTTP_STRUCTURED_H

#include "base/span.h"
#include "wire/writer.h"

enum weft_http_structured_type {
    WEFT_HTTP_INTEGER,        // §3.3.1, 15 digits at most
    WEFT_HTTP_DECIMAL,        // §3.3.2, 12 digits before the point, 3 behind
    WEFT_HTTP_STRING,         // §3.3.3
    WEFT_HTTP_TOKEN,          // §3.3.4
    WEFT_HTTP_BYTE_SEQUENCE,  // §3.3.5
    WEFT_HTTP_BOOLEAN,        // §3.3.6
    WEFT_HTTP_DATE,           // §3.3.7
    WEFT_HTTP_DISPLAY_STRING, // §3.3.8
    WEFT_HTTP_INNER_LIST,     // §3.1.1, not a bare item
};

/** A bare item, or an inner list. */
struct weft_http_structured_value {
    enum weft_http_structured_type type;
    int64_t number; // INTEGER; DECIMAL in thousandths; BOOLEAN 0 or 1; DATE in seconds from 1970
    // TOKEN; INNER_LIST between the ( ); STRING, BYTE_SEQUENCE and DISPLAY_STRING as they stand between their quotes or
    // colons, see weft_http_structured_decode()
    struct weft_span text;
};

/** A value with its parameters, and its key where it is a dictionary's member. */
struct weft_http_structured_item {
    struct weft_span key;
    struct weft_http_structured_value value;
    struct weft_span parameters; // checked; read them with weft_http_structured_parameter()
};

/** Where a parser stands in its text. */
struct weft_http_structured {
    struct weft_span rest;
    bool is_begun; // a member has been read
};

enum weft_http_structured_status {
    WEFT_HTTP_STRUCTURED_ITEM,  // a member was read
    WEFT_HTTP_STRUCTURED_END,   // there is no more, and all was well
    WEFT_HTTP_STRUCTURED_WRONG, // the field is to be ignored as a whole, §4.2
};

/** Starts to read a list or a dictionary; a field on several lines is joined with ", " first. */
struct weft_http_structured weft_http_structured_over(struct weft_span value);

/** Reads a whole value that is one item (§4.2.3); false where it is none. */
bool weft_http_structured_item(struct weft_span value, struct weft_http_structured_item *item);

/** The next member of a list, an item or an inner list (§4.2.1). */
enum weft_http_structured_status
weft_http_structured_list_next(struct weft_http_structured *in,
                               struct weft_http_structured_item *item);

/** The next member of a dictionary (§4.2.2). Where a key comes twice the last one counts. */
enum weft_http_structured_status
weft_http_structured_dictionary_next(struct weft_http_structured *in,
                                     struct weft_http_structured_item *item);

/** The next item of an inner list, begun with weft_http_structured_over(value.text) (§4.2.1.2). */
enum weft_http_structured_status
weft_http_structured_inner_next(struct weft_http_structured *in,
                                struct weft_http_structured_item *item);

/**
 * Takes the next parameter off an item's `parameters` (§4.2.3.2). Where a key comes twice the last counts.
 *
 * returns  false where none is left
 */
bool weft_http_structured_parameter(struct weft_span *parameters, struct weft_span *key,
                                    struct weft_http_structured_value *value);

/**
 * The member with that key, the last one where there are several.
 *
 * returns  ITEM, END where the dictionary has no such member, WRONG where it is no dictionary
 */
enum weft_http_structured_status weft_http_structured_find(struct weft_span dictionary,
                                                           struct weft_span key,
                                                           struct weft_http_structured_item *item);

/**
 * The text that is meant: a string without escapes, a byte sequence's bytes, a display string's UTF-8. Other
 * types give `text` as it is.
 *
 * room  at least value->text.size bytes
 */
struct weft_span weft_http_structured_decode(const struct weft_http_structured_value *value,
                                             uint8_t *room);

/**
 * Writes a bare item in its one canonical form (§4.1.3); `text` is what is meant, not what stands on the wire.
 *
 * returns  false where the value does not fit its type (a number out of range, a byte that a string cannot
 *          hold, an INNER_LIST) or there is no room
 */
bool weft_http_structured_write(struct weft_writer *out,
                                const struct weft_http_structured_value *value);

/** A key: of a dictionary's member or of a parameter (§3.1.2)? */
bool weft_http_structured_key_is_valid(struct weft_span key);

#endif
