// session/session_test.c: client and server sessions of one loop, over real sockets of loopback.
#include "session/session.h"

#include "counting_alloc.h"
#include "net/memory.h"
#include "net/self_signed.h"
#include "session/state.h"
#include "temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    BODIES = 256,
    RUN_MOST_MS = 20000, // only a test that hangs comes near
    HASTE_MS = 300,      // where a limit of time is what ends it
};

static struct weft_http_limits usual_limits = WEFT_HTTP_LIMITS_INIT;
static const char *const both_protocols[] = {"h2", "http/1.1", NULL};
static const char *const only_h1[] = {"http/1.1", NULL};

/** How client and server talk. */
struct way {
    const char *name;
    bool is_tls;
    bool is_h2;
};

static const struct way ways[] = {
    {"http/1.1, clear", false, false},
    {"h2, clear", false, true},
    {"http/1.1 over TLS", true, false},
    {"h2 over TLS", true, true},
};

/** A body that the server sends: `size` bytes, a letter of the alphabet each. */
struct body {
    size_t size;
    size_t sent;
    bool is_broken;  // its source fails after the first half
    bool is_pausing; // its source has nothing until it is resumed
    uint64_t stream_id;
};

/** What the tests look at: one server hub, one client hub, one loop. */
struct world {
    struct weft_loop *loop;
    struct weft_session_hub *servers;
    struct weft_session_hub *clients;
    struct weft_tls_context *server_tls;
    struct weft_tls_context *client_tls;
    struct weft_address address;
    int listener;
    struct weft_session *server; // the newest, NULL once it is closed
    struct weft_session *client;
    struct body bodies[BODIES];
    size_t body_count;
    size_t positions[BODIES]; // how far each answer has come at the client
    // what the client asks for, when it is ready: `wanted` times `path`
    const char *path;
    size_t wanted;
    size_t asked;
    size_t answered; // streams that ended well
    size_t failed;   // streams that ended otherwise
    size_t received; // bytes of content
    bool is_garbled; // some byte was not the right one
    size_t server_closed;
    size_t client_closed;
    size_t emptied;
    char server_error[128];
    struct weft_http_limit_counters server_counters;
    char client_error[128];
};

static struct world world;

// Server

static void answer(struct weft_session *session, const struct weft_http_event *event)
{
    if (world.body_count == BODIES) world.body_count = 0;
    struct body *body = &world.bodies[world.body_count++];
    char path[32] = "";
    size_t path_size = event->head->path.size;
    memcpy(path, event->head->path.data, path_size < sizeof(path) ? path_size : sizeof(path) - 1);
    *body = (struct body){.size = strtoul(path + 1, NULL, 10), .stream_id = event->stream_id};
    body->is_broken = strstr(path, "broken") != NULL;
    body->is_pausing = strstr(path, "pausing") != NULL;

    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.content_length = (int64_t)body->size;
    weft_conn_set_user(weft_session_conn(session), event->stream_id, body);
    // without memory the engine ends the stream or the connection
    if (weft_conn_respond(weft_session_conn(session), event->stream_id, &head, body->size == 0)) {
        weft_conn_reset(weft_session_conn(session), event->stream_id, WEFT_HTTP_INTERNAL_ERROR);
    }
}

static void server_event(struct weft_session *session, const struct weft_http_event *event)
{
    if (event->type == WEFT_HTTP_REQUEST) answer(session, event);
    if (event->type == WEFT_HTTP_DATA) {
        weft_conn_consume(weft_session_conn(session), event->stream_id, event->data.size);
    }
}

static ssize_t fill(struct weft_session *session, void *user, uint8_t *room, size_t size,
                    bool *ends)
{
    (void)session;
    struct body *body = user;
    if (body->is_pausing) return 0;
    if (body->is_broken && body->sent >= body->size / 2) return -1;
    if (size > body->size - body->sent) size = body->size - body->sent;
    for (size_t i = 0; i < size; i++) {
        room[i] = (uint8_t)('a' + (body->sent + i) % 26);
    }
    body->sent += size;
    *ends = body->sent == body->size;
    return (ssize_t)size;
}

static void server_gone(struct weft_session *session)
{
    snprintf(world.server_error, sizeof(world.server_error), "%s", weft_session_error(session));
    if (world.server == session) world.server = NULL;
    world.server_closed++;
}

// As readers of traces do, also where there was no memory for a connection.
static void ask_version(struct weft_session *session)
{
    unsigned version = weft_conn_version(weft_session_conn(session));
    CHECK(version == 0 || version == WEFT_HTTP_1_1 || version == WEFT_HTTP_2);
}

static const struct weft_session_owner server_owner = {
    .event = server_event, .fill = fill, .turned = ask_version, .closed = server_gone};

// Client

static void ask(struct weft_session *session)
{
    bool is_tls = weft_session_tls(session) != NULL;
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.scheme = is_tls ? WEFT_SPAN("https") : WEFT_SPAN("http");
    head.authority = WEFT_SPAN("localhost");
    head.path = weft_span_of(world.path);
    while (world.asked < world.wanted) {
        uint64_t stream_id;
        if (weft_conn_request(weft_session_conn(session), &head, true, &stream_id)) return;
        world.asked++;
        size_t *position = &world.positions[world.asked % BODIES];
        *position = 0;
        weft_conn_set_user(weft_session_conn(session), stream_id, position);
    }
}

static void client_event(struct weft_session *session, const struct weft_http_event *event)
{
    size_t *position = event->user;
    if (event->type == WEFT_HTTP_DATA) {
        for (size_t i = 0; i < event->data.size; i++) {
            size_t at = position ? (*position)++ : i;
            if (position && event->data.data[i] != 'a' + at % 26) world.is_garbled = true;
        }
        world.received += event->data.size;
        weft_conn_consume(weft_session_conn(session), event->stream_id, event->data.size);
    }
    if (event->type == WEFT_HTTP_STREAM_CLOSED) {
        if (event->error.scope == WEFT_HTTP_FINE) world.answered++;
        if (event->error.scope != WEFT_HTTP_FINE) world.failed++;
        ask(session);
    }
}

// NOLINTBEGIN(readability-non-const-parameter): as the owner's functions are
static ssize_t fill_nothing(struct weft_session *session, void *user, uint8_t *room, size_t size,
                            bool *ends)
// NOLINTEND(readability-non-const-parameter)
{
    (void)session;
    (void)user;
    (void)room;
    (void)size;
    (void)ends;
    return -1;
}

static void client_gone(struct weft_session *session)
{
    snprintf(world.client_error, sizeof(world.client_error), "%s", weft_session_error(session));
    if (world.client == session) world.client = NULL;
    world.client_closed++;
}

static const struct weft_session_owner client_owner = {
    .ready = ask, .event = client_event, .fill = fill_nothing, .closed = client_gone};

// The world

static struct temp_dir dir;
static struct weft_self_signed identity;

static void remove_identity(void)
{
    temp_dir_remove(&dir);
}

static void find_identity(void)
{
    char error[256];
    if (dir.path[0]) return;
    dir = temp_dir_new();
    atexit(remove_identity);
    CHECK_EQ(weft_self_signed_find(dir.path, time(NULL), &identity, error, sizeof(error)), 0);
}

static void make_tls(bool is_h2)
{
    char error[256];
    find_identity();
    struct weft_tls_certificate files = {identity.pem_file, identity.pem_file};
    struct weft_tls_server_config server = {
        .certificates = &files, .certificate_count = 1, .alpn = both_protocols};
    struct weft_tls_client_config client = {.ca_file = identity.certificate_file,
                                            .alpn = is_h2 ? both_protocols : only_h1};
    world.server_tls = weft_tls_server_new(&server, error, sizeof(error));
    world.client_tls = weft_tls_client_new(&client, error, sizeof(error));
    CHECK(world.server_tls != NULL && world.client_tls != NULL);
}

static void begin_in_haste(const struct way *way, const struct weft_alloc *alloc,
                           const struct weft_http_limits *limits, uint32_t handshake_ms)
{
    char error[128];
    world = (struct world){.path = "/5", .wanted = 1};
    world.loop = weft_loop_new();
    CHECK(world.loop != NULL);
    struct weft_session_hub_config config = {.loop = world.loop,
                                             .alloc = alloc,
                                             .limits = limits,
                                             .counters = &world.server_counters,
                                             .handshake_timeout_ms = handshake_ms,
                                             .linger_ms = 500};
    world.servers = weft_session_hub_new(&config);
    config.alloc = weft_heap_alloc();
    config.counters = NULL;
    config.handshake_timeout_ms = 0;
    world.clients = weft_session_hub_new(&config);
    CHECK(world.clients != NULL);
    if (way->is_tls) make_tls(way->is_h2);
    CHECK_EQ(weft_address_resolve("127.0.0.1", 0, &world.address, 1, error, sizeof(error)), 1);
    world.listener = weft_socket_listen(&world.address, false, 16);
    CHECK(world.listener >= 0);
    world.address.size = sizeof(world.address.storage);
    getsockname(world.listener, (struct sockaddr *)&world.address.storage, &world.address.size);
}

static void begin(const struct way *way, const struct weft_alloc *alloc,
                  const struct weft_http_limits *limits)
{
    begin_in_haste(way, alloc, limits, RUN_MOST_MS);
}

static void finish(void)
{
    weft_session_hub_free(world.clients);
    weft_session_hub_free(world.servers);
    weft_tls_context_free(world.client_tls);
    weft_tls_context_free(world.server_tls);
    weft_loop_free(world.loop);
    close(world.listener);
}

// Takes the connection that waits at the listener.
static int accept_one(void)
{
    struct pollfd waiting = {world.listener, POLLIN, 0};
    CHECK_EQ(poll(&waiting, 1, 5000), 1);
    int fd = accept4(world.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

static void start_server(bool is_tls)
{
    world.server = weft_session_start(world.servers, accept_one(), &world.address, WEFT_HTTP_SERVER,
                                      is_tls ? world.server_tls : NULL, NULL,
                                      WEFT_CONN_BY_FIRST_BYTES, &server_owner, &world);
}

static void start_client(const struct way *way)
{
    int fd = weft_socket_connect(&world.address);
    CHECK(fd >= 0);
    world.client = weft_session_start(
        world.clients, fd, &world.address, WEFT_HTTP_CLIENT, way->is_tls ? world.client_tls : NULL,
        "localhost", way->is_h2 ? WEFT_CONN_H2 : WEFT_CONN_H1, &client_owner, &world);
    CHECK(world.client != NULL);
}

static void start_both(const struct way *way)
{
    start_client(way);
    start_server(way->is_tls);
}

// A client without a session: a socket that blocks, but not for ever.
static int start_bare_client(bool is_tls)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    CHECK_EQ(connect(fd, (struct sockaddr *)&world.address.storage, world.address.size), 0);
    start_server(is_tls);
    CHECK(world.server != NULL);
    return fd;
}

static bool all_streams_ended(void)
{
    return world.answered + world.failed == world.wanted || world.client_closed > 0;
}

static bool server_is_asked(void)
{
    return world.body_count > 0;
}

static bool server_has_closed(void)
{
    return world.server_closed > 0;
}

static bool both_have_closed(void)
{
    return world.server_closed > 0 && world.client_closed > 0;
}

static void run_until(bool (*holds)(void))
{
    uint64_t end_us = weft_loop_now_us(world.loop) + (uint64_t)RUN_MOST_MS * 1000;
    while (!holds() && weft_loop_now_us(world.loop) < end_us) {
        CHECK_EQ(weft_loop_turn(world.loop, 20000), 0);
    }
    CHECK(holds());
}

static void run_a_while(uint64_t ms)
{
    uint64_t end_us = weft_loop_now_us(world.loop) + ms * 1000;
    while (weft_loop_now_us(world.loop) < end_us) {
        weft_loop_turn(world.loop, 5000);
    }
}

// Requests and answers

TEST(requests_are_answered_in_every_way)
{
    static const struct row {
        const char *path;
        size_t size;
        size_t count;
    } rows[] = {{"/0", 0, 40},
                {"/5", 5, 200},
                {"/1400", 1400, 50},
                {"/70000", 70000, 20},
                {"/3000000", 3000000, 3}};
    for (size_t i = 0; i < WEFT_COUNT(ways) * WEFT_COUNT(rows); i++) {
        const struct row *row = &rows[i / WEFT_COUNT(ways)];
        begin(&ways[i % WEFT_COUNT(ways)], weft_heap_alloc(), &usual_limits);
        world.path = row->path;
        world.wanted = row->count;

        start_both(&ways[i % WEFT_COUNT(ways)]);
        run_until(all_streams_ended);

        CHECK_EQ(world.answered, row->count);
        CHECK_EQ(world.received, row->count * row->size);
        CHECK(!world.is_garbled);
        CHECK_EQ(weft_conn_version(weft_session_conn(world.server)),
                 ways[i % WEFT_COUNT(ways)].is_h2 ? WEFT_HTTP_2 : WEFT_HTTP_1_1);
        finish();
        CHECK_EQ(world.server_closed, 1);
        CHECK_EQ(world.client_closed, 1);
    }
}

TEST(a_session_knows_its_surroundings)
{
    begin(&ways[3], weft_heap_alloc(), &usual_limits);
    start_both(&ways[3]);
    CHECK(weft_session_conn(world.server) == NULL);
    run_until(all_streams_ended);

    CHECK(weft_session_context(world.server) == &world);
    CHECK(weft_session_loop(world.server) == world.loop);
    CHECK(weft_session_tls(world.client) != NULL);
    CHECK_EQ(weft_session_peer(world.client)->storage.ss_family, AF_INET);
    CHECK_SPAN(weft_tls_alpn(weft_session_tls(world.server)), "h2");
    CHECK_SPAN(weft_span_of(weft_session_error(world.server)), "");
    CHECK_EQ(weft_session_hub_count(world.servers), 1);
    finish();
}

TEST(an_idle_session_holds_no_memory_for_output)
{
    begin(&ways[3], weft_heap_alloc(), &usual_limits);
    world.path = "/100000";
    start_both(&ways[3]);

    run_until(all_streams_ended);
    run_a_while(10);

    CHECK(weft_tls_output(world.server->tls)->data == NULL);
    CHECK(weft_tls_output(world.client->tls)->data == NULL);
    CHECK(world.servers->spare.data != NULL); // the one that all share
    finish();
}

TEST(a_source_that_pauses_goes_on_when_it_is_resumed)
{
    for (size_t i = 0; i < WEFT_COUNT(ways); i++) {
        begin(&ways[i], weft_heap_alloc(), &usual_limits);
        world.path = "/70000-pausing";
        start_both(&ways[i]);
        run_until(server_is_asked);
        run_a_while(30);
        CHECK_EQ(world.received, 0);
        CHECK_EQ(world.body_count, 1);

        world.bodies[0].is_pausing = false;
        weft_conn_resume(weft_session_conn(world.server), world.bodies[0].stream_id);
        weft_session_wake(world.server);
        run_until(all_streams_ended);

        CHECK_EQ(world.received, 70000);
        CHECK(!world.is_garbled);
        finish();
    }
}

// RFC 9110 §6.1: an answer that breaks off must not look whole.
TEST(a_source_that_breaks_ends_its_stream_with_an_error)
{
    for (size_t i = 0; i < WEFT_COUNT(ways); i++) {
        begin(&ways[i], weft_heap_alloc(), &usual_limits);
        world.path = "/70000-broken";
        start_both(&ways[i]);

        run_until(all_streams_ended);

        CHECK_EQ(world.answered, 0);
        CHECK_EQ(world.failed, 1);
        finish();
    }
}

// The end

static void count_empty(void *context)
{
    size_t *count = context;
    (*count)++;
}

TEST(draining_lets_what_is_in_flight_finish_then_closes)
{
    for (size_t i = 0; i < WEFT_COUNT(ways); i++) {
        begin(&ways[i], weft_heap_alloc(), &usual_limits);
        weft_session_hub_when_empty(world.servers, count_empty, &world.emptied);
        world.path = "/70000-pausing";
        start_both(&ways[i]);
        run_until(server_is_asked);

        weft_session_hub_drain(world.servers, 2000000);
        run_a_while(30);
        CHECK_EQ(world.server_closed, 0);
        world.bodies[0].is_pausing = false;
        weft_conn_resume(weft_session_conn(world.server), world.bodies[0].stream_id);
        weft_session_wake(world.server);
        run_until(both_have_closed);

        CHECK_EQ(world.answered, 1);
        CHECK_EQ(world.received, 70000);
        CHECK_EQ(world.emptied, 1);
        CHECK_SPAN(weft_span_of(world.server_error), "");
        CHECK_SPAN(weft_span_of(world.client_error), "");
        finish();
    }
}

TEST(an_aborted_session_is_closed_once_at_the_end_of_the_turn)
{
    for (size_t i = 0; i < WEFT_COUNT(ways); i++) {
        begin(&ways[i], weft_heap_alloc(), &usual_limits);
        world.path = "/70000-pausing";
        start_both(&ways[i]);
        run_until(server_is_asked);

        weft_session_abort(world.server);
        weft_session_abort(world.server);
        CHECK_EQ(world.server_closed, 0);
        run_until(both_have_closed);

        CHECK_EQ(world.server_closed, 1);
        CHECK_EQ(world.answered, 0);
        CHECK(world.client_error[0] != '\0' || world.failed > 0);
        finish();
    }
}

TEST(a_connection_that_is_refused_is_told)
{
    begin(&ways[0], weft_heap_alloc(), &usual_limits);
    close(world.listener);
    world.listener = -1;

    start_client(&ways[0]);
    run_until(all_streams_ended);

    CHECK_SPAN(weft_span_of(world.client_error), "Connection refused");
    finish();
}

static size_t read_all(int fd, char *text, size_t size)
{
    size_t at = 0;
    ssize_t got;
    while (at < size - 1 && (got = recv(fd, text + at, size - 1 - at, 0)) > 0) {
        at += (size_t)got;
    }
    text[at] = '\0';
    return at;
}

static bool server_lingers(void)
{
    return world.server && world.server->phase == WEFT_SESSION_LINGERING;
}

// RFC 9112 §9.6: the last answer arrives, though the client has sent what nobody reads.
TEST(a_closing_server_reads_on_so_that_its_answer_arrives)
{
    char text[4096];
    static char junk[200000];
    begin(&ways[0], weft_heap_alloc(), &usual_limits);
    int fd = start_bare_client(false);
    static const char request[] = "GET /5 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    CHECK_EQ(send(fd, request, sizeof(request) - 1, 0), sizeof(request) - 1);
    memset(junk, 'x', sizeof(junk));
    CHECK(send(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0);

    run_until(server_lingers);
    (void)send(fd, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL);
    run_a_while(30);

    CHECK(read_all(fd, text, sizeof(text)) > 0);
    CHECK(strstr(text, "200") != NULL);
    CHECK(strstr(text, "\r\n\r\nabcde") != NULL);
    run_until(server_has_closed); // not longer than it may
    CHECK_SPAN(weft_span_of(world.server_error), "");
    close(fd);
    finish();
}

TEST(a_client_that_half_closes_still_gets_its_answer)
{
    char text[4096];
    begin(&ways[0], weft_heap_alloc(), &usual_limits);
    int fd = start_bare_client(false);
    CHECK(send(fd, "GET /5 HTTP/1.0\r\n\r\n", 19, 0) == 19);
    shutdown(fd, SHUT_WR);

    run_until(server_has_closed);

    CHECK(read_all(fd, text, sizeof(text)) > 0);
    CHECK(strstr(text, "abcde") != NULL);
    CHECK_SPAN(weft_span_of(world.server_error), "");
    close(fd);
    finish();
}

TEST(the_answers_of_a_pipeline_all_come)
{
    enum { COUNT = 100 };
    char text[65536];
    begin(&ways[0], weft_heap_alloc(), &usual_limits);
    int fd = start_bare_client(false);
    for (size_t i = 0; i < COUNT; i++) {
        const char *request = i + 1 < COUNT
                                  ? "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                                  : "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        CHECK(send(fd, request, strlen(request), 0) > 0);
    }
    shutdown(fd, SHUT_WR);

    run_until(server_has_closed);

    read_all(fd, text, sizeof(text));
    size_t count = 0;
    for (char *at = text; (at = strstr(at, "HTTP/1.1 200")); at++) {
        count++;
    }
    CHECK_EQ(count, COUNT);
    close(fd);
    finish();
}

static bool server_has_sent_much(void)
{
    return world.bodies[0].sent > 1000000;
}

// What was encrypted but is not taken counts as not sent.
TEST(a_peer_that_takes_nothing_is_given_up)
{
    for (size_t i = 0; i < WEFT_COUNT(ways); i++) {
        struct weft_http_limits limits = usual_limits;
        limits.write_timeout_ms = 200;
        limits.idle_timeout_ms =
            200; // HTTP/2: the windows stall first, so the stream goes, then the connection
        begin(&ways[i], weft_heap_alloc(), &limits);
        world.path = "/100000000";
        start_both(&ways[i]);
        run_until(server_has_sent_much);

        weft_loop_unwatch(world.loop, &world.client->watch); // from here on it sleeps
        weft_loop_cancel_task(world.loop, &world.client->task);
        run_until(server_has_closed);

        CHECK(world.bodies[0].sent < 90000000);
        finish();
    }
}

// What the kernel still holds for such a peer goes too: it sees a reset, and no end that looks like a good one.
TEST(who_takes_nothing_is_reset)
{
    struct weft_http_limits limits = usual_limits;
    limits.write_timeout_ms = 200;
    begin(&ways[0], weft_heap_alloc(), &limits);
    int fd = start_bare_client(false);
    const char request[] = "GET /100000000 HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK_EQ(send(fd, request, sizeof(request) - 1, 0), sizeof(request) - 1);
    run_until(server_has_closed);
    CHECK(strstr(world.server_error, "write_timeout_ms") != NULL);

    char taken[65536];
    ssize_t size;
    do {
        size = recv(fd, taken, sizeof(taken), 0);
    } while (size > 0);
    CHECK(size < 0 && errno == ECONNRESET);
    close(fd);
    finish();
}

static bool server_is_full(void)
{
    return !world.server->may_write;
}

// A kernel that takes nothing takes more when the bytes have reached the other end, and once again when it has probed
// the closed window, 200 ms later.
static void run_until_nothing_leaves(void)
{
    size_t sent;
    do {
        sent = world.bodies[0].sent;
        run_until(server_is_full);
        run_a_while(300);
    } while (world.bodies[0].sent != sent || !server_is_full());
}

static bool server_is_closing(void)
{
    return world.server && world.server->phase == WEFT_SESSION_CLOSING;
}

// What waits in TLS when a connection is given up has a time in all, however the peer goes on.
TEST(the_last_bytes_have_a_time_in_all)
{
    struct weft_http_limits limits = usual_limits;
    limits.write_timeout_ms = 2000;
    const struct way over_tls = {.is_tls = true};
    begin(&over_tls, weft_heap_alloc(), &limits);
    world.path = "/100000000";
    start_both(&over_tls);
    run_until(server_has_sent_much);
    weft_loop_unwatch(world.loop, &world.client->watch); // from here on it takes nothing
    weft_loop_cancel_task(world.loop, &world.client->task);
    run_until_nothing_leaves();
    uint64_t before_us = weft_loop_now_us(world.loop);
    CHECK_EQ(send(world.client->watch.fd, "no record", 9, 0), 9);
    run_until(server_is_closing);

    run_until(server_has_closed);

    uint64_t took_us = weft_loop_now_us(world.loop) - before_us;
    CHECK(took_us >= 2000000 && took_us < 10000000);
    CHECK_EQ(world.server_counters.write_timeout_ms, 1);
    CHECK(world.server_error[0] != '\0');
    finish();
}

TEST(a_client_that_resets_is_forgotten)
{
    begin(&ways[0], weft_heap_alloc(), &usual_limits);
    int fd = start_bare_client(false);
    static const char request[] = "GET /100000000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    CHECK_EQ(send(fd, request, sizeof(request) - 1, 0), sizeof(request) - 1);
    run_a_while(20);
    struct linger none = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(fd);

    run_until(server_has_closed);

    CHECK(world.server_error[0] != '\0');
    finish();
}

// TLS

TEST(a_client_that_does_not_finish_its_handshake_is_given_up)
{
    begin_in_haste(&ways[3], weft_heap_alloc(), &usual_limits, HASTE_MS);
    int fd = start_bare_client(true);
    CHECK_EQ(send(fd, "\x16\x03\x01", 3, 0), 3);

    run_until(server_has_closed);

    CHECK_SPAN(weft_span_of(world.server_error), "limit: handshake_timeout_ms");
    CHECK_EQ(world.server_counters.handshake_timeout_ms, 1);
    close(fd);
    finish();
}

TEST(a_client_whose_handshake_has_no_end_is_refused)
{
    static const uint8_t record[16384] = {22, 3, 1, 0x3f, 0xfb, 1, 0x10, 0, 0}; // a hello of 1 MB
    begin(&ways[3], weft_heap_alloc(), &usual_limits);
    int fd = start_bare_client(true);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(send(fd, record, sizeof(record), MSG_NOSIGNAL), sizeof(record));
    run_a_while(20);
    shutdown(fd, SHUT_WR);

    run_until(server_has_closed);

    CHECK_SPAN(weft_span_of(world.server_error), "limit: handshake_size");
    CHECK_EQ(world.server_counters.handshake_size, 1);
    close(fd);
    finish();
}

TEST(plain_http_on_a_port_for_tls_is_told_what_to_do)
{
    char text[4096];
    begin(&ways[3], weft_heap_alloc(), &usual_limits);
    int fd = start_bare_client(true);
    CHECK_EQ(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    run_a_while(20);
    shutdown(fd, SHUT_WR);

    run_until(server_has_closed);

    read_all(fd, text, sizeof(text));
    CHECK(strncmp(text, "HTTP/1.1 400 Bad Request\r\n", 26) == 0);
    const char *content = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");
    CHECK(content != NULL && length != NULL);
    CHECK_EQ(strtoul(length + 16, NULL, 10), strlen(content + 4));
    close(fd);
    finish();
}

TEST(a_server_that_cannot_be_trusted_is_not_asked)
{
    char error[128];
    begin(&ways[3], weft_heap_alloc(), &usual_limits);
    struct weft_tls_client_config config = {.alpn = both_protocols}; // the system's store
    struct weft_tls_context *context = weft_tls_client_new(&config, error, sizeof(error));
    if (!context) {
        finish();
        skip_test("this system trusts nobody");
    }
    weft_tls_context_free(world.client_tls);
    world.client_tls = context;

    start_both(&ways[3]);
    run_until(both_have_closed);

    CHECK_EQ(world.asked, 0);
    CHECK(strstr(world.client_error, "not trusted") != NULL);
    CHECK(strstr(world.server_error, "alert") != NULL);
    finish();
}

// RFC 9112 §9.8: without close_notify an answer may be cut short.
TEST(a_cut_under_tls_is_no_good_end)
{
    begin(&ways[2], weft_heap_alloc(), &usual_limits);
    world.path = "/70000-pausing";
    start_both(&ways[2]);
    run_until(server_is_asked);

    shutdown(world.server->watch.fd, SHUT_WR); // FIN, where close_notify should be
    run_until(all_streams_ended);

    CHECK_EQ(world.answered, 0);
    run_until(both_have_closed);
    CHECK_SPAN(weft_span_of(world.client_error), "the connection was cut: no close_notify came");
    finish();
}

// Reads what the server sends, while the loop runs, until nothing has come for a moment.
static size_t read_raw(int fd, uint8_t *room, size_t size)
{
    size_t at = 0;
    for (int quiet = 0; quiet < 5 && at < size;) {
        run_a_while(2);
        ssize_t got = recv(fd, room + at, size - at, MSG_DONTWAIT);
        quiet = got > 0 ? 0 : quiet + 1;
        if (got > 0) at += (size_t)got;
    }
    return at;
}

static void send_all(int fd, struct weft_queue *queue)
{
    struct weft_span bytes = weft_queue_bytes(queue);
    CHECK_EQ(send(fd, bytes.data, bytes.size, 0), bytes.size);
    weft_queue_drop(queue, bytes.size);
}

TEST(a_hello_in_two_parts_is_not_taken_for_plain_http)
{
    static uint8_t raw[20000];
    begin(&ways[2], weft_heap_alloc(), &usual_limits);
    int fd = start_bare_client(true);
    struct weft_tls *tls = weft_tls_new(world.client_tls, "localhost", weft_heap_alloc());
    CHECK_EQ(weft_tls_handshake(tls), WEFT_TLS_WANTS_INPUT);
    struct weft_queue *hello = weft_tls_output(tls);
    size_t letter = 1; // "localhost" is in lower case, but random bytes hold some capital
    while (hello->data[hello->start + letter] < 'A' || hello->data[hello->start + letter] > 'Z') {
        letter++;
        CHECK(letter < weft_queue_size(hello));
    }

    CHECK_EQ(send(fd, hello->data + hello->start, letter, 0), letter);
    run_a_while(5);
    weft_queue_drop(hello, letter);
    send_all(fd, hello);

    weft_tls_feed(tls, (struct weft_span){raw, read_raw(fd, raw, sizeof(raw))});
    CHECK_EQ(weft_tls_handshake(tls), WEFT_TLS_DONE);
    weft_tls_free(tls);
    close(fd);
    finish();
}

// Each small record fits a segment, and can be decrypted when that has come.
TEST(records_are_small_while_a_connection_is_cold)
{
    enum { RECORD_HEADER = 5, TAG_AND_TYPE = 17 };
    static uint8_t raw[400000];
    begin(&ways[2], weft_heap_alloc(), &usual_limits);
    int fd = start_bare_client(true);
    struct weft_tls *tls = weft_tls_new(world.client_tls, "localhost", weft_heap_alloc());
    CHECK_EQ(weft_tls_handshake(tls), WEFT_TLS_WANTS_INPUT);
    send_all(fd, weft_tls_output(tls));
    weft_tls_feed(tls, (struct weft_span){raw, read_raw(fd, raw, sizeof(raw))});
    CHECK_EQ(weft_tls_handshake(tls), WEFT_TLS_DONE);
    CHECK(weft_tls_send(tls, WEFT_SPAN("GET /300000 HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    send_all(fd, weft_tls_output(tls));

    size_t size = read_raw(fd, raw, sizeof(raw));

    CHECK(size > 300000);
    size_t count = 0;
    for (size_t at = 0; at + RECORD_HEADER <= size; count++) {
        size_t length = ((size_t)raw[at + 3] << 8 | raw[at + 4]) - TAG_AND_TYPE;
        if (count < 10) CHECK_EQ(length, 1400);
        CHECK(length <= 16384);
        at += RECORD_HEADER + length + TAG_AND_TYPE;
    }
    CHECK(count <= 10 + 300000 / 16384 + 10); // the rest is large, but for the ends of bursts
    weft_tls_free(tls);
    close(fd);
    finish();
}

// A socket that takes nothing.
static int full_socket(int *peer)
{
    int fds[2];
    static const uint8_t bytes[65536];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    while (send(fds[0], bytes, sizeof(bytes), 0) > 0)
        continue;
    *peer = fds[1];
    return fds[0];
}

// Frames that could overtake come up while records that were made before wait for the socket.
TEST(what_is_encrypted_leaves_before_what_comes_up_later)
{
    static const uint8_t ping[] = {0,   0,   8,   6,   0,   0,   0,   0,  0,
                                   'a', 'w', 'a', 'k', 'e', '?', '?', '!'};
    struct weft_http_event event;
    begin(&ways[3], weft_heap_alloc(), &usual_limits);
    world.path = "/70000-pausing";
    start_both(&ways[3]);
    run_until(server_is_asked);
    run_a_while(30);
    int peer;
    int full = full_socket(&peer);
    int open = dup(world.server->watch.fd);

    CHECK_EQ(dup2(full, world.server->watch.fd), world.server->watch.fd);
    world.bodies[0].is_pausing = false;
    weft_conn_resume(weft_session_conn(world.server), world.bodies[0].stream_id);
    weft_session_wake(world.server);
    CHECK_EQ(weft_loop_turn(world.loop, 0), 0);
    CHECK(world.server->sealed_plain > 0 && !world.server->may_write);
    CHECK_EQ(dup2(open, world.server->watch.fd), world.server->watch.fd);
    CHECK(weft_conn_feed(weft_session_conn(world.server), (struct weft_span){ping, sizeof(ping)},
                         weft_loop_now_us(world.loop)));
    CHECK(!weft_conn_next_event(weft_session_conn(world.server), &event)); // a PING is no event
    world.server->may_write = true;
    weft_session_wake(world.server);
    run_until(all_streams_ended);

    CHECK_EQ(world.answered, 1);
    CHECK_EQ(world.received, 70000);
    CHECK(!world.is_garbled);
    close(open);
    close(full);
    close(peer);
    finish();
}

TEST(hub_free_closes_all_that_live)
{
    begin(&ways[3], weft_heap_alloc(), &usual_limits);
    for (size_t i = 0; i < 3; i++) {
        start_both(&ways[3]);
    }
    CHECK_EQ(weft_session_hub_count(world.servers), 3);

    finish();

    CHECK_EQ(world.server_closed, 3);
    CHECK_EQ(world.client_closed, 3);
}

// Without memory

// One connection with a few requests, at a server whose allocator may fail; true where all went well.
// A turn without memory waits for the limits of time.
static bool serve_some(const struct way *way, const struct weft_alloc *alloc, uint32_t time_ms)
{
    struct weft_http_limits limits = usual_limits;
    limits.header_timeout_ms = limits.write_timeout_ms = time_ms;
    begin_in_haste(way, alloc, &limits, time_ms);
    world.path = "/30000";
    world.wanted = 3;
    bool is_good = world.servers != NULL;
    if (is_good) {
        start_both(way);
        run_until(all_streams_ended);
        is_good = world.answered == world.wanted;
    }
    finish();
    return is_good;
}

TEST(without_memory_sessions_end_and_leave_nothing)
{
    for (size_t i = 0; i < WEFT_COUNT(ways); i++) {
        struct test_alloc counts = {0};
        struct weft_alloc alloc = test_allocator(&counts);
        CHECK(serve_some(&ways[i], &alloc, RUN_MOST_MS));
        CHECK_EQ(counts.live, 0);
        size_t calls = counts.calls;
        for (size_t at = 1; at <= calls; at++) {
            counts = (struct test_alloc){.fail_at = at};
            (void)serve_some(&ways[i], &alloc, HASTE_MS);
            CHECK_EQ(counts.live, 0);
        }
    }
}
