// base/idmap_test.c
#include "base/idmap.h"

#include "check.h"
#include "counting_alloc.h"

TEST(a_map_finds_what_was_added_and_not_what_was_removed)
{
    static int values[1000];
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_idmap map;
    weft_idmap_init(&map, &alloc);
    CHECK(weft_idmap_find(&map, 1) == NULL);
    CHECK(weft_idmap_remove(&map, 1) == NULL);

    for (size_t i = 0; i < 1000; i++)
        CHECK_EQ(weft_idmap_add(&map, i * 2 + 1, &values[i]), WEFT_OK);
    for (size_t i = 0; i < 1000; i += 3)
        CHECK(weft_idmap_remove(&map, i * 2 + 1) == &values[i]);

    for (size_t i = 0; i < 1000; i++) {
        CHECK(weft_idmap_find(&map, i * 2 + 1) == (i % 3 == 0 ? NULL : &values[i]));
        CHECK(weft_idmap_find(&map, i * 2) == NULL);
    }
    weft_idmap_deinit(&map);
    CHECK_EQ(counts.live, 0);
}

TEST(a_map_that_cannot_grow_keeps_what_it_has)
{
    int value = 0;
    struct test_alloc counts = {.fail_at = 2};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_idmap map;
    weft_idmap_init(&map, &alloc);

    uint64_t id = 0;
    while (weft_idmap_add(&map, ++id, &value) == WEFT_OK)
        continue;

    CHECK_EQ(map.count, id - 1);
    for (uint64_t i = 1; i < id; i++)
        CHECK(weft_idmap_find(&map, i) == &value);
    weft_idmap_deinit(&map);
}
