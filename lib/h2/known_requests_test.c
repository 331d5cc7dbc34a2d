// h2/known_requests_test.c: a request whose block came before means what it would mean to a connection that remembers nothing.
//
// A connection with a trace remembers nothing: it is what the other is compared with.
#include "http/trace.h"

#include "h2_frames.h"

enum { SEEDS = 400, BLOCKS = 6, REQUESTS = 60 };

static struct side known;
static struct side fresh;
static uint32_t random_state;

static uint32_t random_below(uint32_t most)
{
    random_state = random_state * 1103515245u + 12345u;
    return (random_state >> 16) % most;
}

// All that a head says goes into the story; then it is answered.
static void tell_and_answer(struct side *side, const struct weft_http_event *event)
{
    if (event->type != WEFT_HTTP_REQUEST) return;
    const struct weft_http_head *request = event->head;
    for (size_t i = 0; i < request->field_count; i++) {
        const struct weft_http_field *field = &request->fields[i];
        size_t size = strlen(side->story);
        snprintf(side->story + size, sizeof(side->story) - size, " %.*s=%.*s/%u",
                 (int)field->name.size, (const char *)field->name.data, (int)field->value.size,
                 (const char *)field->value.data, field->hint);
    }
    struct weft_http_head answer = WEFT_HTTP_HEAD_INIT;
    answer.status = 204;
    CHECK_EQ(weft_h2_respond(side->conn, event->stream_id, &answer, true), WEFT_OK);
}

static void open_both(void)
{
    static uint64_t memory[512];
    static struct weft_trace trace;
    if (known.conn) weft_h2_free(known.conn);
    if (fresh.conn) weft_h2_free(fresh.conn);
    weft_trace_init(&trace, memory, sizeof(memory));
    side_init(&known, WEFT_HTTP_SERVER);
    side_init(&fresh, WEFT_HTTP_SERVER);
    fresh.config.trace = &trace;
    known.event = fresh.event = tell_and_answer;
}

static void close_both(void)
{
    side_end(&known);
    side_end(&fresh);
}

static void put_byte(struct frames *block, unsigned byte)
{
    put_bytes(block, &(uint8_t){(uint8_t)byte}, 1);
}

// RFC 7541 §6.3: to 4096 or 100 bytes, which are room for two fields, or where that is `tiny` also to less than for one.
static void put_size_update(struct frames *block, bool tiny)
{
    static const struct weft_span updates[] = {WEFT_SPAN_INIT("\x3f\xe1\x1f"),
                                               WEFT_SPAN_INIT("\x3f\x45"), WEFT_SPAN_INIT("\x3e"),
                                               WEFT_SPAN_INIT("\x20")};
    struct weft_span update = updates[random_below(tiny ? WEFT_COUNT(updates) : 2)];
    put_bytes(block, update.data, update.size);
}

static void put_random_field(struct frames *block)
{
    const uint8_t text[] = {
        3, 'x', '-', (uint8_t)('a' + random_below(3)), 1, (uint8_t)('0' + random_below(3))};
    switch (random_below(6)) {
    case 0:
    case 1: put_byte(block, 0xbe + random_below(2)); return; // §6.1: a new entry
    case 2:
        put_byte(block, 0x40); // §6.2.1: into the table
        break;
    case 3: put_byte(block, 0x00); break; // §6.2.2
    case 4: put_byte(block, 0x10); break; // §6.2.3: a secret
    default:
        put_bytes(block, "\x0f\x2f", 2); // §6.2.2, by the newest entry's name
        put_bytes(block, text + 4, 2);
        return;
    }
    put_bytes(block, text, sizeof(text));
}

static void make_block(struct frames *block, bool tiny)
{
    block->size = 0;
    for (uint32_t i = random_below(6); i >= 4; i--)
        put_size_update(block, tiny);
    put_get_fields(block);
    for (uint32_t i = random_below(4); i > 0; i--)
        put_random_field(block);
}

static void ask_both(struct weft_span block, uint32_t id)
{
    struct side *const sides[] = {&known, &fresh};
    for (size_t i = 0; i < WEFT_COUNT(sides); i++) {
        sides[i]->story[0] = 0;
        put_frame(&sides[i]->in, HEADERS, END_STREAM | END_HEADERS, id, block);
        side_feed(sides[i]);
    }
    const struct weft_http_totals *is = weft_h2_totals(known.conn);
    const struct weft_http_totals *should = weft_h2_totals(fresh.conn);
    CHECK_SAME(weft_span_of(known.story), weft_span_of(fresh.story));
    CHECK_EQ(is->requests, should->requests);
    CHECK_EQ(is->field_wire_received, should->field_wire_received);
    CHECK_EQ(is->field_text_received, should->field_text_received);
    CHECK(memcmp(&known.counters, &fresh.counters, sizeof(known.counters)) == 0);
}

// The same blocks come again and again, whatever they do to the table and to its size in the meantime.
TEST(a_known_request_is_as_any_other_while_the_table_changes)
{
    static struct frames blocks[BLOCKS];
    size_t whole = 0;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        random_state = seed;
        open_both();
        side_start(&known);
        side_start(&fresh);
        for (size_t i = 0; i < BLOCKS; i++)
            make_block(&blocks[i], seed % 8 == 0);
        ask_both(WEFT_SPAN("\x82\x86\x84\x01\1a\x40\1a\1b\x40\1c\1d"), 1); // two entries
        for (uint32_t i = 0; i < REQUESTS && !strstr(known.story, "FAILED"); i++) {
            ask_both(frames_span(&blocks[random_below(BLOCKS)]), 2 * i + 3);
            whole += i + 1 == REQUESTS;
        }
        close_both();
    }
    CHECK(whole > SEEDS / 2); // few of them name what is not there
}

// RFC 7541 §6.3: a block that only sets the table's size leaves all entries, and yet means something.
TEST(a_size_update_that_comes_again_is_taken_again)
{
    static const struct weft_span blocks[] = {
        WEFT_SPAN_INIT("\x3f\xe1\x1f\x82\x86\x84\x01\1a"), // 4096 bytes
        WEFT_SPAN_INIT("\x3f\xe1\x1f\x82\x86\x84\x01\1a"),
        WEFT_SPAN_INIT("\x3f\x45\x82\x86\x84\x01\1a"), // 100 bytes
        WEFT_SPAN_INIT("\x3f\xe1\x1f\x82\x86\x84\x01\1a"),
        WEFT_SPAN_INIT("\x82\x86\x84\x01\1a\x40\1a\1b\x40\1c\1d\x40\1e\1f"), // three entries
        WEFT_SPAN_INIT("\x82\x86\x84\x01\1a\xc0"),                           // the first one
    };
    open_both();
    side_start(&known);
    side_start(&fresh);
    for (uint32_t i = 0; i < WEFT_COUNT(blocks); i++)
        ask_both(blocks[i], 2 * i + 1);
    CHECK_STORY(&known, "11 REQUEST GET / END a=b/0; 11 CLOSED");
    close_both();
}

// RFC 7541 §4.4: a field that is larger than the table leaves an empty one as it is, but not once it has become larger.
TEST(a_field_without_room_gets_into_the_table_once_there_is_room)
{
    static const struct weft_span blocks[] = {
        WEFT_SPAN_INIT("\x20\x82\x86\x84\x01\1a"), // no room
        WEFT_SPAN_INIT("\x82\x86\x84\x01\1a\x40\1a\1b"),
        WEFT_SPAN_INIT("\x82\x86\x84\x01\1a\x40\1a\1b"),
        WEFT_SPAN_INIT("\x82\x86\x84\x01\1a\x40\1a\1b"),
        WEFT_SPAN_INIT("\x3f\xe1\x1f\x82\x86\x84\x01\1a"), // 4096 bytes
        WEFT_SPAN_INIT("\x82\x86\x84\x01\1a"),
        WEFT_SPAN_INIT("\x82\x86\x84\x01\1a\x40\1a\1b"),
        WEFT_SPAN_INIT("\x82\x86\x84\x01\1a\xbe"),
    };
    open_both();
    side_start(&known);
    side_start(&fresh);
    for (uint32_t i = 0; i < WEFT_COUNT(blocks); i++)
        ask_both(blocks[i], 2 * i + 1);
    CHECK_STORY(&known, "15 REQUEST GET / END a=b/0; 15 CLOSED");
    close_both();
}

// Limit memory_budget: streams do not go without for what is only remembered.
TEST(what_is_remembered_leaves_memory_to_streams)
{
    enum { NAMES = 100, LONG = 1000 };
    static char value[LONG + 1];
    static struct frames block;
    memset(value, 'v', LONG);
    open_both();
    known.limits.memory_budget = fresh.limits.memory_budget = 65536;
    side_start(&known);
    side_start(&fresh);
    block.size = 0;
    put_get_fields(&block);
    put_bytes(&block, "\x40\x01x\x7f\xe9\x06", 6); // §6.2.1: 1000 bytes go into the table
    put_bytes(&block, value, LONG);
    uint32_t id = 1;
    ask_both(frames_span(&block), id);
    for (uint32_t i = 0; i < 3 * NAMES; i++) {
        char name[8];
        snprintf(name, sizeof(name), "n%u", i / 3);
        block.size = 0;
        put_get_fields(&block);
        put_bytes(&block, "\xbe\xbe\xbe", 3);
        put_literal(&block, name, "");
        ask_both(frames_span(&block), id += 2);
        CHECK(strstr(known.story, " END") != NULL);
    }
    CHECK_EQ(known.counters.memory_budget, 0);
    close_both();
}

enum { SMALL_BUDGET = 49152, LESSONS = 100, LESSON_SIZE = 90 };

// Both answer requests of many kinds, each often enough to be remembered.
static void teach_both(uint32_t *id)
{
    static struct frames block;
    static char value[LESSON_SIZE + 1];
    memset(value, 'v', LESSON_SIZE);
    open_both();
    known.limits.memory_budget = fresh.limits.memory_budget = SMALL_BUDGET;
    side_start(&known);
    side_start(&fresh);
    for (uint32_t i = 0; i < 3 * LESSONS; i++, *id += 2) {
        char name[8];
        snprintf(name, sizeof(name), "n%u", i / 3);
        block.size = 0;
        put_get_fields(&block);
        put_literal(&block, name, value);
        ask_both(frames_span(&block), *id);
    }
    CHECK(weft_h2_memory(known.conn) > weft_h2_memory(fresh.conn) + SMALL_BUDGET / 8);
}

// How many streams are let in that nobody answers.
static uint32_t crowd_of(struct side *side, uint32_t id)
{
    char name[8];
    const char *fields[] = {name, "", NULL};
    uint32_t count = 0;
    side->event = NULL;
    while (side->counters.memory_budget == 0) {
        snprintf(name, sizeof(name), "c%u", count);
        put_request_with(&side->in, id + 2 * count++, true, false, fields);
        CHECK(side_feed(side));
        CHECK(count < 1000);
    }
    return count;
}

// Limit memory_budget: what is remembered goes before a stream is refused,
TEST(as_many_streams_are_let_in_as_if_nothing_was_remembered)
{
    uint32_t id = 1;
    teach_both(&id);
    CHECK(crowd_of(&known, id) >= crowd_of(&fresh, id));
    close_both();
}

// and before a connection ends because a stream needs more.
TEST(a_stream_may_need_what_was_remembered)
{
    enum { LONG = 1000, TIMES = 20 };
    static char value[LONG + 1];
    static struct frames block;
    uint32_t id = 1;
    memset(value, 'v', LONG);
    teach_both(&id);
    block.size = 0;
    put_get_fields(&block);
    put_bytes(&block, "\x40\x01x\x7f\xe9\x06", 6); // §6.2.1: 1000 bytes go into the table
    put_bytes(&block, value, LONG);
    for (int i = 0; i < TIMES; i++)
        put_bytes(&block, "\xbe", 1);
    ask_both(frames_span(&block), id);
    CHECK_EQ(known.counters.memory_budget, 0);
    close_both();
}
