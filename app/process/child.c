// process/child.c
#include "process/child.h"

#include "process/clock.h"
#include "process/work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    NO_PROGRAM = 127,     // the status of who could not become one, as a shell has it
    KILL_GRACE_MS = 1000, // after the deadline that the worker itself keeps
};

static int give_sockets(int channel, const struct weft_sockets *sockets)
{
    for (size_t i = 0; i < sockets->order_count; i++) {
        const struct weft_listening *listening = weft_sockets_at(sockets, i);
        for (unsigned k = 0; k < listening->address_count; k++) {
            struct weft_message message = weft_order_sockets(listening, k);
            int result = weft_channel_send(channel, &message);
            if (result < 0) return result;
        }
    }
    return 0;
}

// All that a worker starts from; it waits in the channel until it is read.
static int give_all(int channel, const struct weft_child_plan *plan)
{
    int result = give_sockets(channel, plan->sockets);
    if (result < 0) return result;
    struct weft_message start = weft_order_start(plan->start);
    result = weft_channel_send(channel, &start);
    explicit_bzero(&start, sizeof(start));
    return result;
}

// Signals as a new program expects them. Those that would end it before it can take them, though they are meant for the
// supervisor, are left out.
static void reset_signals(void)
{
    sigset_t none;
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGUSR1, SIG_DFL);
    (void)signal(SIGUSR2, SIG_IGN);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

// In the new process: becomes the program, or says why not.
_Noreturn static void become(const struct weft_child_plan *plan, int channel)
{
    char number[16];
    char line[512];
    const char *program = plan->program ? plan->program : "/proc/self/exe";
    snprintf(number, sizeof(number), "%d", channel);
    reset_signals();
    if (fcntl(channel, F_SETFD, 0) == 0 && setenv(WEFT_WORK_VARIABLE, number, 1) == 0) {
        (void)execv(program, plan->command);
    }
    snprintf(line, sizeof(line), "cannot run %s: %s",
             plan->program ? plan->program : plan->command[0], strerror(errno));
    struct weft_message message = weft_message_of_text(WEFT_MESSAGE_TOLD, 0, line);
    (void)weft_channel_send(channel, &message);
    _exit(NO_PROGRAM);
}

static struct weft_child *child_new(const struct weft_child_plan *plan, pid_t pid, int channel)
{
    struct weft_child *child = calloc(1, sizeof(*child));
    if (!child) return NULL;
    child->pid = pid;
    child->channel = channel;
    child->reason = plan->reason;
    child->born_ms = weft_clock_ms();
    child->deadline_ms = child->born_ms + plan->start_within_ms;
    return child;
}

struct weft_child *weft_child_start(const struct weft_child_plan *plan, char *error,
                                    size_t error_size)
{
    int ends[2];
    int result = weft_channel_open(ends);
    if (result < 0) goto no_channel;
    struct weft_child *child = child_new(plan, 0, ends[0]);
    result = child ? give_all(ends[0], plan) : -ENOMEM;
    if (result < 0) goto no_child;
    child->pid = fork();
    if (child->pid == 0) become(plan, ends[1]);
    if (child->pid < 0) {
        result = -errno;
        goto no_child;
    }
    close(ends[1]);
    return child;

no_child:
    free(child);
    close(ends[0]);
    close(ends[1]);
no_channel:
    snprintf(error, error_size, "cannot start a worker: %s", strerror(-result));
    return NULL;
}

void weft_child_free(struct weft_child *child)
{
    if (!child) return;
    if (child->channel >= 0) close(child->channel);
    free(child);
}

void weft_child_order(const struct weft_child *child, enum weft_message_type type)
{
    struct weft_message order = {.type = type};
    if (child->channel >= 0) (void)weft_channel_send(child->channel, &order);
}

void weft_child_tell_failure(const struct weft_child *child, const char *what, const char *why)
{
    char line[WEFT_MESSAGE_DATA_MOST + 1];
    snprintf(line, sizeof(line), "%s: %s", what, why);
    struct weft_message message = weft_message_of_text(WEFT_MESSAGE_FAILED, 0, line);
    if (child->channel >= 0) (void)weft_channel_send(child->channel, &message);
}

void weft_child_drain(struct weft_child *child, enum weft_server_end end, uint32_t within_ms)
{
    struct weft_message order = {.type = WEFT_MESSAGE_DRAIN, .number = within_ms, .size = 1};
    uint64_t deadline_ms = weft_clock_ms() + within_ms + KILL_GRACE_MS;
    order.data[0] = (uint8_t)end;
    if (child->phase != WEFT_CHILD_DRAINING || deadline_ms < child->deadline_ms) {
        child->deadline_ms = deadline_ms;
    }
    child->phase = WEFT_CHILD_DRAINING;
    if (child->channel >= 0) (void)weft_channel_send(child->channel, &order);
}

void weft_child_kill(struct weft_child *child)
{
    child->is_killed = true;
    child->deadline_ms = UINT64_MAX;
    (void)kill(child->pid, SIGKILL);
}

static void keep(struct weft_child *child, const struct weft_message *message)
{
    if (message->type == WEFT_MESSAGE_HELLO) {
        child->protocol = message->number;
        weft_message_text(message, child->version, sizeof(child->version));
    } else if (message->type == WEFT_MESSAGE_TOLD && child->told_count++ == 0) {
        weft_message_text(message, child->told, sizeof(child->told));
    }
}

uint32_t weft_child_hear(struct weft_child *child)
{
    struct weft_message message;
    if (child->channel < 0) return 0;
    int result = weft_channel_receive(child->channel, &message);
    if (result == 1) {
        keep(child, &message);
        weft_message_close(&message); // a worker has no descriptors to give
        return message.type;
    }
    if (result == -EAGAIN) return 0;
    close(child->channel); // it has ended, or speaks nonsense
    child->channel = -1;
    return 0;
}

void weft_child_how_ended(int status, char *text, size_t size)
{
    if (!WIFSIGNALED(status)) {
        snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
        return;
    }
    if (WTERMSIG(status) == SIGSYS) { // docs/sandbox.md
        snprintf(text, size,
                 "was ended by its sandbox (SIGSYS; the kernel's log has the system call)");
        return;
    }
    const char *name = sigabbrev_np(WTERMSIG(status));
    if (name) {
        snprintf(text, size, "was ended by SIG%s", name);
    } else {
        snprintf(text, size, "was ended by signal %d", WTERMSIG(status));
    }
}
