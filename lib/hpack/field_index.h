// hpack/field_index.h: finds a field in the encoder's dynamic table without walking it.
#ifndef WEFT_HPACK_FIELD_INDEX_H
#define WEFT_HPACK_FIELD_INDEX_H

#include "hpack/dynamic_table.h"
#include "http/field.h"

enum { WEFT_HPACK_INDEX_BUCKETS = 128, WEFT_HPACK_SEEN = 64 };

struct weft_hpack_index_link {
    uint32_t hash;        // of name and value
    uint32_t older_field; // the number, plus 1, of the next older entry in the same bucket
    uint32_t older_name;
};

/**
 * Two hash tables over the entries' numbers. Entries leave the table oldest first, so a chain simply ends at the first
 * number that is no longer in the table, and nothing has to be taken out.
 */
struct weft_hpack_field_index {
    struct weft_hpack_index_link *links; // by number, as the table's entries
    uint32_t link_room;
    struct weft_hpack_index_buckets *buckets; // NULL until something was added
};

struct weft_hpack_index_buckets {
    uint32_t fields[WEFT_HPACK_INDEX_BUCKETS]; // the number, plus 1, of the newest entry
    uint32_t names[WEFT_HPACK_INDEX_BUCKETS];
    uint32_t seen[WEFT_HPACK_SEEN]; // hashes of varying fields that came once
};

void weft_hpack_field_index_deinit(struct weft_hpack_field_index *index,
                                   const struct weft_alloc *alloc);

/** A hash of name and value. */
uint32_t weft_hpack_field_hash(const struct weft_http_field *field);

/** The newest entry with that name and value; `hash` is the field's. */
bool weft_hpack_field_index_find(const struct weft_hpack_field_index *index,
                                 const struct weft_hpack_table *table,
                                 const struct weft_http_field *field, uint32_t hash,
                                 uint32_t *number);

/** The newest entry with that name. */
bool weft_hpack_field_index_find_name(const struct weft_hpack_field_index *index,
                                      const struct weft_hpack_table *table,
                                      const struct weft_http_field *field, uint32_t *number);

/** Makes the entry `number`, which was just added to the table, known. */
WEFT_MUST_USE enum weft_result weft_hpack_field_index_add(struct weft_hpack_field_index *index,
                                                          const struct weft_hpack_table *table,
                                                          const struct weft_alloc *alloc,
                                                          uint32_t number, uint32_t hash,
                                                          const struct weft_http_field *field);

/** Gives its memory back; weft_hpack_field_index_rebuild() makes it again. */
void weft_hpack_field_index_trim(struct weft_hpack_field_index *index,
                                 const struct weft_alloc *alloc);

/** Makes all entries of the table known again. */
WEFT_MUST_USE enum weft_result weft_hpack_field_index_rebuild(struct weft_hpack_field_index *index,
                                                              const struct weft_hpack_table *table,
                                                              const struct weft_alloc *alloc);

/** Was a field with that hash asked for before, not too long ago? Remembers it. */
bool weft_hpack_field_index_was_seen(struct weft_hpack_field_index *index,
                                     const struct weft_alloc *alloc, uint32_t hash);

#endif
