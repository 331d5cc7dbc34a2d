// client/happy_eyeballs.h: the first of several addresses that lets us in (RFC 8305).
#ifndef WEFT_CLIENT_HAPPY_EYEBALLS_H
#define WEFT_CLIENT_HAPPY_EYEBALLS_H

#include "client/resolve.h"

enum { WEFT_EYEBALLS_DELAY_MS = 250 }; // RFC 8305 §5, Connection Attempt Delay

struct weft_eyeballs_attempt {
    struct weft_watch watch;
    struct weft_eyeballs *eyeballs;
    size_t index; // of its address
    bool is_open;
};

/** A race of connection attempts; the caller embeds it. */
struct weft_eyeballs {
    struct weft_loop *loop;
    struct weft_timer timer;
    struct weft_task failed; // tells that no attempt is left
    struct weft_address addresses[WEFT_RESOLVE_ADDRESSES_MOST];
    struct weft_eyeballs_attempt attempts[WEFT_RESOLVE_ADDRESSES_MOST];
    size_t count;
    size_t next; // the address that is tried next; so many were tried
    size_t open_count;
    int error; // the last attempt's, positive
    void (*done)(struct weft_eyeballs *eyeballs, int fd, const struct weft_address *peer);
};

/**
 * Tries the addresses, the families in turns, 250 ms apart or as soon as one has failed.
 *
 * eyeballs   zeroed, or one that is over; it stays where it is until it is over or cancelled
 * addresses  in the order of preference, at least one; copied
 * done       called once, never inside of this call: with a connected socket, which is the caller's then, or -1 where
 *            none let us in (eyeballs->error says why)
 */
void weft_eyeballs_start(struct weft_eyeballs *eyeballs, struct weft_loop *loop,
                         const struct weft_address *addresses, size_t count,
                         void (*done)(struct weft_eyeballs *eyeballs, int fd,
                                      const struct weft_address *peer));

/** Ends it without a word. One that is over stays so. */
void weft_eyeballs_cancel(struct weft_eyeballs *eyeballs);

/** Puts the families in turns, beginning with the first address's (RFC 8305 §4). */
void weft_eyeballs_interlace(struct weft_address *addresses, size_t count);

#endif
