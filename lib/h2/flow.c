// h2/flow.c
#include "h2/flow.h"

bool weft_h2_send_window_move(struct weft_h2_send_window *window, int64_t change)
{
    int64_t moved = window->available + change; // both are far from the ends of int64_t
    if (moved > WEFT_H2_WINDOW_MOST) return false;

    window->available = moved;
    return true;
}

void weft_h2_receive_window_init(struct weft_h2_receive_window *window, uint32_t size,
                                 uint32_t most, uint64_t now_us)
{
    if (size > WEFT_H2_WINDOW_MOST) size = WEFT_H2_WINDOW_MOST;
    if (most > WEFT_H2_WINDOW_MOST) most = WEFT_H2_WINDOW_MOST;
    *window = (struct weft_h2_receive_window){
        .available = size,
        .size = size,
        .most = most > size ? most : size,
        .round_start_us = now_us,
    };
}

bool weft_h2_receive_window_take(struct weft_h2_receive_window *window, uint32_t size)
{
    if (size > window->available) return false; // signed: an overdrawn window takes nothing

    window->available -= size;
    window->outstanding += size;
    return true;
}

// A window that was used up within two round trips was too small for the path.
static void grow(struct weft_h2_receive_window *window, uint64_t round_us, uint64_t round_trip_us)
{
    if (round_us / 2 > round_trip_us) return;

    uint32_t left = window->most - window->size;
    uint32_t added = window->size < left ? window->size : left;
    window->size += added;
    window->unannounced += added;
}

uint32_t weft_h2_receive_window_consume(struct weft_h2_receive_window *window, size_t size,
                                        uint64_t now_us, bool knows_round_trip,
                                        uint64_t round_trip_us)
{
    uint32_t done = size < window->outstanding ? (uint32_t)size : window->outstanding;
    window->outstanding -= done;
    window->unannounced += done;
    window->round_size += done;

    if (window->round_size >= window->size) {
        if (knows_round_trip) grow(window, now_us - window->round_start_us, round_trip_us);
        window->round_size = 0;
        window->round_start_us = now_us;
    }
    if (window->unannounced == 0 || window->unannounced < window->size / 2) return 0;

    uint32_t increment = window->unannounced;
    window->available += increment;
    window->unannounced = 0;
    return increment;
}
