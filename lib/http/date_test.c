// http/date_test.c: RFC 9110 §5.6.7.
#include "http/date.h"

#include "check.h"

static const int64_t now = 1780000000; // May 2026

static struct weft_span format(int64_t seconds)
{
    static uint8_t room[WEFT_HTTP_DATE_SIZE];
    weft_http_date_format(seconds, room);
    return (struct weft_span){room, sizeof(room)};
}

TEST(a_date_is_written_as_imf_fixdate)
{
    CHECK_SPAN(format(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK_SPAN(format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK_SPAN(format(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK_SPAN(format(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK_SPAN(format(4107542400), "Mon, 01 Mar 2100 00:00:00 GMT");
    CHECK_SPAN(format(WEFT_HTTP_DATE_FIRST), "Sat, 01 Jan 0000 00:00:00 GMT");
    CHECK_SPAN(format(WEFT_HTTP_DATE_LAST), "Fri, 31 Dec 9999 23:59:59 GMT");
    CHECK_SPAN(format(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    CHECK_SPAN(format(INT64_MIN), "Sat, 01 Jan 0000 00:00:00 GMT");
}

static int64_t parse(const char *text)
{
    int64_t seconds = INT64_MIN;
    return weft_http_date_parse(weft_span_of(text), now, &seconds) ? seconds : INT64_MIN;
}

TEST(all_three_forms_are_read)
{
    CHECK_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    CHECK_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
    CHECK_EQ(parse("Sun Nov  6 08:49:37 1994"), 784111777);
    CHECK_EQ(parse("Wed Nov 16 08:49:37 1994"), 784111777 + 864000);
    CHECK_EQ(parse("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228800); // a leap second
    CHECK_EQ(parse("Wed, 29 Feb 2000 00:00:00 GMT"), 951782400);  // not a Wednesday: borne with
}

TEST(what_is_no_date_is_refused)
{
    static const char *const wrong[] = {
        "",
        "0",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 2100 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sonntag, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 31-Feb-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Xxx Nov  6 08:49:37 1994",
        "Sun Nov  0 08:49:37 1994",
        "Sun Nov  6 08:49:37 94",
    };
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++)
        CHECK_EQ(parse(wrong[i]), INT64_MIN);
}

// S-01: two digits more than 50 years ahead are of the century before.
TEST(a_year_of_two_digits_is_the_nearest_one_not_far_ahead)
{
    CHECK_SPAN(format(parse("Wednesday, 01-Jan-76 00:00:00 GMT")), "Wed, 01 Jan 2076 00:00:00 GMT");
    CHECK_SPAN(format(parse("Saturday, 01-Jan-77 00:00:00 GMT")), "Sat, 01 Jan 1977 00:00:00 GMT");
    CHECK_SPAN(format(parse("Thursday, 01-Jan-26 00:00:00 GMT")), "Thu, 01 Jan 2026 00:00:00 GMT");

    int64_t seconds = 0;
    struct weft_span text = WEFT_SPAN("Saturday, 01-Jan-05 00:00:00 GMT");
    CHECK(weft_http_date_parse(text, 784111777, &seconds)); // seen from 1994
    CHECK_SPAN(format(seconds), "Sat, 01 Jan 2005 00:00:00 GMT");
    CHECK(weft_http_date_parse(text, INT64_MIN, &seconds)); // a clock that is wrong does no harm
    CHECK(weft_http_date_parse(text, INT64_MAX, &seconds));
}

TEST(every_day_of_eight_centuries_comes_back)
{
    for (int64_t day = -200000; day < 100000; day += 1) {
        int64_t seconds = day * 86400 + (day & 0xffff);
        int64_t parsed = 0;
        CHECK(weft_http_date_parse(format(seconds), now, &parsed));
        CHECK_EQ(parsed, seconds);
    }
}
