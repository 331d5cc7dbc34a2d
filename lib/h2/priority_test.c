// h2/priority_test.c: whose answer goes first, by what a client says in either scheme; pushes. RFC 9218, RFC 9113 §8.4.
#include "h2/frame.h"

#include "h2_frames.h"

#include "http/trace.h"

static void respond(struct side *side, uint64_t id)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    CHECK_EQ(weft_h2_respond(side->conn, id, &head, false), WEFT_OK);
}

// The streams of the next turns, a digit each
static void check_turns(struct side *side, const char *order)
{
    for (; *order; order++) {
        struct weft_http_turn turn;
        CHECK(weft_h2_next_turn(side->conn, 100, &turn));
        CHECK_EQ(turn.stream_id, *order - '0');
        memset(turn.room, 'x', turn.size);
        weft_h2_commit(side->conn, &turn, turn.size, false);
    }
}

static void ask(struct side *side, uint32_t id, const char *priority)
{
    const char *const fields[] = {"priority", priority, NULL};
    const char *const none[] = {NULL};
    put_request_with(&side->in, id, END_STREAM, false, priority ? fields : none);
    side_feed(side);
    respond(side, id);
}

// RFC 9218 §4, §5, §10 (PR-03, PR-09)
TEST(the_priority_field_orders_answers)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    ask(side, 1, "u=5");
    ask(side, 3, "u=1");
    ask(side, 5, NULL);
    check_turns(side, "333");
    weft_h2_reset(side->conn, 3, WEFT_HTTP_CANCEL);
    check_turns(side, "555");
    weft_h2_reset(side->conn, 5, WEFT_HTTP_CANCEL);
    check_turns(side, "11");
    side_end(side);
}

static void send_on(struct side *side, size_t size)
{
    struct weft_http_turn turn;
    for (; size > 0; size -= turn.size) {
        CHECK(weft_h2_next_turn(side->conn, size, &turn));
        memset(turn.room, 'x', turn.size);
        weft_h2_commit(side->conn, &turn, turn.size, false);
        side_drain(side);
    }
}

// A client that has not shown that it knows priorities gets fair shares, behind the first bytes of each answer.
TEST(without_any_signal_answers_share)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_u32_frame(&side->in, WINDOW_UPDATE, 0, 1000000);
    ask(side, 1, NULL);
    ask(side, 3, NULL);
    check_turns(side, "11");
    send_on(side, 32768 - 200);
    check_turns(side, "33");
    send_on(side, 32768 - 200);
    check_turns(side, "1313");
    ask(side, 5, NULL);
    check_turns(side, "55");
    ask(side, 7, "u=3"); // now it has
    check_turns(side, "1111");
    side_end(side);
}

static void ask_for(struct side *side, uint32_t id, const char *name, const char *value,
                    const char *type)
{
    const char *const fields[] = {name, value, NULL};
    put_request_with(&side->in, id, END_STREAM, false, fields);
    side_feed(side);
    struct weft_http_field field = WEFT_HTTP_FIELD(CONTENT_TYPE, weft_span_of(type));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.fields = &field;
    head.field_count = 1;
    CHECK_EQ(weft_h2_respond(side->conn, id, &head, false), WEFT_OK);
}

TEST(without_any_signal_requests_and_answers_are_ranked_as_browsers_rank)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    ask_for(side, 1, "sec-fetch-dest", "video", "text/css"); // the request goes before the answer
    ask_for(side, 3, "accept", "*/*", "image/png");
    ask_for(side, 5, "accept", "*/*", "text/html; charset=utf-8");
    ask_for(side, 7, "sec-fetch-dest", "style", "text/plain");
    check_turns(side, "77");
    weft_h2_reset(side->conn, 7, WEFT_HTTP_CANCEL);
    check_turns(side, "55");
    weft_h2_reset(side->conn, 5, WEFT_HTTP_CANCEL);
    check_turns(side, "33");
    weft_h2_reset(side->conn, 3, WEFT_HTTP_CANCEL);
    check_turns(side, "11");
    side_end(side);
}

// Chromium calls all incremental that it fetches for a 103; shared, the last byte of each would come late.
TEST(style_sheets_scripts_and_fonts_do_not_share_for_a_signal_of_habit)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    ask_for(side, 1, "priority", "u=0, i", "image/png");
    ask_for(side, 3, "priority", "u=0, i", "image/png");
    check_turns(side, "1313");
    ask_for(side, 5, "priority", "u=1, i", "text/css; charset=utf-8");
    ask_for(side, 7, "priority", "u=1, i", "text/javascript");
    ask_for(side, 9, "priority", "u=1, i", "font/woff2");
    weft_h2_reset(side->conn, 1, WEFT_HTTP_CANCEL);
    weft_h2_reset(side->conn, 3, WEFT_HTTP_CANCEL);
    check_turns(side, "5555");
    weft_h2_reset(side->conn, 5, WEFT_HTTP_CANCEL);
    check_turns(side, "77");
    weft_h2_reset(side->conn, 7, WEFT_HTTP_CANCEL);
    check_turns(side, "99");
    side_end(side);
}

// What is said for one answer alone is no habit: a PRIORITY_UPDATE, before or after it, and the server's own field.
TEST(they_share_where_that_was_said_on_purpose)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 1, 'u', '=', '3', ',', 'i');
    side_feed(side);
    ask_for(side, 1, "priority", "u=3, i", "text/css");
    ask_for(side, 3, "priority", "u=3, i", "text/css");
    check_turns(side, "333"); // it must be whole, and goes ahead of the one that shares
    ask_for(side, 5, "priority", "u=3, i", "text/css");
    weft_h2_reset(side->conn, 1, WEFT_HTTP_CANCEL);
    check_turns(side, "333");
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 3, 'i');
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 5, 'i');
    side_feed(side);
    check_turns(side, "3535");
    weft_h2_reset(side->conn, 3, WEFT_HTTP_CANCEL);
    weft_h2_reset(side->conn, 5, WEFT_HTTP_CANCEL);

    for (uint32_t id = 7; id <= 9; id += 2) {
        const char *const none[] = {"priority", "u=3", NULL};
        put_request_with(&side->in, id, END_STREAM, false, none);
        side_feed(side);
        const struct weft_http_field fields[] = {
            WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("text/css")),
            WEFT_HTTP_FIELD(PRIORITY, WEFT_SPAN("i"))};
        struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
        head.status = 200;
        head.fields = fields;
        head.field_count = 2;
        CHECK_EQ(weft_h2_respond(side->conn, id, &head, false), WEFT_OK);
    }
    check_turns(side, "7979");
    side_end(side);
}

// RFC 9218 §13.1 (PR-10)
TEST(clients_behind_a_proxy_do_not_outrank_each_other)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    ask_for(side, 1, "via", "1.1 proxy", "text/css");
    ask(side, 3, "u=0");
    check_turns(side, "11");
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 3, 'u', '=', '0');
    side_feed(side);
    check_turns(side, "11");
    side_end(side);
}

// RFC 9218 §7, §7.1 (PR-05, PR-06)
TEST(an_update_replaces_what_was_said_and_may_come_first)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 5, 'u', '=', '0');
    side_feed(side);
    ask(side, 1, "u=2, i");
    ask(side, 3, "u=1");
    ask(side, 5, "u=7"); // the update goes before the field
    check_turns(side, "555");
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 5, 'i'); // u is left out, so it is 3 again
    side_feed(side);
    check_turns(side, "333");
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 3, 'u', '=', '?'); // cannot be parsed: defaults
    side_feed(side);
    check_turns(side, "11");
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9218 §7.1 (PR-06)
TEST(an_update_that_may_not_be_fails_the_connection)
{
    struct side *side = side_ready(WEFT_HTTP_CLIENT);
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 1, 'u', '=', '0');
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
    side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 2, 'u', '=', '0'); // an idle push
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);
}

// RFC 9218 §7.1 (PR-06): streams that have a priority but are idle count with those that are open.
TEST(no_more_streams_get_a_priority_than_may_be_open)
{
    for (int excess = 0; excess < 2; excess++) {
        struct side *side = side_new(WEFT_HTTP_SERVER);
        side->limits.concurrent_streams = 3;
        side_start(side);
        PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 3, 'u', '=', '0');
        put_get(&side->in, 5); // what was idle below it is closed now, RFC 9113 §5.1.1
        PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 5, 'u', '=', '0'); // is open
        PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 7, 'u', '=', '0');
        PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 9, 'u', '=', '0');
        PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 7, 'u', '=', '1'); // counts once
        if (excess) PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 11, 'u', '=', '0');
        side_feed(side);
        if (excess) CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        if (!excess) {
            put_get(&side->in, 7);
            put_get(&side->in, 9); // open now, and counted once all the same
            side_feed(side);
            CHECK_UNHARMED(side);
        }
        side_end(side);
    }
}

// The ring of updates for streams to come is bounded: the newest are kept.
TEST(only_so_many_updates_wait_for_their_streams)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    for (uint8_t id = 1; id < 101; id = (uint8_t)(id + 2))
        PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, id, 'u', '=', '7');
    side_feed(side);
    ask(side, 1, NULL); // its update was pushed out
    ask(side, 3, "u=4");
    check_turns(side, "11");
    side_end(side);
}

// Browsers speak in RFC 7540's way, too: the newest signal counts. As Chromium spreads its priorities.
TEST(weights_stand_for_urgencies)
{
    const uint16_t weights[] = {256, 220, 183, 147, 110, 74, 37, 1};
    for (uint8_t urgency = 0; urgency < 8; urgency++)
        CHECK_EQ(weft_h2_weight_urgency(weights[urgency]), urgency);
    CHECK_EQ(weft_h2_weight_urgency(16), 3); // says nothing
}

// What the trace says of the next turn.
static struct weft_trace_record turn_of(struct side *side, struct weft_trace *trace)
{
    struct weft_trace_record record = {0};
    struct weft_http_turn turn;
    while (weft_trace_read(trace, &record))
        continue; // what was before
    CHECK(weft_h2_next_turn(side->conn, 100, &turn));
    memset(turn.room, 'x', turn.size);
    weft_h2_commit(side->conn, &turn, turn.size, false);
    CHECK(weft_trace_read(trace, &record));
    CHECK_EQ(record.type, WEFT_TRACE_SCHEDULE);
    return record;
}

// (PR-12) What Chromium 156 sends, as test/e2e/test_chromium_priorities.py has seen it: a weight, exclusive, with each request;
// a field, but for u=3 that does not share; later a PRIORITY frame.
TEST(what_chromium_says_of_its_requests_is_read)
{
    static const struct {
        const char *what;
        const char *field; // NULL: none
        uint8_t wire_weight;
        uint8_t later; // of a PRIORITY frame; 0 for none
        struct weft_http_priority first, then;
    } rows[] = {
        {"a document", "u=0, i", 255, 0, {0, true}, {0, true}},
        {"a style sheet", "u=0", 255, 0, {0, false}, {0, false}},
        {"a font that text waits for", "u=0", 255, 0, {0, false}, {0, false}},
        {"a script that blocks", "u=1", 219, 0, {1, false}, {1, false}},
        {"an image of high fetchpriority", "u=1, i", 219, 0, {1, true}, {1, true}},
        {"an image below, seen later", "i", 146, 219, {3, true}, {1, true}},
        {"a script preloaded low, needed later", NULL, 146, 219, {3, false}, {1, false}},
        {"an image prefetched, needed later", "u=4, i", 109, 219, {4, true}, {1, true}},
    };
    static uint8_t memory[65536];
    struct weft_trace trace;
    struct side *side = side_new(WEFT_HTTP_SERVER);
    weft_trace_init(&trace, memory, sizeof(memory));
    side->config.trace = &trace;
    side_start(side);
    ask(side, 1, "u=7"); // it has shown what it knows
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        static struct frames block;
        const uint8_t dependency[] = {0x80, 0, 0, 0, rows[i].wire_weight};
        uint32_t id = 3 + 2 * (uint32_t)i;
        block.size = 0;
        put_bytes(&block, dependency, sizeof(dependency));
        put_get_fields(&block);
        if (rows[i].field) put_literal(&block, "priority", rows[i].field);
        put_frame(&side->in, HEADERS, END_STREAM | END_HEADERS | WITH_PRIORITY, id,
                  frames_span(&block));
        side_feed(side);
        respond(side, id);
        struct weft_trace_record record = turn_of(side, &trace);
        CHECK_EQ(record.stream_id, id);
        CHECK_EQ(record.schedule.urgency, rows[i].first.urgency);
        CHECK_EQ(record.schedule.incremental, rows[i].first.incremental);
        CHECK_EQ(weft_h2_weight_urgency(rows[i].wire_weight + 1), rows[i].first.urgency);
        if (rows[i].later) PUT(&side->in, PRIORITY, 0, id, 0x80, 0, 0, 0, rows[i].later);
        side_feed(side);
        record = turn_of(side, &trace);
        CHECK_EQ(record.stream_id, id);
        CHECK_EQ(record.schedule.urgency, rows[i].then.urgency);
        CHECK_EQ(record.schedule.incremental, rows[i].then.incremental);
        put_u32_frame(&side->in, RST_STREAM, id, WEFT_HTTP_CANCEL);
        side_feed(side);
    }
    side_end(side);
}

// RFC 9218 §2.1 (PR-01): a client that says that it uses none of RFC 7540's signals is held to that.
TEST(weights_of_a_client_that_has_left_them_are_ignored)
{
    for (uint32_t has_left = 0; has_left < 2; has_left++) {
        struct side *side = side_new(WEFT_HTTP_SERVER);
        side->conn = weft_h2_new(&side->config);
        put_magic(&side->in);
        put_setting(&side->in, 9, has_left);
        PUT_EMPTY(&side->in, SETTINGS, ACK, 0);
        PUT(&side->in, HEADERS, END_STREAM | END_HEADERS | WITH_PRIORITY, 1, 0x80, 0, 0, 0, 1, 0x82,
            0x86, 0x84, 0x01, 0x01, 'a');
        side_feed(side);
        respond(side, 1);
        ask(side, 3, "u=4");
        PUT(&side->in, PRIORITY, 0, 3, 0x80, 0, 0, 0, 255);
        side_feed(side);
        check_turns(side, has_left ? "11" : "33"); // 1 has its default, 3; else 7, and 3 has 0
        side_end(side);
    }
}

TEST(the_newest_signal_of_either_kind_counts)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    PUT(&side->in, HEADERS, END_STREAM | END_HEADERS | WITH_PRIORITY, 1, 0x80, 0, 0, 0, 146, 0x82,
        0x86, 0x84, 0x01, 0x01, 'a');
    PUT(&side->in, HEADERS, END_STREAM | END_HEADERS | WITH_PRIORITY, 3, 0x80, 0, 0, 0, 182, 0x82,
        0x86, 0x84, 0x01, 0x01, 'a');
    side_feed(side);
    respond(side, 1);
    respond(side, 3);
    check_turns(side, "33");
    PUT(&side->in, PRIORITY, 0, 1, 0x80, 0, 0, 0, 255);
    side_feed(side);
    check_turns(side, "11");
    PUT(&side->in, PRIORITY_UPDATE, 0, 0, 0, 0, 0, 1, 'u', '=', '6');
    side_feed(side);
    check_turns(side, "33");
    side_end(side);
}

// RFC 9218 §8 (PR-08)
TEST(the_server_may_say_otherwise)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    ask(side, 1, "u=5, i");
    ask(side, 3, "u=3");
    check_turns(side, "33");
    weft_h2_set_priority(side->conn, 1, (struct weft_http_priority){.urgency = 0});
    check_turns(side, "11");
    weft_h2_set_priority(side->conn, 1, (struct weft_http_priority){.urgency = 8}); // is none
    check_turns(side, "1");

    const char *const none[] = {NULL};
    put_request_with(&side->in, 5, END_STREAM, false, none);
    side_feed(side);
    const struct weft_http_field urgent = WEFT_HTTP_FIELD(PRIORITY, WEFT_SPAN("u=0"));
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.fields = &urgent;
    head.field_count = 1;
    weft_h2_set_priority(side->conn, 1, (struct weft_http_priority){.urgency = 1});
    CHECK_EQ(weft_h2_respond(side->conn, 5, &head, false), WEFT_OK);
    check_turns(side, "55");
    side_end(side);
}

static struct weft_http_head promise(void)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.method = WEFT_HTTP_GET;
    head.authority = WEFT_SPAN("a");
    head.path = WEFT_SPAN("/style.css");
    return head;
}

// RFC 9113 §6.6, §8.4 (H2-20)
TEST(a_push_is_promised_before_its_answer)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    side_feed(side);
    struct weft_http_head head = promise();
    uint64_t id = 0;
    CHECK_EQ(weft_h2_push(side->conn, 1, &head, &id), WEFT_OK);
    CHECK_EQ(id, 2);
    respond(side, 2);
    side_drain(side);
    struct frame frame = {0};
    CHECK(side_find_frame(side, PUSH_PROMISE, &frame));
    CHECK_EQ(frame.id, 1);
    CHECK_EQ(frame_u32(&frame, 0), 2);
    CHECK(side_next_frame(side, &frame));
    CHECK_EQ(frame.type, HEADERS);
    CHECK_EQ(frame.id, 2);
    put_u32_frame(&side->in, RST_STREAM, 2, WEFT_HTTP_CANCEL); // the client has it
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST GET / END; 2 CLOSED CANCEL");
    side_end(side);
}

// RFC 9113 §6.6, §8.4 (H2-20)
TEST(nothing_is_pushed_where_it_may_not_be)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 1);
    side_feed(side);
    struct weft_http_head head = promise();
    uint64_t id = 0;
    head.method = WEFT_HTTP_POST;
    CHECK_EQ(weft_h2_push(side->conn, 1, &head, &id), WEFT_INVALID);
    head = promise();
    CHECK_EQ(weft_h2_push(side->conn, 3, &head, &id), WEFT_GONE);
    put_setting(&side->in, 3, 0);
    side_feed(side);
    CHECK_EQ(weft_h2_push(side->conn, 1, &head, &id), WEFT_LATER);
    put_setting(&side->in, 2, 0);
    side_feed(side);
    CHECK_EQ(weft_h2_push(side->conn, 1, &head, &id), WEFT_GONE);
    side_end(side);
}

// What happened can be read afterwards.
TEST(a_trace_tells_frames_fields_turns_and_errors)
{
    static uint8_t memory[65536];
    struct weft_trace trace;
    weft_trace_init(&trace, memory, sizeof(memory));
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->config.trace = &trace;
    side_start(side);
    ask(side, 1, "u=1");
    check_turns(side, "1");
    put_u32_frame(&side->in, WINDOW_UPDATE, 0, 5000);
    put_u32_frame(&side->in, WINDOW_UPDATE, 1, 0);
    side_feed(side);
    size_t counts[8][2] = {{0}};
    bool saw_priority = false;
    struct weft_trace_record record;
    while (weft_trace_read(&trace, &record)) {
        CHECK(record.type < 8);
        counts[record.type][record.is_out]++;
        if (weft_span_is(record.name, "priority")) saw_priority = weft_span_is(record.value, "u=1");
        if (record.type == WEFT_TRACE_ERROR) CHECK_SPAN(record.value, "WINDOW_UPDATE of 0");
    }
    CHECK(saw_priority);
    CHECK_EQ(counts[WEFT_TRACE_FRAME][0], 5); // SETTINGS, its ACK, HEADERS, twice WINDOW_UPDATE
    CHECK_EQ(counts[WEFT_TRACE_FRAME][1],
             6); // SETTINGS, WINDOW_UPDATE, ACK, HEADERS, DATA, RST_STREAM
    CHECK_EQ(counts[WEFT_TRACE_FIELD][0], 5);
    CHECK_EQ(counts[WEFT_TRACE_FIELD][1], 1);
    CHECK_EQ(counts[WEFT_TRACE_SCHEDULE][1], 1);
    CHECK(counts[WEFT_TRACE_WINDOW][0] >= 1);
    CHECK_EQ(counts[WEFT_TRACE_ERROR][1], 1);
    side_end(side);
}
