// client/resolve.c
#include "client/resolve.h"

#include "base/list.h"

#include <ares.h>
#include <arpa/inet.h>
#include <stdio.h>

enum { SOCKETS_MOST = 16, TRIES = 3, TIMEOUT_MS = 2000 };

// A socket of c-ares that is being watched.
struct ares_watch {
    struct weft_watch watch;
    struct weft_resolver *resolver;
    unsigned events; // 0: free
};

struct weft_resolver {
    struct weft_loop *loop;
    const struct weft_alloc *alloc;
    ares_channel channel;
    struct weft_timer timer;
    struct ares_watch watches[SOCKETS_MOST];
    struct weft_list lookups;
};

struct weft_lookup {
    struct weft_list link;
    struct weft_resolver *resolver;
    struct weft_task task;    // tells the answer
    weft_lookup_found *found; // NULL: cancelled
    void *context;
    struct weft_address addresses[WEFT_RESOLVE_ADDRESSES_MOST];
    size_t count;
    const char *error;
    bool is_asked; // c-ares will call back
};

static struct weft_resolver *of_timer(struct weft_timer *timer)
{
    return (struct weft_resolver *)(void *)((char *)timer - offsetof(struct weft_resolver, timer));
}

static void lookup_free(struct weft_lookup *lookup)
{
    weft_loop_cancel_task(lookup->resolver->loop, &lookup->task);
    weft_list_remove(&lookup->link);
    weft_release(lookup->resolver->alloc, lookup, sizeof(*lookup));
}

static void tell(struct weft_task *task)
{
    struct weft_lookup *lookup =
        (struct weft_lookup *)(void *)((char *)task - offsetof(struct weft_lookup, task));
    weft_lookup_found *found = lookup->found;
    if (found) found(lookup->context, lookup->addresses, lookup->count, lookup->error);
    lookup_free(lookup);
}

static void answer(struct weft_lookup *lookup)
{
    lookup->is_asked = false;
    weft_loop_defer(lookup->resolver->loop, &lookup->task);
}

// c-ares is asked again when its next question times out.
static void set_timer(struct weft_resolver *resolver)
{
    struct timeval wait;
    if (!ares_timeout(resolver->channel, NULL, &wait)) {
        weft_loop_cancel_timer(resolver->loop, &resolver->timer);
        return;
    }
    uint64_t wait_us = (uint64_t)wait.tv_sec * 1000000 + (uint64_t)wait.tv_usec;
    (void)weft_loop_set_timer(resolver->loop, &resolver->timer,
                              weft_loop_now_us(resolver->loop) + wait_us);
}

static void timer_is_due(struct weft_timer *timer)
{
    struct weft_resolver *resolver = of_timer(timer);
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(resolver);
}

static void ready(struct weft_watch *watch, unsigned events)
{
    struct ares_watch *socket = (struct ares_watch *)(void *)watch;
    struct weft_resolver *resolver = socket->resolver;
    int fd = watch->fd;
    bool reads = (events & WEFT_LOOP_READABLE) != 0;
    bool writes = (events & WEFT_LOOP_WRITABLE) != 0;
    ares_process_fd(resolver->channel, reads ? fd : ARES_SOCKET_BAD, writes ? fd : ARES_SOCKET_BAD);
    // c-ares reads a stream once, whatever is left there: the edge is asked for anew.
    if (socket->events != 0 && watch->fd == fd) {
        (void)weft_loop_rearm(resolver->loop, watch, socket->events);
    }
    set_timer(resolver);
}

static struct ares_watch *watch_of(struct weft_resolver *resolver, int fd)
{
    struct ares_watch *free_one = NULL;
    for (size_t i = 0; i < SOCKETS_MOST; i++) {
        struct ares_watch *watch = &resolver->watches[i];
        if (watch->events != 0 && watch->watch.fd == fd) return watch;
        if (watch->events == 0) free_one = watch;
    }
    if (free_one) free_one->watch.fd = fd;
    return free_one;
}

// What c-ares wants to know of its sockets; without a watch a question just times out.
static void socket_changed(void *context, ares_socket_t fd, int reads, int writes)
{
    struct weft_resolver *resolver = context;
    struct ares_watch *socket = watch_of(resolver, fd);
    unsigned events = (reads ? WEFT_LOOP_READABLE : 0U) | (writes ? WEFT_LOOP_WRITABLE : 0U);
    if (!socket || socket->events == events) return;
    if (socket->events != 0) weft_loop_unwatch(resolver->loop, &socket->watch);
    socket->events = 0;
    if (events == 0) return;
    socket->watch.ready = ready;
    socket->resolver = resolver;
    if (weft_loop_watch(resolver->loop, &socket->watch, events) == 0) socket->events = events;
}

struct weft_resolver *weft_resolver_new(struct weft_loop *loop, const struct weft_alloc *alloc)
{
    struct weft_resolver *resolver = weft_allocate_zeroed(alloc, sizeof(*resolver));
    if (!resolver) return NULL;
    resolver->loop = loop;
    resolver->alloc = alloc;
    resolver->timer.due = timer_is_due;
    weft_list_init(&resolver->lookups);
    struct ares_options options = {.sock_state_cb = socket_changed,
                                   .sock_state_cb_data = resolver,
                                   .tries = TRIES,
                                   .timeout = TIMEOUT_MS};
    int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS;
    if (ares_init_options(&resolver->channel, &options, mask) == ARES_SUCCESS) return resolver;
    weft_release(alloc, resolver, sizeof(*resolver));
    return NULL;
}

void weft_resolver_free(struct weft_resolver *resolver)
{
    if (!resolver) return;
    ares_destroy(resolver->channel);
    while (!weft_list_is_empty(&resolver->lookups)) {
        lookup_free(WEFT_LIST_ENTRY(resolver->lookups.next, struct weft_lookup, link));
    }
    weft_loop_cancel_timer(resolver->loop, &resolver->timer);
    weft_release(resolver->alloc, resolver, sizeof(*resolver));
}

static const char *reason_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND: return "there is no host of that name";
    case ARES_ENODATA: return "that name has no address";
    case ARES_ETIMEOUT: return "no name server answered";
    case ARES_ECONNREFUSED: return "no name server is to be reached";
    case ARES_EBADNAME: return "that is no name of a host";
    case ARES_ENOMEM: return "no memory";
    default: return ares_strerror(status);
    }
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    struct weft_lookup *lookup = context;
    (void)timeouts;
    if (status != ARES_SUCCESS) lookup->error = reason_of(status);
    for (struct ares_addrinfo_node *node = found ? found->nodes : NULL; node;
         node = node->ai_next) {
        struct weft_address *address = &lookup->addresses[lookup->count];
        if (lookup->count == WEFT_RESOLVE_ADDRESSES_MOST) break;
        if (node->ai_addrlen > sizeof(address->storage)) continue;
        memcpy(&address->storage, node->ai_addr, node->ai_addrlen);
        address->size = node->ai_addrlen;
        lookup->count++;
    }
    if (found) ares_freeaddrinfo(found);
    if (lookup->count == 0 && !lookup->error) lookup->error = "that name has no address";
    answer(lookup);
}

// Takes an address that is written as a number; false where it is none.
static bool take_number(const char *host, uint16_t port, struct weft_address *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->storage;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        address->size = sizeof(*v4);
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1) return false;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address->size = sizeof(*v6);
    return true;
}

static bool is_localhost(const char *host)
{
    size_t size = strlen(host);
    static const char tail[] = ".localhost";
    return strcmp(host, "localhost") == 0 ||
           (size > sizeof(tail) - 1 && strcmp(host + size - (sizeof(tail) - 1), tail) == 0);
}

struct weft_lookup *weft_resolver_look_up(struct weft_resolver *resolver, const char *host,
                                          uint16_t port, weft_lookup_found *found, void *context)
{
    struct weft_lookup *lookup = weft_allocate_zeroed(resolver->alloc, sizeof(*lookup));
    if (!lookup) return NULL;
    lookup->resolver = resolver;
    lookup->task.run = tell;
    lookup->found = found;
    lookup->context = context;
    weft_list_push_back(&resolver->lookups, &lookup->link);
    if (take_number(host, port, &lookup->addresses[0])) {
        lookup->count = 1;
        answer(lookup);
    } else if (is_localhost(host)) { // always loopback, without asking anybody: RFC 6761 §6.3
        lookup->count = (size_t)take_number("::1", port, &lookup->addresses[0]);
        lookup->count += (size_t)take_number("127.0.0.1", port, &lookup->addresses[1]);
        answer(lookup);
    } else {
        char service[8];
        struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
        snprintf(service, sizeof(service), "%u", port);
        hints.ai_flags = ARES_AI_NUMERICSERV;
        lookup->is_asked = true;
        ares_getaddrinfo(resolver->channel, host, service, &hints, on_answer, lookup);
        set_timer(resolver);
    }
    return lookup;
}

void weft_lookup_cancel(struct weft_lookup *lookup)
{
    lookup->found = NULL;
    if (!lookup->is_asked) lookup_free(lookup);
}
