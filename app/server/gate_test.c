// server/gate_test.c
#include "server/gate.h"

#include "check.h"
#include "wire/base64.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

// Both of the password "secret", and quickly tried
#define SHA512_QUICK                                                          \
    "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/" \
    "Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/"
#define HASH "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

/** What a request that waited was told. */
struct told {
    bool is_told;
    enum weft_gate_verdict verdict;
    const struct weft_password *user;
};

struct scene {
    struct weft_loop *loop;
    struct weft_helpers *helpers;
    struct weft_gate gate;
    struct weft_client_table clients;
    struct weft_client *client;
    struct weft_http_limit_counters counters;
    struct weft_gate_counts counts;
    struct weft_passwords *passwords;
    uint64_t now_us;
    // a job that keeps the helper busy
    struct weft_helper_job holder;
    struct weft_helper_desk desk;
    sem_t begun, released;
};

static void decided(struct weft_gate_wait *wait, enum weft_gate_verdict verdict,
                    const struct weft_password *user)
{
    *(struct told *)wait->exchange = (struct told){true, verdict, user};
    weft_gate_forget(wait);
}

static void begin(struct scene *scene, size_t queue_most)
{
    char error[WEFT_PASSWORDS_TEXT_SIZE];
    struct weft_http_limits limits = {
        .failed_login_burst = 3, .failed_login_rate = 60, .client_table_size = 8};
    struct weft_address address = {.storage = {.ss_family = AF_INET}};
    *scene = (struct scene){.loop = weft_loop_new(), .now_us = 1};
    scene->helpers = weft_helpers_new(
        &(struct weft_helpers_config){.thread_count = 1, .queue_most = queue_most});
    CHECK(scene->loop && scene->helpers);
    CHECK(weft_client_table_init(&scene->clients, &limits, 1, true, 7, &scene->counters));
    CHECK(weft_client_arrives(&scene->clients, &address, 1, &scene->client));
    scene->passwords =
        weft_passwords_parse(WEFT_SPAN("anna:" HASH "\nzoe:" HASH), "file", error, sizeof(error));
    CHECK(scene->passwords != NULL);
    scene->gate.clients = &scene->clients;
    scene->gate.counters = &scene->counters;
    scene->gate.counts = &scene->counts;
    scene->gate.decided = decided;
    CHECK(weft_gate_open(&scene->gate, scene->helpers, scene->loop));
    weft_helper_desk_open(&scene->desk, scene->helpers, scene->loop);
    sem_init(&scene->begun, 0, 0);
    sem_init(&scene->released, 0, 0);
}

static void end(struct scene *scene)
{
    weft_helpers_free(scene->helpers);
    weft_gate_close(&scene->gate);
    weft_helper_desk_close(&scene->desk);
    weft_client_table_deinit(&scene->clients);
    weft_passwords_free(scene->passwords);
    weft_loop_free(scene->loop);
    sem_destroy(&scene->begun);
    sem_destroy(&scene->released);
}

static struct scene *of(struct weft_helper_job *job)
{
    return WEFT_LIST_ENTRY(job, struct scene, holder);
}

static void hold(struct weft_helper_job *job)
{
    sem_post(&of(job)->begun);
    sem_wait(&of(job)->released);
}

static void nothing(struct weft_helper_job *job)
{
    (void)job;
}

// Keeps the helper from trying anything until it is released.
static void hold_up(struct scene *scene)
{
    scene->holder = (struct weft_helper_job){.run = hold, .done = nothing, .drop = nothing};
    CHECK(weft_helper_hand_in(&scene->desk, &scene->holder));
    sem_wait(&scene->begun);
}

static struct weft_gate_answer ask_of(struct scene *scene, const struct weft_passwords *passwords,
                                      const char *text, struct told *told)
{
    uint8_t room[256];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_write_bytes(&out, WEFT_SPAN("Basic "));
    weft_write_base64(&out, WEFT_BASE64, weft_span_of(text));
    struct weft_http_field field = WEFT_HTTP_FIELD(AUTHORIZATION, weft_written(&out));
    struct weft_http_head request = WEFT_HTTP_HEAD_INIT;
    request.fields = &field;
    request.field_count = 1;
    struct weft_gate_question question = {passwords, &request, scene->client, scene->now_us};
    struct weft_gate_answer answer = weft_gate_ask(&scene->gate, &question);
    *told = (struct told){0};
    if (answer.wait) answer.wait->exchange = told;
    return answer;
}

static struct weft_gate_answer ask(struct scene *scene, const char *text, struct told *told)
{
    return ask_of(scene, scene->passwords, text, told);
}

static void wait_for(struct scene *scene, const struct told *told)
{
    for (int i = 0; i < 1000 && !told->is_told; i++)
        CHECK_EQ(weft_loop_turn(scene->loop, 10000), 0);
    CHECK(told->is_told);
}

// What comes of it, at once or later.
static enum weft_gate_verdict verdict_on(struct scene *scene, const char *text)
{
    struct told told;
    struct weft_gate_answer answer = ask(scene, text, &told);
    if (answer.verdict != WEFT_GATE_WAITS) return answer.verdict;
    wait_for(scene, &told);
    return told.verdict;
}

TEST(who_says_nothing_is_challenged_at_once)
{
    struct scene scene;
    struct weft_http_head request = WEFT_HTTP_HEAD_INIT;
    begin(&scene, 8);
    struct weft_gate_question question = {scene.passwords, &request, scene.client, 1};
    CHECK_EQ(weft_gate_ask(&scene.gate, &question).verdict, WEFT_GATE_SHUT);
    end(&scene);
}

TEST(what_was_right_is_remembered_for_a_while)
{
    struct scene scene;
    struct told told;
    begin(&scene, 8);
    CHECK_EQ(ask(&scene, "anna:secret", &told).verdict, WEFT_GATE_WAITS);
    wait_for(&scene, &told);
    CHECK_EQ(told.verdict, WEFT_GATE_OPEN);
    CHECK(told.user != NULL);
    CHECK_SPAN(told.user->user, "anna");
    struct weft_gate_answer answer = ask(&scene, "anna:secret", &told);
    CHECK_EQ(answer.verdict, WEFT_GATE_OPEN);
    CHECK_SPAN(answer.user->user, "anna");
    CHECK_EQ(scene.counts.right, 1);
    CHECK_EQ(scene.counts.known, 1);
    scene.now_us += UINT64_C(3600000000);
    CHECK_EQ(ask(&scene, "anna:secret", &told).verdict, WEFT_GATE_WAITS); // it is tried again
    wait_for(&scene, &told);
    CHECK_EQ(told.verdict, WEFT_GATE_OPEN);
    end(&scene);
}

TEST(a_wrong_password_and_a_name_that_is_not_there_are_the_same)
{
    struct scene scene;
    begin(&scene, 8);
    CHECK_EQ(verdict_on(&scene, "anna:wrong"), WEFT_GATE_SHUT);
    CHECK_EQ(verdict_on(&scene, "bert:secret"), WEFT_GATE_SHUT); // it is that of somebody else
    CHECK_EQ(verdict_on(&scene, "anna:"), WEFT_GATE_SHUT);
    CHECK_EQ(scene.counts.wrong, 3);
    CHECK_EQ(scene.counts.right, 0);
    end(&scene);
}

TEST(what_is_right_for_one_site_is_not_for_another)
{
    struct scene scene;
    struct told told;
    char error[WEFT_PASSWORDS_TEXT_SIZE];
    begin(&scene, 8);
    struct weft_passwords *other =
        weft_passwords_parse(WEFT_SPAN("bert:" HASH), "other", error, sizeof(error));
    CHECK_EQ(verdict_on(&scene, "anna:secret"), WEFT_GATE_OPEN);
    CHECK_EQ(ask_of(&scene, other, "anna:secret", &told).verdict, WEFT_GATE_WAITS);
    wait_for(&scene, &told);
    CHECK_EQ(told.verdict, WEFT_GATE_SHUT);
    end(&scene);
    weft_passwords_free(other);
}

TEST(who_asks_the_same_at_once_waits_for_one_trial)
{
    struct scene scene;
    struct told told[5];
    begin(&scene, 8);
    hold_up(&scene);
    for (size_t i = 0; i < 5; i++) // more than a client may get wrong: they are one
        CHECK_EQ(ask(&scene, "anna:secret", &told[i]).verdict, WEFT_GATE_WAITS);
    sem_post(&scene.released);
    for (size_t i = 0; i < 5; i++) {
        wait_for(&scene, &told[i]);
        CHECK_EQ(told[i].verdict, WEFT_GATE_OPEN);
    }
    CHECK_EQ(scene.counts.right, 1);
    end(&scene);
}

TEST(wrong_passwords_of_one_client_are_slowed_down_and_right_ones_cost_nothing)
{
    struct scene scene;
    struct told told;
    begin(&scene, 8);
    CHECK_EQ(verdict_on(&scene, "zoe:secret"), WEFT_GATE_OPEN);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(verdict_on(&scene, "anna:wrong"), WEFT_GATE_SHUT);
    struct weft_gate_answer answer = ask(&scene, "anna:secret", &told);
    CHECK_EQ(answer.verdict, WEFT_GATE_TOO_OFTEN);
    CHECK(answer.retry_after_s > 0);
    CHECK_EQ(scene.counters.failed_login_burst, 1);
    CHECK_EQ(verdict_on(&scene, "zoe:secret"), WEFT_GATE_OPEN); // who is known is let in
    scene.now_us += 1000000;
    CHECK_EQ(verdict_on(&scene, "anna:secret"), WEFT_GATE_OPEN);
    CHECK_EQ(verdict_on(&scene, "anna:wrong"), WEFT_GATE_SHUT); // that one was given back
    CHECK_EQ(verdict_on(&scene, "anna:wrong"), WEFT_GATE_TOO_OFTEN);
    end(&scene);
}

// The charge comes first, so that many at once are no way around it.
TEST(guesses_that_come_at_once_are_charged_before_they_are_tried)
{
    struct scene scene;
    struct told told[4];
    begin(&scene, 8);
    hold_up(&scene);
    CHECK_EQ(ask(&scene, "anna:1", &told[0]).verdict, WEFT_GATE_WAITS);
    CHECK_EQ(ask(&scene, "anna:2", &told[1]).verdict, WEFT_GATE_WAITS);
    CHECK_EQ(ask(&scene, "anna:3", &told[2]).verdict, WEFT_GATE_WAITS);
    CHECK_EQ(ask(&scene, "anna:4", &told[3]).verdict, WEFT_GATE_TOO_OFTEN);
    sem_post(&scene.released);
    wait_for(&scene, &told[2]);
    end(&scene);
}

TEST(passwords_wait_only_so_many)
{
    struct scene scene;
    struct told told[3];
    begin(&scene, 2);
    hold_up(&scene);
    CHECK_EQ(ask(&scene, "anna:secret", &told[0]).verdict, WEFT_GATE_WAITS);
    CHECK_EQ(ask(&scene, "zoe:secret", &told[1]).verdict, WEFT_GATE_WAITS);
    for (unsigned i = 0; i < 9; i++) { // what is not tried is not charged
        struct weft_gate_answer answer = ask(&scene, "bert:secret", &told[2]);
        CHECK_EQ(answer.verdict, WEFT_GATE_BUSY);
        CHECK(answer.retry_after_s > 0);
    }
    CHECK_EQ(scene.counters.login_queue, 9);
    sem_post(&scene.released);
    wait_for(&scene, &told[1]);
    CHECK_EQ(told[0].verdict, WEFT_GATE_OPEN);
    CHECK_EQ(told[1].verdict, WEFT_GATE_OPEN);
    end(&scene);
}

TEST(who_leaves_is_not_told_and_what_is_found_out_is_not_lost)
{
    struct scene scene;
    struct told told[2];
    begin(&scene, 8);
    hold_up(&scene);
    struct weft_gate_answer answer = ask(&scene, "anna:secret", &told[0]);
    CHECK_EQ(ask(&scene, "zoe:secret", &told[1]).verdict, WEFT_GATE_WAITS);
    weft_gate_forget(answer.wait);
    sem_post(&scene.released);
    wait_for(&scene, &told[1]);
    CHECK(!told[0].is_told);
    CHECK_EQ(ask(&scene, "anna:secret", &told[0]).verdict, WEFT_GATE_OPEN);
    end(&scene);
}

TEST(at_the_end_what_was_not_tried_is_dropped)
{
    struct scene scene;
    struct told told;
    begin(&scene, 8);
    hold_up(&scene);
    weft_gate_forget(ask(&scene, "anna:secret", &told).wait);
    sem_post(&scene.released);
    end(&scene); // a sanitizer would tell of a leak
    weft_gate_close(&(struct weft_gate){0});
}

TEST(what_is_remembered_is_bounded)
{
    enum { MANY = WEFT_GATE_KNOWN_MOST + WEFT_GATE_KNOWN_MOST / 4 };
    struct scene scene;
    struct weft_gate_known *known = NULL;
    char error[WEFT_PASSWORDS_TEXT_SIZE];
    static char text[(size_t)128 * MANY];
    size_t size = 0;
    begin(&scene, 8);
    for (int i = 0; i < MANY; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%d:" SHA512_QUICK "\n", i);
    weft_passwords_free(scene.passwords);
    scene.passwords = weft_passwords_parse(weft_span_of(text), "file", error, sizeof(error));
    CHECK(scene.passwords != NULL);
    for (int i = 0; i < MANY; i++) {
        char login[32];
        snprintf(login, sizeof(login), "%d:secret", i);
        CHECK_EQ(verdict_on(&scene, login), WEFT_GATE_OPEN);
        if (!known) known = scene.gate.known;
        CHECK(scene.gate.known == known);
    }
    CHECK_EQ(verdict_on(&scene, "1279:secret"), WEFT_GATE_OPEN);
    CHECK_EQ(scene.counts.known, 1); // the newest is still there
    end(&scene);
}
