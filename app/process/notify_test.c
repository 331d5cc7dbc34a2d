#include "process/notify.h"

#include "check.h"
#include "temp_dir.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/** A service manager that listens. */
struct manager {
    struct temp_dir dir;
    int fd;
    char heard[1024];
};

static void listen_as(struct manager *manager, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(name);
    memcpy(address.sun_path, name, size);
    if (*name == '@') address.sun_path[0] = 0;
    manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t whole = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    CHECK_EQ(bind(manager->fd, (struct sockaddr *)&address, whole), 0);
    setenv("NOTIFY_SOCKET", name, 1);
}

static void manager_init(struct manager *manager)
{
    *manager = (struct manager){.dir = temp_dir_new()};
    listen_as(manager, temp_dir_path(&manager->dir, "notify"));
}

static void manager_end(struct manager *manager)
{
    close(manager->fd);
    temp_dir_remove(&manager->dir);
}

// What it was told last; an empty text where nothing waits.
static const char *hear(struct manager *manager)
{
    ssize_t size = recv(manager->fd, manager->heard, sizeof(manager->heard) - 1, 0);
    manager->heard[size < 0 ? 0 : size] = 0;
    return manager->heard;
}

#define HEARD(manager, text) CHECK_SPAN(weft_span_of(hear(manager)), text)

TEST(a_manager_is_told_of_each_state)
{
    struct manager manager;
    struct weft_notify notify;
    manager_init(&manager);
    CHECK_EQ(weft_notify_begin(&notify), 0);
    CHECK(!getenv("NOTIFY_SOCKET"));
    weft_notify_ready(&notify, "serves 1 site");
    HEARD(&manager, "READY=1\nSTATUS=serves 1 site");
    weft_notify_stopping(&notify, "two\nlines");
    HEARD(&manager, "STOPPING=1\nSTATUS=two lines");
    weft_notify_main_pid(&notify, 4711);
    HEARD(&manager, "MAINPID=4711");
    weft_notify_end(&notify);
    manager_end(&manager);
}

// systemd.service(5), Type=notify-reload: the time is the monotonic clock's.
TEST(a_reload_is_told_with_its_time)
{
    struct manager manager;
    struct weft_notify notify;
    struct timespec now;
    static const char begin[] = "RELOADING=1\nMONOTONIC_USEC=";
    manager_init(&manager);
    CHECK_EQ(weft_notify_begin(&notify), 0);
    clock_gettime(CLOCK_MONOTONIC, &now);
    weft_notify_reloading(&notify);
    CHECK_EQ(strncmp(hear(&manager), begin, sizeof(begin) - 1), 0);
    uint64_t told_us = strtoull(manager.heard + sizeof(begin) - 1, NULL, 10);
    uint64_t before_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    CHECK(told_us >= before_us && told_us < before_us + 60000000);
    weft_notify_end(&notify);
    manager_end(&manager);
}

TEST(a_name_with_an_at_sign_is_in_no_file_system)
{
    struct manager manager = {.fd = -1};
    struct weft_notify notify;
    char name[64];
    snprintf(name, sizeof(name), "@weft-test-%d", (int)getpid());
    listen_as(&manager, name);
    CHECK_EQ(weft_notify_begin(&notify), 0);
    weft_notify_main_pid(&notify, 1);
    HEARD(&manager, "MAINPID=1");
    weft_notify_end(&notify);
    close(manager.fd);
}

TEST(signs_of_life_are_sent_where_they_are_asked_for_of_us)
{
    char own[32];
    snprintf(own, sizeof(own), "%d", (int)getpid());
    const struct {
        const char *time_us;
        const char *pid; // NULL: not set
        uint64_t interval_ms;
    } rows[] = {
        {"2000000", own, 1000}, {"2000000", NULL, 1000}, {"2000000", "1", 0}, {"2000000", "x", 0},
        {"1", own, 1},          {"0", own, 0},           {"-1", own, 0},      {"2s", own, 0},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct manager manager;
        struct weft_notify notify;
        manager_init(&manager);
        setenv("WATCHDOG_USEC", rows[i].time_us, 1);
        if (rows[i].pid) setenv("WATCHDOG_PID", rows[i].pid, 1);
        CHECK_EQ(weft_notify_begin(&notify), 0);
        CHECK(!getenv("WATCHDOG_USEC") && !getenv("WATCHDOG_PID"));
        CHECK_EQ(weft_notify_interval_ms(&notify), rows[i].interval_ms);
        weft_notify_alive(&notify);
        CHECK_SAME(weft_span_of(hear(&manager)),
                   weft_span_of(rows[i].interval_ms > 0 ? "WATCHDOG=1" : ""));
        weft_notify_end(&notify);
        manager_end(&manager);
    }
}

TEST(without_a_manager_nothing_happens)
{
    struct weft_notify notify;
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "1000000", 1);
    CHECK_EQ(weft_notify_begin(&notify), 0);
    CHECK_EQ(notify.fd, -1);
    CHECK_EQ(weft_notify_interval_ms(&notify), 0);
    weft_notify_ready(&notify, "");
    weft_notify_reloading(&notify);
    weft_notify_alive(&notify);
    weft_notify_end(&notify);
}

TEST(a_manager_that_is_not_there_is_an_error_that_can_be_lived_with)
{
    static const struct {
        const char *name;
        int error;
    } rows[] = {
        {"/nowhere/notify", -ENOENT},
        {"vsock:2:1", -EAFNOSUPPORT},
        {"@", -EAFNOSUPPORT},
        {"/a-name-longer-than-the-hundred-and-eight-bytes-that-an-address-of-this-family-may-have-"
         "in-"
         "all/and-some-more",
         -ENAMETOOLONG},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_notify notify;
        setenv("NOTIFY_SOCKET", rows[i].name, 1);
        CHECK_EQ(weft_notify_begin(&notify), rows[i].error);
        weft_notify_ready(&notify, "");
        weft_notify_end(&notify);
    }
}

// sd_notify(3): a manager that has stopped reading must not stop us.
TEST(a_manager_that_does_not_read_is_not_waited_for)
{
    struct manager manager;
    struct weft_notify notify;
    manager_init(&manager);
    CHECK_EQ(weft_notify_begin(&notify), 0);
    for (int i = 0; i < 10000; i++) {
        weft_notify_ready(&notify, "still here");
    }
    HEARD(&manager, "READY=1\nSTATUS=still here");
    weft_notify_end(&notify);
    manager_end(&manager);
}
