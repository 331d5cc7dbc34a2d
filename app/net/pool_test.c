// net/pool_test.c
#include "net/pool.h"

#include "check.h"

TEST(pieces_of_every_size_hold_what_was_written_as_they_grow)
{
    struct weft_pool pool = {.most = 1 << 20};
    struct weft_alloc alloc = weft_pool_alloc(&pool);
    for (size_t size = 1; size < 200000; size += size / 3 + 1) {
        uint8_t *piece = weft_allocate(&alloc, size);
        CHECK(piece != NULL);
        memset(piece, 0x5a, size);
        size_t larger = size + size / 2 + 70;
        piece = weft_resize(&alloc, piece, size, larger);
        CHECK(piece != NULL && piece[0] == 0x5a && piece[size - 1] == 0x5a);
        memset(piece, 0x11, larger);
        piece = weft_resize(&alloc, piece, larger, size);
        CHECK(piece != NULL && piece[size - 1] == 0x11);
        weft_release(&alloc, piece, size);
    }
    CHECK(pool.kept <= pool.most);
    weft_pool_deinit(&pool);
}

TEST(no_more_is_kept_than_the_most)
{
    struct weft_pool pool = {.most = 10000};
    struct weft_alloc alloc = weft_pool_alloc(&pool);
    void *pieces[100];
    for (size_t i = 0; i < WEFT_COUNT(pieces); i++)
        pieces[i] = weft_allocate(&alloc, 1000);
    for (size_t i = 0; i < WEFT_COUNT(pieces); i++)
        weft_release(&alloc, pieces[i], 1000);
    CHECK(pool.kept <= 10000);
    weft_pool_deinit(&pool);
    CHECK_EQ(pool.kept, 0);
}

TEST(what_nobody_asked_for_is_given_back)
{
    struct weft_pool pool = {.most = 1 << 20};
    struct weft_alloc alloc = weft_pool_alloc(&pool);
    void *pieces[10];
    for (size_t i = 0; i < WEFT_COUNT(pieces); i++)
        pieces[i] = weft_allocate(&alloc, 1024);
    for (size_t i = 0; i < WEFT_COUNT(pieces); i++)
        weft_release(&alloc, pieces[i], 1024);
    CHECK_EQ(weft_pool_trim(&pool), 0); // they have only just come
    size_t kept = pool.kept;

    for (size_t i = 0; i < 4; i++)
        pieces[i] = weft_allocate(&alloc, 1024);
    for (size_t i = 0; i < 4; i++)
        weft_release(&alloc, pieces[i], 1024);
    size_t given = weft_pool_trim(&pool);
    CHECK(kept == 0 || given == 6144);
    CHECK_EQ(pool.kept, kept - given);
    CHECK_EQ(weft_pool_trim(&pool), kept - given);
    CHECK_EQ(weft_pool_trim(&pool), 0);
    weft_pool_deinit(&pool);
}
