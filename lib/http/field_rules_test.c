// http/field_rules_test.c: RFC 9110 §5.
#include "http/field_rules.h"

#include "http/head.h"

#include "check.h"

// RFC 9110 §5.6.2
TEST(a_token_is_of_tchars)
{
    for (int byte = 0; byte < 256; byte++) {
        uint8_t text[] = {'a', (uint8_t)byte};
        bool is_alnum = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z');
        bool should = is_alnum || (byte != 0 && byte < 128 && strchr("!#$%&'*+-.^_`|~", byte));
        CHECK_EQ(weft_http_is_token((struct weft_span){text, 2}), should);
    }
    CHECK(!weft_http_is_token((struct weft_span){NULL, 0}));
}

// Tries all controls and some other bytes at one place of a value of `size` bytes.
static void check_value(size_t size, size_t at)
{
    uint8_t text[40];
    memset(text, 'a', sizeof(text));
    for (int byte = 0; byte < 256; byte += byte < 32 ? 1 : 37) {
        text[at] = (uint8_t)byte;
        bool should = byte != 0 && byte != '\r' && byte != '\n';
        CHECK_EQ(weft_http_field_value_is_valid((struct weft_span){text, size}), should);
    }
}

// S-16: RFC 9110 §5.5
TEST(a_value_holds_no_cr_lf_or_nul_wherever_they_stand)
{
    for (size_t size = 1; size <= 40; size++) {
        for (size_t at = 0; at < size; at++)
            check_value(size, at);
    }
    CHECK(weft_http_field_value_is_valid((struct weft_span){NULL, 0}));
    CHECK(weft_http_field_value_is_trimmed((struct weft_span){NULL, 0}));
    CHECK(weft_http_field_value_is_valid(WEFT_SPAN(" a ")));
    CHECK(!weft_http_field_value_is_trimmed(WEFT_SPAN(" a")));
    CHECK(!weft_http_field_value_is_trimmed(WEFT_SPAN("a\t")));
}

// RFC 9113 §8.2.2
TEST(five_fields_speak_of_the_connection)
{
    int count = 0;
    for (int id = 0; id < WEFT_HTTP_FIELD_NAME_COUNT; id++) {
        enum weft_http_field_name name = (enum weft_http_field_name)id;
        bool is_one = weft_http_field_is_connection_specific(name);
        count += is_one;
        if (is_one) CHECK(!weft_http_field_may_trail(name));
    }
    CHECK_EQ(count, 5);
    CHECK(weft_http_te_is_trailers(WEFT_SPAN("Trailers")));
    CHECK(!weft_http_te_is_trailers(WEFT_SPAN("trailers;q=1")));
}

// S-17: RFC 9110 §6.5.1
TEST(trailers_do_not_frame_route_or_authenticate)
{
    CHECK(weft_http_field_may_trail(WEFT_HTTP_OTHER_FIELD));
    CHECK(weft_http_field_may_trail(WEFT_HTTP_FIELD_ETAG));
    CHECK(!weft_http_field_may_trail(WEFT_HTTP_FIELD_CONTENT_LENGTH));
    CHECK(!weft_http_field_may_trail(WEFT_HTTP_FIELD_TRANSFER_ENCODING));
    CHECK(!weft_http_field_may_trail(WEFT_HTTP_FIELD_HOST));
    CHECK(!weft_http_field_may_trail(WEFT_HTTP_FIELD_AUTHORIZATION));
    CHECK(!weft_http_field_may_trail(WEFT_HTTP_FIELD_CONTENT_TYPE));
    CHECK(!weft_http_field_may_trail(WEFT_HTTP_FIELD_SET_COOKIE));
}

static void check_list(const char *text, const char *const *should)
{
    struct weft_span list = weft_span_of(text);
    struct weft_span element;
    while (weft_http_list_next(&list, &element)) {
        CHECK(*should != NULL);
        CHECK_SAME(element, weft_span_of(*should++));
    }
    CHECK(*should == NULL);
    CHECK_EQ(list.size, 0);
}

#define CHECK_LIST(text, ...) check_list(text, (const char *const[]){__VA_ARGS__})

// RFC 9110 §5.6.1
TEST(commas_part_a_list_but_not_inside_of_quotes)
{
    CHECK_LIST("", NULL);
    CHECK_LIST(" ,\t, ", NULL);
    CHECK_LIST("a", "a", NULL);
    CHECK_LIST("a , b,,c ,", "a", "b", "c", NULL);
    CHECK_LIST("a=\"x, y\", b", "a=\"x, y\"", "b", NULL);
    CHECK_LIST("a=\"x\\\", y\", b", "a=\"x\\\", y\"", "b", NULL);
    CHECK_LIST("a, \"open, b", "a", "\"open, b", NULL);
    CHECK_LIST("\"\\", "\"\\", NULL);
}

// RFC 9110 §5.6.6
TEST(parameters_are_read_with_tokens_and_quoted_strings)
{
    struct weft_span rest = WEFT_SPAN(" ; ;a=b;C=\"x\\\"; y\" ;d;; e=\"\" ;");
    struct weft_http_parameter parameter;
    uint8_t room[16];

    CHECK_EQ(weft_http_parameter_next(&rest, &parameter), WEFT_HTTP_PARAMETER);
    CHECK_SPAN(parameter.name, "a");
    CHECK_SPAN(parameter.value, "b");
    CHECK(!parameter.is_quoted);
    CHECK_EQ(weft_http_parameter_next(&rest, &parameter), WEFT_HTTP_PARAMETER);
    CHECK_SPAN(parameter.name, "C");
    CHECK_SPAN(parameter.value, "x\\\"; y");
    CHECK(parameter.is_quoted);
    CHECK_SPAN(weft_http_unquote(parameter.value, room), "x\"; y");
    CHECK_EQ(weft_http_parameter_next(&rest, &parameter), WEFT_HTTP_PARAMETER);
    CHECK_SPAN(parameter.name, "d");
    CHECK_EQ(parameter.value.size, 0);
    CHECK_EQ(weft_http_parameter_next(&rest, &parameter), WEFT_HTTP_PARAMETER);
    CHECK_SPAN(parameter.name, "e");
    CHECK_EQ(parameter.value.size, 0);
    CHECK(parameter.is_quoted);
    CHECK_EQ(weft_http_parameter_next(&rest, &parameter), WEFT_HTTP_PARAMETER_END);
}

TEST(a_parameter_that_breaks_the_grammar_is_wrong)
{
    static const char *const wrong[] = {"a=b",    ";=b",        ";a=",   ";a= b",   ";a=\"",
                                        ";a=\"b", ";a=\"b\\\"", ";a =b", ";\"a\"=b"};
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        struct weft_span rest = weft_span_of(wrong[i]);
        struct weft_http_parameter parameter;
        enum weft_http_parameter_status status;
        while ((status = weft_http_parameter_next(&rest, &parameter)) == WEFT_HTTP_PARAMETER) {
        }
        CHECK_EQ(status, WEFT_HTTP_PARAMETER_WRONG);
    }
}

// S-21: RFC 9110 §8.6
TEST(equal_content_lengths_are_one)
{
    int64_t length = WEFT_HTTP_LENGTH_UNKNOWN;
    CHECK(!weft_http_content_length_add(WEFT_SPAN("1, 2"), &length));
    CHECK_EQ(length, WEFT_HTTP_LENGTH_UNKNOWN);
    CHECK(weft_http_content_length_add(WEFT_SPAN("5, 5"), &length));
    CHECK(weft_http_content_length_add(WEFT_SPAN("05"), &length));
    CHECK(!weft_http_content_length_add(WEFT_SPAN("6"), &length));
    CHECK_EQ(length, 5);
}
