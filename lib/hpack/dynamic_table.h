// hpack/dynamic_table.h: the entries that both sides have agreed on so far (RFC 7541 §2.3.2, §4).
#ifndef WEFT_HPACK_DYNAMIC_TABLE_H
#define WEFT_HPACK_DYNAMIC_TABLE_H

#include "base/alloc.h"
#include "base/result.h"

#include <stdint.h>

struct weft_hpack_table_entry {
    uint32_t offset; // of the name in the table's bytes; the value stands behind it
    uint32_t name_size;
    uint32_t value_size;
    uint8_t id; // enum weft_http_field_name
};

/**
 * A ring of entries over one run of bytes. Adding and evicting cost O(1); bytes move together only when as many have been
 * added as the table may hold. Memory is taken as entries come.
 */
struct weft_hpack_table {
    const struct weft_alloc *alloc;
    size_t max_size; // §4.2
    size_t size;     // §4.1: names, values and 32 bytes an entry
    struct weft_hpack_table_entry *entries;
    uint32_t entry_room; // 0 or a power of two
    uint32_t oldest;     // the number of the oldest entry; entries are numbered as they come
    uint32_t next;       // the number of the next entry
    uint8_t *bytes;
    size_t byte_room;
    size_t byte_end; // behind the newest entry's bytes
};

void weft_hpack_table_init(struct weft_hpack_table *table, const struct weft_alloc *alloc,
                           size_t max_size);
void weft_hpack_table_deinit(struct weft_hpack_table *table);

/** How many entries there are. */
static inline uint32_t weft_hpack_table_count(const struct weft_hpack_table *table)
{
    return table->next - table->oldest;
}

/** The entry with that number, which must be there. */
static inline const struct weft_hpack_table_entry *
weft_hpack_table_numbered(const struct weft_hpack_table *table, uint32_t number)
{
    return &table->entries[number & (table->entry_room - 1)];
}

static inline struct weft_span weft_hpack_table_name(const struct weft_hpack_table *table,
                                                     const struct weft_hpack_table_entry *entry)
{
    return (struct weft_span){table->bytes + entry->offset, entry->name_size};
}

static inline struct weft_span weft_hpack_table_value(const struct weft_hpack_table *table,
                                                      const struct weft_hpack_table_entry *entry)
{
    return (struct weft_span){table->bytes + entry->offset + entry->name_size, entry->value_size};
}

/**
 * Adds an entry, evicting as many as it takes; one that is larger than the table empties it (§4.4), and has a number all
 * the same.
 *
 * name, value  not in the table's own bytes
 * returns      WEFT_NO_MEMORY where it could not grow; the table is then out of step with the peer's
 */
WEFT_MUST_USE enum weft_result weft_hpack_table_add(struct weft_hpack_table *table,
                                                    struct weft_span name, struct weft_span value,
                                                    uint8_t id);

/** Sets the maximum size, evicting what no longer fits (§4.3). */
void weft_hpack_table_resize(struct weft_hpack_table *table, size_t max_size);

/** Gives back the memory that the entries do not need. */
void weft_hpack_table_trim(struct weft_hpack_table *table);

/** Bytes of memory that it holds. */
static inline size_t weft_hpack_table_memory(const struct weft_hpack_table *table)
{
    return table->entry_room * sizeof(*table->entries) + table->byte_room;
}

#endif
