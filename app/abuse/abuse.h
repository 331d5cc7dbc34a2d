// abuse/abuse.h: plays known attacks against a server on this machine and judges whether it bounds them: the face of this folder.
//
// A case sends what an attacker would, within a budget of time, bytes and connections. While it does so and after it, a
// thread of its own asks the server something ordinary over fresh connections, and reads what the server's processes
// hold and how long they have computed.
#ifndef WEFT_ABUSE_H
#define WEFT_ABUSE_H

#include "base/span.h"
#include "client/client.h"
#include "net/socket.h"

/** What must hold beside what always must: see enum weft_abuse_fault. */
enum weft_abuse_rule {
    WEFT_ABUSE_REFUSED, // an error status, a reset, a GOAWAY, an alert or the end; never an answer as if all were well
    WEFT_ABUSE_ENDED, // the server ends each connection, soon
    WEFT_ABUSE_TIMED, // the same, by one of its time limits: in the short form it may still hold it in the end
    WEFT_ABUSE_BOUNDED, // it may take it all, as long as that costs little
};

enum weft_abuse_need {
    WEFT_ABUSE_TLS = 1,   // it is about TLS
    WEFT_ABUSE_CROWD = 2, // many connections at once: each may cost its buffers
    WEFT_ABUSE_OPEN = 4, // requests are held open: each connection may cost its whole memory budget
};

struct weft_abuse_play;

/** One attack. */
struct weft_abuse_case {
    const char *id;   // "h2/rapid-reset"
    const char *name; // the class, as the field knows it
    const char *cve;  // the advisories it is known by, or ""
    const char *sent; // what is sent
    enum weft_abuse_rule rule;
    unsigned needs; // an OR of enum weft_abuse_need
    void (*play)(struct weft_abuse_play *play);
    struct weft_span bytes; // what the player is handed, by its kind
    unsigned number;
};

/** The case at an index, or NULL past the last. */
const struct weft_abuse_case *weft_abuse_case_at(size_t index);

struct weft_abuse_options {
    const struct weft_url *url;         // whose path is asked for; borrowed
    const struct weft_address *address; // on a loopback interface
    struct weft_span large; // path of a large file for slow readers; the URL's where empty
    int pid;                // of the server; 0: whoever listens there
    bool is_long;
};

enum { WEFT_ABUSE_SAID_SIZE = 160, WEFT_ABUSE_WHY_SIZE = 160 };

/** How a case went. */
struct weft_abuse_result {
    const struct weft_abuse_case *which;
    bool is_skipped;
    bool is_bounded;
    const char *outcome; // one word: refused, ended, absorbed, held, skipped; or what went wrong
    char why[WEFT_ABUSE_WHY_SIZE];   // not bounded, skipped: why
    char said[WEFT_ABUSE_SAID_SIZE]; // what the server said: status, GOAWAY, RST_STREAM, alert
    bool has_process;                // memory and CPU could be read
    int64_t grown;                   // bytes that the server's processes held more at the most
    uint64_t cpu_us;                 // that they computed
    uint64_t own_cpu_us;             // that the attack computed
    uint64_t fresh_us;               // the slowest answer on a fresh connection
    uint64_t sent_size;
    uint64_t connections;
    uint64_t elapsed_us;
};

struct weft_abuse_run;

/**
 * Meets the server: it has to be on a loopback address and to answer something ordinary.
 *
 * returns  NULL with one line in `error`
 */
struct weft_abuse_run *weft_abuse_run_new(const struct weft_abuse_options *options, char *error,
                                          size_t error_size);
void weft_abuse_run_free(struct weft_abuse_run *run);

/** How many processes of the server are watched. */
size_t weft_abuse_process_count(const struct weft_abuse_run *run);

/** Plays one case and judges it. */
void weft_abuse_run_case(struct weft_abuse_run *run, const struct weft_abuse_case *which,
                         struct weft_abuse_result *result);

#endif
