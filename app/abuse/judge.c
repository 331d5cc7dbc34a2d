// abuse/judge.c
#include "abuse/judge.h"

#include "abuse/watch.h"
#include "http/error_code.h"

#include <stdio.h>

enum {
    MEMORY_MOST = 8 << 20,      // for what is none of a connection's
    CROWD_LINK_MOST = 96 << 10, // for each connection of a crowd: TLS, buffers, one request
    OPEN_LINK_MOST =
        2 << 20,    // where its whole budget may be in use: 1 MiB, and what the allocator adds
    CPU_TIMES = 10, // the attacker's own
    CPU_FREE_US = 300000, // whatever the attacker's
};

static const double spin_most = 0.3;

int64_t weft_abuse_memory_most(const struct weft_abuse_play *play)
{
    int64_t each = play->which->needs & WEFT_ABUSE_OPEN ? OPEN_LINK_MOST : CROWD_LINK_MOST;
    if (!(play->which->needs & (WEFT_ABUSE_OPEN | WEFT_ABUSE_CROWD))) return MEMORY_MOST;
    return MEMORY_MOST + each * play->seen.connections;
}

// What every attack has to leave as it is; NULL or the word for what was broken.
static const char *find_harm(const struct weft_abuse_evidence *evidence,
                             struct weft_abuse_result *result)
{
    int64_t most = weft_abuse_memory_most(evidence->play);
    uint64_t cpu_most_us = CPU_FREE_US + CPU_TIMES * result->own_cpu_us;
    if (evidence->has_died) {
        snprintf(result->why, sizeof(result->why), "a process of the server ended");
        return "died";
    }
    if (evidence->unanswered > 0) {
        snprintf(result->why, sizeof(result->why), "%u fresh connections were not answered",
                 evidence->unanswered);
        return "deaf";
    }
    if (result->fresh_us > WEFT_ABUSE_FRESH_MOST_US) {
        snprintf(result->why, sizeof(result->why), "a fresh connection was answered after %.1f s",
                 (double)result->fresh_us / 1e6);
        return "slow";
    }
    if (result->grown > most) {
        snprintf(result->why, sizeof(result->why), "memory grew by %.1f MiB, more than %.1f",
                 (double)result->grown / 1048576, (double)most / 1048576);
        return "grew";
    }
    if (result->cpu_us > cpu_most_us) {
        snprintf(result->why, sizeof(result->why),
                 "it computed for %.2f s where the attacker took %.2f s",
                 (double)result->cpu_us / 1e6, (double)result->own_cpu_us / 1e6);
        return "toiled";
    }
    if (evidence->spin > spin_most) {
        snprintf(result->why, sizeof(result->why), "it still computes when all is over (%.0f %%)",
                 100 * evidence->spin);
        return "spins";
    }
    return NULL;
}

static bool is_refused(const struct weft_abuse_seen *seen)
{
    return seen->accepted == 0 && (seen->answers > 0 || seen->resets > 0 || seen->goaways > 0 ||
                                   seen->ended > 0 || seen->failure[0]);
}

static bool all_ended(const struct weft_abuse_seen *seen)
{
    return seen->ended + seen->unconnected >= seen->connections;
}

// The case's own rule; NULL where it holds, and then `outcome` is the word for how.
static const char *find_breach(const struct weft_abuse_play *play, struct weft_abuse_result *result)
{
    const struct weft_abuse_seen *seen = &play->seen;
    if (play->broken) return play->broken;
    switch (play->which->rule) {
    case WEFT_ABUSE_REFUSED:
        result->outcome = "refused";
        if (seen->accepted > 0) return "it was answered as if all were well";
        return is_refused(seen) ? NULL : "it was not refused";
    case WEFT_ABUSE_ENDED:
        result->outcome = "ended";
        return all_ended(seen) ? NULL : "the server did not end the connection";
    case WEFT_ABUSE_TIMED:
        result->outcome = all_ended(seen) ? "ended" : "held";
        return all_ended(seen) || !play->is_long ? NULL : "no time limit ended the connection";
    case WEFT_ABUSE_BOUNDED: break;
    }
    bool ends_them =
        seen->ended > 0 && seen->ended + seen->unconnected + seen->cut >= seen->connections;
    result->outcome = ends_them ? "ended" : "absorbed";
    return NULL;
}

static void describe(const struct weft_abuse_seen *seen, char *said, size_t size)
{
    if (seen->goaways > 0) {
        snprintf(said, size, "GOAWAY %s%s%s", weft_http_error_code_name(seen->goaway_code),
                 seen->goaway_text[0] ? ": " : "", seen->goaway_text);
    } else if (seen->answers > 0 && seen->accepted < seen->answers) {
        snprintf(said, size, "%u%s", seen->status, seen->ended > 0 ? " and the end" : "");
    } else if (seen->resets > 0) {
        snprintf(said, size, "RST_STREAM %s", weft_http_error_code_name(seen->reset_code));
    } else if (seen->failure[0]) {
        snprintf(said, size, "TLS: %s", seen->failure);
    } else if (seen->answers > 0) {
        snprintf(said, size, "%u%s", seen->status, seen->ended > 0 ? ", then the end" : "");
    } else {
        snprintf(said, size, "%s", seen->ended > 0 ? "the end, without a word" : "nothing");
    }
}

void weft_abuse_judge(const struct weft_abuse_evidence *evidence, struct weft_abuse_result *result)
{
    describe(&evidence->play->seen, result->said, sizeof(result->said));
    const char *harm = find_harm(evidence, result);
    const char *breach = find_breach(evidence->play, result);
    if (harm) {
        result->outcome = harm;
    } else if (breach) {
        result->outcome = "broken";
        snprintf(result->why, sizeof(result->why), "%s", breach);
    }
    result->is_bounded = !harm && !breach;
}
