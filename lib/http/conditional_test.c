// http/conditional_test.c: RFC 9110 §13.
#include "http/conditional.h"

#include "check.h"

#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define SAME   "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"

enum { CHANGED_AT = 784111777 };

static const struct weft_http_validators strong = {WEFT_SPAN_INIT("\"v1\""), CHANGED_AT,
                                                   CHANGED_AT + 60, true};
static const struct weft_http_validators weak = {WEFT_SPAN_INIT("W/\"v1\""), CHANGED_AT, CHANGED_AT,
                                                 true};
static const struct weft_http_validators missing = {.last_modified = WEFT_HTTP_NO_DATE,
                                                    .date = WEFT_HTTP_NO_DATE};

struct wish {
    enum weft_http_field_name id;
    const char *value;
};

#define IF_MATCH            WEFT_HTTP_FIELD_IF_MATCH
#define IF_NONE_MATCH       WEFT_HTTP_FIELD_IF_NONE_MATCH
#define IF_MODIFIED_SINCE   WEFT_HTTP_FIELD_IF_MODIFIED_SINCE
#define IF_UNMODIFIED_SINCE WEFT_HTTP_FIELD_IF_UNMODIFIED_SINCE
#define IF_RANGE            WEFT_HTTP_FIELD_IF_RANGE
#define RANGE               WEFT_HTTP_FIELD_RANGE

// The outcome, plus 100 where Range is to be looked at.
static int ask(const struct weft_http_validators *validators, enum weft_http_method method,
               const struct wish *wishes)
{
    struct weft_http_field fields[4];
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = (uint8_t)method;
    head.fields = fields;
    for (; wishes[head.field_count].value; head.field_count++) {
        fields[head.field_count] = (struct weft_http_field){
            .name = weft_http_field_text(wishes[head.field_count].id),
            .value = weft_span_of(wishes[head.field_count].value),
            .id = (uint8_t)wishes[head.field_count].id,
        };
    }
    bool uses_range = false;
    int outcome = (int)weft_http_evaluate_conditions(&head, validators, CHANGED_AT, &uses_range);

    bool uses_range_too =
        false; // what the head lacks is known now, as in those that an engine gives
    head.lacks = weft_http_fields_lack(head.fields, head.field_count);
    CHECK_EQ(weft_http_evaluate_conditions(&head, validators, CHANGED_AT, &uses_range_too),
             outcome);
    CHECK_EQ(uses_range_too, uses_range);
    return outcome + (uses_range ? 100 : 0);
}

#define CHECK_ASK(should, validators, method, ...)                                   \
    CHECK_EQ(ask(&(validators), WEFT_HTTP_##method,                                  \
                 (const struct wish[]){__VA_ARGS__, {WEFT_HTTP_OTHER_FIELD, NULL}}), \
             should)
#define GO    WEFT_HTTP_PROCEED
#define SAME_ WEFT_HTTP_NOT_MODIFIED
#define FAIL  WEFT_HTTP_FAILED_CONDITION
#define PART  (WEFT_HTTP_PROCEED + 100)

// S-10: RFC 9110 §13.1.1
TEST(if_match_compares_strongly_and_fails_with_412)
{
    CHECK_ASK(GO, strong, PUT, {IF_MATCH, "\"v1\""});
    CHECK_ASK(GO, strong, PUT, {IF_MATCH, "\"v0\", \"v1\""});
    CHECK_ASK(GO, strong, PUT, {IF_MATCH, "\"v0\""}, {IF_MATCH, "\"v1\""});
    CHECK_ASK(GO, strong, PUT, {IF_MATCH, "*"});
    CHECK_ASK(FAIL, strong, PUT, {IF_MATCH, "\"v0\""});
    CHECK_ASK(FAIL, strong, GET, {IF_MATCH, "\"v0\""});
    CHECK_ASK(FAIL, strong, PUT, {IF_MATCH, "W/\"v1\""});
    CHECK_ASK(FAIL, weak, PUT, {IF_MATCH, "W/\"v1\""});
    CHECK_ASK(FAIL, missing, PUT, {IF_MATCH, "*"});
    CHECK_ASK(FAIL, missing, PUT, {IF_MATCH, "\"\""});
    CHECK_ASK(FAIL, strong, PUT, {IF_MATCH, "v1"});
}

// S-10: RFC 9110 §13.1.2
TEST(if_none_match_compares_weakly_and_gives_304_or_412)
{
    CHECK_ASK(SAME_, strong, GET, {IF_NONE_MATCH, "\"v1\""});
    CHECK_ASK(SAME_, strong, HEAD, {IF_NONE_MATCH, "\"x\" , W/\"v1\""});
    CHECK_ASK(SAME_, weak, GET, {IF_NONE_MATCH, "\"v1\""});
    CHECK_ASK(SAME_, strong, GET, {IF_NONE_MATCH, "*"});
    CHECK_ASK(FAIL, strong, PUT, {IF_NONE_MATCH, "\"v1\""});
    CHECK_ASK(FAIL, strong, PUT, {IF_NONE_MATCH, "*"});
    CHECK_ASK(GO, missing, PUT, {IF_NONE_MATCH, "*"});
    CHECK_ASK(GO, strong, GET, {IF_NONE_MATCH, "\"v2\""});
    CHECK_ASK(GO, strong, GET, {IF_NONE_MATCH, "\"V1\""});
    CHECK_ASK(GO, strong, GET, {IF_NONE_MATCH, "\"v1"});
}

// S-10: RFC 9110 §13.1.3
TEST(if_modified_since_is_for_get_and_head_without_if_none_match)
{
    CHECK_ASK(SAME_, strong, GET, {IF_MODIFIED_SINCE, SAME});
    CHECK_ASK(SAME_, strong, HEAD, {IF_MODIFIED_SINCE, AFTER});
    CHECK_ASK(GO, strong, GET, {IF_MODIFIED_SINCE, BEFORE});
    CHECK_ASK(GO, strong, POST, {IF_MODIFIED_SINCE, AFTER});
    CHECK_ASK(GO, strong, GET, {IF_MODIFIED_SINCE, "yesterday"});
    CHECK_ASK(GO, strong, GET, {IF_MODIFIED_SINCE, AFTER}, {IF_MODIFIED_SINCE, AFTER});
    CHECK_ASK(GO, strong, GET, {IF_MODIFIED_SINCE, AFTER}, {IF_NONE_MATCH, "\"v2\""});
    CHECK_ASK(GO, missing, GET, {IF_MODIFIED_SINCE, AFTER});
}

// S-10: RFC 9110 §13.1.4
TEST(if_unmodified_since_gives_412_where_it_has_changed)
{
    CHECK_ASK(GO, strong, PUT, {IF_UNMODIFIED_SINCE, SAME});
    CHECK_ASK(FAIL, strong, PUT, {IF_UNMODIFIED_SINCE, BEFORE});
    CHECK_ASK(GO, strong, PUT, {IF_UNMODIFIED_SINCE, "yesterday"});
    CHECK_ASK(GO, strong, PUT, {IF_UNMODIFIED_SINCE, BEFORE}, {IF_MATCH, "\"v1\""});
}

// S-10: RFC 9110 §13.1.5, §8.8.2.2
TEST(a_range_is_used_where_if_range_holds)
{
    CHECK_ASK(PART, strong, GET, {RANGE, "bytes=0-"});
    CHECK_ASK(GO, strong, HEAD, {RANGE, "bytes=0-"});
    CHECK_ASK(GO, strong, POST, {RANGE, "bytes=0-"});
    CHECK_ASK(PART, strong, GET, {RANGE, "bytes=0-"}, {IF_RANGE, "\"v1\""});
    CHECK_ASK(GO, strong, GET, {RANGE, "bytes=0-"}, {IF_RANGE, "\"v2\""});
    CHECK_ASK(GO, strong, GET, {RANGE, "bytes=0-"}, {IF_RANGE, "W/\"v1\""});
    CHECK_ASK(GO, weak, GET, {RANGE, "bytes=0-"}, {IF_RANGE, "W/\"v1\""});
    CHECK_ASK(PART, strong, GET, {RANGE, "bytes=0-"}, {IF_RANGE, SAME});
    CHECK_ASK(GO, strong, GET, {RANGE, "bytes=0-"}, {IF_RANGE, AFTER}); // exactly, not later
    CHECK_ASK(GO, weak, GET, {RANGE, "bytes=0-"}, {IF_RANGE, SAME});    // changed in this second
    CHECK_ASK(GO, strong, GET, {RANGE, "bytes=0-"}, {IF_RANGE, "soon"});
    CHECK_ASK(GO, strong, GET, {IF_RANGE, "\"v1\""});
}

// S-11: RFC 9110 §13.2.2
TEST(conditions_are_asked_in_the_order_of_the_rfc)
{
    CHECK_ASK(FAIL, strong, GET, {IF_NONE_MATCH, "\"v1\""}, {IF_MATCH, "\"v2\""});
    CHECK_ASK(SAME_, strong, GET, {IF_NONE_MATCH, "\"v1\""}, {IF_MATCH, "\"v1\""});
    CHECK_ASK(FAIL, strong, GET, {IF_MODIFIED_SINCE, AFTER}, {IF_UNMODIFIED_SINCE, BEFORE});
    CHECK_ASK(SAME_, strong, GET, {IF_NONE_MATCH, "\"v1\""}, {RANGE, "bytes=0-"});
    CHECK_ASK(GO, strong, GET, {WEFT_HTTP_FIELD_ACCEPT, "*/*"});
}

// RFC 9110 §8.8.3
TEST(an_entity_tag_keeps_its_grammar)
{
    CHECK(weft_http_etag_is_valid(WEFT_SPAN("\"\"")));
    CHECK(weft_http_etag_is_valid(WEFT_SPAN("W/\"a,b\\\x80\"")));
    CHECK(!weft_http_etag_is_valid(WEFT_SPAN("")));
    CHECK(!weft_http_etag_is_valid(WEFT_SPAN("W/")));
    CHECK(!weft_http_etag_is_valid(WEFT_SPAN("w/\"a\"")));
    CHECK(!weft_http_etag_is_valid(WEFT_SPAN("\"a b\"")));
    CHECK(!weft_http_etag_is_valid(WEFT_SPAN("\"a\"b")));
    CHECK(!weft_http_etag_is_valid(WEFT_SPAN("\"a")));
    CHECK(!weft_http_etag_equal_weak(WEFT_SPAN(""), WEFT_SPAN("")));
}

TEST(a_list_of_entity_tags_is_read_to_its_end_or_its_fault)
{
    struct weft_span list = WEFT_SPAN(" , \"a,b\",,W/\"c\"\t, \"d\" \"e\"");
    struct weft_span etag;
    CHECK(weft_http_etag_next(&list, &etag));
    CHECK_SPAN(etag, "\"a,b\"");
    CHECK(weft_http_etag_next(&list, &etag));
    CHECK_SPAN(etag, "W/\"c\"");
    CHECK(!weft_http_etag_next(&list, &etag));
}
