// process/state.c
#include "process/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    // 16 listeners with 8 addresses of 64 sockets, 64 workers, and what is small
    STATE_SIZE_MOST = WEFT_LISTENS_MOST * (264 + 4 * 8 * 64) + WEFT_CHILDREN_MOST * 64 + 1024,
};

static void write_u64(struct weft_writer *out, uint64_t value)
{
    weft_write_u32(out, (uint32_t)(value >> 32));
    weft_write_u32(out, (uint32_t)value);
}

static uint64_t read_u64(struct weft_reader *in)
{
    uint64_t high = weft_read_u32(in);
    return high << 32 | weft_read_u32(in);
}

static void write_sockets(struct weft_writer *out, const struct weft_sockets *sockets)
{
    weft_write_u8(out, (uint8_t)sockets->order_count);
    for (size_t i = 0; i < sockets->order_count; i++) {
        const struct weft_listening *listening = weft_sockets_at(sockets, i);
        weft_listening_write(out, listening);
        for (size_t k = 0; k < weft_listening_count(listening); k++) {
            weft_write_u32(out, (uint32_t)listening->fds[k]);
        }
    }
}

// A descriptor that is open in this process; -1 else.
static int read_fd(struct weft_reader *in)
{
    int fd = (int)weft_read_u31(in);
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
}

static bool read_listening(struct weft_reader *in, struct weft_listening *listening)
{
    if (!weft_listening_read(in, listening)) return false;
    unsigned address_count = listening->address_count;
    if (weft_listening_make_room(listening, address_count, listening->per_address) < 0) {
        return false;
    }
    for (size_t i = 0; i < weft_listening_count(listening); i++) {
        listening->fds[i] = read_fd(in);
    }
    if (!in->failed && weft_listening_is_whole(listening)) return true;
    weft_listening_close(listening);
    return false;
}

static bool read_sockets(struct weft_reader *in, struct weft_sockets *sockets)
{
    uint8_t count = weft_read_u8(in);
    for (size_t i = 0; i < count; i++) {
        struct weft_listening listening;
        if (!read_listening(in, &listening)) return false;
        if (weft_sockets_adopt(sockets, &listening)) continue;
        weft_listening_close(&listening);
        return false;
    }
    return true;
}

static void write_child(struct weft_writer *out, const struct weft_child *child)
{
    weft_write_u32(out, (uint32_t)child->pid);
    weft_write_u32(out, (uint32_t)child->channel); // -1: it has closed it
    weft_write_u8(out, (uint8_t)child->phase);
    weft_write_u8(out, (uint8_t)child->reason);
    weft_write_u8(out, child->has_served);
    weft_write_u32(out, child->protocol);
    write_u64(out, child->born_ms);
    write_u64(out, child->deadline_ms);
}

static bool read_child(struct weft_reader *in, struct weft_supervisor *supervisor)
{
    struct weft_child *child = calloc(1, sizeof(*child));
    if (!child) return false;
    child->pid = (pid_t)weft_read_u31(in);
    child->channel = (int)weft_read_u32(in);
    child->phase = weft_read_u8(in);
    child->reason = weft_read_u8(in);
    child->has_served = weft_read_u8(in) != 0;
    child->protocol = weft_read_u32(in);
    child->born_ms = read_u64(in);
    child->deadline_ms = read_u64(in);
    if (in->failed || child->phase > WEFT_CHILD_DRAINING) {
        free(child);
        return false;
    }
    if (child->channel >= 0) (void)fcntl(child->channel, F_SETFD, FD_CLOEXEC);
    weft_list_push_back(&supervisor->children, &child->link);
    supervisor->child_count++;
    if (child->phase == WEFT_CHILD_STARTING) supervisor->starting = child;
    if (child->phase == WEFT_CHILD_SERVING) supervisor->serving = child;
    return true;
}

static void write_all(struct weft_writer *out, const struct weft_supervisor *supervisor)
{
    const uint8_t *secret = supervisor->start.ticket_secret;
    weft_write_u32(out, WEFT_PROTOCOL);
    weft_write_bytes(out, (struct weft_span){secret, WEFT_TLS_TICKET_SECRET_SIZE});
    weft_write_u32(out, supervisor->generation);
    weft_write_u32(out, supervisor->backoff.failures);
    weft_write_u32(out, supervisor->plan.drain_timeout_ms);
    weft_write_u8(out, supervisor->had_terminal);
    weft_write_u8(out, supervisor->reloads_again);
    write_sockets(out, &supervisor->sockets);
    weft_write_u8(out, (uint8_t)supervisor->child_count);
    WEFT_LIST_EACH(link, &supervisor->children)
    {
        write_child(out, WEFT_LIST_ENTRY(link, struct weft_child, link));
    }
}

static bool read_all(struct weft_reader *in, struct weft_supervisor *supervisor)
{
    if (weft_read_u32(in) != WEFT_PROTOCOL) return false;
    struct weft_span secret = weft_read_bytes(in, WEFT_TLS_TICKET_SECRET_SIZE);
    supervisor->generation = weft_read_u32(in);
    supervisor->backoff.failures = weft_read_u32(in);
    supervisor->plan.drain_timeout_ms = weft_read_u32(in);
    supervisor->had_terminal = weft_read_u8(in) != 0;
    supervisor->reloads_again = weft_read_u8(in) != 0;
    if (in->failed || !read_sockets(in, &supervisor->sockets)) return false;
    memcpy(supervisor->start.ticket_secret, secret.data, secret.size);
    uint8_t count = weft_read_u8(in);
    for (size_t i = 0; i < count; i++) {
        if (!read_child(in, supervisor)) return false;
    }
    return !in->failed && weft_reader_left(in) == 0;
}

int weft_state_save(const struct weft_supervisor *supervisor)
{
    uint8_t *room = malloc(STATE_SIZE_MOST);
    if (!room) return -ENOMEM;
    struct weft_writer out = weft_writer_over(room, STATE_SIZE_MOST);
    write_all(&out, supervisor);
    int fd = out.failed ? -1 : memfd_create("weft-state", MFD_CLOEXEC);
    int result = out.failed ? -EOVERFLOW : fd < 0 ? -errno : fd;
    size_t size = weft_writer_size(&out);
    if (fd >= 0 && write(fd, room, size) != (ssize_t)size) {
        result = -EIO;
        close(fd);
    }
    explicit_bzero(room, size);
    free(room);
    return result;
}

bool weft_state_load(struct weft_supervisor *supervisor, int fd)
{
    uint8_t *room = malloc(STATE_SIZE_MOST);
    if (!room) return false;
    ssize_t size = pread(fd, room, STATE_SIZE_MOST, 0);
    struct weft_reader in = weft_reader_over((struct weft_span){room, size > 0 ? (size_t)size : 0});
    bool is_good = size > 0 && read_all(&in, supervisor);
    explicit_bzero(room, size > 0 ? (size_t)size : 0);
    free(room);
    return is_good;
}

bool weft_state_keep_open(const struct weft_supervisor *supervisor, bool are_kept)
{
    int flags = are_kept ? 0 : FD_CLOEXEC;
    bool are_open = true;
    for (size_t i = 0; i < supervisor->sockets.order_count; i++) {
        const struct weft_listening *listening = weft_sockets_at(&supervisor->sockets, i);
        for (size_t k = 0; k < weft_listening_count(listening); k++) {
            are_open = fcntl(listening->fds[k], F_SETFD, flags) == 0 && are_open;
        }
    }
    WEFT_LIST_EACH(link, &supervisor->children)
    {
        const struct weft_child *child = WEFT_LIST_ENTRY(link, struct weft_child, link);
        if (child->channel >= 0) are_open = fcntl(child->channel, F_SETFD, flags) == 0 && are_open;
    }
    return are_open;
}
