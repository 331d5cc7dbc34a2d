// h2/flow.h: flow-control windows, one for the connection and one for each stream, either way.
// RFC 9113 §5.2 (principles), §6.9 (WINDOW_UPDATE).
#ifndef WEFT_H2_FLOW_H
#define WEFT_H2_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WEFT_H2_WINDOW_FIRST = 65535,    // every window before SETTINGS or WINDOW_UPDATE, §6.9.2
    WEFT_H2_WINDOW_MOST = INT32_MAX, // §6.9.1
};

/** The bytes that we may still send. SETTINGS can push it below zero (§6.9.2). */
struct weft_h2_send_window {
    int64_t available;
};

/**
 * Opens the window, as the peer's WINDOW_UPDATE or a new SETTINGS_INITIAL_WINDOW_SIZE asks.
 *
 * change   bytes; below zero only from SETTINGS (the frame parser has refused increments of 0)
 * returns  false where the window would pass 2^31-1 bytes; it is then left as it was, and the caller
 *          answers with FLOW_CONTROL_ERROR
 * source   RFC 9113 §6.9.1, §6.9.2
 */
bool weft_h2_send_window_move(struct weft_h2_send_window *window, int64_t change);

/**
 * The bytes that the peer may still send. At any time
 * available + outstanding + unannounced == size, but where SETTINGS has moved `available`.
 */
struct weft_h2_receive_window {
    int64_t available;    // what the peer may send; below zero after a smaller SETTINGS
    uint32_t size;        // what it may send at most without our consuming
    uint32_t most;        // how far `size` may grow
    uint32_t outstanding; // received, not yet consumed
    uint32_t unannounced; // consumed, not yet given back with a WINDOW_UPDATE
    uint32_t round_size;  // consumed since round_start_us
    uint64_t round_start_us;
};

void weft_h2_receive_window_init(struct weft_h2_receive_window *window, uint32_t size,
                                 uint32_t most, uint64_t now_us);

/** Counts bytes that came; false where the peer was not allowed them: FLOW_CONTROL_ERROR, §6.9. */
bool weft_h2_receive_window_take(struct weft_h2_receive_window *window, uint32_t size);

/**
 * Counts bytes that the receiver is done with (at most those outstanding; more is cut).
 *
 * Updates are gathered: one goes out when half of the window waits. Where a whole window was consumed within
 * two round trips, the window is what holds the peer back, and it doubles.
 *
 * round_trip_us  the latest; the window does not grow while `knows_round_trip` is false
 * returns        the increment to announce now, or 0
 */
uint32_t weft_h2_receive_window_consume(struct weft_h2_receive_window *window, size_t size,
                                        uint64_t now_us, bool knows_round_trip,
                                        uint64_t round_trip_us);

#endif
