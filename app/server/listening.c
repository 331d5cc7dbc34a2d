// server/listening.c
#include "server/listening.h"

#include "net/socket.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { BACKLOG = 4096, TRIES = 8 };

static uint16_t *port_field(struct weft_address *address)
{
    if (address->storage.ss_family == AF_INET6) {
        return &((struct sockaddr_in6 *)&address->storage)->sin6_port;
    }
    return &((struct sockaddr_in *)&address->storage)->sin_port;
}

static void explain(int result, const struct weft_listen_url *url, uint16_t port, char *error,
                    size_t error_size)
{
    char where[WEFT_LISTEN_URL_SIZE];
    weft_listen_url_write(url, port, where, sizeof(where));
    switch (-result) {
    case EADDRINUSE:
        snprintf(error, error_size,
                 "cannot listen on %s: port %u is in use; 'ss -ltnp sport = :%u' shows by whom, or "
                 "choose another with --listen",
                 where, port, port);
        break;
    case EACCES:
        snprintf(
            error, error_size,
            "cannot listen on %s: ports below 1024 are for root; choose a higher one with "
            "--listen, or allow it: sudo setcap cap_net_bind_service=+ep \"$(command -v weft)\"",
            where);
        break;
    case EADDRNOTAVAIL:
        snprintf(error, error_size,
                 "cannot listen on %s: this machine does not have that address ('ip address' lists "
                 "those it has; * is all of them)",
                 where);
        break;
    default:
        snprintf(error, error_size, "cannot listen on %s: %s", where, strerror(-result));
        break;
    }
}

// Takes the port alone at first: with SO_REUSEPORT another server of the same user could hold it unnoticed.
static int probe(struct weft_address *address)
{
    int fd = weft_socket_listen(address, false, 1);
    if (fd < 0) return fd;
    socklen_t size = sizeof(address->storage);
    int result = getsockname(fd, (struct sockaddr *)&address->storage, &size) == 0 ? 0 : -errno;
    close(fd);
    return result;
}

static int open_shared(const struct weft_address *address, unsigned thread_count, int *fds)
{
    for (unsigned i = 0; i < thread_count; i++) {
        fds[i] = weft_socket_listen(address, thread_count > 1, BACKLOG);
        if (fds[i] >= 0) continue;
        int result = fds[i];
        while (i > 0) {
            close(fds[--i]);
        }
        return result;
    }
    return 0;
}

static void close_all(const int *fds, size_t count)
{
    while (count > 0) {
        close(fds[--count]);
    }
}

// All addresses with one port; where the first has picked one, it may be taken on the next.
static int open_addresses(struct weft_address *addresses, int count, unsigned thread_count,
                          int *fds, uint16_t *port)
{
    uint16_t picked = htons(*port);
    for (int i = 0; i < count; i++) {
        *port_field(&addresses[i]) = picked;
        int *own = fds + (size_t)i * thread_count;
        int result = probe(&addresses[i]);
        if (result == 0) result = open_shared(&addresses[i], thread_count, own);
        if (result < 0) {
            close_all(fds, (size_t)i * thread_count);
            return result;
        }
        picked = *port_field(&addresses[i]);
    }
    *port = ntohs(picked);
    return count;
}

int weft_listen_open(const struct weft_listen_url *url, unsigned thread_count, int *fds,
                     uint16_t *port, char *error, size_t error_size)
{
    struct weft_address addresses[WEFT_LISTEN_ADDRESSES_MOST];
    int count = weft_address_resolve(url->host, url->port, addresses, WEFT_LISTEN_ADDRESSES_MOST,
                                     error, error_size);
    if (count < 0) return count;
    int result = -EADDRINUSE;
    for (int i = 0; i < TRIES && result == -EADDRINUSE; i++) {
        *port = url->port;
        result = open_addresses(addresses, count, thread_count, fds, port);
        if (url->port != 0) break;
    }
    if (result < 0) explain(result, url, url->port, error, error_size);
    return result;
}
