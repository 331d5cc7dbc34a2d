// client/happy_eyeballs.c: RFC 8305
#include "client/happy_eyeballs.h"

#include <errno.h>
#include <unistd.h>

static struct weft_eyeballs *of_timer(struct weft_timer *timer)
{
    return (struct weft_eyeballs *)(void *)((char *)timer - offsetof(struct weft_eyeballs, timer));
}

static struct weft_eyeballs *of_task(struct weft_task *task)
{
    return (struct weft_eyeballs *)(void *)((char *)task - offsetof(struct weft_eyeballs, failed));
}

void weft_eyeballs_interlace(struct weft_address *addresses, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int before = addresses[i - 1].storage.ss_family;
        size_t other = i;
        while (other < count && addresses[other].storage.ss_family == before) {
            other++;
        }
        if (other == count) return; // the rest is of one family
        struct weft_address moved = addresses[other];
        memmove(&addresses[i + 1], &addresses[i], (other - i) * sizeof(*addresses));
        addresses[i] = moved;
    }
}

static void close_attempt(struct weft_eyeballs *eyeballs, struct weft_eyeballs_attempt *attempt)
{
    attempt->is_open = false;
    eyeballs->open_count--;
    weft_loop_close(eyeballs->loop, &attempt->watch);
}

void weft_eyeballs_cancel(struct weft_eyeballs *eyeballs)
{
    if (!eyeballs->loop) return;
    for (size_t i = 0; i < eyeballs->count; i++) {
        if (eyeballs->attempts[i].is_open) close_attempt(eyeballs, &eyeballs->attempts[i]);
    }
    weft_loop_cancel_timer(eyeballs->loop, &eyeballs->timer);
    weft_loop_cancel_task(eyeballs->loop, &eyeballs->failed);
}

static void ready(struct weft_watch *watch, unsigned events)
{
    struct weft_eyeballs_attempt *attempt = (struct weft_eyeballs_attempt *)(void *)watch;
    struct weft_eyeballs *eyeballs = attempt->eyeballs;
    int error = 0;
    socklen_t size = sizeof(error);
    if (!(events & (WEFT_LOOP_WRITABLE | WEFT_LOOP_CLOSED))) return;
    (void)getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        eyeballs->error = error;
        close_attempt(eyeballs, attempt);
        // the next begins at once, §5
        (void)weft_loop_set_timer(eyeballs->loop, &eyeballs->timer,
                                  weft_loop_now_us(eyeballs->loop));
        return;
    }
    int fd = watch->fd;
    weft_loop_unwatch(eyeballs->loop, watch);
    attempt->is_open = false;
    eyeballs->open_count--;
    weft_eyeballs_cancel(eyeballs);
    eyeballs->done(eyeballs, fd, &eyeballs->addresses[attempt->index]);
}

// Begins one attempt; false where it failed at once.
static bool begin(struct weft_eyeballs *eyeballs, size_t index)
{
    struct weft_eyeballs_attempt *attempt = &eyeballs->attempts[index];
    int fd = weft_socket_connect(&eyeballs->addresses[index]);
    if (fd < 0) {
        eyeballs->error = -fd;
        return false;
    }
    *attempt = (struct weft_eyeballs_attempt){
        .watch = {.fd = fd, .ready = ready}, .eyeballs = eyeballs, .index = index};
    int result =
        weft_loop_watch(eyeballs->loop, &attempt->watch, WEFT_LOOP_READABLE | WEFT_LOOP_WRITABLE);
    if (result < 0) {
        eyeballs->error = -result;
        close(fd);
        return false;
    }
    attempt->is_open = true;
    eyeballs->open_count++;
    return true;
}

// Begins the next attempt that does not fail at once, and the one after it a moment later.
static void begin_next(struct weft_eyeballs *eyeballs)
{
    bool has_begun = false;
    while (!has_begun && eyeballs->next < eyeballs->count) {
        has_begun = begin(eyeballs, eyeballs->next++);
    }
    if (eyeballs->open_count == 0) {
        weft_loop_cancel_timer(eyeballs->loop, &eyeballs->timer);
        weft_loop_defer(eyeballs->loop, &eyeballs->failed);
        return;
    }
    if (eyeballs->next == eyeballs->count) return;
    uint64_t due_us = weft_loop_now_us(eyeballs->loop) + (uint64_t)WEFT_EYEBALLS_DELAY_MS * 1000;
    (void)weft_loop_set_timer(eyeballs->loop, &eyeballs->timer, due_us);
}

static void timer_is_due(struct weft_timer *timer)
{
    begin_next(of_timer(timer));
}

static void all_failed(struct weft_task *task)
{
    struct weft_eyeballs *eyeballs = of_task(task);
    eyeballs->done(eyeballs, -1, NULL);
}

void weft_eyeballs_start(struct weft_eyeballs *eyeballs, struct weft_loop *loop,
                         const struct weft_address *addresses, size_t count,
                         void (*done)(struct weft_eyeballs *eyeballs, int fd,
                                      const struct weft_address *peer))
{
    if (count > WEFT_RESOLVE_ADDRESSES_MOST) count = WEFT_RESOLVE_ADDRESSES_MOST;
    *eyeballs = (struct weft_eyeballs){.loop = loop,
                                       .timer.due = timer_is_due,
                                       .failed.run = all_failed,
                                       .count = count,
                                       .error = EADDRNOTAVAIL,
                                       .done = done};
    memcpy(eyeballs->addresses, addresses, count * sizeof(*addresses));
    weft_eyeballs_interlace(eyeballs->addresses, count);
    begin_next(eyeballs);
}
