// abuse/watch.c
#include "abuse/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ASK_EVERY_US = 60000,
    SAMPLE_EVERY_US = 3000,
    ASK_PATIENCE = 3, // times WEFT_ABUSE_FRESH_MOST_US
    REQUEST_SIZE = 8192,
};

uint64_t weft_abuse_ask(const struct weft_abuse_target *target, unsigned *status)
{
    char request[REQUEST_SIZE];
    int size = snprintf(request, sizeof(request),
                        "GET %.*s HTTP/1.1\r\nHost: %s\r\nUser-Agent: weft-abuse\r\n"
                        "Connection: close\r\n\r\n",
                        (int)target->path.size, (const char *)target->path.data, target->authority);
    uint64_t start_us = weft_abuse_now_us();
    uint64_t patience_us = (uint64_t)ASK_PATIENCE * WEFT_ABUSE_FRESH_MOST_US;
    struct weft_abuse_play *play = calloc(1, sizeof(*play));
    struct weft_abuse_link link;
    if (!play) return UINT64_MAX;
    play->target = target;
    play->until_us = start_us + patience_us;
    play->budget.patience_us = patience_us;
    uint64_t took_us = UINT64_MAX;
    if (weft_abuse_open(play, &link, WEFT_ABUSE_H1)) {
        (void)weft_abuse_send(&link, (struct weft_span){(const uint8_t *)request, (size_t)size});
        weft_abuse_await(&link);
        if (play->seen.answers > 0) took_us = weft_abuse_now_us() - start_us;
        weft_abuse_close(&link);
    }
    *status = play->seen.status;
    free(play);
    return took_us;
}

static void sleep_us(long time_us)
{
    nanosleep(&(struct timespec){.tv_nsec = time_us * 1000}, NULL);
}

static void sample(struct weft_abuse_watch *watch)
{
    if (watch->knows_peaks) return;
    int64_t size = weft_abuse_resident(watch->processes, false);
    if (size > watch->most) watch->most = size;
}

static void ask(struct weft_abuse_watch *watch)
{
    unsigned status;
    uint64_t took_us = weft_abuse_ask(watch->target, &status);
    if (took_us == UINT64_MAX) {
        watch->unanswered++;
    } else if (took_us > watch->slowest_us) {
        watch->slowest_us = took_us;
    }
    atomic_fetch_add(&watch->asked, 1);
}

static void *watch_on(void *context)
{
    struct weft_abuse_watch *watch = context;
    uint64_t next_us = weft_abuse_now_us() + SAMPLE_EVERY_US;
    while (!atomic_load(&watch->has_to_end)) {
        sample(watch);
        if (weft_abuse_now_us() >= next_us || atomic_exchange(&watch->asks_now, false)) {
            ask(watch);
            next_us = weft_abuse_now_us() + ASK_EVERY_US;
        }
        sleep_us(SAMPLE_EVERY_US);
    }
    return NULL;
}

bool weft_abuse_watch_start(struct weft_abuse_watch *watch, const struct weft_abuse_target *target,
                            const struct weft_abuse_processes *processes)
{
    *watch = (struct weft_abuse_watch){.target = target, .processes = processes};
    watch->knows_peaks = weft_abuse_forget_peaks(processes);
    return pthread_create(&watch->thread, NULL, watch_on, watch) == 0;
}

void weft_abuse_watch_end(struct weft_abuse_watch *watch)
{
    atomic_store(&watch->has_to_end, true);
    pthread_join(watch->thread, NULL);
    ask(watch); // and once more, when all is over
    if (watch->knows_peaks) {
        watch->most = weft_abuse_resident(watch->processes, true);
    } else {
        sample(watch);
    }
}

void weft_abuse_stand(struct weft_abuse_play *play)
{
    struct weft_abuse_watch *watch = play->watch;
    uint64_t until_us = weft_abuse_now_us() + WEFT_ABUSE_FRESH_MOST_US * 5 / 4;
    unsigned asked = atomic_load(&watch->asked);
    while (atomic_load(&watch->asked) - asked < 2 && weft_abuse_now_us() < until_us) {
        atomic_store(&watch->asks_now, true); // the first may have begun before
        sleep_us(SAMPLE_EVERY_US);
    }
}
