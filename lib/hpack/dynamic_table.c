// hpack/dynamic_table.c
#include "hpack/dynamic_table.h"

#include "hpack/hpack.h"

#include <assert.h>

enum { FIRST_ENTRY_ROOM = 8, FIRST_BYTE_ROOM = 256 };

void weft_hpack_table_init(struct weft_hpack_table *table, const struct weft_alloc *alloc,
                           size_t max_size)
{
    *table = (struct weft_hpack_table){.alloc = alloc, .max_size = max_size};
}

// Gives the memory of an empty table back.
static void release(struct weft_hpack_table *table)
{
    weft_release(table->alloc, table->entries, table->entry_room * sizeof(*table->entries));
    weft_release(table->alloc, table->bytes, table->byte_room);
    table->entries = NULL;
    table->entry_room = 0;
    table->bytes = NULL;
    table->byte_room = table->byte_end = 0;
}

void weft_hpack_table_deinit(struct weft_hpack_table *table)
{
    release(table);
    weft_hpack_table_init(table, table->alloc, table->max_size);
}

static size_t size_of(const struct weft_hpack_table_entry *entry)
{
    return (size_t)entry->name_size + entry->value_size + WEFT_HPACK_FIELD_OVERHEAD; // §4.1
}

static void evict(struct weft_hpack_table *table, size_t max_size)
{
    while (table->size > max_size) {
        table->size -= size_of(weft_hpack_table_numbered(table, table->oldest));
        table->oldest++;
    }
    if (table->size == 0) table->byte_end = 0;
}

void weft_hpack_table_resize(struct weft_hpack_table *table, size_t max_size)
{
    table->max_size = max_size;
    evict(table, max_size);
    if (table->size == 0) release(table);
}

static bool move_entries(struct weft_hpack_table *table, uint32_t room)
{
    struct weft_hpack_table_entry *entries = weft_allocate(table->alloc, room * sizeof(*entries));
    if (!entries) return false;

    for (uint32_t n = table->oldest; n != table->next; n++) {
        entries[n & (room - 1)] = *weft_hpack_table_numbered(table, n);
    }
    weft_release(table->alloc, table->entries, table->entry_room * sizeof(*entries));
    table->entries = entries;
    table->entry_room = room;
    return true;
}

static bool grow_entries(struct weft_hpack_table *table)
{
    return move_entries(table, table->entry_room ? table->entry_room * 2 : FIRST_ENTRY_ROOM);
}

// Where the bytes of the oldest entry begin: what stands before them is free.
static size_t start_of(const struct weft_hpack_table *table)
{
    if (table->size == 0) return table->byte_end;
    return weft_hpack_table_numbered(table, table->oldest)->offset;
}

// Moves the bytes of all entries to the front.
static void close_up(struct weft_hpack_table *table)
{
    size_t start = start_of(table);
    assert(table->bytes);
    memmove(table->bytes, table->bytes + start, table->byte_end - start);
    for (uint32_t n = table->oldest; n != table->next; n++) {
        table->entries[n & (table->entry_room - 1)].offset -= (uint32_t)start;
    }
    table->byte_end -= start;
}

// Room for `size` more bytes. They are moved only where half of them are free, so at most once in as many added bytes
// as are moved; that is so at the latest when the room is twice what the table may hold, so it never grows beyond.
static bool make_byte_room(struct weft_hpack_table *table, size_t size)
{
    if (table->bytes && size <= table->byte_room - table->byte_end) return true;
    if (table->bytes && start_of(table) >= table->byte_end / 2) close_up(table);

    size_t room = table->byte_room ? table->byte_room : FIRST_BYTE_ROOM;
    while (size > room - table->byte_end)
        room *= 2; // the table's maximum bounds `size`
    if (room == table->byte_room) return true;
    uint8_t *bytes = weft_resize(table->alloc, table->bytes, table->byte_room, room);
    if (!bytes) return false;
    table->bytes = bytes;
    table->byte_room = room;
    return true;
}

enum weft_result weft_hpack_table_add(struct weft_hpack_table *table, struct weft_span name,
                                      struct weft_span value, uint8_t id)
{
    size_t size = name.size + value.size + WEFT_HPACK_FIELD_OVERHEAD;
    if (size > table->max_size) {
        evict(table, 0); // §4.4: no error
        table->oldest = ++table->next;
        return WEFT_OK;
    }
    evict(table, table->max_size - size);
    if (weft_hpack_table_count(table) == table->entry_room && !grow_entries(table))
        return WEFT_NO_MEMORY;
    if (!make_byte_room(table, name.size + value.size)) return WEFT_NO_MEMORY;

    uint8_t *at = table->bytes + table->byte_end;
    if (name.size > 0) memcpy(at, name.data, name.size);
    if (value.size > 0) memcpy(at + name.size, value.data, value.size);
    table->entries[table->next & (table->entry_room - 1)] = (struct weft_hpack_table_entry){
        (uint32_t)table->byte_end, (uint32_t)name.size, (uint32_t)value.size, id};
    table->next++;
    table->byte_end += name.size + value.size;
    table->size += size;
    return WEFT_OK;
}

void weft_hpack_table_trim(struct weft_hpack_table *table)
{
    if (table->size == 0) {
        release(table);
        return;
    }
    uint32_t entry_room = 1;
    while (entry_room < weft_hpack_table_count(table))
        entry_room *= 2;
    if (entry_room < table->entry_room) (void)move_entries(table, entry_room); // or stays large

    close_up(table);
    size_t byte_room = 1;
    while (byte_room < table->byte_end)
        byte_room *= 2;
    if (byte_room >= table->byte_room) return;
    uint8_t *bytes = weft_resize(table->alloc, table->bytes, table->byte_room, byte_room);
    if (!bytes) return;
    table->bytes = bytes;
    table->byte_room = byte_room;
}
