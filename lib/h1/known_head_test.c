// h1/known_head_test.c: a request whose head came before means what it would mean to a connection that remembers nothing.
//
// A connection with a trace remembers nothing: it is what the others are compared with.
#include "http/trace.h"
#include "rig_test.h"

enum { TIMES = 4 }; // once, again to be remembered, and twice when it is known

static struct rig known;
static struct rig fresh;

static void open_both(void)
{
    static uint64_t memory[8192];
    static struct weft_trace trace;
    weft_trace_init(&trace, memory, sizeof(memory));
    rig_start(&known, WEFT_HTTP_SERVER);
    rig_start(&fresh, WEFT_HTTP_SERVER);
    fresh.trace = &trace;
    CHECK(rig_open(&known));
    CHECK(rig_open(&fresh));
}

static void feed_both(struct weft_span bytes)
{
    rig_feed(&known, bytes);
    rig_feed(&fresh, bytes);
}

static void check_same_totals(void)
{
    const struct weft_http_totals *is = weft_h1_totals(known.conn);
    const struct weft_http_totals *should = weft_h1_totals(fresh.conn);
    CHECK_EQ(is->requests, should->requests);
    CHECK_EQ(is->received_size, should->received_size);
    CHECK_EQ(is->sent_size, should->sent_size);
    CHECK_EQ(is->field_wire_received, should->field_wire_received);
    CHECK_EQ(is->field_text_received, should->field_text_received);
    CHECK_EQ(is->content_received, should->content_received);
}

// Both have told and sent the same, and stand alike.
static void check_both(void)
{
    CHECK_SAME(weft_span_of(known.story), weft_span_of(fresh.story));
    CHECK_SAME(rig_output(&known), rig_output(&fresh));
    CHECK_EQ(weft_h1_is_finished(known.conn), weft_h1_is_finished(fresh.conn));
    CHECK_EQ(weft_h1_wants_input(known.conn), weft_h1_wants_input(fresh.conn));
    CHECK_EQ(weft_h1_deadline(known.conn), weft_h1_deadline(fresh.conn));
    CHECK(memcmp(&known.counters, &fresh.counters, sizeof(known.counters)) == 0);
    check_same_totals();
    rig_close(&known);
    rig_close(&fresh);
}

static const char usual[] = "GET /a%20b?c HTTP/1.1\r\nHost: example:80\r\nX-One: \t 1\r\n"
                            "Accept: */*\r\nPriority: u=1, i\r\n\r\n";

static const char *const heads[] = {
    usual,
    "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: a\r\n\r\n",
    "BREW /pot HTTP/1.1\r\nhost: a\r\n\r\n",
    "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
    "GET / HTTP/1.7\r\nhost: a\r\nconnection: x, y\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    "GET http://b:8/x HTTP/1.1\r\nhost: a\r\n\r\n",
    "GET http://b HTTP/1.1\r\nhost: a\r\n\r\n",
    "GET http://b?mended HTTP/1.1\r\nhost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\nexpect: more\r\n\r\n",
    "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc",
    "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "PUT / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\nx",
};

// A head several times, the last time in two pieces.
static void check_split(struct weft_span head, size_t split)
{
    open_both();
    for (size_t time = 1; time < TIMES; time++)
        feed_both(head);
    feed_both(weft_span_part(head, 0, split));
    feed_both(weft_span_skip(head, split));
    check_both();
}

TEST(a_known_request_is_as_any_other_wherever_it_is_split)
{
    for (size_t i = 0; i < WEFT_COUNT(heads); i++) {
        for (size_t split = 0; split <= strlen(heads[i]); split++)
            check_split(weft_span_of(heads[i]), split);
    }
}

TEST(a_pipeline_of_known_requests_is_as_any_other)
{
    for (size_t i = 0; i < WEFT_COUNT(heads); i++) {
        char pipeline[1024];
        snprintf(pipeline, sizeof(pipeline), "%s%s%s%s", heads[i], heads[i], heads[i], heads[i]);
        for (size_t split = 1; split <= strlen(pipeline); split++) {
            open_both();
            feed_both(weft_span_part(weft_span_of(pipeline), 0, split));
            feed_both(weft_span_skip(weft_span_of(pipeline), split));
            check_both();
        }
    }
}

static void check_changed(struct weft_span head, size_t at, char byte)
{
    uint8_t changed[sizeof(usual)];
    memcpy(changed, head.data, head.size);
    changed[at] = (uint8_t)byte;
    open_both();
    for (size_t time = 0; time < TIMES; time++)
        feed_both(head);
    feed_both((struct weft_span){changed, head.size});
    feed_both(head);
    check_both();
}

// RFC 9112 §11.2: what is remembered of one head says nothing about another that looks nearly the same.
TEST(a_head_that_differs_in_one_byte_is_another)
{
    static const char others[] = "\r\n \t:,xX0\x7f\xff"; // and the NUL
    struct weft_span head = weft_span_of(usual);
    for (size_t at = 0; at < head.size; at++) {
        for (size_t i = 0; i < sizeof(others); i++)
            check_changed(head, at, others[i]);
    }
}

// What bears content, or more than a wish for an answer, is read anew each time; so is what differs from time to time.
TEST(only_what_is_all_in_its_head_is_remembered)
{
    static const bool is_remembered[] = {
        [0] = true, [1] = true, [2] = true, [3] = true, [4] = true,
        [5] = true, [6] = true, [8] = true, [9] = true, [18] = false};
    for (size_t i = 0; i < WEFT_COUNT(heads); i++) {
        open_both();
        for (size_t time = 0; time < TIMES; time++)
            feed_both(weft_span_of(heads[i]));
        size_t more = weft_h1_memory(known.conn) - weft_h1_memory(fresh.conn);
        CHECK_EQ(more > 0, is_remembered[i]);
        check_both();
    }
}

// The head itself, with what the story does not tell.
TEST(a_known_head_is_told_whole)
{
    struct weft_http_event event;
    open_both();
    for (size_t time = 0; time < TIMES; time++) {
        weft_h1_feed(known.conn, weft_span_of(usual), known.now_us);
        CHECK(weft_h1_next_event(known.conn, &event));
        const struct weft_http_head *head = event.head;
        CHECK_EQ(event.stream_id, time + 1);
        CHECK(event.ends_message && !head->expects_continue);
        CHECK_EQ(head->version, WEFT_HTTP_1_1);
        CHECK_EQ(head->method, WEFT_HTTP_GET);
        CHECK_SPAN(head->method_text, "GET");
        CHECK_SPAN(head->authority, "example:80");
        CHECK_SPAN(head->path, "/a%20b?c");
        CHECK_EQ(head->content_length, WEFT_HTTP_LENGTH_UNKNOWN);
        CHECK(head->priority.urgency == 1 && head->priority.incremental);
        CHECK_EQ(head->field_count, 4);
        CHECK_EQ(head->fields[1].id, WEFT_HTTP_OTHER_FIELD);
        CHECK_SPAN(head->fields[1].name, "x-one");
        CHECK_SPAN(head->fields[1].value, "1");
        CHECK(weft_http_head_find(head, WEFT_HTTP_FIELD_ACCEPT) == &head->fields[2]);
        CHECK(!weft_http_head_find(head, WEFT_HTTP_FIELD_TE));
        CHECK_EQ(head->known_as, time < 2 ? 0 : 2); // the request that it was remembered from
        rig_answer(&known, event.stream_id);
        rig_run(&known);
    }
    rig_close(&known);
    rig_close(&fresh);
}

// Asks for a path once more; returns the number that its head has.
static uint64_t number_of(const char *path)
{
    struct weft_http_event event;
    char request[64];
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    weft_h1_feed(known.conn, weft_span_of(request), known.now_us);
    CHECK(weft_h1_next_event(known.conn, &event));
    CHECK_SAME(event.head->path, weft_span_of(path));
    uint64_t known_as = event.head->known_as;
    rig_answer(&known, event.stream_id);
    rig_run(&known);
    return known_as;
}

// A number stands for one head: those that push each other out have others each time.
TEST(a_number_is_of_one_head)
{
    static const char *const paths[] = {"/a", "/b", "/a"};
    uint64_t last = 0;
    open_both();
    for (size_t i = 0; i < WEFT_COUNT(paths); i++) {
        CHECK_EQ(number_of(paths[i]), 0);
        CHECK_EQ(number_of(paths[i]), 0);
        uint64_t number = number_of(paths[i]);
        CHECK(number > last);
        CHECK_EQ(number_of(paths[i]), number);
        last = number;
    }
    rig_close(&known);
    rig_close(&fresh);
}

// Limit requests_per_connection, and the others that are counted by requests, hold for known ones too.
TEST(known_requests_count)
{
    open_both();
    known.limits.requests_per_connection = fresh.limits.requests_per_connection = TIMES + 2;
    known.limits.pipeline_count = fresh.limits.pipeline_count = 3;
    known.holds_output = fresh.holds_output = true;
    for (size_t time = 0; time < TIMES + 4; time++) {
        feed_both(weft_span_of(usual));
        if (time == TIMES) known.holds_output = fresh.holds_output = false;
    }
    CHECK_EQ(known.counters.requests_per_connection, 1);
    CHECK(known.counters.pipeline_count > 0);
    check_both();
}

TEST(what_is_remembered_counts_and_goes_with_idleness)
{
    open_both();
    for (size_t time = 0; time < TIMES; time++)
        feed_both(weft_span_of(usual));
    CHECK(weft_h1_memory(known.conn) > weft_h1_memory(fresh.conn) + 2 * strlen(usual));
    CHECK_EQ(known.memory.live, weft_h1_memory(known.conn));
    rig_wait(&known, 2000000);
    rig_wait(&fresh, 2000000);
    CHECK_EQ(weft_h1_memory(known.conn), weft_h1_memory(fresh.conn));
    feed_both(weft_span_of(usual));
    check_both();
}

// Limit memory_budget: nothing is remembered that would take more than half of it.
TEST(nothing_is_remembered_beyond_the_budget)
{
    open_both();
    known.limits.memory_budget = fresh.limits.memory_budget = 6000;
    for (size_t time = 0; time < TIMES; time++)
        feed_both(weft_span_of(usual));
    CHECK_EQ(weft_h1_memory(known.conn), weft_h1_memory(fresh.conn));
    check_both();
}
