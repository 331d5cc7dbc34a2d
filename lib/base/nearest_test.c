// base/nearest_test.c
#include "base/nearest.h"

#include "check.h"

TEST(the_nearest_word_is_suggested_where_it_is_near)
{
    static const char *const names[] = {"listen", "listing", "cert", "threads", "access-log", NULL};
    static const struct {
        const char *word;
        const char *nearest;
    } rows[] = {
        {"lisetn", "listen"},
        {"listn", "listen"},
        {"thread", "threads"},
        {"crt", "cert"},
        {"log", NULL},
        {"verbose", NULL},
        {"acces-log", "access-log"},
        {"", NULL},
        {"xyz", NULL},
        {"lis", "listen"},
        {"a-word-that-is-longer-than-any-option-could-be", NULL},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        const char *nearest = weft_nearest(rows[i].word, names);
        CHECK_SAME(weft_span_of(nearest ? nearest : ""),
                   weft_span_of(rows[i].nearest ? rows[i].nearest : ""));
    }
}
