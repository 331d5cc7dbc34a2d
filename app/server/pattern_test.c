// server/pattern_test.c
#include "server/pattern.h"

#include "check.h"

TEST(a_pattern_is_a_path_with_at_most_one_star)
{
    static const struct {
        const char *pattern;
        const char *path;
        const char *rest; // NULL: it does not match
    } rows[] = {
        {"/a", "/a", ""},        {"/a", "/ab", NULL},       {"/a", "/", NULL},
        {"/*", "/", ""},         {"/*", "/a/b", "a/b"},     {"/a/*", "/a/", ""},
        {"/a/*", "/a", NULL},    {"/*.css", "/x.css", "x"}, {"/*.css", "/a/b.css", "a/b"},
        {"/*.css", "/.css", ""}, {"/*.css", "/css", NULL},  {"/a*a", "/a", NULL},
        {"/a*a", "/aa", ""},     {"/a*a", "/aba", "b"},     {"/*", "", NULL},
        {"/x/*/y", "/x//y", ""}, {"/x/*/y", "/x/y", NULL},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_pattern pattern;
        struct weft_span rest;
        CHECK(weft_pattern_parse(rows[i].pattern, &pattern) == NULL);
        CHECK_EQ(weft_pattern_matches(&pattern, weft_span_of(rows[i].path), &rest),
                 rows[i].rest != NULL);
        if (rows[i].rest) CHECK_SAME(rest, weft_span_of(rows[i].rest));
    }
}

TEST(what_no_path_can_be_is_no_pattern)
{
    static const char *const rows[] = {"", "a", "*", "/*/*", "/a?b", "/a#b", "//a", "/a//"};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_pattern pattern;
        CHECK(weft_pattern_parse(rows[i], &pattern) != NULL);
    }
}
