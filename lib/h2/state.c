// h2/state.c
#include "h2/state.h"

enum {
    REFUSED,
    IDLE,
    RESERVED_LOCAL,
    RESERVED_REMOTE,
    OPEN,
    HALF_LOCAL,
    HALF_REMOTE,
    CLOSED,
    STATES
};

// RFC 9113 §5.1, figure 2. A cell of 0 is REFUSED. PRIORITY may come in any state and is not here.
// clang-format off
static const uint8_t next_state[STATES][WEFT_H2_INPUTS] = {
    //                     HEADERS                    PUSH_PROMISE                     DATA                      END_STREAM                WINDOW_UPDATE RST_STREAM
    //                     send         recv          send            recv             send         recv         send         recv         recv          either
    [IDLE]            = {  OPEN,        OPEN,         RESERVED_LOCAL, RESERVED_REMOTE, 0,           0,           0,           0,           0,            0      },
    [RESERVED_LOCAL]  = {  HALF_REMOTE, 0,            0,              0,               0,           0,           0,           0,           RESERVED_LOCAL, CLOSED },
    [RESERVED_REMOTE] = {  0,           HALF_LOCAL,   0,              0,               0,           0,           0,           0,           0,            CLOSED },
    [OPEN]            = {  OPEN,        OPEN,         0,              0,               OPEN,        OPEN,        HALF_LOCAL,  HALF_REMOTE, OPEN,         CLOSED },
    [HALF_LOCAL]      = {  0,           HALF_LOCAL,   0,              0,               0,           HALF_LOCAL,  0,           CLOSED,      HALF_LOCAL,   CLOSED },
    [HALF_REMOTE]     = {  HALF_REMOTE, 0,            0,              0,               HALF_REMOTE, 0,           CLOSED,      0,           HALF_REMOTE,  CLOSED },
    [CLOSED]          = {  0,           0,            0,              0,               0,           0,           0,           0,           CLOSED,       CLOSED },
};
// clang-format on

static struct weft_http_error refusal(uint8_t state)
{
    switch (state) {
    case IDLE: return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR, "frame on an idle stream");
    case RESERVED_LOCAL:
    case RESERVED_REMOTE:
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR, "frame on a reserved stream");
    case CLOSED:
        return weft_h2_connection_error(WEFT_HTTP_STREAM_CLOSED_ERROR, "frame on a closed stream");
    default:
        return weft_h2_stream_error(WEFT_HTTP_STREAM_CLOSED_ERROR,
                                    "frame after the end of its stream");
    }
}

struct weft_h2_stream_state weft_h2_stream_idle(void)
{
    return (struct weft_h2_stream_state){.now = IDLE};
}

struct weft_http_error weft_h2_stream_step(struct weft_h2_stream_state *state,
                                           enum weft_h2_input input)
{
    uint8_t next = next_state[state->now][input];
    if (next == REFUSED) return refusal(state->now);

    state->now = next;
    return WEFT_H2_OK;
}

bool weft_h2_stream_allows(struct weft_h2_stream_state state, enum weft_h2_input input)
{
    return next_state[state.now][input] != REFUSED;
}

bool weft_h2_stream_is_closed(struct weft_h2_stream_state state)
{
    return state.now == CLOSED;
}

bool weft_h2_stream_awaits_peer(struct weft_h2_stream_state state)
{
    return state.now == OPEN || state.now == HALF_LOCAL || state.now == RESERVED_REMOTE;
}
