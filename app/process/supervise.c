// process/supervise.c: the supervisor's life: signals, workers' words and ends, what is due.
#include "process/supervise.h"

#include "process/clock.h"
#include "process/program.h"
#include "process/supervisor.h"
#include "process/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 1 }; // an exit code

// Is there a terminal whose end would be told by SIGHUP?
static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return false;
    close(fd);
    return true;
}

static int take_signals(void)
{
    static const int taken[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < WEFT_COUNT(taken); i++) {
        sigaddset(&set, taken[i]);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    (void)signal(SIGCHLD, SIG_DFL); // whoever has started us may have it ignored
    (void)signal(SIGPIPE, SIG_IGN);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static void reopen_logs(struct weft_supervisor *supervisor)
{
    WEFT_LIST_EACH(link, &supervisor->children)
    {
        struct weft_child *child = WEFT_LIST_ENTRY(link, struct weft_child, link);
        weft_child_order(child, WEFT_MESSAGE_REOPEN);
    }
}

// A terminal that is closed hangs up on all that was started from it; that is an end and no wish for a reload.
static void hang_up(struct weft_supervisor *supervisor)
{
    if (supervisor->had_terminal && !has_terminal()) {
        weft_supervisor_end(supervisor);
    } else {
        weft_supervisor_reload(supervisor);
    }
}

static void act_on_signal(struct weft_supervisor *supervisor, uint32_t number)
{
    switch (number) {
    case SIGTERM:
    case SIGINT: weft_supervisor_end(supervisor); break;
    case SIGHUP: hang_up(supervisor); break;
    case SIGUSR1: reopen_logs(supervisor); break;
    case SIGUSR2: weft_supervisor_upgrade(supervisor); break;
    default: break; // SIGCHLD: they are asked for anyway
    }
}

static void act_on_signals(struct weft_supervisor *supervisor)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        act_on_signal(supervisor, info.ssi_signo);
    }
}

static struct weft_child *find(struct weft_supervisor *supervisor, pid_t pid)
{
    WEFT_LIST_EACH(link, &supervisor->children)
    {
        struct weft_child *child = WEFT_LIST_ENTRY(link, struct weft_child, link);
        if (child->pid == pid) return child;
    }
    return NULL;
}

static void bury_the_dead(struct weft_supervisor *supervisor)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct weft_child *child = find(supervisor, pid);
        if (child)
            weft_supervisor_bury(supervisor, child, status); // else one that we have inherited
    }
}

// When something is to be done if nothing happens before.
static uint64_t deadline_ms(const struct weft_supervisor *supervisor)
{
    uint64_t first_ms = supervisor->restart_ms;
    if (supervisor->beat_ms < first_ms) first_ms = supervisor->beat_ms;
    if (supervisor->leaving_ms < first_ms) first_ms = supervisor->leaving_ms;
    WEFT_LIST_EACH(link, &supervisor->children)
    {
        const struct weft_child *child = WEFT_LIST_ENTRY(link, struct weft_child, link);
        if (child->deadline_ms < first_ms) first_ms = child->deadline_ms;
    }
    return first_ms;
}

static void act_on_time(struct weft_supervisor *supervisor)
{
    uint64_t now_ms = weft_clock_ms();
    WEFT_LIST_EACH(link, &supervisor->children)
    {
        struct weft_child *child = WEFT_LIST_ENTRY(link, struct weft_child, link);
        if (child->deadline_ms <= now_ms) weft_child_kill(child);
    }
    if (supervisor->leaving_ms <= now_ms) weft_supervisor_give_up_leaving(supervisor);
    if (supervisor->restart_ms <= now_ms) weft_supervisor_restart(supervisor);
    if (supervisor->beat_ms <= now_ms) weft_supervisor_beat(supervisor);
}

static int wait_ms(const struct weft_supervisor *supervisor)
{
    uint64_t now_ms = weft_clock_ms();
    uint64_t due_ms = deadline_ms(supervisor);
    if (due_ms == UINT64_MAX) return -1;
    if (due_ms <= now_ms) return 0;
    return due_ms - now_ms > INT_MAX ? INT_MAX : (int)(due_ms - now_ms);
}

// Waits for signals, the ends of workers among them, and for what workers say.
static void wait_for_news(struct weft_supervisor *supervisor)
{
    struct pollfd fds[WEFT_CHILDREN_MOST + 1] = {{.fd = supervisor->signal_fd, .events = POLLIN}};
    struct weft_child *children[WEFT_CHILDREN_MOST];
    size_t count = 0;
    WEFT_LIST_EACH(link, &supervisor->children)
    {
        struct weft_child *child = WEFT_LIST_ENTRY(link, struct weft_child, link);
        children[count++] = child;
        fds[count] = (struct pollfd){.fd = child->channel, .events = POLLIN};
    }
    int ready = poll(fds, count + 1, wait_ms(supervisor));
    for (size_t i = 0; i < count && ready > 0; i++) {
        if (fds[i + 1].revents) weft_supervisor_hear(supervisor, children[i]);
    }
}

static int run(struct weft_supervisor *supervisor)
{
    while (!supervisor->is_over) {
        wait_for_news(supervisor);
        act_on_signals(supervisor); // before the ends of workers, which these may explain
        bury_the_dead(supervisor);
        act_on_time(supervisor);
        if (supervisor->is_ending && supervisor->child_count == 0) supervisor->is_over = true;
    }
    return supervisor->code;
}

// A descriptor for each socket of each thread: as many as we may.
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static bool begin(struct weft_supervisor *supervisor, char *error, size_t error_size)
{
    supervisor->signal_fd = take_signals();
    if (supervisor->signal_fd < 0) {
        snprintf(error, error_size, "cannot take signals: %s", strerror(-supervisor->signal_fd));
        return false;
    }
    int was_left = weft_upgrade_take_over(supervisor);
    if (was_left < 0) {
        snprintf(error, error_size, "cannot take the place of another version: stop and start it");
        return false;
    }
    if (was_left) {
        supervisor->has_served = true;
        if (supervisor->starting) weft_supervisor_promote(supervisor);
        return true;
    }
    supervisor->had_terminal = has_terminal();
    size_t size = sizeof(supervisor->start.ticket_secret);
    if (getrandom(supervisor->start.ticket_secret, size, 0) != (ssize_t)size) {
        snprintf(error, error_size, "cannot get random bytes: %s", strerror(errno));
        return false;
    }
    return weft_supervisor_start(supervisor, WEFT_CHILD_FIRST, error, error_size);
}

// What a service manager has left in the environment; before workers get a copy of it.
static void hear_of_manager(struct weft_supervisor *supervisor)
{
    int result = weft_notify_begin(&supervisor->notify);
    if (result < 0) {
        weft_supervisor_tell(supervisor, "cannot tell the service manager (NOTIFY_SOCKET): %s",
                             strerror(-result));
    }
    if (weft_notify_interval_ms(&supervisor->notify) > 0) supervisor->beat_ms = 0; // at once
    weft_activation_begin(&supervisor->activation, supervisor->config->tell);
}

int weft_supervise(const struct weft_supervise_config *config)
{
    static struct weft_supervisor supervisor; // large
    char error[WEFT_SUPERVISOR_LINE_SIZE];
    int code = FAILED;
    supervisor = (struct weft_supervisor){.config = config, .code = FAILED};
    bool is_known =
        weft_program_find(config->command[0], supervisor.program, sizeof(supervisor.program));
    if (!is_known) supervisor.program[0] = 0;
    supervisor.restart_ms = supervisor.beat_ms = supervisor.leaving_ms = UINT64_MAX;
    weft_upgrade_begin(&supervisor);
    hear_of_manager(&supervisor);
    weft_list_init(&supervisor.children);
    raise_descriptor_limit();
    if (begin(&supervisor, error, sizeof(error))) {
        code = run(&supervisor);
    } else {
        code = supervisor.code;
        config->tell(error);
    }
    weft_sockets_close(&supervisor.sockets);
    weft_notify_end(&supervisor.notify);
    if (supervisor.signal_fd >= 0) close(supervisor.signal_fd);
    weft_upgrade_end(&supervisor);
    explicit_bzero(&supervisor.start, sizeof(supervisor.start));
    return code;
}
