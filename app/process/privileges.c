// process/privileges.c
#include "process/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAPABILITY_WORDS = 2 }; // of 32 bits each, capget(2) version 3

static bool read_id(const char *text, unsigned *id)
{
    char *end = NULL;
    if (*text < '0' || *text > '9') return false;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || *end != 0 || number >= UINT_MAX) return false; // the last one means "none"
    *id = (unsigned)number;
    return true;
}

static bool find_group(const char *name, gid_t *group)
{
    const struct group *found = getgrnam(name);
    if (found) *group = found->gr_gid;
    return found || read_id(name, group);
}

// A user by name, or by number; one who is only a number has no group of its own.
static bool find_user(const char *name, struct weft_identity *identity, bool *has_group)
{
    unsigned number = 0;
    const struct passwd *found = getpwnam(name);
    if (!found && read_id(name, &number)) {
        found = getpwuid(number);
        identity->user = number;
    } else if (!found) {
        return false;
    }
    *has_group = found != NULL;
    if (!found) return true;
    snprintf(identity->name, sizeof(identity->name), "%s", found->pw_name);
    identity->user = found->pw_uid;
    identity->group = found->pw_gid;
    return true;
}

// The further groups, while the system's files can still be read.
static bool find_groups(struct weft_identity *identity, char *error, size_t error_size)
{
    int count = WEFT_USER_GROUPS_MOST;
    if (getgrouplist(identity->name, identity->group, identity->groups, &count) < 0) {
        snprintf(error, error_size,
                 "%s is in %d groups, and %d are the most: name one, --user %s:GROUP",
                 identity->name, count, WEFT_USER_GROUPS_MOST, identity->name);
        return false;
    }
    identity->group_count = (size_t)count;
    return true;
}

bool weft_identity_find(const char *text, struct weft_identity *identity, char *error,
                        size_t error_size)
{
    char user[WEFT_USER_NAME_SIZE];
    const char *colon = strchr(text, ':');
    size_t size = colon ? (size_t)(colon - text) : strlen(text);
    bool has_group = false;
    *identity = (struct weft_identity){0};
    if (size == 0 || size >= sizeof(user)) {
        snprintf(error, error_size, "--user %s: expected NAME or NAME:GROUP", text);
        return false;
    }
    memcpy(user, text, size);
    user[size] = 0;
    memcpy(identity->name, user, size + 1);
    if (!find_user(user, identity, &has_group)) {
        snprintf(error, error_size, "--user %s: there is no user %s: 'getent passwd' lists them",
                 text, user);
        return false;
    }
    if (colon && !find_group(colon + 1, &identity->group)) {
        snprintf(error, error_size, "--user %s: there is no group %s: 'getent group' lists them",
                 text, colon + 1);
        return false;
    }
    if (!colon && !has_group) {
        snprintf(error, error_size,
                 "--user %s: no user has that number: name a group too, %s:GROUP", text, text);
        return false;
    }
    return colon || find_groups(identity, error, error_size);
}

bool weft_identity_usual(struct weft_identity *identity)
{
    static const char *const names[] = {"www-data", "nobody"};
    char error[256];
    for (size_t i = 0; i < WEFT_COUNT(names); i++) {
        if (weft_identity_find(names[i], identity, error, sizeof(error))) return true;
    }
    return false;
}

struct weft_identity weft_identity_own(void)
{
    struct weft_identity own = {.user = geteuid(), .group = getegid()};
    snprintf(own.name, sizeof(own.name), "user %u", own.user);
    return own;
}

// As the user that this process is: a folder has to be listed and entered, a file only to be read.
static int try_reach(const struct weft_reach *reach)
{
    char folder[PATH_MAX];
    if (weft_reach_is_output(reach)) return 0;
    if (!weft_reach_is_written(reach)) {
        int fd = open(reach->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0) return -errno;
        int result = faccessat(fd, ".", X_OK, AT_EACCESS) < 0 && errno == EACCES ? -EACCES : 0;
        close(fd);
        return result;
    }
    bool is_made_anew = weft_reach_folder(reach, folder);
    int how = is_made_anew ? W_OK | X_OK : W_OK;
    return faccessat(AT_FDCWD, folder, how, AT_EACCESS) < 0 ? -errno : 0;
}

/** What the child found: the place, and why not. */
struct finding {
    size_t index;
    int error;
};

_Noreturn static void try_as_child(const struct weft_identity *identity,
                                   const struct weft_reaches *reaches, bool is_written, int fd)
{
    char error[256];
    struct finding finding = {.index = reaches->count};
    if (!weft_privileges_drop(identity, error, sizeof(error))) finding.error = -EPERM;
    for (size_t i = 0; i < reaches->count && finding.error == 0; i++) {
        if (weft_reach_is_written(&reaches->items[i]) != is_written) continue;
        finding.error = try_reach(&reaches->items[i]);
        if (finding.error != 0) finding.index = i;
    }
    _exit(write(fd, &finding, sizeof(finding)) == (ssize_t)sizeof(finding) ? 0 : 1);
}

const struct weft_reach *weft_identity_misses(const struct weft_identity *identity,
                                              const struct weft_reaches *reaches, bool is_written,
                                              int *error)
{
    int fds[2];
    struct finding finding = {.index = reaches->count, .error = -EIO};
    *error = 0;
    if (pipe2(fds, O_CLOEXEC) < 0) {
        *error = -errno;
        return NULL;
    }
    pid_t child = fork();
    if (child == 0) try_as_child(identity, reaches, is_written, fds[1]);
    *error = child < 0 ? -errno : 0;
    close(fds[1]);
    if (child > 0) {
        ssize_t size = read(fds[0], &finding, sizeof(finding));
        if (size != (ssize_t)sizeof(finding)) finding = (struct finding){reaches->count, -EIO};
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        }
        *error = finding.error;
    }
    close(fds[0]);
    return finding.index < reaches->count ? &reaches->items[finding.index] : NULL;
}

// Also what a program that is run later could get is given up; without root's rights there is nothing to give.
static void forget_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[CAPABILITY_WORDS] = {0};
    (void)syscall(SYS_capset, &header, none);
}

static void forget_bounds(void)
{
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
        (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    }
}

static bool has_no_capability(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[CAPABILITY_WORDS] = {0};
    if (syscall(SYS_capget, &header, has) < 0) return false;
    for (size_t i = 0; i < CAPABILITY_WORDS; i++) {
        if (has[i].effective || has[i].permitted || has[i].inheritable) return false;
    }
    return true;
}

static bool is_already(const struct weft_identity *identity)
{
    return geteuid() == identity->user && getuid() == identity->user &&
           (getegid() == identity->group && getgid() == identity->group);
}

// Groups first: a user without rights cannot change them any more.
static int become(const struct weft_identity *identity)
{
    int result = setgroups(identity->group_count, identity->groups);
    if (is_already(identity)) return 0; // also root who may not change them, as in some containers
    if (result == 0) result = setresgid(identity->group, identity->group, identity->group);
    if (result == 0) result = setresuid(identity->user, identity->user, identity->user);
    return result < 0 ? -errno : 0;
}

// All three of each are the user's, and root cannot be had again.
static bool is_become(const struct weft_identity *identity)
{
    uid_t user[3];
    gid_t group[3];
    if (getresuid(&user[0], &user[1], &user[2]) < 0) return false;
    if (getresgid(&group[0], &group[1], &group[2]) < 0) return false;
    for (size_t i = 0; i < WEFT_COUNT(user); i++) {
        if (user[i] != identity->user || group[i] != identity->group) return false;
    }
    bool is_back = identity->user != 0 && (setresuid(0, 0, 0) == 0 || seteuid(0) == 0);
    return !is_back && has_no_capability();
}

bool weft_privileges_drop(const struct weft_identity *identity, char *error, size_t error_size)
{
    static const struct rlimit no_core = {0, 0};
    bool was_root = geteuid() == 0;
    if (!was_root && !is_already(identity)) {
        snprintf(error, error_size,
                 "cannot become %s: only root can; start as root, or without --user",
                 identity->name);
        return false;
    }
    (void)setrlimit(RLIMIT_CORE, &no_core); // it would hold the keys
    forget_bounds();
    int result = was_root ? become(identity) : 0;
    if (result < 0) {
        snprintf(error, error_size, "cannot become %s: %s", identity->name, strerror(-result));
        return false;
    }
    forget_capabilities();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || !is_become(identity)) {
        snprintf(error, error_size,
                 "cannot give root's rights up for good: this system lets them be had again");
        return false;
    }
    // Nor may others of that user look into it. A developer's own server stays open to their debugger.
    if (was_root) (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return true;
}
