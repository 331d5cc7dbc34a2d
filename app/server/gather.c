// server/gather.c
#include "server/gather.h"

#include "server/worker.h"

#include <stdatomic.h>
#include <stdlib.h>

enum state {
    IDLE,    // the slot is ours
    ASKED,   // the thread writes into `fresh`
    ANSWERED // it has; the slot is ours again
};

/** One thread. */
struct slot {
    struct weft_gather *gather;
    struct weft_worker *worker;
    atomic_int state;
    bool is_over;              // the thread's run
    struct weft_figures fresh; // written by the thread while it is asked
    struct weft_figures last;  // what is known of it
};

struct weft_gather {
    struct weft_gather_config config;
    struct slot *slots;
    struct weft_figures sum;
    struct weft_timer timer; // the end of the wait
    bool is_asking;
    bool has_figures;
    uint64_t round_us; // when the last round was over
    size_t silent_count;
};

static bool open_slot(struct weft_gather *gather, size_t index)
{
    struct slot *slot = &gather->slots[index];
    slot->gather = gather;
    slot->worker = gather->config.workers[index];
    atomic_init(&slot->state, IDLE);
    return weft_figures_init(&slot->fresh, gather->config.server) &&
           weft_figures_init(&slot->last, gather->config.server);
}

static bool is_awaited(struct slot *slot)
{
    return !slot->is_over && atomic_load_explicit(&slot->state, memory_order_acquire) == ASKED;
}

static bool take(struct slot *slot)
{
    if (atomic_load_explicit(&slot->state, memory_order_acquire) != ANSWERED) return false;
    weft_figures_copy(&slot->last, &slot->fresh);
    atomic_store_explicit(&slot->state, IDLE, memory_order_relaxed);
    return true;
}

static void sum_up(struct weft_gather *gather)
{
    gather->silent_count = 0;
    for (size_t i = 0; i < gather->config.worker_count; i++) {
        struct slot *slot = &gather->slots[i];
        if (!take(slot) && !slot->is_over) gather->silent_count++;
        if (i == 0) {
            weft_figures_copy(&gather->sum, &slot->last);
        } else {
            weft_figures_add(&gather->sum, &slot->last);
        }
    }
}

static void end_round(struct weft_gather *gather)
{
    weft_loop_cancel_timer(gather->config.loop, &gather->timer);
    sum_up(gather);
    gather->is_asking = false;
    gather->has_figures = true;
    gather->round_us = weft_loop_now_us(gather->config.loop);
    gather->config.done(gather->config.context);
}

static void time_is_up(struct weft_timer *timer)
{
    end_round((struct weft_gather *)(void *)((char *)timer - offsetof(struct weft_gather, timer)));
}

// A thread has answered: are these all?
static void look(void *context)
{
    struct weft_gather *gather = context;
    if (!gather->is_asking) return; // too late for its round; the next one takes it
    for (size_t i = 0; i < gather->config.worker_count; i++) {
        if (is_awaited(&gather->slots[i])) return;
    }
    end_round(gather);
}

// In the thread that was asked. Where the message has no memory, the end of the wait finds the figures.
static void answer(void *context)
{
    struct slot *slot = context;
    weft_worker_figures(slot->worker, &slot->fresh);
    atomic_store_explicit(&slot->state, ANSWERED, memory_order_release);
    (void)weft_loop_post(slot->gather->config.loop, look, slot->gather);
}

static void ask(struct slot *slot)
{
    (void)take(slot); // a late answer
    if (slot->is_over || is_awaited(slot)) return;
    atomic_store_explicit(&slot->state, ASKED, memory_order_relaxed);
    if (weft_worker_post(slot->worker, answer, slot) != 0) {
        atomic_store_explicit(&slot->state, IDLE, memory_order_relaxed); // silent
    }
}

static void begin_round(struct weft_gather *gather)
{
    uint64_t now_us = weft_loop_now_us(gather->config.loop);
    gather->is_asking = true;
    for (size_t i = 0; i < gather->config.worker_count; i++) {
        ask(&gather->slots[i]);
    }
    int result =
        weft_loop_set_timer(gather->config.loop, &gather->timer, now_us + WEFT_GATHER_WAIT_US);
    if (result != 0) gather->is_asking = false; // without memory whoever waits times out
    if (gather->is_asking) (void)weft_loop_post(gather->config.loop, look, gather);
}

bool weft_gather_ask(struct weft_gather *gather)
{
    uint64_t age_us = weft_loop_now_us(gather->config.loop) - gather->round_us;
    if (gather->is_asking) return false;
    if (gather->has_figures && age_us < WEFT_GATHER_FRESH_US) return true;
    begin_round(gather);
    return false;
}

const struct weft_figures *weft_gather_figures(const struct weft_gather *gather)
{
    return &gather->sum;
}

size_t weft_gather_silent_count(const struct weft_gather *gather)
{
    return gather->silent_count;
}

void weft_gather_end_of(struct weft_gather *gather, size_t worker_index)
{
    struct slot *slot = &gather->slots[worker_index];
    slot->is_over = true;
    atomic_store_explicit(&slot->state, IDLE, memory_order_relaxed);
    weft_worker_figures(slot->worker, &slot->last); // nobody else does any more
    look(gather);
}

struct weft_gather *weft_gather_new(const struct weft_gather_config *config)
{
    struct weft_gather *gather = calloc(1, sizeof(*gather));
    if (!gather) return NULL;
    gather->config = *config;
    gather->timer.due = time_is_up;
    gather->slots = calloc(config->worker_count, sizeof(*gather->slots));
    bool is_good = gather->slots && weft_figures_init(&gather->sum, config->server);
    for (size_t i = 0; is_good && i < config->worker_count; i++) {
        is_good = open_slot(gather, i);
    }
    if (is_good) return gather;
    weft_gather_free(gather);
    return NULL;
}

void weft_gather_free(struct weft_gather *gather)
{
    if (!gather) return;
    weft_loop_cancel_timer(gather->config.loop, &gather->timer);
    for (size_t i = 0; gather->slots && i < gather->config.worker_count; i++) {
        weft_figures_deinit(&gather->slots[i].fresh);
        weft_figures_deinit(&gather->slots[i].last);
    }
    weft_figures_deinit(&gather->sum);
    free(gather->slots);
    free(gather);
}
