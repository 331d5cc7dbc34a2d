// page/html_scan_test.c
#include "page/html_scan.h"

#include "check.h"
#include "wire/writer.h"

// A letter for the kind, marks for what is said of it, the URL.
static void put_found(void *context, const struct weft_html_reference *it)
{
    static const char letters[] = "SJMFIXTB#";
    struct weft_writer *out = context;
    weft_write_u8(out, (uint8_t)letters[it->kind]);
    if (it->is_preload) weft_write_u8(out, 'p');
    if (it->is_late) weft_write_u8(out, 'l');
    if (it->is_lazy) weft_write_u8(out, 'z');
    if (it->is_low) weft_write_u8(out, '-');
    if (it->is_high) weft_write_u8(out, '+');
    if (it->is_choice) weft_write_u8(out, '?');
    if (it->cors == WEFT_HTML_CORS_ANONYMOUS) weft_write_u8(out, 'a');
    if (it->cors == WEFT_HTML_CORS_CREDENTIALS) weft_write_u8(out, 'c');
    weft_write_u8(out, ':');
    weft_write_bytes(out, it->text);
    weft_write_u8(out, ' ');
}

// In pieces of `size` bytes, as they come from a network.
static struct weft_span scan_in(const char *html, size_t size)
{
    static uint8_t room[1024];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_html_listener listener = {put_found, &out};
    struct weft_html_scan *scan = weft_html_scan_new(&listener);
    CHECK(scan != NULL);
    struct weft_span rest = weft_span_of(html);
    while (rest.size > 0) {
        weft_html_scan_feed(scan, weft_span_part(rest, 0, size));
        rest = weft_span_skip(rest, size);
    }
    weft_html_scan_end(scan);
    return weft_written(&out);
}

#define CHECK_SCAN(html, expected)                   \
    do {                                             \
        CHECK_SPAN(scan_in((html), 4096), expected); \
        CHECK_SPAN(scan_in((html), 1), expected);    \
    } while (0)

TEST(elements_name_what_they_fetch_in_the_order_of_the_document)
{
    CHECK_SCAN(
        "<!doctype html><LINK REL='x StyleSheet' HREF=a.css><script src=b.js></script>"
        "<img src=c.png><script type=module src=d.js></script><script async src=e.js></script>",
        "S:a.css J:b.js I:c.png Ml:d.js Jl:e.js ");
    CHECK_SCAN(
        "<link rel=preload as=font href=f.woff2 crossorigin><link rel=modulepreload href=m.js>"
        "<link rel=preload as=fetch href=d.json crossorigin=use-credentials>"
        "<link rel=preload as=image href=i.png fetchpriority=high>",
        "Fpa:f.woff2 Mpl:m.js Xpc:d.json Ip+:i.png ");
    CHECK_SCAN("<base href=/x/><p>text<img src=a.png loading=lazy><picture><source srcset=s.png>"
               "<img src=b.png></picture><img src=c.png srcset='d.png 2x' fetchpriority=low>",
               "B:/x/ Iz:a.png I?:b.png I-?:c.png ");
}

TEST(what_a_browser_would_not_fetch_is_left_out)
{
    CHECK_SCAN(
        "<noscript><link rel=stylesheet href=a.css></noscript><template><img src=b></template>"
        "<link rel='alternate stylesheet' href=c.css><link rel=stylesheet media=print href=d.css>"
        "<link rel=stylesheet disabled href=e.css><script nomodule src=f.js></script>"
        "<script type=text/template src=g.js></script><link rel=icon href=h.ico>"
        "<link rel=preload as=style media=print href=i.css><link rel=stylesheet>"
        "<!-- <img src=j> --><img alt=k>",
        "");
}

TEST(the_text_of_a_style_is_told_whole)
{
    CHECK_SCAN("<style>@import 'a.css';</style><style></style><style>p > q { }",
               "#:@import 'a.css'; #:p > q { } ");
}

TEST(what_is_no_html_names_nothing)
{
    CHECK_SCAN("", "");
    CHECK_SCAN("<", "");
    CHECK_SCAN("\xff\xfe\x01<img", "");
    CHECK_SCAN("{\"a\": \"img src=x\"}", "");
}
