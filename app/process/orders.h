// process/orders.h: what is in the messages that a worker starts from.
#ifndef WEFT_PROCESS_ORDERS_H
#define WEFT_PROCESS_ORDERS_H

#include "net/tls.h"
#include "process/channel.h"
#include "server/server.h"
#include "wire/reader.h"
#include "wire/writer.h"

/** The version of this conversation and of the state that an upgrade hands on: raised with each change of either
 *  that the other side cannot do without. */
enum { WEFT_PROTOCOL = 2 };

/** How a worker is to start. */
struct weft_start {
    bool announces;      // it is the first: it says what is served
    uint32_t generation; // of the configuration: 1 for the first that is served
    uint8_t ticket_secret[WEFT_TLS_TICKET_SECRET_SIZE];
};

/** A message with the sockets of one address of a listener. */
struct weft_message weft_order_sockets(const struct weft_listening *listening, unsigned address);

/**
 * Takes the sockets of an address into a listener; the first message of a listener makes room for all of them.
 *
 * listening  zeroed before its first address
 * returns    0; -EPROTO where they do not fit: the descriptors are still in the message then; -ENOMEM
 */
int weft_order_take_sockets(struct weft_message *message, struct weft_listening *listening);

/** Have the sockets of all addresses come? */
bool weft_listening_is_whole(const struct weft_listening *listening);

struct weft_message weft_order_start(const struct weft_start *start);
bool weft_order_take_start(const struct weft_message *message, struct weft_start *start);

/** Writes what a listener is, without its sockets: for messages, and for the state that an upgrade hands on. */
void weft_listening_write(struct weft_writer *out, const struct weft_listening *listening);

/** Reads it; no room for sockets is made. returns false for what cannot be. */
bool weft_listening_read(struct weft_reader *in, struct weft_listening *listening);

#endif
