// net/socket_test.c
#include "net/socket.h"

#include "net/tcp_info.h"

#include "check.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static char error[256];

static struct weft_address loopback(void)
{
    struct weft_address address;
    CHECK_EQ(weft_address_resolve("127.0.0.1", 0, &address, 1, error, sizeof(error)), 1);
    return address;
}

static struct weft_address bound_to(int fd)
{
    struct weft_address address = {.size = sizeof(address.storage)};
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&address.storage, &address.size), 0);
    return address;
}

TEST(addresses_read_as_in_a_url)
{
    static const struct row {
        const char *host;
        const char *with_port;
        const char *without;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1:8443", "127.0.0.1"},
        {"::1", "[::1]:8443", "::1"},
        {"2001:db8::2", "[2001:db8::2]:8443", "2001:db8::2"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_address address;
        char text[64];
        int count = weft_address_resolve(rows[i].host, 8443, &address, 1, error, sizeof(error));
        CHECK_EQ(count, 1);
        weft_address_text(&address, true, text, sizeof(text));
        CHECK_SAME(weft_span_of(text), weft_span_of(rows[i].with_port));
        weft_address_text(&address, false, text, sizeof(text));
        CHECK_SAME(weft_span_of(text), weft_span_of(rows[i].without));
    }
}

TEST(loopback_addresses_are_told_from_others)
{
    static const struct row {
        const char *host;
        bool is_loopback;
    } rows[] = {
        {"127.0.0.1", true}, {"127.255.0.9", true}, {"128.0.0.1", false},
        {"::1", true},       {"::2", false},        {"::ffff:127.0.0.1", true},
        {"0.0.0.0", false},  {"::", false},         {"::ffff:192.0.2.1", false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_address address;
        int count = weft_address_resolve(rows[i].host, 80, &address, 1, error, sizeof(error));
        CHECK_EQ(count, 1);
        CHECK_EQ(weft_address_is_loopback(&address), rows[i].is_loopback);
    }
    CHECK(!weft_address_is_loopback(&(struct weft_address){.storage.ss_family = AF_UNIX}));
}

// RFC 6761 §6.3
TEST(localhost_is_always_loopback)
{
    struct weft_address addresses[4];

    int count = weft_address_resolve("localhost", 80, addresses, 4, error, sizeof(error));

    CHECK(count == 1 || count == 2);
    char text[64];
    weft_address_text(&addresses[0], true, text, sizeof(text));
    CHECK_SPAN(weft_span_of(text), "127.0.0.1:80");
    if (count == 2) {
        weft_address_text(&addresses[1], true, text, sizeof(text));
        CHECK_SPAN(weft_span_of(text), "[::1]:80");
    }
    CHECK_EQ(weft_address_resolve("localhost", 80, addresses, 1, error, sizeof(error)), 1);
}

TEST(no_host_is_every_address_of_the_machine)
{
    struct weft_address addresses[2];

    CHECK(weft_address_resolve("*", 80, addresses, 2, error, sizeof(error)) >= 1);

    char text[64];
    weft_address_text(&addresses[0], true, text, sizeof(text));
    CHECK_SPAN(weft_span_of(text), "0.0.0.0:80");
}

TEST(a_name_that_cannot_be_resolved_is_in_the_error)
{
    struct weft_address address;
    error[0] = '\0';

    CHECK(weft_address_resolve("no such host", 80, &address, 1, error, sizeof(error)) < 0);

    CHECK(strstr(error, "no such host") != NULL);
}

TEST(a_port_in_use_is_refused_unless_it_is_shared)
{
    struct weft_address address = loopback();
    int first = weft_socket_listen(&address, false, 8);
    CHECK(first >= 0);
    address = bound_to(first);

    CHECK_EQ(weft_socket_listen(&address, false, 8), -EADDRINUSE);
    close(first);

    first = weft_socket_listen(&address, true, 8);
    int second = weft_socket_listen(&address, true, 8);
    CHECK(first >= 0 && second >= 0);
    close(first);
    close(second);
}

static int option(int fd, int name)
{
    int value = 0;
    socklen_t size = sizeof(value);
    CHECK_EQ(getsockopt(fd, IPPROTO_TCP, name, &value, &size), 0);
    return value;
}

TEST(connections_send_at_once_and_keep_the_kernels_queue_short)
{
    struct weft_address address = loopback();
    int listener = weft_socket_listen(&address, false, 8);
    address = bound_to(listener);
    int client = weft_socket_connect(&address);
    CHECK(client >= 0);
    struct pollfd waiting = {listener, POLLIN, 0};
    CHECK_EQ(poll(&waiting, 1, 5000), 1);
    int server = accept(listener, NULL, NULL);
    CHECK(server >= 0);

    CHECK(option(client, TCP_NODELAY) != 0);
    CHECK(option(server, TCP_NODELAY) != 0);
    CHECK_EQ(option(server, TCP_NOTSENT_LOWAT), WEFT_SOCKET_NOTSENT_LOWAT);
    struct weft_tcp_info info = {.segment_size = 1};
    CHECK(weft_tcp_info_get(server, &info));
    CHECK(info.segment_size > 500);
    CHECK(!weft_tcp_info_get(-1, &info));
    weft_tcp_set_most_rate(server, 1000000);
    uint64_t rate = 0;
    socklen_t size = sizeof(rate);
    CHECK_EQ(getsockopt(server, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, &size), 0);
    CHECK_EQ(rate, 1000000);
    weft_socket_tune(server, 4096);
    CHECK_EQ(option(server, TCP_NOTSENT_LOWAT), 4096);
    close(client);
    close(server);
    close(listener);
}

TEST(connections_have_the_congestion_control_of_their_listener)
{
    struct weft_address address = loopback();
    int listener = weft_socket_listen(&address, false, 8);
    CHECK_EQ(weft_socket_set_congestion(listener, "reno"), 0); // every kernel has it
    CHECK_EQ(weft_socket_set_congestion(listener, "no-such"), -ENOENT);
    address = bound_to(listener);
    int client = weft_socket_connect(&address);
    struct pollfd waiting = {listener, POLLIN, 0};
    CHECK_EQ(poll(&waiting, 1, 5000), 1);
    int server = accept(listener, NULL, NULL);
    char name[16] = "";
    socklen_t size = sizeof(name);
    CHECK_EQ(getsockopt(server, IPPROTO_TCP, TCP_CONGESTION, name, &size), 0);
    CHECK_SAME(weft_span_of(name), WEFT_SPAN("reno"));
    close(client);
    close(server);
    close(listener);
}
