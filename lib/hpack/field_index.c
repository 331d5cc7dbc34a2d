// hpack/field_index.c
#include "hpack/field_index.h"

void weft_hpack_field_index_deinit(struct weft_hpack_field_index *index,
                                   const struct weft_alloc *alloc)
{
    weft_release(alloc, index->links, index->link_room * sizeof(*index->links));
    weft_release(alloc, index->buckets, sizeof(*index->buckets));
    *index = (struct weft_hpack_field_index){0};
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t load(const uint8_t *p, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, p, size);
    return word;
}

// Looks at both ends only: what differs in the middle alone costs a longer chain, and chains are as short as the table.
static uint64_t hash_bytes(uint64_t hash, struct weft_span bytes)
{
    hash = mix(hash, bytes.size);
    if (bytes.size == 0) return hash;
    if (bytes.size < sizeof(hash)) return mix(hash, load(bytes.data, bytes.size));
    hash = mix(hash, load(bytes.data, sizeof(hash)));
    return mix(hash, load(bytes.data + bytes.size - sizeof(hash), sizeof(hash)));
}

static uint32_t hash_name(const struct weft_http_field *field)
{
    uint64_t hash = field->id ? mix(1, field->id) : hash_bytes(2, field->name);
    return (uint32_t)(hash >> 32);
}

uint32_t weft_hpack_field_hash(const struct weft_http_field *field)
{
    return (uint32_t)(hash_bytes(hash_name(field), field->value) >> 32);
}

static bool is_in(const struct weft_hpack_table *table, uint32_t number_plus_1)
{
    return number_plus_1 - 1 - table->oldest < weft_hpack_table_count(table);
}

static const struct weft_hpack_index_link *link_of(const struct weft_hpack_field_index *index,
                                                   uint32_t number)
{
    return &index->links[number & (index->link_room - 1)];
}

static bool has_name(const struct weft_hpack_table *table, uint32_t number,
                     const struct weft_http_field *field)
{
    const struct weft_hpack_table_entry *entry = weft_hpack_table_numbered(table, number);
    if (field->id || entry->id) return field->id == entry->id;
    return weft_span_equal(weft_hpack_table_name(table, entry), field->name);
}

static bool has_value(const struct weft_hpack_table *table, uint32_t number,
                      const struct weft_http_field *field)
{
    return weft_span_equal(weft_hpack_table_value(table, weft_hpack_table_numbered(table, number)),
                           field->value);
}

bool weft_hpack_field_index_find(const struct weft_hpack_field_index *index,
                                 const struct weft_hpack_table *table,
                                 const struct weft_http_field *field, uint32_t hash,
                                 uint32_t *number)
{
    if (!index->buckets) return false;
    uint32_t at = index->buckets->fields[hash % WEFT_HPACK_INDEX_BUCKETS];
    for (; is_in(table, at); at = link_of(index, at - 1)->older_field) {
        *number = at - 1;
        if (link_of(index, *number)->hash == hash && has_name(table, *number, field) &&
            has_value(table, *number, field)) {
            return true;
        }
    }
    return false;
}

bool weft_hpack_field_index_find_name(const struct weft_hpack_field_index *index,
                                      const struct weft_hpack_table *table,
                                      const struct weft_http_field *field, uint32_t *number)
{
    if (!index->buckets) return false;
    uint32_t at = index->buckets->names[hash_name(field) % WEFT_HPACK_INDEX_BUCKETS];
    for (; is_in(table, at); at = link_of(index, at - 1)->older_name) {
        *number = at - 1;
        if (has_name(table, *number, field)) return true;
    }
    return false;
}

static bool grow(struct weft_hpack_field_index *index, const struct weft_hpack_table *table,
                 const struct weft_alloc *alloc)
{
    if (!index->buckets) index->buckets = weft_allocate_zeroed(alloc, sizeof(*index->buckets));
    if (!index->buckets) return false;
    if (index->link_room == table->entry_room) return true;

    struct weft_hpack_index_link *links = weft_allocate(alloc, table->entry_room * sizeof(*links));
    if (!links) return false;
    for (uint32_t n = table->oldest; index->links && n != table->next; n++) {
        links[n & (table->entry_room - 1)] = *link_of(index, n);
    }
    weft_release(alloc, index->links, index->link_room * sizeof(*links));
    index->links = links;
    index->link_room = table->entry_room;
    return true;
}

enum weft_result weft_hpack_field_index_add(struct weft_hpack_field_index *index,
                                            const struct weft_hpack_table *table,
                                            const struct weft_alloc *alloc, uint32_t number,
                                            uint32_t hash, const struct weft_http_field *field)
{
    if (!grow(index, table, alloc)) return WEFT_NO_MEMORY;

    uint32_t *newest_field = &index->buckets->fields[hash % WEFT_HPACK_INDEX_BUCKETS];
    uint32_t *newest_name = &index->buckets->names[hash_name(field) % WEFT_HPACK_INDEX_BUCKETS];
    index->links[number & (index->link_room - 1)] =
        (struct weft_hpack_index_link){hash, *newest_field, *newest_name};
    *newest_field = *newest_name = number + 1;
    return WEFT_OK;
}

bool weft_hpack_field_index_was_seen(struct weft_hpack_field_index *index, uint32_t hash)
{
    uint32_t *slot = &index->seen[(hash >> 8) % WEFT_HPACK_SEEN];
    if (*slot == hash) return true;
    *slot = hash;
    return false;
}
