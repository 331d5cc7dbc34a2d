// server/listen_url.h: where a listener listens, as a URL says it.
#ifndef WEFT_SERVER_LISTEN_URL_H
#define WEFT_SERVER_LISTEN_URL_H

#include "base/span.h"

enum {
    WEFT_LISTEN_HOST_SIZE = 256,
    WEFT_LISTEN_URL_SIZE = WEFT_LISTEN_HOST_SIZE + 32, // as text
};

struct weft_listen_url {
    bool is_secure;     // https
    bool shows_metrics; // it is for those who run the server
    uint16_t port;      // 0: the system picks one
    char
        host[WEFT_LISTEN_HOST_SIZE]; // a name or a number, without brackets; "*" for every address;
    // "@NAME" for the sockets that a service manager hands over under that name
};

/**
 * Reads http://HOST:PORT or https://HOST:PORT; without a port it is the scheme's, 80 or 443.
 *
 * returns  NULL, or what is wrong with it: static text; `url` is then left as it was
 */
const char *weft_listen_url_parse(const char *text, struct weft_listen_url *url);

/** Writes it, with a port: the one that the system picked where its own is 0. */
void weft_listen_url_write(const struct weft_listen_url *url, uint16_t port, char *room,
                           size_t room_size);

#endif
