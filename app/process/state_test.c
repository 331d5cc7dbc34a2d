// process/state_test.c: what a supervisor leaves is what the next one has.
#include "process/state.h"

#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct weft_supervisor left;
static struct weft_supervisor found;

static void add_child(enum weft_child_phase phase, pid_t pid)
{
    struct weft_child *child = calloc(1, sizeof(*child));
    CHECK(child != NULL);
    *child = (struct weft_child){.pid = pid,
                                 .channel = open("/dev/null", O_RDONLY | O_CLOEXEC),
                                 .phase = phase,
                                 .reason = WEFT_CHILD_UPGRADE,
                                 .born_ms = (uint64_t)pid << 32,
                                 .deadline_ms = UINT64_MAX,
                                 .has_served = true};
    weft_list_push_back(&left.children, &child->link);
    left.child_count++;
}

static void begin(void)
{
    char error[256];
    struct weft_listen_url urls[2];
    left = (struct weft_supervisor){.had_terminal = true};
    found = (struct weft_supervisor){.had_terminal = false};
    weft_list_init(&left.children);
    weft_list_init(&found.children);
    CHECK(weft_listen_url_parse("http://127.0.0.1:0", &urls[0]) == NULL);
    CHECK(weft_listen_url_parse("https://127.0.0.1:0", &urls[1]) == NULL);
    CHECK_EQ(weft_sockets_plan(&left.sockets, urls, 2, 2, error, sizeof(error)), 0);
    weft_sockets_commit(&left.sockets);
    memset(left.start.ticket_secret, 9, sizeof(left.start.ticket_secret));
    left.generation = 4;
    left.backoff.failures = 3;
    left.plan.drain_timeout_ms = 12345;
    add_child(WEFT_CHILD_DRAINING, 101);
    add_child(WEFT_CHILD_SERVING, 102);
    add_child(WEFT_CHILD_STARTING, 103);
}

static void free_children(struct weft_supervisor *supervisor, bool are_closed)
{
    while (!weft_list_is_empty(&supervisor->children)) {
        struct weft_list *link = weft_list_pop_front(&supervisor->children);
        struct weft_child *child = WEFT_LIST_ENTRY(link, struct weft_child, link);
        if (!are_closed) child->channel = -1; // the same number as the other's
        weft_child_free(child);
    }
}

static void end(void)
{
    free_children(&left, true);
    free_children(&found, false);
    for (size_t i = 0; i < found.sockets.order_count; i++) {
        free(weft_sockets_at(&found.sockets, i)->fds);
    }
    weft_sockets_close(&left.sockets);
}

TEST(the_next_program_has_all_that_was_left)
{
    begin();
    int fd = weft_state_save(&left);
    CHECK(fd >= 0);
    CHECK(weft_state_keep_open(&left, true));
    int listening = weft_sockets_at(&left.sockets, 1)->fds[1];
    CHECK_EQ(fcntl(listening, F_GETFD), 0); // it lives on
    CHECK(weft_state_load(&found, fd));
    CHECK_EQ(fcntl(listening, F_GETFD), FD_CLOEXEC); // but not in the workers of the next
    CHECK_EQ(found.sockets.order_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct weft_listening *a = weft_sockets_at(&left.sockets, i);
        const struct weft_listening *b = weft_sockets_at(&found.sockets, i);
        CHECK(weft_listening_is_for(b, &a->url));
        CHECK_EQ(b->port, a->port);
        CHECK_EQ(memcmp(a->fds, b->fds, weft_listening_count(a) * sizeof(int)), 0);
    }
    CHECK_EQ(found.child_count, 3);
    CHECK_EQ(found.serving->pid, 102);
    CHECK_EQ(found.serving->born_ms, (uint64_t)102 << 32);
    CHECK(found.serving->deadline_ms == UINT64_MAX);
    CHECK_EQ(found.starting->pid, 103);
    CHECK(found.starting->has_served);
    CHECK_EQ(memcmp(found.start.ticket_secret, left.start.ticket_secret,
                    sizeof(left.start.ticket_secret)),
             0);
    CHECK_EQ(found.generation, 4);
    CHECK_EQ(found.backoff.failures, 3);
    CHECK_EQ(found.plan.drain_timeout_ms, 12345);
    CHECK(found.had_terminal);
    close(fd);
    end();
}

TEST(a_state_that_is_cut_short_or_another_versions_is_refused)
{
    begin();
    int fd = weft_state_save(&left);
    off_t size = lseek(fd, 0, SEEK_END);
    uint8_t other = 0xff;
    CHECK_EQ(ftruncate(fd, size - 1), 0);
    CHECK(!weft_state_load(&found, fd));
    free_children(&found, false);
    for (size_t i = 0; i < found.sockets.order_count; i++) {
        free(weft_sockets_at(&found.sockets, i)->fds);
    }
    found.sockets = (struct weft_sockets){.order_count = 0};
    CHECK_EQ(pwrite(fd, &other, 1, 0), 1);
    CHECK(!weft_state_load(&found, fd));
    close(fd);
    end();
}
