// abuse/cases.h: the tables of cases, a file for each theme.
#ifndef WEFT_ABUSE_CASES_H
#define WEFT_ABUSE_CASES_H

#include "abuse/abuse.h"

struct weft_abuse_table {
    const struct weft_abuse_case *cases;
    size_t count;
};

extern const struct weft_abuse_table weft_abuse_h1_framing;
extern const struct weft_abuse_table weft_abuse_h1_requests;
extern const struct weft_abuse_table weft_abuse_h1_floods;
extern const struct weft_abuse_table weft_abuse_h2_frames;
extern const struct weft_abuse_table weft_abuse_h2_fields;
extern const struct weft_abuse_table weft_abuse_h2_hpack;
extern const struct weft_abuse_table weft_abuse_h2_resets;
extern const struct weft_abuse_table weft_abuse_h2_floods;
extern const struct weft_abuse_table weft_abuse_tls;
extern const struct weft_abuse_table weft_abuse_tls_peer;

#endif
