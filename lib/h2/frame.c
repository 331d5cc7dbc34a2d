// h2/frame.c
#include "h2/frame.h"

#include "wire/reader.h"

enum place {
    ON_STREAM = 1,
    ON_CONNECTION = 2,
    ON_EITHER = ON_STREAM | ON_CONNECTION,
};

struct frame_rule {
    uint8_t place;
    uint8_t size_scope; // how far a wrong size reaches, §4.2
    uint16_t multiple;  // the size is one of this
    uint32_t min_size;
    uint32_t max_size;
};

// On which stream a frame may stand, how many bytes its payload may have, and how far a wrong size reaches.
// clang-format off
static const struct frame_rule frame_rules[] = {
    [WEFT_H2_DATA]            = {ON_STREAM,     WEFT_HTTP_STREAM,     1, 0, WEFT_H2_FRAME_PAYLOAD}, // §6.1
    [WEFT_H2_HEADERS]         = {ON_STREAM,     WEFT_HTTP_CONNECTION, 1, 0, WEFT_H2_FRAME_PAYLOAD}, // §6.2
    [WEFT_H2_PRIORITY]        = {ON_STREAM,     WEFT_HTTP_STREAM,     1, 5, 5},                     // §6.3
    [WEFT_H2_RST_STREAM]      = {ON_STREAM,     WEFT_HTTP_CONNECTION, 1, 4, 4},                     // §6.4
    [WEFT_H2_SETTINGS]        = {ON_CONNECTION, WEFT_HTTP_CONNECTION, 6, 0, WEFT_H2_FRAME_PAYLOAD}, // §6.5
    [WEFT_H2_PUSH_PROMISE]    = {ON_STREAM,     WEFT_HTTP_CONNECTION, 1, 4, WEFT_H2_FRAME_PAYLOAD}, // §6.6
    [WEFT_H2_PING]            = {ON_CONNECTION, WEFT_HTTP_CONNECTION, 1, 8, 8},                     // §6.7
    [WEFT_H2_GOAWAY]          = {ON_CONNECTION, WEFT_HTTP_CONNECTION, 1, 8, WEFT_H2_FRAME_PAYLOAD}, // §6.8
    [WEFT_H2_WINDOW_UPDATE]   = {ON_EITHER,     WEFT_HTTP_CONNECTION, 1, 4, 4},                     // §6.9
    [WEFT_H2_CONTINUATION]    = {ON_STREAM,     WEFT_HTTP_CONNECTION, 1, 0, WEFT_H2_FRAME_PAYLOAD}, // §6.10
    [WEFT_H2_PRIORITY_UPDATE] = {ON_CONNECTION, WEFT_HTTP_CONNECTION, 1, 4, WEFT_H2_FRAME_PAYLOAD}, // RFC 9218 §7.1
};
// clang-format on

bool weft_h2_frame_is_known(uint8_t type)
{
    return type < WEFT_COUNT(frame_rules) && frame_rules[type].place != 0;
}

struct weft_http_error weft_h2_frame_check(const struct weft_h2_frame *frame)
{
    if (!weft_h2_frame_is_known(frame->type)) { // its payload is passed over: its size counts too
        if (frame->length <= WEFT_H2_FRAME_PAYLOAD) return WEFT_H2_OK; // ignored, §4.1
        return weft_h2_connection_error(WEFT_HTTP_FRAME_SIZE_ERROR, "frame too large"); // §4.2
    }
    const struct frame_rule *rule = &frame_rules[frame->type];
    unsigned place = frame->stream_id == 0 ? ON_CONNECTION : ON_STREAM;

    if (!(rule->place & place)) {
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "frame on a stream that it may not be on");
    }
    if (frame->length < rule->min_size || frame->length > rule->max_size ||
        frame->length % rule->multiple != 0) {
        return (struct weft_http_error){.scope = rule->size_scope, // §4.2
                                        .code = WEFT_HTTP_FRAME_SIZE_ERROR,
                                        .reason = "frame of a wrong size"};
    }
    return WEFT_H2_OK;
}

static struct weft_h2_weight read_weight(struct weft_reader *in)
{
    uint32_t dependency = weft_read_u32(in); // Exclusive (1), Stream Dependency (31)
    return (struct weft_h2_weight){
        .is_present = true,
        .is_exclusive = dependency >> 31,
        .depends_on = dependency & INT32_MAX,
        .weight = (uint16_t)(weft_read_u8(in) + 1), // Weight (8), from 0
    };
}

struct weft_http_error weft_h2_parse_headers(const struct weft_h2_frame *frame,
                                             struct weft_span payload, struct weft_h2_headers *out)
{
    struct weft_reader in = weft_reader_over(payload);
    *out = (struct weft_h2_headers){0};

    uint8_t padding = 0;
    if (frame->flags & WEFT_H2_PADDED) padding = weft_read_u8(&in); // Pad Length (8)
    if (frame->type == WEFT_H2_HEADERS && (frame->flags & WEFT_H2_WITH_PRIORITY)) {
        out->weight = read_weight(&in);
    }
    if (frame->type == WEFT_H2_PUSH_PROMISE) {
        out->promised_id = weft_read_u31(&in); // Reserved (1), Promised Stream ID (31)
    }
    if (in.failed) {
        return weft_h2_connection_error(WEFT_HTTP_FRAME_SIZE_ERROR, "field block frame cut short");
    }
    if (padding > weft_reader_left(&in)) { // §6.2, §6.6
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR, "padding larger than its frame");
    }
    out->fragment = weft_read_bytes(&in, weft_reader_left(&in) - padding); // then Padding (..)
    return WEFT_H2_OK;
}

struct weft_h2_weight weft_h2_parse_priority(struct weft_span payload)
{
    struct weft_reader in = weft_reader_over(payload);
    return read_weight(&in);
}

// Chromium spreads its 8 priorities evenly over the weights, 256 the most urgent; 16, the default of RFC 7540
// §5.3.5, says nothing.
uint8_t weft_h2_weight_urgency(uint16_t weight)
{
    if (weight == 16) return WEFT_HTTP_DEFAULT_URGENCY;
    return (uint8_t)(7 - ((weight - 1) * 7 + 127) / 255);
}

struct weft_h2_goaway weft_h2_parse_goaway(struct weft_span payload)
{
    struct weft_reader in = weft_reader_over(payload);
    struct weft_h2_goaway goaway;

    goaway.last_stream_id = weft_read_u31(&in); // Reserved (1), Last-Stream-ID (31)
    goaway.code = weft_read_u32(&in);           // Error Code (32)
    goaway.debug_data = weft_read_rest(&in);    // Additional Debug Data (..), borrowed
    return goaway;
}

struct weft_h2_priority_update weft_h2_parse_priority_update(struct weft_span payload)
{
    struct weft_reader in = weft_reader_over(payload);
    struct weft_h2_priority_update update;

    update.stream_id = weft_read_u31(&in); // Reserved (1), Prioritized Stream ID (31)
    update.value = weft_read_rest(&in);    // Priority Field Value (..)
    return update;
}

uint32_t weft_h2_parse_code(struct weft_span payload)
{
    struct weft_reader in = weft_reader_over(payload);
    return weft_read_u32(&in); // Error Code (32)
}

uint32_t weft_h2_parse_increment(struct weft_span payload)
{
    struct weft_reader in = weft_reader_over(payload);
    return weft_read_u31(&in); // Reserved (1), Window Size Increment (31)
}
