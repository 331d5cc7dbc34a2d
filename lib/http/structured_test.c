// http/structured_test.c: RFC 9651. The rows agree with the public structured-field-tests.
#include "http/structured.h"

#include "check.h"

// Writes an item's value again, in its canonical form.
static void write_item(struct weft_writer *out, const struct weft_http_structured_value *raw)
{
    uint8_t room[256];
    struct weft_http_structured_value value = *raw;
    value.text = weft_http_structured_decode(raw, room);
    CHECK(weft_http_structured_write(out, &value));
}

static void write_parameters(struct weft_writer *out, struct weft_span parameters)
{
    struct weft_span key;
    struct weft_http_structured_value value;
    while (weft_http_structured_parameter(&parameters, &key, &value)) {
        weft_write_u8(out, ';');
        weft_write_bytes(out, key);
        weft_write_u8(out, '=');
        write_item(out, &value);
    }
}

static void write_member(struct weft_writer *out, const struct weft_http_structured_item *member)
{
    if (member->value.type != WEFT_HTTP_INNER_LIST) {
        write_item(out, &member->value);
        write_parameters(out, member->parameters);
        return;
    }
    struct weft_http_structured in = weft_http_structured_over(member->value.text);
    struct weft_http_structured_item item;
    weft_write_u8(out, '(');
    for (int i = 0; weft_http_structured_inner_next(&in, &item) == WEFT_HTTP_STRUCTURED_ITEM; i++) {
        if (i > 0) weft_write_u8(out, ' ');
        write_item(out, &item.value);
        write_parameters(out, item.parameters);
    }
    weft_write_u8(out, ')');
    write_parameters(out, member->parameters);
}

typedef enum weft_http_structured_status next_member(struct weft_http_structured *,
                                                     struct weft_http_structured_item *);

// The whole field in its canonical form, or "wrong".
static struct weft_span read_members(const char *text, next_member *next)
{
    static uint8_t room[512];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_http_structured in = weft_http_structured_over(weft_span_of(text));
    struct weft_http_structured_item item;
    enum weft_http_structured_status status;
    while ((status = next(&in, &item)) == WEFT_HTTP_STRUCTURED_ITEM) {
        if (weft_writer_size(&out) > 0) weft_write_u8(&out, ',');
        weft_write_bytes(&out, item.key);
        if (item.key.size > 0) weft_write_u8(&out, '=');
        write_member(&out, &item);
    }
    return status == WEFT_HTTP_STRUCTURED_END ? weft_written(&out) : WEFT_SPAN("wrong");
}

static struct weft_span read_item(const char *text)
{
    static uint8_t room[512];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_http_structured_item item;
    if (!weft_http_structured_item(weft_span_of(text), &item)) return WEFT_SPAN("wrong");
    write_member(&out, &item);
    return weft_written(&out);
}

struct text_row {
    const char *text;
    const char *should;
};

static void check_items(const struct text_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK_SAME(read_item(rows[i].text), weft_span_of(rows[i].should));
}

// OT-05: §4.2.4
TEST(numbers_have_fifteen_digits_or_twelve_and_three)
{
    static const struct text_row rows[] = {
        {"42", "42"},
        {"00", "0"},
        {"-0", "0"},
        {"-042", "-42"},
        {"  1  ", "1"},
        {"999999999999999", "999999999999999"},
        {"-999999999999999", "-999999999999999"},
        {"1000000000000000", "wrong"},
        {"1.5", "1.5"},
        {"1.50", "1.5"},
        {"-1.234", "-1.234"},
        {"-0.5", "-0.5"},
        {"0.010", "0.01"},
        {"7.0", "7.0"},
        {"999999999999.999", "999999999999.999"},
        {"1234567890123.1", "wrong"},
        {"1.2345", "wrong"},
        {"1.", "wrong"},
        {".1", "wrong"},
        {"1..4", "wrong"},
        {"1.5.4", "wrong"},
        {"-", "wrong"},
        {"--1", "wrong"},
        {"-a23", "wrong"},
        {"4-2", "wrong"},
        {"- 42", "wrong"},
        {"+1", "wrong"},
        {"2,3", "wrong"},
        {"", "wrong"},
        {"\t1", "wrong"},
        {"1\t", "wrong"},
    };
    check_items(rows, WEFT_COUNT(rows));
}

// OT-05: §4.2.5, §4.2.6
TEST(strings_and_tokens_are_of_ascii)
{
    static const struct text_row rows[] = {
        {"\"foo bar\"", "\"foo bar\""},
        {"\"\"", "\"\""},
        {"\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""},
        {"\"a\\b\"", "wrong"},
        {"\"a\\", "wrong"},
        {"\"a", "wrong"},
        {"\"a\tb\"", "wrong"},
        {"\"a\x7f\"", "wrong"},
        {"\"\xc3\xbc\"", "wrong"},
        {"'a'", "wrong"},
        {"\"a\" b", "wrong"},
        {"a_b-c.d3:f%00/*", "a_b-c.d3:f%00/*"},
        {"*a", "*a"},
        {"Ab", "Ab"},
        {"a b", "wrong"},
        {"3a", "wrong"},
        {"a\"", "wrong"},
        {"_a", "wrong"},
        {"(a)", "wrong"}, // an inner list is no item
    };
    check_items(rows, WEFT_COUNT(rows));
}

// OT-05: §4.2.7, §4.2.8, §4.2.9
TEST(byte_sequences_booleans_and_dates_have_their_marks)
{
    static const struct text_row rows[] = {
        {":aGVsbG8=:", ":aGVsbG8=:"},
        {"::", "::"},
        {":aGVsbG8:", ":aGVsbG8=:"}, // padding may be missing
        {":iZ==:", ":iQ==:"},        // bits behind the end are dropped
        {":+/Ah:", ":+/Ah:"},
        {":aGVsbG8=", "wrong"},
        {":aGVsb G8=:", "wrong"},
        {":aGVsbG!8=:", "wrong"},
        {":aGVsbG8=a:", "wrong"},
        {":aGVsb:", "wrong"},
        {":=:", "wrong"},
        {":aQ=:", "wrong"},
        {":====:", "wrong"},
        {":_-Ah:", "wrong"},
        {"?1", "?1"},
        {"?0", "?0"},
        {"?2", "wrong"},
        {"?", "wrong"},
        {"?true", "wrong"},
        {"@1659578233", "@1659578233"},
        {"@-1", "@-1"},
        {"@1.0", "wrong"},
        {"@", "wrong"},
        {"@a", "wrong"},
    };
    check_items(rows, WEFT_COUNT(rows));
}

// OT-05: §4.2.10
TEST(display_strings_are_of_utf_8)
{
    static const struct text_row rows[] = {
        {"%\"foo bar\"", "%\"foo bar\""},
        {"%\"\"", "%\"\""},
        {"%\"f%c3%bc\"", "%\"f%c3%bc\""},
        {"%\"%41%25%22 \\\"", "%\"A%25%22 \\\""},
        {"%\"%ef%bb%bf\"", "%\"%ef%bb%bf\""},
        {"%\"%f0%9f%98%80\"", "%\"%f0%9f%98%80\""},
        {"%\"%00\"", "%\"%00\""},
        {"%\"f%C3%BC\"", "wrong"},
        {"%\"\t\"", "wrong"},
        {"%\"\xc3\xbc\"", "wrong"},
        {"%'foo'", "wrong"},
        {"%foo", "wrong"},
        {"%", "wrong"},
        {"%\"foo", "wrong"},
        {"%\"foo %a", "wrong"},
        {"%\"%a\"", "wrong"},
        {"%\"%c3%28\"", "wrong"},
        {"%\"%a0%a1\"", "wrong"},
        {"%\"%e2%28%a1\"", "wrong"},
        {"%\"%f0%28%8c%28\"", "wrong"},
        {"%\"%c3\"", "wrong"},       // cut
        {"%\"%c0%80\"", "wrong"},    // overlong
        {"%\"%e0%80%80\"", "wrong"}, // overlong
        {"%\"%f0%80%80%80\"", "wrong"},
        {"%\"%ed%a0%80\"", "wrong"},    // a surrogate
        {"%\"%f4%90%80%80\"", "wrong"}, // above U+10FFFF
        {"%\"%ff\"", "wrong"},
    };
    check_items(rows, WEFT_COUNT(rows));
}

// OT-05: §4.2.3.2
TEST(parameters_follow_an_item)
{
    static const struct text_row rows[] = {
        {"a;b=1;  c;d=\"x;y\"", "a;b=1;c=?1;d=\"x;y\""},
        {"1;a=?0", "1;a=?0"},
        {"a;", "wrong"},
        {"a;B=1", "wrong"},
        {"a ;b", "wrong"},
        {"a;b =1", "wrong"},
        {"a;b= 1", "wrong"},
        {"a;b=", "wrong"},
        {"a;\tb", "wrong"},
        {"a;b=(1)", "wrong"},
    };
    check_items(rows, WEFT_COUNT(rows));
}

// OT-05: §4.2.1
TEST(a_list_has_items_and_inner_lists)
{
    static const struct text_row rows[] = {
        {"", ""},
        {"   ", ""},
        {"1, 42", "1,42"},
        {" 1\t, \t 42  ", "1,42"},
        {"a;x=1,b;y", "a;x=1,b;y=?1"},
        {"(1 2), (42 43)", "(1 2),(42 43)"},
        {"()", "()"},
        {"(  )", "()"},
        {"( 1  42  );a", "(1 42);a=?1"},
        {"(\"a\";x \"b\";y=2);z, t", "(\"a\";x=?1 \"b\";y=2);z=?1,t"},
        {"1, 42,", "wrong"},
        {"1,,42", "wrong"},
        {",", "wrong"},
        {"1 2", "wrong"},
        {"1\t", "wrong"},
        {"\t1", "wrong"},
        {"(1 42", "wrong"},
        {"(1\t42)", "wrong"},
        {"(1,2)", "wrong"},
        {"(1(2))", "wrong"},
        {"(\"a\"\"b\")", "wrong"},
        {"1)", "wrong"},
        {"(1))", "wrong"},
        {"(1);", "wrong"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK_SAME(read_members(rows[i].text, weft_http_structured_list_next),
                   weft_span_of(rows[i].should));
    }
}

// OT-05: §4.2.2
TEST(a_dictionary_has_keys)
{
    static const struct text_row rows[] = {
        {"", ""},
        {"a=1,b=2", "a=1,b=2"},
        {"a=1 ,  b=2", "a=1,b=2"},
        {"a", "a=?1"},
        {"a;x=1, b=?0", "a=?1;x=1,b=?0"},
        {"*a_b-c.d*=(1 2);q=1.0", "*a_b-c.d*=(1 2);q=1.0"},
        {"en=\"Applepie\", da=:w4ZibGV0w6ZydGU=:", "en=\"Applepie\",da=:w4ZibGV0w6ZydGU=:"},
        {"a=1, b=2,", "wrong"},
        {"a=1,,b=2", "wrong"},
        {"a =1", "wrong"},
        {"a= 1", "wrong"},
        {"A=1", "wrong"},
        {"1=1", "wrong"},
        {"=1", "wrong"},
        {"a=", "wrong"},
        {"a=,b", "wrong"},
        {"a=1 b=2", "wrong"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK_SAME(read_members(rows[i].text, weft_http_structured_dictionary_next),
                   weft_span_of(rows[i].should));
    }
}

// OT-05: §4.2.2: the last of several counts, and one fault spoils the whole.
TEST(a_member_is_found_in_a_dictionary)
{
    struct weft_http_structured_item item;
    struct weft_span key = WEFT_SPAN("a");
    CHECK_EQ(weft_http_structured_find(WEFT_SPAN("a=1, b, a=2;x"), key, &item),
             WEFT_HTTP_STRUCTURED_ITEM);
    CHECK_EQ(item.value.number, 2);
    CHECK_EQ(weft_http_structured_find(WEFT_SPAN("b=1"), key, &item), WEFT_HTTP_STRUCTURED_END);
    CHECK_EQ(weft_http_structured_find(WEFT_SPAN("a=1, b="), key, &item),
             WEFT_HTTP_STRUCTURED_WRONG);
}

TEST(an_inner_list_is_checked_when_it_is_read_by_itself)
{
    struct weft_http_structured in = weft_http_structured_over(WEFT_SPAN("1\"a\""));
    struct weft_http_structured_item item;
    CHECK_EQ(weft_http_structured_inner_next(&in, &item), WEFT_HTTP_STRUCTURED_ITEM);
    CHECK_EQ(weft_http_structured_inner_next(&in, &item), WEFT_HTTP_STRUCTURED_WRONG);
}

static bool writes(enum weft_http_structured_type type, int64_t number, struct weft_span text)
{
    uint8_t room[64];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_http_structured_value value = {.type = type, .number = number, .text = text};
    return weft_http_structured_write(&out, &value);
}

// §4.1
TEST(what_does_not_fit_its_type_is_not_written)
{
    struct weft_span none = {NULL, 0};
    CHECK(!writes(WEFT_HTTP_INTEGER, 1000000000000000, none));
    CHECK(!writes(WEFT_HTTP_INTEGER, INT64_MIN, none));
    CHECK(!writes(WEFT_HTTP_DECIMAL, 1000000000000000, none));
    CHECK(!writes(WEFT_HTTP_DATE, -1000000000000000, none));
    CHECK(!writes(WEFT_HTTP_STRING, 0, WEFT_SPAN("a\n")));
    CHECK(!writes(WEFT_HTTP_STRING, 0, WEFT_SPAN("\xc3\xbc")));
    CHECK(!writes(WEFT_HTTP_TOKEN, 0, WEFT_SPAN("")));
    CHECK(!writes(WEFT_HTTP_TOKEN, 0, WEFT_SPAN("1a")));
    CHECK(!writes(WEFT_HTTP_TOKEN, 0, WEFT_SPAN("a;b")));
    CHECK(!writes(WEFT_HTTP_TOKEN, 0, WEFT_SPAN(" a")));
    CHECK(!writes(WEFT_HTTP_DISPLAY_STRING, 0, WEFT_SPAN("\xff")));
    CHECK(!writes(WEFT_HTTP_INNER_LIST, 0, WEFT_SPAN("1")));
    CHECK(writes(WEFT_HTTP_BYTE_SEQUENCE, 0, none));

    uint8_t room[3];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_http_structured_value value = {.type = WEFT_HTTP_DISPLAY_STRING,
                                               .text = WEFT_SPAN("abc")};
    CHECK(!weft_http_structured_write(&out, &value)); // no room
}

// §3.1.2
TEST(a_key_begins_with_a_small_letter_or_a_star)
{
    CHECK(weft_http_structured_key_is_valid(WEFT_SPAN("a")));
    CHECK(weft_http_structured_key_is_valid(WEFT_SPAN("*a-b_c.d*9")));
    CHECK(!weft_http_structured_key_is_valid(WEFT_SPAN("")));
    CHECK(!weft_http_structured_key_is_valid(WEFT_SPAN("1a")));
    CHECK(!weft_http_structured_key_is_valid(WEFT_SPAN("A")));
    CHECK(!weft_http_structured_key_is_valid(WEFT_SPAN("a b")));
}
