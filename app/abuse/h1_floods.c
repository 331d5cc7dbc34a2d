// abuse/h1_floods.c: much of what is cheap, or little of what is slow, over HTTP/1.
#include "abuse/cases.h"
#include "abuse/wire.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { DRIP_US = 100000, PIPELINED_BYTES = 65536 };

static void put_get(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    (void)i;
    weft_write_bytes(out, WEFT_SPAN("GET "));
    weft_write_bytes(out, play->target->path);
    weft_write_bytes(out, WEFT_SPAN(" HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

static void put_head_request(struct weft_writer *out, const struct weft_abuse_play *play,
                             uint32_t i)
{
    (void)i;
    weft_write_bytes(out, WEFT_SPAN("HEAD "));
    weft_write_bytes(out, play->target->path);
    weft_write_bytes(out, WEFT_SPAN(" HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

static void put_expect(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    (void)play;
    (void)i;
    weft_write_bytes(out, WEFT_SPAN("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                                    "Expect: 100-continue\r\n\r\nx"));
}

static void put_empty_line(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    (void)play;
    (void)i;
    weft_write_bytes(out, WEFT_SPAN("\r\n"));
}

static void open_chunks(struct weft_writer *out, const struct weft_abuse_play *play)
{
    (void)play;
    weft_write_bytes(out, WEFT_SPAN("POST / HTTP/1.1\r\nHost: localhost\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n"));
}

static void put_chunk(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    (void)play;
    (void)i;
    weft_write_bytes(out, WEFT_SPAN("1\r\nx\r\n"));
}

static void put_extension(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    (void)play;
    (void)i;
    weft_write_bytes(out,
                     WEFT_SPAN("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                               "\r\nx\r\n"));
}

static void open_trailers(struct weft_writer *out, const struct weft_abuse_play *play)
{
    open_chunks(out, play);
    weft_write_bytes(out, WEFT_SPAN("0\r\n"));
}

static void put_trailer(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    (void)play;
    (void)i;
    weft_write_bytes(out, WEFT_SPAN("x: y\r\n"));
}

static void open_gzip(struct weft_writer *out, const struct weft_abuse_play *play)
{
    (void)play;
    weft_write_bytes(out,
                     WEFT_SPAN("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\n"
                               "Content-Length: 1073741824\r\n\r\n"
                               "\x1f\x8b\x08\0\0\0\0\0\0\xff"
                               "\x62\x18\x05\xa3\x60\x14\x8c\x82\x51\x30\x0a\x46\xc1"));
}

// Eight times "258 bytes as the last one" in fixed codes, 13 bits each (RFC 1951 §3.2.6): 159 bytes for one.
static void put_deflated(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i)
{
    (void)play;
    (void)i;
    weft_write_bytes(out, WEFT_SPAN("\x28\x18\x05\xa3\x60\x14\x8c\x82\x51\x30\x0a\x46\xc1"));
}

enum flood {
    PIPELINE,
    PIPELINE_DEAF,
    HEADS,
    EXPECTS,
    EMPTY_LINES,
    CHUNKS,
    EXTENSIONS,
    TRAILERS,
    GZIP
};

static const struct weft_abuse_flood floods[] = {
    [PIPELINE] = {.protocol = WEFT_ABUSE_H1, .piece = put_get},
    [PIPELINE_DEAF] = {.protocol = WEFT_ABUSE_H1, .piece = put_get, .is_deaf = true},
    [HEADS] = {.protocol = WEFT_ABUSE_H1, .piece = put_head_request, .asks_heads = true},
    [EXPECTS] = {.protocol = WEFT_ABUSE_H1, .piece = put_expect},
    [EMPTY_LINES] = {.protocol = WEFT_ABUSE_H1, .piece = put_empty_line},
    [CHUNKS] = {.protocol = WEFT_ABUSE_H1, .open = open_chunks, .piece = put_chunk},
    [EXTENSIONS] = {.protocol = WEFT_ABUSE_H1, .open = open_chunks, .piece = put_extension},
    [TRAILERS] = {.protocol = WEFT_ABUSE_H1, .open = open_trailers, .piece = put_trailer},
    [GZIP] = {.protocol = WEFT_ABUSE_H1, .open = open_gzip, .piece = put_deflated},
};

static void play_flood(struct weft_abuse_play *play)
{
    weft_abuse_play_flood(play, &floods[play->which->number]);
}

// A crowd that begins something and then sends one byte (or nothing) at a time, until the server's time limits end it.
static void play_slow(struct weft_abuse_play *play)
{
    struct weft_abuse_link *links = calloc(WEFT_ABUSE_LINKS_MOST, sizeof(*links));
    size_t count = 0;
    if (!links) return;
    for (; count < play->budget.crowd; count++) {
        if (!weft_abuse_open(play, &links[count], WEFT_ABUSE_H1)) break;
        (void)weft_abuse_send(&links[count], play->which->bytes);
    }
    uint64_t until_us = weft_abuse_now_us() + play->budget.limit_us;
    while (weft_abuse_now_us() < until_us && weft_abuse_listen_all(links, count, DRIP_US) > 0) {
        for (size_t i = 0; i < count && play->which->number; i++) {
            uint8_t byte = (uint8_t)play->which->number;
            (void)weft_abuse_send(&links[i], (struct weft_span){&byte, 1});
        }
    }
    weft_abuse_close_all(links, count);
    free(links);
}

// A byte now and then finds out whether the server has let go of a connection whose words nobody reads.
static size_t knock(struct weft_abuse_link *links, size_t count)
{
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        if (links[i].fd >= 0 && !links[i].has_ended &&
            send(links[i].fd, "\r", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            struct pollfd poll_fd = {.fd = links[i].fd, .events = POLLRDHUP};
            links[i].has_ended =
                poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & (POLLERR | POLLHUP | POLLRDHUP);
        }
        open += links[i].fd >= 0 && !links[i].has_ended;
    }
    return open;
}

// A crowd that asks for much and reads nothing.
static void play_slow_readers(struct weft_abuse_play *play)
{
    struct weft_abuse_link *links = calloc(WEFT_ABUSE_LINKS_MOST, sizeof(*links));
    uint8_t *room = malloc(PIPELINED_BYTES);
    size_t count = 0;
    if (!links || !room) goto done;
    struct weft_writer out = weft_writer_over(room, PIPELINED_BYTES);
    while (weft_writer_size(&out) < PIPELINED_BYTES / 4) {
        weft_write_bytes(&out, WEFT_SPAN("GET "));
        weft_write_bytes(&out, play->target->large);
        weft_write_bytes(&out, WEFT_SPAN(" HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }
    for (; count < play->budget.crowd; count++) {
        if (!weft_abuse_open_narrow(play, &links[count], WEFT_ABUSE_H1)) break;
        links[count].is_deaf = true;
        uint64_t until_us = play->until_us;
        play->until_us = 0; // as much as is taken at once
        (void)weft_abuse_send(&links[count], weft_written(&out));
        play->until_us = until_us;
    }
    uint64_t until_us = weft_abuse_now_us() + play->budget.limit_us;
    while (weft_abuse_now_us() < until_us && knock(links, count) > 0) {
        (void)weft_abuse_listen_all(links, count, DRIP_US);
    }
    weft_abuse_close_all(links, count);
done:
    free(links);
    free(room);
}

// Connections that come and go: `number` 0 closed at once, 1 with a reset.
static void play_churn(struct weft_abuse_play *play)
{
    uint64_t until_us = weft_abuse_now_us() + play->budget.flood_us;
    while (weft_abuse_now_us() < until_us && play->seen.connections < 20000) {
        struct weft_abuse_link link;
        if (!weft_abuse_open_bare(play, &link)) continue;
        struct linger at_once = {.l_onoff = 1};
        if (play->which->number)
            setsockopt(link.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        weft_abuse_close(&link);
    }
}

#define FLOOD(id, name, cve, sent, rule, number)                                       \
    {                                                                                  \
        "h1/" id, name, cve, sent, WEFT_ABUSE_##rule, 0, play_flood, {NULL, 0}, number \
    }
#define SLOW(id, name, cve, sent, text, byte)                                     \
    {                                                                             \
        "h1/" id, name, cve, sent, WEFT_ABUSE_TIMED, WEFT_ABUSE_CROWD, play_slow, \
            WEFT_SPAN_INIT(text), byte                                            \
    }

// clang-format off
static const struct weft_abuse_case cases[] = {
    SLOW("slowloris", "slow heads, Slowloris", "", "a head, a byte every 0.1 s, on a crowd of connections", "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", 'a'),
    SLOW("silent-head", "half a head", "", "half a request line, then nothing", "GET / HT", 0),
    SLOW("silent", "connections that say nothing", "", "nothing at all", "", 0),
    SLOW("slow-body", "slow content, R.U.D.Y.", "", "content, a byte every 0.1 s", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n", 'a'),
    SLOW("silent-body", "content that does not come", "", "an upload without its content", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx", 0),
    SLOW("slow-trailers", "slow trailers", "", "a trailer, a byte every 0.1 s",
         "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: ", 'a'),
    SLOW("idle", "connection exhaustion", "", "a request, then nothing", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 0),
    {"h1/slow-readers", "slow readers", "CVE-2016-1546", "requests for much of which nothing is read", WEFT_ABUSE_TIMED, WEFT_ABUSE_CROWD, play_slow_readers, {NULL, 0}, 0},
    FLOOD("pipeline", "pipelining flood", "", "requests without end, read", BOUNDED, PIPELINE),
    FLOOD("pipeline-deaf", "pipelining flood", "", "requests without end, nothing read", BOUNDED, PIPELINE_DEAF),
    FLOOD("heads", "pipelining flood", "", "HEAD requests without end", BOUNDED, HEADS),
    FLOOD("expects", "100-continue flood", "", "uploads of a byte that expect 100", BOUNDED, EXPECTS),
    FLOOD("empty-lines", "empty lines before a request", "", "CR LF without end", REFUSED, EMPTY_LINES),
    FLOOD("tiny-chunks", "chunks of a byte", "", "content in chunks of a byte, without end", BOUNDED, CHUNKS),
    FLOOD("chunk-extensions", "chunk extensions", "", "an extension of 128 bytes for each byte", BOUNDED, EXTENSIONS),
    FLOOD("trailers", "trailers without end", "", "trailers without end", REFUSED, TRAILERS),
    FLOOD("gzip-upload", "decompression bombs", "", "an upload of 1 GiB in gzip", BOUNDED, GZIP),
    {"h1/churn", "connections that come and go", "", "connections, closed at once", WEFT_ABUSE_BOUNDED, 0, play_churn, {NULL, 0}, 0},
    {"h1/churn-reset", "connections that come and go", "", "connections, reset at once", WEFT_ABUSE_BOUNDED, 0, play_churn, {NULL, 0}, 1},
};
// clang-format on

const struct weft_abuse_table weft_abuse_h1_floods = {cases, WEFT_COUNT(cases)};
