// client/memory_test.c: whichever allocation fails, a request ends once, with a word, and nothing is kept.
#include "client/client.h"

#include "check.h"
#include "counting_alloc.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { CALLS_MOST = 400 };

static const char answer[] = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";

// Answers whoever comes, until the listener is shut.
static void *serve(void *context)
{
    int listener = *(int *)context;
    for (;;) {
        char bytes[1024];
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) return NULL;
        if (recv(fd, bytes, sizeof(bytes), 0) > 0) {
            (void)send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
        }
        close(fd);
    }
}

struct outcome {
    unsigned calls;
    enum weft_client_end end;
};

static void on_done(struct weft_exchange *exchange, const struct weft_client_outcome *outcome)
{
    struct outcome *it = weft_exchange_user(exchange);
    CHECK(outcome->end == WEFT_CLIENT_DONE || outcome->reason[0] != 0);
    it->calls++;
    it->end = outcome->end;
}

static const struct weft_exchange_handler handler = {.done = on_done};

// One request with an allocator that fails at its call number `fail_at`; gives how it ended.
static enum weft_client_end ask(const struct weft_url *url, size_t fail_at)
{
    static const struct weft_client_limits limits = WEFT_CLIENT_LIMITS_INIT;
    struct test_alloc memory = {.fail_at = fail_at};
    struct weft_alloc alloc = test_allocator(&memory);
    struct weft_loop *loop = weft_loop_new();
    struct weft_client_config config = {.loop = loop, .alloc = &alloc, .limits = limits};
    struct weft_client_request request = {.url = url, .method = WEFT_HTTP_GET};
    struct outcome outcome = {.end = WEFT_CLIENT_NO_MEMORY};
    config.limits.retry_count = 0;
    struct weft_client *client = weft_client_new(&config);
    if (client && weft_client_send(client, &request, &handler, &outcome)) {
        for (int turns = 0; outcome.calls == 0 && turns < 500; turns++) {
            CHECK(weft_loop_turn(loop, 10000) >= 0);
        }
        CHECK_EQ(outcome.calls, 1);
    }
    weft_client_free(client);
    weft_loop_free(loop);
    CHECK_EQ(memory.live, 0);
    return outcome.end;
}

TEST(any_allocation_may_fail)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    struct weft_arena arena;
    struct test_alloc memory = {0};
    struct weft_alloc alloc = test_allocator(&memory);
    struct weft_url url;
    char text[64];
    pthread_t thread;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(listener, (struct sockaddr *)&address, size), 0);
    CHECK_EQ(listen(listener, 16), 0);
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    CHECK_EQ(pthread_create(&thread, NULL, serve, &listener), 0);
    snprintf(text, sizeof(text), "http://127.0.0.1:%u/", (unsigned)ntohs(address.sin_port));
    weft_arena_init(&arena, &alloc, 4096);
    CHECK(!weft_url_parse(weft_span_of(text), &arena, &url));

    size_t failures = 0;
    while (failures < CALLS_MOST && ask(&url, failures + 1) != WEFT_CLIENT_DONE) {
        failures++;
    }

    CHECK(failures >= 5);         // it does allocate,
    CHECK(failures < CALLS_MOST); // and with all of it there it is done
    weft_arena_deinit(&arena);
    shutdown(listener, SHUT_RDWR);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    close(listener);
}
