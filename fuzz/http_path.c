// fuzz/http_path.c: no decoded path leads out of the root, holds a NUL, or grows.
#include "http/target.h"

#include <assert.h>
#include <stdlib.h>

static void check_path(struct weft_span path)
{
    assert(path.size > 0 && path.data[0] == '/');
    assert(memchr(path.data, 0, path.size) == NULL);
    assert(memchr(path.data, '\\', path.size) == NULL);
    for (struct weft_span rest = weft_span_skip(path, 1); rest.size > 0;) {
        size_t size = weft_span_find(rest, '/');
        struct weft_span segment = weft_span_part(rest, 0, size);
        assert(segment.size > 0 && !weft_span_is(segment, ".") && !weft_span_is(segment, ".."));
        rest = weft_span_skip(rest, size + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weft_http_path path;
    uint8_t *room = malloc(size + 1); // as large as what came: the sanitizer sees a byte too many
    if (weft_http_path_decode((struct weft_span){data, size}, room, size, &path) == 0) {
        assert(path.path.size <= size);
        check_path(path.path);
    }
    free(room);
    return 0;
}
