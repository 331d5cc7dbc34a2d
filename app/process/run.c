// process/run.c
#include "process/run.h"

#include "process/channel.h"
#include "process/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SIGNALS, ENDED, ORDERS, CLOSED, WATCHED };

int weft_run_begin(struct weft_run *run)
{
    sigset_t set;
    *run = (struct weft_run){.signal_fd = -1, .channel = -1};
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    // SIGPIPE is never of use, nor is SIGXFSZ: a log that may not grow is an error of its write, and no reason to stop.
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return run->signal_fd < 0 ? -errno : 0;
}

void weft_run_end(struct weft_run *run)
{
    if (run->signal_fd >= 0) close(run->signal_fd);
    run->signal_fd = -1;
}

// Begins to drain, or is in more of a hurry than before.
static void drain(struct weft_run *run, enum weft_server_end end, uint64_t within_ms)
{
    uint64_t deadline_ms = weft_clock_ms() + within_ms;
    if (!run->is_draining || deadline_ms < run->deadline_ms) run->deadline_ms = deadline_ms;
    run->is_draining = true;
    weft_server_drain(run->server, end);
}

static void act_on_signal(struct weft_run *run, uint32_t number)
{
    if (number == SIGUSR1) {
        weft_server_reopen_logs(run->server);
    } else if (run->signal_count++ == 0) {
        drain(run, WEFT_SERVER_ENDS, run->drain_ms);
    } else {
        run->is_over = true; // the second word
    }
}

static void take_signals(struct weft_run *run)
{
    struct signalfd_siginfo info;
    while (read(run->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        act_on_signal(run, info.ssi_signo);
    }
}

// A thread that hangs keeps it silent.
static void say_if_well(const struct weft_run *run)
{
    struct weft_message well = {.type = WEFT_MESSAGE_WELL};
    if (weft_server_ping(run->server)) (void)weft_channel_send(run->channel, &well);
}

static void note_failure(const struct weft_run *run, const struct weft_message *order)
{
    char line[WEFT_MESSAGE_DATA_MOST + 1];
    weft_message_text(order, line, sizeof(line));
    weft_server_note_failure(run->server, line);
}

static void act_on_order(struct weft_run *run, const struct weft_message *order)
{
    switch (order->type) {
    case WEFT_MESSAGE_DRAIN: {
        bool is_known = order->size > 0 && order->data[0] < WEFT_SERVER_ENDS;
        drain(run, is_known ? order->data[0] : WEFT_SERVER_ENDS, order->number);
        break;
    }
    case WEFT_MESSAGE_REOPEN: weft_server_reopen_logs(run->server); break;
    case WEFT_MESSAGE_END: run->is_over = true; break;
    case WEFT_MESSAGE_ASK: say_if_well(run); break;
    case WEFT_MESSAGE_FAILED: note_failure(run, order); break;
    default: break; // of a later version
    }
}

static void take_orders(struct weft_run *run)
{
    struct weft_message order;
    int result;
    while ((result = weft_channel_receive(run->channel, &order)) == 1) {
        act_on_order(run, &order);
        weft_message_close(&order);
    }
    if (result == -EAGAIN) return;
    run->channel = -1; // the supervisor is no more
    drain(run, WEFT_SERVER_ENDS, run->drain_ms);
}

static void say_closed(struct weft_run *run)
{
    struct weft_message closed = {.type = WEFT_MESSAGE_CLOSED};
    run->has_closed = true;
    if (run->channel >= 0) (void)weft_channel_send(run->channel, &closed);
}

static int timeout_ms(const struct weft_run *run)
{
    uint64_t now_ms = weft_clock_ms();
    if (!run->is_draining) return -1;
    if (run->deadline_ms <= now_ms) return 0;
    uint64_t left_ms = run->deadline_ms - now_ms;
    return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

bool weft_run_wait(struct weft_run *run)
{
    while (!run->is_over) {
        struct pollfd fds[WATCHED] = {
            [SIGNALS] = {.fd = run->signal_fd, .events = POLLIN},
            [ENDED] = {.fd = weft_server_ended_fd(run->server), .events = POLLIN},
            [ORDERS] = {.fd = run->channel, .events = POLLIN}, // none where it is negative
            [CLOSED] = {.fd = run->has_closed ? -1 : weft_server_closed_fd(run->server),
                        .events = POLLIN},
        };
        int wait_ms = timeout_ms(run);
        if (wait_ms == 0) break; // the drain has taken too long
        if (poll(fds, WATCHED, wait_ms) < 0 && errno != EINTR) return false;
        take_signals(run);
        if (fds[ORDERS].revents) take_orders(run);
        if (fds[CLOSED].revents) say_closed(run);
        if (fds[ENDED].revents) break;
    }
    return run->is_draining || run->is_over; // threads that ended without being asked have failed
}
