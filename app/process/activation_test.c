#include "process/activation.h"

#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST = 200 }; // where the descriptors are put that are handed over

static char told[4096];

static void keep(const char *line)
{
    size_t size = strlen(told);
    snprintf(told + size, sizeof(told) - size, "%s\n", line);
}

static struct weft_address address_of(const char *host, uint16_t port)
{
    struct weft_address address;
    char error[128];
    CHECK_EQ(weft_address_resolve(host, port, &address, 1, error, sizeof(error)), 1);
    return address;
}

// Listens on any port, at a descriptor; returns the address.
static struct weft_address listen_at(int fd, const char *host, bool takes_both)
{
    int off = 0;
    struct weft_address address = address_of(host, 0);
    int made = socket(address.storage.ss_family, SOCK_STREAM, 0);
    CHECK(made >= 0);
    if (takes_both) setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    CHECK_EQ(bind(made, (struct sockaddr *)&address.storage, address.size), 0);
    CHECK_EQ(listen(made, 1), 0);
    address.size = sizeof(address.storage);
    CHECK_EQ(getsockname(made, (struct sockaddr *)&address.storage, &address.size), 0);
    CHECK_EQ(dup2(made, fd), fd);
    close(made);
    return address;
}

static void begin(void)
{
    told[0] = 0;
}

TEST(sockets_are_found_by_address_and_by_name)
{
    struct weft_activation activation;
    begin();
    struct weft_address one = listen_at(FIRST, "127.0.0.1", false);
    struct weft_address two = listen_at(FIRST + 1, "127.0.0.1", false);
    weft_activation_take(&activation, FIRST, 2, "web:web-secure", keep);
    CHECK_EQ(activation.count, 2);
    CHECK(weft_activation_at(&activation, &one) == &activation.sockets[0]);
    CHECK(weft_activation_at(&activation, &two) == &activation.sockets[1]);
    CHECK(weft_activation_named(&activation, "web-secure") == &activation.sockets[1]);
    CHECK(!weft_activation_named(&activation, "web-"));
    struct weft_address other = address_of("127.0.0.2", 0);
    ((struct sockaddr_in *)&other.storage)->sin_port =
        ((struct sockaddr_in *)&one.storage)->sin_port;
    CHECK(!weft_activation_at(&activation, &other));

    // as our own: they do not block, and no program that is run gets them
    CHECK(fcntl(FIRST, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(FIRST, F_GETFD) & FD_CLOEXEC);
    activation.sockets[1].fd = -1; // taken
    CHECK(!weft_activation_named(&activation, "web-secure"));
    CHECK_EQ(strlen(told), 0);
    weft_activation_end(&activation, keep);
    CHECK(strstr(told, "no listener is on 127.0.0.1:"));
    CHECK(strstr(told, "(web), which was handed over: it stays unused"));
    CHECK(!strstr(told, "secure"));
    CHECK(fcntl(FIRST, F_GETFD) < 0);
    close(FIRST + 1);
}

// systemd.socket(5), BindIPv6Only=: ListenStream=443 is one socket for both.
TEST(one_socket_may_be_for_every_address_of_both_kinds)
{
    struct weft_activation activation;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    if (probe < 0) skip_test("no IPv6 here");
    close(probe);
    begin();
    struct weft_address both = listen_at(FIRST, "::", true);
    uint16_t port = ntohs(((struct sockaddr_in6 *)&both.storage)->sin6_port);
    struct weft_address any = address_of("0.0.0.0", port);
    struct weft_address loopback = address_of("127.0.0.1", port);
    weft_activation_take(&activation, FIRST, 1, NULL, keep);
    CHECK(weft_activation_at(&activation, &both) == &activation.sockets[0]);
    CHECK(weft_activation_at(&activation, &any) == &activation.sockets[0]);
    CHECK(!weft_activation_at(&activation, &loopback)); // it was not asked for by that name
    weft_activation_end(&activation, keep);
}

TEST(what_is_no_listening_socket_is_told_and_closed)
{
    struct weft_activation activation;
    int pipes[2];
    begin();
    int unused = socket(AF_INET, SOCK_STREAM, 0);
    int local = socket(AF_UNIX, SOCK_STREAM, 0);
    int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_EQ(pipe(pipes), 0);
    dup2(unused, FIRST);
    dup2(local, FIRST + 1);
    dup2(datagrams, FIRST + 2);
    dup2(pipes[0], FIRST + 3);
    struct weft_address good = listen_at(FIRST + 5, "127.0.0.1", false);
    weft_activation_take(&activation, FIRST, 6, "a:b:c:d:e:f", keep);
    CHECK_EQ(activation.count, 1);
    CHECK(weft_activation_at(&activation, &good) == &activation.sockets[0]);
    CHECK_SPAN(weft_span_of(activation.sockets[0].name), "f");
    CHECK(strstr(told, "descriptor 200 that was handed over as a: it does not listen\n"));
    CHECK(strstr(told, "201 that was handed over as b: it is no socket of TCP\n"));
    CHECK(strstr(told, "202 that was handed over as c: it is no socket of TCP\n"));
    CHECK(strstr(told, "203 that was handed over as d: it is no socket\n"));
    CHECK(strstr(told, "204 that was handed over as e: it is not open\n"));
    CHECK(fcntl(FIRST, F_GETFD) < 0);
    weft_activation_end(&activation, keep);
    close(unused), close(local), close(datagrams), close(pipes[0]), close(pipes[1]);
}

TEST(more_than_can_be_kept_are_told)
{
    struct weft_activation activation;
    begin();
    for (int i = 0; i < WEFT_ACTIVATION_SOCKETS_MOST + 1; i++) {
        (void)listen_at(FIRST + i, "127.0.0.1", false);
    }
    weft_activation_take(&activation, FIRST, WEFT_ACTIVATION_SOCKETS_MOST + 1, NULL, keep);
    CHECK_EQ(activation.count, WEFT_ACTIVATION_SOCKETS_MOST);
    CHECK(strstr(told, "descriptor 264 that was handed over: there are too many\n"));
    weft_activation_end(&activation, keep);
}

TEST(the_environment_is_only_for_whom_it_names_and_is_taken_away)
{
    struct weft_activation activation;
    begin();
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_FDNAMES", "web", 1);
    weft_activation_begin(&activation, keep);
    CHECK_EQ(activation.count, 0);
    CHECK(!getenv("LISTEN_PID") && !getenv("LISTEN_FDS") && !getenv("LISTEN_FDNAMES"));
    CHECK_EQ(strlen(told), 0);
    weft_activation_begin(&activation, keep); // without any
    CHECK_EQ(activation.count, 0);
    CHECK_EQ(strlen(told), 0);

    char own[32];
    snprintf(own, sizeof(own), "%d", (int)getpid());
    setenv("LISTEN_PID", own, 1);
    setenv("LISTEN_FDS", "many", 1);
    weft_activation_begin(&activation, keep);
    CHECK_EQ(activation.count, 0);
    CHECK(strstr(told, "LISTEN_FDS is not their number"));
}
