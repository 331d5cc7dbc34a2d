// http/range_test.c: RFC 9110 §14.
#include "http/range.h"

#include "check.h"

struct range_row {
    const char *value;
    uint64_t size;
    enum weft_http_range_status status;
    const char *parts; // as Content-Range values, parted by a blank
};

static void check_row(const struct range_row *row)
{
    struct weft_http_ranges ranges;
    uint8_t room[1024];
    struct weft_writer out = weft_writer_over(room, sizeof(room));

    CHECK_EQ(weft_http_range_parse(weft_span_of(row->value), row->size, &ranges), row->status);

    if (row->status != WEFT_HTTP_RANGE_PARTS) return;
    for (size_t i = 0; i < ranges.count; i++) {
        if (i > 0) weft_write_u8(&out, ' ');
        weft_write_decimal(&out, ranges.parts[i].first);
        weft_write_u8(&out, '-');
        weft_write_decimal(&out, ranges.parts[i].last);
    }
    CHECK_SAME(weft_written(&out), weft_span_of(row->parts));
}

static void check_rows(const struct range_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i]);
}

#define WHOLE WEFT_HTTP_RANGE_WHOLE
#define PARTS WEFT_HTTP_RANGE_PARTS
#define UNMET WEFT_HTTP_RANGE_UNSATISFIABLE

// S-12: RFC 9110 §14.1.2
TEST(int_ranges_and_suffix_ranges_are_read)
{
    static const struct range_row rows[] = {
        {"bytes=0-499", 10000, PARTS, "0-499"},
        {"bytes=500-999", 10000, PARTS, "500-999"},
        {"bytes=-500", 10000, PARTS, "9500-9999"},
        {"bytes=9500-", 10000, PARTS, "9500-9999"},
        {"bytes=0-0,-1", 10000, PARTS, "0-0 9999-9999"},
        {"bytes= 0-0 , 5-6 ", 10, PARTS, "0-0 5-6"},
        {"Bytes=0-", 10, PARTS, "0-9"}, // the whole, asked for as a range
        {"bytes=0-99999", 10, PARTS, "0-9"},
        {"bytes=-99999", 10, PARTS, "0-9"},
        {"bytes=0-0,,,2-2,", 10, PARTS, "0-0 2-2"},
        {"bytes=0-99999999999999999999999", 10, PARTS, "0-9"},
        {"bytes=-99999999999999999999999", 10, PARTS, "0-9"},
        {"bytes=18446744073709551615-", 10, UNMET, ""},
    };
    check_rows(rows, WEFT_COUNT(rows));
}

// S-12: RFC 9110 §14.2
TEST(a_wrong_range_or_an_unknown_unit_is_ignored)
{
    static const char *const wrong[] = {
        "",           "bytes",       "bytes=",     "bytes=-",     "bytes=1",      "bytes=a-b",
        "bytes=1-0",  "bytes=0-1-2", "bytes=+1-2", "bytes=0x0-2", "bytes=1 - 2",  "bytes=0-1;2",
        "items=0-10", "bytes:0-1",   "bytes=--1",  "bytes=0-1,x", "bytes=9-,2-1", "=0-1",
        "bytes =0-1",
    };
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        struct weft_http_ranges ranges;
        CHECK_EQ(weft_http_range_parse(weft_span_of(wrong[i]), 100, &ranges), WHOLE);
    }
}

// S-13: RFC 9110 §15.5.17
TEST(ranges_of_which_none_can_be_met_are_unsatisfiable)
{
    static const struct range_row rows[] = {
        {"bytes=100-", 100, UNMET, ""},     {"bytes=100-200,300-", 100, UNMET, ""},
        {"bytes=-0", 100, UNMET, ""},       {"bytes=0-", 0, UNMET, ""},
        {"bytes=-1", 0, UNMET, ""},         {"bytes=200-,0-1", 100, PARTS, "0-1"},
        {"bytes=99-", 100, PARTS, "99-99"},
    };
    check_rows(rows, WEFT_COUNT(rows));
}

// RFC 9110 §14.2, §15.3.7.2
TEST(ranges_that_touch_are_one_and_come_in_order)
{
    static const struct range_row rows[] = {
        {"bytes=0-9,10-19", 100, PARTS, "0-19"},
        {"bytes=0-9,11-19", 100, PARTS, "0-9 11-19"},
        {"bytes=50-59,0-9,55-70", 100, PARTS, "0-9 50-70"},
        {"bytes=10-50,20-30", 100, PARTS, "10-50"},
        {"bytes=20-30,10-50", 100, PARTS, "10-50"},
        {"bytes=5-5,3-3,4-4", 100, PARTS, "3-5"},
    };
    check_rows(rows, WEFT_COUNT(rows));
}

// RFC 9110 §14.2: many small or overlapping ranges are no honest wish.
TEST(more_than_there_is_or_too_many_ranges_give_the_whole)
{
    static const struct range_row rows[] = {
        {"bytes=0-,0-", 100, WHOLE, ""},
        {"bytes=0-60,40-99", 100, WHOLE, ""},
        {"bytes=0-59,60-99", 100, PARTS, "0-99"},
        {"bytes=0-,0-,0-,0-", UINT64_MAX, WHOLE, ""},
        {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,"
         "30-30",
         1000, PARTS,
         "0-0 2-2 4-4 6-6 8-8 10-10 12-12 14-14 16-16 18-18 20-20 22-22 24-24 26-26 28-28 30-30"},
        {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,"
         "30-30,32-32",
         1000, WHOLE, ""},
    };
    check_rows(rows, WEFT_COUNT(rows));
}

// S-19: RFC 9110 §14.4
TEST(content_range_is_written_with_and_without_a_range)
{
    uint8_t room[64];
    struct weft_http_range range = {42, 1233};
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_http_content_range_write(&out, &range, 1234);
    CHECK_SPAN(weft_written(&out), "bytes 42-1233/1234");

    out = weft_writer_over(room, sizeof(room));
    weft_http_content_range_write(&out, NULL, UINT64_MAX);
    CHECK_SPAN(weft_written(&out), "bytes */18446744073709551615");
}

// S-19: RFC 9110 §14.4
TEST(content_range_is_read)
{
    static const char *const wrong[] = {
        "",
        "bytes",
        "bytes 0-1",
        "bytes 0-1/",
        "bytes 2-1/4",
        "bytes 0-4/4",
        "bytes */*",
        "items 0-1/2",
        "bytes 0/2",
        "bytes -1/2",
        "bytes 0-/2",
        "bytes=0-1/2",
        "bytes 0-1/x",
        "bytes  0-1/2",
    };
    struct weft_http_range range = {7, 7};
    bool has_range;
    bool has_size;
    uint64_t size = 0;
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        struct weft_span value = weft_span_of(wrong[i]);
        CHECK(!weft_http_content_range_parse(value, &range, &has_range, &size, &has_size));
    }
    CHECK_EQ(range.first, 7);

    struct weft_span value = WEFT_SPAN("bytes 1-3/4");
    CHECK(weft_http_content_range_parse(value, &range, &has_range, &size, &has_size));
    CHECK(has_range && has_size && range.first == 1 && range.last == 3 && size == 4);
    value = WEFT_SPAN("bytes 1-3/*");
    CHECK(weft_http_content_range_parse(value, &range, &has_range, &size, &has_size));
    CHECK(has_range && !has_size);
    value = WEFT_SPAN("bytes */9");
    CHECK(weft_http_content_range_parse(value, &range, &has_range, &size, &has_size));
    CHECK(!has_range && has_size && size == 9);
}
