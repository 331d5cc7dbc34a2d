// fuzz/h2_client.c: frames from a server, whole and in pieces, keep the engine's contract and mean the same, also to an engine
// that remembers nothing of the answers before.
#include "h2_story.h"

static struct h2_story story;

static uint32_t run_on(struct weft_span bytes, size_t piece, bool has_preface)
{
    if (has_preface) h2_story_feed(&story, WEFT_SPAN("\0\0\0\4\0\0\0\0\0"), SIZE_MAX);
    h2_story_feed(&story, bytes, piece);
    return h2_story_end(&story);
}

static uint32_t run(struct weft_span bytes, size_t piece, bool has_preface)
{
    h2_story_begin(&story, WEFT_HTTP_CLIENT, false);
    return run_on(bytes, piece, has_preface);
}

// What is remembered takes memory, and saves some: there is enough for both.
static void compare_with_fresh(struct weft_span bytes, bool has_preface)
{
    static uint64_t memory[512];
    struct weft_trace trace;
    weft_trace_init(&trace, memory, sizeof(memory));
    h2_story_begin_within(&story, WEFT_HTTP_CLIENT, false, STORY_AMPLE_BUDGET, NULL);
    uint32_t known = run_on(bytes, SIZE_MAX, has_preface);
    h2_story_begin_within(&story, WEFT_HTTP_CLIENT, false, STORY_AMPLE_BUDGET, &trace);
    uint32_t fresh = run_on(bytes, SIZE_MAX, has_preface);
    assert(known == fresh);
}

// The first byte chooses: have SETTINGS come, how large are the pieces?
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct weft_span bytes = {data + 1, size - 1};
    bool has_preface = (data[0] & 1) == 0;
    size_t piece = (data[0] >> 2) + 1U;

    uint32_t whole = run(bytes, SIZE_MAX, has_preface);
    uint32_t split = run(bytes, piece, has_preface);
    assert(whole == split);
    compare_with_fresh(bytes, has_preface);
    return 0;
}
