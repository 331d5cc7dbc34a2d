// load/timeline.c
#include "load/timeline.h"

enum { SECOND_US = 1000000 };

bool weft_timeline_init(struct weft_timeline *timeline, uint64_t start_us,
                        const struct weft_alloc *alloc)
{
    *timeline = (struct weft_timeline){.alloc = alloc, .start_us = start_us, .width_us = SECOND_US};
    timeline->slots =
        weft_allocate_zeroed(alloc, WEFT_TIMELINE_SLOTS_MOST * sizeof(*timeline->slots));
    return timeline->slots != NULL;
}

void weft_timeline_deinit(struct weft_timeline *timeline)
{
    if (!timeline->slots) return;
    for (size_t i = 0; i < timeline->count; i++) {
        weft_histogram_deinit(&timeline->slots[i].latency);
    }
    weft_release(timeline->alloc, timeline->slots,
                 WEFT_TIMELINE_SLOTS_MOST * sizeof(*timeline->slots));
    timeline->slots = NULL;
}

static bool has_histogram(struct weft_timeline *timeline, struct weft_timeline_slot *slot)
{
    if (slot->latency.slots) return true;
    return weft_histogram_init(&slot->latency, WEFT_HISTOGRAM_COARSE, timeline->alloc);
}

static void join(struct weft_timeline *timeline, struct weft_timeline_slot *slot,
                 const struct weft_timeline_slot *from)
{
    slot->finished += from->finished;
    slot->failed += from->failed;
    if (from->latency.slots && has_histogram(timeline, slot)) {
        weft_histogram_add(&slot->latency, &from->latency);
    }
}

// Each two neighbours become one.
static void widen(struct weft_timeline *timeline)
{
    for (size_t i = 0; i < timeline->count; i++) {
        struct weft_timeline_slot slot = timeline->slots[i];
        timeline->slots[i] = (struct weft_timeline_slot){0};
        join(timeline, &timeline->slots[i / 2], &slot);
        weft_histogram_deinit(&slot.latency);
    }
    timeline->count = (timeline->count + 1) / 2;
    timeline->width_us *= 2;
}

static struct weft_timeline_slot *slot_at(struct weft_timeline *timeline, uint64_t now_us)
{
    uint64_t since_us = now_us > timeline->start_us ? now_us - timeline->start_us : 0;
    while (since_us / timeline->width_us >= WEFT_TIMELINE_SLOTS_MOST) {
        widen(timeline);
    }
    size_t index = (size_t)(since_us / timeline->width_us);
    if (index >= timeline->count) timeline->count = index + 1;
    return &timeline->slots[index];
}

void weft_timeline_finish(struct weft_timeline *timeline, uint64_t now_us, uint64_t latency_us)
{
    struct weft_timeline_slot *slot = slot_at(timeline, now_us);
    slot->finished++;
    if (has_histogram(timeline, slot)) weft_histogram_record(&slot->latency, latency_us);
}

void weft_timeline_fail(struct weft_timeline *timeline, uint64_t now_us)
{
    slot_at(timeline, now_us)->failed++;
}

void weft_timeline_add(struct weft_timeline *timeline, struct weft_timeline *from)
{
    while (from->width_us < timeline->width_us) {
        widen(from);
    }
    while (timeline->width_us < from->width_us) {
        widen(timeline);
    }
    for (size_t i = 0; i < from->count; i++) {
        join(timeline, &timeline->slots[i], &from->slots[i]);
    }
    if (from->count > timeline->count) timeline->count = from->count;
}
