// h1/memory_test.c: what happens when there is no memory, or no more than the budget.
#include "rig_test.h"

static struct rig rig;

static void request(enum weft_http_method method, bool ends)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    struct weft_http_turn turn;
    uint64_t id;
    head.method = (uint8_t)method;
    head.scheme = WEFT_SPAN("http");
    head.authority = WEFT_SPAN("a");
    head.path = WEFT_SPAN("/");
    if (weft_h1_request(rig.conn, &head, ends, &id)) return;
    if (!ends && weft_h1_next_turn(rig.conn, 3000, &turn)) {
        memset(turn.room, 'x', turn.size);
        weft_h1_commit(rig.conn, &turn, turn.size, true);
    }
}

#define POST                                                       \
    "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n" \
    "expect: 100-continue\r\n\r\n"

static void run_server(void)
{
    rig.body = "a body that is worth a turn or two";
    rig.is_chunked = true;
    rig_feed_text(&rig, POST, 9);
    rig_feed_text(&rig, "5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\nGET / HT", 9);
    rig_feed_text(&rig, "TP/1.1\r\nhost: a\r\n\r\nGET http://b?q HTTP/1.1\r\nhost: a\r\n\r\n", 0);
    for (size_t i = 0; i < 3; i++) // a head that is remembered, and then known
        rig_feed_text(&rig, "GET / HTTP/1.1\r\nhost: a\r\n\r\n", 0);
    rig_feed_text(&rig, "GET / HTTP/9.9\r\n\r\n", 0);
}

static void run_client(void)
{
    request(WEFT_HTTP_PUT, false);
    request(WEFT_HTTP_GET, true);
    rig_run(&rig);
    rig_feed_text(&rig, "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n", 0);
    rig_feed_text(&rig, "transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-sum: 1\r\n\r\n", 9);
    rig_feed_text(&rig, "HTTP/1.1 200 OK\r\n\r\nuntil the close", 9);
    weft_h1_feed_end(rig.conn, rig.now_us);
    rig_run(&rig);
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, word)); at++)
        found++;
    return found;
}

// Runs a scenario with the n-th allocation failing, for each n: no crash, no leak, and each stream that was made known
// ends exactly once.
static void run_without_memory(enum weft_http_role role, void (*scenario)(void))
{
    size_t failures = 0;
    for (size_t fail_at = 1;; fail_at++) {
        rig_start(&rig, role);
        rig.memory.fail_at = fail_at;
        if (!rig_open(&rig)) continue;
        scenario();
        CHECK_EQ(weft_h1_stream_count(rig.conn), 0);
        size_t streams = weft_h1_totals(rig.conn)->requests;
        CHECK_EQ(count(rig.story, "CLOSED;") + count(rig.story, "LOST"), streams);
        bool has_failed = rig.memory.calls >= fail_at;
        rig_close(&rig);
        if (!has_failed) break;
        failures++;
    }
    CHECK(failures >= 5); // the scenario allocates, or it shows nothing
}

TEST(a_server_without_memory_ends_in_order)
{
    run_without_memory(WEFT_HTTP_SERVER, run_server);
}

TEST(a_client_without_memory_ends_in_order)
{
    run_without_memory(WEFT_HTTP_CLIENT, run_client);
}

TEST(a_request_that_finds_no_memory_was_not_made)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    uint64_t id;
    rig_start(&rig, WEFT_HTTP_CLIENT);
    CHECK(rig_open(&rig));
    head.method = WEFT_HTTP_GET;
    head.scheme = WEFT_SPAN("http");
    head.authority = WEFT_SPAN("a");
    head.path = WEFT_SPAN("/");
    for (int i = 1; i <= 2; i++) {
        rig.memory.fail_at = rig.memory.calls + (size_t)i;
        CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_NO_MEMORY);
        CHECK_EQ(weft_h1_stream_count(rig.conn), 0);
    }
    CHECK_EQ(weft_h1_request(rig.conn, &head, true, &id), WEFT_OK);
    CHECK_EQ(id, 1);
    rig_close(&rig);
}

TEST(an_answer_that_finds_no_memory_can_be_tried_again)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    rig_start(&rig, WEFT_HTTP_SERVER);
    rig.is_silent = true;
    CHECK(rig_open(&rig));
    rig_feed_text(&rig, "GET / HTTP/1.1\r\nhost: a\r\n\r\n", 0);
    head.status = 103;
    rig.memory.fail_at = rig.memory.calls + 1;
    CHECK_EQ(weft_h1_respond(rig.conn, 1, &head, true), WEFT_NO_MEMORY);
    head.status = 200;
    rig.memory.fail_at = rig.memory.calls + 1;
    CHECK_EQ(weft_h1_respond(rig.conn, 1, &head, false), WEFT_NO_MEMORY);
    CHECK_EQ(weft_h1_respond(rig.conn, 1, &head, false), WEFT_OK);
    rig_run(&rig);

    struct weft_http_turn turn; // with what is waiting, room for much is not to be had
    rig.holds_output = true;
    CHECK(weft_h1_next_turn(rig.conn, 10, &turn));
    weft_h1_commit(rig.conn, &turn, 10, false);
    rig.memory.fail_at = rig.memory.calls + 1;
    CHECK(!weft_h1_next_turn(rig.conn, 10000, &turn));
    CHECK(weft_h1_next_turn(rig.conn, 10, &turn));
    weft_h1_commit(rig.conn, &turn, 0, false);
    rig_close(&rig);
}

// Limit memory_budget
TEST(a_connection_stays_within_its_budget)
{
    static char long_pipeline[20000];
    memset(long_pipeline, 'x', sizeof(long_pipeline) - 1);
    struct weft_span get = WEFT_SPAN("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    memcpy(long_pipeline, get.data, get.size);
    rig_start(&rig, WEFT_HTTP_SERVER);
    rig.limits.memory_budget = 10000;
    rig.is_silent = true;
    CHECK(rig_open(&rig));
    rig_feed_text(&rig, long_pipeline, 0);
    CHECK(strstr(rig.story, "FAILED: no memory for what was received") != NULL);
    CHECK_EQ(rig.counters.memory_budget, 1);
    CHECK(rig.memory.peak < 10000);
    rig_close(&rig);

    rig_start(&rig, WEFT_HTTP_SERVER);
    rig.limits.memory_budget = 1000;
    CHECK(rig_open(&rig));
    rig_feed_text(&rig, "GET / HTTP/1.1\r\nhost: a\r\n\r\n", 0);
    CHECK(strstr(rig.output, "HTTP/1.1 500 ") != NULL);
    rig_close(&rig);
}
