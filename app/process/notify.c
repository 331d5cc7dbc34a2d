// process/notify.c
#include "process/notify.h"

#include "base/span.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_SIZE = 512 };

// A path, or with @ before it a name that is in no file system.
static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(name);
    if ((*name != '/' && *name != '@') || size < 2) return -EAFNOSUPPORT;
    if (size >= sizeof(address.sun_path)) return -ENAMETOOLONG;
    memcpy(address.sun_path, name, size);
    if (*name == '@') address.sun_path[0] = 0;
    // Connected now: behind the walls of a worker no address can be named any more.
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    socklen_t whole = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    if (connect(fd, (const struct sockaddr *)&address, whole) == 0) return fd;
    int error = -errno;
    close(fd);
    return error;
}

static bool read_number(const char *text, uint64_t *number)
{
    char *end = NULL;
    if (!text || *text < '0' || *text > '9') return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *end == 0;
}

// The watchdog's time, where it is this process that is watched.
static uint64_t find_watchdog_us(void)
{
    uint64_t time_us = 0;
    uint64_t pid = 0;
    const char *whom = getenv("WATCHDOG_PID");
    if (!read_number(getenv("WATCHDOG_USEC"), &time_us)) return 0;
    if (whom && (!read_number(whom, &pid) || pid != (uint64_t)getpid())) return 0;
    return time_us;
}

int weft_notify_begin(struct weft_notify *notify)
{
    static const char *const variables[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
    const char *name = getenv("NOTIFY_SOCKET");
    int result = 0;
    *notify = (struct weft_notify){.fd = -1};
    if (name && *name) {
        result = connect_to(name);
        notify->fd = result < 0 ? -1 : result;
        if (result >= 0) notify->watchdog_us = find_watchdog_us();
    }
    for (size_t i = 0; i < WEFT_COUNT(variables); i++) {
        (void)unsetenv(variables[i]);
    }
    return result < 0 ? result : 0;
}

void weft_notify_end(struct weft_notify *notify)
{
    if (notify->fd >= 0) close(notify->fd);
    *notify = (struct weft_notify){.fd = -1};
}

// A manager that does not read is not waited for.
static void tell(const struct weft_notify *notify, const char *text)
{
    if (notify->fd >= 0) (void)send(notify->fd, text, strlen(text), MSG_NOSIGNAL);
}

// "STATE=1" and what people may read; a line's end in that would begin another word.
static void tell_with_status(const struct weft_notify *notify, const char *state,
                             const char *status)
{
    char text[TEXT_SIZE];
    int size = snprintf(text, sizeof(text), "%s\nSTATUS=%s", state, status);
    if (size < 0) return;
    for (char *at = text + strlen(state) + 1; *at; at++) {
        if (*at == '\n') *at = ' ';
    }
    tell(notify, text);
}

void weft_notify_ready(const struct weft_notify *notify, const char *status)
{
    tell_with_status(notify, "READY=1", status);
}

void weft_notify_reloading(const struct weft_notify *notify)
{
    char text[TEXT_SIZE];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); // so that the manager knows which wish it answers
    uint64_t now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_us);
    tell(notify, text);
}

void weft_notify_stopping(const struct weft_notify *notify, const char *status)
{
    tell_with_status(notify, "STOPPING=1", status);
}

void weft_notify_main_pid(const struct weft_notify *notify, pid_t pid)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof(text), "MAINPID=%d", (int)pid);
    tell(notify, text);
}

void weft_notify_alive(const struct weft_notify *notify)
{
    if (notify->watchdog_us > 0) tell(notify, "WATCHDOG=1");
}

uint64_t weft_notify_interval_ms(const struct weft_notify *notify)
{
    if (notify->watchdog_us == 0) return 0;
    uint64_t half_ms = notify->watchdog_us / 2000;
    return half_ms > 0 ? half_ms : 1;
}
