// wire/json_text_test.c
#include "wire/json_text.h"

#include "check.h"

static struct weft_span written(struct weft_span text)
{
    static uint8_t room[4096];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_write_json_text(&out, text);
    CHECK(!out.failed);
    return weft_written(&out);
}

TEST(utf_8_stays_as_it_is_in_json)
{
    CHECK_SPAN(written(WEFT_SPAN("")), "\"\"");
    CHECK_SPAN(written(WEFT_SPAN("/caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80/")),
               "\"/caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80/\"");
    CHECK_SPAN(written(WEFT_SPAN("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf")),
               "\"\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\"");
}

// RFC 8259 §7; and what a terminal would obey, or a reader take for the end of the line
TEST(quotes_and_what_steers_is_escaped_in_json)
{
    CHECK_SPAN(written(WEFT_SPAN("a \"b\" \\ \n\x1b[2J\x7f")),
               "\"a \\\"b\\\" \\\\ \\u000a\\u001b[2J\\u007f\"");
    CHECK_SPAN(written(WEFT_SPAN("\0")), "\"\\u0000\"");
    CHECK_SPAN(written(WEFT_SPAN("\xc2\x80\xc2\x9b")), "\"\\u0080\\u009b\"");         // CSI
    CHECK_SPAN(written(WEFT_SPAN("\xe2\x80\xa8\xe2\x80\xa9")), "\"\\u2028\\u2029\""); // lines
    CHECK_SPAN(written(WEFT_SPAN("\xe2\x80\xae\xe2\x81\xa6")), "\"\\u202e\\u2066\""); // turns
    CHECK_SPAN(written(WEFT_SPAN("\xd8\x9c\xe2\x80\x8f")), "\"\\u061c\\u200f\"");     // marks
    CHECK_SPAN(written(WEFT_SPAN("\xe2\x80\x90\xe2\x81\xaa")), "\"\xe2\x80\x90\xe2\x81\xaa\"");
}

// Each byte of it on its own, so that what was sent can be told from the line.
TEST(what_is_no_utf_8_is_taken_for_latin_1_in_json)
{
    CHECK_SPAN(written(WEFT_SPAN("\xe9t\xe9")), "\"\\u00e9t\\u00e9\"");
    CHECK_SPAN(written(WEFT_SPAN("\xe2\x82")), "\"\\u00e2\\u0082\""); // cut short
    CHECK_SPAN(written(WEFT_SPAN("\xc0\xaf")), "\"\\u00c0\\u00af\""); // longer than need be
    CHECK_SPAN(written(WEFT_SPAN("\xe0\x9f\xbf")), "\"\\u00e0\\u009f\\u00bf\""); // too
    CHECK_SPAN(written(WEFT_SPAN("\xed\xa0\x80")), "\"\\u00ed\\u00a0\\u0080\""); // a surrogate
    CHECK_SPAN(written(WEFT_SPAN("\xf4\x90\x80\x80")), "\"\\u00f4\\u0090\\u0080\\u0080\"");
    CHECK_SPAN(written(WEFT_SPAN("\xf5\x80\xff")), "\"\\u00f5\\u0080\\u00ff\"");
    CHECK_SPAN(written(WEFT_SPAN("\xc3\xc3\xa9")), "\"\\u00c3\xc3\xa9\"");
}

TEST(pieces_are_runs_or_one_escape)
{
    struct weft_span text = WEFT_SPAN("ab\ncd");
    uint8_t room[WEFT_JSON_ESCAPE_SIZE];
    CHECK_SPAN(weft_json_text_next(&text, room), "ab");
    CHECK_SPAN(weft_json_text_next(&text, room), "\\u000a");
    CHECK_SPAN(weft_json_text_next(&text, room), "cd");
    CHECK_EQ(weft_json_text_next(&text, room).size, 0);
}

TEST(json_that_does_not_fit_fails_its_writer)
{
    uint8_t room[5];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_write_json_text(&out, WEFT_SPAN("abcd"));
    CHECK(out.failed);
}
