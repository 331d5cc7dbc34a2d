// process/upgrade.c
#include "process/upgrade.h"

#include "process/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** The environment's variable with the descriptor of the state. */
#define STATE_VARIABLE "WEFT_SUPERVISOR_STATE"

// What a service manager has said of descriptors, which were taken over long ago.
static bool is_spent(const char *variable)
{
    static const char *const spent[] = {"LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES=",
                                        "LISTEN_PIDFDID=", "WEFT_SUPERVISOR_STATE="};
    for (size_t i = 0; i < WEFT_COUNT(spent); i++) {
        if (strncmp(variable, spent[i], strlen(spent[i])) == 0) return true;
    }
    return false;
}

void weft_upgrade_begin(struct weft_supervisor *supervisor)
{
    size_t count = 0;
    size_t kept = 0;
    while (environ[count]) {
        count++;
    }
    // With room for one more. Without memory there is no upgrade, which is said when one is asked for.
    supervisor->environment = calloc(count + 2, sizeof(*supervisor->environment));
    if (!supervisor->environment) return;
    for (size_t i = 0; i < count; i++) {
        if (!is_spent(environ[i])) supervisor->environment[kept++] = environ[i];
    }
    supervisor->environment_count = kept;
}

void weft_upgrade_end(struct weft_supervisor *supervisor)
{
    free(supervisor->environment);
    supervisor->environment = NULL;
}

int weft_upgrade_become(struct weft_supervisor *supervisor)
{
    char variable[64];
    if (!supervisor->environment) return -ENOMEM;
    int fd = weft_state_save(supervisor);
    if (fd < 0) return fd;
    snprintf(variable, sizeof(variable), STATE_VARIABLE "=%d", fd);
    supervisor->environment[supervisor->environment_count] = variable;
    int result = -EBADF;
    if (weft_state_keep_open(supervisor, true) && fcntl(fd, F_SETFD, 0) == 0) {
        (void)execve(supervisor->program, supervisor->config->command, supervisor->environment);
        result = -errno;
    }
    (void)weft_state_keep_open(supervisor, false);
    supervisor->environment[supervisor->environment_count] = NULL;
    close(fd);
    return result;
}

int weft_upgrade_take_over(struct weft_supervisor *supervisor)
{
    const char *text = getenv(STATE_VARIABLE);
    if (!text) return 0;
    char *end;
    long fd = strtol(text, &end, 10);
    bool is_number = end != text && !*end && fd > STDERR_FILENO && fd <= INT16_MAX;
    (void)unsetenv(STATE_VARIABLE);
    if (!is_number || fcntl((int)fd, F_GETFD) < 0) return 0; // somebody's own variable
    bool is_good = weft_state_load(supervisor, (int)fd);
    close((int)fd);
    return is_good ? 1 : -EPROTO;
}
