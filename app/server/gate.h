// server/gate.h: lets those in who have a name and the password to it (RFC 9110 §11, RFC 7617).
//
// Trying a password takes long, so a helper's thread does it and the request waits; what was found right is remembered for
// a while, by a keyed hash and never as it is. A gate is one thread's.
#ifndef WEFT_SERVER_GATE_H
#define WEFT_SERVER_GATE_H

#include "http/limits.h"
#include "net/helpers.h"
#include "net/secret.h"
#include "server/client_table.h"
#include "server/credentials.h"
#include "server/passwords.h"

enum {
    WEFT_GATE_KNOWN_MOST = 1024, // credentials of a thread that are remembered
    WEFT_GATE_BUSY_RETRY_S = 1,
};

enum weft_gate_verdict {
    WEFT_GATE_OPEN,
    WEFT_GATE_WAITS,     // it is being found out: `decided` will be called
    WEFT_GATE_SHUT,      // 401: no credentials, or wrong ones
    WEFT_GATE_TOO_OFTEN, // 429: too many of this client's were wrong
    WEFT_GATE_BUSY,      // 503: too many passwords wait to be tried, or there is no memory
};

struct weft_gate_check;
struct weft_gate_known;

/** A request that waits for a password to be tried. */
struct weft_gate_wait {
    struct weft_list link; // among those that wait for the same
    struct weft_client *client;
    bool has_paid;            // of its client's logins
    void *session, *exchange; // of whoever asked
    size_t held_size;         // bytes of content that came meanwhile
};

/** What was done, in numbers. */
struct weft_gate_counts {
    uint64_t known, right, wrong; // logins: remembered, tried
};

struct weft_gate {
    struct weft_helper_desk desk;
    bool is_open;
    uint8_t key[WEFT_SECRET_SIZE];
    struct weft_gate_known *known; // NULL: nobody has come yet
    struct weft_list checks;       // under way
    const struct weft_client_table *clients;
    struct weft_http_limit_counters *counters;
    struct weft_gate_counts *counts;
    /** It is decided: SHUT, BUSY, or OPEN for `user`. The wait is over: to be forgotten. */
    void (*decided)(struct weft_gate_wait *wait, enum weft_gate_verdict verdict,
                    const struct weft_password *user);
};

/** Opens a gate of which all but the desk, the key and what is known is set. It must not move. False without chance. */
WEFT_MUST_USE bool weft_gate_open(struct weft_gate *gate, struct weft_helpers *helpers,
                                  struct weft_loop *loop);

/** To be called when the helpers have ended and nobody waits. A gate of zeroes is closed. */
void weft_gate_close(struct weft_gate *gate);

/** Who asks, and for what. */
struct weft_gate_question {
    const struct weft_passwords *passwords; // of the site
    const struct weft_http_head *request;
    struct weft_client *client; // may be NULL
    uint64_t now_us;
};

/** What it came to. */
struct weft_gate_answer {
    enum weft_gate_verdict verdict;
    const struct weft_password *user; // where it is OPEN
    struct weft_gate_wait
        *wait; // where it WAITS: to be filled, and forgotten where the request goes away
    uint32_t retry_after_s; // where it is TOO_OFTEN or BUSY
};

struct weft_gate_answer weft_gate_ask(struct weft_gate *gate,
                                      const struct weft_gate_question *question);

/** The request has gone: nobody is told. What is found out is remembered all the same. */
void weft_gate_forget(struct weft_gate_wait *wait);

#endif
