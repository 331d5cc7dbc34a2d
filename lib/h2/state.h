// h2/state.h: the life of one stream (RFC 9113 §5.1).
#ifndef WEFT_H2_STATE_H
#define WEFT_H2_STATE_H

#include "h2/error.h"

/** What can happen to a stream. END is the END_STREAM flag, taken after the frame that carries it. */
enum weft_h2_input {
    WEFT_H2_SEND_HEADERS,
    WEFT_H2_RECV_HEADERS,
    WEFT_H2_SEND_PROMISE, // PUSH_PROMISE names this stream
    WEFT_H2_RECV_PROMISE,
    WEFT_H2_SEND_DATA,
    WEFT_H2_RECV_DATA,
    WEFT_H2_SEND_END,
    WEFT_H2_RECV_END,
    WEFT_H2_RECV_WINDOW,
    WEFT_H2_RESET, // RST_STREAM, either way
    WEFT_H2_INPUTS,
};

struct weft_h2_stream_state {
    uint8_t now;
};

struct weft_h2_stream_state weft_h2_stream_idle(void);

/** Moves the state on, or refuses: then the state is as it was, and the error says how the peer's frame is
 *  to be answered (for the SEND inputs: that it may not be sent). */
struct weft_http_error weft_h2_stream_step(struct weft_h2_stream_state *state,
                                           enum weft_h2_input input);

/** Would the step be taken? */
bool weft_h2_stream_allows(struct weft_h2_stream_state state, enum weft_h2_input input);

bool weft_h2_stream_is_closed(struct weft_h2_stream_state state);

/** May the peer still send content or trailers? */
bool weft_h2_stream_awaits_peer(struct weft_h2_stream_state state);

#endif
