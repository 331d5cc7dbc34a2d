// abuse/wire.c
#include "abuse/wire.h"

#include "wire/prefixint.h"

enum {
    FRAME_MOST = 16384,
    BLOCK_SIZE = 8192, // of an ordinary request: its path is of the user's
    BATCH_SIZE = 16384,
    PIECE_MOST = 49152, // bytes of one piece
};

void weft_abuse_put_frame(struct weft_writer *out, unsigned type, unsigned flags, uint32_t stream,
                          struct weft_span payload)
{
    weft_write_u24(out, (uint32_t)payload.size);
    weft_write_u8(out, (uint8_t)type);
    weft_write_u8(out, (uint8_t)flags);
    weft_write_u32(out, stream);
    weft_write_bytes(out, payload);
}

void weft_abuse_put_number(struct weft_writer *out, unsigned type, uint32_t stream, uint32_t number)
{
    weft_write_u24(out, 4);
    weft_write_u8(out, (uint8_t)type);
    weft_write_u8(out, 0);
    weft_write_u32(out, stream);
    weft_write_u32(out, number);
}

void weft_abuse_put_field(struct weft_writer *out, struct weft_span name, struct weft_span value)
{
    weft_write_u8(out, 0);
    weft_write_prefixint(out, 7, 0, (uint32_t)name.size);
    weft_write_bytes(out, name);
    weft_write_prefixint(out, 7, 0, (uint32_t)value.size);
    weft_write_bytes(out, value);
}

void weft_abuse_put_block(struct weft_writer *out, const struct weft_abuse_play *play,
                          const char *method, struct weft_span path)
{
    const struct weft_abuse_target *target = play->target;
    weft_abuse_put_field(out, WEFT_SPAN(":method"), weft_span_of(method));
    weft_abuse_put_field(out, WEFT_SPAN(":scheme"),
                         weft_span_of(target->is_secure ? "https" : "http"));
    weft_abuse_put_field(out, WEFT_SPAN(":authority"), weft_span_of(target->authority));
    weft_abuse_put_field(out, WEFT_SPAN(":path"), path);
}

void weft_abuse_put_request(struct weft_writer *out, const struct weft_abuse_play *play,
                            uint32_t stream, unsigned flags, struct weft_span more)
{
    uint8_t room[BLOCK_SIZE];
    struct weft_writer block = weft_writer_over(room, sizeof(room));
    weft_abuse_put_block(&block, play, "GET", play->target->path);
    weft_write_bytes(&block, more);
    weft_abuse_put_frame(out, WEFT_ABUSE_HEADERS, flags, stream, weft_written(&block));
}

void weft_abuse_put_upload(struct weft_writer *out, const struct weft_abuse_play *play,
                           uint32_t stream)
{
    uint8_t room[BLOCK_SIZE];
    struct weft_writer block = weft_writer_over(room, sizeof(room));
    weft_abuse_put_block(&block, play, "POST", play->target->path);
    weft_abuse_put_frame(out, WEFT_ABUSE_HEADERS, WEFT_ABUSE_END_HEADERS, stream,
                         weft_written(&block));
}

void weft_abuse_put_download(struct weft_writer *out, const struct weft_abuse_play *play,
                             uint32_t stream)
{
    uint8_t room[BLOCK_SIZE];
    struct weft_writer block = weft_writer_over(room, sizeof(room));
    weft_abuse_put_block(&block, play, "GET", play->target->large);
    weft_abuse_put_frame(out, WEFT_ABUSE_HEADERS, WEFT_ABUSE_WHOLE, stream, weft_written(&block));
}

void weft_abuse_put_long_block(struct weft_writer *out, uint32_t stream, unsigned flags,
                               struct weft_span block)
{
    unsigned type = WEFT_ABUSE_HEADERS;
    do {
        struct weft_span part = weft_span_part(block, 0, FRAME_MOST);
        block = weft_span_skip(block, part.size);
        unsigned end = block.size == 0 ? WEFT_ABUSE_END_HEADERS : 0;
        weft_abuse_put_frame(out, type, flags | end, stream, part);
        type = WEFT_ABUSE_CONTINUATION;
        flags = 0;
    } while (block.size > 0);
}

bool weft_abuse_h2_greet(struct weft_abuse_link *link, struct weft_span settings)
{
    uint8_t room[BLOCK_SIZE];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_write_bytes(&out, WEFT_SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    weft_abuse_put_frame(&out, WEFT_ABUSE_SETTINGS, 0, 0, settings);
    if (!weft_abuse_send(link, weft_written(&out))) return false;
    uint64_t until_us = weft_abuse_now_us() + link->play->budget.patience_us;
    while (!link->has_settings && weft_abuse_now_us() < until_us) {
        if (!weft_abuse_listen(link, link->has_settings ? 0 : 1000)) return false;
    }
    out = weft_writer_over(room, sizeof(room));
    weft_abuse_put_frame(&out, WEFT_ABUSE_SETTINGS, WEFT_ABUSE_ACK, 0, WEFT_ABUSE_NONE);
    return weft_abuse_send(link, weft_written(&out));
}

bool weft_abuse_h2_open(struct weft_abuse_play *play, struct weft_abuse_link *link,
                        struct weft_span settings)
{
    if (!weft_abuse_open(play, link, WEFT_ABUSE_H2)) return false;
    if (weft_abuse_h2_greet(link, settings)) return true;
    weft_abuse_close(link);
    return false;
}

static bool is_spent(const struct weft_abuse_play *play, uint64_t until_us)
{
    return weft_abuse_now_us() >= until_us || play->seen.sent_size >= play->budget.bytes;
}

// Piece after piece, gathered, until the server ends it or the budget does.
static void pour(struct weft_abuse_link *link, const struct weft_abuse_flood *flood,
                 uint64_t until_us)
{
    static uint8_t room[BATCH_SIZE + PIECE_MOST];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    if (flood->open) flood->open(&out, link->play);
    for (uint32_t i = 0; !out.failed; i++) {
        flood->piece(&out, link->play, i);
        if (weft_writer_size(&out) < BATCH_SIZE) continue;
        if (!weft_abuse_send(link, weft_written(&out))) return;
        if (!link->is_deaf && !weft_abuse_listen(link, 0)) return;
        if (is_spent(link->play, until_us)) return;
        out = weft_writer_over(room, sizeof(room));
    }
}

void weft_abuse_play_flood(struct weft_abuse_play *play, const struct weft_abuse_flood *flood)
{
    uint64_t until_us = weft_abuse_now_us() + play->budget.flood_us;
    uint64_t end_us = play->until_us;
    for (unsigned i = 0; i < play->budget.repeats && !is_spent(play, until_us); i++) {
        struct weft_abuse_link link;
        bool is_open = flood->protocol == WEFT_ABUSE_H2
                           ? weft_abuse_h2_open(play, &link, flood->settings)
                           : weft_abuse_open(play, &link, flood->protocol);
        if (!is_open) continue;
        link.is_deaf = flood->is_deaf;
        link.asks_heads = flood->asks_heads;
        play->until_us = until_us; // also where the server takes nothing
        pour(&link, flood, until_us);
        play->until_us = end_us;
        link.is_deaf = false;
        uint64_t wait_us = play->which->rule == WEFT_ABUSE_ENDED ? play->budget.patience_us : 20000;
        (void)weft_abuse_listen(&link, wait_us);
        play->seen.cut += !link.has_ended && is_spent(play, until_us);
        weft_abuse_close(&link);
    }
}
