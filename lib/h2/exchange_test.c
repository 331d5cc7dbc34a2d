// h2/exchange_test.c: whole exchanges between a client and a server of ours, run whole, in pieces of every size, and
// with each allocation failing in turn.
#include "h2/h2.h"

#include "counting_alloc.h"
#include "duet.h"

DUET_ENGINE(h2, struct weft_h2_conn);

static struct test_alloc memory;
static struct weft_alloc alloc;
static struct weft_http_limits limits;
static struct duet duet;
static uint8_t content[100000];
static struct duet_body bodies[256];
static uint64_t pushed_id;

static void *new_side(enum weft_http_role role)
{
    struct weft_http_engine_config config = {
        .role = role,
        .alloc = &alloc,
        .limits = &limits,
        .now_us = 1,
        .seed = 7,
        .accepts_push = true,
    };
    return weft_h2_new(&config);
}

// Both sides, or false without memory
static bool start(size_t fail_at, size_t piece)
{
    memory = (struct test_alloc){.fail_at = fail_at};
    alloc = test_allocator(&memory);
    duet = (struct duet){.now_us = 1};
    memset(bodies, 0, sizeof(bodies));
    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)(i * 31 + i / 251);
    duet.client = (struct duet_side){
        .name = "client", .engine = &duet_h2, .conn = new_side(WEFT_HTTP_CLIENT), .piece = piece};
    duet.server = (struct duet_side){
        .name = "server", .engine = &duet_h2, .conn = new_side(WEFT_HTTP_SERVER), .piece = piece};
    return duet.client.conn && duet.server.conn;
}

static void end(void)
{
    duet_end(&duet);
    CHECK_EQ(memory.live, 0);
}

static struct weft_http_head request_head(enum weft_http_method method, const char *path)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = (uint8_t)method;
    head.authority = WEFT_SPAN("example.org");
    head.path = weft_span_of(path);
    return head;
}

static struct duet_body *body_of(uint64_t stream_id, size_t size, size_t chunk)
{
    struct duet_body *body = &bodies[stream_id % 256];
    *body = (struct duet_body){.bytes = {content, size}, .chunk = chunk};
    return body;
}

// What fails for want of memory may fail, but nothing may be called wrong.
static void expect(enum weft_result result)
{
    CHECK(result == WEFT_OK ||
          (memory.fail_at > 0 && (result == WEFT_NO_MEMORY || result == WEFT_GONE)));
}

static void respond(void *conn, uint64_t stream_id, size_t size)
{
    const struct weft_http_field fields[] = {
        WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("text/plain")),
        WEFT_HTTP_FIELD(SERVER, WEFT_SPAN("weft")),
    };
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.content_length = (int64_t)size;
    head.fields = fields;
    head.field_count = 2;
    weft_h2_set_user(conn, stream_id, body_of(stream_id + 128, size, 3000)); // not the client's
    expect(weft_h2_respond(conn, stream_id, &head, size == 0));
}

static void push(void *conn, uint64_t stream_id)
{
    struct weft_http_head head = request_head(WEFT_HTTP_GET, "/pushed");
    uint64_t id = 0;
    enum weft_result result = weft_h2_push(conn, stream_id, &head, &id);
    expect(result);
    if (result != WEFT_OK) return;
    pushed_id = id;
    respond(conn, id, 5000);
}

static void serve(struct duet *running, struct duet_side *self, const struct weft_http_event *event)
{
    (void)running;
    if (event->type == WEFT_HTTP_REQUEST) {
        struct weft_http_head early = WEFT_HTTP_HEAD_INIT;
        early.status = 103;
        if (weft_span_is(event->head->path, "/hints")) {
            expect(weft_h2_respond(self->conn, event->stream_id, &early, false));
            push(self->conn, event->stream_id);
        }
    }
    if (event->type <= WEFT_HTTP_TRAILERS && event->ends_message) {
        respond(self->conn, event->stream_id, event->stream_id == 1 ? 12 : 70000);
    }
}

// Three requests: a small GET, a POST of 90,000 bytes, a GET with hints and a push.
static void run_scenario(void)
{
    duet.server.event = serve;
    struct weft_http_head head = request_head(WEFT_HTTP_GET, "/a");
    uint64_t id = 0;
    expect(weft_h2_request(duet.client.conn, &head, true, &id));
    duet_run(&duet);
    head = request_head(WEFT_HTTP_POST, "/b");
    if (weft_h2_request(duet.client.conn, &head, false, &id) == WEFT_OK) {
        weft_h2_set_user(duet.client.conn, id, body_of(id, 90000, 0));
    }
    head = request_head(WEFT_HTTP_GET, "/hints");
    expect(weft_h2_request(duet.client.conn, &head, true, &id));
    duet_run(&duet);
    weft_h2_drain(duet.server.conn, duet.now_us);
    duet_run(&duet);
    duet_wait(&duet, 1000000);
}

static char stories[5][2][DUET_STORY];

static void keep_or_compare(bool keep)
{
    for (uint64_t id = 0; id < 5; id++) {
        struct duet_side *sides[] = {&duet.client, &duet.server};
        uint64_t stream_id = id == 4 ? 2 : id * 2 + 1;
        for (size_t i = 0; i < 2; i++) {
            const char *seen = duet_seen(sides[i], stream_id);
            if (keep) snprintf(stories[id][i], DUET_STORY, "%s", seen);
            if (!keep) CHECK_SAME(weft_span_of(seen), weft_span_of(stories[id][i]));
        }
    }
}

// RFC 9113 §8.1, §8.4, §6.8, §6.9
TEST(exchanges_go_through_in_pieces_of_every_size)
{
    limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    CHECK(start(0, 0));
    run_scenario();
    CHECK_SPAN(weft_span_of(duet_seen(&duet.server, 1)), "REQUEST GET /a;END;CLOSED");
    char response[64];
    snprintf(response, sizeof(response), "RESPONSE 200;DATA 12 %08x;END;CLOSED",
             (unsigned)duet_hash(2166136261u, (struct weft_span){content, 12}));
    CHECK_SAME(weft_span_of(duet_seen(&duet.client, 1)), weft_span_of(response));
    CHECK_EQ(pushed_id, 2);
    CHECK(strstr(duet_seen(&duet.client, 2), "RESPONSE 200;DATA 5000"));
    CHECK(strstr(duet_seen(&duet.client, 5), "INTERIM 103;PROMISE 2;RESPONSE 200;DATA 70000"));
    CHECK(strstr(duet_seen(&duet.server, 3), "REQUEST POST /b;DATA 90000"));
    CHECK(weft_h2_is_finished(duet.server.conn));
    keep_or_compare(true);
    end();
    for (size_t piece = 1; piece < 64; piece++) {
        CHECK(start(0, piece * piece));
        run_scenario();
        keep_or_compare(false);
        end();
    }
}

// Every allocation fails once: no crash, no leak, and each stream that was made known is closed.
TEST(each_failing_allocation_is_survived)
{
    limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    CHECK(start(0, 0));
    run_scenario();
    size_t calls = memory.calls;
    end();
    CHECK(calls > 20);
    for (size_t fail_at = 1; fail_at <= calls; fail_at++) {
        if (start(fail_at, 0)) {
            run_scenario();
            duet.client.engine->feed_end(duet.client.conn, duet.now_us);
            duet.server.engine->feed_end(duet.server.conn, duet.now_us);
            duet_run(&duet);
        }
        end();
    }
}

// A thousand streams, with windows, pieces, pauses and resets of all sizes: what arrives is what was sent.
struct crowd {
    uint64_t random;
    size_t open;
    size_t done;
    size_t reset;
    size_t bad;
    struct duet_body server_bodies[2048];
    size_t expected[2048];
    size_t received[2048];
};

static struct crowd crowd;

static uint32_t draw(uint32_t below)
{
    crowd.random = crowd.random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(crowd.random >> 33) % below;
}

static void crowd_serve(struct duet_side *self, const struct weft_http_event *event)
{
    uint64_t at = event->stream_id / 2;
    if (event->type != WEFT_HTTP_REQUEST) return;
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.content_length = (int64_t)crowd.expected[at];
    crowd.server_bodies[at] = (struct duet_body){.bytes = {content, crowd.expected[at]},
                                                 .chunk = draw(3) == 0 ? 1 + draw(999) : 0};
    weft_h2_set_user(self->conn, event->stream_id, &crowd.server_bodies[at]);
    CHECK_EQ(weft_h2_respond(self->conn, event->stream_id, &head, false), WEFT_OK);
}

static void crowd_take(struct duet_side *self, const struct weft_http_event *event)
{
    uint64_t at = event->stream_id / 2;
    if (event->type == WEFT_HTTP_DATA) {
        if (memcmp(event->data.data, content + crowd.received[at], event->data.size) != 0)
            crowd.bad++;
        crowd.received[at] += event->data.size;
        if (draw(200) == 0) {
            weft_h2_reset(self->conn, event->stream_id, WEFT_HTTP_CANCEL);
        } else {
            weft_h2_consume(self->conn, event->stream_id, event->data.size);
        }
    }
    if (event->type != WEFT_HTTP_STREAM_CLOSED) return;
    crowd.open--;
    crowd.done++;
    if (event->error.scope == WEFT_HTTP_FINE) {
        if (crowd.received[at] != crowd.expected[at]) crowd.bad++;
    } else {
        crowd.reset++;
    }
}

static void crowd_move(struct duet_side *from, struct duet_side *to,
                       void (*act)(struct duet_side *self, const struct weft_http_event *event))
{
    struct weft_span out = weft_h2_output(from->conn);
    size_t size = out.size > 0 ? 1 + draw((uint32_t)(out.size < 9000 ? out.size : 9000)) : 0;
    if (size == 0 || !weft_h2_wants_input(to->conn)) return;
    uint8_t *copy = malloc(size);
    if (!copy) abort();
    memcpy(copy, out.data, size);
    weft_h2_sent(from->conn, size, duet.now_us);
    CHECK(weft_h2_feed(to->conn, (struct weft_span){copy, size}, duet.now_us));
    struct weft_http_event event;
    while (weft_h2_next_event(to->conn, &event))
        act(to, &event);
    free(copy);
}

static void crowd_turns(struct duet_side *side)
{
    struct weft_http_turn turn;
    for (uint32_t i = draw(8); i > 0 && weft_h2_next_turn(side->conn, 1 + draw(20000), &turn);
         i--) {
        struct duet_body *body = turn.user;
        size_t size = body->bytes.size - body->at;
        if (size > turn.size) size = turn.size;
        if (body->chunk && size > body->chunk) size = body->chunk;
        if (draw(10) == 0) size = 0; // nothing yet
        memcpy(turn.room, body->bytes.data + body->at, size);
        body->at += size;
        bool ends = body->at == body->bytes.size;
        weft_h2_commit(side->conn, &turn, size, ends);
        if (size == 0 && !ends) weft_h2_resume(side->conn, turn.stream_id);
    }
}

static void run_crowd(uint64_t seed, size_t count)
{
    memset(&crowd, 0, sizeof(crowd));
    crowd.random = seed;
    CHECK(start(0, 0));
    for (size_t asked = 0, rounds = 0; crowd.done < count; rounds++) {
        CHECK(rounds < 1000000);
        struct weft_http_head head = request_head(WEFT_HTTP_GET, "/");
        head.priority.urgency = (uint8_t)draw(8);
        head.priority.incremental = draw(2);
        uint64_t id = 0;
        if (asked < count && crowd.open < 100 && draw(3) == 0 &&
            weft_h2_request(duet.client.conn, &head, true, &id) == WEFT_OK) {
            crowd.expected[id / 2] = draw(20) == 0 ? draw(sizeof(content)) : draw(3000);
            crowd.open++;
            asked++;
        }
        duet.now_us += draw(2000);
        crowd_turns(&duet.server);
        crowd_move(&duet.client, &duet.server, crowd_serve);
        crowd_move(&duet.server, &duet.client, crowd_take);
        struct weft_http_event event; // of what the client itself has ended
        while (weft_h2_next_event(duet.client.conn, &event))
            crowd_take(&duet.client, &event);
    }
    CHECK_EQ(crowd.bad, 0);
    CHECK(crowd.reset > 0 && crowd.reset < count / 2);
    end();
}

// RFC 9113 §5.2, §6.9; RFC 9218 §10
TEST(a_thousand_streams_of_all_kinds_arrive)
{
    limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    limits.reset_burst = 100000;
    run_crowd(1, 1000);
    limits.stream_window = 1000; // less than an answer
    limits.stream_window_most = 1000;
    limits.glitch_burst = 1000000;
    run_crowd(2, 1000);
}

// Thousands of connections may be open: memory for content is held only while there is content on its way.
TEST(what_has_left_is_held_no_longer)
{
    limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    CHECK(start(0, 0));
    duet.server.event = serve;
    struct weft_http_head head = request_head(WEFT_HTTP_GET, "/a");
    uint64_t id = 0;
    size_t live = 0;
    for (int i = 0; i < 3; i++) { // 12 bytes of content, then 70,000, twice
        CHECK_EQ(weft_h2_request(duet.client.conn, &head, true, &id), WEFT_OK);
        duet_run(&duet);
        if (i == 0) live = memory.live;
    }
    CHECK(memory.peak > live + 10000);
    CHECK(memory.live < live + 4096);
    end();
}

static void serve_small(struct duet *running, struct duet_side *self,
                        const struct weft_http_event *event)
{
    (void)running;
    if (event->type == WEFT_HTTP_REQUEST) respond(self->conn, event->stream_id, 500);
}

// In the steady state a request costs no allocation. (For content of more than a few frames' heads, memory is lent by
// the allocator until the last byte has left.)
TEST(requests_in_the_steady_state_allocate_nothing)
{
    limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    CHECK(start(0, 0));
    duet.server.event = serve_small;
    size_t calls = 0;
    for (int i = 0; i < 100; i++) {
        const struct weft_http_field fields[] = {
            WEFT_HTTP_FIELD(ACCEPT, WEFT_SPAN("text/html,application/xhtml+xml")),
            WEFT_HTTP_FIELD(ACCEPT_ENCODING, WEFT_SPAN("gzip, deflate, br, zstd")),
            WEFT_HTTP_FIELD(ACCEPT_LANGUAGE, WEFT_SPAN("en-US,en;q=0.9")),
            WEFT_HTTP_FIELD(USER_AGENT,
                            WEFT_SPAN("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")),
            WEFT_HTTP_FIELD(COOKIE,
                            WEFT_SPAN("session=0123456789abcdef0123456789abcdef; theme=dark")),
            WEFT_HTTP_FIELD(REFERER,
                            WEFT_SPAN("https://example.org/a/rather/long/path?with=query")),
            WEFT_HTTP_FIELD(CACHE_CONTROL, WEFT_SPAN("no-cache")),
            WEFT_HTTP_FIELD(SEC_FETCH_DEST, WEFT_SPAN("document")),
            WEFT_HTTP_FIELD(SEC_FETCH_MODE, WEFT_SPAN("navigate")),
            WEFT_HTTP_FIELD(SEC_FETCH_SITE, WEFT_SPAN("same-origin")),
            WEFT_HTTP_FIELD(SEC_FETCH_USER, WEFT_SPAN("?1")),
            WEFT_HTTP_FIELD(IF_NONE_MATCH, WEFT_SPAN("\"0123456789abcdef\"")),
        };
        struct weft_http_head head = request_head(WEFT_HTTP_GET, "/a");
        head.fields = fields;
        head.field_count = WEFT_COUNT(fields);
        uint64_t id = 0;
        CHECK_EQ(weft_h2_request(duet.client.conn, &head, true, &id), WEFT_OK);
        duet.server.story_count = duet.client.story_count = 0;
        duet_run(&duet);
        if (i == 49) calls = memory.calls;
    }
    CHECK_EQ(memory.calls, calls);
    end();
}
