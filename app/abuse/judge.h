// abuse/judge.h: whether a server bounded an attack, by rules that can fail.
#ifndef WEFT_ABUSE_JUDGE_H
#define WEFT_ABUSE_JUDGE_H

#include "abuse/play.h"

/** What was seen beside the figures in the result. */
struct weft_abuse_evidence {
    const struct weft_abuse_play *play;
    unsigned unanswered; // fresh connections
    double spin;         // cores that the server still kept busy when all was over
    bool has_died;       // one of its processes
};

/** The most that the server's processes may grow by in a case, in bytes. */
int64_t weft_abuse_memory_most(const struct weft_abuse_play *play);

/** Fills in outcome, why, said and is_bounded. */
void weft_abuse_judge(const struct weft_abuse_evidence *evidence, struct weft_abuse_result *result);

#endif
