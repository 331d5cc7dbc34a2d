// h2/priority_duet_test.c: a client of ours asks, a server of ours chooses, and the order is judged where it counts: by
// what arrives. RFC 9218, on a wire in memory that carries a turn at a time.
#include "h2/h2.h"

#include "http/priority.h"
#include "http/scheduler.h"
#include "http/trace.h"

#include "counting_alloc.h"
#include "duet.h"

DUET_ENGINE(h2, struct weft_h2_conn);

enum { TURN_SIZE = 1000, ORDER_MOST = 4096, TRACE_SIZE = 1 << 20, FRAME_PRIORITY_UPDATE = 0x10 };

static struct test_alloc memory;
static struct weft_alloc alloc;
static struct weft_http_limits limits;
static struct weft_trace trace;
static struct duet duet;
static char order[ORDER_MOST]; // the streams whose content arrived, a digit each
static size_t arrived[16];     // bytes, by stream
static struct weft_http_field answer_fields[2];
static size_t answer_field_count;
static char told[64]; // the Priority field of the newest response

static void answer(struct duet *running, struct duet_side *self,
                   const struct weft_http_event *event)
{
    (void)running;
    if (event->type != WEFT_HTTP_REQUEST) return;
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 200;
    head.fields = answer_fields;
    head.field_count = answer_field_count;
    CHECK_EQ(weft_h2_respond(self->conn, event->stream_id, &head, false), WEFT_OK);
}

static void note(struct duet *running, struct duet_side *self, const struct weft_http_event *event)
{
    (void)running, (void)self;
    CHECK(event->type != WEFT_HTTP_FAILED);
    if (event->type == WEFT_HTTP_RESPONSE) {
        const struct weft_http_field *field =
            weft_http_head_find(event->head, WEFT_HTTP_FIELD_PRIORITY);
        struct weft_span value = field ? field->value : (struct weft_span){0};
        snprintf(told, sizeof(told), "%.*s", (int)value.size, (const char *)value.data);
    }
    if (event->type != WEFT_HTTP_DATA) return;
    size_t size = strlen(order);
    if (size + 1 < sizeof(order)) {
        order[size] = (char)('0' + event->stream_id % 10);
        order[size + 1] = 0;
    }
    CHECK(event->stream_id < WEFT_COUNT(arrived));
    arrived[event->stream_id] += event->data.size;
}

static void *new_side(enum weft_http_role role)
{
    struct weft_http_engine_config config = {
        .role = role,
        .alloc = &alloc,
        .limits = &limits,
        .now_us = 1,
        .seed = 7,
        .trace = role == WEFT_HTTP_SERVER ? &trace : NULL,
    };
    void *conn = weft_h2_new(&config);
    CHECK(conn != NULL);
    return conn;
}

// Both sides, of which neither has heard of the other.
static void start(void)
{
    static uint8_t trace_memory[TRACE_SIZE];
    weft_trace_init(&trace, trace_memory, sizeof(trace_memory));
    memory = (struct test_alloc){0};
    alloc = test_allocator(&memory);
    limits = (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT;
    memset(arrived, 0, sizeof(arrived));
    order[0] = 0;
    answer_field_count = 0;
    duet = (struct duet){.now_us = 1};
    duet.client = (struct duet_side){
        .name = "client", .engine = &duet_h2, .conn = new_side(WEFT_HTTP_CLIENT), .event = note};
    duet.server = (struct duet_side){
        .name = "server", .engine = &duet_h2, .conn = new_side(WEFT_HTTP_SERVER), .event = answer};
}

// Carries what there is to say, but for content, and lets a moment pass.
static void talk(void)
{
    bool any = true;
    duet.now_us += 1000;
    while (any) {
        any = duet_pull(&duet, &duet.client);
        any |= duet_pull(&duet, &duet.server);
        any |= duet_carry(&duet, &duet.client, &duet.server);
        any |= duet_carry(&duet, &duet.server, &duet.client);
    }
}

static void end(void)
{
    duet_end(&duet);
    CHECK_EQ(memory.live, 0);
}

static void ask_with(const char *priority, enum weft_http_field_name id, const char *value)
{
    struct weft_http_field fields[2];
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    uint64_t stream_id = 0;
    head.method = WEFT_HTTP_GET;
    head.authority = WEFT_SPAN("example.org");
    head.path = WEFT_SPAN("/");
    head.fields = fields;
    if (priority) {
        fields[head.field_count++] = WEFT_HTTP_FIELD(PRIORITY, weft_span_of(priority));
    }
    if (value) {
        fields[head.field_count++] = (struct weft_http_field){
            .name = weft_http_field_text(id), .value = weft_span_of(value), .id = (uint8_t)id};
    }
    CHECK_EQ(weft_h2_request(duet.client.conn, &head, true, &stream_id), WEFT_OK);
}

static void ask(const char *priority)
{
    ask_with(priority, WEFT_HTTP_FIELD_PRIORITY, NULL);
}

static void update(uint64_t stream_id, uint8_t urgency, bool incremental)
{
    struct weft_http_priority priority = {urgency, incremental};
    CHECK_EQ(weft_h2_send_priority_update(duet.client.conn, stream_id, priority), WEFT_OK);
}

static void turns_of(size_t count, size_t most)
{
    for (size_t i = 0; i < count; i++) {
        struct weft_http_turn turn;
        CHECK(weft_h2_next_turn(duet.server.conn, most, &turn));
        memset(turn.room, 'x', turn.size);
        weft_h2_commit(duet.server.conn, &turn, turn.size, false);
        talk();
    }
}

// What arrives in so many turns as the text has digits.
static void check_arrival(const char *streams)
{
    order[0] = 0;
    turns_of(strlen(streams), TURN_SIZE);
    CHECK_SAME(weft_span_of(order), weft_span_of(streams));
}

// The client gives a stream up.
static void cancel(uint64_t stream_id)
{
    weft_h2_reset(duet.client.conn, stream_id, WEFT_HTTP_CANCEL);
    talk();
}

// §2.1.1: until the server's SETTINGS have come a client sends signals of both kinds, and they are in force from the first
// answer on; a server that says 1 gets more of them.
TEST(pr_02_signals_sent_before_the_servers_settings_order_the_first_answers)
{
    start();
    ask(NULL);
    ask(NULL);
    update(3, 1, false); // nothing of the server has come
    talk();
    check_arrival("333");
    update(1, 0, false); // now its SETTINGS have
    talk();
    check_arrival("111");
    end();
}

// §4, §5, RFC 9651: what is out of range, ill-typed or unknown leaves the default; what cannot be parsed all of it.
TEST(pr_03_what_is_wrong_in_a_priority_field_leaves_its_default)
{
    static const struct {
        const char *value;
        uint8_t urgency;
        bool incremental;
    } rows[] = {
        {"u=0", 0, false},
        {"u=7, i", 7, true},
        {"i", 3, true},
        {"i=?0, u=5", 5, false},
        {"u=5;a=b, i;c", 5, true}, // parameters mean nothing
        {"u=8", 3, false},
        {"u=-1, i", 3, true},
        {"u=2.0", 3, false},
        {"u=\"1\", i=1", 3, false},
        {"u, x=?1, urgency=1", 3, false},
        {"u=1, u=6", 6, false}, // the last one counts
        {"u=1, u=9", 3, false}, // also where it is wrong
        {"u=1,", 3, false},     // cannot be parsed
        {"u=1, i=", 3, false},
        {"U=1", 3, false},
        {"", 3, false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_trace_record record;
        bool was_chosen = false;
        start();
        ask(rows[i].value);
        talk();
        turns_of(1, TURN_SIZE);
        while (weft_trace_read(&trace, &record)) {
            if (record.type != WEFT_TRACE_SCHEDULE) continue;
            was_chosen = true;
            CHECK_EQ(record.schedule.urgency, rows[i].urgency);
            CHECK_EQ(record.schedule.incremental, rows[i].incremental);
        }
        CHECK(was_chosen);
        end();
    }
}

// §4.1: 7 is for what nobody waits for; a document without a word has 3.
TEST(pr_04_background_answers_go_when_nothing_else_is_to_be_sent)
{
    start();
    ask("u=7");
    ask("u=6, i");
    ask_with("i=?0", WEFT_HTTP_FIELD_SEC_FETCH_DEST, "document");
    talk();
    check_arrival("555");
    cancel(5);
    check_arrival("333");
    cancel(3);
    check_arrival("111");
    end();
}

// §7: before its stream, the newest one; it overrides the field; it is the whole set, so what it leaves out has its default.
// In flight it holds from the next turn on.
TEST(pr_05_an_update_before_its_stream_and_one_in_flight_replace_all_that_was_said)
{
    start();
    talk();
    update(3, 6, false);
    update(3, 1, false); // the newest one
    ask("u=2");
    ask("u=7, i");
    talk();
    check_arrival("333");
    update(3, 2, true);
    ask("u=2, i");
    talk();
    check_arrival("1315131"); // 1 alternates with those that share, one of them after the other
    update(3, 7, false);
    update(5, 7, false);
    talk();
    check_arrival("111");
    end();
}

// §7.1: only clients send it, and our server never does.
TEST(pr_06_a_server_sends_no_updates)
{
    struct weft_http_priority urgent = {.urgency = 0};
    struct weft_trace_record record;
    start();
    ask("u=3");
    talk();
    CHECK_EQ(weft_h2_send_priority_update(duet.server.conn, 1, urgent), WEFT_INVALID);
    weft_h2_set_priority(duet.server.conn, 1, urgent);
    turns_of(3, TURN_SIZE);
    size_t frames = 0;
    while (weft_trace_read(&trace, &record)) {
        if (record.type != WEFT_TRACE_FRAME || !record.is_out) continue;
        CHECK(record.frame.type != FRAME_PRIORITY_UPDATE);
        frames++;
    }
    CHECK(frames >= 5); // SETTINGS, its ACK, HEADERS, DATA
    end();
}

// §8: of the answer's field what is there counts, of the client's the rest; and the client gets to see it.
TEST(pr_08_the_answers_field_is_merged_and_goes_on_to_the_client)
{
    start();
    ask("u=5, i");
    ask("u=5, i");
    talk();
    answer_fields[0] = WEFT_HTTP_FIELD(PRIORITY, WEFT_SPAN("u=1"));
    answer_field_count = 1;
    ask("u=5, i");
    ask("u=6, i");
    talk();
    CHECK_SAME(weft_span_of(told), WEFT_SPAN("u=1"));
    check_arrival("5757"); // their i is the client's word
    cancel(5);
    cancel(7);
    answer_fields[0] = WEFT_HTTP_FIELD(PRIORITY, WEFT_SPAN("i=?0"));
    ask("u=5, i"); // 9: its u stays, and it does not share any more
    talk();
    CHECK_SAME(weft_span_of(told), WEFT_SPAN("i=?0"));
    check_arrival("91939"); // with those that do it alternates
    end();
}

// §10: by urgency; then in the order of streams, or in turns where they are incremental.
TEST(pr_09_urgency_then_stream_order_then_turns)
{
    static const char *const asked[] = {"u=4", "u=2, i", "u=2, i", "u=4", "u=1"};
    start();
    for (size_t i = 0; i < WEFT_COUNT(asked); i++)
        ask(asked[i]);
    talk();
    check_arrival("999");
    cancel(9);
    check_arrival("353535");
    cancel(3);
    check_arrival("555");
    cancel(5);
    check_arrival("111");
    cancel(1);
    check_arrival("777");
    end();
}

// §10: a server should not let those of low urgency starve. A turn of 16 KB in some 256 KiB is theirs, and the trace says so.
TEST(pr_09_whoever_waits_longest_gets_a_turn_now_and_then)
{
    struct weft_trace_record record;
    size_t by_floor = 0;
    start();
    ask("u=0");
    ask("u=7");
    ask("u=5");
    talk();
    turns_of(512, 16384);
    CHECK(arrived[3] > 0 && arrived[5] > 0);
    size_t all = arrived[1] + arrived[3] + arrived[5];
    CHECK(arrived[1] > all / 100 * 90);
    CHECK(arrived[3] + arrived[5] > all / 100 * 4);
    CHECK(arrived[3] < arrived[5] * 2 && arrived[5] < arrived[3] * 2); // who waited longest
    while (weft_trace_read(&trace, &record)) {
        if (record.type != WEFT_TRACE_SCHEDULE || record.stream_id == 1) continue;
        CHECK_EQ(record.schedule.reason, WEFT_HTTP_TURN_FLOOR);
        by_floor += record.schedule.size;
    }
    CHECK_EQ(by_floor, arrived[3] + arrived[5]);
    end();
}

// §13.1, §10: of several clients behind one connection, the urgent answers of one do not go ahead of another's.
TEST(pr_10_clients_behind_a_proxy_share_whatever_one_of_them_calls_urgent)
{
    start();
    ask_with("u=0", WEFT_HTTP_FIELD_FORWARDED, "for=192.0.2.1");
    ask_with("u=7", WEFT_HTTP_FIELD_FORWARDED, "for=192.0.2.2");
    talk();
    turns_of(66, TURN_SIZE); // the first 32 KB of each go ahead
    check_arrival("1313");
    update(1, 0, false); // nor does an update help it
    update(3, 7, false);
    talk();
    check_arrival("1313");
    end();
}
