// http/scheduler.h: whose turn it is to send (RFC 9218 §10). Knows no frame and no version.
#ifndef WEFT_HTTP_SCHEDULER_H
#define WEFT_HTTP_SCHEDULER_H

#include "base/list.h"
#include "http/priority.h"

/** The share that no urgency takes away: after so many bytes by urgency, one turn goes to who waited longest. */
enum { WEFT_HTTP_FLOOR_SIZE = 262144 };

/** So much of each answer goes ahead of the rest of others, where all have to share. */
enum { WEFT_HTTP_FIRST_SIZE = 32768 };

/** A stream's place in the order; part of the stream. */
struct weft_http_scheduled {
    struct weft_list turn;    // among the ready of its urgency
    struct weft_list waiting; // among all that are ready, the longest unserved first
    uint64_t stream_id;
    struct weft_http_priority priority;
    uint32_t sent_size; // so far, up to WEFT_HTTP_FIRST_SIZE
    bool is_whole; // of use only once it is complete: does not share, whatever its priority says
};

/** Why a stream was picked, for traces. */
enum weft_http_turn_reason {
    WEFT_HTTP_TURN_ORDER, // the first of the most urgent, in stream order
    WEFT_HTTP_TURN_SHARE, // the most urgent take turns
    WEFT_HTTP_TURN_FLOOR, // it had waited longest
    WEFT_HTTP_TURN_FIRST, // the first bytes of an answer, among equals that share
    WEFT_HTTP_TURN_WHOLE, // as ORDER: called incremental, but of use only when whole
};

/**
 * Ready streams by urgency. To a peer that does not tell what is incremental, small answers go first: the first bytes
 * of each answer in stream order, then all take turns. Else, of one urgency, those that are not incremental stand in stream order and the others
 * take turns; where both kinds are ready, they alternate. Of those, what is of use only when whole goes in order, ahead of
 * the rest. Picking and charging take constant time; becoming
 * ready does too, but for a stream older than others that are ready at its urgency.
 */
struct weft_http_scheduler {
    struct weft_list *in_order[WEFT_HTTP_URGENCIES]; // rings: the first one's `turn`, or NULL
    struct weft_list *in_turns[WEFT_HTTP_URGENCIES];
    struct weft_list waiting;
    uint8_t ready;      // a bit for each urgency that has somebody ready
    uint8_t turns_next; // a bit for each urgency whose incremental ones are next
    bool is_fair;       // all share, the first bytes of each before the rest of any
    size_t floor_size;  // bytes since the last turn by floor
};

/** is_fair  the peer has not shown yet that it knows priorities */
void weft_http_scheduler_init(struct weft_http_scheduler *scheduler, bool is_fair);

/** Takes the peer's word for what is incremental from now on. */
void weft_http_scheduler_set_fair(struct weft_http_scheduler *scheduler, bool is_fair);

void weft_http_scheduled_init(struct weft_http_scheduled *stream, uint64_t stream_id,
                              struct weft_http_priority priority);

/** The stream has something that may be sent; no matter whether it had before. */
void weft_http_scheduler_ready(struct weft_http_scheduler *scheduler,
                               struct weft_http_scheduled *stream);

/** It has not, or is over; no matter whether it had before. */
void weft_http_scheduler_block(struct weft_http_scheduler *scheduler,
                               struct weft_http_scheduled *stream);

static inline bool weft_http_scheduled_is_ready(const struct weft_http_scheduled *stream)
{
    return weft_list_is_linked(&stream->turn);
}

void weft_http_scheduler_set_priority(struct weft_http_scheduler *scheduler,
                                      struct weft_http_scheduled *stream,
                                      struct weft_http_priority priority);

/** Is the stream's answer of use only once it is complete? Then it is not parted among turns. */
void weft_http_scheduler_set_whole(struct weft_http_scheduler *scheduler,
                                   struct weft_http_scheduled *stream, bool is_whole);

/**
 * The stream whose turn it is, or NULL where none is ready. Asked again, it answers the same.
 *
 * reason  set; may be NULL
 */
struct weft_http_scheduled *weft_http_scheduler_pick(const struct weft_http_scheduler *scheduler,
                                                     enum weft_http_turn_reason *reason);

/** The picked stream has sent `size` bytes: the next one's turn comes. */
void weft_http_scheduler_charge(struct weft_http_scheduler *scheduler,
                                struct weft_http_scheduled *stream, size_t size);

/** The same, and the stream has nothing more to send: it is blocked. */
void weft_http_scheduler_charge_last(struct weft_http_scheduler *scheduler,
                                     struct weft_http_scheduled *stream, size_t size);

#endif
