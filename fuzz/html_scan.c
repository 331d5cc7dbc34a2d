// fuzz/html_scan.c: a page names the same whether it comes whole or byte by byte, and what it names stands in no other order.
#include "page/html_scan.h"

#include "page/css_scan.h"

#include <assert.h>

struct digest {
    uint64_t hash;
    size_t count;
};

static void add(struct digest *digest, struct weft_span text)
{
    for (size_t i = 0; i < text.size; i++)
        digest->hash = (digest->hash ^ text.data[i]) * 0x100000001b3;
    digest->hash = (digest->hash ^ text.size) * 0x100000001b3;
}

// What a sheet names stands in it.
static void scan_css(struct weft_span css)
{
    struct weft_span rest = css;
    struct weft_css_reference reference;
    while (weft_css_scan(&rest, &reference)) {
        assert(reference.url.size > 0 && reference.url.data >= css.data);
        assert(reference.url.data + reference.url.size <= css.data + css.size);
        assert(rest.size == 0 || rest.data + rest.size == css.data + css.size);
    }
}

static void on_found(void *context, const struct weft_html_reference *reference)
{
    struct digest *digest = context;
    digest->count++;
    digest->hash = (digest->hash ^ (uint64_t)reference->kind) * 0x100000001b3;
    add(digest, reference->text);
    if (reference->kind == WEFT_HTML_SHEET) scan_css(reference->text);
}

static struct digest scan(const uint8_t *data, size_t size, size_t step)
{
    struct digest digest = {0};
    struct weft_html_listener listener = {on_found, &digest};
    struct weft_html_scan *it = weft_html_scan_new(&listener);
    struct weft_span rest = {data, size};
    while (it && rest.size > 0) {
        weft_html_scan_feed(it, weft_span_part(rest, 0, step));
        rest = weft_span_skip(rest, step < rest.size ? step : rest.size);
    }
    weft_html_scan_end(it);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct digest whole = scan(data, size, 4096);
    assert(whole.count <= size);
    (void)scan(data, size, 1);
    scan_css((struct weft_span){data, size});
    return 0;
}
