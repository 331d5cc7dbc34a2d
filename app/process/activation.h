// process/activation.h: listening sockets that a service manager hands over: sd_listen_fds(3)'s protocol.
#ifndef WEFT_PROCESS_ACTIVATION_H
#define WEFT_PROCESS_ACTIVATION_H

#include "net/socket.h"

enum { WEFT_ACTIVATION_SOCKETS_MOST = 64, WEFT_ACTIVATION_NAME_SIZE = 256 };

struct weft_activation_socket {
    int fd; // -1: it was taken
    struct weft_address address;
    bool takes_both;                      // [::], and IPv4's connections too
    char name[WEFT_ACTIVATION_NAME_SIZE]; // FileDescriptorName=, or the unit's name
};

struct weft_activation {
    struct weft_activation_socket sockets[WEFT_ACTIVATION_SOCKETS_MOST];
    size_t count;
};

/**
 * Takes what was handed over to this process: LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES of the environment, which are taken
 * out of it. Descriptors that are no listening TCP sockets are closed, with a line each.
 *
 * tell  says a line to people
 */
void weft_activation_begin(struct weft_activation *activation, void (*tell)(const char *line));

/** The same of `count` descriptors from `first` on; `names` stand between colons, NULL for none. */
void weft_activation_take(struct weft_activation *activation, int first, size_t count,
                          const char *names, void (*tell)(const char *line));

/** The socket that takes an address's connections, which is the same one or, for 0.0.0.0, a [::] that takes both; NULL. */
struct weft_activation_socket *weft_activation_at(struct weft_activation *activation,
                                                  const struct weft_address *address);

/** The first socket of that name that was not taken yet; NULL. */
struct weft_activation_socket *weft_activation_named(struct weft_activation *activation,
                                                     const char *name);

/** Closes those that were not taken, with a line each. */
void weft_activation_end(struct weft_activation *activation, void (*tell)(const char *line));

#endif
