// fuzz/url.c: a URL that is read, written and read again is the same; what it refers to is an absolute URL too.
#include "client/url.h"
#include "net/memory.h"

#include <assert.h>

static void check_same(const struct weft_url *url, struct weft_arena *arena)
{
    char text[WEFT_URL_AUTHORITY_SIZE + 3 * WEFT_URL_SIZE_MOST + 16];
    struct weft_url again;
    weft_url_text(url, text, sizeof(text));
    if (strlen(text) > WEFT_URL_SIZE_MOST) return; // encoding made it longer than one may be
    assert(!weft_url_parse(weft_span_of(text), arena, &again));
    assert(weft_url_same_origin(url, &again) && weft_span_equal(url->path, again.path));
    assert(strcmp(url->authority, again.authority) == 0);
}

static void check_sane(const struct weft_url *url)
{
    assert(url->port != 0 && url->host[0] && url->path.size > 0 && url->path.data[0] == '/');
    for (size_t i = 0; i < url->path.size; i++) {
        assert(url->path.data[i] > ' ' && url->path.data[i] < 0x7f && url->path.data[i] != '#');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weft_arena arena;
    struct weft_url url;
    struct weft_url base;
    struct weft_span text = {data, size};
    weft_arena_init(&arena, weft_heap_alloc(), 1 << 20);
    if (!weft_url_parse(text, &arena, &url)) {
        check_sane(&url);
        check_same(&url, &arena);
    }
    assert(!weft_url_parse(WEFT_SPAN("https://a.example/b/c?d"), &arena, &base));
    if (!weft_url_join(&base, text, &arena, &url)) {
        check_sane(&url);
        check_same(&url, &arena);
    }
    weft_arena_deinit(&arena);
    return 0;
}
