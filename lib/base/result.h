// base/result.h: how a call that can fail ends.
#ifndef WEFT_BASE_RESULT_H
#define WEFT_BASE_RESULT_H

enum weft_result {
    WEFT_OK = 0,
    WEFT_NO_MEMORY, // the allocator said no, or a memory budget is used up
    WEFT_INVALID,   // what the caller asked for breaks a rule; nothing was changed
    WEFT_GONE,      // the stream or the connection is over
    WEFT_LATER,     // not now: a limit of the peer's or ours is reached; it may work later
};

#endif
