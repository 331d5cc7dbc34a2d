// server/coded_body.c
#include "server/coded_body.h"

#include <errno.h>
#include <stdlib.h>

enum {
    PIECE = 32768,      // read at once from a file
    SLICE = 128 * 1024, // of content, for one turn: a millisecond or so
};

struct coded {
    struct weft_coding_ledger *ledger;
    size_t *client_held;
    struct weft_encoder *encoder; // made for the first turn
    enum weft_http_coding coding;
    enum weft_encoder_wish wish;
    struct weft_body plain;
    uint64_t size;
    bool has_read_all;
    struct weft_span in; // read and not yet coded
    uint8_t *piece;      // where it was read to; NULL where the content lies in memory
    size_t stash_at;     // what was coded where the room was too small for it
    size_t stash_size;
    uint8_t stash[WEFT_ENCODER_ROOM_LEAST];
};

bool weft_coding_has_room(struct weft_coding_ledger *ledger, enum weft_http_coding coding)
{
    size_t held = ledger->client_held ? *ledger->client_held : 0;
    if (ledger->count >= ledger->limits->encoders) {
        WEFT_HTTP_COUNT(ledger->counters, encoders);
        return false;
    }
    if (held + weft_encoder_fast_memory(coding) > ledger->limits->encoder_memory) {
        WEFT_HTTP_COUNT(ledger->counters, encoder_memory);
        return false;
    }
    return true;
}

// Reads the next piece; 0 or a negative errno.
static int read_more(struct coded *coded)
{
    if (weft_body_in_memory(&coded->plain, &coded->in)) {
        coded->has_read_all = true;
        return 0;
    }
    if (!coded->piece) coded->piece = malloc(PIECE);
    if (!coded->piece) return -ENOMEM;
    ssize_t got = weft_body_read(&coded->plain, coded->piece, PIECE, &coded->has_read_all);
    if (got < 0) return (int)got;
    coded->in = (struct weft_span){coded->piece, (size_t)got};
    return 0;
}

static struct weft_encoder_step step(struct coded *coded, uint8_t *room, size_t size)
{
    // what is flushed is what was taken; brotli takes nothing more until it is out
    struct weft_span in =
        coded->wish == WEFT_ENCODER_FLUSH ? (struct weft_span){NULL, 0} : coded->in;
    struct weft_encoder_step step = weft_encoder_step(coded->encoder, in, coded->wish, room, size);
    coded->in = weft_span_skip(coded->in, step.taken);
    return step;
}

// What to ask of the encoder next: a slice that gave nothing is flushed, since no turn may pass without a byte.
static enum weft_encoder_wish next_wish(const struct coded *coded, size_t taken)
{
    if (coded->wish != WEFT_ENCODER_GO_ON) return coded->wish;
    if (coded->has_read_all && coded->in.size <= WEFT_ENCODER_IN_MOST) return WEFT_ENCODER_END;
    return taken >= SLICE ? WEFT_ENCODER_FLUSH : WEFT_ENCODER_GO_ON;
}

// Fills the room, or as much of it as a slice gives.
static ssize_t code(struct coded *coded, uint8_t *room, size_t size, bool *ends)
{
    size_t made = 0;
    size_t taken = 0;
    while (made < size && !*ends && (taken < SLICE || made == 0)) {
        bool needs_more = coded->in.size == 0 && !coded->has_read_all;
        int error = needs_more ? read_more(coded) : 0;
        if (error < 0) return error;
        coded->wish = next_wish(coded, taken);
        struct weft_encoder_step done = step(coded, room + made, size - made);
        if (done.has_failed) return -EIO;
        made += done.made;
        taken += done.taken;
        if (!done.is_done) continue;
        *ends = coded->wish == WEFT_ENCODER_END;
        if (coded->wish == WEFT_ENCODER_FLUSH) coded->wish = WEFT_ENCODER_GO_ON;
    }
    return (ssize_t)made;
}

static size_t take_stash(struct coded *coded, uint8_t *room, size_t size)
{
    size_t left = coded->stash_size - coded->stash_at;
    if (size > left) size = left;
    if (size > 0) memcpy(room, coded->stash + coded->stash_at, size);
    coded->stash_at += size;
    return size;
}

static ssize_t read_coded(struct weft_body *body, uint8_t *room, size_t size, bool *ends)
{
    struct coded *coded = body->owned;
    bool is_over = false;
    if (!coded->encoder) {
        coded->encoder = weft_encoder_new(coded->coding, WEFT_ENCODER_FAST, coded->size);
        if (!coded->encoder) return -ENOMEM;
    }
    if (coded->stash_at < coded->stash_size) {
        size_t taken = take_stash(coded, room, size);
        *ends = body->at == body->end && coded->stash_at == coded->stash_size;
        return (ssize_t)taken;
    }
    if (size >= WEFT_ENCODER_ROOM_LEAST) {
        ssize_t made = code(coded, room, size, &is_over);
        if (is_over) body->at = body->end;
        *ends = is_over;
        return made;
    }
    ssize_t made = code(coded, coded->stash, sizeof(coded->stash), &is_over);
    if (made < 0) return made;
    if (is_over) body->at = body->end;
    coded->stash_at = 0;
    coded->stash_size = (size_t)made;
    size_t taken = take_stash(coded, room, size);
    *ends = is_over && coded->stash_at == coded->stash_size;
    return (ssize_t)taken;
}

static void close_coded(struct weft_body *body)
{
    struct coded *coded = body->owned;
    coded->ledger->count--;
    if (coded->client_held) *coded->client_held -= weft_encoder_fast_memory(coded->coding);
    weft_body_close(&coded->plain);
    weft_encoder_free(coded->encoder);
    free(coded->piece);
    free(coded);
}

static const struct weft_body_kind coded_kind = {read_coded, close_coded};

struct weft_body weft_body_coded(struct weft_body *plain, enum weft_http_coding coding,
                                 uint64_t size, struct weft_coding_ledger *ledger)
{
    struct coded *coded = malloc(sizeof(*coded));
    if (!coded) return (struct weft_body){0};
    *coded = (struct coded){.ledger = ledger,
                            .client_held = ledger->client_held,
                            .coding = coding,
                            .plain = *plain,
                            .size = size};
    *plain = (struct weft_body){0};
    ledger->count++;
    if (coded->client_held) *coded->client_held += weft_encoder_fast_memory(coding);
    return (struct weft_body){.kind = &coded_kind, .owned = coded, .end = 1};
}
