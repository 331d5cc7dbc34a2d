// server/log_file.c
#include "server/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_MODE = 0640 };

// Standard output or error by an open of our own, so that O_NONBLOCK is not set for those who share it with us.
static int open_standard(int standard)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", standard);
    int fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) fd = fcntl(standard, F_DUPFD_CLOEXEC, 3); // a socket, or no /proc
    return fd < 0 ? -errno : fd;
}

static int open_path(const char *path, int standard)
{
    if (strcmp(path, "-") == 0) return open_standard(standard);
    int fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, LOG_MODE);
    return fd < 0 ? -errno : fd;
}

static void take_fd(struct weft_log_file *log, int fd)
{
    struct stat status;
    log->fd = fd;
    bool is_known = fstat(fd, &status) == 0;
    log->is_pipe = is_known && !S_ISREG(status.st_mode);
    log->is_socket = is_known && S_ISSOCK(status.st_mode); // standard output under systemd
}

static void turn_ends(struct weft_task *task)
{
    weft_log_file_flush(
        (struct weft_log_file *)(void *)((char *)task - offsetof(struct weft_log_file, flush)));
}

int weft_log_file_open(struct weft_log_file *log, const char *path, int standard,
                       struct weft_loop *loop)
{
    *log = (struct weft_log_file){
        .path = path, .standard = standard, .fd = -1, .loop = loop, .flush = {.run = turn_ends}};
    if (!path) return 0;
    int fd = open_path(path, standard);
    if (fd < 0) return fd;
    log->buffer = malloc(WEFT_LOG_BUFFER_SIZE);
    if (!log->buffer) {
        close(fd);
        return -ENOMEM;
    }
    take_fd(log, fd);
    return 0;
}

// How much to write at once: to a pipe whole lines of together no more than it takes as one.
static size_t piece_size(const struct weft_log_file *log)
{
    if (!log->is_pipe || log->size <= PIPE_BUF) return log->size;
    const char *end = memrchr(log->buffer, '\n', PIPE_BUF);
    if (!end) end = memchr(log->buffer + PIPE_BUF, '\n', log->size - PIPE_BUF);
    return (size_t)(end - log->buffer) + 1;
}

static void drop_front(struct weft_log_file *log, size_t size)
{
    memmove(log->buffer, log->buffer + size, log->size - size);
    log->size -= size;
}

static ssize_t write_piece(const struct weft_log_file *log, size_t size)
{
    if (log->is_socket) return send(log->fd, log->buffer, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return write(log->fd, log->buffer, size);
}

void weft_log_file_flush(struct weft_log_file *log)
{
    while (log->size > 0) {
        ssize_t written = write_piece(log, piece_size(log));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return; // kept, until the buffer is full
        drop_front(log, (size_t)written);
    }
}

static size_t lines_in(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    return count;
}

void weft_log_file_close(struct weft_log_file *log)
{
    if (!log->path || log->fd < 0) return;
    if (log->loop) weft_loop_cancel_task(log->loop, &log->flush);
    weft_log_file_flush(log);
    log->dropped += lines_in(log->buffer, log->size);
    close(log->fd);
    free(log->buffer);
    log->fd = -1;
}

int weft_log_file_reopen(struct weft_log_file *log)
{
    if (!log->path) return 0;
    weft_log_file_flush(log);
    if (strcmp(log->path, "-") == 0) return 0; // nobody moves that away
    int fd = open_path(log->path, log->standard);
    if (fd < 0) return fd;
    close(log->fd);
    take_fd(log, fd);
    return 0;
}

void weft_log_file_add(struct weft_log_file *log,
                       void (*write)(struct weft_writer *out, const void *context),
                       const void *context)
{
    if (!log->path) return;
    for (int tries = 0; tries < 2; tries++) {
        struct weft_writer out =
            weft_writer_over((uint8_t *)log->buffer + log->size, WEFT_LOG_BUFFER_SIZE - log->size);
        write(&out, context);
        if (!out.failed) {
            log->size += weft_writer_size(&out);
            if (log->loop) weft_loop_defer(log->loop, &log->flush);
            return;
        }
        weft_log_file_flush(log); // full: once more with what room that makes
    }
    log->dropped++;
}
