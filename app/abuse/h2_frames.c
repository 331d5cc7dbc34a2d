// abuse/h2_frames.c: frames where, as or of a size that they may not be (RFC 9113 §4 to §6).
#include "abuse/cases.h"
#include "abuse/wire.h"

enum opening { NOTHING, DOWNLOAD, UPLOAD, BARE };

// Frames behind a start that is in order, or (BARE) in place of one.
static void play_frames(struct weft_abuse_play *play)
{
    uint8_t room[8192];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_abuse_link link;
    switch (play->which->number) {
    case DOWNLOAD: weft_abuse_put_request(&out, play, 1, WEFT_ABUSE_WHOLE, WEFT_ABUSE_NONE); break;
    case UPLOAD: weft_abuse_put_upload(&out, play, 1); break;
    default: break;
    }
    bool is_open = play->which->number == BARE
                       ? weft_abuse_open(play, &link, WEFT_ABUSE_H2)
                       : weft_abuse_h2_open(play, &link, WEFT_ABUSE_BLOCKED);
    if (!is_open) return;
    weft_write_bytes(&out, play->which->bytes);
    (void)weft_abuse_send(&link, weft_written(&out));
    (void)weft_abuse_listen(&link, play->budget.patience_us);
    if (play->seen.goaways == 0 && play->seen.resets == 0 && !link.has_ended)
        play->broken = "it was let pass";
    weft_abuse_close(&link);
}

#define ROW(id, name, cve, sent, opening, frames)                                            \
    {                                                                                        \
        "h2/" id, name, cve, sent, WEFT_ABUSE_ENDED, 0, play_frames, WEFT_SPAN_INIT(frames), \
            opening                                                                          \
    }
#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// clang-format off
static const struct weft_abuse_case cases[] = {
    //                                                                             length    type flags stream
    ROW("bad-preface", "a preface that is none", "", "PRI * HTTP/2.1",       BARE, "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
    ROW("no-settings", "a start without SETTINGS", "", "a PING in their place", BARE, PREFACE "\0\0\x08\6\0\0\0\0\0" "12345678"),
    ROW("large-frame", "frames above SETTINGS_MAX_FRAME_SIZE", "", "a frame that says 16 MiB", NOTHING, "\xff\xff\xff\0\0\0\0\0\1"),
    ROW("data-idle", "frames on idle streams", "", "DATA on a stream that is idle", NOTHING, "\0\0\1\0\0\0\0\0\1x"),
    ROW("data-0", "frames on stream 0", "", "DATA on stream 0",              NOTHING, "\0\0\1\0\0\0\0\0\0x"),
    ROW("headers-0", "frames on stream 0", "", "HEADERS on stream 0",        NOTHING, "\0\0\1\1\5\0\0\0\0\x82"),
    ROW("headers-even", "stream ids out of order", "CVE-2016-0150", "HEADERS on stream 2", NOTHING, "\0\0\3\1\5\0\0\0\2\x82\x84\x87"),
    ROW("headers-again", "stream ids out of order", "CVE-2016-0150", "HEADERS on a stream before the last", DOWNLOAD,
        "\0\0\3\1\5\0\0\0\x09\x82\x84\x87" "\0\0\3\1\5\0\0\0\3\x82\x84\x87"),
    ROW("reset-idle", "frames on idle streams", "", "RST_STREAM on a stream that is idle", NOTHING, "\0\0\4\3\0\0\0\0\1\0\0\0\0"),
    ROW("reset-size", "frames of a wrong size", "", "RST_STREAM of 3 bytes", UPLOAD, "\0\0\3\3\0\0\0\0\1\0\0\0"),
    ROW("ping-size", "frames of a wrong size", "", "PING of 7 bytes",        NOTHING, "\0\0\7\6\0\0\0\0\0" "1234567"),
    ROW("settings-size", "frames of a wrong size", "", "SETTINGS of 5 bytes", NOTHING, "\0\0\5\4\0\0\0\0\0\0\1\0\0\0"),
    ROW("settings-stream", "frames on the wrong stream", "", "SETTINGS on stream 1", NOTHING, "\0\0\0\4\0\0\0\0\1"),
    ROW("settings-ack-size", "frames of a wrong size", "", "an acknowledgement with content", NOTHING, "\0\0\6\4\1\0\0\0\0\0\4\0\0\0\0"),
    ROW("settings-window", "settings out of range", "", "SETTINGS_INITIAL_WINDOW_SIZE of 2^32 - 1", NOTHING, "\0\0\6\4\0\0\0\0\0\0\4\xff\xff\xff\xff"),
    ROW("settings-frame", "settings out of range", "", "SETTINGS_MAX_FRAME_SIZE of 1", NOTHING, "\0\0\6\4\0\0\0\0\0\0\5\0\0\0\1"),
    ROW("settings-push", "settings out of range", "", "SETTINGS_ENABLE_PUSH of 2", NOTHING, "\0\0\6\4\0\0\0\0\0\0\2\0\0\0\2"),
    ROW("push-promise", "push to a server", "", "PUSH_PROMISE from a client", UPLOAD, "\0\0\5\5\4\0\0\0\1\0\0\0\2\x82"),
    ROW("lone-continuation", "CONTINUATION out of place", "", "CONTINUATION without HEADERS", NOTHING, "\0\0\1\x09\4\0\0\0\1\x82"),
    ROW("within-block", "frames within a field block", "", "PING between HEADERS and CONTINUATION", NOTHING, "\0\0\1\1\1\0\0\0\1\x82" "\0\0\x08\6\0\0\0\0\0" "12345678"),
    ROW("padding", "padding abuse", "", "padding longer than the frame",     UPLOAD, "\0\0\2\0\x08\0\0\0\1\xff\xff"),
    ROW("window-0", "windows out of range", "", "WINDOW_UPDATE of 0 on the connection", NOTHING, "\0\0\4\x08\0\0\0\0\0\0\0\0\0"),
    ROW("window-overflow", "windows out of range", "", "the connection's window above 2^31 - 1", NOTHING, "\0\0\4\x08\0\0\0\0\0\x7f\xff\xff\xff"),
    ROW("window-setting", "windows out of range", "", "a stream's window above 2^31 - 1, by SETTINGS", UPLOAD,
        "\0\0\4\x08\0\0\0\0\1\0\0\xff\xff" "\0\0\6\4\0\0\0\0\0\0\4\x7f\xff\xff\xff"),
};
// clang-format on

const struct weft_abuse_table weft_abuse_h2_frames = {cases, WEFT_COUNT(cases)};
