// h2/frame_write.h: writes frames (RFC 9113 §4, §6; RFC 9218 §7.1).
#ifndef WEFT_H2_FRAME_WRITE_H
#define WEFT_H2_FRAME_WRITE_H

#include "h2/frame.h"
#include "h2/settings.h"
#include "wire/queue.h"

/** Writes a frame's header over 9 bytes of room. */
void weft_h2_put_frame_header(uint8_t *room, struct weft_h2_frame frame);

// Each adds one whole frame, or nothing and returns WEFT_NO_MEMORY.

struct weft_h2_setting {
    uint16_t id;
    uint32_t value;
};

WEFT_MUST_USE enum weft_result weft_h2_write_settings(struct weft_queue *out,
                                                      const struct weft_h2_setting *settings,
                                                      size_t count);
WEFT_MUST_USE enum weft_result weft_h2_write_settings_ack(struct weft_queue *out);

/** opaque  8 bytes */
WEFT_MUST_USE enum weft_result weft_h2_write_ping(struct weft_queue *out, bool is_ack,
                                                  const uint8_t *opaque);
WEFT_MUST_USE enum weft_result weft_h2_write_rst_stream(struct weft_queue *out, uint32_t stream_id,
                                                        uint32_t code);
WEFT_MUST_USE enum weft_result weft_h2_write_window_update(struct weft_queue *out,
                                                           uint32_t stream_id, uint32_t increment);
WEFT_MUST_USE enum weft_result weft_h2_write_goaway(struct weft_queue *out, uint32_t last_stream_id,
                                                    uint32_t code, struct weft_span debug_data);
WEFT_MUST_USE enum weft_result
weft_h2_write_priority_update(struct weft_queue *out, uint32_t stream_id, struct weft_span value);

/**
 * Makes one frame, or several, of a field block that was written behind room for a frame header.
 *
 * at        where that room begins, counted from the queue's first waiting byte
 * frame     HEADERS or PUSH_PROMISE; its length is set here, END_HEADERS where it belongs (§4.3)
 * max_size  the peer's SETTINGS_MAX_FRAME_SIZE; what passes it goes into CONTINUATION frames
 * returns   WEFT_NO_MEMORY: the queue then holds an unfinished frame
 */
WEFT_MUST_USE enum weft_result weft_h2_close_field_block(struct weft_queue *out, size_t at,
                                                         struct weft_h2_frame frame,
                                                         uint32_t max_size);

#endif
