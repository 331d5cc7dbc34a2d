// process/channel_test.c: messages keep their bounds, their bytes and their descriptors.
#include "process/channel.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int ends[2];

static void begin(void)
{
    CHECK_EQ(weft_channel_open(ends), 0);
}

static void end(void)
{
    close(ends[0]);
    close(ends[1]);
}

TEST(a_message_comes_as_it_was_sent)
{
    struct weft_message sent =
        weft_message_of_text(WEFT_MESSAGE_HELLO, 0xfffffffe, "version \xff 1");
    struct weft_message got;
    char text[64];
    begin();
    CHECK_EQ(weft_channel_receive(ends[1], &got), -EAGAIN);
    CHECK_EQ(weft_channel_send(ends[0], &sent), 0);
    sent = (struct weft_message){.type = WEFT_MESSAGE_END};
    CHECK_EQ(weft_channel_send(ends[0], &sent), 0);
    CHECK_EQ(weft_channel_receive(ends[1], &got), 1);
    CHECK_EQ(got.type, WEFT_MESSAGE_HELLO);
    CHECK_EQ(got.number, 0xfffffffe);
    weft_message_text(&got, text, sizeof(text));
    CHECK_SPAN(weft_span_of(text), "version \xff 1");
    weft_message_text(&got, text, 4);
    CHECK_SPAN(weft_span_of(text), "ver");
    CHECK_EQ(weft_channel_receive(ends[1], &got), 1);
    CHECK_EQ(got.type, WEFT_MESSAGE_END);
    CHECK_EQ(got.size + got.fd_count, 0);
    end();
}

TEST(a_text_that_is_too_long_is_cut)
{
    static char text[2 * WEFT_MESSAGE_DATA_MOST];
    memset(text, 'a', sizeof(text) - 1);
    struct weft_message message = weft_message_of_text(WEFT_MESSAGE_TOLD, 0, text);
    CHECK_EQ(message.size, WEFT_MESSAGE_DATA_MOST);
    begin();
    CHECK_EQ(weft_channel_send(ends[0], &message), 0);
    CHECK_EQ(weft_channel_receive(ends[1], &message), 1);
    CHECK_EQ(message.size, WEFT_MESSAGE_DATA_MOST);
    end();
}

static bool is_same_file(int a, int b)
{
    struct stat first;
    struct stat second;
    CHECK_EQ(fstat(a, &first), 0);
    CHECK_EQ(fstat(b, &second), 0);
    return first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

TEST(descriptors_travel_and_are_closed_on_exec)
{
    struct weft_message sent = {.type = WEFT_MESSAGE_SOCKETS, .fd_count = WEFT_MESSAGE_FDS_MOST};
    struct weft_message got;
    int pipes[2];
    begin();
    CHECK_EQ(pipe(pipes), 0);
    for (size_t i = 0; i < sent.fd_count; i++) {
        sent.fds[i] = pipes[i % 2];
    }
    CHECK_EQ(weft_channel_send(ends[0], &sent), 0);
    CHECK_EQ(weft_channel_receive(ends[1], &got), 1);
    CHECK_EQ(got.fd_count, sent.fd_count);
    for (size_t i = 0; i < got.fd_count; i++) {
        CHECK(got.fds[i] != sent.fds[i]);
        CHECK(is_same_file(got.fds[i], sent.fds[i]));
        CHECK(fcntl(got.fds[i], F_GETFD) & FD_CLOEXEC);
    }
    int last = got.fds[got.fd_count - 1];
    weft_message_close(&got);
    CHECK_EQ(fcntl(last, F_GETFD), -1);
    close(pipes[0]);
    close(pipes[1]);
    end();
}

TEST(the_end_of_the_other_side_is_seen_on_both_ways)
{
    struct weft_message message = {.type = WEFT_MESSAGE_READY};
    begin();
    CHECK_EQ(weft_channel_send(ends[1], &message), 0);
    close(ends[1]);
    CHECK_EQ(weft_channel_receive(ends[0], &message), 1); // what was said before comes
    CHECK_EQ(weft_channel_receive(ends[0], &message), 0);
    CHECK_EQ(weft_channel_send(ends[0], &message), -EPIPE);
    close(ends[0]);
}

TEST(last_words_come_though_their_sender_has_left_orders_unread)
{
    struct weft_message message = {.type = WEFT_MESSAGE_START};
    begin();
    CHECK_EQ(weft_channel_send(ends[0], &message), 0);
    message = weft_message_of_text(WEFT_MESSAGE_TOLD, 0, "why");
    CHECK_EQ(weft_channel_send(ends[1], &message), 0);
    close(ends[1]);
    CHECK_EQ(weft_channel_receive(ends[0], &message), 1);
    CHECK_EQ(message.type, WEFT_MESSAGE_TOLD);
    CHECK_EQ(weft_channel_receive(ends[0], &message), 0);
    close(ends[0]);
}

TEST(what_is_no_message_is_refused_and_leaks_nothing)
{
    uint8_t bytes[WEFT_MESSAGE_DATA_MOST + 9] = {0};
    struct weft_message message;
    begin();
    CHECK_EQ(send(ends[0], bytes, 7, 0), 7); // shorter than a head
    CHECK_EQ(weft_channel_receive(ends[1], &message), -EPROTO);
    CHECK_EQ(send(ends[0], bytes, sizeof(bytes), 0), sizeof(bytes)); // longer than any
    CHECK_EQ(weft_channel_receive(ends[1], &message), -EPROTO);
    message = (struct weft_message){.fd_count = WEFT_MESSAGE_FDS_MOST + 1};
    CHECK_EQ(weft_channel_send(ends[0], &message), -EMSGSIZE);
    message = (struct weft_message){.size = WEFT_MESSAGE_DATA_MOST + 1};
    CHECK_EQ(weft_channel_send(ends[0], &message), -EMSGSIZE);
    end();
}

TEST(a_side_that_does_not_read_holds_nobody_up)
{
    struct weft_message message = {.type = WEFT_MESSAGE_REOPEN};
    int result = 0;
    begin();
    for (size_t i = 0; i < 100000 && result == 0; i++) {
        result = weft_channel_send(ends[0], &message);
    }
    CHECK_EQ(result, -EAGAIN);
    end();
}
