// abuse/process.c: reads /proc.
#include "abuse/process.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    INODES_MOST = 64, // a listener for each thread
    TCP_LISTEN = 0x0a,
    LINE_SIZE = 512,
};

struct inodes {
    unsigned long list[INODES_MOST];
    size_t count;
};

static uint16_t port_of(const struct weft_address *address)
{
    const struct sockaddr *any = (const struct sockaddr *)&address->storage;
    if (any->sa_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}

// The inode in a line of /proc/net/tcp where it is of a socket that listens at `port`, whatever the address, as a wildcard
// takes ours too; else 0. "SL: ADDRESS:PORT ADDRESS:PORT STATE QUEUES TIMER RETRANSMITS UID TIMEOUT INODE ..."
static unsigned long listening_inode(const char *line, uint16_t port)
{
    char local[64];
    char state[8];
    char inode[24];
    if (sscanf(line, " %*[^:]: %63s %*s %7s %*s %*s %*s %*s %*s %23s", local, state, inode) != 3)
        return 0;
    const char *colon = strchr(local, ':');
    bool is_it =
        colon && strtoul(colon + 1, NULL, 16) == port && strtoul(state, NULL, 16) == TCP_LISTEN;
    return is_it ? strtoul(inode, NULL, 10) : 0;
}

static void find_inodes(const char *table, uint16_t port, struct inodes *inodes)
{
    char line[LINE_SIZE];
    FILE *file = fopen(table, "re");
    if (!file) return;
    while (inodes->count < INODES_MOST && fgets(line, sizeof(line), file)) {
        unsigned long inode = listening_inode(line, port);
        if (inode > 0) inodes->list[inodes->count++] = inode;
    }
    fclose(file);
}

static bool holds_one(pid_t pid, const struct inodes *inodes)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    if (!folder) return false;
    bool holds = false;
    struct dirent *entry;
    while (!holds && (entry = readdir(folder))) {
        char target[64];
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
        if (size <= 8) continue;
        target[size] = 0;
        if (strncmp(target, "socket:[", 8) != 0) continue;
        unsigned long inode = strtoul(target + 8, NULL, 10);
        for (size_t i = 0; i < inodes->count && !holds; i++) {
            holds = inodes->list[i] == inode;
        }
    }
    closedir(folder);
    return holds;
}

static void add(struct weft_abuse_processes *processes, pid_t pid)
{
    if (processes->count < WEFT_ABUSE_PROCESSES_MOST) processes->pids[processes->count++] = pid;
}

static bool has(const struct weft_abuse_processes *processes, pid_t pid)
{
    for (size_t i = 0; i < processes->count; i++) {
        if (processes->pids[i] == pid) return true;
    }
    return false;
}

// The next process of /proc; 0 behind the last.
static pid_t next_process(DIR *proc)
{
    struct dirent *entry;
    while ((entry = readdir(proc))) {
        if (isdigit((unsigned char)entry->d_name[0])) return (pid_t)strtol(entry->d_name, NULL, 10);
    }
    return 0;
}

void weft_abuse_find_listeners(const struct weft_address *address, struct weft_abuse_processes *out)
{
    struct inodes inodes = {.count = 0};
    out->count = 0;
    find_inodes("/proc/net/tcp", port_of(address), &inodes);
    find_inodes("/proc/net/tcp6", port_of(address), &inodes);
    DIR *proc = inodes.count > 0 ? opendir("/proc") : NULL;
    if (!proc) return;
    pid_t pid;
    while ((pid = next_process(proc)) > 0) {
        if (holds_one(pid, &inodes)) add(out, pid);
    }
    closedir(proc);
}

// The line of /proc/PID/stat behind the name, which may hold blanks: the state, the parent, ...
static bool read_stat(pid_t pid, char *line, size_t size, char *state, pid_t *parent)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    const char *name_end = fgets(line, (int)size, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    if (!name_end || strlen(name_end) < 5) return false;
    *state = name_end[2];
    *parent = (pid_t)strtol(name_end + 4, NULL, 10);
    return true;
}

void weft_abuse_find_family(pid_t pid, struct weft_abuse_processes *out)
{
    char line[LINE_SIZE];
    char state;
    pid_t parent;
    out->count = 0;
    if (!read_stat(pid, line, sizeof(line), &state, &parent)) return;
    add(out, pid);
    size_t before;
    do { // a child may stand before its parent in /proc
        before = out->count;
        DIR *proc = opendir("/proc");
        if (!proc) return;
        pid_t other;
        while ((other = next_process(proc)) > 0) {
            if (!has(out, other) && read_stat(other, line, sizeof(line), &state, &parent) &&
                has(out, parent))
                add(out, other);
        }
        closedir(proc);
    } while (out->count != before);
}

static int64_t resident_of(pid_t pid, const char *row)
{
    char text[64];
    char line[LINE_SIZE];
    int64_t size = 0;
    snprintf(text, sizeof(text), "/proc/%d/status", (int)pid);
    FILE *file = fopen(text, "re");
    if (!file) return 0;
    while (size == 0 && fgets(line, sizeof(line), file)) {
        if (strncmp(line, row, strlen(row)) == 0)
            size = strtoll(line + strlen(row), NULL, 10) * 1024;
    }
    fclose(file);
    return size;
}

int64_t weft_abuse_resident(const struct weft_abuse_processes *processes, bool with_peaks)
{
    int64_t sum = 0;
    for (size_t i = 0; i < processes->count; i++) {
        sum += resident_of(processes->pids[i], with_peaks ? "VmHWM:" : "VmRSS:");
    }
    return sum;
}

bool weft_abuse_forget_peaks(const struct weft_abuse_processes *processes)
{
    bool is_fine = processes->count > 0;
    for (size_t i = 0; i < processes->count; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)processes->pids[i]);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        is_fine = is_fine && fd >= 0 && write(fd, "5", 1) == 1;
        if (fd >= 0) close(fd);
    }
    return is_fine;
}

uint64_t weft_abuse_cpu_us(const struct weft_abuse_processes *processes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < processes->count; i++) {
        clockid_t id;
        struct timespec time;
        if (clock_getcpuclockid(processes->pids[i], &id) != 0 || clock_gettime(id, &time) != 0)
            continue;
        sum += (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
    }
    return sum;
}

bool weft_abuse_all_live(const struct weft_abuse_processes *processes)
{
    for (size_t i = 0; i < processes->count; i++) {
        char line[LINE_SIZE];
        char state;
        pid_t parent;
        if (!read_stat(processes->pids[i], line, sizeof(line), &state, &parent) || state == 'Z')
            return false;
    }
    return true;
}
