// server/listening.h: the sockets of a listener, for each of its addresses one a thread.
#ifndef WEFT_SERVER_LISTENING_H
#define WEFT_SERVER_LISTENING_H

#include "server/listen_url.h"

enum {
    WEFT_LISTEN_ADDRESSES_MOST = 8, // of one host
    WEFT_LISTEN_SOCKETS_MOST = 64,  // of one address
};

/** A listener's sockets, which outlive the process that takes connections from them: they may be handed on. All of them have
 *  SO_REUSEPORT, so that more can join. */
struct weft_listening {
    struct weft_listen_url url; // as it was asked for
    uint16_t port;              // the one that the system picked where the URL says 0
    unsigned address_count;
    unsigned
        per_address; // sockets of each address; there are never fewer than before, for closing one loses its queue
    int *fds; // address by address; NULL: it is closed
};

/**
 * Listens where a URL says.
 *
 * per_address  how many sockets share each address's port, each for a thread
 * is_ours      the port is taken by sockets of ours, on other addresses that overlap with these
 * returns      0, or a negative errno with one line in `error` that names the remedy; it is closed then
 */
int weft_listening_open(struct weft_listening *listening, const struct weft_listen_url *url,
                        unsigned per_address, bool is_ours, char *error, size_t error_size);

/** Adds sockets until there are `per_address` for each address; as weft_listening_open(), but what was open stays so. */
int weft_listening_grow(struct weft_listening *listening, unsigned per_address, char *error,
                        size_t error_size);

/** Closes those beyond `per_address` for each address; all where that is 0. */
void weft_listening_shrink(struct weft_listening *listening, unsigned per_address);

/** Makes room for sockets that come from elsewhere: all -1. returns 0 or -ENOMEM */
int weft_listening_make_room(struct weft_listening *listening, unsigned address_count,
                             unsigned per_address);

/** Closes all; nothing where it is closed. */
void weft_listening_close(struct weft_listening *listening);

/** Was it opened for this URL? Where a port is named the scheme does not matter: it is no property of a socket. */
bool weft_listening_is_for(const struct weft_listening *listening,
                           const struct weft_listen_url *url);

/** How many sockets there are. */
static inline size_t weft_listening_count(const struct weft_listening *listening)
{
    return listening->fds ? (size_t)listening->address_count * listening->per_address : 0;
}

#endif
