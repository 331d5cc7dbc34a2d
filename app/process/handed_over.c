// process/handed_over.c
#include "process/handed_over.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_SIZE = 1024, ADDRESS_SIZE = 64 };

/** What was found for a listener. */
struct found {
    struct weft_activation_socket *sockets[WEFT_LISTEN_ADDRESSES_MOST];
    size_t count;
    char missing[ADDRESS_SIZE]; // one of its addresses for which nothing was
};

static void find_by_name(struct weft_activation *activation, const char *name, struct found *found)
{
    for (size_t i = 0; i < activation->count && found->count < WEFT_COUNT(found->sockets); i++) {
        struct weft_activation_socket *socket = &activation->sockets[i];
        if (socket->fd < 0 || strcmp(socket->name, name) != 0) continue;
        found->sockets[found->count++] = socket;
    }
}

static bool has(const struct found *found, const struct weft_activation_socket *socket)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->sockets[i] == socket) return true; // one for both kinds of addresses
    }
    return false;
}

static void find_by_address(struct weft_activation *activation, const struct weft_listen_url *url,
                            struct found *found)
{
    struct weft_address addresses[WEFT_LISTEN_ADDRESSES_MOST];
    char error[LINE_SIZE]; // told when the listener is opened
    int count = weft_address_resolve(url->host, url->port, addresses, WEFT_LISTEN_ADDRESSES_MOST,
                                     error, sizeof(error));
    for (int i = 0; i < count; i++) {
        struct weft_activation_socket *socket = weft_activation_at(activation, &addresses[i]);
        if (socket && has(found, socket)) continue;
        if (socket && socket->fd >= 0) {
            found->sockets[found->count++] = socket;
        } else {
            weft_address_text(&addresses[i], true, found->missing, sizeof(found->missing));
        }
    }
}

static uint16_t port_of(const struct weft_address *address)
{
    return address->storage.ss_family == AF_INET6
               ? ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port)
               : ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}

// Their descriptors become the listener's; false without memory, or where there are too many.
static bool adopt(struct weft_sockets *sockets, const struct weft_listen_url *url,
                  const struct found *found)
{
    struct weft_listening listening = {.url = *url, .port = port_of(&found->sockets[0]->address)};
    if (weft_listening_make_room(&listening, (unsigned)found->count, 1) < 0) return false;
    for (size_t i = 0; i < found->count; i++) {
        listening.fds[i] = found->sockets[i]->fd;
    }
    if (!weft_sockets_adopt(sockets, &listening)) {
        free(listening.fds);
        return false;
    }
    for (size_t i = 0; i < found->count; i++) {
        found->sockets[i]->fd = -1;
    }
    return true;
}

static void tell_missing(const struct weft_listen_url *url, const struct found *found,
                         void (*tell)(const char *line))
{
    char line[LINE_SIZE];
    char text[WEFT_LISTEN_URL_SIZE];
    weft_listen_url_write(url, url->port, text, sizeof(text));
    if (found->count > 0) {
        snprintf(line, sizeof(line), "%s: %s was not handed over, and is not listened on", text,
                 found->missing);
    } else {
        snprintf(line, sizeof(line), "%s was not handed over: it is opened here", text);
    }
    tell(line);
}

void weft_sockets_take_over(struct weft_sockets *sockets, struct weft_activation *activation,
                            const struct weft_listen_url *urls, size_t count,
                            void (*tell)(const char *line))
{
    for (size_t i = 0; i < count && activation->count > 0; i++) {
        struct found found = {.count = 0};
        bool is_named = urls[i].host[0] == '@';
        if (is_named) {
            find_by_name(activation, urls[i].host + 1, &found);
        } else {
            find_by_address(activation, &urls[i], &found);
        }
        bool is_missing =
            !is_named && (found.count == 0 || found.missing[0]); // else told when it is opened
        if (is_missing) tell_missing(&urls[i], &found, tell);
        if (found.count > 0 && !adopt(sockets, &urls[i], &found)) tell("no memory for a socket");
    }
    weft_activation_end(activation, tell);
}
