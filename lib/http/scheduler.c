// http/scheduler.c
#include "http/scheduler.h"

void weft_http_scheduler_init(struct weft_http_scheduler *scheduler, bool is_fair)
{
    *scheduler = (struct weft_http_scheduler){.is_fair = is_fair};
    weft_list_init(&scheduler->waiting);
}

void weft_http_scheduled_init(struct weft_http_scheduled *stream, uint64_t stream_id,
                              struct weft_http_priority priority)
{
    *stream = (struct weft_http_scheduled){.stream_id = stream_id, .priority = priority};
}

static struct weft_http_scheduled *by_turn(const struct weft_list *link)
{
    return WEFT_LIST_ENTRY(link, struct weft_http_scheduled, turn);
}

// Rings have no head of their own, which would be most of an idle connection's scheduler.

static void ring_add(struct weft_list **first, struct weft_list *link)
{
    if (*first) {
        weft_list_insert_before(*first, link);
    } else {
        weft_list_init(link);
        *first = link;
    }
}

// If it is the first, the next one becomes it.
static void ring_pass(struct weft_list **first, const struct weft_list *link)
{
    if (*first == link) *first = link->next == link ? NULL : link->next;
}

// Streams become ready in about the order of their ids, so the place is looked for from the back.
static void ring_insert_in_order(struct weft_list **first, struct weft_http_scheduled *stream)
{
    if (!*first || by_turn(*first)->stream_id > stream->stream_id) {
        ring_add(first, &stream->turn);
        *first = &stream->turn;
        return;
    }
    struct weft_list *before = (*first)->prev;
    while (by_turn(before)->stream_id > stream->stream_id)
        before = before->prev;
    weft_list_insert_before(before->next, &stream->turn);
}

// Does it take turns with its equals?
static bool shares(const struct weft_http_scheduler *scheduler,
                   const struct weft_http_scheduled *stream)
{
    if (scheduler->is_fair) return stream->sent_size >= WEFT_HTTP_FIRST_SIZE;
    return stream->priority.incremental && !stream->is_whole;
}

static void link_turn(struct weft_http_scheduler *scheduler, struct weft_http_scheduled *stream)
{
    uint8_t urgency = stream->priority.urgency;
    if (shares(scheduler, stream)) {
        ring_add(&scheduler->in_turns[urgency], &stream->turn);
    } else {
        ring_insert_in_order(&scheduler->in_order[urgency], stream);
    }
    scheduler->ready |= (uint8_t)(1U << urgency);
}

static void unlink_turn(struct weft_http_scheduler *scheduler, struct weft_http_scheduled *stream)
{
    uint8_t urgency = stream->priority.urgency;
    ring_pass(&scheduler->in_order[urgency], &stream->turn);
    ring_pass(&scheduler->in_turns[urgency], &stream->turn);
    weft_list_remove(&stream->turn);
    if (!scheduler->in_order[urgency] && !scheduler->in_turns[urgency]) {
        scheduler->ready &= (uint8_t) ~(1U << urgency);
    }
}

void weft_http_scheduler_set_fair(struct weft_http_scheduler *scheduler, bool is_fair)
{
    if (scheduler->is_fair == is_fair) return;

    scheduler->is_fair = is_fair;
    WEFT_LIST_EACH(link, &scheduler->waiting)
    {
        struct weft_http_scheduled *stream =
            WEFT_LIST_ENTRY(link, struct weft_http_scheduled, waiting);
        unlink_turn(scheduler, stream);
        link_turn(scheduler, stream);
    }
}

void weft_http_scheduler_ready(struct weft_http_scheduler *scheduler,
                               struct weft_http_scheduled *stream)
{
    if (weft_http_scheduled_is_ready(stream)) return;

    link_turn(scheduler, stream);
    weft_list_push_back(&scheduler->waiting, &stream->waiting);
}

void weft_http_scheduler_block(struct weft_http_scheduler *scheduler,
                               struct weft_http_scheduled *stream)
{
    if (!weft_http_scheduled_is_ready(stream)) return;

    unlink_turn(scheduler, stream);
    weft_list_remove(&stream->waiting);
}

void weft_http_scheduler_set_priority(struct weft_http_scheduler *scheduler,
                                      struct weft_http_scheduled *stream,
                                      struct weft_http_priority priority)
{
    bool is_ready = weft_http_scheduled_is_ready(stream);
    if (is_ready) unlink_turn(scheduler, stream);
    stream->priority = priority;
    if (is_ready) link_turn(scheduler, stream);
}

void weft_http_scheduler_set_whole(struct weft_http_scheduler *scheduler,
                                   struct weft_http_scheduled *stream, bool is_whole)
{
    bool is_ready = weft_http_scheduled_is_ready(stream);
    if (is_ready) unlink_turn(scheduler, stream);
    stream->is_whole = is_whole;
    if (is_ready) link_turn(scheduler, stream);
}

// Why the first of those in order has its turn.
static enum weft_http_turn_reason reason_in_order(const struct weft_http_scheduler *scheduler,
                                                  const struct weft_http_scheduled *stream)
{
    if (scheduler->is_fair) return WEFT_HTTP_TURN_FIRST;
    return stream->priority.incremental ? WEFT_HTTP_TURN_WHOLE : WEFT_HTTP_TURN_ORDER;
}

static uint8_t most_urgent(const struct weft_http_scheduler *scheduler)
{
    uint8_t urgency = 0;
    while (!(scheduler->ready >> urgency & 1U))
        urgency++;
    return urgency;
}

// Is it the turn of those that share, where others of their urgency are ready too? What waits to be whole among them is
// complete first: the others are of use in part already.
static bool shared_are_next(const struct weft_http_scheduler *scheduler, uint8_t urgency)
{
    const struct weft_list *in_order = scheduler->in_order[urgency];
    if (scheduler->is_fair || !in_order) return false;
    const struct weft_http_scheduled *first = by_turn(in_order);
    bool would_share = first->is_whole && first->priority.incremental;
    return !would_share && scheduler->turns_next >> urgency & 1U;
}

struct weft_http_scheduled *weft_http_scheduler_pick(const struct weft_http_scheduler *scheduler,
                                                     enum weft_http_turn_reason *reason)
{
    enum weft_http_turn_reason ignored;
    if (!reason) reason = &ignored;
    if (scheduler->ready == 0) return NULL;

    if (scheduler->floor_size >= WEFT_HTTP_FLOOR_SIZE) { // avoid starvation, §10
        *reason = WEFT_HTTP_TURN_FLOOR;
        return WEFT_LIST_ENTRY(scheduler->waiting.next, struct weft_http_scheduled, waiting);
    }
    uint8_t urgency = most_urgent(scheduler);
    const struct weft_list *in_order = scheduler->in_order[urgency];
    const struct weft_list *in_turns = scheduler->in_turns[urgency];
    bool is_their_turn = shared_are_next(scheduler, urgency);
    bool turns = !in_order || (in_turns && is_their_turn);
    struct weft_http_scheduled *next = by_turn(turns ? in_turns : in_order);
    *reason = turns ? WEFT_HTTP_TURN_SHARE : reason_in_order(scheduler, next);
    return next;
}

// Of what was sent depends whose turn is next.
static void count_turn(struct weft_http_scheduler *scheduler,
                       const struct weft_http_scheduled *stream, size_t size)
{
    if (scheduler->floor_size >= WEFT_HTTP_FLOOR_SIZE) {
        scheduler->floor_size = 0;
    } else {
        scheduler->floor_size += size;
    }
    uint8_t bit = (uint8_t)(1U << stream->priority.urgency);
    if (shares(scheduler, stream)) {
        scheduler->turns_next &= (uint8_t)~bit;
    } else {
        scheduler->turns_next |= bit;
    }
}

void weft_http_scheduler_charge(struct weft_http_scheduler *scheduler,
                                struct weft_http_scheduled *stream, size_t size)
{
    if (!weft_http_scheduled_is_ready(stream)) return;

    count_turn(scheduler, stream, size);
    weft_list_remove(&stream->waiting);
    weft_list_push_back(&scheduler->waiting, &stream->waiting);
    if (stream->sent_size < WEFT_HTTP_FIRST_SIZE) {
        stream->sent_size += (uint32_t)(size < WEFT_HTTP_FIRST_SIZE ? size : WEFT_HTTP_FIRST_SIZE);
    }
    if (!shares(scheduler, stream)) return;
    struct weft_list **turns = &scheduler->in_turns[stream->priority.urgency];
    if (*turns == &stream->turn) { // to the end of those that take turns
        *turns = stream->turn.next;
        return;
    }
    unlink_turn(scheduler, stream);
    link_turn(scheduler, stream);
}

void weft_http_scheduler_charge_last(struct weft_http_scheduler *scheduler,
                                     struct weft_http_scheduled *stream, size_t size)
{
    if (!weft_http_scheduled_is_ready(stream)) return;

    count_turn(scheduler, stream, size);
    weft_http_scheduler_block(scheduler, stream);
}
