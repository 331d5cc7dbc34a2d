// cmd/abuse_show.h: what weft abuse prints: a table for people, or JSON.
#ifndef WEFT_CMD_ABUSE_SHOW_H
#define WEFT_CMD_ABUSE_SHOW_H

#include "abuse/abuse.h"

struct weft_abuse_tally {
    unsigned bounded;
    unsigned unbounded;
    unsigned skipped;
    uint64_t elapsed_us;
};

void weft_abuse_show_case(const struct weft_abuse_case *which);
void weft_abuse_show_start(bool is_json, const struct weft_url *url, size_t process_count);
/** Prints one result and counts it. */
void weft_abuse_show(bool is_json, const struct weft_abuse_result *result,
                     struct weft_abuse_tally *tally);
void weft_abuse_show_end(bool is_json, const struct weft_abuse_tally *tally);

#endif
