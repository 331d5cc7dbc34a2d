// process/work.c
#include "process/work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { START_WITHIN_MS = 10000 }; // the supervisor has sent all before we were

// The channel that the environment names; -1 where it names none.
static int inherited_channel(void)
{
    const char *text = getenv(WEFT_WORK_VARIABLE);
    char *end = NULL;
    int type = 0;
    socklen_t size = sizeof(type);
    long fd = text ? strtol(text, &end, 10) : -1;
    if (!text || end == text || *end || fd < 0 || fd > INT16_MAX) return -1;
    if (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0) return -1;
    if (type != SOCK_SEQPACKET) return -1;
    (void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    return (int)fd;
}

// Signals that reach all processes of a terminal or of a name: what they ask for is the supervisor's to do.
static void leave_signals_to_supervisor(void)
{
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGUSR2, SIG_IGN);
}

// The next message, waited for; as weft_channel_receive().
static int await(const struct weft_work *work, struct weft_message *message)
{
    struct pollfd channel = {.fd = work->channel, .events = POLLIN};
    int result;
    while ((result = weft_channel_receive(work->channel, message)) == -EAGAIN) {
        int ready = poll(&channel, 1, START_WITHIN_MS);
        if (ready == 0) return -ETIMEDOUT;
        if (ready < 0 && errno != EINTR) return -errno;
    }
    return result;
}

// Address by address, listener by listener.
static int take_sockets(struct weft_work *work, struct weft_message *message)
{
    bool begins = message->number == 0;
    if (begins && work->listening_count == WEFT_LISTENS_MOST) return -EPROTO;
    if (begins) work->listening_count++;
    if (work->listening_count == 0) return -EPROTO;
    return weft_order_take_sockets(message, &work->listenings[work->listening_count - 1]);
}

static int take_start(struct weft_work *work, const struct weft_message *message)
{
    for (size_t i = 0; i < work->listening_count; i++) {
        if (!weft_listening_is_whole(&work->listenings[i])) return -EPROTO;
    }
    return weft_order_take_start(message, &work->start) ? 0 : -EPROTO;
}

static int take_all(struct weft_work *work)
{
    for (;;) {
        struct weft_message message;
        int result = await(work, &message);
        if (result <= 0) return result == 0 ? -EPIPE : result;
        bool is_start = message.type == WEFT_MESSAGE_START;
        if (is_start) {
            result = take_start(work, &message);
        } else {
            result = message.type == WEFT_MESSAGE_SOCKETS ? take_sockets(work, &message) : -EPROTO;
        }
        weft_message_close(&message);
        if (result < 0 || is_start) return result;
    }
}

int weft_work_begin(struct weft_work *work)
{
    *work = (struct weft_work){.channel = inherited_channel()};
    (void)unsetenv(WEFT_WORK_VARIABLE);
    if (work->channel < 0) return 0;
    leave_signals_to_supervisor();
    (void)prctl(PR_SET_NAME,
                "weft"); // for ps and pkill: it was started by another name of its file
    struct weft_message hello =
        weft_message_of_text(WEFT_MESSAGE_HELLO, WEFT_PROTOCOL, WEFT_VERSION);
    int result = weft_channel_send(work->channel, &hello);
    return result < 0 ? result : take_all(work);
}

void weft_work_tell(const struct weft_work *work, const char *line)
{
    struct weft_message message = weft_message_of_text(WEFT_MESSAGE_TOLD, 0, line);
    (void)weft_channel_send(work->channel,
                            &message); // without a supervisor nobody is there to hear it
}

bool weft_work_give(struct weft_work *work, const struct weft_server_config *config,
                    struct weft_server_given *given, char *error, size_t error_size)
{
    bool fits = work->listening_count == config->listen_count;
    for (size_t i = 0; fits && i < config->listen_count; i++) {
        fits = weft_listening_is_for(&work->listenings[i], &config->listens[i]);
    }
    if (!fits) {
        snprintf(error, error_size,
                 "the listeners have changed while the configuration was read: reload it again");
        return false;
    }
    given->listenings = work->listenings;
    given->ticket_secret = work->start.ticket_secret;
    given->generation = work->start.generation;
    return true;
}

void weft_work_is_ready(const struct weft_work *work)
{
    struct weft_message message = {.type = WEFT_MESSAGE_READY};
    (void)weft_channel_send(work->channel, &message);
}

void weft_work_end(struct weft_work *work)
{
    for (size_t i = 0; i < work->listening_count; i++) {
        weft_listening_close(&work->listenings[i]);
    }
    if (work->channel >= 0) close(work->channel);
    work->channel = -1;
    explicit_bzero(&work->start, sizeof(work->start));
}
