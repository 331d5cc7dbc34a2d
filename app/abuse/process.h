// abuse/process.h: the server's processes: who they are, what they hold, how long they have computed.
#ifndef WEFT_ABUSE_PROCESS_H
#define WEFT_ABUSE_PROCESS_H

#include "net/socket.h"

#include <sys/types.h>

enum { WEFT_ABUSE_PROCESSES_MOST = 64 };

struct weft_abuse_processes {
    pid_t pids[WEFT_ABUSE_PROCESSES_MOST];
    size_t count;
};

/** All who hold the socket that listens at `address`; none where they belong to somebody else. */
void weft_abuse_find_listeners(const struct weft_address *address,
                               struct weft_abuse_processes *out);

/** A process and all that descend from it. */
void weft_abuse_find_family(pid_t pid, struct weft_abuse_processes *out);

/** The bytes in memory of all together; `with_peaks`: at their most since weft_abuse_forget_peaks(). */
int64_t weft_abuse_resident(const struct weft_abuse_processes *processes, bool with_peaks);

/** The peaks begin anew; false where that is not allowed: then they say nothing. */
bool weft_abuse_forget_peaks(const struct weft_abuse_processes *processes);

/** Microseconds that all together have computed. */
uint64_t weft_abuse_cpu_us(const struct weft_abuse_processes *processes);

/** Do all of them still live? */
bool weft_abuse_all_live(const struct weft_abuse_processes *processes);

#endif
