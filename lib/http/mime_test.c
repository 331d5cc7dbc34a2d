// http/mime_test.c: RFC 9110 §8.3.
#include "http/mime.h"

#include "check.h"

static struct weft_span type_of(const char *name)
{
    return weft_http_mime_of(weft_span_of(name))->type;
}

TEST(the_end_of_a_name_tells_its_type)
{
    CHECK_SPAN(type_of("index.html"), "text/html; charset=utf-8");
    CHECK_SPAN(type_of("/a.b/app.min.js"), "text/javascript; charset=utf-8");
    CHECK_SPAN(type_of("STYLE.CSS"), "text/css; charset=utf-8");
    CHECK_SPAN(type_of("x.json"), "application/json");
    CHECK_SPAN(type_of("x.svg"), "image/svg+xml; charset=utf-8");
    CHECK_SPAN(type_of("x.wasm"), "application/wasm");
    CHECK_SPAN(type_of("x.avif"), "image/avif");
    CHECK_SPAN(type_of("x.woff2"), "font/woff2");
    CHECK_SPAN(type_of("x.mp4"), "video/mp4");
    CHECK_SPAN(type_of("x.3gp"), "video/3gpp");
    CHECK_SPAN(type_of("x.webmanifest"), "application/manifest+json");
    CHECK_SPAN(type_of("x.zst"), "application/zstd");
}

TEST(a_name_without_a_known_end_is_a_stream_of_octets)
{
    static const char *const names[] = {
        "", ".", "html", "a.", "a.html/b", "x.nonsense", "x.averyverylongend", "/", "a.html~"};
    for (size_t i = 0; i < WEFT_COUNT(names); i++)
        CHECK_SPAN(type_of(names[i]), "application/octet-stream");
    CHECK(!weft_http_mime_of((struct weft_span){NULL, 0})->is_compressible);
}

TEST(what_is_compressed_already_is_left_alone)
{
    CHECK(weft_http_mime_of(WEFT_SPAN("a.html"))->is_compressible);
    CHECK(weft_http_mime_of(WEFT_SPAN("a.svg"))->is_compressible);
    CHECK(weft_http_mime_of(WEFT_SPAN("a.ttf"))->is_compressible);
    CHECK(!weft_http_mime_of(WEFT_SPAN("a.png"))->is_compressible);
    CHECK(!weft_http_mime_of(WEFT_SPAN("a.woff2"))->is_compressible);
    CHECK(!weft_http_mime_of(WEFT_SPAN("a.svgz"))->is_compressible);
}
