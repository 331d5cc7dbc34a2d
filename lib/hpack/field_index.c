// hpack/field_index.c
#include "hpack/field_index.h"

#include "base/hash.h"

void weft_hpack_field_index_trim(struct weft_hpack_field_index *index,
                                 const struct weft_alloc *alloc)
{
    weft_release(alloc, index->links, index->link_room * sizeof(*index->links));
    weft_release(alloc, index->buckets, sizeof(*index->buckets));
    index->links = NULL;
    index->link_room = 0;
    index->buckets = NULL;
}

void weft_hpack_field_index_deinit(struct weft_hpack_field_index *index,
                                   const struct weft_alloc *alloc)
{
    weft_hpack_field_index_trim(index, alloc);
    *index = (struct weft_hpack_field_index){0};
}

static uint64_t load_u64(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

// Up to seven bytes.
static uint64_t load_few(const uint8_t *p, size_t size)
{
    uint32_t first;
    uint32_t last;
    if (size >= sizeof(first)) {
        memcpy(&first, p, sizeof(first));
        memcpy(&last, p + size - sizeof(last), sizeof(last));
        return (uint64_t)first << 32 | last;
    }
    if (size == 0) return 0;
    return (uint64_t)p[0] << 16 | (uint64_t)p[size / 2] << 8 | p[size - 1];
}

// Looks at both ends and the middle: what differs elsewhere alone costs a longer chain, and chains are as short as
// the table. The products do not wait for each other.
static uint32_t hash_bytes(uint32_t seed, struct weft_span bytes)
{
    uint64_t first = bytes.size;
    uint64_t middle = 0;
    uint64_t last;
    if (bytes.size < sizeof(last)) {
        last = load_few(bytes.data, bytes.size);
    } else {
        first += load_u64(bytes.data);
        middle = load_u64(bytes.data + (bytes.size - sizeof(middle)) / 2);
        last = load_u64(bytes.data + bytes.size - sizeof(last));
    }
    uint64_t hash = first * WEFT_HASH_FACTOR + (middle ^ seed) * 0xbf58476d1ce4e5b9u +
                    (last << 32 | last >> 32) * 0x94d049bb133111ebu;
    return (uint32_t)((hash ^ hash >> 32) * WEFT_HASH_FACTOR >> 32);
}

static uint32_t hash_name(const struct weft_http_field *field)
{
    return field->id ? field->id : hash_bytes(1, field->name);
}

uint32_t weft_hpack_field_hash(const struct weft_http_field *field)
{
    return hash_bytes(hash_name(field), field->value);
}

// How many entries came since that one, itself counted: 1 for the newest; more than there are where it is no longer
// in the table.
static uint32_t age_of(const struct weft_hpack_table *table, uint32_t number_plus_1)
{
    return table->next + 1 - number_plus_1;
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

// May a chain go on to that entry, from one of that age? Each has to be older than the one before, so that a chain ends
// although numbers come again after 2^32 entries.
static bool goes_on(const struct weft_hpack_table *table, uint32_t number_plus_1, uint32_t age)
{
    uint32_t next_age = age_of(table, number_plus_1);
    return next_age > age && next_age <= weft_hpack_table_count(table);
}

bool weft_hpack_field_index_find(const struct weft_hpack_field_index *index,
                                 const struct weft_hpack_table *table,
                                 const struct weft_http_field *field, uint32_t hash,
                                 uint32_t *number)
{
    if (!index->buckets) return false;
    uint32_t at = index->buckets->fields[hash % WEFT_HPACK_INDEX_BUCKETS];
    for (uint32_t age = 0; goes_on(table, at, age);) {
        *number = at - 1;
        const struct weft_hpack_index_link *link = link_of(index, *number);
        if (link->hash == hash && has_name(table, *number, field) &&
            has_value(table, *number, field)) {
            return true;
        }
        age = age_of(table, at);
        at = link->older_field;
    }
    return false;
}

bool weft_hpack_field_index_find_name(const struct weft_hpack_field_index *index,
                                      const struct weft_hpack_table *table,
                                      const struct weft_http_field *field, uint32_t *number)
{
    if (!index->buckets) return false;
    uint32_t at = index->buckets->names[hash_name(field) % WEFT_HPACK_INDEX_BUCKETS];
    for (uint32_t age = 0; goes_on(table, at, age);) {
        *number = at - 1;
        if (has_name(table, *number, field)) return true;
        age = age_of(table, at);
        at = link_of(index, *number)->older_name;
    }
    return false;
}

static bool has_buckets(struct weft_hpack_field_index *index, const struct weft_alloc *alloc)
{
    if (!index->buckets) index->buckets = weft_allocate_zeroed(alloc, sizeof(*index->buckets));
    return index->buckets != NULL;
}

static bool grow(struct weft_hpack_field_index *index, const struct weft_hpack_table *table,
                 const struct weft_alloc *alloc)
{
    if (!has_buckets(index, alloc)) return false;
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

enum weft_result weft_hpack_field_index_rebuild(struct weft_hpack_field_index *index,
                                                const struct weft_hpack_table *table,
                                                const struct weft_alloc *alloc)
{
    enum weft_result result = WEFT_OK;
    for (uint32_t n = table->oldest; result == WEFT_OK && n != table->next; n++) {
        const struct weft_hpack_table_entry *entry = weft_hpack_table_numbered(table, n);
        struct weft_http_field field = {.name = weft_hpack_table_name(table, entry),
                                        .value = weft_hpack_table_value(table, entry),
                                        .id = entry->id};
        result = weft_hpack_field_index_add(index, table, alloc, n, weft_hpack_field_hash(&field),
                                            &field);
    }
    return result;
}

bool weft_hpack_field_index_was_seen(struct weft_hpack_field_index *index,
                                     const struct weft_alloc *alloc, uint32_t hash)
{
    if (!has_buckets(index, alloc)) return false; // it is only for size
    uint32_t *slot = &index->buckets->seen[(hash >> 8) % WEFT_HPACK_SEEN];
    if (*slot == hash) return true;
    *slot = hash;
    return false;
}
