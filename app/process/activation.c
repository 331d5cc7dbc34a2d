// process/activation.c
#include "process/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_FD = 3, LINE_SIZE = 512, ADDRESS_SIZE = 64 };

static bool read_number(const char *text, uint64_t *number)
{
    char *end = NULL;
    if (!text || *text < '0' || *text > '9') return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *end == 0;
}

static int option(int fd, int level, int name)
{
    int value = 0;
    socklen_t size = sizeof(value);
    return getsockopt(fd, level, name, &value, &size) < 0 ? -1 : value;
}

// NULL, or why a descriptor cannot be used.
static const char *judge(int fd, struct weft_address *address)
{
    *address = (struct weft_address){.size = sizeof(address->storage)};
    if (fcntl(fd, F_GETFD) < 0) return "it is not open";
    if (getsockname(fd, (struct sockaddr *)&address->storage, &address->size) < 0) {
        return "it is no socket";
    }
    int family = address->storage.ss_family;
    if (family != AF_INET && family != AF_INET6) return "it is no socket of TCP";
    if (option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM) return "it is no socket of TCP";
    if (option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1) return "it does not listen";
    return NULL;
}

static bool is_any_v6(const struct weft_address *address)
{
    const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&address->storage;
    return address->storage.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in->sin6_addr);
}

// As a socket of ours would be.
static void prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (flags >= 0) (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    weft_socket_tune(fd, WEFT_SOCKET_NOTSENT_LOWAT);
}

static void take_one(struct weft_activation *activation, int fd, struct weft_span name,
                     void (*tell)(const char *line))
{
    struct weft_activation_socket made = {.fd = fd};
    const char *wrong = judge(fd, &made.address);
    if (name.size > 0) memcpy(made.name, name.data, name.size);
    if (!wrong && activation->count == WEFT_ACTIVATION_SOCKETS_MOST) wrong = "there are too many";
    if (wrong) {
        char line[LINE_SIZE];
        snprintf(line, sizeof(line), "cannot use descriptor %d that was handed over%s%s: %s", fd,
                 *made.name ? " as " : "", made.name, wrong);
        tell(line);
        close(fd);
        return;
    }
    prepare(fd);
    made.takes_both = is_any_v6(&made.address) && option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0;
    activation->sockets[activation->count++] = made;
}

void weft_activation_take(struct weft_activation *activation, int first, size_t count,
                          const char *names, void (*tell)(const char *line))
{
    struct weft_span rest = names ? weft_span_of(names) : (struct weft_span){0};
    activation->count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = weft_span_find(rest, ':');
        struct weft_span name = weft_span_part(rest, 0, end);
        if (name.size >= WEFT_ACTIVATION_NAME_SIZE) name.size = WEFT_ACTIVATION_NAME_SIZE - 1;
        take_one(activation, first + (int)i, name, tell);
        rest = weft_span_skip(rest, end < rest.size ? end + 1 : end);
    }
}

void weft_activation_begin(struct weft_activation *activation, void (*tell)(const char *line))
{
    static const char *const variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    uint64_t pid = 0;
    uint64_t count = 0;
    activation->count = 0;
    bool is_ours = read_number(getenv("LISTEN_PID"), &pid) && pid == (uint64_t)getpid();
    bool is_told = is_ours && read_number(getenv("LISTEN_FDS"), &count);
    if (is_ours && (!is_told || count > (uint64_t)sysconf(_SC_OPEN_MAX))) {
        tell("cannot use the sockets that were handed over: LISTEN_FDS is not their number");
    } else if (is_told) {
        weft_activation_take(activation, FIRST_FD, (size_t)count, getenv("LISTEN_FDNAMES"), tell);
    }
    for (size_t i = 0; i < WEFT_COUNT(variables); i++) {
        (void)unsetenv(variables[i]);
    }
}

static uint16_t port_of(const struct weft_address *address)
{
    if (address->storage.ss_family == AF_INET6) {
        return ((const struct sockaddr_in6 *)&address->storage)->sin6_port;
    }
    return ((const struct sockaddr_in *)&address->storage)->sin_port;
}

static bool is_same(const struct weft_address *a, const struct weft_address *b)
{
    if (a->storage.ss_family != b->storage.ss_family || port_of(a) != port_of(b)) return false;
    if (a->storage.ss_family == AF_INET6) {
        return memcmp(&((const struct sockaddr_in6 *)&a->storage)->sin6_addr,
                      &((const struct sockaddr_in6 *)&b->storage)->sin6_addr,
                      sizeof(struct in6_addr)) == 0;
    }
    return ((const struct sockaddr_in *)&a->storage)->sin_addr.s_addr ==
           ((const struct sockaddr_in *)&b->storage)->sin_addr.s_addr;
}

static bool is_any_v4(const struct weft_address *address)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&address->storage;
    return address->storage.ss_family == AF_INET && in->sin_addr.s_addr == htonl(INADDR_ANY);
}

struct weft_activation_socket *weft_activation_at(struct weft_activation *activation,
                                                  const struct weft_address *address)
{
    struct weft_activation_socket *both = NULL;
    for (size_t i = 0; i < activation->count; i++) {
        struct weft_activation_socket *socket = &activation->sockets[i];
        if (is_same(&socket->address, address)) return socket;
        bool takes_it = socket->takes_both && is_any_v4(address) &&
                        port_of(&socket->address) == port_of(address);
        if (takes_it) both = socket;
    }
    return both;
}

struct weft_activation_socket *weft_activation_named(struct weft_activation *activation,
                                                     const char *name)
{
    for (size_t i = 0; i < activation->count; i++) {
        struct weft_activation_socket *socket = &activation->sockets[i];
        if (socket->fd >= 0 && strcmp(socket->name, name) == 0) return socket;
    }
    return NULL;
}

void weft_activation_end(struct weft_activation *activation, void (*tell)(const char *line))
{
    for (size_t i = 0; i < activation->count; i++) {
        struct weft_activation_socket *socket = &activation->sockets[i];
        if (socket->fd < 0) continue;
        char line[LINE_SIZE];
        char address[ADDRESS_SIZE];
        weft_address_text(&socket->address, true, address, sizeof(address));
        snprintf(line, sizeof(line),
                 "no listener is on %s%s%s%s, which was handed over: it stays unused", address,
                 *socket->name ? " (" : "", socket->name, *socket->name ? ")" : "");
        tell(line);
        close(socket->fd);
    }
    activation->count = 0;
}
