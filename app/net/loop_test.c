// net/loop_test.c
#include "net/loop.h"

#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char story[64]; // what happened, a letter each
static size_t story_size;

static void tell(char letter)
{
    if (story_size < sizeof(story)) story[story_size++] = letter;
}

static struct weft_loop *start(void)
{
    story_size = 0;
    struct weft_loop *loop = weft_loop_new();
    CHECK(loop != NULL);
    return loop;
}

#define CHECK_STORY(text) CHECK_SPAN(((struct weft_span){(uint8_t *)story, story_size}), text)

struct teller {
    struct weft_watch watch;
    struct weft_timer timer;
    struct weft_task task;
    struct weft_loop *loop;
    struct teller *victim;
    char letter;
    int again; // how often it sets itself again
    unsigned events;
};

static void tell_ready(struct weft_watch *watch, unsigned events)
{
    struct teller *self = (struct teller *)(void *)((char *)watch - offsetof(struct teller, watch));
    tell(self->letter);
    self->events = events;
    if (self->victim) weft_loop_unwatch(self->loop, &self->victim->watch);
}

static void tell_due(struct weft_timer *timer)
{
    struct teller *self = (struct teller *)(void *)((char *)timer - offsetof(struct teller, timer));
    tell(self->letter);
    if (self->again-- > 0) weft_loop_set_timer(self->loop, timer, weft_loop_now_us(self->loop));
}

static void tell_run(struct weft_task *task)
{
    struct teller *self = (struct teller *)(void *)((char *)task - offsetof(struct teller, task));
    tell(self->letter);
    if (self->victim) weft_loop_cancel_task(self->loop, &self->victim->task);
    if (self->again-- > 0) weft_loop_defer(self->loop, task);
}

static struct teller teller(struct weft_loop *loop, char letter)
{
    return (struct teller){
        .timer = {.due = tell_due}, .task = {.run = tell_run}, .loop = loop, .letter = letter};
}

TEST(due_timers_run_in_order_and_never_early)
{
    struct weft_loop *loop = start();
    struct teller a = teller(loop, 'a');
    struct teller b = teller(loop, 'b');
    struct teller later = teller(loop, 'x');
    uint64_t now_us = weft_loop_now_us(loop);
    weft_loop_set_timer(loop, &later.timer, now_us + 3600 * 1000000ull);
    weft_loop_set_timer(loop, &b.timer, now_us + 4000);
    weft_loop_set_timer(loop, &a.timer, now_us + 2000);

    while (story_size < 2) {
        CHECK_EQ(weft_loop_turn(loop, UINT64_MAX), 0); // no turn waits for the late one
    }

    CHECK_STORY("ab");
    CHECK(weft_loop_now_us(loop) >= now_us + 4000);
    CHECK(weft_loop_now_us(loop) < now_us + 3600 * 1000000ull);
    weft_loop_free(loop);
}

TEST(a_timer_that_sets_itself_for_now_waits_for_the_next_turn)
{
    struct weft_loop *loop = start();
    struct teller a = teller(loop, 'a');
    a.again = 100;
    weft_loop_set_timer(loop, &a.timer, weft_loop_now_us(loop));

    weft_loop_turn(loop, UINT64_MAX);
    CHECK_STORY("a");
    weft_loop_turn(loop, UINT64_MAX);
    CHECK_STORY("aa");
    weft_loop_cancel_timer(loop, &a.timer);
    weft_loop_turn(loop, 0);
    CHECK_STORY("aa");
    weft_loop_free(loop);
}

TEST(a_task_runs_once_and_what_it_defers_in_the_next_turn)
{
    struct weft_loop *loop = start();
    struct teller a = teller(loop, 'a');
    struct teller b = teller(loop, 'b');
    a.again = 1;
    weft_loop_defer(loop, &a.task);
    weft_loop_defer(loop, &a.task);
    weft_loop_defer(loop, &b.task);

    weft_loop_turn(loop, UINT64_MAX);
    CHECK_STORY("ab");
    weft_loop_turn(loop, UINT64_MAX); // does not wait either
    CHECK_STORY("aba");
    weft_loop_turn(loop, 0);
    CHECK_STORY("aba");
    weft_loop_free(loop);
}

TEST(a_cancelled_task_does_not_run_even_in_the_same_turn)
{
    struct weft_loop *loop = start();
    struct teller a = teller(loop, 'a');
    struct teller b = teller(loop, 'b');
    a.victim = &b;
    weft_loop_defer(loop, &a.task);
    weft_loop_defer(loop, &b.task);

    weft_loop_turn(loop, 0);

    CHECK_STORY("a");
    weft_loop_free(loop);
}

TEST(what_was_unwatched_in_a_turn_is_not_called_in_it)
{
    struct weft_loop *loop = start();
    struct teller tellers[2] = {teller(loop, 'a'), teller(loop, 'b')};
    int pairs[2][2];
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
        tellers[i].watch = (struct weft_watch){pairs[i][0], tell_ready};
        tellers[i].victim = &tellers[1 - i];
        CHECK_EQ(weft_loop_watch(loop, &tellers[i].watch, WEFT_LOOP_READABLE), 0);
        CHECK_EQ(write(pairs[i][1], "x", 1), 1);
    }

    weft_loop_turn(loop, UINT64_MAX);

    CHECK_EQ(story_size, 1); // whichever came first has taken the other out
    for (size_t i = 0; i < 2; i++) {
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    weft_loop_free(loop);
}

TEST(what_was_closed_in_a_turn_is_not_called_in_it)
{
    struct weft_loop *loop = start();
    struct teller a = teller(loop, 'a');
    int pair[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    a.watch = (struct weft_watch){pair[0], tell_ready};
    CHECK_EQ(weft_loop_watch(loop, &a.watch, WEFT_LOOP_READABLE), 0);
    CHECK_EQ(write(pair[1], "x", 1), 1);

    weft_loop_close(loop, &a.watch);
    weft_loop_turn(loop, 0);

    CHECK_STORY("");
    CHECK_EQ(a.watch.fd, -1);
    close(pair[1]);
    weft_loop_free(loop);
}

TEST(an_edge_is_told_once_and_the_peers_end_by_its_own_name)
{
    struct weft_loop *loop = start();
    struct teller a = teller(loop, 'a');
    int pair[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    a.watch = (struct weft_watch){pair[0], tell_ready};
    CHECK_EQ(weft_loop_watch(loop, &a.watch, WEFT_LOOP_READABLE), 0);
    CHECK_EQ(write(pair[1], "x", 1), 1);

    weft_loop_turn(loop, 0);
    weft_loop_turn(loop, 0);
    CHECK_STORY("a");
    CHECK_EQ(a.events, WEFT_LOOP_READABLE);

    shutdown(pair[1], SHUT_WR);
    weft_loop_turn(loop, 0);
    CHECK_EQ(a.events, WEFT_LOOP_READABLE | WEFT_LOOP_ENDED);
    close(pair[1]);
    weft_loop_turn(loop, 0);
    CHECK(a.events & WEFT_LOOP_CLOSED);
    close(pair[0]);
    weft_loop_free(loop);
}

TEST(watching_what_is_not_open_tells_why_not)
{
    struct weft_loop *loop = start();
    struct weft_watch watch = {-1, tell_ready};

    CHECK(weft_loop_watch(loop, &watch, WEFT_LOOP_READABLE) < 0);
    weft_loop_free(loop);
}

static struct weft_loop *signalled;

static void on_signal(int number)
{
    (void)number;
    weft_loop_stop(signalled);
}

TEST(a_signal_handler_may_stop_the_loop)
{
    signalled = start();
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction before;
    sigaction(SIGUSR1, &action, &before);
    raise(SIGUSR1);

    CHECK_EQ(weft_loop_run(signalled), 0);

    sigaction(SIGUSR1, &before, NULL);
    weft_loop_free(signalled);
}

enum { POSTERS = 3, POSTS = 500 };

struct poster {
    struct weft_loop *loop;
    size_t *total;
    size_t next; // the order in which its posts have to come
};

struct posted {
    struct poster *poster;
    size_t number;
};

static void take_post(void *context)
{
    struct posted *posted = context;
    struct poster *poster = posted->poster;
    if (posted->number == poster->next) poster->next++;
    free(posted);
    if (++*poster->total == POSTERS * (size_t)POSTS) weft_loop_stop(poster->loop);
}

static void *post_many(void *context)
{
    struct poster *poster = context;
    for (size_t i = 0; i < POSTS; i++) {
        struct posted *posted = malloc(sizeof(*posted));
        if (!posted) abort();
        *posted = (struct posted){poster, i};
        if (weft_loop_post(poster->loop, take_post, posted) != 0) abort();
    }
    return NULL;
}

TEST(posts_of_many_threads_all_come_and_each_threads_in_order)
{
    struct weft_loop *loop = start();
    struct poster posters[POSTERS];
    pthread_t threads[POSTERS];
    size_t total = 0;
    for (size_t i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){loop, &total, 0};
        CHECK_EQ(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    }

    CHECK_EQ(weft_loop_run(loop), 0);

    for (size_t i = 0; i < POSTERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK_EQ(posters[i].next, POSTS);
    }
    weft_loop_free(loop);
}

static void do_nothing(void *context)
{
    (void)context;
}

TEST(what_was_posted_to_a_loop_that_ends_is_given_back)
{
    struct weft_loop *loop = start();

    CHECK_EQ(weft_loop_post(loop, do_nothing, NULL), 0);
    CHECK(weft_loop_now_seconds(loop) > 1600000000);
    weft_loop_free(loop); // the sanitizer tells of leaks
    weft_loop_free(NULL);
}

// An edge that was seen is told again, and one that nothing refused would have hidden is told at all.
TEST(a_watch_armed_anew_tells_what_is_ready_now)
{
    int pair[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    struct weft_loop *loop = start();
    struct teller a = teller(loop, 'a');
    a.watch = (struct weft_watch){.fd = pair[0], .ready = tell_ready};
    CHECK_EQ(weft_loop_watch(loop, &a.watch, WEFT_LOOP_WRITABLE), 0);
    weft_loop_turn(loop, 0);
    weft_loop_turn(loop, 0);
    CHECK_STORY("a");
    CHECK_EQ(weft_loop_rearm(loop, &a.watch, WEFT_LOOP_WRITABLE), 0);
    weft_loop_turn(loop, 0);
    CHECK_STORY("aa");
    weft_loop_unwatch(loop, &a.watch);
    CHECK_EQ(weft_loop_rearm(loop, &a.watch, WEFT_LOOP_WRITABLE), -ENOENT);
    close(pair[0]);
    close(pair[1]);
    weft_loop_free(loop);
}
