// bench/scheduler.c: what a decision costs: whose turn is it, and the bookkeeping of a turn, by number of streams.
#include "http/scheduler.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 2000000, TRIES = 9, STREAMS_MOST = 1000 };

static struct weft_http_scheduler scheduler;
static struct weft_http_scheduled streams[STREAMS_MOST];

// Of the processor, so that what others do on the machine costs caches at most.
static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void fill(size_t count, bool is_fair, bool incremental)
{
    weft_http_scheduler_init(&scheduler, is_fair);
    for (size_t i = 0; i < count; i++) {
        struct weft_http_priority priority = {(uint8_t)(i % WEFT_HTTP_URGENCIES), incremental};
        weft_http_scheduled_init(&streams[i], 2 * i + 1, priority);
        weft_http_scheduler_ready(&scheduler, &streams[i]);
    }
}

static double turns(void)
{
    double start = now_ns();
    for (size_t i = 0; i < ROUNDS; i++) {
        struct weft_http_scheduled *next = weft_http_scheduler_pick(&scheduler, NULL);
        weft_http_scheduler_charge(&scheduler, next, 4096);
    }
    return (now_ns() - start) / ROUNDS;
}

// A stream is blocked and becomes ready again, or changes its urgency: any of them, in no order.
static double changes(size_t count, bool moves)
{
    uint32_t random = 1;
    double start = now_ns();
    for (size_t i = 0; i < ROUNDS / 8; i++) {
        random = random * 1664525 + 1013904223;
        struct weft_http_scheduled *stream = &streams[(random >> 8) % count];
        if (moves) {
            struct weft_http_priority priority = {(uint8_t)(random >> 5 & 7), false};
            weft_http_scheduler_set_priority(&scheduler, stream, priority);
        } else {
            weft_http_scheduler_block(&scheduler, stream);
            weft_http_scheduler_ready(&scheduler, stream);
        }
    }
    return (now_ns() - start) * 8 / ROUNDS;
}

// The best of some tries, over streams that are ready anew.
static double best(size_t count, size_t kind)
{
    double least = 0;
    for (size_t i = 0; i < TRIES; i++) {
        fill(count, kind == 2, kind == 1);
        double took = kind < 3 ? turns() : changes(count, kind == 4);
        if (i == 0 || took < least) least = took;
    }
    return least;
}

int main(void)
{
    static const size_t counts[] = {1, 100, 1000};
    printf("%-34s%10s%10s%10s\n", "ns of CPU, by streams that are ready", "1", "100", "1000");
    static const char *const names[] = {"a turn, one after the other", "a turn, incremental",
                                        "a turn, no signal", "blocked and ready again",
                                        "a new urgency"};
    for (size_t kind = 0; kind < sizeof(names) / sizeof(*names); kind++) {
        printf("%-34s", names[kind]);
        for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
            printf("%10.1f", best(counts[i], kind));
        }
        printf("\n");
    }
    return 0;
}
