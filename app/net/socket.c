// net/socket.c
#include "net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

static struct weft_address address_v4(uint32_t host, uint16_t port)
{
    struct weft_address address = {.size = sizeof(struct sockaddr_in)};
    struct sockaddr_in *in = (struct sockaddr_in *)&address.storage;
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    in->sin_addr.s_addr = htonl(host);
    return address;
}

static struct weft_address address_v6(struct in6_addr host, uint16_t port)
{
    struct weft_address address = {.size = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address.storage;
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(port);
    in->sin6_addr = host;
    return address;
}

// Can this machine bind to the address at all?
static bool is_here(const struct weft_address *address)
{
    struct weft_address any_port = *address;
    if (any_port.storage.ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)&any_port.storage)->sin6_port = 0;
    } else {
        ((struct sockaddr_in *)&any_port.storage)->sin_port = 0;
    }
    int fd = socket(any_port.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    bool bound = bind(fd, (const struct sockaddr *)&any_port.storage, any_port.size) == 0;
    close(fd);
    return bound;
}

static int both_families(const struct weft_address *v4, const struct weft_address *v6,
                         struct weft_address *addresses, size_t capacity)
{
    int count = 0;
    if (is_here(v4) && capacity > 0) addresses[count++] = *v4;
    if (is_here(v6) && capacity > (size_t)count) addresses[count++] = *v6;
    return count;
}

static int resolve_name(const char *host, uint16_t port, struct weft_address *addresses,
                        size_t capacity, char *error, size_t error_size)
{
    char service[8];
    snprintf(service, sizeof(service), "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int result = getaddrinfo(host, service, &hints, &found);
    if (result != 0) {
        snprintf(error, error_size, "cannot resolve %s: %s", host, gai_strerror(result));
        return result == EAI_SYSTEM ? -errno : -EADDRNOTAVAIL;
    }
    int count = 0;
    for (struct addrinfo *info = found; info && (size_t)count < capacity; info = info->ai_next) {
        if (info->ai_addrlen > sizeof(addresses[count].storage)) continue;
        memcpy(&addresses[count].storage, info->ai_addr, info->ai_addrlen);
        addresses[count++].size = info->ai_addrlen;
    }
    freeaddrinfo(found);
    return count;
}

int weft_address_resolve(const char *host, uint16_t port, struct weft_address *addresses,
                         size_t capacity, char *error, size_t error_size)
{
    int count;
    if (!host || *host == '\0' || strcmp(host, "*") == 0) {
        struct weft_address v4 = address_v4(INADDR_ANY, port);
        struct weft_address v6 = address_v6(in6addr_any, port);
        count = both_families(&v4, &v6, addresses, capacity);
    } else if (strcmp(host, "localhost") == 0) { // always loopback, RFC 6761 §6.3
        struct weft_address v4 = address_v4(INADDR_LOOPBACK, port);
        struct weft_address v6 = address_v6(in6addr_loopback, port);
        count = both_families(&v4, &v6, addresses, capacity);
    } else {
        return resolve_name(host, port, addresses, capacity, error, error_size);
    }
    if (count > 0) return count;
    snprintf(error, error_size, "this machine has no address for %s: is its network up?",
             host && *host ? host : "*");
    return -EADDRNOTAVAIL;
}

void weft_address_text(const struct weft_address *address, bool with_port, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "";
    unsigned port = 0;
    bool is_v6 = address->storage.ss_family == AF_INET6;
    if (is_v6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&address->storage;
        inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
        port = ntohs(in->sin6_port);
    } else if (address->storage.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address->storage;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        port = ntohs(in->sin_port);
    }
    if (!with_port) {
        snprintf(text, size, "%s", host);
    } else {
        snprintf(text, size, is_v6 ? "[%s]:%u" : "%s:%u", host, port);
    }
}

bool weft_address_is_loopback(const struct weft_address *address)
{
    if (address->storage.ss_family == AF_INET) {
        return ntohl(address->storage.v4.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->storage.ss_family != AF_INET6) return false;
    const struct in6_addr *host = &address->storage.v6.sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(host) || (IN6_IS_ADDR_V4MAPPED(host) && host->s6_addr[12] == 127);
}

static int switch_on(int fd, int level, int option)
{
    int on = 1;
    return setsockopt(fd, level, option, &on, sizeof(on));
}

void weft_socket_tune(int fd, uint32_t lowat)
{
    // Both only make things faster: a kernel that refuses them serves as well.
    (void)switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
    if (lowat > 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof(lowat));
    }
}

int weft_socket_set_congestion(int fd, const char *name)
{
    socklen_t size = (socklen_t)strlen(name);
    return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, size) < 0 ? -errno : 0;
}

int weft_socket_listen(const struct weft_address *address, bool shares_port, int backlog)
{
    int family = address->storage.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;

    if (switch_on(fd, SOL_SOCKET, SO_REUSEADDR) < 0) goto failed;
    if (shares_port && switch_on(fd, SOL_SOCKET, SO_REUSEPORT) < 0) goto failed;
    // [::] and 0.0.0.0 are two sockets, so that neither takes the other's port
    if (family == AF_INET6 && switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY) < 0) goto failed;
    weft_socket_tune(fd, WEFT_SOCKET_NOTSENT_LOWAT);
    if (bind(fd, (const struct sockaddr *)&address->storage, address->size) < 0) goto failed;
    if (listen(fd, backlog) < 0) goto failed;
    return fd;

failed:;
    int error = -errno;
    close(fd);
    return error;
}

int weft_socket_connect(const struct weft_address *address)
{
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    weft_socket_tune(fd, 0);
    if (connect(fd, (const struct sockaddr *)&address->storage, address->size) < 0 &&
        errno != EINPROGRESS) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}
