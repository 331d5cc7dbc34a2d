// fuzz/http_target.c: a target that is taken has parts that are valid by themselves.
#include "http/target.h"

#include "counting_alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct test_alloc counter = {0};
    struct weft_alloc alloc = test_allocator(&counter);
    struct weft_arena arena;
    struct weft_http_target target;
    struct weft_http_authority authority;
    enum weft_http_method method = data[size - 1] % (WEFT_HTTP_OTHER_METHOD + 1);

    weft_arena_init(&arena, &alloc, 1U << 20);
    if (weft_http_parse_target(method, (struct weft_span){data, size - 1}, &arena, &target) ==
        WEFT_OK) {
        bool has_authority =
            target.form == WEFT_HTTP_ABSOLUTE_FORM || target.form == WEFT_HTTP_AUTHORITY_FORM;
        assert(has_authority == weft_http_parse_authority(target.authority, &authority));
        assert((method == WEFT_HTTP_CONNECT) == (target.path.size == 0));
        assert(target.path.size == 0 || weft_span_is(target.path, "*") ||
               weft_http_path_is_valid(target.path));
    }
    weft_arena_deinit(&arena);
    assert(counter.live == 0);
    return 0;
}
