// abuse/h1_requests.c: requests that lie about whom and what they ask for, and answers that would say too much.
#include "abuse/cases.h"
#include "abuse/wire.h"

#include <stdio.h>
#include <stdlib.h>

enum { REQUEST_SIZE = 16384 };

// Says something about the content too: none of it is a file from outside of what is served, or a field we chose.
static void look_for_leaks(struct weft_abuse_play *play)
{
    const char *text = (const char *)play->seen.text; // zeroed behind what came
    if (strstr(text, "root:x:0:0:")) play->broken = "the answer holds /etc/passwd";
    if (strstr(text, "\nInjected:") || strstr(text, "\ninjected:"))
        play->broken = "the answer holds a field that the request wrote";
}

static void ask(struct weft_abuse_play *play, struct weft_span bytes)
{
    struct weft_abuse_link link;
    if (!weft_abuse_open(play, &link, WEFT_ABUSE_H1)) return;
    (void)weft_abuse_send(&link, bytes);
    weft_abuse_await(&link);
    (void)weft_abuse_listen(&link, 2000);
    look_for_leaks(play);
    weft_abuse_close(&link);
}

static void play_request(struct weft_abuse_play *play)
{
    ask(play, play->which->bytes);
}

// Upgrades that nobody offered: whatever is answered, the protocol stays.
static void play_upgrade(struct weft_abuse_play *play)
{
    ask(play, play->which->bytes);
    if (play->seen.interim == 101) play->broken = "the server switched protocols";
    if (play->seen.answers == 0) play->broken = "it was not answered";
}

// `number` times the same line, as fields of one request.
static void play_lines(struct weft_abuse_play *play)
{
    struct weft_abuse_link link;
    if (!weft_abuse_open(play, &link, WEFT_ABUSE_H1)) return;
    bool goes_on = weft_abuse_send(&link, WEFT_SPAN("GET / HTTP/1.1\r\nHost: localhost\r\n"));
    for (unsigned i = 0; i < play->which->number && goes_on; i++) {
        goes_on = weft_abuse_send(&link, play->which->bytes);
    }
    if (goes_on) (void)weft_abuse_send(&link, WEFT_SPAN("\r\n"));
    weft_abuse_await(&link);
    weft_abuse_close(&link);
}

// A line that does not end: `number` times the same bytes.
static void play_endless(struct weft_abuse_play *play)
{
    struct weft_abuse_link link;
    if (!weft_abuse_open(play, &link, WEFT_ABUSE_H1)) return;
    bool goes_on = weft_abuse_send(&link, play->which->bytes);
    uint8_t filler[REQUEST_SIZE];
    memset(filler, 'a', sizeof(filler));
    for (unsigned i = 0; i < play->which->number && goes_on; i++) {
        goes_on = weft_abuse_send(&link, (struct weft_span){filler, sizeof(filler)});
    }
    weft_abuse_await(&link);
    weft_abuse_close(&link);
}

// Asks for ranges of the large file. What comes is no more than the file and its heads.
static void ask_ranges(struct weft_abuse_play *play, const char *one, unsigned count)
{
    char *text = malloc(REQUEST_SIZE);
    struct weft_abuse_link link;
    const struct weft_abuse_target *target = play->target;
    if (!text) return;
    int size =
        snprintf(text, REQUEST_SIZE / 2,
                 "GET %.*s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: bytes=0-",
                 (int)target->large.size, (const char *)target->large.data);
    for (unsigned i = 0; i < count && (size_t)size < REQUEST_SIZE - 64; i++) {
        size += snprintf(text + size, REQUEST_SIZE - (size_t)size, "%s", one);
    }
    size += snprintf(text + size, REQUEST_SIZE - (size_t)size, "\r\n\r\n");
    if (weft_abuse_open(play, &link, WEFT_ABUSE_H1)) {
        (void)weft_abuse_send(&link, (struct weft_span){(const uint8_t *)text, (size_t)size});
        weft_abuse_await(&link);
        (void)weft_abuse_listen(&link, play->budget.patience_us);
        if (play->seen.answers == 0 && !link.has_ended) play->broken = "it was not answered";
        weft_abuse_close(&link);
    }
    free(text);
}

static void play_ranges(struct weft_abuse_play *play)
{
    ask_ranges(play, "", 0);
    uint64_t whole = play->seen.received_size;
    ask_ranges(play, (const char *)play->which->bytes.data, play->which->number);
    if (play->seen.received_size > 2 * whole + REQUEST_SIZE)
        play->broken = "the ranges of a file were more than the file";
}

#define END "\r\n\r\n"
#define REFUSED(id, name, cve, sent, text)                                                      \
    {                                                                                           \
        "h1/" id, name, cve, sent, WEFT_ABUSE_REFUSED, 0, play_request, WEFT_SPAN_INIT(text), 0 \
    }
#define ROW(id, name, cve, sent, rule, play, text, number)                                  \
    {                                                                                       \
        "h1/" id, name, cve, sent, WEFT_ABUSE_##rule, 0, play, WEFT_SPAN_INIT(text), number \
    }
#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost" END
#define HOST(value) "GET / HTTP/1.1\r\nHost: " value END
#define UPGRADE(protocol, more) \
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade" more "\r\nUpgrade: " protocol END

// clang-format off
static const struct weft_abuse_case cases[] = {
    REFUSED("target-blank", "request line tricks", "", "a blank in the target", GET("/a b")),
    REFUSED("target-control", "request line tricks", "", "a control byte in the target", GET("/\x01")),
    REFUSED("target-authority", "request line tricks", "", "a target that is no path", GET("localhost")),
    REFUSED("target-userinfo", "request line tricks", "", "user information in the target", GET("http://a@localhost/")),
    REFUSED("method", "request line tricks", "", "a method that is no token", "G(T / HTTP/1.1\r\nHost: localhost" END),
    REFUSED("version", "request line tricks", "", "HTTP/9.9", "GET / HTTP/9.9\r\nHost: localhost" END),
    REFUSED("no-host", "no Host", "", "a request of HTTP/1.1 without Host", "GET / HTTP/1.1" END),
    REFUSED("two-hosts", "several Hosts", "", "two Host fields", HOST("localhost\r\nHost: b")),
    REFUSED("host-userinfo", "bad authority", "", "user information in Host", HOST("a@localhost")),
    REFUSED("host-port", "bad authority", "", "a port of 99999999", HOST("localhost:99999999")),
    REFUSED("host-list", "bad authority", "", "two names in one Host", HOST("localhost, b")),
    REFUSED("connect", "CONNECT to a server that is no proxy", "", "CONNECT 127.0.0.1:22", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22" END),
    REFUSED("proxy-protocol", "PROXY protocol from a stranger", "", "PROXY TCP4 ... before the request",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: localhost" END),
    REFUSED("path-dots", "path traversal", "", "/../../../../etc/passwd", GET("/../../../../../../etc/passwd")),
    REFUSED("path-encoded-dots", "path traversal", "", "dots as %2e", GET("/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd")),
    REFUSED("path-encoded-slash", "path traversal", "", "slashes as %2f", GET("/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd")),
    REFUSED("path-backslash", "path traversal", "", "backslashes", GET("/..\\..\\..\\..\\etc\\passwd")),
    REFUSED("path-nul", "path traversal", "", "a NUL as %00", GET("/%00")),
    REFUSED("path-twice", "path traversal", "", "dots that are encoded twice", GET("/%252e%252e/%252e%252e/etc/passwd")),
    ROW("splitting", "response splitting", "", "CR LF as %0d%0a in a path that may be echoed", REFUSED, play_request,
        GET("/x%0d%0aInjected:%20y"), 0),
    ROW("h2c-upgrade", "h2c upgrade smuggling", "", "Upgrade: h2c", BOUNDED, play_upgrade,
        UPGRADE("h2c", ", HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__"), 0),
    ROW("tls-upgrade", "opossum, TLS upgrade desync", "CVE-2025-49812", "Upgrade: TLS/1.0", BOUNDED, play_upgrade, UPGRADE("TLS/1.0", ""), 0),
    ROW("many-fields", "many fields", "", "20,000 field lines", REFUSED, play_lines, "X-A: b\r\n", 20000),
    ROW("crumbs", "many cookie crumbs", "", "20,000 cookies", REFUSED, play_lines, "Cookie: a=b\r\n", 20000),
    ROW("long-field", "long field lines", "", "a value of 4 MiB", REFUSED, play_endless, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", 256),
    ROW("long-target", "long request lines", "", "a target of 4 MiB", REFUSED, play_endless, "GET /", 256),
    ROW("ranges", "range bombs", "CVE-2011-3192", "1,300 overlapping ranges", BOUNDED, play_ranges, ",0-,5-", 650),
    ROW("range-overflow", "range overflow", "CVE-2017-7529", "suffixes that overflow when they are added", BOUNDED, play_ranges,
        ",-9223372036854775608,-9223372036854775807", 1),
};
// clang-format on

const struct weft_abuse_table weft_abuse_h1_requests = {cases, WEFT_COUNT(cases)};
