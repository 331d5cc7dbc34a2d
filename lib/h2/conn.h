// h2/conn.h: what the files of this folder share about a connection.
//
//   conn.c          birth, events, ends: of streams and of the connection
//   conn_recv.c     bytes into frames, DATA
//   conn_frames.c   the frames that are not DATA or field blocks
//   conn_fields.c   field blocks into heads
//   conn_send.c     heads out, resets, drain
//   conn_turn.c     content out, by turns
//   conn_output.c   the queues of bytes, control frames first
//   conn_priority.c what is known of a stream's urgency
//   conn_time.c     timeouts
#ifndef WEFT_H2_CONN_H
#define WEFT_H2_CONN_H

#include "h2/flood.h"
#include "h2/frame.h"
#include "h2/frame_write.h"
#include "h2/h2.h"
#include "h2/settings.h"
#include "h2/stream.h"
#include "hpack/hpack.h"
#include "http/message.h"
#include "http/trace.h"

enum { WEFT_H2_MAGIC_SIZE = 24, WEFT_H2_UPDATES = 32 };

/** "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", §3.4. */
extern const uint8_t weft_h2_magic[WEFT_H2_MAGIC_SIZE];

/** What the next bytes from the peer are. */
enum weft_h2_phase {
    WEFT_H2_IN_MAGIC,
    WEFT_H2_IN_FRAME_HEADER,
    WEFT_H2_IN_PAYLOAD, // is gathered whole
    WEFT_H2_IN_PAD_LENGTH,
    WEFT_H2_IN_CONTENT, // of DATA; handed on piece by piece
    WEFT_H2_IN_SKIPPED, // padding, or what is ignored
};

/** How far a graceful end has come, §6.8. */
enum weft_h2_drain {
    WEFT_H2_NOT_DRAINING,
    WEFT_H2_DRAIN_ANNOUNCED, // GOAWAY with 2^31-1
    WEFT_H2_DRAIN_FINAL,     // GOAWAY with the last id
};

struct weft_h2_in {
    struct weft_span rest; // of the bytes fed
    uint8_t phase;         // enum weft_h2_phase
    uint8_t header_size;   // bytes of `header` that came
    uint8_t header[WEFT_H2_MAGIC_SIZE];
    struct weft_h2_frame frame;
    uint32_t left;    // of the part that the phase is in
    uint32_t padding; // behind it
    uint32_t content_stream_id;
    struct weft_queue payload; // of a frame that comes in pieces
    struct weft_queue block;   // a field block that comes in frames
    bool in_block;
    struct weft_h2_frame block_frame; // its HEADERS or PUSH_PROMISE
    struct weft_h2_headers block_headers;
    uint32_t continuation_count;
    uint64_t head_start_us; // when what is incomplete began to come; 0 for nothing
    uint32_t streams_this_feed;
    struct weft_hpack_decoder *decoder;
    struct weft_h2_known_heads *known; // NULL until a head came
};

struct weft_h2_out {
    struct weft_queue frames;  // in the order in which they were made
    struct weft_queue control; // goes out at the next frame's end
    uint32_t frames_left;      // bytes to the end of the frame that is going out
    uint32_t control_left;
    size_t bound;           // bytes of `frames` that nothing overtakes any more
    bool gives_control;     // what weft_h2_output() lent last
    uint32_t count;         // control frames waiting in both
    uint32_t size;          // their bytes
    uint64_t progress_us;   // when bytes left, or began to wait
    uint64_t rate_start_us; // since when `rate_size` bytes have left, while others waited
    uint64_t rate_size;
    struct weft_hpack_encoder *encoder;
};

struct weft_h2_update {
    uint32_t stream_id;
    struct weft_http_priority priority;
};

struct weft_h2_conn {
    struct weft_http_engine_config config; // alloc is the caller's
    struct weft_alloc alloc;               // charges `held` against the memory budget
    size_t held;
    uint64_t now_us;
    uint64_t start_us;
    struct weft_h2_in in;
    struct weft_h2_out out;

    struct weft_h2_settings peer; // what the peer said last
    uint64_t settings_sent_us;
    struct weft_h2_send_window send_window;
    struct weft_h2_receive_window receive_window;
    struct weft_h2_streams streams;
    struct weft_http_scheduler scheduler;
    struct weft_h2_update *updates; // WEFT_H2_UPDATES of them, or NULL; for streams yet to come
    uint8_t update_next;
    bool is_shared;        // a proxy sends requests of several clients, RFC 9218 §13.1
    bool has_settings;     // the peer's first SETTINGS came
    bool is_acknowledged;  // the peer has taken ours
    bool has_event;        // the one that is pulled was filled
    bool knows_round_trip; // `round_trip_us` was measured
    struct weft_h2_flood flood;

    struct weft_http_event *event; // while one is pulled: the caller's
    struct weft_h2_stream *pulled; // its STREAM_CLOSED was handed out; goes with the next call
    size_t known_count;

    bool is_failed;
    bool failure_told;
    bool peer_has_closed;
    bool goaway_came;
    uint8_t drain;   // enum weft_h2_drain
    bool is_trimmed; // idle, and nothing is kept for speed
    bool ping_is_out;
    uint8_t ping_data[8];
    uint32_t goaway_last_id; // of the GOAWAY that came
    uint32_t drain_last_id;
    uint64_t drain_start_us;
    struct weft_http_error error;

    uint64_t idle_start_us; // since when no stream is open
    uint64_t check_us;      // when the streams' timeouts were looked at last
    uint64_t ping_sent_us;
    uint64_t round_trip_us;
    uint64_t random;
    struct weft_http_totals totals;
};

static inline bool weft_h2_is_server(const struct weft_h2_conn *conn)
{
    return conn->config.role == WEFT_HTTP_SERVER;
}

static inline const struct weft_http_limits *weft_h2_limits(const struct weft_h2_conn *conn)
{
    return conn->config.limits;
}

// conn.c

/** Fails the connection, §5.4.1; later failures change nothing. */
void weft_h2_conn_fail(struct weft_h2_conn *conn, struct weft_http_error error);

/** Answers an error by its scope; `stream` may be NULL where there is none to reset. */
void weft_h2_conn_answer(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                         struct weft_http_error error);

/** Ends a stream with RST_STREAM, §5.4.2. */
void weft_h2_conn_reset(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                        struct weft_http_error error);

/** Do the windows keep a stream's content back? */
static inline bool weft_h2_conn_is_blocked(const struct weft_h2_conn *conn,
                                           const struct weft_h2_stream *stream)
{
    return stream->send_window.available <= 0 || conn->send_window.available <= 0;
}

/** Sends the GOAWAY that names the last stream, §6.8. */
void weft_h2_conn_final_goaway(struct weft_h2_conn *conn);

/** A stream is over: STREAM_CLOSED becomes due. One that the user does not know is forgotten at once. */
void weft_h2_conn_end_stream(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                             struct weft_http_error error);

/** Ends the stream where both sides are done. */
void weft_h2_conn_settle(struct weft_h2_conn *conn, struct weft_h2_stream *stream);

/** Counts odd behaviour: near the limit the connection drains, at it it fails. */
void weft_h2_conn_glitch(struct weft_h2_conn *conn, uint32_t points);

/** Counts a frame that came for a stream that is over, where it may have been on its way. */
void weft_h2_conn_late_frame(struct weft_h2_conn *conn);

/** Spends of a bucket; false where the connection has failed by it. */
bool weft_h2_conn_spend(struct weft_h2_conn *conn, enum weft_h2_flood_kind kind);

/** Makes an event due; there may be one at a time. */
struct weft_http_event *weft_h2_conn_event(struct weft_h2_conn *conn,
                                           enum weft_http_event_type type,
                                           struct weft_h2_stream *stream);

/** Opens a stream object; NULL without memory. */
struct weft_h2_stream *weft_h2_conn_add_stream(struct weft_h2_conn *conn, uint32_t id,
                                               bool is_ours);

/** Has the id been used by the side that it belongs to? Where not, it is idle, §5.1.1. */
bool weft_h2_conn_was_used(const struct weft_h2_conn *conn, uint32_t id);

// conn_recv.c

/** Works on what was fed until something is to be told or all is used up; false then. */
bool weft_h2_conn_receive(struct weft_h2_conn *conn);

/** Gives `size` received bytes back to the connection's window, and to the stream's where it is not NULL. */
void weft_h2_conn_consume(struct weft_h2_conn *conn, struct weft_h2_stream *stream, size_t size);

// conn_frames.c

void weft_h2_conn_on_frame(struct weft_h2_conn *conn, struct weft_span payload);

/** What to do with a frame on a stream that is no longer kept, §5.1: nothing where it was reset by us. */
struct weft_http_error weft_h2_conn_judge_past(struct weft_h2_conn *conn, uint32_t id);

// conn_fields.c

/** Drops the heads that were remembered. */
void weft_h2_conn_forget_heads(struct weft_h2_conn *conn);

void weft_h2_conn_on_block(struct weft_h2_conn *conn, const struct weft_h2_frame *frame,
                           const struct weft_h2_headers *headers, struct weft_span block);

// conn_send.c

void weft_h2_conn_send_preface(struct weft_h2_conn *conn);

/** Answers a request with a head of nothing but a status, without the user: 431 and 501. */
void weft_h2_conn_answer_status(struct weft_h2_conn *conn, uint32_t stream_id, uint16_t status);

// conn_turn.c

/** Puts the stream among those that may send, or takes it out. */
void weft_h2_conn_update_ready(struct weft_h2_conn *conn, struct weft_h2_stream *stream);

// conn_output.c. Each fails the connection where there is no memory.

void weft_h2_conn_send_ping(struct weft_h2_conn *conn, bool is_ack, const uint8_t *opaque);
void weft_h2_conn_send_window_update(struct weft_h2_conn *conn, uint32_t stream_id,
                                     uint32_t increment);
void weft_h2_conn_send_settings_ack(struct weft_h2_conn *conn);
void weft_h2_conn_send_rst(struct weft_h2_conn *conn, uint32_t stream_id, uint32_t code);
void weft_h2_conn_send_priority_update(struct weft_h2_conn *conn, uint32_t stream_id,
                                       struct weft_span value);
void weft_h2_conn_send_goaway(struct weft_h2_conn *conn, uint32_t last_id, uint32_t code,
                              const char *reason);

/** Where the next frame of out.frames will begin; also notes that bytes begin to wait. */
size_t weft_h2_conn_frame_start(struct weft_h2_conn *conn);

/** Counts where output_size is reached by what was added behind `before` bytes of out.frames. */
void weft_h2_conn_count_output(struct weft_h2_conn *conn, size_t before);

/** Writes the frames from `at` on into the trace, which there is. */
void weft_h2_conn_trace_frames(struct weft_h2_conn *conn, const struct weft_queue *queue,
                               size_t at);

/** The same, where there is a trace. */
static inline void weft_h2_conn_trace_out(struct weft_h2_conn *conn, const struct weft_queue *queue,
                                          size_t at)
{
    if (conn->config.trace) weft_h2_conn_trace_frames(conn, queue, at);
}
void weft_h2_conn_trace(struct weft_h2_conn *conn, struct weft_trace_record record);

/** Drops what is only held for speed. */
void weft_h2_conn_trim(struct weft_h2_conn *conn);

// conn_priority.c

/** A new stream takes what was said of it: an update that came before it, else its head and its weight. */
void weft_h2_conn_first_priority(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                                 const struct weft_http_head *head, struct weft_h2_weight weight);
void weft_h2_conn_on_weight(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                            struct weft_h2_weight weight);
/** What the answer says of its own urgency goes before what the client asked, RFC 9218 §8; its media type counts where
 *  nobody has said anything. */
void weft_h2_conn_merge_priority(struct weft_h2_conn *conn, struct weft_h2_stream *stream,
                                 const struct weft_http_head *head);
void weft_h2_conn_on_priority_update(struct weft_h2_conn *conn, struct weft_span payload);

#endif
