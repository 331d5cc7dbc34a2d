// server/compression_test.c
#include "server/compression.h"

#include "check.h"

static const char *set(struct weft_compression *compression, const char *text)
{
    return weft_compression_set_codings(compression, weft_span_of(text));
}

TEST(codings_are_named_or_all_or_none)
{
    struct weft_compression compression = WEFT_COMPRESSION_INIT;
    CHECK(!set(&compression, "off"));
    CHECK_EQ(compression.codings, 0);
    CHECK(!set(&compression, "gzip, br"));
    CHECK_EQ(compression.codings, WEFT_HTTP_GZIP | WEFT_HTTP_BROTLI);
    CHECK(!set(&compression, "on"));
    CHECK_EQ(compression.codings, WEFT_HTTP_GZIP | WEFT_HTTP_BROTLI | WEFT_HTTP_ZSTD);
    static const char *const wrong[] = {"", "yes", "gzip, lz4", "identity", "on, off", ","};
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++)
        CHECK(set(&compression, wrong[i]) != NULL);
    CHECK_EQ(compression.codings, WEFT_HTTP_GZIP | WEFT_HTTP_BROTLI | WEFT_HTTP_ZSTD);
}

TEST(types_are_those_that_gain_or_those_that_are_named)
{
    struct weft_compression compression = WEFT_COMPRESSION_INIT;
    const struct weft_http_mime *html = weft_http_mime_of(WEFT_SPAN("a.html"));
    const struct weft_http_mime *png = weft_http_mime_of(WEFT_SPAN("a.png"));
    const struct weft_http_mime *json = weft_http_mime_of(WEFT_SPAN("a.json"));
    CHECK(weft_compression_codings(&compression, html, 1024) != 0);
    CHECK_EQ(weft_compression_codings(&compression, html, 1023), 0);
    CHECK_EQ(weft_compression_codings(&compression, png, 5000), 0);
    CHECK(!weft_compression_add_types(&compression, WEFT_SPAN("image/*, Application/JSON")));
    CHECK_EQ(weft_compression_codings(&compression, html, 5000), 0);
    CHECK(weft_compression_codings(&compression, png, 5000) != 0);
    CHECK(weft_compression_codings(&compression, json, 5000) != 0);
    CHECK(weft_compression_add_types(&compression, WEFT_SPAN("text")) != NULL);
    CHECK(weft_compression_add_types(&compression, WEFT_SPAN("text/")) != NULL);
    CHECK(weft_compression_add_types(&compression, WEFT_SPAN("")) != NULL);
    CHECK_EQ(compression.type_count, 2);
}
