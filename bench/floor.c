// bench/floor.c: the least that any server could do, as a mark to measure against.
//
// It makes the system calls that cannot be avoided (one recv and one send for what came together, epoll_wait when
// nothing is left) and encrypts answers that were prepared at the start. It does not parse: of HTTP/2 it reads frame
// headers for the stream id, of HTTP/1.1 it looks for empty lines. No limits, no errors, no flow control, no other
// cipher than AES-128-GCM: never serve anything with it.
//
// GnuTLS shakes hands. What comes after it has two kinds:
//
//     records=library   GnuTLS seals and opens records, as few and as full ones as there can be. It is the least that a
//                       server can do that leaves TLS to its library.
//     records=bare      keys are taken out of the session, and records are sealed and opened below the library with its
//                       AEAD alone, in place, in buffers that all connections share, so that a byte is copied once.
//                       It is the least that the cipher costs; of a record layer it lacks KeyUpdate, alerts and the rest.
//
//     floor PORT SIZE[,SIZE...] h2|h1 [CERT KEY records=library|bare]
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
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

enum {
    SIZES = 128,
    FRAME = 16384,     // content of a DATA frame at most
    RECORD = 16384,    // plaintext of a TLS record at most
    BATCH = 32 * 1024, // what one send takes is about this much, or all answers to one recv
    ROOM = 1 << 20,
    STREAMS = 256,
    READ = ROOM / 16, // what one recv takes
    RECORD_HEAD = 5,
    TAG = 16,
    NONCE = 12,
};

struct pending {
    uint32_t stream_id;
    size_t left;
};

// One direction of TLS 1.3 after the handshake, RFC 8446 §5.2 and §5.3.
struct keys {
    gnutls_aead_cipher_hd_t cipher;
    uint8_t iv[NONCE];
    uint64_t count;
};

struct connection {
    int fd;
    bool is_shaken, has_preface, is_warm;
    gnutls_session_t tls;
    struct keys reads, writes; // where records are bare
    const uint8_t *wire;       // received and not yet taken by GnuTLS
    size_t wire_left;
    uint8_t *rest; // what came and is not whole yet: a record, a frame, a head
    size_t rest_size;
    uint8_t *unsent; // what the socket did not take
    size_t unsent_at, unsent_size;
    struct pending pending[STREAMS];
    size_t first, count;
};

// An answer as it is sent, with places for the stream's id.
struct answer {
    uint8_t *bytes;
    size_t size, left; // left: content that is not in bytes
    size_t data_at;    // where the DATA frame begins
};

static uint8_t content[FRAME];
static struct answer answers[SIZES];
static size_t answer_count, next_answer;
static bool speaks_h2, is_bare;
static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priorities;
static uint8_t in[ROOM], *out;
static uint8_t *spare[1024]; // buffers like out, for connections whose socket is full
static size_t spare_count;
static size_t out_end;
static uint8_t gathered[RECORD];      // what goes into the next record, where GnuTLS seals it
static size_t gathered_size;          // there, or behind out_end where it is sealed in place
static uint8_t opened[READ + RECORD]; // what GnuTLS has opened

// TLS

static ssize_t pull(gnutls_transport_ptr_t pointer, void *room, size_t size)
{
    struct connection *c = pointer;
    if (c->wire_left == 0) return gnutls_transport_set_errno(c->tls, EAGAIN), -1;
    if (size > c->wire_left) size = c->wire_left;
    memcpy(room, c->wire, size);
    c->wire += size;
    c->wire_left -= size;
    return (ssize_t)size;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *data, size_t size)
{
    (void)pointer;
    memcpy(out + out_end, data, size);
    out_end += size;
    return (ssize_t)size;
}

static void take_keys(struct connection *c, unsigned reads, struct keys *keys)
{
    gnutls_datum_t iv, key;
    unsigned char sequence[8];
    gnutls_record_get_state(c->tls, reads, NULL, &iv, &key, sequence);
    memcpy(keys->iv, iv.data, NONCE);
    for (size_t i = 0; i < 8; i++)
        keys->count = keys->count << 8 | sequence[i];
    if (gnutls_aead_cipher_init(&keys->cipher, GNUTLS_CIPHER_AES_128_GCM, &key) < 0) abort();
}

static void next_nonce(struct keys *keys, uint8_t nonce[NONCE])
{
    uint64_t count = keys->count++;
    memcpy(nonce, keys->iv, NONCE);
    for (size_t i = 0; i < 8; i++)
        nonce[NONCE - 1 - i] ^= (uint8_t)(count >> 8 * i);
}

static bool shake_hands(struct connection *c)
{
    int result = gnutls_handshake(c->tls);
    if (result == GNUTLS_E_AGAIN) return true;
    if (result < 0) return false;
    c->is_shaken = true;
    if (!is_bare) return true;
    take_keys(c, 1, &c->reads);
    take_keys(c, 0, &c->writes);
    return true;
}

// Opens the records that are whole, in place, and joins what was in them; *end is then where plaintext ends.
// Yields how many bytes were taken, or -1 at a record that is no data.
static ssize_t open_records(struct connection *c, uint8_t *wire, size_t size, uint8_t **end)
{
    size_t at = 0;
    while (size - at > RECORD_HEAD) {
        uint8_t *head = wire + at;
        size_t length = (size_t)head[3] << 8 | head[4];
        if (size - at < RECORD_HEAD + length) break;
        uint8_t nonce[NONCE];
        size_t plain = length;
        next_nonce(&c->reads, nonce);
        if (gnutls_aead_cipher_decrypt(c->reads.cipher, nonce, NONCE, head, RECORD_HEAD, TAG,
                                       head + RECORD_HEAD, length, *end, &plain) < 0 ||
            (*end)[plain - 1] != 23)
            return -1;
        *end += plain - 1;
        at += RECORD_HEAD + length;
    }
    return (ssize_t)at;
}

// GnuTLS has taken all when this returns, and is not called only to say that there is no more.
static ssize_t receive_records(struct connection *c)
{
    size_t size = 0;
    while (c->wire_left > 0) {
        ssize_t got = gnutls_record_recv(c->tls, opened + size, sizeof(opened) - size);
        if (got == GNUTLS_E_AGAIN) break;
        if (got <= 0) return -1;
        size += (size_t)got;
    }
    return (ssize_t)size;
}

static uint8_t *record(void)
{
    return is_bare ? out + out_end + RECORD_HEAD : gathered;
}

static void seal_bare(struct connection *c)
{
    uint8_t *head = out + out_end, nonce[NONCE];
    size_t sealed = gathered_size + 1 + TAG;
    head[RECORD_HEAD + gathered_size] = 23; // application_data
    memcpy(head, (uint8_t[]){23, 3, 3, (uint8_t)(sealed >> 8), (uint8_t)sealed}, RECORD_HEAD);
    next_nonce(&c->writes, nonce);
    if (gnutls_aead_cipher_encrypt(c->writes.cipher, nonce, NONCE, head, RECORD_HEAD, TAG,
                                   head + RECORD_HEAD, gathered_size + 1, head + RECORD_HEAD,
                                   &sealed) < 0)
        abort();
    out_end += RECORD_HEAD + sealed;
}

static void seal_record(struct connection *c)
{
    if (gathered_size == 0) return;
    if (is_bare) {
        seal_bare(c);
    } else if (gnutls_record_send(c->tls, gathered, gathered_size) != (ssize_t)gathered_size) {
        abort();
    }
    gathered_size = 0;
}

// Answers

static void put(struct connection *c, const void *data, size_t size)
{
    const uint8_t *from = data;
    if (out_end + gathered_size + size > ROOM - 4096) abort();
    if (!c->is_shaken) {
        memcpy(out + out_end, from, size);
        out_end += size;
        return;
    }
    while (size > RECORD - gathered_size) {
        size_t room = RECORD - gathered_size;
        memcpy(record() + gathered_size, from, room);
        gathered_size += room;
        from += room;
        size -= room;
        seal_record(c);
    }
    memcpy(record() + gathered_size, from, size);
    gathered_size += size;
}

static void write_frame_head(uint8_t *to, size_t size, uint8_t type, uint8_t flags, uint32_t id)
{
    uint8_t head[9] = {
        (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size,      type,       flags,
        (uint8_t)(id >> 24),   (uint8_t)(id >> 16),  (uint8_t)(id >> 8), (uint8_t)id};
    memcpy(to, head, 9);
}

static void put_frame(struct connection *c, size_t size, uint8_t type, uint8_t flags, uint32_t id,
                      const void *payload)
{
    uint8_t head[9];
    write_frame_head(head, size, type, flags, id);
    put(c, head, 9);
    if (size > 0) put(c, payload, size);
}

static uint32_t read_id(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void write_id(uint8_t *to, uint32_t id)
{
    uint8_t bytes[4] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};
    memcpy(to, bytes, 4);
}

// What one answer brings of its own to a connection that knows the rest: server, date, content-type, last-modified and
// etag were sent before (warm_up), so they are indices, RFC 7541 §6.1.
static size_t write_fields(uint8_t *to, size_t size)
{
    char length[16];
    int digits = snprintf(length, sizeof(length), "%zu", size);
    uint8_t fields[] = {0x88, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe, 0x0f, 0x0d, (uint8_t)digits};
    memcpy(to, fields, sizeof(fields));
    memcpy(to + sizeof(fields), length, (size_t)digits);
    return sizeof(fields) + (size_t)digits;
}

static void prepare(struct answer *answer, size_t size)
{
    uint8_t *to = answer->bytes = malloc(FRAME + 512);
    size_t first = size < FRAME ? size : FRAME, head;
    if (speaks_h2) {
        head = write_fields(to + 9, size);
        write_frame_head(to, head, 1, 4, 0);
        head += 9;
        answer->data_at = head;
        write_frame_head(to + head, first, 0, first == size, 0);
        head += 9;
    } else {
        head = (size_t)snprintf(
            (char *)to, 512,
            "HTTP/1.1 200 OK\r\nserver: floor\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "content-type: application/octet-stream\r\ncontent-length: %zu\r\n"
            "last-modified: Thu, 01 Jan 1970 00:00:00 GMT\r\netag: \"0123456789a\"\r\n\r\n",
            size);
    }
    memcpy(to + head, content, first);
    answer->size = head + first;
    answer->left = size - first;
}

static size_t write_literal(uint8_t *to, uint8_t name_index, const char *value)
{
    size_t size = strlen(value);
    to[0] = 0x40 | name_index; // with incremental indexing, RFC 7541 §6.2.1
    to[1] = (uint8_t)size;
    memcpy(to + 2, value, size);
    return 2 + size;
}

// The first answer of a connection, whose fields the later ones repeat.
static void warm_up(struct connection *c, uint32_t id)
{
    static const struct {
        uint8_t name;
        const char *value;
    } repeated[] = {{54, "floor"},
                    {33, "Thu, 01 Jan 1970 00:00:00 GMT"},
                    {31, "application/octet-stream"},
                    {44, "Thu, 01 Jan 1970 00:00:00 GMT"},
                    {34, "\"0123456789a\""}};
    uint8_t fields[256] = {0x88};
    size_t size = 1;
    for (size_t i = 0; i < 5; i++)
        size += write_literal(fields + size, repeated[i].name, repeated[i].value);
    put_frame(c, size, 1, 4, id, fields);
    c->is_warm = true;
}

static void answer_stream(struct connection *c, uint32_t id)
{
    struct answer *answer = &answers[next_answer++ % answer_count];
    size_t skip = 0;
    if (speaks_h2) {
        if (!c->is_warm) {
            warm_up(c, id);
            skip = answer->data_at;
        }
        write_id(answer->bytes + 5, id);
        write_id(answer->bytes + answer->data_at + 5, id);
    }
    put(c, answer->bytes + skip, answer->size - skip);
    if (answer->left > 0)
        c->pending[(c->first + c->count++) % STREAMS] = (struct pending){id, answer->left};
}

// Streams take turns by a frame each, until enough for this send has gathered.
static void gather(struct connection *c)
{
    while (c->count > 0 && out_end + gathered_size < BATCH) {
        struct pending now = c->pending[c->first];
        size_t size = now.left < FRAME ? now.left : FRAME;
        now.left -= size;
        if (speaks_h2) {
            put_frame(c, size, 0, now.left == 0, now.stream_id, content);
        } else {
            put(c, content, size);
        }
        c->first = (c->first + 1) % STREAMS;
        c->count--;
        if (now.left > 0) c->pending[(c->first + c->count++) % STREAMS] = now;
    }
}

// Sends what is in out and what streams have; keeps what the socket does not take.
static bool flush(struct connection *c)
{
    for (;;) {
        gather(c);
        seal_record(c);
        if (out_end == 0) return true;
        ssize_t sent = send(c->fd, out, out_end, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return false;
        size_t size = out_end, taken = sent < 0 ? 0 : (size_t)sent;
        out_end = 0;
        if (taken < size) {
            c->unsent = out; // not copied: the connection keeps it, the next one gets another
            c->unsent_at = taken;
            c->unsent_size = size - taken;
            out = spare_count > 0 ? spare[--spare_count] : malloc(ROOM);
            return true;
        }
        if (c->count == 0) return true;
    }
}

static bool send_rest(struct connection *c)
{
    ssize_t sent = send(c->fd, c->unsent + c->unsent_at, c->unsent_size, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    c->unsent_at += (size_t)sent;
    c->unsent_size -= (size_t)sent;
    if (c->unsent_size > 0) return true;
    spare[spare_count++] = c->unsent;
    c->unsent = NULL;
    return true;
}

// Requests

static size_t read_h2(struct connection *c, const uint8_t *bytes, size_t size)
{
    static const uint8_t settings[] = {0, 3, 0, 0, 1, 0};
    size_t at = 0;
    if (!c->has_preface) {
        if (size < 24) return 0;
        c->has_preface = true;
        at = 24;
        put_frame(c, sizeof(settings), 4, 0, 0, settings);
    }
    while (size - at >= 9) {
        const uint8_t *p = bytes + at;
        size_t length = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
        if (size - at < 9 + length) break;
        if (p[3] == 4 && !(p[4] & 1)) put_frame(c, 0, 4, 1, 0, NULL);
        if (p[3] == 1) answer_stream(c, read_id(p + 5));
        at += 9 + length;
    }
    return at;
}

static size_t read_h1(struct connection *c, const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes, *end;
    while ((end = memmem(at, size - (size_t)(at - bytes), "\r\n\r\n", 4))) {
        answer_stream(c, 0);
        at = end + 4;
    }
    return (size_t)(at - bytes);
}

static void keep_rest(struct connection *c, const uint8_t *bytes, size_t size)
{
    if (size > 0) {
        c->rest = realloc(c->rest, size);
        memcpy(c->rest, bytes, size);
    }
    c->rest_size = size;
}

// Records of the load generator hold whole frames, so only one kind of rest is kept: of the wire (GnuTLS keeps its own).
static bool take(struct connection *c, size_t size)
{
    uint8_t *bytes = in;
    c->wire = in;
    c->wire_left = size;
    if (c->tls && !c->is_shaken) {
        if (!shake_hands(c)) return false;
        bytes = in + (size - c->wire_left);
        size = c->wire_left;
        if (!c->is_shaken || size == 0) return true;
    }
    if (c->is_shaken && is_bare) {
        uint8_t *end = bytes;
        ssize_t taken = open_records(c, bytes, size, &end);
        if (taken < 0) return false;
        keep_rest(c, bytes + taken, size - (size_t)taken);
        size = (size_t)(end - bytes);
    } else if (c->is_shaken) {
        ssize_t received = receive_records(c);
        if (received < 0) return false;
        bytes = opened;
        size = (size_t)received;
    }
    size_t used = speaks_h2 ? read_h2(c, bytes, size) : read_h1(c, bytes, size);
    if (!c->is_shaken) keep_rest(c, bytes + used, size - used);
    return true;
}

static bool serve(struct connection *c)
{
    if (c->unsent_size > 0 && !send_rest(c)) return false;
    if (c->unsent_size > 0) return true; // asks for no more before this has left
    out_end = 0;
    if (c->rest_size > 0) memcpy(in, c->rest, c->rest_size);
    ssize_t size = recv(c->fd, in + c->rest_size, READ - c->rest_size, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) return false;
    if (size > 0 && !take(c, c->rest_size + (size_t)size)) return false;
    return flush(c);
}

// Edge-triggered EPOLLOUT wakes nobody unless a send came back short.
static void open_connection(int epoll, int fd)
{
    struct connection *c = calloc(1, sizeof(*c));
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    // the kernel's memory stays warm where its queue is short: 1 MiB for 342 us and not 430
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){131072}, sizeof(int));
    if (credentials) {
        gnutls_datum_t h2 = {(void *)"h2", 2}, h1 = {(void *)"http/1.1", 8};
        gnutls_init(&c->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);
        gnutls_priority_set(c->tls, priorities);
        gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, credentials);
        gnutls_alpn_set_protocols(c->tls, speaks_h2 ? &h2 : &h1, 1, 0);
        gnutls_transport_set_ptr(c->tls, c);
        gnutls_transport_set_pull_function(c->tls, pull);
        gnutls_transport_set_push_function(c->tls, push);
        gnutls_handshake_set_timeout(c->tls, 0);
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void close_connection(struct connection *c)
{
    close(c->fd);
    if (c->is_shaken && is_bare) {
        gnutls_aead_cipher_deinit(c->reads.cipher);
        gnutls_aead_cipher_deinit(c->writes.cipher);
    }
    if (c->tls) gnutls_deinit(c->tls);
    free(c->rest);
    free(c->unsent);
    free(c);
}

static void continue_with(struct connection *c)
{
    if (!serve(c)) close_connection(c);
}

static void accept_all(int listener, int epoll)
{
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
        open_connection(epoll, fd);
}

static void run(int listener)
{
    int epoll = epoll_create1(0);
    struct epoll_event events[256] = {{.events = EPOLLIN}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]);
    for (;;) {
        int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr) {
                continue_with(events[i].data.ptr);
            } else {
                accept_all(listener, epoll);
            }
        }
    }
}

int main(int argc, char **argv)
{
    is_bare = argc == 7 && strcmp(argv[6], "records=bare") == 0;
    bool is_library = argc == 7 && strcmp(argv[6], "records=library") == 0;
    if (argc != 4 && !is_bare && !is_library) {
        return fputs("usage: floor PORT SIZE[,SIZE...] h2|h1 [CERT KEY records=library|bare]\n",
                     stderr),
               2;
    }
    speaks_h2 = strcmp(argv[3], "h2") == 0;
    for (char *size = strtok(argv[2], ","); size && answer_count < SIZES; size = strtok(NULL, ","))
        prepare(&answers[answer_count++], strtoul(size, NULL, 10));
    if (argc == 7) {
        gnutls_certificate_allocate_credentials(&credentials);
        if (gnutls_certificate_set_x509_key_file(credentials, argv[4], argv[5],
                                                 GNUTLS_X509_FMT_PEM) < 0)
            return 1;
        gnutls_priority_init(&priorities, "NORMAL:-CIPHER-ALL:+AES-128-GCM:-VERS-ALL:+VERS-TLS1.3",
                             NULL);
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 4096))
        return perror("bind"), 1;
    out = malloc(ROOM);
    run(listener);
}
