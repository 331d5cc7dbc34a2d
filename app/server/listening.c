// server/listening.c
#include "server/listening.h"

#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

// Opens sockets `from` to `to` of an address; none where one fails.
static int open_some(const struct weft_address *address, unsigned from, unsigned to, int *fds)
{
    for (unsigned i = from; i < to; i++) {
        fds[i] = weft_socket_listen(address, true, BACKLOG);
        if (fds[i] >= 0) continue;
        int result = fds[i];
        fds[i] = -1;
        while (i > from) {
            close(fds[--i]);
            fds[i] = -1;
        }
        return result;
    }
    return 0;
}

static void close_some(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fds[i] >= 0) close(fds[i]);
        fds[i] = -1;
    }
}

int weft_listening_make_room(struct weft_listening *listening, unsigned address_count,
                             unsigned per_address)
{
    size_t count = (size_t)address_count * per_address;
    listening->fds = malloc(count * sizeof(*listening->fds));
    if (!listening->fds) return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        listening->fds[i] = -1;
    }
    listening->address_count = address_count;
    listening->per_address = per_address;
    return 0;
}

void weft_listening_close(struct weft_listening *listening)
{
    if (!listening->fds) return;
    close_some(listening->fds, weft_listening_count(listening));
    free(listening->fds);
    listening->fds = NULL;
}

bool weft_listening_is_for(const struct weft_listening *listening,
                           const struct weft_listen_url *url)
{
    if (!listening->fds || listening->url.port != url->port) return false;
    if (url->port == 0 && listening->url.is_secure != url->is_secure) return false;
    return strcmp(listening->url.host, url->host) == 0;
}

// All addresses with one port; where the first has picked one, it may be taken on the next.
static int open_addresses(struct weft_listening *listening, struct weft_address *addresses,
                          bool is_ours)
{
    uint16_t picked = htons(listening->url.port);
    for (unsigned i = 0; i < listening->address_count; i++) {
        unsigned count = listening->per_address;
        *port_field(&addresses[i]) = picked;
        int result = is_ours ? 0 : probe(&addresses[i]);
        if (result == 0) {
            result = open_some(&addresses[i], 0, count, listening->fds + (size_t)i * count);
        }
        if (result < 0) {
            close_some(listening->fds, weft_listening_count(listening));
            return result;
        }
        picked = *port_field(&addresses[i]);
    }
    listening->port = ntohs(picked);
    return 0;
}

int weft_listening_open(struct weft_listening *listening, const struct weft_listen_url *url,
                        unsigned per_address, bool is_ours, char *error, size_t error_size)
{
    struct weft_address addresses[WEFT_LISTEN_ADDRESSES_MOST];
    *listening = (struct weft_listening){.url = *url};
    if (url->host[0] == '@') {
        snprintf(error, error_size,
                 "no socket named %s was handed over: its unit needs FileDescriptorName=%s",
                 url->host + 1, url->host + 1);
        return -ENOENT;
    }
    int count = weft_address_resolve(url->host, url->port, addresses, WEFT_LISTEN_ADDRESSES_MOST,
                                     error, error_size);
    if (count < 0) return count;
    if (weft_listening_make_room(listening, (unsigned)count, per_address) < 0) {
        snprintf(error, error_size, "no memory");
        return -ENOMEM;
    }
    int result = -EADDRINUSE;
    for (int i = 0; i < TRIES && result == -EADDRINUSE; i++) {
        result = open_addresses(listening, addresses, is_ours);
        if (url->port != 0) break;
    }
    if (result == 0) return 0;
    explain(result, url, url->port, error, error_size);
    weft_listening_close(listening);
    return result;
}

// More descriptors of the same socket: for one that was handed over and lets nobody share its port.
static int copy_some(int fd, unsigned from, unsigned to, int *fds)
{
    for (unsigned i = from; i < to; i++) {
        fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (fds[i] >= 0) continue;
        int result = -errno;
        fds[i] = -1;
        close_some(fds + from, i - from);
        return result;
    }
    return 0;
}

static bool shares_port(int fd)
{
    int on = 0;
    socklen_t size = sizeof(on);
    return getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, &size) == 0 && on;
}

// Adds sockets beside one that is open. That of another user shares its port with nobody, and nor do low ports, once
// root's rights are gone.
static int add_some(int fd, const struct weft_address *address, unsigned from, unsigned to,
                    int *fds)
{
    int result = shares_port(fd) ? open_some(address, from, to, fds) : -EADDRINUSE;
    bool is_closed_to_us = result == -EADDRINUSE || result == -EACCES;
    return is_closed_to_us ? copy_some(fd, from, to, fds) : result;
}

// Fills the room of a larger one with the sockets of a smaller one, and opens the rest beside them.
static int join(struct weft_listening *larger, const struct weft_listening *smaller)
{
    for (unsigned i = 0; i < larger->address_count; i++) {
        const int *old = smaller->fds + (size_t)i * smaller->per_address;
        int *all = larger->fds + (size_t)i * larger->per_address;
        struct weft_address address = {.size = sizeof(address.storage)};
        if (getsockname(old[0], (struct sockaddr *)&address.storage, &address.size) < 0) {
            return -errno;
        }
        int result = add_some(old[0], &address, smaller->per_address, larger->per_address, all);
        if (result < 0) return result;
    }
    for (unsigned i = 0; i < larger->address_count; i++) {
        memcpy(larger->fds + (size_t)i * larger->per_address,
               smaller->fds + (size_t)i * smaller->per_address,
               smaller->per_address * sizeof(*smaller->fds));
    }
    return 0;
}

int weft_listening_grow(struct weft_listening *listening, unsigned per_address, char *error,
                        size_t error_size)
{
    if (per_address <= listening->per_address) return 0;
    struct weft_listening larger = *listening;
    int result = weft_listening_make_room(&larger, listening->address_count, per_address);
    if (result == 0) result = join(&larger, listening);
    if (result < 0) {
        explain(result, &listening->url, listening->port, error, error_size);
        weft_listening_close(&larger);
        return result;
    }
    free(listening->fds);
    *listening = larger;
    return 0;
}

void weft_listening_shrink(struct weft_listening *listening, unsigned per_address)
{
    if (!listening->fds || per_address >= listening->per_address) return;
    for (unsigned i = 0; i < listening->address_count; i++) {
        int *own = listening->fds + (size_t)i * listening->per_address;
        close_some(own + per_address, listening->per_address - per_address);
        memmove(listening->fds + (size_t)i * per_address, own, per_address * sizeof(*own));
    }
    listening->per_address = per_address;
    if (per_address == 0) weft_listening_close(listening);
}
