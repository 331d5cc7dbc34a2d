// http/field_test.c
#include "http/field.h"

#include "check.h"

TEST(every_known_name_is_found_and_has_its_text)
{
    for (int id = 1; id < WEFT_HTTP_FIELD_NAME_COUNT; id++) {
        struct weft_span text = weft_http_field_text((enum weft_http_field_name)id);
        CHECK(text.size > 1);
        CHECK_EQ(weft_http_field_lookup(text), id);
    }
    CHECK_SPAN(weft_http_field_text(WEFT_HTTP_FIELD_SEC_FETCH_MODE), "sec-fetch-mode");
}

TEST(a_known_name_with_one_byte_changed_is_another_field)
{
    for (int id = 1; id < WEFT_HTTP_FIELD_NAME_COUNT; id++) {
        struct weft_span text = weft_http_field_text((enum weft_http_field_name)id);
        for (size_t at = 0; at < text.size; at++) {
            uint8_t changed[64];
            memcpy(changed, text.data, text.size);
            changed[at] ^= 0x20; // also an upper-case letter is another byte
            struct weft_span name = {changed, text.size};
            CHECK_EQ(weft_http_field_lookup(name), WEFT_HTTP_OTHER_FIELD);
        }
        CHECK(weft_http_field_lookup(weft_span_part(text, 0, text.size - 1)) != (unsigned)id);
    }
}

TEST(names_of_no_or_one_byte_are_unknown)
{
    CHECK_EQ(weft_http_field_lookup((struct weft_span){NULL, 0}), WEFT_HTTP_OTHER_FIELD);
    CHECK_EQ(weft_http_field_lookup(WEFT_SPAN("x")), WEFT_HTTP_OTHER_FIELD);
    CHECK_EQ(weft_http_field_text(WEFT_HTTP_OTHER_FIELD).size, 0);
    CHECK_EQ(weft_http_field_text(WEFT_HTTP_FIELD_NAME_COUNT).size, 0);
}

TEST(find_gives_the_first_of_several)
{
    const struct weft_http_field fields[] = {
        WEFT_HTTP_FIELD(DATE, WEFT_SPAN("now")),
        WEFT_HTTP_FIELD(VARY, WEFT_SPAN("accept")),
        WEFT_HTTP_FIELD(VARY, WEFT_SPAN("origin")),
    };

    CHECK(weft_http_field_find(fields, 3, WEFT_HTTP_FIELD_VARY) == &fields[1]);
    CHECK(weft_http_field_find(fields, 1, WEFT_HTTP_FIELD_VARY) == NULL);
    CHECK(weft_http_field_find(NULL, 0, WEFT_HTTP_FIELD_VARY) == NULL);
}

TEST(fields_lack_every_name_but_theirs)
{
    const struct weft_http_field fields[] = {WEFT_HTTP_FIELD(RANGE, WEFT_SPAN("bytes=0-1")),
                                             WEFT_HTTP_FIELD(ACCEPT, WEFT_SPAN("*/*"))};
    uint64_t lacking = weft_http_fields_lack(fields, WEFT_COUNT(fields));

    for (unsigned id = 1; id < WEFT_HTTP_FIELD_NAME_COUNT; id++) {
        bool shares =
            id % 64 == WEFT_HTTP_FIELD_RANGE % 64 || id % 64 == WEFT_HTTP_FIELD_ACCEPT % 64;
        CHECK_EQ((lacking >> id % 64 & 1) != 0, !shares);
    }
    CHECK_EQ(weft_http_fields_lack(NULL, 0), UINT64_MAX);
}
