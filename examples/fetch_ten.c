// fetch_ten.c: fetches ten URLs over one HTTP/2 connection in clear text.
//
//     cc fetch_ten.c $(pkg-config --cflags --libs weft) && ./a.out ::1 8080 /a /b /c ...
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn/conn.h"
#include "heap.h"

static const struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(host, port, &hints, &found)) return -1;
    int fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen)) fd = -1;
    freeaddrinfo(found);
    return fd;
}

struct fetch {
    const char *path;
    unsigned status;
    size_t size;
};

// Takes in what the events say; returns how many streams ended.
static size_t note(struct weft_conn *conn)
{
    size_t ended = 0;
    struct weft_http_event event;
    while (weft_conn_next_event(conn, &event)) {
        struct fetch *fetch = event.user;
        if (event.type == WEFT_HTTP_RESPONSE) fetch->status = event.head->status;
        if (event.type == WEFT_HTTP_DATA) {
            fetch->size += event.data.size;
            weft_conn_consume(conn, event.stream_id, event.data.size);
        }
        if (event.type == WEFT_HTTP_FAILED) fprintf(stderr, "%s\n", event.error.reason);
        if (event.type != WEFT_HTTP_STREAM_CLOSED) continue;
        printf("%u %8zu bytes  %s\n", fetch->status, fetch->size, fetch->path);
        ended++;
    }
    return ended;
}

int main(int argc, char **argv)
{
    if (argc < 4) return fprintf(stderr, "usage: fetch_ten HOST PORT PATH...\n"), 2;
    int fd = connect_to(argv[1], argv[2]);
    if (fd < 0) return perror("connect"), 1;

    struct weft_http_engine_config config = {
        .role = WEFT_HTTP_CLIENT, .alloc = &heap, .limits = &limits};
    struct weft_conn *conn = weft_conn_new(&config, WEFT_CONN_H2);
    char authority[300];
    snprintf(authority, sizeof(authority), strchr(argv[1], ':') ? "[%s]:%s" : "%s:%s", argv[1],
             argv[2]);
    struct fetch fetches[10] = {{0}};
    size_t open = 0;
    for (; conn && open < 10 && argv[3 + open]; open++) {
        struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
        head.method = WEFT_HTTP_GET;
        head.scheme = WEFT_SPAN("http");
        head.authority = weft_span_of(authority);
        head.path = weft_span_of(argv[3 + open]);
        uint64_t stream_id;
        enum weft_result result = weft_conn_request(conn, &head, true, &stream_id);
        if (result != WEFT_OK) return fprintf(stderr, "request: %d\n", result), 1;
        fetches[open].path = argv[3 + open];
        weft_conn_set_user(conn, stream_id, &fetches[open]);
    }
    while (open > 0) {
        struct weft_span out = weft_conn_output(conn);
        ssize_t size = out.size > 0 ? send(fd, out.data, out.size, MSG_NOSIGNAL) : 0;
        if (size < 0) return perror("send"), 1;
        if (size > 0) weft_conn_sent(conn, (size_t)size, 0);

        uint8_t bytes[16384];
        size = recv(fd, bytes, sizeof(bytes), 0);
        if (size <= 0) break;
        weft_conn_feed(conn, (struct weft_span){bytes, (size_t)size}, 0);
        open -= note(conn);
    }
    weft_conn_free(conn);
    close(fd);
    return open > 0;
}
