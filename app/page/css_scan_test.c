// page/css_scan_test.c
#include "page/css_scan.h"

#include "check.h"
#include "wire/writer.h"

static struct weft_span scan(const char *text)
{
    static uint8_t room[256];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_span rest = weft_span_of(text);
    struct weft_css_reference reference;
    while (weft_css_scan(&rest, &reference)) {
        weft_write_u8(&out, (uint8_t) "IFU"[reference.kind]);
        weft_write_bytes(&out, reference.url);
        weft_write_u8(&out, ' ');
    }
    return weft_written(&out);
}

TEST(imports_are_found_as_strings_and_urls)
{
    CHECK_SPAN(scan("@import 'a.css';@IMPORT\n\"b.css\" screen; @import url(c.css);"
                    "@import/**/url( 'd.css' );@import url( e.css ) print;"),
               "Ia.css Ib.css Ic.css Id.css Ie.css ");
}

TEST(what_stands_in_comments_and_strings_is_not_meant)
{
    CHECK_SPAN(
        scan("/* @import 'a.css'; */ p { content: \"@import 'b.css'\" } q::after{content:'\\''}"
             "@import 'c.css';"),
        "Ic.css ");
    CHECK_SPAN(scan("p { content: 'url(a.png)'; width: myurl(b.png) } /* url(c.png) */"), "");
    CHECK_SPAN(scan("/* no end"), "");
    CHECK_SPAN(scan("\"no end"), "");
    CHECK_SPAN(scan("@import"), "");
    CHECK_SPAN(scan("@import url("), "");
}

TEST(other_urls_are_images)
{
    CHECK_SPAN(scan("p{background:url(a.png)}q{mask:URL( 'b.svg' ),url(\"c.svg\")}@import 'd.css';"
                    "r{background:url()}s{x:url(e.png"),
               "Ua.png Ub.svg Uc.svg Id.css Ue.png ");
}

TEST(of_a_font_face_the_woff2_is_taken_or_else_the_first)
{
    CHECK_SPAN(scan("@font-face { font-family: 'x}y'; src: local(A), url(a.eot?#x), "
                    "url('a.woff2?v=1') format('woff2'), url(a.woff) format('woff') }"
                    "@font-face{src:url(b.woff),url(b.ttf)}"
                    "@font-face{src:local('C')} @font-face{src:url(d.woff2"),
               "Fa.woff2?v=1 Fb.woff Fd.woff2 ");
}
