// http/link.h: the Link field (RFC 8288): what a message says of other resources.
//
// The parser is pulled and allocates nothing: what it gives borrows the text.
#ifndef WEFT_HTTP_LINK_H
#define WEFT_HTTP_LINK_H

#include "base/span.h"
#include "http/field_rules.h"
#include "wire/writer.h"

/** One link-value (§3). */
struct weft_http_link {
    struct weft_span target;     // a URI reference, as it stands between < and >
    struct weft_span parameters; // checked; read them with weft_http_link_parameter()
};

enum weft_http_link_status {
    WEFT_HTTP_LINK,       // one was read
    WEFT_HTTP_LINK_END,   // none is left
    WEFT_HTTP_LINK_WRONG, // what is left breaks the grammar; links read before it stand
};

/**
 * Takes the next link off a field value.
 *
 * rest     what is left; moved on
 */
enum weft_http_link_status weft_http_link_next(struct weft_span *rest, struct weft_http_link *link);

/**
 * The first parameter with that name, in any case: later ones of rel, media, title and type are void (§3.3, §3.4.1).
 *
 * parameter  its value is empty where it has none, as in `nopush`
 * returns    false where there is none
 */
bool weft_http_link_parameter(const struct weft_http_link *link, struct weft_span name,
                              struct weft_http_parameter *parameter);

/** Is `relation` among the relation types in `rel` (§3.3)? They are compared without regard to case. */
bool weft_http_link_has_relation(const struct weft_http_link *link, struct weft_span relation);

/** A parameter to write: `name` alone where `value` is empty. */
struct weft_http_link_attribute {
    struct weft_span name; // a token
    struct weft_span value;
};

/**
 * Writes a link; the value of an attribute is quoted where it is no token. Links of one field are parted by ", ",
 * which is the caller's to write.
 *
 * target   what a URI reference may hold: no control, space, < or >
 * returns  false where target, name or value cannot stand in a Link field, or there is no room; nothing was written then
 */
bool weft_http_link_write(struct weft_writer *out, struct weft_span target,
                          const struct weft_http_link_attribute *attributes, size_t count);

#endif
