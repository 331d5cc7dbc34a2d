// session/pace_test.c: a controller is driven over a model of a link, by a clock moved by hand.
#include "session/pace.h"

#include "net/socket.h"

#include "check.h"

enum { STEP_US = 20000, ROUND_TRIP_US = 40000 };

/** A link with a queue, and a sender that always sends as fast as it may. */
struct model {
    uint64_t now_us;
    double link_rate;  // bytes a second
    double eager_rate; // as fast as TCP would
    double queue;      // bytes
    double queue_most;
    double others; // of the rate, by somebody who fills the queue
    double delivered;
    double noise_us; // that is in every round trip
    double growth;   // of eager_rate, a step
    uint32_t round_trip_us;
    double idle; // of the link, bytes
};

static struct weft_pace pace;

static struct model model_of(double rate)
{
    weft_pace_init(&pace);
    return (struct model){.now_us = 1000000,
                          .link_rate = rate,
                          .eager_rate = rate * 1.25,
                          .queue_most = rate / 10,
                          .noise_us = 2000,
                          .growth = 1,
                          .round_trip_us = ROUND_TRIP_US};
}

static void step(struct model *model)
{
    double seconds = STEP_US / 1e6;
    double rate = model->eager_rate;
    if ((double)pace.most_rate < rate) rate = (double)pace.most_rate;
    double room = model->link_rate * seconds;
    double sent = rate * seconds;
    double left = model->queue + sent + model->others * seconds - room;
    if (left < 0) model->idle -= left;
    double mine = sent / (sent + model->others * seconds);
    model->delivered += model->others > 0 ? room * mine : room + (left < 0 ? left : 0);
    model->queue = left < 0 ? 0 : left > model->queue_most ? model->queue_most : left;
    model->now_us += STEP_US;
    double least = model->eager_rate < model->link_rate ? model->eager_rate : model->link_rate;
    if (model->eager_rate < 2 * model->link_rate) model->eager_rate *= model->growth;
    double waits_us = model->queue / model->link_rate * 1e6 + model->noise_us;
    struct weft_tcp_info info = {
        .rate = (uint64_t)least,
        .delivered = (uint64_t)model->delivered,
        .least_round_trip_us = model->round_trip_us,
        .round_trip_us = model->round_trip_us + (uint32_t)waits_us,
        .segment_size = 1448,
    };
    weft_pace_update(&pace, &info, model->now_us);
}

// returns the longest queue in milliseconds
static double run(struct model *model, unsigned seconds)
{
    double most = 0;
    for (unsigned i = 0; i < seconds * (1000000 / STEP_US); i++) {
        step(model);
        double waits = model->queue / model->link_rate * 1e3;
        if (waits > most) most = waits;
    }
    return most;
}

TEST(a_slow_link_keeps_its_queue_short_and_stays_busy)
{
    const double rates[] = {125e3, 600e3, 1500e3};
    for (size_t i = 0; i < 3; i++) {
        struct model model = model_of(rates[i]);
        run(&model, 3);
        model.idle = 0;
        double longest_ms = run(&model, 60);
        CHECK(longest_ms < 30 + 3 * 1448 * 1e3 / rates[i]);
        CHECK(model.idle < rates[i] * 60 * 0.02);
        CHECK_EQ(pace.phase, WEFT_PACE_HELD);
    }
}

TEST(as_much_is_given_ahead_as_the_link_takes_in_a_moment)
{
    struct model model = model_of(600e3);
    CHECK_EQ(pace.ahead, WEFT_SOCKET_NOTSENT_LOWAT);
    run(&model, 1);
    CHECK_EQ(pace.ahead, 4800);
    CHECK(!pace.is_fast);
    model = model_of(50e3);
    run(&model, 1);
    CHECK_EQ(pace.ahead, 4096); // never so little that it runs dry
    model = model_of(1500e3);
    run(&model, 1);
    CHECK_EQ(pace.ahead, 12000);
}

TEST(a_fast_link_that_is_near_is_left_alone)
{
    struct model model = model_of(100e6);
    model.round_trip_us = 1000;
    run(&model, 10);
    CHECK(pace.is_fast);
    CHECK_EQ(pace.most_rate, WEFT_PACE_FREE);
    CHECK_EQ(pace.ahead, WEFT_SOCKET_NOTSENT_LOWAT);
}

TEST(a_fast_link_that_is_far_keeps_its_queue_short_and_whole_bursts)
{
    struct model model = model_of(12e6);
    run(&model, 3);
    model.idle = 0;
    CHECK(run(&model, 30) < 30);
    CHECK(model.idle < 12e6 * 30 * 0.02);
    CHECK(pace.is_fast);
    CHECK_EQ(pace.ahead, WEFT_SOCKET_NOTSENT_LOWAT);
}

TEST(a_link_that_becomes_faster_is_used)
{
    struct model model = model_of(300e3);
    run(&model, 5);
    model.link_rate = 1200e3;
    model.eager_rate = 1500e3;
    run(&model, 4);
    double before = model.delivered;
    run(&model, 4);
    CHECK(model.delivered - before > 4 * 1200e3 * 0.95);
}

TEST(a_link_that_becomes_slower_is_followed)
{
    struct model model = model_of(1200e3);
    run(&model, 5);
    model.link_rate = 300e3;
    run(&model, 4);
    CHECK(run(&model, 4) < 45);
}

// What arrived while the connection was still growing is less than the link takes.
TEST(a_long_way_is_used_from_the_beginning)
{
    struct model model = model_of(1125e3);
    model.round_trip_us = 170000;
    model.eager_rate = model.link_rate / 16;
    model.growth = 1.085; // it doubles in a round trip
    run(&model, 1);
    double before = model.delivered;
    run(&model, 2);
    CHECK_EQ(pace.phase, WEFT_PACE_HELD);
    CHECK(model.delivered - before > 2 * 1125e3 * 0.85);
}

// Bursts of slow start queue up for a moment; the link has room still.
TEST(a_queue_while_the_rate_still_grows_slows_nothing_down)
{
    weft_pace_init(&pace);
    uint64_t now_us = 1000000;
    struct weft_tcp_info info = {
        .least_round_trip_us = 170000, .round_trip_us = 250000, .segment_size = 1448};
    for (uint64_t rate = 50000; rate < 1000000; rate *= 2, now_us += 260000) {
        info.rate = rate;
        info.delivered += rate * 260000 / 1000000;
        weft_pace_update(&pace, &info, now_us);
        CHECK_EQ(pace.most_rate, WEFT_PACE_FREE);
    }
    info.delivered += info.rate * 260000 / 1000000; // as much as before: this is the link
    weft_pace_update(&pace, &info, now_us);
    CHECK_EQ(pace.phase, WEFT_PACE_DRAINING);
    CHECK(pace.most_rate > info.rate / 2 && pace.most_rate < info.rate);
}

// What waits behind somebody else's bytes does not get shorter by sending less.
TEST(a_queue_of_somebody_else_does_not_slow_us_down)
{
    struct model model = model_of(600e3);
    model.others = 500e3;
    run(&model, 5);
    double before = model.delivered;
    run(&model, 20);
    CHECK_EQ(pace.most_rate, WEFT_PACE_FREE);
    double unheld = model.link_rate * model.eager_rate / (model.eager_rate + model.others) * 20;
    CHECK(model.delivered - before > unheld * 0.93);
}

// A fifth more of round trip than the least is usual; acknowledgements take their time.
TEST(noise_is_no_queue)
{
    struct model model = model_of(600e3);
    model.noise_us = 15000;
    run(&model, 3);
    model.idle = 0;
    run(&model, 30);
    CHECK(model.idle < 600e3 * 30 * 0.02);
}

// What came before a pause says nothing.
TEST(a_pause_is_not_measured)
{
    struct model model = model_of(600e3);
    run(&model, 3);
    uint64_t rate = pace.rate;
    model.now_us += 10000000;
    step(&model);
    CHECK_EQ(pace.rate, rate);
}

TEST(without_a_rate_nothing_is_decided)
{
    struct model model = model_of(600e3);
    struct weft_tcp_info info = {.least_round_trip_us = 1};
    weft_pace_update(&pace, &info, model.now_us);
    CHECK_EQ(pace.ahead, WEFT_SOCKET_NOTSENT_LOWAT);
    info.rate = 1000;
    info.rate_is_lower_bound = true; // a trickle says nothing of the link
    weft_pace_update(&pace, &info, model.now_us);
    CHECK_EQ(pace.ahead, WEFT_SOCKET_NOTSENT_LOWAT);
}
