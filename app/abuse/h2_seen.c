// abuse/h2_seen.c: what a server says over HTTP/2: answers, resets and the GOAWAY are noted.
#include "abuse/play.h"

#include "http/error_code.h"
#include "net/memory.h"
#include "wire/reader.h"

#include <stdio.h>
#include <stdlib.h>

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY };

enum { ACK = 1, PADDED = 8, WITH_PRIORITY = 0x20, FRAME_HEAD = 9 };

struct weft_abuse_h2_state {
    struct weft_hpack_decoder *decoder;
    uint8_t frame[WEFT_ABUSE_FRAME_SIZE];
    size_t size;
    uint64_t skipped; // bytes to come of a frame that is too large for us
    bool is_lost;     // the field sections cannot be read any more
};

struct weft_abuse_h2_state *weft_abuse_h2_new(void)
{
    struct weft_abuse_h2_state *state = calloc(1, sizeof(*state));
    if (!state) return NULL;
    state->decoder = weft_hpack_decoder_new(weft_heap_alloc(), WEFT_HPACK_DEFAULT_TABLE_SIZE);
    return state;
}

void weft_abuse_h2_free(struct weft_abuse_h2_state *state)
{
    if (!state) return;
    weft_hpack_decoder_free(state->decoder);
    free(state);
}

static void note_status(struct weft_abuse_link *link, struct weft_span value)
{
    struct weft_abuse_seen *seen = &link->play->seen;
    unsigned status = 0;
    for (size_t i = 0; i < value.size && i < 3; i++) {
        status = status * 10 + (unsigned)(value.data[i] - '0');
    }
    if (status >= 100 && status < 200) {
        seen->interims++;
        seen->interim = status;
        return;
    }
    seen->answers++;
    seen->status = status;
    seen->accepted += status >= 200 && status < 400;
    link->answers++;
    link->failures += status >= 400;
}

static void take_headers(struct weft_abuse_link *link, uint8_t flags, struct weft_span payload)
{
    struct weft_abuse_h2_state *state = link->h2;
    struct weft_hpack_field field;
    enum weft_hpack_status status;
    if (flags & (PADDED | WITH_PRIORITY) || state->is_lost || !state->decoder) return;
    weft_hpack_decode_start(state->decoder, payload);
    while ((status = weft_hpack_decode_next(state->decoder, NULL, &field)) == WEFT_HPACK_FIELD) {
        if (weft_span_is(field.field.name, ":status")) note_status(link, field.field.value);
    }
    state->is_lost = status != WEFT_HPACK_END;
}

static void take_goaway(struct weft_abuse_seen *seen, struct weft_span payload)
{
    struct weft_reader in = weft_reader_over(payload);
    (void)weft_read_u32(&in);
    uint32_t code = weft_read_u32(&in);
    struct weft_span text = weft_read_rest(&in);
    if (in.failed) return;
    seen->goaways++;
    seen->goaway_code = code;
    size_t size =
        text.size < sizeof(seen->goaway_text) - 1 ? text.size : sizeof(seen->goaway_text) - 1;
    if (size > 0) memcpy(seen->goaway_text, text.data, size);
    seen->goaway_text[size] = 0;
}

static void take_frame(struct weft_abuse_link *link, struct weft_span payload)
{
    struct weft_abuse_seen *seen = &link->play->seen;
    const uint8_t *head = link->h2->frame;
    struct weft_reader in = weft_reader_over(payload);
    switch (head[3]) {
    case HEADERS: take_headers(link, head[4], payload); break;
    case RST_STREAM:
        seen->resets++;
        seen->reset_code = weft_read_u32(&in);
        link->failures++;
        break;
    case SETTINGS: link->has_settings = true; break;
    case PING: seen->pongs += head[4] & ACK; break;
    case GOAWAY: take_goaway(seen, payload); break;
    default: break;
    }
}

// The bytes of the frame that has begun, its header with it; of that alone until it is whole.
static size_t whole_size(const struct weft_abuse_h2_state *state)
{
    const uint8_t *head = state->frame;
    if (state->size < FRAME_HEAD) return FRAME_HEAD;
    return FRAME_HEAD + ((size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2]);
}

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

void weft_abuse_h2_take(struct weft_abuse_link *link, struct weft_span bytes)
{
    struct weft_abuse_h2_state *state = link->h2;
    while (bytes.size > 0) {
        size_t size = least(state->skipped, bytes.size);
        state->skipped -= size;
        bytes = weft_span_skip(bytes, size);

        size = least(whole_size(state) - state->size, bytes.size);
        if (size > 0) memcpy(state->frame + state->size, bytes.data, size);
        state->size += size;
        bytes = weft_span_skip(bytes, size);

        size_t whole = whole_size(state);
        if (whole >
            sizeof(state->frame)) { // larger than we allow: the server errs, or speaks no HTTP/2
            state->skipped = whole - FRAME_HEAD;
            state->size = 0;
        }
        if (state->size < whole) continue;
        take_frame(link, (struct weft_span){state->frame + FRAME_HEAD, whole - FRAME_HEAD});
        state->size = 0;
    }
}
