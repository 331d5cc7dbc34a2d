// process/channel.c
#include "process/channel.h"

#include "wire/reader.h"
#include "wire/writer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_SIZE = 8 }; // type and number, 32 bits each

// Room for a control message with as many descriptors as there may be.
union control {
    struct cmsghdr head;
    uint8_t room[CMSG_SPACE(WEFT_MESSAGE_FDS_MOST * sizeof(int))];
};

int weft_channel_open(int ends[2])
{
    int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
    return socketpair(AF_UNIX, type, 0, ends) < 0 ? -errno : 0;
}

static void put_fds(struct msghdr *out, union control *control, const struct weft_message *message)
{
    size_t size = message->fd_count * sizeof(int);
    if (message->fd_count == 0) return;
    memset(control, 0, sizeof(*control));
    out->msg_control = control->room;
    out->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *head = CMSG_FIRSTHDR(out);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(head), message->fds, size);
}

int weft_channel_send(int fd, const struct weft_message *message)
{
    uint8_t bytes[HEAD_SIZE + WEFT_MESSAGE_DATA_MOST];
    struct weft_writer writer = weft_writer_over(bytes, sizeof(bytes));
    if (message->fd_count > WEFT_MESSAGE_FDS_MOST) return -EMSGSIZE;
    weft_write_u32(&writer, message->type);
    weft_write_u32(&writer, message->number);
    weft_write_bytes(&writer, (struct weft_span){message->data, message->size});
    if (writer.failed) return -EMSGSIZE;

    union control control;
    struct iovec piece = {bytes, weft_writer_size(&writer)};
    struct msghdr out = {.msg_iov = &piece, .msg_iovlen = 1};
    put_fds(&out, &control, message);
    ssize_t sent;
    do {
        sent = sendmsg(fd, &out, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

static void take_fds(struct msghdr *in, struct weft_message *message)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(in); head; head = CMSG_NXTHDR(in, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        message->fd_count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(message->fds, CMSG_DATA(head), message->fd_count * sizeof(int));
        return; // the kernel puts all that come in one message into one
    }
}

int weft_channel_receive(int fd, struct weft_message *message)
{
    uint8_t bytes[HEAD_SIZE + WEFT_MESSAGE_DATA_MOST];
    union control control;
    struct iovec piece = {bytes, sizeof(bytes)};
    struct msghdr in = {.msg_iov = &piece,
                        .msg_iovlen = 1,
                        .msg_control = control.room,
                        .msg_controllen = sizeof(control.room)};
    ssize_t size;
    message->fd_count = message->size = 0;
    do { // ECONNRESET is told once, of what the other side has left unread; what it has said stands behind it
        size = recvmsg(fd, &in, MSG_CMSG_CLOEXEC);
    } while (size < 0 && (errno == EINTR || errno == ECONNRESET));
    if (size < 0) return -errno;
    take_fds(&in, message);
    if (size == 0) return 0; // no message of ours is empty

    struct weft_reader reader = weft_reader_over((struct weft_span){bytes, (size_t)size});
    message->type = weft_read_u32(&reader);
    message->number = weft_read_u32(&reader);
    if (reader.failed || (in.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        weft_message_close(message);
        return -EPROTO;
    }
    struct weft_span data = weft_read_rest(&reader);
    message->size = data.size;
    memcpy(message->data, data.data, data.size);
    return 1;
}

void weft_message_close(struct weft_message *message)
{
    for (size_t i = 0; i < message->fd_count; i++) {
        if (message->fds[i] >= 0) close(message->fds[i]);
    }
    message->fd_count = 0;
}

void weft_message_text(const struct weft_message *message, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)message->size, (const char *)message->data);
}

struct weft_message weft_message_of_text(enum weft_message_type type, uint32_t number,
                                         const char *text)
{
    struct weft_message message = {.type = type, .number = number};
    size_t size = strlen(text);
    message.size = size < sizeof(message.data) ? size : sizeof(message.data);
    memcpy(message.data, text, message.size);
    return message;
}
