// process/orders_test.c: what a worker starts from comes whole, or is refused.
#include "process/orders.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { ADDRESSES = 2, THREADS = 3 };

static struct weft_listening listening;

static void begin(void)
{
    listening = (struct weft_listening){.port = 8443};
    CHECK(weft_listen_url_parse("https://localhost:8443", &listening.url) == NULL);
    CHECK_EQ(weft_listening_make_room(&listening, ADDRESSES, THREADS), 0);
    for (size_t i = 0; i < weft_listening_count(&listening); i++) {
        listening.fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        CHECK(listening.fds[i] >= 0);
    }
}

TEST(a_listener_comes_address_by_address)
{
    struct weft_listening got = {.fds = NULL};
    begin();
    for (unsigned i = 0; i < ADDRESSES; i++) {
        CHECK(!weft_listening_is_whole(&got));
        struct weft_message message = weft_order_sockets(&listening, i);
        CHECK_EQ(message.fd_count, THREADS);
        CHECK_EQ(weft_order_take_sockets(&message, &got), 0);
        CHECK_EQ(message.fd_count, 0);
    }
    CHECK(weft_listening_is_whole(&got));
    CHECK(weft_listening_is_for(&got, &listening.url));
    CHECK_EQ(got.port, 8443);
    CHECK_EQ(memcmp(got.fds, listening.fds, sizeof(int) * ADDRESSES * THREADS), 0);
    weft_listening_close(&got); // the same descriptors
    free(listening.fds);
}

TEST(sockets_that_do_not_fit_are_refused_and_stay_in_the_message)
{
    struct weft_listening got = {.fds = NULL};
    begin();
    struct weft_message message = weft_order_sockets(&listening, 0);
    message.fd_count--;
    CHECK_EQ(weft_order_take_sockets(&message, &got), -EPROTO);
    message.fd_count++;
    message.number = ADDRESSES;
    CHECK_EQ(weft_order_take_sockets(&message, &got), -EPROTO);
    CHECK_EQ(message.fd_count, THREADS);
    CHECK(got.fds == NULL);
    for (size_t size = 0; size < message.size; size++) { // cut short
        struct weft_message cut = weft_order_sockets(&listening, 0);
        cut.size = size;
        CHECK_EQ(weft_order_take_sockets(&cut, &got), -EPROTO);
    }
    message = weft_order_sockets(&listening, 1);
    CHECK_EQ(weft_order_take_sockets(&message, &got), 0);
    message = weft_order_sockets(&listening, 1);
    CHECK_EQ(weft_order_take_sockets(&message, &got), -EPROTO); // twice
    listening.port = 1;
    message = weft_order_sockets(&listening, 0);
    CHECK_EQ(weft_order_take_sockets(&message, &got), -EPROTO); // another one's
    free(got.fds);
    weft_listening_close(&listening);
}

TEST(a_start_is_read_as_it_was_written)
{
    struct weft_start start = {.announces = true, .generation = 70000};
    struct weft_start got;
    memset(start.ticket_secret, 7, sizeof(start.ticket_secret));
    struct weft_message message = weft_order_start(&start);
    CHECK(weft_order_take_start(&message, &got));
    CHECK(got.announces);
    CHECK_EQ(got.generation, 70000);
    CHECK_EQ(memcmp(got.ticket_secret, start.ticket_secret, sizeof(got.ticket_secret)), 0);
    message.size--;
    CHECK(!weft_order_take_start(&message, &got));
    message.size++;
    message.number++; // another version
    CHECK(!weft_order_take_start(&message, &got));
}
