// h2/frame_write.c
#include "h2/frame_write.h"

#include "wire/writer.h"

void weft_h2_put_frame_header(uint8_t *room, struct weft_h2_frame frame)
{
    weft_store_u32(room, frame.length << 8 | frame.type); // Length (24), Type (8)
    room[4] = frame.flags;                                // Flags (8)
    weft_store_u32(room + 5, frame.stream_id);            // Reserved (1), Stream Identifier (31)
}

// Room for a frame with its header already written; `payload` is set to the place behind it.
static enum weft_result start(struct weft_queue *queue, struct weft_h2_frame frame,
                              struct weft_writer *payload)
{
    uint8_t *room = weft_queue_room(queue, WEFT_H2_FRAME_HEADER_SIZE + frame.length);
    if (!room) return WEFT_NO_MEMORY;
    weft_h2_put_frame_header(room, frame);
    *payload = weft_writer_over(room + WEFT_H2_FRAME_HEADER_SIZE, frame.length);
    weft_queue_add_room(queue, WEFT_H2_FRAME_HEADER_SIZE + frame.length);
    return WEFT_OK;
}

enum weft_result weft_h2_write_settings(struct weft_queue *out,
                                        const struct weft_h2_setting *settings, size_t count)
{
    struct weft_writer payload;
    struct weft_h2_frame frame = {.type = WEFT_H2_SETTINGS,
                                  .length = (uint32_t)(count * WEFT_H2_SETTING_SIZE)};
    if (start(out, frame, &payload) != WEFT_OK) return WEFT_NO_MEMORY;

    for (size_t i = 0; i < count; i++) {
        weft_write_u16(&payload, settings[i].id);    // Identifier (16)
        weft_write_u32(&payload, settings[i].value); // Value (32)
    }
    return WEFT_OK;
}

enum weft_result weft_h2_write_settings_ack(struct weft_queue *out)
{
    struct weft_writer payload;
    return start(out, (struct weft_h2_frame){.type = WEFT_H2_SETTINGS, .flags = WEFT_H2_ACK},
                 &payload);
}

enum weft_result weft_h2_write_ping(struct weft_queue *out, bool is_ack, const uint8_t *opaque)
{
    struct weft_writer payload;
    struct weft_h2_frame frame = {
        .type = WEFT_H2_PING, .length = 8, .flags = is_ack ? WEFT_H2_ACK : 0};
    if (start(out, frame, &payload) != WEFT_OK) return WEFT_NO_MEMORY;
    weft_write_bytes(&payload, (struct weft_span){opaque, 8}); // Opaque Data (64)
    return WEFT_OK;
}

static enum weft_result write_number(struct weft_queue *out, uint8_t type, uint32_t stream_id,
                                     uint32_t number)
{
    struct weft_writer payload;
    struct weft_h2_frame frame = {.type = type, .length = 4, .stream_id = stream_id};
    if (start(out, frame, &payload) != WEFT_OK) return WEFT_NO_MEMORY;
    weft_write_u32(&payload, number);
    return WEFT_OK;
}

enum weft_result weft_h2_write_rst_stream(struct weft_queue *out, uint32_t stream_id, uint32_t code)
{
    return write_number(out, WEFT_H2_RST_STREAM, stream_id, code);
}

enum weft_result weft_h2_write_window_update(struct weft_queue *out, uint32_t stream_id,
                                             uint32_t increment)
{
    return write_number(out, WEFT_H2_WINDOW_UPDATE, stream_id, increment);
}

enum weft_result weft_h2_write_goaway(struct weft_queue *out, uint32_t last_stream_id,
                                      uint32_t code, struct weft_span debug_data)
{
    struct weft_writer payload;
    struct weft_h2_frame frame = {.type = WEFT_H2_GOAWAY,
                                  .length = (uint32_t)(8 + debug_data.size)};
    if (start(out, frame, &payload) != WEFT_OK) return WEFT_NO_MEMORY;
    weft_write_u32(&payload, last_stream_id); // Reserved (1), Last-Stream-ID (31)
    weft_write_u32(&payload, code);           // Error Code (32)
    weft_write_bytes(&payload, debug_data);   // Additional Debug Data (..)
    return WEFT_OK;
}

enum weft_result weft_h2_write_priority_update(struct weft_queue *out, uint32_t stream_id,
                                               struct weft_span value)
{
    struct weft_writer payload;
    struct weft_h2_frame frame = {.type = WEFT_H2_PRIORITY_UPDATE,
                                  .length = (uint32_t)(4 + value.size)};
    if (start(out, frame, &payload) != WEFT_OK) return WEFT_NO_MEMORY;
    weft_write_u32(&payload, stream_id); // Reserved (1), Prioritized Stream ID (31)
    weft_write_bytes(&payload, value);   // Priority Field Value (..)
    return WEFT_OK;
}

enum weft_result weft_h2_close_field_block(struct weft_queue *out, size_t at,
                                           struct weft_h2_frame frame, uint32_t max_size)
{
    size_t size = weft_queue_size(out) - at - WEFT_H2_FRAME_HEADER_SIZE;
    size_t more = size > max_size ? (size - 1) / max_size : 0; // CONTINUATION frames
    if (more > 0 && !weft_queue_room(out, more * WEFT_H2_FRAME_HEADER_SIZE)) return WEFT_NO_MEMORY;

    uint8_t *first = out->data + out->start + at;
    frame.length = (uint32_t)(more > 0 ? max_size : size);
    if (more == 0) frame.flags |= WEFT_H2_END_HEADERS;
    weft_h2_put_frame_header(first, frame);

    // from the back, so that nothing is overwritten that has not moved yet
    for (size_t i = more; i > 0; i--) {
        size_t from = WEFT_H2_FRAME_HEADER_SIZE + i * max_size;
        size_t length = i == more ? size - more * max_size : max_size;
        uint8_t *to = first + from + i * WEFT_H2_FRAME_HEADER_SIZE;
        memmove(to, first + from, length);
        weft_h2_put_frame_header(to - WEFT_H2_FRAME_HEADER_SIZE,
                                 (struct weft_h2_frame){
                                     .length = (uint32_t)length,
                                     .type = WEFT_H2_CONTINUATION,
                                     .flags = i == more ? WEFT_H2_END_HEADERS : 0,
                                     .stream_id = frame.stream_id,
                                 });
    }
    weft_queue_add_room(out, more * WEFT_H2_FRAME_HEADER_SIZE);
    return WEFT_OK;
}
