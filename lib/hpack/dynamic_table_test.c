// hpack/dynamic_table_test.c: the table, and the encoder's index over it.
#include "hpack/dynamic_table.h"

#include "hpack/field_index.h"

#include "check.h"
#include "counting_alloc.h"

#include <stdio.h>

static struct weft_span numbered_text(char *room, size_t size, uint32_t number)
{
    return (struct weft_span){(const uint8_t *)room,
                              (size_t)snprintf(room, size, "value number %u", (unsigned)number)};
}

static const size_t SMALL_ENTRY = 32 + 2; // with a name and a value of one byte each

// RFC 7541 §4.1, §4.4: an entry counts its bytes and 32; the oldest leave first.
TEST(the_oldest_entries_make_room_for_a_new_one)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_hpack_table table;
    weft_hpack_table_init(&table, &alloc, 3 * SMALL_ENTRY);

    for (uint8_t i = 0; i < 5; i++) {
        uint8_t value = (uint8_t)('0' + i);
        struct weft_span span = {&value, 1};
        CHECK_EQ(weft_hpack_table_add(&table, WEFT_SPAN("n"), span, i), WEFT_OK);
    }
    CHECK_EQ(weft_hpack_table_count(&table), 3);
    CHECK_EQ(table.size, 3 * SMALL_ENTRY);
    for (uint32_t n = 2; n < 5; n++) {
        const struct weft_hpack_table_entry *entry = weft_hpack_table_numbered(&table, n);
        CHECK_EQ(entry->id, n);
        CHECK_EQ(weft_hpack_table_value(&table, entry).data[0], '0' + n);
        CHECK_SPAN(weft_hpack_table_name(&table, entry), "n");
    }
    weft_hpack_table_resize(&table, 2 * SMALL_ENTRY - 1);
    CHECK_EQ(weft_hpack_table_count(&table), 1);
    CHECK_EQ(table.oldest, 4);
    weft_hpack_table_deinit(&table);
    CHECK_EQ(counts.live, 0);
}

// What a table holds follows from its maximum, however long it is used; an empty one that is resized holds nothing.
TEST(the_memory_of_a_table_is_bounded_and_given_back)
{
    const size_t sizes[] = {0, 1, 33, 100, 255, 4096, 10000};
    const size_t least = 256 + 8 * sizeof(struct weft_hpack_table_entry);
    for (size_t s = 0; s < WEFT_COUNT(sizes); s++) {
        struct test_alloc counts = {0};
        struct weft_alloc alloc = test_allocator(&counts);
        struct weft_hpack_table table;
        uint8_t value[512];
        memset(value, 'v', sizeof(value));
        weft_hpack_table_init(&table, &alloc, sizes[s]);
        for (size_t i = 0; i < 3000; i++) {
            struct weft_span span = {value, i * i % sizeof(value)};
            CHECK_EQ(weft_hpack_table_add(&table, WEFT_SPAN("name"), span, 0), WEFT_OK);
            CHECK(table.size <= sizes[s]);
            CHECK_EQ(counts.live, weft_hpack_table_memory(&table));
            CHECK(counts.live <= 5 * sizes[s] + least);
        }
        weft_hpack_table_resize(&table, 0);
        CHECK_EQ(counts.live, 0);
        weft_hpack_table_deinit(&table);
    }
}

// A trimmed table has room for less than twice its entries, which are as they were; it goes on as before.
TEST(a_trimmed_table_holds_what_its_entries_need)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_hpack_table table;
    weft_hpack_table_init(&table, &alloc, 4096);
    weft_hpack_table_trim(&table);
    CHECK_EQ(counts.live, 0);
    for (uint32_t i = 0; i < 500; i++) {
        char room[64];
        struct weft_span value = numbered_text(room, sizeof(room), i);
        CHECK_EQ(weft_hpack_table_add(&table, WEFT_SPAN("name"), value, 0), WEFT_OK);
        if (i % 7 > 0) continue;
        weft_hpack_table_trim(&table);
        size_t count = weft_hpack_table_count(&table);
        CHECK(counts.live < 2 * (count * sizeof(*table.entries) + table.size - 32 * count));
        for (uint32_t n = table.oldest; n != table.next; n++) {
            CHECK_SAME(weft_hpack_table_value(&table, weft_hpack_table_numbered(&table, n)),
                       numbered_text(room, sizeof(room), n));
        }
    }
    weft_hpack_table_resize(&table, 4096);
    counts.fail_at = counts.calls + 1;
    weft_hpack_table_trim(&table); // without memory it stays as it is
    CHECK_EQ(counts.live, weft_hpack_table_memory(&table));
    weft_hpack_table_deinit(&table);
    CHECK_EQ(counts.live, 0);
}

static bool finds(const struct weft_hpack_field_index *index, const struct weft_hpack_table *table,
                  uint32_t which, uint32_t *number)
{
    char room[64];
    struct weft_http_field field = {.name = WEFT_SPAN("x-name"),
                                    .value = numbered_text(room, sizeof(room), which)};
    return weft_hpack_field_index_find(index, table, &field, weft_hpack_field_hash(&field), number);
}

// Entries are found while they are in the table and not after, also where their numbers come again from 0.
TEST(the_index_finds_what_is_in_the_table_across_the_end_of_numbers)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_hpack_table table;
    struct weft_hpack_field_index index = {0};
    weft_hpack_table_init(&table, &alloc, 600);
    table.oldest = table.next = UINT32_MAX - 300;

    uint32_t found;
    for (uint32_t i = 0; i < 600; i++) {
        char room[64];
        struct weft_http_field field = {.name = WEFT_SPAN("x-name"),
                                        .value = numbered_text(room, sizeof(room), i)};
        uint32_t number = table.next;
        CHECK(!finds(&index, &table, i, &found));
        CHECK_EQ(weft_hpack_table_add(&table, field.name, field.value, 0), WEFT_OK);
        CHECK_EQ(weft_hpack_field_index_add(&index, &table, &alloc, number,
                                            weft_hpack_field_hash(&field), &field),
                 WEFT_OK);
        CHECK(weft_hpack_field_index_find_name(&index, &table, &field, &found));
        CHECK_EQ(found, number);
        for (uint32_t back = 0; back <= i && back < 20; back++) {
            CHECK_EQ(finds(&index, &table, i - back, &found),
                     back < weft_hpack_table_count(&table));
            if (back < weft_hpack_table_count(&table)) CHECK_EQ(found, number - back);
        }
    }
    CHECK(table.next < table.oldest + 600 && table.next < 600); // they did come again
    weft_hpack_field_index_deinit(&index, &alloc);
    weft_hpack_table_deinit(&table);
    CHECK_EQ(counts.live, 0);
}

// Two links that lead to each other, as they could after 2^32 entries, are no endless chain.
TEST(a_chain_goes_only_to_older_entries)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_hpack_table table;
    struct weft_hpack_field_index index = {0};
    weft_hpack_table_init(&table, &alloc, 600);
    struct weft_http_field field = {.name = WEFT_SPAN("x-name"), .value = WEFT_SPAN("value")};
    uint32_t hash = weft_hpack_field_hash(&field);
    for (uint32_t number = 0; number < 2; number++) {
        CHECK_EQ(weft_hpack_table_add(&table, field.name, field.value, 0), WEFT_OK);
        CHECK_EQ(weft_hpack_field_index_add(&index, &table, &alloc, number, hash, &field), WEFT_OK);
    }
    index.links[0].older_field = index.links[0].older_name = 2; // number 1, which is newer

    struct weft_http_field other = {.name = WEFT_SPAN("x-name"), .value = WEFT_SPAN("other")};
    uint32_t number;
    CHECK(!weft_hpack_field_index_find(&index, &table, &other, hash, &number));
    weft_hpack_field_index_deinit(&index, &alloc);
    weft_hpack_table_deinit(&table);
    CHECK_EQ(counts.live, 0);
}
