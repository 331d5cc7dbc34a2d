// http/encoding.h: what a client would rather have: content codings and media types (RFC 9110 §12).
#ifndef WEFT_HTTP_ENCODING_H
#define WEFT_HTTP_ENCODING_H

#include "http/head.h"

/** Content codings that we know; as a set they are ORed. */
enum weft_http_coding {
    WEFT_HTTP_IDENTITY = 1,
    WEFT_HTTP_GZIP = 2,
    WEFT_HTTP_BROTLI = 4,
    WEFT_HTTP_ZSTD = 8,
};

/** The name on the wire: "gzip", "br", "zstd"; "identity", which is not to be sent. */
struct weft_span weft_http_coding_text(enum weft_http_coding coding);

/** The coding with that name ("x-gzip" is gzip, §8.4.1.3); 0 where we do not know it. */
enum weft_http_coding weft_http_coding_lookup(struct weft_span name);

/**
 * Chooses a coding by the Accept-Encoding fields of a request (§12.5.3).
 *
 * The highest weight wins; among equals brotli, zstd, gzip, identity in this order. Without the field, or
 * where nothing that is there is acceptable, it is identity: better an answer than 406.
 *
 * available  an OR of what there is; identity is always taken to be there
 */
enum weft_http_coding weft_http_choose_coding(const struct weft_http_head *request,
                                              unsigned available);

/** A weight (§12.4.2) in thousandths: 0 to 1000. False where it is none. */
bool weft_http_parse_weight(struct weft_span text, unsigned *weight);

/**
 * The weight, in thousandths, that an Accept value gives to a media type (§12.5.1): that of the most specific
 * range that takes it, 0 where none does. An empty value takes all. Parameters of a range are not compared.
 *
 * type  type/subtype, without parameters
 */
unsigned weft_http_accept_weight(struct weft_span accept, struct weft_span type);

/** Does a media range of Accept (§12.5.1), without parameters, take a type? */
bool weft_http_media_range_takes(struct weft_span range, struct weft_span type);

/** The same as weft_http_accept_weight() for a list of plain names, with `*` for all others: Accept-Language, Accept-Charset. */
unsigned weft_http_name_weight(struct weft_span list, struct weft_span name);

#endif
