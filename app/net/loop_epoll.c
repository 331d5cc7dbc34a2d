// net/loop_epoll.c: the loop on Linux. A turn is: wait, what is ready, what was posted, timers, tasks.
#include "net/loop.h"

#include "net/timer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_PER_TURN = 256 };

/** A call that another thread asks for. */
struct post {
    void (*run)(void *context);
    void *context;
    struct post *next;
};

struct weft_loop {
    int epoll_fd;
    int wake_fd;       // an eventfd: stop and post make it readable
    int alarm_fd;      // a timerfd, set to alarm_us
    uint64_t alarm_us; // never later than the first timer; UINT64_MAX where it is not set
    uint64_t now_us;
    int64_t now_seconds;
    struct weft_timer_heap timers;
    struct weft_list tasks;      // for the end of this turn
    struct epoll_event *pending; // events of this turn that have not been handed out yet
    size_t pending_count;
    atomic_bool is_stopped;
    _Atomic(struct post *) posts; // the newest first
    struct epoll_event events[EVENTS_PER_TURN];
};

static void read_clocks(struct weft_loop *loop)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    loop->now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    loop->now_seconds = now.tv_sec;
}

struct weft_loop *weft_loop_new(void)
{
    struct weft_loop *loop = calloc(1, sizeof(*loop));
    if (!loop) return NULL;
    weft_list_init(&loop->tasks);
    loop->wake_fd = loop->alarm_fd = -1;
    loop->alarm_us = UINT64_MAX;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) goto failed;
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->wake_fd < 0) goto failed;
    loop->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->alarm_fd < 0) goto failed;

    struct epoll_event wake = {.events = EPOLLIN | EPOLLET, .data.ptr = loop};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &wake) < 0) goto failed;
    struct epoll_event alarm = {.events = EPOLLIN | EPOLLET, .data.ptr = &loop->alarm_fd};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->alarm_fd, &alarm) < 0) goto failed;
    read_clocks(loop);
    return loop;

failed:;
    int error = errno;
    weft_loop_free(loop);
    errno = error;
    return NULL;
}

void weft_loop_free(struct weft_loop *loop)
{
    if (!loop) return;
    struct post *post = atomic_load(&loop->posts);
    while (post) {
        struct post *next = post->next;
        free(post);
        post = next;
    }
    while (weft_list_pop_front(&loop->tasks)) {
    }
    weft_timer_heap_deinit(&loop->timers);
    if (loop->wake_fd >= 0) close(loop->wake_fd);
    if (loop->alarm_fd >= 0) close(loop->alarm_fd);
    if (loop->epoll_fd >= 0) close(loop->epoll_fd);
    free(loop);
}

static int control(struct weft_loop *loop, int operation, struct weft_watch *watch, unsigned events)
{
    struct epoll_event event = {.events = EPOLLET, .data.ptr = watch};
    if (events & WEFT_LOOP_READABLE) event.events |= EPOLLIN | EPOLLRDHUP;
    if (events & WEFT_LOOP_WRITABLE) event.events |= EPOLLOUT;
    return epoll_ctl(loop->epoll_fd, operation, watch->fd, &event) < 0 ? -errno : 0;
}

int weft_loop_watch(struct weft_loop *loop, struct weft_watch *watch, unsigned events)
{
    return control(loop, EPOLL_CTL_ADD, watch, events);
}

int weft_loop_rearm(struct weft_loop *loop, struct weft_watch *watch, unsigned events)
{
    return control(loop, EPOLL_CTL_MOD, watch, events);
}

// Also what was fetched in this turn is not told any more.
static void forget(struct weft_loop *loop, const struct weft_watch *watch)
{
    for (size_t i = 0; i < loop->pending_count; i++) {
        if (loop->pending[i].data.ptr == watch) loop->pending[i].data.ptr = NULL;
    }
}

void weft_loop_unwatch(struct weft_loop *loop, struct weft_watch *watch)
{
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    forget(loop, watch);
}

void weft_loop_close(struct weft_loop *loop, struct weft_watch *watch)
{
    close(watch->fd); // the last descriptor takes the watch with it, epoll(7)
    watch->fd = -1;
    forget(loop, watch);
}

int weft_loop_set_timer(struct weft_loop *loop, struct weft_timer *timer, uint64_t due_us)
{
    return weft_timer_heap_set(&loop->timers, timer, due_us);
}

void weft_loop_cancel_timer(struct weft_loop *loop, struct weft_timer *timer)
{
    weft_timer_heap_remove(&loop->timers, timer);
}

void weft_loop_defer(struct weft_loop *loop, struct weft_task *task)
{
    if (!weft_list_is_linked(&task->link)) weft_list_push_back(&loop->tasks, &task->link);
}

void weft_loop_cancel_task(struct weft_loop *loop, struct weft_task *task)
{
    (void)loop;
    weft_list_remove(&task->link);
}

uint64_t weft_loop_now_us(const struct weft_loop *loop)
{
    return loop->now_us;
}

int64_t weft_loop_now_seconds(const struct weft_loop *loop)
{
    return loop->now_seconds;
}

static void wake(struct weft_loop *loop)
{
    uint64_t one = 1;
    ssize_t written = write(loop->wake_fd, &one, sizeof(one));
    (void)written; // a full counter wakes as well
}

void weft_loop_stop(struct weft_loop *loop)
{
    int error = errno; // a signal handler leaves it as it was
    atomic_store(&loop->is_stopped, true);
    wake(loop);
    errno = error;
}

int weft_loop_post(struct weft_loop *loop, void (*run)(void *context), void *context)
{
    struct post *post = malloc(sizeof(*post));
    if (!post) return -ENOMEM;
    *post = (struct post){run, context, atomic_load(&loop->posts)};
    while (!atomic_compare_exchange_weak(&loop->posts, &post->next, post)) {
    }
    wake(loop);
    return 0;
}

static void run_posts(struct weft_loop *loop)
{
    uint64_t count;
    ssize_t size =
        read(loop->wake_fd, &count, sizeof(count)); // before the exchange: none is missed
    (void)size;

    struct post *newest = atomic_exchange(&loop->posts, NULL);
    struct post *oldest = NULL;
    while (newest) {
        struct post *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct post *post = oldest;
        oldest = post->next;
        post->run(post->context);
        free(post);
    }
}

static unsigned meaning(uint32_t bits)
{
    unsigned events = 0;
    if (bits & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) events |= WEFT_LOOP_READABLE;
    if (bits & (EPOLLOUT | EPOLLERR | EPOLLHUP)) events |= WEFT_LOOP_WRITABLE;
    if (bits & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) events |= WEFT_LOOP_ENDED;
    if (bits & EPOLLHUP) events |= WEFT_LOOP_CLOSED;
    return events;
}

static void hand_out(struct weft_loop *loop, size_t count)
{
    loop->pending = loop->events;
    loop->pending_count = count;
    while (loop->pending_count > 0) {
        struct epoll_event event = *loop->pending++;
        loop->pending_count--;
        struct weft_watch *watch = event.data.ptr;
        if (event.data.ptr == loop) {
            run_posts(loop);
        } else if (event.data.ptr == &loop->alarm_fd) {
            loop->alarm_us = UINT64_MAX; // the timers are looked at behind all events
        } else if (watch) {
            watch->ready(watch, meaning(event.events));
        }
    }
}

static void run_timers(struct weft_loop *loop)
{
    // One that sets itself again for now has to wait for the next turn.
    for (size_t left = loop->timers.count; left > 0; left--) {
        struct weft_timer *first = weft_timer_heap_first(&loop->timers);
        if (!first || first->due_us > loop->now_us) return;
        weft_timer_heap_remove(&loop->timers, first);
        first->due(first);
    }
}

static void run_tasks(struct weft_loop *loop)
{
    // Those that are deferred from here on are the next turn's: this mark stands between the two.
    struct weft_list mark;
    weft_list_push_back(&loop->tasks, &mark);
    for (;;) {
        struct weft_list *link = weft_list_pop_front(&loop->tasks);
        if (link == &mark) return;
        struct weft_task *task = WEFT_LIST_ENTRY(link, struct weft_task, link);
        task->run(task);
    }
}

// For epoll: milliseconds, rounded up; -1 for no end.
static int wait_ms(const struct weft_loop *loop, uint64_t wait_us)
{
    if (!weft_list_is_empty(&loop->tasks)) return 0;
    if (wait_us == UINT64_MAX) return -1;
    if (wait_us > (uint64_t)3600 * 1000000) return 3600 * 1000;
    return (int)((wait_us + 999) / 1000);
}

// A timeout of epoll_wait() would be set and taken back in each turn, which costs a virtual machine more than a request
// does. The alarm is moved only where it would be too late; one that is too early wakes once for nothing.
static void set_alarm(struct weft_loop *loop)
{
    const struct weft_timer *first = weft_timer_heap_first(&loop->timers);
    if (!first || first->due_us >= loop->alarm_us) return;
    uint64_t due_us = first->due_us > 0 ? first->due_us : 1; // 0 would take it back
    struct itimerspec at = {
        .it_value = {(time_t)(due_us / 1000000), (long)(due_us % 1000000) * 1000}};
    if (timerfd_settime(loop->alarm_fd, TFD_TIMER_ABSTIME, &at, NULL) == 0) loop->alarm_us = due_us;
}

int weft_loop_turn(struct weft_loop *loop, uint64_t wait_us)
{
    set_alarm(loop);
    int count = epoll_wait(loop->epoll_fd, loop->events, EVENTS_PER_TURN, wait_ms(loop, wait_us));
    if (count < 0 && errno != EINTR) return -errno;
    read_clocks(loop);
    if (count > 0) hand_out(loop, (size_t)count);
    run_timers(loop);
    run_tasks(loop);
    return 0;
}

int weft_loop_run(struct weft_loop *loop)
{
    while (!atomic_exchange(&loop->is_stopped, false)) {
        int error = weft_loop_turn(loop, UINT64_MAX);
        if (error) return error;
    }
    return 0;
}
