// net/helpers.c
#include "net/helpers.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MOST = 16, NO_MEMORY_WAIT_MS = 10 };

struct weft_helpers {
    struct weft_helpers_config config;
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct weft_list waiting;
    size_t waiting_count;
    bool is_ending;
    pthread_t threads[THREADS_MOST];
    unsigned thread_count; // that run
};

// The next job, as soon as there is one; NULL once the end has come.
static struct weft_helper_job *next_job(struct weft_helpers *helpers)
{
    struct weft_helper_job *job = NULL;
    pthread_mutex_lock(&helpers->lock);
    while (helpers->waiting_count == 0 && !helpers->is_ending)
        pthread_cond_wait(&helpers->news, &helpers->lock);
    if (!helpers->is_ending) {
        struct weft_list *link = weft_list_pop_front(&helpers->waiting);
        job = WEFT_LIST_ENTRY(link, struct weft_helper_job, link);
        helpers->waiting_count--;
    }
    pthread_mutex_unlock(&helpers->lock);
    return job;
}

// In the loop's thread: gives all finished jobs back.
static void collect(void *context)
{
    struct weft_helper_desk *desk = context;
    for (;;) {
        pthread_mutex_lock(&desk->lock);
        struct weft_list *link = weft_list_pop_front(&desk->finished);
        pthread_mutex_unlock(&desk->lock);
        if (!link) return;
        struct weft_helper_job *job = WEFT_LIST_ENTRY(link, struct weft_helper_job, link);
        job->done(job);
    }
}

// True where the loop has to be told: somebody else's telling may be over.
static bool put_on_desk(struct weft_helper_desk *desk, struct weft_helper_job *job)
{
    pthread_mutex_lock(&desk->lock);
    bool was_empty = weft_list_is_empty(&desk->finished);
    weft_list_push_back(&desk->finished, &job->link);
    pthread_mutex_unlock(&desk->lock);
    return was_empty;
}

static bool is_ending(struct weft_helpers *helpers)
{
    pthread_mutex_lock(&helpers->lock);
    bool is_over = helpers->is_ending;
    pthread_mutex_unlock(&helpers->lock);
    return is_over;
}

static void give_back(struct weft_helpers *helpers, struct weft_helper_job *job)
{
    static const struct timespec wait = {.tv_nsec = NO_MEMORY_WAIT_MS * 1000000L};
    struct weft_helper_desk *desk = job->desk;
    if (!put_on_desk(desk, job)) return;
    while (weft_loop_post(desk->loop, collect, desk) != 0 && !is_ending(helpers))
        nanosleep(&wait, NULL); // no memory: it will not stay so
}

static void *help(void *argument)
{
    struct weft_helpers *helpers = argument;
    struct weft_helper_job *job;
    // A thread has a niceness of its own on Linux; where it may not be set, the helper is as quick as a loop.
    if (helpers->config.niceness > 0)
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), helpers->config.niceness);
    while ((job = next_job(helpers))) {
        job->run(job);
        give_back(helpers, job);
    }
    return NULL;
}

static bool start_threads(struct weft_helpers *helpers)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all); // signals are for the thread that started us
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < helpers->config.thread_count && i < THREADS_MOST; i++) {
        if (pthread_create(&helpers->threads[i], NULL, help, helpers) != 0) break;
        helpers->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return helpers->thread_count > 0;
}

struct weft_helpers *weft_helpers_new(const struct weft_helpers_config *config)
{
    struct weft_helpers *helpers = calloc(1, sizeof(*helpers));
    if (!helpers) return NULL;
    helpers->config = *config;
    pthread_mutex_init(&helpers->lock, NULL);
    pthread_cond_init(&helpers->news, NULL);
    weft_list_init(&helpers->waiting);
    if (start_threads(helpers)) return helpers;
    weft_helpers_free(helpers);
    return NULL;
}

void weft_helpers_free(struct weft_helpers *helpers)
{
    struct weft_list *link;
    if (!helpers) return;
    pthread_mutex_lock(&helpers->lock);
    helpers->is_ending = true;
    pthread_cond_broadcast(&helpers->news);
    pthread_mutex_unlock(&helpers->lock);
    for (unsigned i = 0; i < helpers->thread_count; i++)
        pthread_join(helpers->threads[i], NULL);
    while ((link = weft_list_pop_front(&helpers->waiting))) {
        struct weft_helper_job *job = WEFT_LIST_ENTRY(link, struct weft_helper_job, link);
        (void)put_on_desk(job->desk, job);
    }
    pthread_cond_destroy(&helpers->news);
    pthread_mutex_destroy(&helpers->lock);
    free(helpers);
}

void weft_helper_desk_open(struct weft_helper_desk *desk, struct weft_helpers *helpers,
                           struct weft_loop *loop)
{
    *desk = (struct weft_helper_desk){.helpers = helpers, .loop = loop};
    pthread_mutex_init(&desk->lock, NULL);
    weft_list_init(&desk->finished);
}

void weft_helper_desk_close(struct weft_helper_desk *desk)
{
    struct weft_list *link;
    while ((link = weft_list_pop_front(&desk->finished))) {
        struct weft_helper_job *job = WEFT_LIST_ENTRY(link, struct weft_helper_job, link);
        job->drop(job);
    }
    pthread_mutex_destroy(&desk->lock);
}

bool weft_helper_hand_in(struct weft_helper_desk *desk, struct weft_helper_job *job)
{
    struct weft_helpers *helpers = desk->helpers;
    pthread_mutex_lock(&helpers->lock);
    bool has_room = helpers->waiting_count < helpers->config.queue_most && !helpers->is_ending;
    if (has_room) {
        job->desk = desk;
        weft_list_push_back(&helpers->waiting, &job->link);
        helpers->waiting_count++;
        pthread_cond_signal(&helpers->news);
    }
    pthread_mutex_unlock(&helpers->lock);
    return has_room;
}
