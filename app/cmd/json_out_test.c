// cmd/json_out_test.c
#include "cmd/json_out.h"

#include "check.h"

#include <stdlib.h>

static void check(struct weft_span text, const char *expected)
{
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    CHECK(out != NULL);
    weft_json_text(out, text);
    fclose(out);
    CHECK_SAME(((struct weft_span){(const uint8_t *)written, size}), weft_span_of(expected));
    free(written);
}

TEST(json_texts_are_utf_8_whatever_came)
{
    check(WEFT_SPAN("a \"b\" \\ \n\x7f"), "\"a \\\"b\\\" \\\\ \\u000a\\u007f\"");
    check(WEFT_SPAN("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
          "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
    check(WEFT_SPAN("\xe9"), "\"\\u00e9\"");
    check(WEFT_SPAN("\xc0\xaf\xed\xa0\x80"), "\"\\u00c0\\u00af\\u00ed\\u00a0\\u0080\"");
    check(WEFT_SPAN("\xe2\x82"), "\"\\u00e2\\u0082\"");
}
