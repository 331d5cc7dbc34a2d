// h2/frame.h: reads frames (RFC 9113 §4, §6; RFC 9218 §7.1).
#ifndef WEFT_H2_FRAME_H
#define WEFT_H2_FRAME_H

#include "base/span.h"
#include "h2/error.h"
#include "http/priority.h"
#include "wire/reader.h"

enum {
    WEFT_H2_FRAME_HEADER_SIZE = 9, // §4.1
    WEFT_H2_FRAME_PAYLOAD = 16384, // SETTINGS_MAX_FRAME_SIZE as it starts and we leave ours, §6.5.2
    WEFT_H2_STREAM_ID_MOST = INT32_MAX,
};

enum weft_h2_frame_type {
    WEFT_H2_DATA = 0x0,
    WEFT_H2_HEADERS = 0x1,
    WEFT_H2_PRIORITY = 0x2,
    WEFT_H2_RST_STREAM = 0x3,
    WEFT_H2_SETTINGS = 0x4,
    WEFT_H2_PUSH_PROMISE = 0x5,
    WEFT_H2_PING = 0x6,
    WEFT_H2_GOAWAY = 0x7,
    WEFT_H2_WINDOW_UPDATE = 0x8,
    WEFT_H2_CONTINUATION = 0x9,
    WEFT_H2_PRIORITY_UPDATE = 0x10,
};

enum weft_h2_flag {
    WEFT_H2_END_STREAM = 0x1,     // DATA, HEADERS
    WEFT_H2_ACK = 0x1,            // SETTINGS, PING
    WEFT_H2_END_HEADERS = 0x4,    // HEADERS, PUSH_PROMISE, CONTINUATION
    WEFT_H2_PADDED = 0x8,         // DATA, HEADERS, PUSH_PROMISE
    WEFT_H2_WITH_PRIORITY = 0x20, // HEADERS
};

struct weft_h2_frame {
    uint32_t length; // of the payload
    uint8_t type;
    uint8_t flags;
    uint32_t stream_id;
};

/** Reads a frame's header, 9 bytes. */
static inline struct weft_h2_frame
weft_h2_parse_frame_header(const uint8_t bytes[WEFT_H2_FRAME_HEADER_SIZE])
{
    uint32_t head = weft_load_u32(bytes);
    return (struct weft_h2_frame){
        .length = head >> 8,   // Length (24)
        .type = (uint8_t)head, // Type (8)
        .flags = bytes[4],     // Flags (8)
        .stream_id = weft_load_u32(bytes + 5) &
                     WEFT_H2_STREAM_ID_MOST, // Reserved (1), Stream Identifier (31)
    };
}

/** Does the table of rules know the type? Others are ignored, §4.1. */
bool weft_h2_frame_is_known(uint8_t type);

/** May such a frame stand on that stream, and is it of a size that it may have? An error of stream scope is
 *  the caller's to widen where the stream is idle. */
struct weft_http_error weft_h2_frame_check(const struct weft_h2_frame *frame);

/** What stands in HEADERS and PRIORITY about the order of streams, §6.3. */
struct weft_h2_weight {
    bool is_present;
    bool is_exclusive;
    uint32_t depends_on;
    uint16_t weight; // 1 to 256
};

/** A HEADERS or PUSH_PROMISE payload without its padding. */
struct weft_h2_headers {
    struct weft_h2_weight weight; // HEADERS
    uint32_t promised_id;         // PUSH_PROMISE
    struct weft_span fragment;    // of the field block, borrowed
};

struct weft_http_error weft_h2_parse_headers(const struct weft_h2_frame *frame,
                                             struct weft_span payload, struct weft_h2_headers *out);

/** `payload` has 5 bytes: the rules saw to that. */
struct weft_h2_weight weft_h2_parse_priority(struct weft_span payload);

/** The urgency that stands for a weight of RFC 7540, as browsers map them. */
uint8_t weft_h2_weight_urgency(uint16_t weight);

struct weft_h2_goaway {
    uint32_t last_stream_id;
    uint32_t code;
    struct weft_span debug_data;
};

struct weft_h2_goaway weft_h2_parse_goaway(struct weft_span payload);

struct weft_h2_priority_update {
    uint32_t stream_id;
    struct weft_span value; // a Priority field value, borrowed
};

struct weft_h2_priority_update weft_h2_parse_priority_update(struct weft_span payload);

/** The number in a payload of RST_STREAM (an error code) or WINDOW_UPDATE (31 bits of increment). */
uint32_t weft_h2_parse_code(struct weft_span payload);
uint32_t weft_h2_parse_increment(struct weft_span payload);

#endif
