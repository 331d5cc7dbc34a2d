// http/link_test.c: RFC 8288 §3
#include "http/link.h"

#include "check.h"

// All links of a value as "target|parameters" joined by spaces; " !" at the end where it breaks the grammar.
static struct weft_span read_links(const char *text)
{
    static uint8_t room[512];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_span rest = weft_span_of(text);
    struct weft_http_link link;
    enum weft_http_link_status status;
    while ((status = weft_http_link_next(&rest, &link)) == WEFT_HTTP_LINK) {
        if (weft_writer_size(&out) > 0) weft_write_u8(&out, ' ');
        weft_write_bytes(&out, link.target);
        weft_write_u8(&out, '|');
        weft_write_bytes(&out, link.parameters);
    }
    if (status == WEFT_HTTP_LINK_WRONG) weft_write_bytes(&out, WEFT_SPAN("!"));
    return weft_written(&out);
}

static struct weft_http_link first_link(const char *text)
{
    struct weft_span rest = weft_span_of(text);
    struct weft_http_link link = {0};
    CHECK_EQ(weft_http_link_next(&rest, &link), WEFT_HTTP_LINK);
    return link;
}

// §3, §3.5
TEST(links_are_parted_by_commas_outside_of_targets_and_quotes)
{
    CHECK_SPAN(read_links(""), "");
    CHECK_SPAN(read_links(" ,, "), "");
    CHECK_SPAN(read_links("</a.css>;rel=preload"), "/a.css|;rel=preload");
    CHECK_SPAN(read_links("</a,b;c>;rel=x , ,<d>"), "/a,b;c|;rel=x  d|");
    CHECK_SPAN(read_links("<>; title=\"a, <b>; \\\"c\""), "|; title=\"a, <b>; \\\"c\"");
    CHECK_SPAN(read_links("<a>;;; ,<b>;"), "a|;;;  b|;");
}

// §3, Appendix B.2: nothing is guessed behind what breaks the grammar.
TEST(what_is_no_link_ends_the_reading)
{
    static const char *const rows[] = {"a",           "<a",       "<a b>",     "<a<b>",
                                       "<a>x",        "<a>;=b",   "<a>;b=",    "<a>;b=\"c",
                                       "<a>;b=\"c\\", "<a>; b c", "<a>;b=c d", "<a\x7f>"};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++)
        CHECK_SPAN(read_links(rows[i]), "!");
    CHECK_SPAN(read_links("<a>, b"), "a|!");
}

// §3.4; RFC 9110 §5.6.3: bad white space is taken out.
TEST(parameters_are_found_in_any_case_and_the_first_counts)
{
    struct weft_http_link link = first_link("<a>; NoPush; AS = style ;as=script; title=\"x\\\"y\"");
    struct weft_http_parameter parameter;

    CHECK(weft_http_link_parameter(&link, WEFT_SPAN("as"), &parameter));
    CHECK_SPAN(parameter.value, "style");
    CHECK(weft_http_link_parameter(&link, WEFT_SPAN("nopush"), &parameter));
    CHECK_EQ(parameter.value.size, 0);
    CHECK(weft_http_link_parameter(&link, WEFT_SPAN("title"), &parameter));
    CHECK(parameter.is_quoted);
    CHECK(!weft_http_link_parameter(&link, WEFT_SPAN("type"), &parameter));
}

// §3.3
TEST(rel_holds_relation_types_parted_by_spaces)
{
    struct weft_http_link link = first_link("<a>; rel=\"next  PreLoad\"; rel=prefetch");

    CHECK(weft_http_link_has_relation(&link, WEFT_SPAN("preload")));
    CHECK(weft_http_link_has_relation(&link, WEFT_SPAN("next")));
    CHECK(!weft_http_link_has_relation(&link, WEFT_SPAN("prefetch")));
    CHECK(!weft_http_link_has_relation(&link, WEFT_SPAN("load")));
    link = first_link("<a>; as=preload");
    CHECK(!weft_http_link_has_relation(&link, WEFT_SPAN("preload")));
}

TEST(a_link_is_written_with_quotes_where_a_value_is_no_token)
{
    uint8_t room[128];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_http_link_attribute attributes[] = {
        {WEFT_SPAN("rel"), WEFT_SPAN("preload")},
        {WEFT_SPAN("type"), WEFT_SPAN("font/woff2")},
        {WEFT_SPAN("title"), WEFT_SPAN("a \"b\"")},
        {WEFT_SPAN("crossorigin"), {0}},
    };
    CHECK(weft_http_link_write(&out, WEFT_SPAN("/f.woff2"), attributes, 4));
    CHECK_SPAN(weft_written(&out), "</f.woff2>; rel=preload; type=\"font/woff2\"; "
                                   "title=\"a \\\"b\\\"\"; crossorigin");
}

TEST(what_would_break_the_field_is_not_written)
{
    uint8_t room[16];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_http_link_attribute bad_value = {WEFT_SPAN("a"), WEFT_SPAN("b\r\nc: d")};
    struct weft_http_link_attribute bad_name = {WEFT_SPAN("a b"), WEFT_SPAN("c")};
    CHECK(!weft_http_link_write(&out, WEFT_SPAN("a>b"), NULL, 0));
    CHECK(!weft_http_link_write(&out, WEFT_SPAN("a\r\nb"), NULL, 0));
    CHECK(!weft_http_link_write(&out, WEFT_SPAN(""), NULL, 0));
    CHECK(!weft_http_link_write(&out, WEFT_SPAN("a"), &bad_value, 1));
    CHECK(!weft_http_link_write(&out, WEFT_SPAN("a"), &bad_name, 1));
    CHECK(!weft_http_link_write(&out, WEFT_SPAN("longer/than/the/room"), NULL, 0));
    CHECK_EQ(weft_writer_size(&out), 0);
    CHECK(weft_http_link_write(&out, WEFT_SPAN("/fits"), NULL, 0));
}
