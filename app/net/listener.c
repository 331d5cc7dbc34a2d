// net/listener.c
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
    BATCH = 64,        // connections accepted before others get their turn
    PAUSE_US = 100000, // without descriptors or memory
    QUEUE_MOST = 4096, // what a socket's queue holds
};

static struct weft_listener *of_watch(struct weft_watch *watch)
{
    return (struct weft_listener *)(void *)((char *)watch - offsetof(struct weft_listener, watch));
}

static struct weft_listener *of_task(struct weft_task *task)
{
    return (struct weft_listener *)(void *)((char *)task - offsetof(struct weft_listener, again));
}

static struct weft_listener *of_timer(struct weft_timer *timer)
{
    return (struct weft_listener *)(void *)((char *)timer - offsetof(struct weft_listener, pause));
}

static int open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// Out of descriptors: the client who waits longest learns it at once, in place of waiting for a timeout.
static void turn_one_away(struct weft_listener *listener)
{
    if (listener->reserve_fd < 0) return;
    close(listener->reserve_fd);
    int fd = accept4(listener->watch.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        listener->turned_away++;
    }
    listener->reserve_fd = open_reserve();
}

static void pause_a_moment(struct weft_listener *listener)
{
    uint64_t due_us = weft_loop_now_us(listener->loop) + PAUSE_US;
    // Without memory for the timer: go on in the next turn.
    if (weft_loop_set_timer(listener->loop, &listener->pause, due_us) < 0) {
        weft_loop_defer(listener->loop, &listener->again);
    }
}

// returns false where there is nothing more to accept for now
static bool take_one(struct weft_listener *listener)
{
    struct weft_address peer = {.size = sizeof(peer.storage)};
    int fd = accept4(listener->watch.fd, (struct sockaddr *)&peer.storage, &peer.size,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        listener->accepted++;
        listener->accepted_fd(listener, fd, &peer);
        return listener->watch.fd >= 0; // it may have stopped us
    }
    switch (errno) {
    case EAGAIN: return false;
    case EMFILE:
    case ENFILE:
        if (listener->makes_room && listener->makes_room(listener)) {
            weft_loop_defer(listener->loop, &listener->again);
            return false;
        }
        turn_one_away(listener);
        pause_a_moment(listener);
        return false;
    case ENOBUFS:
    case ENOMEM: pause_a_moment(listener); return false;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP: return false; // not a listening socket: asking again would spin
    default:
        return true; // that client's trouble (ECONNABORTED, EINTR, network errors): the next one
    }
}

static void take_batch(struct weft_listener *listener)
{
    if (listener->pause.heap_index != 0) return; // pausing
    for (size_t i = 0; i < BATCH; i++) {
        if (!take_one(listener)) return;
    }
    weft_loop_defer(listener->loop, &listener->again);
}

void weft_listener_take_all(struct weft_listener *listener)
{
    for (size_t i = 0; i < QUEUE_MOST; i++) {
        if (!take_one(listener)) return;
    }
}

static void ready(struct weft_watch *watch, unsigned events)
{
    (void)events;
    take_batch(of_watch(watch));
}

static void again(struct weft_task *task)
{
    take_batch(of_task(task));
}

static void pause_is_over(struct weft_timer *timer)
{
    struct weft_listener *listener = of_timer(timer);
    if (listener->reserve_fd < 0) listener->reserve_fd = open_reserve();
    take_batch(listener);
}

int weft_listener_start(struct weft_listener *listener, struct weft_loop *loop, int fd)
{
    listener->loop = loop;
    listener->watch = (struct weft_watch){.fd = fd, .ready = ready};
    listener->pause = (struct weft_timer){.due = pause_is_over};
    listener->again = (struct weft_task){.run = again};
    listener->reserve_fd = open_reserve();
    int error = weft_loop_watch(loop, &listener->watch, WEFT_LOOP_READABLE);
    if (error) weft_listener_stop(listener);
    return error;
}

void weft_listener_stop(struct weft_listener *listener)
{
    if (listener->watch.fd < 0) return;
    weft_loop_cancel_timer(listener->loop, &listener->pause);
    weft_loop_cancel_task(listener->loop, &listener->again);
    // Not by closing alone: a supervisor may hold the socket too.
    weft_loop_unwatch(listener->loop, &listener->watch);
    close(listener->watch.fd);
    listener->watch.fd = -1;
    if (listener->reserve_fd >= 0) close(listener->reserve_fd);
    listener->reserve_fd = -1;
}
