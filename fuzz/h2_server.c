// fuzz/h2_server.c: frames from a client, whole and in pieces, keep the engine's contract and mean the same.
#include "h2_story.h"

static uint32_t run(struct weft_span bytes, size_t piece, bool has_preface, bool answers)
{
    static struct h2_story story;
    h2_story_begin(&story, WEFT_HTTP_SERVER, answers);
    struct weft_span preface = WEFT_SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                         "\0\0\0\4\0\0\0\0\0"
                                         "\0\0\0\4\1\0\0\0\0");
    if (has_preface) h2_story_feed(&story, preface, SIZE_MAX);
    h2_story_feed(&story, bytes, piece);
    return h2_story_end(&story);
}

// The first byte chooses: is the preface there, are requests answered, how large are the pieces?
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct weft_span bytes = {data + 1, size - 1};
    bool has_preface = (data[0] & 1) == 0;
    bool answers = data[0] & 2;
    size_t piece = (data[0] >> 2) + 1U;

    uint32_t whole = run(bytes, SIZE_MAX, has_preface, answers);
    uint32_t split = run(bytes, piece, has_preface, answers);
    assert(answers || whole == split); // answers change what later frames mean
    return 0;
}
