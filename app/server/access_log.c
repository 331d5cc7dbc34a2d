// server/access_log.c
#include "server/access_log.h"

#include "server/log_line.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_MODE = 0640 };

// Standard output by an open of our own, so that O_NONBLOCK is not set for those who share it with us.
static int open_output(void)
{
    int fd = open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3); // a socket, or no /proc
    return fd < 0 ? -errno : fd;
}

static int open_path(const char *path)
{
    if (strcmp(path, "-") == 0) return open_output();
    int fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, LOG_MODE);
    return fd < 0 ? -errno : fd;
}

static void take_fd(struct weft_access_log *log, int fd)
{
    struct stat status;
    log->fd = fd;
    bool is_known = fstat(fd, &status) == 0;
    log->is_pipe = is_known && !S_ISREG(status.st_mode);
    log->is_socket = is_known && S_ISSOCK(status.st_mode); // standard output under systemd
}

static void turn_ends(struct weft_task *task)
{
    struct weft_access_log *log =
        (struct weft_access_log *)(void *)((char *)task - offsetof(struct weft_access_log, flush));
    weft_access_log_flush(log);
}

int weft_access_log_open(struct weft_access_log *log, const char *path, enum weft_log_format format,
                         struct weft_loop *loop)
{
    *log = (struct weft_access_log){
        .path = path, .format = format, .fd = -1, .loop = loop, .flush = {.run = turn_ends}};
    if (!path) return 0;
    int fd = open_path(path);
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
static size_t piece_size(const struct weft_access_log *log)
{
    if (!log->is_pipe || log->size <= PIPE_BUF) return log->size;
    const char *end = memrchr(log->buffer, '\n', PIPE_BUF);
    if (!end) end = memchr(log->buffer + PIPE_BUF, '\n', log->size - PIPE_BUF);
    return (size_t)(end - log->buffer) + 1;
}

static void drop_front(struct weft_access_log *log, size_t size)
{
    memmove(log->buffer, log->buffer + size, log->size - size);
    log->size -= size;
}

static ssize_t write_piece(const struct weft_access_log *log, size_t size)
{
    if (log->is_socket) return send(log->fd, log->buffer, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return write(log->fd, log->buffer, size);
}

void weft_access_log_flush(struct weft_access_log *log)
{
    while (log->size > 0) {
        ssize_t written = write_piece(log, piece_size(log));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return; // kept, until the buffer is full
        drop_front(log, (size_t)written);
    }
}

void weft_access_log_close(struct weft_access_log *log)
{
    if (!log->path || log->fd < 0) return;
    if (log->loop) weft_loop_cancel_task(log->loop, &log->flush);
    weft_access_log_flush(log);
    close(log->fd);
    free(log->buffer);
    log->fd = -1;
}

int weft_access_log_reopen(struct weft_access_log *log)
{
    if (!log->path) return 0;
    weft_access_log_flush(log);
    int fd = open_path(log->path);
    if (fd < 0) return fd;
    close(log->fd);
    take_fd(log, fd);
    return 0;
}

void weft_access_log_add(struct weft_access_log *log, const struct weft_clock *clock,
                         const struct weft_log_record *record)
{
    if (!log->path) return;
    for (int tries = 0; tries < 2; tries++) {
        struct weft_writer out =
            weft_writer_over((uint8_t *)log->buffer + log->size, WEFT_LOG_BUFFER_SIZE - log->size);
        weft_log_line_write(&out, log->format, clock, record);
        if (!out.failed) {
            log->size += weft_writer_size(&out);
            if (log->loop) weft_loop_defer(log->loop, &log->flush);
            return;
        }
        weft_access_log_flush(log); // full: once more with what room that makes
    }
    log->dropped++;
}
