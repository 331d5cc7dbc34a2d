// net/listener.h: accepts connections on one loop.
#ifndef WEFT_NET_LISTENER_H
#define WEFT_NET_LISTENER_H

#include "net/loop.h"
#include "net/socket.h"

/** A listening socket on a loop; the caller embeds it. When descriptors run out it asks the caller for room; where there
 *  is none it closes its reserve to turn one client away, then pauses for a moment, and never spins. */
struct weft_listener {
    struct weft_watch watch;
    struct weft_loop *loop;
    struct weft_timer pause;
    struct weft_task again; // accepts the rest in the next turn, so that others get theirs
    int reserve_fd;
    uint64_t accepted;
    uint64_t turned_away;
    // set by the caller; takes the descriptor over, and may stop the listener
    void (*accepted_fd)(struct weft_listener *listener, int fd, const struct weft_address *peer);
    // set by the caller, or NULL: descriptors have run out; true where some will be free by the end of this turn
    bool (*makes_room)(struct weft_listener *listener);
};

/** Starts to accept on `fd`, which it takes over (also where it fails); `accepted_fd` and the counters are the caller's
 *  to set before. returns 0 or a negative errno */
int weft_listener_start(struct weft_listener *listener, struct weft_loop *loop, int fd);

/** Accepts all that wait now, up to as many as a socket's queue may hold; before it is stopped for good. */
void weft_listener_take_all(struct weft_listener *listener);

/** Stops accepting and closes the socket. One that has stopped stays so. */
void weft_listener_stop(struct weft_listener *listener);

#endif
