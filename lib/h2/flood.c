// h2/flood.c
#include "h2/flood.h"

#include <stddef.h>
#include <string.h>

enum { MILLION = 1000000 };

struct bucket_limits {
    size_t burst; // offsets in weft_http_limits
    size_t rate;
    size_t counter; // and in weft_http_limit_counters
    const char *reason;
};

#define BUCKET(name)                                                                          \
    {                                                                                         \
        offsetof(struct weft_http_limits, name##_burst),                                      \
            offsetof(struct weft_http_limits, name##_rate),                                   \
            offsetof(struct weft_http_limit_counters, name##_burst), "limit: " #name "_burst" \
    }

static const struct bucket_limits bucket_limits[WEFT_H2_FLOOD_KINDS] = {
    [WEFT_H2_FLOOD_RESET] = BUCKET(reset),   [WEFT_H2_FLOOD_SETTINGS] = BUCKET(settings),
    [WEFT_H2_FLOOD_PING] = BUCKET(ping),     [WEFT_H2_FLOOD_PRIORITY] = BUCKET(priority),
    [WEFT_H2_FLOOD_GLITCH] = BUCKET(glitch),
};

static uint32_t limit_at(const struct weft_http_limits *limits, size_t offset)
{
    uint32_t limit;
    memcpy(&limit, (const uint8_t *)limits + offset, sizeof(limit));
    return limit;
}

static uint64_t burst_of(const struct weft_h2_flood *flood, enum weft_h2_flood_kind kind)
{
    return (uint64_t)limit_at(flood->limits, bucket_limits[kind].burst) * MILLION;
}

void weft_h2_flood_init(struct weft_h2_flood *flood, const struct weft_http_limits *limits,
                        struct weft_http_limit_counters *counters, uint64_t now_us)
{
    *flood = (struct weft_h2_flood){.limits = limits, .counters = counters};
    for (unsigned kind = 0; kind < WEFT_H2_FLOOD_KINDS; kind++) {
        flood->buckets[kind].millionths = burst_of(flood, (enum weft_h2_flood_kind)kind);
        flood->buckets[kind].filled_us = now_us;
    }
}

static void refill(struct weft_h2_flood *flood, enum weft_h2_flood_kind kind, uint64_t now_us)
{
    const uint64_t longest_us = UINT64_C(3600) * MILLION; // keeps the product below 2^64
    struct weft_h2_bucket *bucket = &flood->buckets[kind];
    uint64_t passed_us = now_us > bucket->filled_us ? now_us - bucket->filled_us : 0;
    if (passed_us > longest_us) passed_us = longest_us;
    bucket->filled_us = now_us;

    uint64_t full = burst_of(flood, kind);
    uint64_t added = passed_us * limit_at(flood->limits, bucket_limits[kind].rate);
    bucket->millionths = added > full - bucket->millionths ? full : bucket->millionths + added;
}

struct weft_http_error weft_h2_flood_spend(struct weft_h2_flood *flood,
                                           enum weft_h2_flood_kind kind, uint32_t points,
                                           uint64_t now_us)
{
    refill(flood, kind, now_us);
    struct weft_h2_bucket *bucket = &flood->buckets[kind];
    uint64_t price = (uint64_t)points * MILLION;
    if (price <= bucket->millionths) {
        bucket->millionths -= price;
        return WEFT_H2_OK;
    }
    bucket->millionths = 0;
    if (flood->counters) {
        *(uint64_t *)(void *)((uint8_t *)flood->counters + bucket_limits[kind].counter) += 1;
    }
    return weft_h2_connection_error(WEFT_HTTP_ENHANCE_YOUR_CALM, bucket_limits[kind].reason);
}

bool weft_h2_flood_is_near(const struct weft_h2_flood *flood)
{
    return flood->buckets[WEFT_H2_FLOOD_GLITCH].millionths <
           burst_of(flood, WEFT_H2_FLOOD_GLITCH) / 4;
}

struct weft_http_error weft_h2_flood_empty_frame(struct weft_h2_flood *flood, uint64_t now_us)
{
    flood->empty_frames++;
    flood->empty_frames_in_a_row++;
    if (flood->empty_frames_in_a_row > flood->limits->empty_frames_in_a_row) {
        WEFT_HTTP_COUNT(flood->counters, empty_frames_in_a_row);
        return weft_h2_connection_error(WEFT_HTTP_ENHANCE_YOUR_CALM,
                                        "limit: empty_frames_in_a_row");
    }
    if (flood->empty_frames > flood->limits->empty_frames) {
        WEFT_HTTP_COUNT(flood->counters, empty_frames);
        return weft_h2_connection_error(WEFT_HTTP_ENHANCE_YOUR_CALM, "limit: empty_frames");
    }
    return weft_h2_flood_spend(flood, WEFT_H2_FLOOD_GLITCH, WEFT_H2_GLITCH_EMPTY_FRAME, now_us);
}
