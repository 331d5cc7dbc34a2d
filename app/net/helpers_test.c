// net/helpers_test.c
#include "net/helpers.h"

#include "check.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

struct scene {
    struct weft_loop *loop;
    struct weft_helpers *helpers;
    struct weft_helper_desk desk;
    atomic_uint run_count;
    sem_t begun; // posted by each job that blocks
    sem_t gate;  // what it waits for
    unsigned done_count;
    unsigned drop_count;
    char order[16]; // names of the jobs that were done
};

struct job {
    struct weft_helper_job job;
    struct scene *scene;
    char name;
    bool blocks;
};

static struct job *of(struct weft_helper_job *job)
{
    return (struct job *)(void *)((char *)job - offsetof(struct job, job));
}

static void run(struct weft_helper_job *job)
{
    struct scene *scene = of(job)->scene;
    atomic_fetch_add(&scene->run_count, 1);
    if (!of(job)->blocks) return;
    sem_post(&scene->begun);
    sem_wait(&scene->gate);
}

static void done(struct weft_helper_job *job)
{
    struct scene *scene = of(job)->scene;
    scene->order[scene->done_count++] = of(job)->name;
    free(of(job));
}

static void drop(struct weft_helper_job *job)
{
    of(job)->scene->drop_count++;
    free(of(job));
}

static void begin(struct scene *scene, unsigned threads, size_t most)
{
    *scene = (struct scene){.loop = weft_loop_new()};
    struct weft_helpers_config config = {
        .thread_count = threads, .queue_most = most, .niceness = 5};
    CHECK(scene->loop != NULL);
    sem_init(&scene->begun, 0, 0);
    sem_init(&scene->gate, 0, 0);
    scene->helpers = weft_helpers_new(&config);
    CHECK(scene->helpers != NULL);
    weft_helper_desk_open(&scene->desk, scene->helpers, scene->loop);
}

static void end(struct scene *scene)
{
    weft_helpers_free(scene->helpers);
    weft_helper_desk_close(&scene->desk);
    weft_loop_free(scene->loop);
    sem_destroy(&scene->begun);
    sem_destroy(&scene->gate);
}

static bool hand_in(struct scene *scene, char name, bool blocks)
{
    struct job *job = calloc(1, sizeof(*job));
    CHECK(job != NULL);
    *job = (struct job){{.run = run, .done = done, .drop = drop}, scene, name, blocks};
    if (weft_helper_hand_in(&scene->desk, &job->job)) return true;
    free(job);
    return false;
}

static void wait_for(struct scene *scene, unsigned count)
{
    for (int i = 0; i < 1000 && scene->done_count < count; i++)
        CHECK_EQ(weft_loop_turn(scene->loop, 10000), 0);
    CHECK_EQ(scene->done_count, count);
}

TEST(jobs_come_back_to_the_loop_in_their_order)
{
    struct scene scene;
    begin(&scene, 1, 8);
    for (const char *name = "abcde"; *name; name++)
        CHECK(hand_in(&scene, *name, false));
    wait_for(&scene, 5);
    CHECK_SPAN(weft_span_of(scene.order), "abcde");
    end(&scene);
    CHECK_EQ(scene.drop_count, 0);
}

TEST(who_hands_in_more_than_may_wait_is_told_so)
{
    struct scene scene;
    begin(&scene, 1, 2);
    CHECK(hand_in(&scene, 'a', true));
    sem_wait(&scene.begun); // it waits no more
    CHECK(hand_in(&scene, 'b', false));
    CHECK(hand_in(&scene, 'c', false));
    CHECK(!hand_in(&scene, 'd', false));
    sem_post(&scene.gate);
    wait_for(&scene, 3);
    CHECK(hand_in(&scene, 'e', false));
    wait_for(&scene, 4);
    CHECK_SPAN(weft_span_of(scene.order), "abce");
    end(&scene);
}

TEST(at_the_end_what_waits_is_dropped_and_what_runs_is_waited_for)
{
    struct scene scene;
    begin(&scene, 1, 4);
    CHECK(hand_in(&scene, 'a', true));
    sem_wait(&scene.begun);
    CHECK(hand_in(&scene, 'b', false));
    CHECK(hand_in(&scene, 'c', false));
    sem_post(&scene.gate);
    end(&scene); // nobody turns the loop
    CHECK_EQ(scene.done_count, 0);
    CHECK_EQ(scene.drop_count, 3);
    CHECK(scene.run_count >= 1);
}

TEST(two_helpers_work_at_once)
{
    struct scene scene;
    begin(&scene, 2, 4);
    CHECK(hand_in(&scene, 'a', true));
    CHECK(hand_in(&scene, 'b', true));
    sem_wait(&scene.begun);
    sem_wait(&scene.begun); // both have begun before one has ended
    sem_post(&scene.gate);
    sem_post(&scene.gate);
    wait_for(&scene, 2);
    end(&scene);
}
