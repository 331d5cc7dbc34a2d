// abuse/cases.c: all cases, in the order in which they are played.
#include "abuse/cases.h"

const struct weft_abuse_case *weft_abuse_case_at(size_t index)
{
    static const struct weft_abuse_table *const tables[] = {
        &weft_abuse_h1_framing, &weft_abuse_h1_requests, &weft_abuse_h1_floods,
        &weft_abuse_h2_frames,  &weft_abuse_h2_fields,   &weft_abuse_h2_hpack,
        &weft_abuse_h2_resets,  &weft_abuse_h2_floods,   &weft_abuse_tls,
        &weft_abuse_tls_peer,
    };
    for (size_t i = 0; i < WEFT_COUNT(tables); i++) {
        if (index < tables[i]->count) return &tables[i]->cases[index];
        index -= tables[i]->count;
    }
    return NULL;
}
