// hpack/hpack.h: header compression for HTTP/2 (RFC 7541), the face of this folder.
//
// A decoder and an encoder are one direction of a connection each. Both are stateful: a field block that
// is lost makes all later ones undecodable, so every block that arrives has to be decoded, also one whose
// stream is refused (RFC 9113 §4.3).
#ifndef WEFT_HPACK_H
#define WEFT_HPACK_H

#include "base/alloc.h"
#include "base/arena.h"
#include "base/result.h"
#include "http/field.h"
#include "wire/queue.h"

enum {
    WEFT_HPACK_DEFAULT_TABLE_SIZE = 4096, // RFC 9113 §6.5.2
    WEFT_HPACK_FIELD_OVERHEAD = 32,       // what an entry costs besides its bytes, §4.1
};

/** How a field stood in a block, for traces and statistics (§6). */
enum weft_hpack_representation {
    WEFT_HPACK_INDEXED,          // §6.1
    WEFT_HPACK_INCREMENTAL,      // literal with incremental indexing, §6.2.1
    WEFT_HPACK_WITHOUT_INDEXING, // §6.2.2
    WEFT_HPACK_NEVER_INDEXED,    // §6.2.3
};

/** One decoded field. `name` and `value` are lent until the next call on the decoder or, where an arena was
 *  handed in, live in the arena (or in static memory). Pseudo-fields come as they are, with their colon. */
struct weft_hpack_field {
    struct weft_http_field field; // id is set; hint SECRET for never-indexed
    uint8_t representation;       // enum weft_hpack_representation
    uint8_t static_index;         // 1 to 61 where the name was taken from the static table, else 0
    uint32_t encoded_size;        // bytes that it cost in the block
};

enum weft_hpack_status {
    WEFT_HPACK_FIELD, // a field was decoded
    WEFT_HPACK_END,   // the block is whole and over
    WEFT_HPACK_ERROR, // decoder->reason says why; the connection fails with COMPRESSION_ERROR
    WEFT_HPACK_OUT_OF_MEMORY, // a field was decoded, but the arena is full: it is only lent; go on with NULL
};

/** Decodes the blocks of one peer. */
struct weft_hpack_decoder;

/**
 * table_size_limit  what our SETTINGS_HEADER_TABLE_SIZE allows; the table's memory is taken as entries come
 * returns           NULL without memory
 */
WEFT_MUST_USE struct weft_hpack_decoder *weft_hpack_decoder_new(const struct weft_alloc *alloc,
                                                                size_t table_size_limit);
void weft_hpack_decoder_free(struct weft_hpack_decoder *decoder);

/**
 * Our SETTINGS_HEADER_TABLE_SIZE as the peer has just acknowledged it. Where it is below the table's current
 * maximum, the next block has to begin with a size update of at most `limit`, else it is an error
 * (RFC 9113 §4.3.1); of several limits between two blocks the smallest counts (§4.2).
 */
void weft_hpack_decoder_set_limit(struct weft_hpack_decoder *decoder, size_t limit);

/** Starts on a whole field block (HEADERS and its CONTINUATIONs joined), borrowed until END or ERROR. */
void weft_hpack_decode_start(struct weft_hpack_decoder *decoder, struct weft_span block);

/**
 * Decodes the next field.
 *
 * arena   where what is decoded is copied; NULL lends it until the next call instead (the way to skip a
 *         block: the table is kept right but nothing is stored)
 * out     set where the status is WEFT_HPACK_FIELD
 */
enum weft_hpack_status weft_hpack_decode_next(struct weft_hpack_decoder *decoder,
                                              struct weft_arena *arena,
                                              struct weft_hpack_field *out);

/** Gives back what is only kept for speed. */
void weft_hpack_decoder_trim(struct weft_hpack_decoder *decoder);

/** Why the last decode failed: static text that names the section's rule. */
const char *weft_hpack_decoder_reason(const struct weft_hpack_decoder *decoder);

/** A number that changes whenever the table does: the same block then decodes to the same fields. 0 where that cannot be said:
 *  a size update has to come first, or has come with the last block. */
uint64_t weft_hpack_decoder_state(const struct weft_hpack_decoder *decoder);

/** Bytes that the decoder holds now, its table with it. */
size_t weft_hpack_decoder_memory(const struct weft_hpack_decoder *decoder);

/** Encodes the blocks of our side. */
struct weft_hpack_encoder;

/** table_size_limit  the most we will use, whatever the peer allows; starts at min(4096, it) */
WEFT_MUST_USE struct weft_hpack_encoder *weft_hpack_encoder_new(const struct weft_alloc *alloc,
                                                                size_t table_size_limit);
void weft_hpack_encoder_free(struct weft_hpack_encoder *encoder);

/** The peer's SETTINGS_HEADER_TABLE_SIZE. The next block begins with the size updates due: the smallest
 *  size since the last block, then the final one (§4.2). */
void weft_hpack_encoder_set_limit(struct weft_hpack_encoder *encoder, size_t limit);

/** Starts a block at the back of `out`, with the size updates that are due. */
WEFT_MUST_USE enum weft_result weft_hpack_encode_start(struct weft_hpack_encoder *encoder,
                                                       struct weft_queue *out);

/**
 * Adds one field to the block. Names are lower case; a pseudo-field is a field like any other. The policy: what is
 * in a table is indexed; secrets (hint SECRET, authorization, short cookies) are never indexed; values that do not
 * repeat (content-length, etag and the like, hint ONCE) are not put into the table; all else is.
 *
 * returns  WEFT_NO_MEMORY leaves the encoder and the peer out of step: the connection has to end
 */
WEFT_MUST_USE enum weft_result weft_hpack_encode_field(struct weft_hpack_encoder *encoder,
                                                       struct weft_queue *out,
                                                       const struct weft_http_field *field);

/** A whole block as it was written before. */
struct weft_hpack_block {
    struct weft_span bytes; // lent until the next call on the encoder
    size_t text_size;       // of its fields as text lines
};

/**
 * Finds the block of a head that was written before, which may be written again in place of its fields.
 *
 * stamp    what weft_hpack_remember() was told, not 0
 * returns  false where it is not known, or would no longer mean the same: what it names has left the table
 */
bool weft_hpack_recall(struct weft_hpack_encoder *encoder, uint64_t stamp,
                       struct weft_hpack_block *out);

/** Remembers a block that was just written, for heads that are the same, field by field. A block with fields that are not
 *  indexed is remembered the second time that it is written: their next sight may put them into the table. */
void weft_hpack_remember(struct weft_hpack_encoder *encoder, uint64_t stamp,
                         const struct weft_hpack_block *block);

/** Gives back what is only kept for speed. */
void weft_hpack_encoder_trim(struct weft_hpack_encoder *encoder);

/** How the last field was written, for traces. */
enum weft_hpack_representation weft_hpack_encoder_last(const struct weft_hpack_encoder *encoder);

/** One entry of a dynamic table as tools show it; index 62 is the newest. False past the end. */
struct weft_hpack_entry {
    struct weft_span name;
    struct weft_span value;
};
bool weft_hpack_decoder_entry(const struct weft_hpack_decoder *decoder, size_t index,
                              struct weft_hpack_entry *out);
bool weft_hpack_encoder_entry(const struct weft_hpack_encoder *encoder, size_t index,
                              struct weft_hpack_entry *out);

#endif
