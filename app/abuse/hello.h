// abuse/hello.h: a ClientHello of TLS 1.2, and what stands around it (RFC 5246 §7.4.1.2, §6.2.1).
#ifndef WEFT_ABUSE_HELLO_H
#define WEFT_ABUSE_HELLO_H

#include "wire/writer.h"

enum {
    WEFT_ABUSE_RECORD_CCS = 20,
    WEFT_ABUSE_RECORD_ALERT = 21,
    WEFT_ABUSE_RECORD_HANDSHAKE = 22,
    WEFT_ABUSE_RECORD_HEARTBEAT = 24,
};

struct weft_abuse_hello {
    uint16_t version;             // 0: TLS 1.2
    struct weft_span ciphers;     // two bytes each; empty: ECDHE with AES-GCM
    struct weft_span compression; // a byte each; empty: none
    struct weft_span name;        // SNI; empty: no such extension
    struct weft_span alpn; // the list as on the wire, each with its size; empty: no such extension
    struct weft_span more; // whole extensions
    size_t filler;         // bytes of an extension that nobody knows
};

/** The handshake message with its header. */
void weft_abuse_put_hello(struct weft_writer *out, const struct weft_abuse_hello *hello);

/** A record; its length may be a lie: `length` 0 says what is there. */
void weft_abuse_put_record(struct weft_writer *out, unsigned type, struct weft_span payload,
                           unsigned length);

#endif
