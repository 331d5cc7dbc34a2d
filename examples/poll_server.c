// poll_server.c: an HTTP/1.1 and HTTP/2 server over poll(2), one port, one thread.
//     cc poll_server.c $(pkg-config --cflags --libs weft) && ./a.out 8081
//     curl http://localhost:8081/ ; curl --http2-prior-knowledge http://localhost:8081/
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conn/conn.h"
#include "heap.h"

enum { MOST = 64 };
static struct pollfd polled[MOST]; // polled[0] listens
static struct weft_conn *conns[MOST];
static nfds_t count = 1;
static const struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void respond(struct weft_conn *conn, const struct weft_http_event *event)
{
    if (event->type == WEFT_HTTP_DATA) weft_conn_consume(conn, event->stream_id, event->data.size);
    if (event->type != WEFT_HTTP_REQUEST) return;
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    if (weft_conn_respond(conn, event->stream_id, &head, false) != WEFT_OK) return;
    weft_conn_set_user(conn, event->stream_id, "hello\n"); // what is left to send
}

static void answer(struct weft_conn *conn)
{
    struct weft_http_event event;
    struct weft_http_turn turn;
    for (bool again = true; again;) {
        again = false;
        while (weft_conn_next_event(conn, &event))
            respond(conn, &event);
        while (weft_conn_next_turn(conn, 6, &turn)) {
            const char *rest = turn.user;
            size_t size = strnlen(rest, turn.size); // as much as may be sent now
            memcpy(turn.room, rest, size);
            weft_conn_commit(conn, &turn, size, rest[size] == '\0');
            weft_conn_set_user(conn, turn.stream_id, (void *)(rest + size));
            again = true; // the next of a pipeline may come now
        }
    }
}

static bool serve(nfds_t i)
{
    uint8_t bytes[16384];
    if (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t size = recv(polled[i].fd, bytes, sizeof(bytes), 0);
        if (size <= 0) return false;
        weft_conn_feed(conns[i], (struct weft_span){bytes, (size_t)size}, now_us());
    }
    weft_conn_tick(conns[i], now_us());
    answer(conns[i]);
    struct weft_span out = weft_conn_output(conns[i]);
    ssize_t sent = send(polled[i].fd, out.data, out.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) weft_conn_sent(conns[i], (size_t)sent, now_us());
    size_t left = weft_conn_output(conns[i]).size;
    polled[i].events = (short)(left > 0 ? POLLIN | POLLOUT : POLLIN);
    return left > 0 || !weft_conn_is_finished(conns[i]);
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    address.sin6_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 8081));
    polled[0] = (struct pollfd){socket(AF_INET6, SOCK_STREAM, 0), POLLIN, 0};
    setsockopt(polled[0].fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(polled[0].fd, (struct sockaddr *)&address, sizeof(address))) return perror("bind"), 1;
    listen(polled[0].fd, 128);
    struct weft_http_engine_config config = {.alloc = &heap, .limits = &limits}; // a server's
    for (;;) {
        poll(polled, count, 1000);
        config.now_us = now_us();
        for (nfds_t i = count - 1; i > 0; i--) {
            if (serve(i)) continue;
            close(polled[i].fd);
            weft_conn_free(conns[i]);
            polled[i] = polled[--count];
            conns[i] = conns[count];
        }
        if (!(polled[0].revents & POLLIN) || count == MOST) continue;
        polled[count] = (struct pollfd){accept(polled[0].fd, NULL, NULL), POLLIN, 0};
        conns[count] = weft_conn_new(&config, WEFT_CONN_BY_FIRST_BYTES);
        if (!conns[count]) return 1;
        count++;
    }
}
