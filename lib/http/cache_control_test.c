// http/cache_control_test.c: RFC 9111 §5.2.2
#include "http/cache_control.h"

#include "check.h"

static struct weft_http_cache_control of(const char *text)
{
    return weft_http_cache_control_parse(weft_span_of(text));
}

// §5.2.2
TEST(directives_are_found_in_any_case_and_order)
{
    struct weft_http_cache_control control = of("Public, x=\"no-store, y\", No-Cache, max-age=60");
    CHECK(!control.no_store);
    CHECK(control.no_cache);
    CHECK(!control.is_private);
    CHECK_EQ(control.max_age, 60);
    CHECK(of("private,NO-STORE").is_private);
    CHECK(of("private,NO-STORE").no_store);
    CHECK(of("no-cache=\"set-cookie\"").no_cache);
}

// §4.2.1: the first counts, and what is no number is stale; §5.2: quotes are understood
TEST(max_age_is_a_number_of_seconds)
{
    CHECK_EQ(of("").max_age, -1);
    CHECK_EQ(of("max-age=5, max-age=9").max_age, 5);
    CHECK_EQ(of("max-age=\"7\"").max_age, 7);
    CHECK_EQ(of("max-age=x").max_age, 0);
    CHECK_EQ(of("max-age").max_age, 0);
    CHECK_EQ(of("max-age=99999999999").max_age, INT32_MAX);
}

// §4.2: fresh for some time, so that it can be used without asking again
TEST(what_may_be_kept_and_what_may_be_used_again)
{
    struct weft_http_cache_control control = of("max-age=1");
    CHECK(weft_http_cache_control_is_fresh(&control) &&
          weft_http_cache_control_may_store(&control));
    control = of("no-cache");
    CHECK(!weft_http_cache_control_is_fresh(&control) &&
          weft_http_cache_control_may_store(&control));
    control = of("max-age=0");
    CHECK(!weft_http_cache_control_is_fresh(&control));
    control = of("no-store, max-age=60");
    CHECK(!weft_http_cache_control_is_fresh(&control) &&
          !weft_http_cache_control_may_store(&control));
    control = of("");
    CHECK(weft_http_cache_control_is_fresh(&control));
}
