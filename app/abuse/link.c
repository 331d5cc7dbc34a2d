// abuse/link.c: connections that wait for nothing longer than they may.
#include "abuse/play.h"

#include "net/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    RECEIVE_SIZE = 16384,
    NARROW_BUFFER = 4096,
    OPEN_US = 3000000, // for connecting and the handshake
    WAIT_MS = 20,
    RECORD_MOST = 16384,
};

uint64_t weft_abuse_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void note_text(struct weft_abuse_seen *seen, struct weft_span bytes)
{
    size_t size = sizeof(seen->text) - 1 - seen->text_size;
    if (size > bytes.size) size = bytes.size;
    if (size > 0) memcpy(seen->text + seen->text_size, bytes.data, size);
    seen->text_size += size;
}

static void take_plain(struct weft_abuse_link *link, struct weft_span bytes)
{
    struct weft_abuse_seen *seen = &link->play->seen;
    seen->received_size += bytes.size;
    note_text(seen, bytes);
    if (link->h1) weft_abuse_h1_take(link, bytes);
    if (link->h2) weft_abuse_h2_take(link, bytes);
}

static void note_failure(struct weft_abuse_link *link)
{
    struct weft_abuse_seen *seen = &link->play->seen;
    link->has_ended = true;
    snprintf(seen->failure, sizeof(seen->failure), "%s", weft_tls_error(link->tls));
}

// Decrypts what was fed.
static void take_records(struct weft_abuse_link *link)
{
    uint8_t room[RECEIVE_SIZE];
    for (;;) {
        size_t size = 0;
        switch (weft_tls_receive(link->tls, room, sizeof(room), &size)) {
        case WEFT_TLS_DONE: take_plain(link, (struct weft_span){room, size}); break;
        case WEFT_TLS_WANTS_INPUT: return;
        case WEFT_TLS_CLOSED: link->has_ended = true; return;
        case WEFT_TLS_FAILED: note_failure(link); return;
        }
    }
}

// One read of what is there; false where there is nothing (more).
static bool receive(struct weft_abuse_link *link, uint8_t *room, size_t *size)
{
    ssize_t got = recv(link->fd, room, RECEIVE_SIZE, MSG_DONTWAIT);
    if (got > 0) {
        *size = (size_t)got;
        return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) link->has_ended = true;
    return false;
}

static void take_in(struct weft_abuse_link *link)
{
    uint8_t room[RECEIVE_SIZE];
    size_t size;
    while (!link->has_ended && receive(link, room, &size)) {
        struct weft_span bytes = {room, size};
        if (link->tls) {
            weft_tls_feed(link->tls, bytes);
            take_records(link);
            if (link->has_ended) weft_tls_feed(link->tls, (struct weft_span){NULL, 0});
        } else {
            take_plain(link, bytes);
        }
    }
}

// Waits a little until the socket is ready.
static int wait_for(const struct weft_abuse_link *link, int events, int most_ms)
{
    struct pollfd poll_fd = {.fd = link->fd, .events = (short)events};
    return poll(&poll_fd, 1, most_ms) > 0 ? poll_fd.revents : 0;
}

// Bytes as they are; what comes meanwhile is taken in, unless the link is deaf or in its handshake.
static bool send_bare(struct weft_abuse_link *link, struct weft_span bytes, bool takes_in)
{
    while (bytes.size > 0 && !link->has_ended) {
        ssize_t sent = send(link->fd, bytes.data, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            link->play->seen.sent_size += (uint64_t)sent;
            bytes = weft_span_skip(bytes, (size_t)sent);
        } else if (errno != EAGAIN && errno != EINTR) {
            if (takes_in) take_in(link); // the server's last words are in the kernel
            link->has_ended = true;
        }
        if (bytes.size == 0 || link->has_ended) break;
        if (weft_abuse_now_us() >= link->play->until_us) return false;
        int ready = wait_for(link, takes_in ? POLLOUT | POLLIN : POLLOUT, WAIT_MS);
        if (takes_in && ready & POLLIN) take_in(link);
    }
    return !link->has_ended;
}

static bool flush_tls(struct weft_abuse_link *link, bool takes_in)
{
    struct weft_queue *output = weft_tls_output(link->tls);
    bool is_fine = true;
    if (weft_queue_size(output) > 0) is_fine = send_bare(link, weft_queue_bytes(output), takes_in);
    weft_queue_drop(output, weft_queue_size(output));
    return is_fine;
}

// One step of the handshake, with what has come; the bytes are gone afterwards.
static enum weft_tls_status step(struct weft_abuse_link *link)
{
    uint8_t room[RECEIVE_SIZE];
    size_t size;
    wait_for(link, POLLIN, WAIT_MS);
    if (!receive(link, room, &size))
        return link->has_ended ? WEFT_TLS_CLOSED : WEFT_TLS_WANTS_INPUT;
    weft_tls_feed(link->tls, (struct weft_span){room, size});
    enum weft_tls_status status = weft_tls_handshake(link->tls);
    if (status == WEFT_TLS_DONE) take_records(link);
    return status;
}

static bool shake_hands(struct weft_abuse_link *link)
{
    uint64_t until_us = weft_abuse_now_us() + OPEN_US;
    enum weft_tls_status status = weft_tls_handshake(link->tls);
    while (status == WEFT_TLS_WANTS_INPUT && weft_abuse_now_us() < until_us) {
        if (!flush_tls(link, false)) return false;
        status = step(link);
    }
    if (status == WEFT_TLS_FAILED) note_failure(link);
    return flush_tls(link, false) && status == WEFT_TLS_DONE;
}

static bool connect_in_time(struct weft_abuse_link *link, bool is_narrow)
{
    const struct weft_address *address = &link->play->target->address;
    if (!weft_address_is_loopback(address)) return false; // whatever else has gone wrong
    link->fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->fd < 0) return false;
    int narrow = NARROW_BUFFER;
    int one = 1;
    if (is_narrow) setsockopt(link->fd, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof(narrow));
    setsockopt(link->fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
    if (connect(link->fd, (const struct sockaddr *)&address->storage, address->size) == 0)
        return true;
    if (errno != EINPROGRESS) return false;
    int error = 0;
    socklen_t size = sizeof(error);
    return wait_for(link, POLLOUT, OPEN_US / 1000) &&
           getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

static bool start_tls(struct weft_abuse_link *link)
{
    const struct weft_abuse_target *target = link->play->target;
    struct weft_tls_context *context =
        link->protocol == WEFT_ABUSE_H2 ? target->tls_h2 : target->tls_h1;
    link->tls = weft_tls_new(context, target->host, weft_heap_alloc());
    return link->tls && shake_hands(link);
}

static bool open_link(struct weft_abuse_play *play, struct weft_abuse_link *link,
                      enum weft_abuse_protocol protocol, bool is_narrow, bool is_secure)
{
    *link = (struct weft_abuse_link){.play = play, .fd = -1, .protocol = protocol};
    play->seen.connections++;
    if (protocol == WEFT_ABUSE_H1) link->h1 = weft_abuse_h1_new();
    if (protocol == WEFT_ABUSE_H2) link->h2 = weft_abuse_h2_new();
    if (connect_in_time(link, is_narrow) && (!is_secure || start_tls(link))) return true;
    play->seen.unconnected++;
    link->has_ended = false; // it never was
    weft_abuse_close(link);
    return false;
}

bool weft_abuse_open(struct weft_abuse_play *play, struct weft_abuse_link *link,
                     enum weft_abuse_protocol protocol)
{
    return open_link(play, link, protocol, false, play->target->is_secure);
}

bool weft_abuse_open_narrow(struct weft_abuse_play *play, struct weft_abuse_link *link,
                            enum weft_abuse_protocol protocol)
{
    return open_link(play, link, protocol, true, play->target->is_secure);
}

bool weft_abuse_open_bare(struct weft_abuse_play *play, struct weft_abuse_link *link)
{
    return open_link(play, link, WEFT_ABUSE_RAW, false, false);
}

bool weft_abuse_send(struct weft_abuse_link *link, struct weft_span bytes)
{
    if (link->fd < 0 || link->has_ended) return false;
    if (!link->tls) return send_bare(link, bytes, !link->is_deaf);
    while (bytes.size > 0) {
        struct weft_span record = weft_span_part(bytes, 0, RECORD_MOST);
        if (!weft_tls_send(link->tls, record) || !flush_tls(link, !link->is_deaf)) return false;
        bytes = weft_span_skip(bytes, record.size);
    }
    return true;
}

bool weft_abuse_listen(struct weft_abuse_link *link, uint64_t wait_us)
{
    uint64_t until_us = weft_abuse_now_us() + wait_us;
    if (link->fd < 0) return false;
    for (;;) {
        take_in(link);
        uint64_t now_us = weft_abuse_now_us();
        if (link->has_ended || now_us >= until_us) return !link->has_ended;
        wait_for(link, POLLIN, (int)((until_us - now_us) / 1000) + 1);
    }
}

void weft_abuse_await(struct weft_abuse_link *link)
{
    uint64_t until_us = weft_abuse_now_us() + link->play->budget.patience_us;
    const struct weft_abuse_seen *seen = &link->play->seen;
    while (link->fd >= 0 && weft_abuse_listen(link, 0) && weft_abuse_now_us() < until_us) {
        if (seen->answers + seen->resets + seen->goaways > 0) return;
        wait_for(link, POLLIN, WAIT_MS);
    }
}

// How many are open; `fds` is set to wait for them.
static size_t prepare_poll(const struct weft_abuse_link *links, size_t count, struct pollfd *fds)
{
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = links[i].has_ended ? -1 : links[i].fd};
        if (!links[i].is_deaf) fds[i].events = POLLIN; // errors and the end are told all the same
        open += fds[i].fd >= 0;
    }
    return open;
}

size_t weft_abuse_listen_all(struct weft_abuse_link *links, size_t count, uint64_t wait_us)
{
    static struct pollfd fds[WEFT_ABUSE_LINKS_MOST];
    uint64_t until_us = weft_abuse_now_us() + wait_us;
    for (;;) {
        size_t open = prepare_poll(links, count, fds);
        uint64_t now_us = weft_abuse_now_us();
        int wait_ms = now_us < until_us ? (int)((until_us - now_us) / 1000) + 1 : 0;
        if (open == 0 || poll(fds, (nfds_t)count, wait_ms) <= 0) return open;
        for (size_t i = 0; i < count; i++) {
            if (fds[i].revents && links[i].is_deaf) links[i].has_ended = true;
            if (fds[i].revents) take_in(&links[i]);
        }
        if (wait_ms == 0) return open;
    }
}

void weft_abuse_close(struct weft_abuse_link *link)
{
    if (!link->play) return;
    if (link->has_ended) link->play->seen.ended++;
    weft_tls_free(link->tls);
    if (link->fd >= 0) close(link->fd);
    free(link->h1);
    weft_abuse_h2_free(link->h2);
    *link = (struct weft_abuse_link){.fd = -1};
}

void weft_abuse_close_all(struct weft_abuse_link *links, size_t count)
{
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        open += links[i].fd >= 0 && !links[i].has_ended;
    }
    if (open > 0) weft_abuse_stand(links[0].play);
    for (size_t i = 0; i < count; i++) {
        weft_abuse_close(&links[i]);
    }
}
