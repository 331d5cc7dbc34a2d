// process/sockets_test.c: what is open outlives the plans, and what no plan keeps is closed.
#include "process/sockets.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct weft_sockets sockets;
static char error[512];

static struct weft_listen_url url_of(const char *text)
{
    struct weft_listen_url url;
    CHECK(weft_listen_url_parse(text, &url) == NULL);
    return url;
}

static int plan(unsigned threads, const char *first, const char *second)
{
    struct weft_listen_url urls[2] = {url_of(first)};
    if (second) urls[1] = url_of(second);
    return weft_sockets_plan(&sockets, urls, second ? 2 : 1, threads, error, sizeof(error));
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int first_fd(size_t index)
{
    return weft_sockets_at(&sockets, index)->fds[0];
}

TEST(what_two_plans_share_stays_open_and_the_rest_goes)
{
    CHECK_EQ(plan(1, "http://127.0.0.1:0", "https://127.0.0.1:0"), 0);
    weft_sockets_commit(&sockets);
    int clear = first_fd(0);
    int secure = first_fd(1);
    CHECK_EQ(plan(1, "https://127.0.0.1:0", NULL), 0);
    CHECK_EQ(first_fd(0), secure);
    CHECK(is_open(clear)); // until the new worker serves
    CHECK(weft_sockets_gives_up(&sockets));
    weft_sockets_commit(&sockets);
    CHECK(!weft_sockets_gives_up(&sockets));
    CHECK(!is_open(clear) && is_open(secure));
    weft_sockets_close(&sockets);
    CHECK(!is_open(secure));
}

static uint16_t free_port(void)
{
    CHECK_EQ(plan(1, "http://127.0.0.1:0", NULL), 0);
    uint16_t port = weft_sockets_at(&sockets, 0)->port;
    weft_sockets_undo(&sockets);
    return port;
}

// The old listener has the port until the new one is served, and stays where that comes to nothing.
TEST(a_listener_may_move_to_addresses_that_overlap)
{
    char all[64];
    char one[64];
    uint16_t port = free_port();
    snprintf(all, sizeof(all), "http://*:%u", port);
    snprintf(one, sizeof(one), "http://127.0.0.1:%u", port);
    const char *const moves[] = {one, all, one};
    CHECK_EQ(plan(2, all, NULL), 0);
    weft_sockets_commit(&sockets);
    for (size_t i = 0; i < WEFT_COUNT(moves); i++) {
        int held = first_fd(0);
        CHECK_EQ(plan(2, moves[i], NULL), 0);
        if (first_fd(0) == held) continue; // nothing has moved
        CHECK(is_open(held));
        weft_sockets_undo(&sockets);
        CHECK(is_open(held) && first_fd(0) == held);

        CHECK_EQ(plan(1, moves[i], NULL), 0);
        weft_sockets_commit(&sockets);
        CHECK(!is_open(held) && is_open(first_fd(0)));
    }
    CHECK_EQ(plan(1, one, all), -EADDRINUSE); // at once they are a mistake
    weft_sockets_close(&sockets);
    CHECK_EQ(plan(1, one, all), -EADDRINUSE);
    weft_sockets_close(&sockets);
}

TEST(a_plan_that_comes_to_nothing_leaves_all_as_it_was)
{
    char taken[64];
    CHECK_EQ(plan(2, "http://127.0.0.1:0", NULL), 0);
    weft_sockets_commit(&sockets);
    int held = first_fd(0);
    CHECK_EQ(plan(3, "http://127.0.0.1:0", "https://127.0.0.1:0"), 0);
    int added = weft_sockets_at(&sockets, 0)->fds[2];
    int other = first_fd(1);
    weft_sockets_undo(&sockets);
    CHECK(is_open(held) && !is_open(added) && !is_open(other));
    CHECK_EQ(sockets.order_count, 1);
    CHECK_EQ(weft_sockets_at(&sockets, 0)->per_address, 2);

    // A port that is taken by others: the one before it in the plan goes too.
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int others = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(bind(others, (struct sockaddr *)&address, size), 0);
    CHECK_EQ(listen(others, 1), 0);
    CHECK_EQ(getsockname(others, (struct sockaddr *)&address, &size), 0);
    snprintf(taken, sizeof(taken), "http://127.0.0.1:%u", ntohs(address.sin_port));
    CHECK_EQ(plan(2, "https://127.0.0.1:0", taken), -EADDRINUSE);
    close(others);
    CHECK(strstr(error, "in use") != NULL);
    CHECK_EQ(sockets.order_count, 1);
    CHECK_EQ(first_fd(0), held);
    weft_sockets_close(&sockets);
}

// Closing a socket that shares its port would lose who waits in it.
TEST(fewer_threads_close_no_socket_and_more_add_some)
{
    CHECK_EQ(plan(2, "http://127.0.0.1:0", NULL), 0);
    weft_sockets_commit(&sockets);
    uint16_t port = weft_sockets_at(&sockets, 0)->port;
    int second = weft_sockets_at(&sockets, 0)->fds[1];
    CHECK_EQ(plan(1, "http://127.0.0.1:0", NULL), 0);
    weft_sockets_commit(&sockets);
    CHECK_EQ(weft_sockets_at(&sockets, 0)->per_address, 2);
    CHECK_EQ(plan(4, "http://127.0.0.1:0", NULL), 0);
    weft_sockets_commit(&sockets);
    const struct weft_listening *listening = weft_sockets_at(&sockets, 0);
    CHECK_EQ(listening->per_address, 4);
    CHECK_EQ(listening->port, port);
    CHECK_EQ(listening->fds[1], second);
    for (size_t i = 0; i < 4; i++) {
        int listens = 0;
        socklen_t size = sizeof(listens);
        CHECK_EQ(getsockopt(listening->fds[i], SOL_SOCKET, SO_ACCEPTCONN, &listens, &size), 0);
        CHECK(listens);
    }
    weft_sockets_close(&sockets);
}

TEST(the_scheme_of_a_named_port_may_change)
{
    char clear[64];
    char secure[64];
    CHECK_EQ(plan(1, "http://127.0.0.1:0", NULL), 0);
    uint16_t port = weft_sockets_at(&sockets, 0)->port;
    weft_sockets_close(&sockets);
    snprintf(clear, sizeof(clear), "http://127.0.0.1:%u", port);
    snprintf(secure, sizeof(secure), "https://127.0.0.1:%u", port);
    CHECK_EQ(plan(1, clear, NULL), 0);
    weft_sockets_commit(&sockets);
    int fd = first_fd(0);
    CHECK_EQ(plan(1, secure, NULL), 0);
    weft_sockets_commit(&sockets);
    CHECK_EQ(first_fd(0), fd);
    CHECK(weft_sockets_at(&sockets, 0)->url.is_secure);
    weft_sockets_close(&sockets);
}
