// process/backoff.c
#include "process/backoff.h"

enum { DOUBLINGS_MOST = 5 }; // from 1 s to 32 s

uint32_t weft_backoff_next_ms(struct weft_backoff *backoff, uint64_t lived_ms)
{
    if (lived_ms >= WEFT_BACKOFF_FORGET_MS) backoff->failures = 0;
    uint32_t before = backoff->failures;
    if (before <= DOUBLINGS_MOST) backoff->failures++;
    return before == 0 ? 0 : (uint32_t)WEFT_BACKOFF_FIRST_MS << (before - 1);
}
