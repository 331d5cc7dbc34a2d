// process/notify.h: what a service manager is told: sd_notify(3)'s protocol, lines in datagrams.
//
// Under a manager that does not ask for it, or none, all of this does nothing.
#ifndef WEFT_PROCESS_NOTIFY_H
#define WEFT_PROCESS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct weft_notify {
    int fd;               // -1: nobody listens
    uint64_t watchdog_us; // a sign of life is expected at least this often; 0: none is
};

/**
 * Finds out who listens: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of the environment, which are taken out of it, so
 * that other programs do not speak for this one.
 *
 * returns  0, also where nobody listens; a negative errno where there should be somebody; `notify` can be used in any case
 */
int weft_notify_begin(struct weft_notify *notify);

void weft_notify_end(struct weft_notify *notify);

/** It serves; also after a reload. `status` is one line for people. */
void weft_notify_ready(const struct weft_notify *notify, const char *status);

/** It reads its configuration anew; weft_notify_ready() has to follow, also where nothing came of it. */
void weft_notify_reloading(const struct weft_notify *notify);

/** It has begun to end. */
void weft_notify_stopping(const struct weft_notify *notify, const char *status);

/** Another process is the main one now. */
void weft_notify_main_pid(const struct weft_notify *notify, pid_t pid);

/** It is well: all that serves has answered. */
void weft_notify_alive(const struct weft_notify *notify);

/** How often to find out whether all is well, in milliseconds: half of the watchdog's time; 0: never. */
uint64_t weft_notify_interval_ms(const struct weft_notify *notify);

#endif
