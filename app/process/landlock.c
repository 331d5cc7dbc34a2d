// process/landlock.c
#include "process/landlock.h"

#include "process/sanitizer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// linux/landlock.h of this build may be older than the kernel that runs it, so its words are here.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_CHAR = 1 << 6,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    MAKE_FIFO = 1 << 10,
    MAKE_BLOCK = 1 << 11,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
    IOCTL_DEV = 1 << 15,
};

enum { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };
enum { ABSTRACT_UNIX_SOCKET = 1 << 0, SIGNAL = 1 << 1 };

enum {
    FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
}; // the others are folders'

struct ruleset_attributes {
    uint64_t files;
    uint64_t net;    // from version 4 on
    uint64_t scopes; // from version 6 on
};

struct path_attributes {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

// What each version can refuse besides the ones before it; all that can be refused is.
static const struct {
    int version;
    uint64_t files;
    uint64_t net;
    uint64_t scopes;
} versions[] = {
    {.version = 1,
     .files = EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR |
              MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM},
    {.version = 2, .files = REFER},
    {.version = 3, .files = TRUNCATE},
    {.version = 4, .net = BIND_TCP | CONNECT_TCP},
    {.version = 5, .files = IOCTL_DEV},
    {.version = 6, .scopes = ABSTRACT_UNIX_SOCKET | SIGNAL},
};

// What the server opens by name besides its sites: the reserve of its listeners, and what it tells of itself.
static const struct weft_reach own[] = {
    {.path = "/dev/null", .what = "the reserve of descriptors"},
    {.path = "/proc/self", .what = "its own figures"},
};

int weft_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

static struct ruleset_attributes all_of(int version)
{
    struct ruleset_attributes all = {0};
    for (size_t i = 0; i < WEFT_COUNT(versions) && versions[i].version <= version; i++) {
        all.files |= versions[i].files;
        all.net |= versions[i].net;
        all.scopes |= versions[i].scopes;
    }
    return all;
}

// Lets `rights` hold for what `fd` names and all beneath it.
static int allow_fd(int ruleset, int fd, uint64_t rights)
{
    struct stat status;
    struct path_attributes path = {.allowed = rights, .fd = fd};
    if (fstat(fd, &status) < 0) return -errno;
    if (!S_ISDIR(status.st_mode)) path.allowed &= FILE_RIGHTS;
    if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &path, 0) == 0) return 0;
    return errno == EBADFD
               ? 0
               : -errno; // a pipe or a socket: they are in no file system, and stay open to us
}

static int allow_path(int ruleset, const char *path, uint64_t rights)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = allow_fd(ruleset, fd, rights);
    close(fd);
    return result;
}

static int allow(int ruleset, const struct weft_reach *reach, uint64_t all)
{
    char folder[PATH_MAX];
    if (!weft_reach_is_written(reach)) {
        return allow_path(ruleset, reach->path, (READ_FILE | READ_DIR) & all);
    }
    if (weft_reach_is_output(reach)) return allow_fd(ruleset, STDOUT_FILENO, WRITE_FILE & all);
    if (!weft_reach_folder(reach, folder)) return allow_path(ruleset, folder, WRITE_FILE & all);
    uint64_t rights = WRITE_FILE | MAKE_REG;
    if (reach->kind == WEFT_REACH_REPLACE)
        rights |= TRUNCATE | REMOVE_FILE; // rename(2) removes one
    return allow_path(ruleset, folder, rights & all);
}

static int allow_own(int ruleset, uint64_t all)
{
    for (size_t i = 0; i < WEFT_COUNT(own); i++) {
        int result = allow(ruleset, &own[i], all);
        if (result < 0 && result != -ENOENT) return result; // no /proc here: then nobody asks it
    }
    for (size_t i = 0; i < weft_sanitizer_read_count; i++) {
        (void)allow_path(ruleset, weft_sanitizer_reads[i], (READ_FILE | READ_DIR) & all);
    }
    return 0;
}

int weft_landlock_restrict(const struct weft_reaches *reaches, char *error, size_t error_size)
{
    int version = weft_landlock_version();
    if (version == 0) return -ENOSYS;
    struct ruleset_attributes all = all_of(version);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
    int result = ruleset < 0 ? -errno : allow_own(ruleset, all.files);
    for (size_t i = 0; i < reaches->count && result == 0; i++) {
        const struct weft_reach *reach = &reaches->items[i];
        result = allow(ruleset, reach, all.files);
        if (result == 0) continue;
        snprintf(error, error_size, "cannot let the worker reach %s '%s': %s", reach->what,
                 reach->path, strerror(-result));
        close(ruleset);
        return result;
    }
    if (result == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0) result = -errno;
    if (ruleset >= 0) close(ruleset);
    if (result < 0) {
        snprintf(error, error_size, "cannot confine the worker by Landlock: %s", strerror(-result));
    }
    return result;
}
