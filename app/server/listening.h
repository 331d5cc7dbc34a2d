// server/listening.h: the sockets of a listener, one for each address and thread.
#ifndef WEFT_SERVER_LISTENING_H
#define WEFT_SERVER_LISTENING_H

#include "server/listen_url.h"

enum { WEFT_LISTEN_ADDRESSES_MOST = 8 };

/**
 * Listens where a URL says.
 *
 * thread_count  how many sockets share the port, each for a thread
 * fds           room for WEFT_LISTEN_ADDRESSES_MOST * thread_count; address by address, and thread by thread in each
 * port          set to the port
 * returns       how many addresses, or a negative errno with one line in `error` that names the remedy
 */
int weft_listen_open(const struct weft_listen_url *url, unsigned thread_count, int *fds,
                     uint16_t *port, char *error, size_t error_size);

#endif
