// client/happy_eyeballs_test.c: RFC 8305, over real sockets of loopback
#include "client/happy_eyeballs.h"

#include "check.h"

#include <errno.h>
#include <unistd.h>

/** A race, and what came of it. */
struct race {
    struct weft_eyeballs eyeballs; // first: `done` is handed it
    unsigned calls;
    int fd;
    struct weft_address peer;
};

static void on_done(struct weft_eyeballs *eyeballs, int fd, const struct weft_address *peer)
{
    struct race *race = (struct race *)(void *)eyeballs;
    race->calls++;
    race->fd = fd;
    if (peer) race->peer = *peer;
}

static uint16_t port_of(const struct weft_address *address)
{
    return address->storage.ss_family == AF_INET6
               ? ((const struct sockaddr_in6 *)(const void *)&address->storage)->sin6_port
               : ((const struct sockaddr_in *)(const void *)&address->storage)->sin_port;
}

// A listener on loopback; its address has the port that it got.
static int listen_on(const char *host, int backlog, struct weft_address *address)
{
    char error[256];
    CHECK_EQ(weft_address_resolve(host, 0, address, 1, error, sizeof(error)), 1);
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQ(bind(fd, (const struct sockaddr *)&address->storage, address->size), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&address->storage, &address->size), 0);
    CHECK_EQ(listen(fd, backlog), 0);
    return fd;
}

// Where nobody listens.
static struct weft_address closed_address(const char *host)
{
    struct weft_address address;
    close(listen_on(host, 1, &address));
    return address;
}

static uint64_t run(struct race *race, struct weft_loop *loop)
{
    CHECK_EQ(race->calls, 0); // never inside of the start
    uint64_t begin_us = weft_loop_now_us(loop);
    for (int turns = 0; race->calls == 0 && turns < 1000; turns++) {
        CHECK(weft_loop_turn(loop, 20000) >= 0);
    }
    CHECK_EQ(race->calls, 1);
    return weft_loop_now_us(loop) - begin_us;
}

TEST(families_take_turns_beginning_with_the_first)
{
    struct weft_address addresses[6] = {0};
    const sa_family_t before[] = {AF_INET6, AF_INET6, AF_INET6, AF_INET, AF_INET, AF_INET6};
    const sa_family_t after[] = {AF_INET6, AF_INET, AF_INET6, AF_INET, AF_INET6, AF_INET6};
    const socklen_t order[] = {0, 3, 1, 4, 2, 5}; // of one family as they were
    for (size_t i = 0; i < 6; i++) {
        addresses[i].storage.ss_family = before[i];
        addresses[i].size = (socklen_t)i;
    }
    weft_eyeballs_interlace(addresses, 6);
    for (size_t i = 0; i < 6; i++) {
        CHECK_EQ(addresses[i].storage.ss_family, after[i]);
        CHECK_EQ(addresses[i].size, order[i]);
    }
    weft_eyeballs_interlace(addresses, 0);
}

TEST(where_one_refuses_the_next_is_tried_at_once)
{
    struct weft_loop *loop = weft_loop_new();
    struct race race = {0};
    struct weft_address addresses[3] = {closed_address("127.0.0.1"), closed_address("127.0.0.1")};
    int listener = listen_on("127.0.0.1", 1, &addresses[2]);

    weft_eyeballs_start(&race.eyeballs, loop, addresses, 3, on_done);
    uint64_t took_us = run(&race, loop);

    CHECK(race.fd >= 0);
    CHECK_EQ(port_of(&race.peer), port_of(&addresses[2]));
    CHECK(took_us < (uint64_t)WEFT_EYEBALLS_DELAY_MS * 1000);
    close(race.fd);
    close(listener);
    weft_loop_free(loop);
}

TEST(where_all_refuse_that_is_told_once_with_the_reason)
{
    struct weft_loop *loop = weft_loop_new();
    struct race race = {0};
    struct weft_address addresses[2] = {closed_address("127.0.0.1"), closed_address("127.0.0.1")};

    weft_eyeballs_start(&race.eyeballs, loop, addresses, 2, on_done);
    (void)run(&race, loop);

    CHECK_EQ(race.fd, -1);
    CHECK_EQ(race.eyeballs.error, ECONNREFUSED);
    for (int i = 0; i < 5; i++) {
        CHECK(weft_loop_turn(loop, 10000) >= 0);
    }
    CHECK_EQ(race.calls, 1);
    weft_loop_free(loop);
}

// A listener whose queue is full does not answer: the SYN is dropped.
TEST(where_one_is_silent_the_next_begins_a_moment_later_and_may_win)
{
    struct weft_loop *loop = weft_loop_new();
    struct race race = {0};
    struct weft_address addresses[2];
    int silent = listen_on("127.0.0.1", 0, &addresses[0]);
    int fillers[4];
    for (size_t i = 0; i < WEFT_COUNT(fillers); i++) {
        fillers[i] = weft_socket_connect(&addresses[0]);
        CHECK(fillers[i] >= 0);
    }
    int listener = listen_on("127.0.0.1", 1, &addresses[1]);
    CHECK(weft_loop_turn(loop, 0) >= 0);

    weft_eyeballs_start(&race.eyeballs, loop, addresses, 2, on_done);
    uint64_t took_us = run(&race, loop);

    CHECK(race.fd >= 0);
    CHECK_EQ(port_of(&race.peer), port_of(&addresses[1]));
    CHECK(took_us + 1000 >= (uint64_t)WEFT_EYEBALLS_DELAY_MS * 1000); // RFC 8305 §5
    CHECK_EQ(race.eyeballs.open_count, 0);                            // the loser was closed
    close(race.fd);
    for (size_t i = 0; i < WEFT_COUNT(fillers); i++) {
        close(fillers[i]);
    }
    close(silent);
    close(listener);
    weft_loop_free(loop);
}

TEST(a_race_that_is_cancelled_says_nothing)
{
    struct weft_loop *loop = weft_loop_new();
    struct race race = {0};
    struct weft_address address;
    int listener = listen_on("127.0.0.1", 1, &address);

    weft_eyeballs_start(&race.eyeballs, loop, &address, 1, on_done);
    weft_eyeballs_cancel(&race.eyeballs);
    weft_eyeballs_cancel(&race.eyeballs);
    for (int i = 0; i < 5; i++) {
        CHECK(weft_loop_turn(loop, 10000) >= 0);
    }

    CHECK_EQ(race.calls, 0);
    CHECK_EQ(race.eyeballs.open_count, 0);
    close(listener);
    weft_loop_free(loop);
}
