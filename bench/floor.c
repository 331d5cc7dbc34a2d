// bench/floor.c: the least that any server could do, as a mark to measure against.
//
// It makes the system calls that cannot be avoided (epoll_wait, one recv and one send for what came together) and
// encrypts answers that were prepared at the start. It does not parse: of HTTP/2 it reads frame headers for the
// stream id, of HTTP/1.1 it looks for empty lines. No limits, no errors, no flow control: never serve anything with it.
//
//     floor PORT SIZE[,SIZE...] h2|h1 [CERT KEY]
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZES = 128, ROOM = 1 << 18, RECORD = 16384, FRAME = 16384, STREAMS = 256 };

struct bytes {
    uint8_t *data;
    size_t start, end;
};

struct pending {
    uint32_t stream_id;
    size_t left;
};

struct connection {
    int fd;
    bool has_shaken_hands, has_preface;
    gnutls_session_t tls;
    struct bytes in, plain, out; // received, to be encrypted, to be sent
    const uint8_t *wire;         // received and not yet decrypted
    size_t wire_left;
    struct pending pending[STREAMS];
    size_t first, count;
};

static uint8_t content[FRAME];
static size_t sizes[SIZES], size_count, next_size;
static char h1_head[SIZES][160];
static bool speaks_h2;
static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priorities;
static uint8_t wire_buffer[65536];

static void add(struct bytes *to, const void *data, size_t size)
{
    if (to->end + size > 4 * ROOM) abort();
    memcpy(to->data + to->end, data, size);
    to->end += size;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *room, size_t size)
{
    struct connection *c = pointer;
    if (c->wire_left == 0) return errno = EAGAIN, gnutls_transport_set_errno(c->tls, EAGAIN), -1;
    if (size > c->wire_left) size = c->wire_left;
    memcpy(room, c->wire, size);
    c->wire += size;
    c->wire_left -= size;
    return (ssize_t)size;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *data, size_t size)
{
    struct connection *c = pointer;
    add(&c->out, data, size);
    return (ssize_t)size;
}

static void frame(struct bytes *to, size_t size, uint8_t type, uint8_t flags, uint32_t id,
                  const void *payload)
{
    uint8_t head[9] = {
        (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size,      type,       flags,
        (uint8_t)(id >> 24),   (uint8_t)(id >> 16),  (uint8_t)(id >> 8), (uint8_t)id};
    add(to, head, sizeof(head));
    add(to, payload, size);
}

// The fields of a static file as a warm HPACK encoder writes them: six indexed fields and two literals.
static void answer_h2(struct connection *c, uint32_t id)
{
    static const uint8_t fields[] = {0x88, 0xc0, 0xbf, 0xbe, 0xc1, 0x0f, 0x0d,
                                     4,    '1',  '0',  '2',  '4',  0xc2};
    frame(&c->plain, sizeof(fields), 1, 4, id, fields);
    struct pending *last = &c->pending[(c->first + c->count++) % STREAMS];
    *last = (struct pending){id, sizes[next_size++ % size_count]};
}

static void answer_h1(struct connection *c)
{
    size_t which = next_size++ % size_count;
    add(&c->plain, h1_head[which], strlen(h1_head[which]));
    struct pending *last = &c->pending[(c->first + c->count++) % STREAMS];
    *last = (struct pending){0, sizes[which]};
}

static void read_h2(struct connection *c)
{
    static const uint8_t settings[] = {0, 3, 0, 0, 1, 0};
    if (!c->has_preface && c->in.end - c->in.start >= 24) {
        c->has_preface = true;
        c->in.start += 24;
        frame(&c->plain, sizeof(settings), 4, 0, 0, settings);
    }
    while (c->has_preface && c->in.end - c->in.start >= 9) {
        const uint8_t *p = c->in.data + c->in.start;
        size_t size = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
        if (c->in.end - c->in.start < 9 + size) break;
        if (p[3] == 4 && !(p[4] & 1)) frame(&c->plain, 0, 4, 1, 0, NULL);
        if (p[3] == 1)
            answer_h2(c, (uint32_t)p[5] << 24 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 8 | p[8]);
        c->in.start += 9 + size;
    }
}

static void read_h1(struct connection *c)
{
    uint8_t *end;
    while ((end = memmem(c->in.data + c->in.start, c->in.end - c->in.start, "\r\n\r\n", 4))) {
        answer_h1(c);
        c->in.start = (size_t)(end + 4 - c->in.data);
    }
}

// Streams take turns by a frame each, until enough for this write has gathered.
static void gather(struct connection *c)
{
    while (c->count > 0 && c->plain.end < ROOM / 2) {
        struct pending now = c->pending[c->first];
        size_t size = now.left < FRAME ? now.left : FRAME;
        if (speaks_h2) {
            frame(&c->plain, size, 0, size == now.left, now.stream_id, content);
            c->first = (c->first + 1) % STREAMS;
            c->count--;
            now.left -= size;
            if (now.left > 0) c->pending[(c->first + c->count++) % STREAMS] = now;
        } else {
            add(&c->plain, content, size);
            c->pending[c->first].left -= size;
            if (size == now.left) c->first = (c->first + 1) % STREAMS, c->count--;
        }
    }
}

static bool flush(struct connection *c)
{
    for (;;) {
        if (c->out.start == c->out.end) {
            c->out.start = c->out.end = 0;
            gather(c);
            if (c->plain.end == 0) return true;
            if (c->tls) {
                for (size_t at = 0; at < c->plain.end; at += RECORD) {
                    size_t size = c->plain.end - at < RECORD ? c->plain.end - at : RECORD;
                    if (gnutls_record_send(c->tls, c->plain.data + at, size) < 0) return false;
                }
            } else {
                add(&c->out, c->plain.data, c->plain.end);
            }
            c->plain.end = 0;
        }
        ssize_t sent =
            send(c->fd, c->out.data + c->out.start, c->out.end - c->out.start, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
        c->out.start += (size_t)sent;
        if (c->out.start < c->out.end) return true;
    }
}

static bool decrypt(struct connection *c)
{
    if (!c->has_shaken_hands) {
        int result = gnutls_handshake(c->tls);
        if (result == GNUTLS_E_AGAIN) return true;
        if (result < 0) return false;
        c->has_shaken_hands = true;
    }
    for (;;) {
        ssize_t size = gnutls_record_recv(c->tls, c->in.data + c->in.end, 4 * ROOM - c->in.end);
        if (size == GNUTLS_E_AGAIN) return true;
        if (size <= 0) return false;
        c->in.end += (size_t)size;
    }
}

static bool serve(struct connection *c)
{
    for (;;) {
        ssize_t size = recv(c->fd, wire_buffer, sizeof(wire_buffer), 0);
        if (size == 0 || (size < 0 && errno != EAGAIN)) return false;
        if (size < 0) break;
        if (c->tls) {
            c->wire = wire_buffer;
            c->wire_left = (size_t)size;
            if (!decrypt(c)) return false;
        } else {
            add(&c->in, wire_buffer, (size_t)size);
        }
        if (speaks_h2) {
            read_h2(c);
        } else {
            read_h1(c);
        }
        memmove(c->in.data, c->in.data + c->in.start, c->in.end - c->in.start);
        c->in.end -= c->in.start;
        c->in.start = 0;
        if ((size_t)size < sizeof(wire_buffer)) break; // dry
    }
    return flush(c);
}

static void open_connection(int epoll, int fd)
{
    struct connection *c = calloc(1, sizeof(*c));
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct bytes *all[] = {&c->in, &c->plain, &c->out};
    for (size_t i = 0; i < 3; i++)
        all[i]->data = malloc(4 * ROOM);
    if (credentials) {
        gnutls_datum_t h2 = {(void *)"h2", 2}, h1 = {(void *)"http/1.1", 8};
        gnutls_init(&c->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK);
        gnutls_priority_set(c->tls, priorities);
        gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, credentials);
        gnutls_alpn_set_protocols(c->tls, speaks_h2 ? &h2 : &h1, 1, 0);
        gnutls_transport_set_ptr(c->tls, c);
        gnutls_transport_set_pull_function(c->tls, pull);
        gnutls_transport_set_push_function(c->tls, push);
        gnutls_handshake_set_timeout(c->tls, 0);
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void close_connection(struct connection *c)
{
    close(c->fd);
    if (c->tls) gnutls_deinit(c->tls);
    free(c->in.data);
    free(c->plain.data);
    free(c->out.data);
    free(c);
}

int main(int argc, char **argv)
{
    if (argc < 4) return fprintf(stderr, "usage: floor PORT SIZE[,SIZE...] h2|h1 [CERT KEY]\n"), 2;
    for (char *size = strtok(argv[2], ","); size && size_count < SIZES; size = strtok(NULL, ",")) {
        sizes[size_count] = strtoul(size, NULL, 10);
        snprintf(h1_head[size_count], sizeof(h1_head[0]),
                 "HTTP/1.1 200 OK\r\nserver: floor\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                 "content-type: application/octet-stream\r\ncontent-length: %zu\r\n\r\n",
                 sizes[size_count]);
        size_count++;
    }
    speaks_h2 = strcmp(argv[3], "h2") == 0;
    if (argc > 5) {
        gnutls_certificate_allocate_credentials(&credentials);
        if (gnutls_certificate_set_x509_key_file(credentials, argv[4], argv[5],
                                                 GNUTLS_X509_FMT_PEM) < 0)
            return 1;
        gnutls_priority_init(&priorities, "NORMAL:-CIPHER-ALL:+AES-128-GCM:-VERS-ALL:+VERS-TLS1.3",
                             NULL);
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 4096))
        return perror("bind"), 1;
    int epoll = epoll_create1(0);
    struct epoll_event events[256] = {{.events = EPOLLIN}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]);
    for (;;) {
        int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                int fd;
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
                    open_connection(epoll, fd);
            } else if (!serve(c)) {
                close_connection(c);
            }
        }
    }
}
