// load/ledger.c
#include "load/ledger.h"

static const struct {
    const char *name;
    const char *help;
} failures[] = {
#define X(id, name, help) {name, help},
    WEFT_LOAD_FAILURES(X)
#undef X
};

const char *weft_load_failure_name(enum weft_load_failure failure)
{
    return failures[failure].name;
}

const char *weft_load_failure_help(enum weft_load_failure failure)
{
    return failures[failure].help;
}

uint64_t weft_ledger_failed(const struct weft_ledger *ledger)
{
    uint64_t failed = 0;
    for (unsigned i = 0; i < WEFT_LOAD_FAILURE_COUNT; i++) {
        failed += ledger->failed[i];
    }
    return failed;
}

bool weft_ledger_adds_up(const struct weft_ledger *ledger)
{
    return ledger->started == ledger->finished + weft_ledger_failed(ledger) + ledger->unfinished;
}

void weft_ledger_add(struct weft_ledger *ledger, const struct weft_ledger *from)
{
    ledger->started += from->started;
    ledger->finished += from->finished;
    ledger->unfinished += from->unfinished;
    for (unsigned i = 0; i < WEFT_LOAD_FAILURE_COUNT; i++) {
        ledger->failed[i] += from->failed[i];
    }
}
