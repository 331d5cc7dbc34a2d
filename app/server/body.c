// server/body.c
#include "server/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ_AHEAD = 512 * 1024 };

ssize_t weft_body_read(struct weft_body *body, uint8_t *room, size_t size, bool *ends)
{
    if (body->kind) return body->kind->read(body, room, size, ends);
    *ends = true;
    return 0;
}

void weft_body_close(struct weft_body *body)
{
    if (body->kind) body->kind->close(body);
    *body = (struct weft_body){0};
}

static void close_body(struct weft_body *body)
{
    weft_file_release(body->file);
    free(body->owned);
}

static ssize_t read_memory(struct weft_body *body, uint8_t *room, size_t size, bool *ends)
{
    uint64_t left = body->end - body->at;
    if (size > left) size = (size_t)left;
    if (size > 0) memcpy(room, body->bytes + body->at, size);
    body->at += size;
    *ends = body->at == body->end;
    return (ssize_t)size;
}

static const struct weft_body_kind memory_kind = {read_memory, close_body};

struct weft_body weft_body_of_bytes(struct weft_span bytes)
{
    return (struct weft_body){.kind = &memory_kind, .bytes = bytes.data, .end = bytes.size};
}

struct weft_body weft_body_of_owned(uint8_t *bytes, size_t size)
{
    return (struct weft_body){
        .kind = &memory_kind, .bytes = bytes, .end = size, .owned = bytes, .held = size};
}

bool weft_body_in_memory(const struct weft_body *body, struct weft_span *bytes)
{
    if (body->kind != &memory_kind) return false;
    *bytes = (struct weft_span){body->bytes + body->at, (size_t)(body->end - body->at)};
    return true;
}

// Asks the kernel for the next piece whenever the last one asked for is half used.
static void read_ahead(const struct weft_body *body, size_t size)
{
    uint64_t half = READ_AHEAD / 2;
    if (body->at / half == (body->at + size) / half) return;
    (void)posix_fadvise(body->file->fd, (off_t)(body->at + size), READ_AHEAD, POSIX_FADV_WILLNEED);
}

// What is in the page cache comes without a wait and costs one call. From the first piece that is not, the kernel is
// asked for more than is needed now, so that the disk works while what it gave is sent.
static ssize_t read_piece(struct weft_body *body, uint8_t *room, size_t size)
{
    int fd = body->file->fd;
    off_t at = (off_t)body->at;
    if (!body->is_cold) {
        struct iovec piece = {room, size};
        ssize_t got = preadv2(fd, &piece, 1, at, RWF_NOWAIT);
        if (got > 0) return got;
        body->is_cold = true; // or the file system cannot tell
        (void)posix_fadvise(fd, at, READ_AHEAD, POSIX_FADV_WILLNEED);
    }
    ssize_t got = pread(fd, room, size, at);
    if (got > 0) read_ahead(body, (size_t)got);
    return got;
}

static ssize_t read_file(struct weft_body *body, uint8_t *room, size_t size, bool *ends)
{
    uint64_t left = body->end - body->at;
    if (size > left) size = (size_t)left;
    ssize_t got = 0;
    if (body->file->bytes) { // since it began
        memcpy(room, body->file->bytes + body->at, size);
        got = (ssize_t)size;
    } else if (size > 0) {
        got = read_piece(body, room, size);
        if (got < 0) return -errno;
        if (got == 0) return -EIO; // it has shrunk since its size was sent
    }
    body->at += (uint64_t)got;
    *ends = body->at == body->end;
    return got;
}

static const struct weft_body_kind file_kind = {read_file, close_body};

void weft_body_of_file(struct weft_body *body, struct weft_file *file, uint64_t from, uint64_t end)
{
    const uint8_t *bytes = file->bytes;
    file->sent++;
    *body = (struct weft_body){.kind = bytes ? &memory_kind : &file_kind,
                               .file = weft_file_hold(file),
                               .bytes = bytes,
                               .at = from,
                               .end = end};
}
