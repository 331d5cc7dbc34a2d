// server/root.c
#include "server/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRIES = 8 }; // openat2 gives EAGAIN where a rename came between

static int open_beneath(int fd, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                           .resolve = (uint64_t)RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    for (int i = 0; i < TRIES; i++) {
        long got = syscall(SYS_openat2, fd, path, &how, sizeof(how));
        if (got >= 0) return (int)got;
        if (errno != EAGAIN && errno != EINTR) break;
    }
    return -errno;
}

// Copies the first name of a path, "." for an empty one; returns its size, or a negative errno.
static int first_name(const char *path, char name[NAME_MAX + 1])
{
    size_t size = strcspn(path, "/");
    if (size > NAME_MAX) return -ENAMETOOLONG;
    memcpy(name, size > 0 ? path : ".", size > 0 ? size : 1);
    name[size > 0 ? size : 1] = 0;
    return strcmp(name, "..") == 0 ? -EXDEV : (int)size;
}

// Opens name by name and follows no link, for kernels before 5.6.
static int open_walking(int root_fd, const char *path, int flags)
{
    char name[NAME_MAX + 1];
    int at = root_fd;
    for (;;) {
        int size = first_name(path, name);
        bool is_last = size >= 0 && path[size] == 0;
        int how = (is_last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC;
        int next = size < 0 ? size : openat(at, name, how);
        if (size >= 0 && next < 0) next = -errno;
        if (at != root_fd) close(at);
        if (next < 0 || is_last) return next;
        at = next;
        path += size + 1;
    }
}

// What leads out of the root is as good as not there; so is what cannot be there.
static int open_in(const struct weft_root *root, const char *path, int flags)
{
    const char *relative = path[0] == '/' ? path + 1 : path;
    if (relative[0] == 0) relative = ".";
    int fd = root->walks ? open_walking(root->fd, relative, flags)
                         : open_beneath(root->fd, relative, flags);
    switch (-fd) {
    case EXDEV:
    case ELOOP:
    case ENOTDIR:
    case ENAMETOOLONG: return -ENOENT;
    default: return fd;
    }
}

int weft_root_open(struct weft_root *root, const char *directory)
{
    root->fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root->fd < 0) return -errno;
    int fd = open_beneath(root->fd, ".", O_PATH);
    root->walks = fd == -ENOSYS || fd == -EPERM; // EPERM: a sandbox that does not know the call
    if (fd >= 0) close(fd);
    return 0;
}

void weft_root_close(struct weft_root *root)
{
    if (root->fd >= 0) close(root->fd);
    root->fd = -1;
}

int weft_root_stat(const struct weft_root *root, const char *path, struct stat *status)
{
    int fd = open_in(root, path, O_PATH);
    if (fd < 0) return fd;
    int error = fstat(fd, status) == 0 ? 0 : -errno;
    close(fd);
    if (error == 0 && S_ISLNK(status->st_mode)) return -ENOENT; // walking does not follow
    return error;
}

// Opens for reading what an O_PATH descriptor names, so that it is surely the same file.
static int reopen(const struct weft_root *root, int fd, const char *path)
{
    char name[32];
    int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    int got = open(name, flags | O_CLOEXEC);
    if (got >= 0) return got;
    if (errno != ENOENT) return -errno;
    return open_in(root, path, flags); // no /proc here; the caller looks again at what it got
}

int weft_root_open_file(const struct weft_root *root, const char *path, struct stat *status)
{
    int fd = open_in(root, path, O_PATH);
    if (fd < 0) return fd;
    int error = fstat(fd, status) == 0 ? 0 : -errno;
    if (error == 0 && S_ISDIR(status->st_mode)) error = -EISDIR;
    if (error == 0 && !S_ISREG(status->st_mode)) error = -ENOENT;
    int got = error ? error : reopen(root, fd, path);
    close(fd);
    if (got < 0) return got;
    if (fstat(got, status) == 0 && S_ISREG(status->st_mode)) return got;
    close(got);
    return -ENOENT;
}

int weft_root_open_directory(const struct weft_root *root, const char *path)
{
    return open_in(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
}
