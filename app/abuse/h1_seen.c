// abuse/h1_seen.c: what a server answers over HTTP/1: heads are counted, content is passed over.
#include "abuse/play.h"

#include <stdlib.h>

enum {
    HEAD_MOST = 16384,
    ENDLESS = -1, // content of unknown length: nothing behind it is told apart
};

struct weft_abuse_h1_state {
    uint8_t head[HEAD_MOST + 1];
    size_t size;
    int64_t content; // bytes of content to come
};

struct weft_abuse_h1_state *weft_abuse_h1_new(void)
{
    return calloc(1, sizeof(struct weft_abuse_h1_state));
}

// The value of a field in a head, as text that ends with the line; NULL where it is not there.
static const char *find_field(const char *head, const char *name)
{
    size_t size = strlen(name);
    for (const char *line = strchr(head, '\n'); line; line = strchr(line + 1, '\n')) {
        struct weft_span there = {(const uint8_t *)line + 1, strnlen(line + 1, size)};
        if (weft_span_equal_ignoring_case(there, weft_span_of(name)) && line[1 + size] == ':')
            return line + 2 + size;
    }
    return NULL;
}

static void take_head(struct weft_abuse_link *link, const char *head)
{
    struct weft_abuse_seen *seen = &link->play->seen;
    struct weft_abuse_h1_state *state = link->h1;
    const char *blank = strchr(head, ' ');
    unsigned status =
        strncmp(head, "HTTP/1.", 7) == 0 && blank ? (unsigned)strtoul(blank, NULL, 10) : 0;
    if (status >= 100 && status < 200) {
        seen->interims++;
        seen->interim = status;
        return;
    }
    seen->answers++;
    seen->status = status;
    seen->accepted += status >= 200 && status < 400;
    link->answers++;
    link->failures += status == 0 || status >= 400;
    const char *length = find_field(head, "content-length");
    state->content = length ? strtoll(length, NULL, 10) : ENDLESS;
    if (status == 204 || status == 304 || link->asks_heads) state->content = 0;
}

void weft_abuse_h1_take(struct weft_abuse_link *link, struct weft_span bytes)
{
    struct weft_abuse_h1_state *state = link->h1;
    while (bytes.size > 0 && state->content != ENDLESS) {
        if (state->content > 0) {
            size_t skipped = bytes.size;
            if ((uint64_t)state->content < skipped) skipped = (size_t)state->content;
            state->content -= (int64_t)skipped;
            bytes = weft_span_skip(bytes, skipped);
            continue;
        }
        if (state->size == HEAD_MOST) {
            state->content = ENDLESS;
            return;
        }
        state->head[state->size++] = bytes.data[0] ? bytes.data[0] : '?';
        bytes = weft_span_skip(bytes, 1);
        if (state->size < 4 || memcmp(state->head + state->size - 4, "\r\n\r\n", 4) != 0) continue;
        state->head[state->size] = 0;
        state->size = 0;
        take_head(link, (const char *)state->head);
    }
}
