// process/child.h: a worker, as its supervisor sees it.
#ifndef WEFT_PROCESS_CHILD_H
#define WEFT_PROCESS_CHILD_H

#include "base/list.h"
#include "process/orders.h"
#include "process/sockets.h"

#include <sys/types.h>

enum weft_child_phase {
    WEFT_CHILD_STARTING, // reads its configuration
    WEFT_CHILD_SERVING,
    WEFT_CHILD_DRAINING, // takes no connections any more
};

/** Why it was started. */
enum weft_child_reason {
    WEFT_CHILD_FIRST,
    WEFT_CHILD_RELOAD,
    WEFT_CHILD_UPGRADE,
    WEFT_CHILD_RESTART, // another one has ended that should not have
};

struct weft_child {
    struct weft_list link;
    pid_t pid;
    int channel;
    enum weft_child_phase phase;
    enum weft_child_reason reason;
    uint64_t born_ms;
    uint64_t deadline_ms; // then it is killed: UINT64_MAX for never
    bool is_killed;       // by us
    bool has_served;      // it was ready once
    bool is_well;         // it has said so since it was asked
    bool is_alien;        // it does not speak our protocol
    uint32_t protocol;    // 0 until it has said so
    char version[64];
    char told[WEFT_MESSAGE_DATA_MOST + 1]; // the first line of why it cannot serve
    unsigned told_count;
};

struct weft_child_plan {
    const char
        *program; // the file; NULL: the program that runs here, also where its file was replaced
    char *const *command; // its arguments, with its name first
    const struct weft_sockets *sockets;
    const struct weft_start *start;
    enum weft_child_reason reason;
    uint32_t start_within_ms;
};

/** Starts a worker and gives it all that it needs. returns NULL with one line in `error` */
struct weft_child *weft_child_start(const struct weft_child_plan *plan, char *error,
                                    size_t error_size);

/** Forgets it; it has ended, or is nobody's concern any more. NULL does nothing. */
void weft_child_free(struct weft_child *child);

/** Gives an order without data. What it cannot take does not matter: a deadline stands behind it. */
void weft_child_order(const struct weft_child *child, enum weft_message_type type);

/** Tells it that it goes on because its successor came to nothing: for those who ask it. */
void weft_child_tell_failure(const struct weft_child *child, const char *what, const char *why);

/** Tells it to drain, within some time. */
void weft_child_drain(struct weft_child *child, enum weft_server_end end, uint32_t within_ms);

/** Ends it by SIGKILL. */
void weft_child_kill(struct weft_child *child);

/** Takes the next thing that it has said: the type, 0 where there is nothing (more). */
uint32_t weft_child_hear(struct weft_child *child);

/** "was ended by SIGSEGV" or "ended with status 1", by what wait() says. */
void weft_child_how_ended(int status, char *text, size_t size);

#endif
