// abuse/tls.c: handshakes that are many, slow, broken or old, and protocols that were not agreed upon.
#include "abuse/cases.h"
#include "abuse/hello.h"
#include "abuse/wire.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ROOM = 1 << 17,
    DRIP_US = 100000,
    HANDSHAKES_MOST = 5000,
    SERVER_HELLO = 2,
    COMPRESSION_AT =
        5 + 4 + 2 +
        32, // of a ServerHello: the session's size stands there, and after it two bytes of cipher
};

static struct weft_span hello_record(struct weft_writer *out, const struct weft_abuse_hello *hello)
{
    static uint8_t room[ROOM];
    struct weft_writer message = weft_writer_over(room, sizeof(room));
    weft_abuse_put_hello(&message, hello);
    struct weft_span rest = weft_written(&message);
    do { // a record holds 16 KB
        struct weft_span part = weft_span_part(rest, 0, 16384);
        weft_abuse_put_record(out, WEFT_ABUSE_RECORD_HANDSHAKE, part, 0);
        rest = weft_span_skip(rest, part.size);
    } while (rest.size > 0);
    return weft_written(out);
}

static const char *alert_name(unsigned alert)
{
    switch (alert) {
    case 0: return "close_notify";
    case 10: return "unexpected_message";
    case 20: return "bad_record_mac";
    case 22: return "record_overflow";
    case 40: return "handshake_failure";
    case 47: return "illegal_parameter";
    case 50: return "decode_error";
    case 70: return "protocol_version";
    case 71: return "insufficient_security";
    case 80: return "internal_error";
    case 86: return "inappropriate_fallback";
    case 112: return "unrecognized_name";
    case 120: return "no_application_protocol";
    default: return "another";
    }
}

// What came in records that are not encrypted: an alert is noted; true where a handshake message came.
static bool read_records(struct weft_abuse_seen *seen)
{
    struct weft_span rest = {seen->text, seen->text_size};
    bool has_handshake = false;
    while (rest.size >= 7) {
        size_t size = (size_t)rest.data[3] << 8 | rest.data[4];
        if (rest.data[0] == WEFT_ABUSE_RECORD_ALERT && size == 2) {
            snprintf(seen->failure, sizeof(seen->failure), "alert %u, %s", rest.data[6],
                     alert_name(rest.data[6]));
        }
        has_handshake = has_handshake || rest.data[0] == WEFT_ABUSE_RECORD_HANDSHAKE;
        rest = weft_span_skip(rest, 5 + size);
    }
    return has_handshake;
}

// Bytes on a bare connection; then what the server says to them.
static void say(struct weft_abuse_play *play, struct weft_span bytes)
{
    struct weft_abuse_link link;
    if (!weft_abuse_open_bare(play, &link)) return;
    (void)weft_abuse_send(&link, bytes);
    uint64_t until_us = weft_abuse_now_us() + play->budget.patience_us;
    while (weft_abuse_listen(&link, 1000) && weft_abuse_now_us() < until_us) {
        if (read_records(&play->seen) && play->which->rule == WEFT_ABUSE_BOUNDED)
            break; // it goes on
    }
    (void)read_records(&play->seen);
    weft_abuse_close(&link);
}

static void play_bytes(struct weft_abuse_play *play)
{
    say(play, play->which->bytes);
}

enum hello {
    PLAIN,
    SSL3,
    TLS10,
    WEAK,
    EXPORT,
    COMPRESSED,
    ALPN_UNKNOWN,
    ALPN_EMPTY,
    ALPN_LONG,
    NAME_NUL,
    NAME_LONG,
    FILLED,
    TWICE,
};

#define A16 "aaaaaaaaaaaaaaaa"
#define A64 A16 A16 A16 A16

static const struct weft_abuse_hello hellos[] = {
    [PLAIN] = {.version = 0},
    [SSL3] = {.version = 0x0300},
    [TLS10] = {.version = 0x0301, .ciphers = WEFT_SPAN_INIT("\xc0\x09\xc0\x13\0\x2f")},
    [WEAK] = {.ciphers = WEFT_SPAN_INIT("\0\x2f\0\x35\0\x0a\0\5\0\4")}, // RSA with CBC, 3DES, RC4
    [EXPORT] = {.ciphers =
                    WEFT_SPAN_INIT("\0\3\0\6\0\x08\0\1\0\2\0\x34")}, // export, NULL, anonymous
    [COMPRESSED] = {.compression = WEFT_SPAN_INIT("\1\0")},
    [ALPN_UNKNOWN] = {.alpn = WEFT_SPAN_INIT("\6spdy/9")},
    [ALPN_EMPTY] = {.alpn = WEFT_SPAN_INIT("\0")},
    [NAME_NUL] = {.name = WEFT_SPAN_INIT("localhost\0.example")},
    [NAME_LONG] = {.name = WEFT_SPAN_INIT(A64 A64 A64 A64 A64 A64)},
    [FILLED] = {.filler = 60000},
};

static void play_hello(struct weft_abuse_play *play)
{
    struct weft_abuse_hello hello = hellos[play->which->number];
    uint8_t *room = malloc((size_t)2 * ROOM);
    if (!room) return;
    if (play->which->number == ALPN_LONG) {
        struct weft_writer list = weft_writer_over(room + ROOM, 60000);
        while (weft_writer_size(&list) < 59990) {
            weft_write_bytes(&list, WEFT_SPAN("\3x/y"));
        }
        hello.alpn = weft_written(&list);
    }
    struct weft_writer out = weft_writer_over(room, ROOM);
    say(play, hello_record(&out, &hello));
    const uint8_t *text = play->seen.text;
    size_t at = COMPRESSION_AT;
    if (play->seen.text_size > at && text[0] == WEFT_ABUSE_RECORD_HANDSHAKE &&
        text[5] == SERVER_HELLO) {
        at += 1 + text[at] + 2u;
        if (play->which->rule == WEFT_ABUSE_ENDED)
            play->broken = "the server went on with the handshake";
        if (at < play->seen.text_size && text[at] != 0) play->broken = "the server compresses";
    }
    free(room);
}

// A byte of handshake in each record.
static void play_fragments(struct weft_abuse_play *play)
{
    uint8_t message_room[1024];
    uint8_t room[8192];
    struct weft_writer message = weft_writer_over(message_room, sizeof(message_room));
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_abuse_put_hello(&message, &hellos[PLAIN]);
    for (struct weft_span rest = weft_written(&message); rest.size > 0;
         rest = weft_span_skip(rest, 1)) {
        weft_abuse_put_record(&out, WEFT_ABUSE_RECORD_HANDSHAKE, weft_span_part(rest, 0, 1), 0);
    }
    say(play, weft_written(&out));
}

// `bytes` over and over on a bare connection, behind a hello where `number` is 1.
static void play_records(struct weft_abuse_play *play)
{
    uint64_t until_us = weft_abuse_now_us() + play->budget.flood_us;
    uint8_t room[16384 + 512];
    struct weft_abuse_link link;
    if (!weft_abuse_open_bare(play, &link)) return;
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    if (play->which->number) (void)hello_record(&out, &hellos[PLAIN]);
    do {
        while (weft_writer_size(&out) < 16384) {
            weft_write_bytes(&out, play->which->bytes);
        }
        if (!weft_abuse_send(&link, weft_written(&out)) ||
            play->seen.sent_size > play->budget.bytes)
            break;
        out = weft_writer_over(room, sizeof(room));
    } while (weft_abuse_now_us() < until_us);
    (void)weft_abuse_listen(&link, play->budget.patience_us);
    if (read_records(&play->seen) && strstr((const char *)play->seen.text, "\x18\3\3"))
        play->broken = "it answered a heartbeat";
    weft_abuse_close(&link);
}

// Handshakes one after the other: whole ones (0), or a hello of TLS 1.2 whose answer costs a signature (1).
static void play_handshakes(struct weft_abuse_play *play)
{
    uint64_t until_us = weft_abuse_now_us() + play->budget.flood_us;
    uint8_t room[1024];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_span hello = hello_record(&out, &hellos[PLAIN]);
    while (weft_abuse_now_us() < until_us && play->seen.connections < HANDSHAKES_MOST) {
        struct weft_abuse_link link;
        bool is_open = play->which->number ? weft_abuse_open_bare(play, &link)
                                           : weft_abuse_open(play, &link, WEFT_ABUSE_H1);
        if (!is_open) continue;
        play->seen.text_size = 0;
        if (play->which->number && weft_abuse_send(&link, hello)) {
            while (!read_records(&play->seen) && weft_abuse_listen(&link, 1000) &&
                   weft_abuse_now_us() < until_us)
                continue;
        }
        weft_abuse_close(&link);
    }
}

// A crowd in the middle of its handshake: `number` is how much of a hello has been sent, in percent; 1 to drip the rest.
static void play_crowd(struct weft_abuse_play *play)
{
    struct weft_abuse_link *links = calloc(WEFT_ABUSE_LINKS_MOST, sizeof(*links));
    uint8_t room[1024];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_span hello = hello_record(&out, &hellos[PLAIN]);
    bool drips = play->which->number == 1;
    size_t sent = hello.size * play->which->number / 100;
    size_t count = 0;
    if (!links) return;
    for (; count < play->budget.crowd; count++) {
        if (!weft_abuse_open_bare(play, &links[count])) break;
        (void)weft_abuse_send(&links[count], weft_span_part(hello, 0, sent));
    }
    uint64_t until_us = weft_abuse_now_us() + play->budget.limit_us;
    while (weft_abuse_now_us() < until_us && weft_abuse_listen_all(links, count, DRIP_US) > 0) {
        for (size_t i = 0; i < count && drips; i++) {
            (void)weft_abuse_send(&links[i], weft_span_part(hello, sent, 1));
        }
        sent += drips && sent + 2 < hello.size; // the last byte never comes
    }
    weft_abuse_close_all(links, count);
    free(links);
}

// What ALPN chose is not what is spoken then.
static void play_other_protocol(struct weft_abuse_play *play)
{
    struct weft_abuse_link link;
    enum weft_abuse_protocol agreed = play->which->number ? WEFT_ABUSE_H2 : WEFT_ABUSE_H1;
    if (!weft_abuse_open(play, &link, agreed)) return;
    (void)weft_abuse_send(&link, play->which->bytes);
    (void)weft_abuse_listen(&link, play->budget.patience_us);
    if (strstr((const char *)play->seen.text, "HTTP/1.1 200"))
        play->broken = "it was answered as if all were well";
    weft_abuse_close(&link);
}

#define ROW(id, name, cve, sent, rule, needs, play, bytes, number)                     \
    {                                                                                  \
        "tls/" id, name, cve, sent, WEFT_ABUSE_##rule, WEFT_ABUSE_TLS | (needs), play, \
            WEFT_SPAN_INIT(bytes), number                                              \
    }
#define HELLO(id, name, cve, sent, rule, number) \
    ROW(id, name, cve, sent, rule, 0, play_hello, "", number)
#define CROWD(id, name, sent, number) \
    ROW(id, name, "", sent, TIMED, WEFT_ABUSE_CROWD, play_crowd, "", number)

// clang-format off
static const struct weft_abuse_case cases[] = {
    ROW("handshakes", "handshake flood", "CVE-2011-1473", "whole handshakes, one after the other", BOUNDED, 0, play_handshakes, "", 0),
    ROW("hellos", "handshake flood", "CVE-2011-1473", "hellos of TLS 1.2, each of which costs a signature", BOUNDED, 0, play_handshakes, "", 1),
    CROWD("half-handshakes", "half handshakes", "a hello, then nothing", 100),
    CROWD("half-hellos", "half handshakes", "half a hello, then nothing", 50),
    CROWD("silent", "connections that say nothing", "nothing at all", 0),
    CROWD("hello-dribble", "slow handshakes", "a hello, a byte every 0.1 s", 1),
    ROW("hello-fragments", "fragments of a hello", "", "a hello in records of a byte", BOUNDED, 0, play_fragments, "", 0),
    HELLO("hello-large", "large hellos", "", "a hello with an extension of 60 KB", BOUNDED, FILLED),
    ROW("hello-endless", "large hellos", "", "a hello that says 16 MiB, and its bytes", ENDED, 0, play_records,
        "\x16\3\3\1\0" "\1\xff\xff\xff" A64 A64 A64 A16 A16 A16 "aaaaaaaaaaaa", 0),
    ROW("giant-record", "records above their size", "", "a record that says 65,535 bytes", ENDED, 0, play_bytes, "\x16\3\3\xff\xff\1\0\0", 0),
    ROW("empty-records", "empty records", "", "records without content, without end", ENDED, 0, play_records, "\x16\3\3\0\0", 0),
    ROW("garbage", "bytes that are no TLS", "", "bytes that are no record", ENDED, 0, play_bytes, "\xde\xad\xbe\xef" A64, 0),
    ROW("clear-text", "bytes that are no TLS", "", "a request of HTTP/1.1 in the clear", ENDED, 0, play_bytes, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 0),
    ROW("alerts", "warning alerts", "CVE-2016-8610", "warnings without end, in place of a hello", ENDED, 0, play_records, "\x15\3\3\0\2\1\x5a", 0),
    ROW("alerts-behind", "warning alerts", "CVE-2016-8610", "warnings without end, behind a hello", ENDED, 0, play_records, "\x15\3\3\0\2\1\x5a", 1),
    ROW("change-cipher", "ChangeCipherSpec flood", "CVE-2020-25648, CVE-2014-0224", "ChangeCipherSpec without end", ENDED, 0, play_records, "\x14\3\3\0\1\1", 1),
    ROW("heartbeat", "heartbeat", "CVE-2014-0160", "heartbeats that say more than they hold", ENDED, 0, play_records, "\x18\3\3\0\3\1\x3f\xff", 1),
    HELLO("ssl3", "old versions", "CVE-2014-3566", "a hello of SSL 3.0", ENDED, SSL3),
    HELLO("tls10", "old versions", "CVE-2011-3389", "a hello of TLS 1.0", ENDED, TLS10),
    HELLO("weak-ciphers", "weak ciphers", "CVE-2013-2566, CVE-2016-2183", "ciphers without forward secrecy, with CBC, 3DES, RC4", ENDED, WEAK),
    HELLO("null-ciphers", "weak ciphers", "CVE-2015-0204", "export, anonymous and NULL ciphers", ENDED, EXPORT),
    HELLO("compression", "CRIME", "CVE-2012-4929", "a hello that offers compression", BOUNDED, COMPRESSED),
    HELLO("alpn-unknown", "cross-protocol, ALPACA", "", "a protocol that nobody knows in ALPN", ENDED, ALPN_UNKNOWN),
    HELLO("alpn-empty", "ALPN edges", "", "an empty name in ALPN", ENDED, ALPN_EMPTY),
    HELLO("alpn-long", "ALPN edges", "", "15,000 protocols in ALPN", BOUNDED, ALPN_LONG),
    HELLO("name-nul", "SNI edges", "", "a NUL in the server's name", BOUNDED, NAME_NUL),
    HELLO("name-long", "SNI edges", "", "a server's name of 384 bytes", BOUNDED, NAME_LONG),
    ROW("h2-speaks-h1", "cross-protocol, ALPACA", "", "h2 agreed upon, then a request of HTTP/1.1", ENDED, 0, play_other_protocol, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 1),
    ROW("h1-speaks-h2", "cross-protocol, ALPACA", "", "http/1.1 agreed upon, then the preface of HTTP/2", ENDED, 0, play_other_protocol, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0),
};
// clang-format on

const struct weft_abuse_table weft_abuse_tls = {cases, WEFT_COUNT(cases)};
