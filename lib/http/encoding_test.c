// http/encoding_test.c: RFC 9110 §12.
#include "http/encoding.h"

#include "check.h"

enum { ALL = WEFT_HTTP_IDENTITY | WEFT_HTTP_GZIP | WEFT_HTTP_BROTLI | WEFT_HTTP_ZSTD };

static enum weft_http_coding choose(const char *accept, unsigned available)
{
    struct weft_http_field field = WEFT_HTTP_FIELD(ACCEPT_ENCODING, weft_span_of(accept));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.fields = &field;
    head.field_count = 1;
    return weft_http_choose_coding(&head, available);
}

// S-08: RFC 9110 §12.5.3
TEST(the_coding_with_the_highest_weight_is_chosen)
{
    CHECK_EQ(choose("gzip, deflate, br, zstd", ALL), WEFT_HTTP_BROTLI);
    CHECK_EQ(choose("gzip, deflate, br, zstd", WEFT_HTTP_GZIP | WEFT_HTTP_ZSTD), WEFT_HTTP_ZSTD);
    CHECK_EQ(choose("gzip;q=1.0, br;q=0.5", ALL), WEFT_HTTP_GZIP);
    CHECK_EQ(choose("GZIP", ALL), WEFT_HTTP_GZIP);
    CHECK_EQ(choose("x-gzip", ALL), WEFT_HTTP_GZIP);
    CHECK_EQ(choose("*", WEFT_HTTP_GZIP), WEFT_HTTP_GZIP);
    CHECK_EQ(choose("br;q=0, *", WEFT_HTTP_BROTLI | WEFT_HTTP_GZIP), WEFT_HTTP_GZIP);
    CHECK_EQ(choose("gzip;q=0.5, identity", ALL), WEFT_HTTP_IDENTITY);
    CHECK_EQ(choose("gzip;q=0.001", ALL), WEFT_HTTP_GZIP);
}

// S-08: RFC 9110 §12.5.3
TEST(where_nothing_is_acceptable_it_is_identity)
{
    CHECK_EQ(choose("", ALL), WEFT_HTTP_IDENTITY);
    CHECK_EQ(choose("gzip;q=0", ALL), WEFT_HTTP_IDENTITY);
    CHECK_EQ(choose("deflate", ALL), WEFT_HTTP_IDENTITY);
    CHECK_EQ(choose("*;q=0", ALL), WEFT_HTTP_IDENTITY);
    CHECK_EQ(choose("identity;q=0", ALL), WEFT_HTTP_IDENTITY);
    CHECK_EQ(choose("gzip;q=2", ALL), WEFT_HTTP_IDENTITY);
    CHECK_EQ(choose("gzip", WEFT_HTTP_BROTLI), WEFT_HTTP_IDENTITY);

    struct weft_http_head none = WEFT_HTTP_HEAD_INIT;
    CHECK_EQ(weft_http_choose_coding(&none, ALL), WEFT_HTTP_IDENTITY);
}

TEST(the_field_may_stand_on_several_lines)
{
    const struct weft_http_field fields[] = {
        WEFT_HTTP_FIELD(ACCEPT_ENCODING, WEFT_SPAN("gzip")),
        WEFT_HTTP_FIELD(VARY, WEFT_SPAN("zstd")),
        WEFT_HTTP_FIELD(ACCEPT_ENCODING, WEFT_SPAN("br")),
    };
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.fields = fields;
    head.field_count = 3;
    CHECK_EQ(weft_http_choose_coding(&head, ALL), WEFT_HTTP_BROTLI);
}

TEST(codings_have_names)
{
    CHECK_SPAN(weft_http_coding_text(WEFT_HTTP_ZSTD), "zstd");
    CHECK_EQ(weft_http_coding_text(0).size, 0);
    CHECK_EQ(weft_http_coding_lookup(WEFT_SPAN("Br")), WEFT_HTTP_BROTLI);
    CHECK_EQ(weft_http_coding_lookup(WEFT_SPAN("deflate")), 0);
}

// RFC 9110 §12.4.2
TEST(a_weight_has_three_digits_behind_the_point_at_most)
{
    static const struct {
        const char *text;
        int weight;
    } rows[] = {
        {"0", 0},       {"1", 1000},     {"0.", 0},     {"1.", 1000},   {"0.5", 500}, {"0.05", 50},
        {"0.123", 123}, {"1.000", 1000}, {"1.001", -1}, {"0.1234", -1}, {"2", -1},    {"", -1},
        {".5", -1},     {"0,5", -1},     {"-0", -1},    {"0.x", -1},    {"01", -1},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        unsigned weight = 7;
        bool is_weight = weft_http_parse_weight(weft_span_of(rows[i].text), &weight);
        CHECK_EQ(is_weight ? (int)weight : -1, rows[i].weight);
    }
}

// RFC 9110 §12.5.1
TEST(the_most_specific_media_range_decides)
{
    struct weft_span accept =
        WEFT_SPAN("text/*;q=0.3, text/html;level=2;q=0.7, */*;q=0.5, a/b;q=x");
    CHECK_EQ(weft_http_accept_weight(accept, WEFT_SPAN("text/html")), 700);
    CHECK_EQ(weft_http_accept_weight(accept, WEFT_SPAN("TEXT/plain")), 300);
    CHECK_EQ(weft_http_accept_weight(accept, WEFT_SPAN("image/png")), 500);
    CHECK_EQ(weft_http_accept_weight(accept, WEFT_SPAN("a/b")), 0);
    CHECK_EQ(weft_http_accept_weight(WEFT_SPAN("image/webp"), WEFT_SPAN("image/png")), 0);
    CHECK_EQ(weft_http_accept_weight(WEFT_SPAN("image/webp"), WEFT_SPAN("image/webp")), 1000);
    CHECK_EQ(weft_http_accept_weight(WEFT_SPAN(" "), WEFT_SPAN("image/png")), 1000);
    CHECK_EQ(weft_http_accept_weight(WEFT_SPAN("text/*"), WEFT_SPAN("textile/x")), 0);
}

// RFC 9110 §12.5.2, §12.5.4
TEST(a_named_one_goes_before_the_star)
{
    struct weft_span list = WEFT_SPAN("de;q=0.8, *;q=0.1, EN, fr; q=0 ; q");
    CHECK_EQ(weft_http_name_weight(list, WEFT_SPAN("de")), 800);
    CHECK_EQ(weft_http_name_weight(list, WEFT_SPAN("en")), 1000);
    CHECK_EQ(weft_http_name_weight(list, WEFT_SPAN("fr")), 0);
    CHECK_EQ(weft_http_name_weight(list, WEFT_SPAN("it")), 100);
    CHECK_EQ(weft_http_name_weight(WEFT_SPAN("de"), WEFT_SPAN("it")), 0);
    CHECK_EQ(weft_http_name_weight(WEFT_SPAN(""), WEFT_SPAN("it")), 1000);
}
