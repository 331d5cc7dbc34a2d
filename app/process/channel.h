// process/channel.h: messages between a supervisor and its workers, with descriptors in them.
//
// A pair of sockets that keep the bounds of messages (SOCK_SEQPACKET). A descriptor in a message is the same open socket on
// both sides. Neither side trusts the other's bytes.
#ifndef WEFT_PROCESS_CHANNEL_H
#define WEFT_PROCESS_CHANNEL_H

#include "base/span.h"

enum {
    WEFT_MESSAGE_DATA_MOST = 1024,
    WEFT_MESSAGE_FDS_MOST = 64,
};

enum weft_message_type {
    // From the worker
    WEFT_MESSAGE_HELLO = 1, // number: WEFT_PROTOCOL; data: the program's version
    WEFT_MESSAGE_READY,     // it serves
    WEFT_MESSAGE_TOLD,      // data: a line, why it cannot serve
    WEFT_MESSAGE_WELL,      // all its threads have answered since it was asked before
    // From the supervisor
    WEFT_MESSAGE_SOCKETS, // the sockets of one address of a listener, process/orders.h
    WEFT_MESSAGE_START,   // all sockets were handed over; process/orders.h
    WEFT_MESSAGE_DRAIN, // number: how long it may take in milliseconds; data: one byte, enum weft_server_end
    WEFT_MESSAGE_REOPEN, // the logs
    WEFT_MESSAGE_END,    // at once
    WEFT_MESSAGE_ASK,    // whether it is well
    WEFT_MESSAGE_FAILED, // a reload or upgrade came to nothing; data: a line, why
    // From the worker; behind the others, whose numbers an older version may know
    WEFT_MESSAGE_CLOSED, // told to drain, it takes no connections any more
};

struct weft_message {
    uint32_t type; // whatever the other side has written there
    uint32_t number;
    size_t size;
    uint8_t data[WEFT_MESSAGE_DATA_MOST];
    size_t fd_count;
    int fds[WEFT_MESSAGE_FDS_MOST];
};

/** Makes both ends, close-on-exec, neither of which blocks. returns 0 or a negative errno */
int weft_channel_open(int ends[2]);

/** Sends a message; its descriptors stay the sender's. returns 0 or a negative errno: -EAGAIN where the other side reads too
 *  little, -EPIPE where it is gone */
int weft_channel_send(int fd, const struct weft_message *message);

/**
 * Takes the next message; its descriptors, which are close-on-exec, are the caller's.
 *
 * returns  1, 0 where the other side is gone, or a negative errno: -EAGAIN where there is none, -EPROTO for what is none
 */
int weft_channel_receive(int fd, struct weft_message *message);

/** Closes the descriptors that are still in a message. */
void weft_message_close(struct weft_message *message);

/** The data as a text, cut where `text` ends. */
void weft_message_text(const struct weft_message *message, char *text, size_t size);

/** A message with a text for its data, cut where there is no room for more. */
struct weft_message weft_message_of_text(enum weft_message_type type, uint32_t number,
                                         const char *text);

#endif
