// base/arena_test.c
#include "base/arena.h"

#include "check.h"
#include "counting_alloc.h"

TEST(pieces_are_apart_and_aligned)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_arena arena;
    weft_arena_init(&arena, &alloc, 65536);

    uint8_t *previous = NULL;
    for (size_t size = 0; size < 300; size++) {
        uint8_t *piece = weft_arena_take(&arena, size);
        CHECK(piece != NULL);
        CHECK_EQ((uintptr_t)piece % _Alignof(max_align_t), 0);
        CHECK(piece != previous || size <= 1);
        memset(piece, 0x11, size);
        previous = piece;
    }

    weft_arena_deinit(&arena);
    CHECK_EQ(counts.live, 0);
}

TEST(an_arena_never_holds_more_than_its_limit)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_arena arena;
    weft_arena_init(&arena, &alloc, 4096);

    while (weft_arena_take(&arena, 100))
        continue;

    CHECK(counts.peak <= 4096);
    CHECK(weft_arena_take(&arena, SIZE_MAX) == NULL);
    CHECK(weft_arena_take(&arena, 5000) == NULL);
    weft_arena_deinit(&arena);
}

TEST(a_reset_arena_allocates_nothing_when_used_again)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_arena arena;
    weft_arena_init(&arena, &alloc, 65536);
    CHECK(weft_arena_take(&arena, 500) != NULL);
    weft_arena_reset(&arena);
    size_t calls = counts.calls;

    CHECK(weft_arena_take(&arena, 500) != NULL);

    CHECK_EQ(counts.calls, calls);
    weft_arena_deinit(&arena);
}

TEST(the_newest_piece_grows_where_it_stands)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_arena arena;
    weft_arena_init(&arena, &alloc, 65536);

    uint8_t *piece = weft_arena_take(&arena, 10);
    memset(piece, 7, 10);
    CHECK(weft_arena_grow(&arena, piece, 10, 100) == piece);
    CHECK(weft_arena_take(&arena, 1) != NULL);
    uint8_t *moved = weft_arena_grow(&arena, piece, 100, 200);
    CHECK(moved != NULL && moved != piece);
    CHECK_EQ(moved[9], 7);

    weft_arena_deinit(&arena);
}

TEST(without_memory_an_arena_says_no_and_stays_whole)
{
    struct test_alloc counts = {.fail_at = 2};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_arena arena;
    weft_arena_init(&arena, &alloc, 65536);

    CHECK(weft_arena_take(&arena, 900) != NULL);
    CHECK(weft_arena_take(&arena, 900) == NULL);
    CHECK(weft_arena_take(&arena, 900) != NULL);

    weft_arena_deinit(&arena);
    CHECK_EQ(counts.live, 0);
}
