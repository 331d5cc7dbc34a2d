// net/socket.h: TCP sockets and addresses.
#ifndef WEFT_NET_SOCKET_H
#define WEFT_NET_SOCKET_H

#include "base/span.h"

#include <netinet/in.h>
#include <sys/socket.h>

/** Of IPv4 or IPv6. Every connection has one, and sockaddr_storage has four times the room that they need. */
struct weft_address {
    union {
        sa_family_t ss_family;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } storage;
    socklen_t size;
};

/**
 * Resolves "HOST" and a port for listening or connecting: numbers at once, names through the system's resolver
 * (blocking: for start-up only).
 *
 * addresses  room for `capacity` results; "localhost" gives both 127.0.0.1 and ::1 where the machine has both
 * returns    how many, or a negative errno with `error` filled
 */
int weft_address_resolve(const char *host, uint16_t port, struct weft_address *addresses,
                         size_t capacity, char *error, size_t error_size);

/** "127.0.0.1:80" or "[::1]:80"; `text` has room for 64 bytes. Without the port where `with_port` is false. */
void weft_address_text(const struct weft_address *address, bool with_port, char *text, size_t size);

/** Is this an address of a loopback interface: 127.0.0.0/8, ::1, or the former mapped into IPv6? */
bool weft_address_is_loopback(const struct weft_address *address);

/** The most bytes that the kernel holds of a connection without having sent them: what is urgent waits for no more. */
enum { WEFT_SOCKET_NOTSENT_LOWAT = 16384 };

/** A listening socket: non-blocking, close-on-exec, SO_REUSEADDR, SO_REUSEPORT where asked; a negative errno. What it
 *  accepts inherits TCP_NODELAY and WEFT_SOCKET_NOTSENT_LOWAT: no system calls for each connection. */
int weft_socket_listen(const struct weft_address *address, bool shares_port, int backlog);

/** Starts to connect, non-blocking, TCP_NODELAY; the descriptor or a negative errno. */
int weft_socket_connect(const struct weft_address *address);

/** TCP_NODELAY, and TCP_NOTSENT_LOWAT of `lowat` bytes (0: none), for a socket that weft_socket_listen() did not make. */
void weft_socket_tune(int fd, uint32_t lowat);

/** Whose congestion control a listener's connections have, "bbr", "cubic" ...; returns 0 or a negative errno: -ENOENT where
 *  the kernel has none of that name, -EPERM where it is not allowed to us. */
int weft_socket_set_congestion(int fd, const char *name);

#endif
