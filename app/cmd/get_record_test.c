// cmd/get_record_test.c
#include "cmd/get_record.h"

#include "check.h"

TEST(a_version_is_told_as_it_is_written)
{
    static const struct {
        unsigned version;
        const char *text;
    } rows[] = {{WEFT_HTTP_1_0, "1.0"}, {WEFT_HTTP_1_1, "1.1"}, {WEFT_HTTP_2, "2"}, {0, "0"}};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK_SAME(weft_span_of(weft_get_version_text(rows[i].version)),
                   weft_span_of(rows[i].text));
    }
}
