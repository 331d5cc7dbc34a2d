// net/listener_test.c
#include "net/listener.h"

#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST = 200 };

struct door {
    struct weft_listener listener;
    struct weft_address address;
    int fds[MOST];
    size_t count;
    size_t stop_after; // 0: never
};

static void take(struct weft_listener *listener, int fd, const struct weft_address *peer)
{
    struct door *door = (struct door *)(void *)listener;
    CHECK_EQ(peer->storage.ss_family, AF_INET);
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK(door->count < MOST);
    door->fds[door->count++] = fd;
    if (door->count == door->stop_after) weft_listener_stop(listener);
}

static void open_door(struct door *door, struct weft_loop *loop)
{
    char error[128];
    *door = (struct door){.listener.accepted_fd = take};
    CHECK_EQ(weft_address_resolve("127.0.0.1", 0, &door->address, 1, error, sizeof(error)), 1);
    int fd = weft_socket_listen(&door->address, false, MOST);
    CHECK(fd >= 0);
    door->address.size = sizeof(door->address.storage);
    getsockname(fd, (struct sockaddr *)&door->address.storage, &door->address.size);
    CHECK_EQ(weft_listener_start(&door->listener, loop, fd), 0);
}

static void close_door(struct door *door)
{
    weft_listener_stop(&door->listener);
    weft_listener_stop(&door->listener); // once more does nothing
    for (size_t i = 0; i < door->count; i++) {
        close(door->fds[i]);
    }
}

TEST(a_burst_of_connections_is_taken_whole_in_batches)
{
    struct weft_loop *loop = weft_loop_new();
    struct door door;
    open_door(&door, loop);
    int clients[150];
    for (size_t i = 0; i < WEFT_COUNT(clients); i++) {
        clients[i] = weft_socket_connect(&door.address);
        CHECK(clients[i] >= 0);
    }

    weft_loop_turn(loop, 1000000);
    CHECK_EQ(door.count, 128); // 64 when it is ready, 64 at the end of the turn
    weft_loop_turn(loop, 1000000);
    CHECK_EQ(door.count, 150);
    CHECK_EQ(door.listener.accepted, 150);

    for (size_t i = 0; i < WEFT_COUNT(clients); i++) {
        close(clients[i]);
    }
    close_door(&door);
    weft_loop_free(loop);
}

TEST(a_listener_may_be_stopped_by_what_it_accepts)
{
    struct weft_loop *loop = weft_loop_new();
    struct door door;
    open_door(&door, loop);
    door.stop_after = 2;
    int clients[4];
    for (size_t i = 0; i < WEFT_COUNT(clients); i++) {
        clients[i] = weft_socket_connect(&door.address);
    }

    for (size_t i = 0; i < 5; i++) {
        weft_loop_turn(loop, 1000);
    }

    CHECK_EQ(door.count, 2);
    for (size_t i = 0; i < WEFT_COUNT(clients); i++) {
        close(clients[i]);
    }
    close_door(&door);
    weft_loop_free(loop);
}

// Reads until the server has closed; true where it did so within a second.
static bool is_turned_away(int fd)
{
    struct pollfd waiting = {fd, POLLIN, 0};
    char byte;
    return poll(&waiting, 1, 1000) == 1 && read(fd, &byte, 1) <= 0;
}

TEST(out_of_descriptors_it_turns_one_away_then_rests_and_goes_on_later)
{
    struct weft_loop *loop = weft_loop_new();
    struct door door;
    open_door(&door, loop);
    int clients[3];
    for (size_t i = 0; i < WEFT_COUNT(clients); i++) {
        clients[i] = weft_socket_connect(&door.address);
        CHECK(clients[i] >= 0);
    }
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    int highest = dup(0);
    close(highest); // the first that is free
    struct rlimit none_left = {(rlim_t)highest, before.rlim_max};
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);

    weft_loop_turn(loop, 1000000);
    CHECK_EQ(door.count, 0);
    CHECK_EQ(door.listener.turned_away, 1);
    for (size_t i = 0; i < 5; i++) {
        weft_loop_turn(loop, 1000); // resting: it neither spins nor turns more away
    }
    CHECK_EQ(door.listener.turned_away, 1);
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(is_turned_away(clients[0]));

    while (door.count < 2) {
        weft_loop_turn(loop, UINT64_MAX); // its timer wakes it
    }
    CHECK_EQ(door.listener.accepted, 2);
    for (size_t i = 0; i < WEFT_COUNT(clients); i++) {
        close(clients[i]);
    }
    close_door(&door);
    weft_loop_free(loop);
}

TEST(a_listener_that_cannot_be_watched_closes_its_socket)
{
    struct weft_loop *loop = weft_loop_new();
    struct weft_listener listener = {.accepted_fd = take};

    int file = open("/dev/null", O_RDONLY | O_CLOEXEC); // epoll takes no such file
    CHECK(weft_listener_start(&listener, loop, file) < 0);

    CHECK_EQ(fcntl(file, F_GETFD), -1);
    weft_loop_free(loop);
}
