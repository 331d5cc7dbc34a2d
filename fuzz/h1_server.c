// fuzz/h1_server.c: requests mean the same whole, byte by byte and when they come again, and the events keep their contract.
#include "h1_story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct story whole;
    static struct story split;
    story_run(&whole, WEFT_HTTP_SERVER, (struct weft_span){data, size}, SIZE_MAX);
    story_run(&split, WEFT_HTTP_SERVER, (struct weft_span){data, size}, 1);
    story_compare(&whole, &split);
    story_compare_repeated(WEFT_HTTP_SERVER, (struct weft_span){data, size});
    return 0;
}
