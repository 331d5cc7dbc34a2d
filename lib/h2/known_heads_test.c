// h2/known_heads_test.c
#include "h2/known_heads.h"

#include "check.h"
#include "counting_alloc.h"

#include <stdio.h>

static const struct weft_http_field fields[] = {
    {.name = WEFT_SPAN_INIT("user-agent"),
     .value = WEFT_SPAN_INIT("a"),
     .id = WEFT_HTTP_FIELD_USER_AGENT},
    {.name = WEFT_SPAN_INIT("x-empty"), .value = WEFT_SPAN_INIT("")},
};

static struct weft_h2_known_head head_of(struct weft_span block, const char *path)
{
    struct weft_h2_known_head known = {
        .table = 5, .block = block, .field_count = 6, .text_size = 80};
    known.head = (struct weft_http_head)WEFT_HTTP_HEAD_INIT;
    known.head.method = WEFT_HTTP_GET;
    known.head.method_text = WEFT_SPAN("GET");
    known.head.path = weft_span_of(path);
    known.head.fields = fields;
    known.head.field_count = WEFT_COUNT(fields);
    return known;
}

TEST(a_block_is_known_the_third_time_and_means_what_it_meant)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_h2_known_heads heads = {0};
    struct weft_span block = WEFT_SPAN("\x82\x86\x84 a block");
    struct weft_h2_known_head given = head_of(block, "/a");
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
    CHECK(weft_h2_known_heads_find(&heads, block, 5) == NULL); // seen once: not worth a copy
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);

    struct weft_h2_known_head *known = weft_h2_known_heads_find(&heads, block, 5);
    CHECK(known != NULL);
    CHECK_SPAN(known->head.path, "/a");
    CHECK_SPAN(known->head.fields[0].name, "user-agent");
    CHECK_EQ(known->head.fields[0].id, WEFT_HTTP_FIELD_USER_AGENT);
    CHECK_EQ(known->head.fields[1].value.size, 0);
    CHECK(known->head.fields != fields);
    CHECK_EQ(known->text_size, 80);
    CHECK(weft_h2_known_heads_find(&heads, block, 6) == NULL); // the table has changed
    CHECK(weft_h2_known_heads_find(&heads, WEFT_SPAN("\x82\x86\x84 a blocK"), 5) == NULL);

    weft_h2_known_head_release(known, &alloc);
    weft_h2_known_heads_clear(&heads, &alloc);
    CHECK_EQ(counts.live, 0);
}

TEST(a_head_that_a_stream_refers_to_outlives_its_place)
{
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_h2_known_heads heads = {0};
    struct weft_span block = WEFT_SPAN("block");
    struct weft_h2_known_head given = head_of(block, "/a");
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
    struct weft_h2_known_head *known = weft_h2_known_heads_find(&heads, block, 5);

    given = head_of(block, "/b"); // the same block, decoded anew under another table
    given.table = 9;
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
    weft_h2_known_heads_clear(&heads, &alloc);

    CHECK_SPAN(known->head.path, "/a");
    weft_h2_known_head_release(known, &alloc);
    CHECK_EQ(counts.live, 0);
    weft_h2_known_head_release(NULL, &alloc);
}

// As many as a page has assets; more than may be kept push the others out, and no wrong one is found.
TEST(many_heads_are_known_and_too_many_begin_anew)
{
    enum { KEPT = 100, MANY = 1000 };
    struct test_alloc counts = {0};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_h2_known_heads heads = {0};
    for (uint32_t i = 0; i < MANY + KEPT; i++) {
        char path[16];
        uint32_t name = i < MANY ? i : i - MANY; // the first ones come last, again
        struct weft_span block = {(const uint8_t *)&name, sizeof(name)};
        snprintf(path, sizeof(path), "/%u", name);
        struct weft_h2_known_head given = head_of(block, path);
        weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
        weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
        struct weft_h2_known_head *known = weft_h2_known_heads_find(&heads, block, 5);
        CHECK(known != NULL);
        CHECK_SAME(known->head.path, weft_span_of(path));
        weft_h2_known_head_release(known, &alloc);
        CHECK(heads.count <= WEFT_H2_KNOWN_MOST / 2);
        CHECK(heads.held <= WEFT_H2_KNOWN_SIZE_MOST);
    }
    weft_h2_known_heads_clear(&heads, &alloc);
    CHECK_EQ(counts.live, 0);
}

TEST(long_blocks_and_heads_without_memory_are_not_remembered)
{
    struct test_alloc counts = {.fail_at = 1};
    struct weft_alloc alloc = test_allocator(&counts);
    struct weft_h2_known_heads heads = {0};
    uint8_t bytes[WEFT_H2_KNOWN_BLOCK_MOST + 1] = {0};
    struct weft_h2_known_head given = head_of((struct weft_span){bytes, sizeof(bytes)}, "/a");
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
    CHECK(weft_h2_known_heads_find(&heads, given.block, 5) == NULL);
    CHECK_EQ(counts.calls, 0);

    given.block.size--;
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
    weft_h2_known_heads_add(&heads, &alloc, SIZE_MAX, &given);
    CHECK(weft_h2_known_heads_find(&heads, given.block, 5) == NULL);
    CHECK_EQ(counts.live, 0);
}
