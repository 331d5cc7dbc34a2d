// abuse/h2_fields.c: field sections that are malformed (RFC 9113 §8.1 to §8.3): smuggling, once they are made HTTP/1.
#include "abuse/cases.h"
#include "abuse/wire.h"

enum { NAME_ENDS = 0x1f, VALUE_ENDS = 0x1e };

#define FIELD(name, value) name "\x1f" value "\x1e"
#define ORDINARY \
    FIELD(":method", "GET") FIELD(":scheme", "$") FIELD(":authority", "$") FIELD(":path", "$")
#define UPLOAD \
    FIELD(":method", "POST") FIELD(":scheme", "$") FIELD(":authority", "$") FIELD(":path", "$")

// A $ stands for what an ordinary request of the target would say.
static struct weft_span value_of(const struct weft_abuse_play *play, struct weft_span name,
                                 struct weft_span value)
{
    const struct weft_abuse_target *target = play->target;
    if (!weft_span_is(value, "$")) return value;
    if (weft_span_is(name, ":path")) return target->path;
    if (weft_span_is(name, ":authority")) return weft_span_of(target->authority);
    return weft_span_of(target->is_secure ? "https" : "http");
}

static void put_fields(struct weft_writer *out, const struct weft_abuse_play *play,
                       struct weft_span text)
{
    while (text.size > 0) {
        struct weft_span name = weft_span_part(text, 0, weft_span_find(text, NAME_ENDS));
        text = weft_span_skip(text, name.size + 1);
        struct weft_span value = weft_span_part(text, 0, weft_span_find(text, VALUE_ENDS));
        text = weft_span_skip(text, value.size + 1);
        weft_abuse_put_field(out, name, value_of(play, name, value));
    }
}

static void play_section(struct weft_abuse_play *play, unsigned flags, struct weft_span behind)
{
    uint8_t block_room[8192];
    uint8_t room[16384];
    struct weft_writer block = weft_writer_over(block_room, sizeof(block_room));
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    struct weft_abuse_link link;
    put_fields(&block, play, play->which->bytes);
    weft_abuse_put_frame(&out, WEFT_ABUSE_HEADERS, flags, 1, weft_written(&block));
    weft_write_bytes(&out, behind);
    if (!weft_abuse_h2_open(play, &link, WEFT_ABUSE_BLOCKED)) return;
    (void)weft_abuse_send(&link, weft_written(&out));
    weft_abuse_await(&link);
    weft_abuse_close(&link);
}

static void play_get(struct weft_abuse_play *play)
{
    play_section(play, WEFT_ABUSE_WHOLE, WEFT_ABUSE_NONE);
}

// Five bytes of content, and the end.
static void play_post(struct weft_abuse_play *play)
{
    play_section(play, WEFT_ABUSE_END_HEADERS, WEFT_SPAN("\0\0\5\0\1\0\0\0\1hello"));
}

// Trailers that hold a pseudo-field, and trailers that do not end the stream.
static void play_trailers(struct weft_abuse_play *play)
{
    play_section(play, WEFT_ABUSE_END_HEADERS,
                 play->which->number ? WEFT_SPAN("\0\0\1\1\5\0\0\0\1\x84")
                                     : WEFT_SPAN("\0\0\5\1\4\0\0\0\1\0\1a\1b"));
}

#define ROW(id, name, cve, sent, play, text, number)                                         \
    {                                                                                        \
        "h2/" id, name, cve, sent, WEFT_ABUSE_REFUSED, 0, play, WEFT_SPAN_INIT(text), number \
    }
#define GET(id, name, sent, text) ROW(id, name, "", sent, play_get, text, 0)

// clang-format off
static const struct weft_abuse_case cases[] = {
    GET("two-paths", "pseudo-field confusion", "two :path fields", ORDINARY FIELD(":path", "/b")),
    GET("late-pseudo", "pseudo-field confusion", "a pseudo-field behind a field",
        FIELD(":method", "GET") FIELD(":scheme", "$") FIELD("x", "y") FIELD(":authority", "$") FIELD(":path", "$")),
    GET("unknown-pseudo", "pseudo-field confusion", "a pseudo-field :foo", ORDINARY FIELD(":foo", "bar")),
    GET("status-pseudo", "pseudo-field confusion", ":status in a request", ORDINARY FIELD(":status", "200")),
    GET("no-path", "pseudo-field confusion", "no :path", FIELD(":method", "GET") FIELD(":scheme", "$") FIELD(":authority", "$")),
    GET("empty-path", "pseudo-field confusion", "an empty :path", FIELD(":method", "GET") FIELD(":scheme", "$") FIELD(":authority", "$") FIELD(":path", "")),
    GET("path-no-slash", "pseudo-field confusion", "a :path without a slash",
        FIELD(":method", "GET") FIELD(":scheme", "$") FIELD(":authority", "$") FIELD(":path", "index.html")),
    GET("path-blank", "pseudo-field confusion", "a request line in :path",
        FIELD(":method", "GET") FIELD(":scheme", "$") FIELD(":authority", "$") FIELD(":path", "/ HTTP/1.1\r\nHost: b")),
    GET("method-blank", "pseudo-field confusion", "a request line in :method",
        FIELD(":method", "GET / HTTP/1.1\r\nHost: b\r\n\r\nGET") FIELD(":scheme", "$") FIELD(":authority", "$") FIELD(":path", "$")),
    GET("no-method", "pseudo-field confusion", "no :method", FIELD(":scheme", "$") FIELD(":authority", "$") FIELD(":path", "$")),
    GET("host-differs", "pseudo-field confusion", ":authority and Host that differ", ORDINARY FIELD("host", "other.example")),
    GET("authority-userinfo", "pseudo-field confusion", "user information in :authority",
        FIELD(":method", "GET") FIELD(":scheme", "$") FIELD(":authority", "a@localhost") FIELD(":path", "$")),
    GET("upper-case", "field names", "a name in upper case", ORDINARY FIELD("X-Up", "y")),
    GET("name-blank", "field names", "a blank in a name", ORDINARY FIELD("a b", "y")),
    GET("name-colon", "field names", "a colon in a name", ORDINARY FIELD("a:b", "y")),
    GET("name-empty", "field names", "an empty name", ORDINARY FIELD("", "y")),
    GET("value-crlf", "field values", "CR LF in a value", ORDINARY FIELD("x", "a\r\nTransfer-Encoding: chunked")),
    GET("value-nul", "field values", "a NUL in a value", ORDINARY FIELD("x", "a\0b")),
    GET("value-blank", "field values", "a value that begins with a blank", ORDINARY FIELD("x", " a")),
    GET("connection", "fields of a connection", "Connection in HTTP/2", ORDINARY FIELD("connection", "keep-alive")),
    GET("transfer-encoding", "fields of a connection", "Transfer-Encoding in HTTP/2", ORDINARY FIELD("transfer-encoding", "chunked")),
    GET("upgrade", "fields of a connection", "Upgrade in HTTP/2", ORDINARY FIELD("upgrade", "h2c")),
    GET("te", "fields of a connection", "a TE other than trailers", ORDINARY FIELD("te", "gzip")),
    GET("length-and-end", "content-length and DATA that differ", "a length, and no content", ORDINARY FIELD("content-length", "5")),
    GET("connect", "CONNECT to a server that is no proxy", "CONNECT 127.0.0.1:22", FIELD(":method", "CONNECT") FIELD(":authority", "127.0.0.1:22")),
    GET("connect-extended", "extended CONNECT without the setting", ":protocol", FIELD(":method", "CONNECT") FIELD(":protocol", "websocket")
        FIELD(":scheme", "$") FIELD(":authority", "$") FIELD(":path", "$")),
    ROW("length-short", "content-length and DATA that differ", "", "more content than its length", play_post, UPLOAD FIELD("content-length", "4"), 0),
    ROW("length-long", "content-length and DATA that differ", "", "less content than its length", play_post, UPLOAD FIELD("content-length", "6"), 0),
    ROW("length-twice", "content-length and DATA that differ", "", "two lengths", play_post, UPLOAD FIELD("content-length", "5") FIELD("content-length", "6"), 0),
    ROW("trailer-pseudo", "trailers abuse", "", "a pseudo-field in trailers", play_trailers, UPLOAD, 1),
    ROW("trailer-no-end", "trailers abuse", "", "trailers that do not end the stream", play_trailers, UPLOAD, 0),
};
// clang-format on

const struct weft_abuse_table weft_abuse_h2_fields = {cases, WEFT_COUNT(cases)};
