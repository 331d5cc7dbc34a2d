// abuse/wire.h: bytes as attackers make them: frames whose header says whatever it is told, fields that nobody checks.
#ifndef WEFT_ABUSE_WIRE_H
#define WEFT_ABUSE_WIRE_H

#include "abuse/play.h"
#include "wire/writer.h"

enum weft_abuse_frame_type {
    WEFT_ABUSE_DATA,
    WEFT_ABUSE_HEADERS,
    WEFT_ABUSE_PRIORITY,
    WEFT_ABUSE_RST_STREAM,
    WEFT_ABUSE_SETTINGS,
    WEFT_ABUSE_PUSH_PROMISE,
    WEFT_ABUSE_PING,
    WEFT_ABUSE_GOAWAY,
    WEFT_ABUSE_WINDOW_UPDATE,
    WEFT_ABUSE_CONTINUATION,
    WEFT_ABUSE_PRIORITY_UPDATE = 0x10,
};

enum {
    WEFT_ABUSE_END_STREAM = 1,
    WEFT_ABUSE_ACK = 1,
    WEFT_ABUSE_END_HEADERS = 4,
    WEFT_ABUSE_PADDED = 8,
    WEFT_ABUSE_WHOLE = WEFT_ABUSE_END_STREAM | WEFT_ABUSE_END_HEADERS,
};

/** SETTINGS_INITIAL_WINDOW_SIZE of 0: answers cannot end, so that their streams stay. */
#define WEFT_ABUSE_BLOCKED WEFT_SPAN("\0\x04\0\0\0\0")
/** The same setting at its most. */
#define WEFT_ABUSE_WIDE WEFT_SPAN("\0\x04\x7f\xff\xff\xff")
#define WEFT_ABUSE_NONE ((struct weft_span){NULL, 0})

void weft_abuse_put_frame(struct weft_writer *out, unsigned type, unsigned flags, uint32_t stream,
                          struct weft_span payload);

/** A frame of four bytes: RST_STREAM, WINDOW_UPDATE. */
void weft_abuse_put_number(struct weft_writer *out, unsigned type, uint32_t stream,
                           uint32_t number);

/** A literal of HPACK without indexing and without Huffman code (RFC 7541 §6.2.2). */
void weft_abuse_put_field(struct weft_writer *out, struct weft_span name, struct weft_span value);

/** The field block of an ordinary request of the target; nothing enters the table. */
void weft_abuse_put_block(struct weft_writer *out, const struct weft_abuse_play *play,
                          const char *method, struct weft_span path);

/** HEADERS of an ordinary GET of the URL's path, with `more` behind its block. */
void weft_abuse_put_request(struct weft_writer *out, const struct weft_abuse_play *play,
                            uint32_t stream, unsigned flags, struct weft_span more);

/** The same for a POST that has yet to send its content, and for a GET of the large file. */
void weft_abuse_put_upload(struct weft_writer *out, const struct weft_abuse_play *play,
                           uint32_t stream);
void weft_abuse_put_download(struct weft_writer *out, const struct weft_abuse_play *play,
                             uint32_t stream);

/** A block in HEADERS and as many CONTINUATIONs as it needs. */
void weft_abuse_put_long_block(struct weft_writer *out, uint32_t stream, unsigned flags,
                               struct weft_span block);

/** Opens a connection of HTTP/2 up to the acknowledged SETTINGS; `settings` is the payload of ours. */
bool weft_abuse_h2_open(struct weft_abuse_play *play, struct weft_abuse_link *link,
                        struct weft_span settings);

/** The same over a connection that is open already. */
bool weft_abuse_h2_greet(struct weft_abuse_link *link, struct weft_span settings);

/** A flood: connection after connection. */
struct weft_abuse_flood {
    enum weft_abuse_protocol protocol;
    struct weft_span settings; // of HTTP/2
    /** What stands before it on each connection; NULL: nothing. */
    void (*open)(struct weft_writer *out, const struct weft_abuse_play *play);
    /** The i-th piece on a connection, i from 0 on. */
    void (*piece)(struct weft_writer *out, const struct weft_abuse_play *play, uint32_t i);
    bool is_deaf;    // the server's words are not read
    bool asks_heads; // by HEAD
};

void weft_abuse_play_flood(struct weft_abuse_play *play, const struct weft_abuse_flood *flood);

#endif
