// http/status_test.c: RFC 9110 §15.
#include "http/status.h"

#include "check.h"

TEST(registered_codes_have_their_phrase)
{
    CHECK_SPAN(weft_http_status_phrase(100), "Continue");
    CHECK_SPAN(weft_http_status_phrase(103), "Early Hints");
    CHECK_SPAN(weft_http_status_phrase(200), "OK");
    CHECK_SPAN(weft_http_status_phrase(413), "Content Too Large");
    CHECK_SPAN(weft_http_status_phrase(421), "Misdirected Request");
    CHECK_SPAN(weft_http_status_phrase(425), "Too Early");
    CHECK_SPAN(weft_http_status_phrase(431), "Request Header Fields Too Large");
    CHECK_SPAN(weft_http_status_phrase(511), "Network Authentication Required");
    CHECK_EQ(weft_http_status_phrase(299).size, 0);
    CHECK_EQ(weft_http_status_phrase(0).size, 0);
    CHECK_EQ(weft_http_status_phrase(99999).size, 0);
}

// The search needs the rows in order: whoever adds one in the wrong place finds out here.
TEST(every_row_of_the_registry_is_found)
{
    int found = 0;
    for (unsigned status = 0; status < 1000; status++)
        found += weft_http_status_phrase(status).size > 0;
    CHECK_EQ(found, 60);
}

// RFC 9110 §15.1
TEST(some_codes_may_be_kept_without_word_of_it)
{
    static const unsigned cacheable[] = {200, 203, 204, 206, 300, 301,
                                         308, 404, 405, 410, 414, 501};
    int count = 0;
    for (size_t i = 0; i < WEFT_COUNT(cacheable); i++)
        CHECK(weft_http_status_is_cacheable(cacheable[i]));
    for (unsigned status = 0; status < 1000; status++)
        count += weft_http_status_is_cacheable(status);
    CHECK_EQ(count, WEFT_COUNT(cacheable));
}

// RFC 9110 §6.4.1
TEST(interim_204_and_304_have_no_content)
{
    for (unsigned status = 100; status < 600; status++) {
        bool is_bare = status < 200 || status == 204 || status == 304;
        CHECK_EQ(weft_http_status_allows_content(status), !is_bare);
        CHECK_EQ(weft_http_status_is_informational(status), status < 200);
    }
}
