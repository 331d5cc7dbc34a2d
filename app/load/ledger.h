// load/ledger.h: what became of every request. Its totals add up, always.
#ifndef WEFT_LOAD_LEDGER_H
#define WEFT_LOAD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

// clang-format off
/** X(ID, name, help) */
#define WEFT_LOAD_FAILURES(X)                                                                       \
    X(CONNECT,  "connect",  "no connection could be made for it")                                   \
    X(LOST,     "lost",     "its connection ended before the answer was whole")                     \
    X(RESET,    "reset",    "the server reset its stream")                                          \
    X(REFUSED,  "refused",  "the server would not process it (REFUSED_STREAM, or told so too often)") \
    X(PROTOCOL, "protocol", "the server broke a rule of HTTP")                                      \
    X(TIMEOUT,  "timeout",  "the answer was not whole in time")                                     \
    X(OVERFLOW, "overflow", "the queue of those that wait for a connection was full")               \
    X(OWN,      "own",      "we had no memory, or could not send what was asked for")
// clang-format on

enum weft_load_failure {
#define X(id, name, help) WEFT_LOAD_##id,
    WEFT_LOAD_FAILURES(X)
#undef X
        WEFT_LOAD_FAILURE_COUNT
};

/** "connect", "lost", ... */
const char *weft_load_failure_name(enum weft_load_failure failure);
const char *weft_load_failure_help(enum weft_load_failure failure);

struct weft_ledger {
    uint64_t started;
    uint64_t finished; // with an answer that came whole, whatever its status
    uint64_t failed[WEFT_LOAD_FAILURE_COUNT];
    uint64_t unfinished; // were still waited for, as counted in the end
};

uint64_t weft_ledger_failed(const struct weft_ledger *ledger);

/** started = finished + failed + unfinished? */
bool weft_ledger_adds_up(const struct weft_ledger *ledger);

void weft_ledger_add(struct weft_ledger *ledger, const struct weft_ledger *from);

#endif
