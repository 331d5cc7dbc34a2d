// abuse/h1_framing.c: messages whose end two readers would see in different places (RFC 9112 §6, §7, §11.2).
#include "abuse/cases.h"
#include "abuse/play.h"

// Whatever is refused ends the connection too: nothing behind it may be read as a request (§6.3, §11.2).
static void play_message(struct weft_abuse_play *play)
{
    struct weft_abuse_link link;
    if (!weft_abuse_open(play, &link, WEFT_ABUSE_H1)) return;
    (void)weft_abuse_send(&link, play->which->bytes);
    weft_abuse_await(&link);
    if (link.answers > 0) (void)weft_abuse_listen(&link, play->budget.patience_us);
    if (link.answers > 1) play->broken = "what stood behind it was answered as a request";
    if (link.answers > 0 && !link.has_ended) play->broken = "the connection stayed open behind it";
    weft_abuse_close(&link);
}

// Messages that are in order: as many answers as requests, whatever they are.
static void play_whole(struct weft_abuse_play *play)
{
    struct weft_abuse_link link;
    if (!weft_abuse_open(play, &link, WEFT_ABUSE_H1)) return;
    (void)weft_abuse_send(&link, play->which->bytes);
    weft_abuse_await(&link);
    (void)weft_abuse_listen(&link, play->budget.patience_us / 20);
    if (link.answers > play->which->number) play->broken = "content was answered as a request";
    if (link.answers == 0 && !link.has_ended) play->broken = "it was not answered";
    weft_abuse_close(&link);
}

#define POST   "POST / HTTP/1.1\r\nHost: localhost\r\n"
#define BEHIND "GET /behind HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define REFUSED(id, name, cve, sent, text)                                                      \
    {                                                                                           \
        "h1/" id, name, cve, sent, WEFT_ABUSE_REFUSED, 0, play_message, WEFT_SPAN_INIT(text), 0 \
    }
#define WHOLE(id, name, cve, sent, count, text)                                                   \
    {                                                                                             \
        "h1/" id, name, cve, sent, WEFT_ABUSE_BOUNDED, 0, play_whole, WEFT_SPAN_INIT(text), count \
    }
#define TE(value)   POST "Transfer-Encoding: " value "\r\n\r\n0\r\n\r\n" BEHIND
#define CL(value)   POST "Content-Length: " value "\r\n\r\nhello" BEHIND
#define CHUNK(text) POST "Transfer-Encoding: chunked\r\n\r\n" text BEHIND

// clang-format off
static const struct weft_abuse_case cases[] = {
    REFUSED("cl-te", "request smuggling, CL.TE", "", "Content-Length and Transfer-Encoding",
            POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" BEHIND),
    REFUSED("te-cl", "request smuggling, TE.CL", "", "Transfer-Encoding and Content-Length",
            POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" BEHIND),
    REFUSED("te-twice", "request smuggling, TE.TE", "", "two Transfer-Encodings that differ", TE("chunked\r\nTransfer-Encoding: x")),
    REFUSED("te-list", "request smuggling, TE.TE", "", "Transfer-Encoding: chunked, identity", TE("chunked, identity")),
    REFUSED("te-unknown", "request smuggling, TE.TE", "", "Transfer-Encoding: xchunked", TE("xchunked")),
    REFUSED("te-vertical-tab", "request smuggling, TE.TE", "", "a vertical tab before chunked", TE("\vchunked")),
    REFUSED("te-quoted", "request smuggling, TE.TE", "", "Transfer-Encoding: \"chunked\"", TE("\"chunked\"")),
    REFUSED("te-http10", "Transfer-Encoding in HTTP/1.0", "", "chunks in a request of HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" BEHIND),
    REFUSED("cl-differs", "request smuggling, CL.CL", "", "two Content-Lengths that differ", CL("5\r\nContent-Length: 6")),
    REFUSED("cl-list", "request smuggling, CL.CL", "", "Content-Length: 5, 6", CL("5, 6")),
    REFUSED("cl-plus", "Content-Length with a sign", "", "Content-Length: +5", CL("+5")),
    REFUSED("cl-minus", "Content-Length with a sign", "", "Content-Length: -5", CL("-5")),
    REFUSED("cl-hex", "Content-Length in hex", "", "Content-Length: 0x5", CL("0x5")),
    REFUSED("cl-blank", "Content-Length with a blank", "", "Content-Length: 5 5", CL("5 5")),
    REFUSED("cl-overflow", "Content-Length overflow", "", "a length of 2^64 + 5", CL("18446744073709551621")),
    REFUSED("blank-before-colon", "a blank before the colon", "", "Content-Length : 5",
            POST "Content-Length : 5\r\n\r\nhello" BEHIND),
    REFUSED("obs-fold", "folded field lines", "CVE-2025-32094", "a field that goes on in the next line",
            POST "X: a\r\n Transfer-Encoding: chunked\r\n\r\n"),
    REFUSED("first-line-fold", "blanks before the first field", "", "a blank before the first field line",
            "GET / HTTP/1.1\r\n Host: localhost\r\n\r\n"),
    REFUSED("bare-cr", "CR within a value", "", "a CR without LF in a field", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rY: b\r\n\r\n"),
    REFUSED("bare-lf", "lines that end in LF alone", "CVE-2025-22871", "LF without CR", "GET / HTTP/1.1\nHost: localhost\n\n"),
    REFUSED("nul", "NUL within a value", "", "a NUL in a field", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n"),
    REFUSED("no-colon", "a field line without a colon", "", "a line that is no field", "GET / HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n"),
    REFUSED("chunk-plus", "chunk size tricks", "", "a chunk size with a sign", CHUNK("+5\r\nhello\r\n0\r\n\r\n")),
    REFUSED("chunk-0x", "chunk size tricks", "", "a chunk size of 0x5", CHUNK("0x5\r\nhello\r\n0\r\n\r\n")),
    REFUSED("chunk-blank", "chunk size tricks", "", "a blank before the chunk size", CHUNK(" 5\r\nhello\r\n0\r\n\r\n")),
    REFUSED("chunk-overflow", "chunk size overflow", "", "a chunk size of 17 digits", CHUNK("10000000000000005\r\nhello\r\n0\r\n\r\n")),
    REFUSED("chunk-lf", "bare LF in chunks", "CVE-2025-22871", "a chunk size that ends in LF alone", CHUNK("5\nhello\r\n0\r\n\r\n")),
    REFUSED("chunk-extension-lf", "LF in a chunk extension", "CVE-2025-55315, CVE-2025-58068", "5;x LF yy CR LF", CHUNK("5;x\nyy\r\nhello\r\n0\r\n\r\n")),
    REFUSED("chunk-no-end", "chunk data without its end", "", "five bytes and no CR LF", CHUNK("5\r\nhelloXX0\r\n\r\n")),
    REFUSED("expect-unknown", "Expect-based desync", "", "an Expect that nobody knows",
            POST "Content-Length: 5\r\nExpect: 101-maybe\r\n\r\n"),
    WHOLE("cl-0", "request smuggling, CL.0", "", "a GET whose content looks like a request", 1,
          "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 41\r\n\r\n" BEHIND),
    WHOLE("early-answer", "early-response gadgets", "", "a POST that is refused before its content, a request, has come", 1,
          POST "Content-Length: 41\r\n\r\n" BEHIND),
    WHOLE("trailer-length", "framing fields in trailers", "", "Content-Length as a trailer", 1,
          POST "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 30\r\n\r\n"),
};
// clang-format on

const struct weft_abuse_table weft_abuse_h1_framing = {cases, WEFT_COUNT(cases)};
