// h1/sent_head_test.c: a final head that is sent again is the same, byte for byte, as one that is written anew.
//
// Heads without a stamp are written anew each time: they are what the others are compared with.
#include "rig_test.h"

static struct rig stamped;
static struct rig plain;

static void open_both(void)
{
    rig_start(&stamped, WEFT_HTTP_SERVER);
    rig_start(&plain, WEFT_HTTP_SERVER);
    stamped.is_silent = plain.is_silent = true;
    CHECK(rig_open(&stamped));
    CHECK(rig_open(&plain));
}

static const struct weft_http_field fields_a[] = {
    {.name = WEFT_SPAN_INIT("etag"), .value = WEFT_SPAN_INIT("\"a\""), .id = WEFT_HTTP_FIELD_ETAG},
    {.name = WEFT_SPAN_INIT("x-one"), .value = WEFT_SPAN_INIT("1")}};
static const struct weft_http_field fields_b[] = {
    {.name = WEFT_SPAN_INIT("etag"), .value = WEFT_SPAN_INIT("\"b\""), .id = WEFT_HTTP_FIELD_ETAG}};

/** What is asked, and the head that answers it. Equal stamps have equal heads. */
struct row {
    const char *request;
    uint64_t stamp;
    uint16_t status;
    int64_t length;
    const struct weft_http_field *fields;
    size_t field_count;
    bool ends;
};

#define GET     "GET / HTTP/1.1\r\nhost: a\r\n\r\n"
#define HEAD    "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n"
#define OLD     "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"
#define CLOSE   "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
#define WHOLE   200, 3, fields_a, 2, false
#define OTHER   200, 3, fields_b, 1, false
#define SAME    304, WEFT_HTTP_LENGTH_UNKNOWN, fields_a, 2, false
#define NO_SIZE 200, WEFT_HTTP_LENGTH_UNKNOWN, fields_a, 2, false
#define EMPTY   200, WEFT_HTTP_LENGTH_UNKNOWN, fields_a, 2, true

static const struct row rows[] = {
    {GET, 1, WHOLE},   {GET, 1, WHOLE},   {GET, 1, WHOLE},   {GET, 2, OTHER},    {GET, 1, WHOLE},
    {HEAD, 1, WHOLE},  {HEAD, 1, WHOLE},  {GET, 1, WHOLE},   {OLD, 1, WHOLE},    {OLD, 1, WHOLE},
    {OLD, 1, WHOLE},   {GET, 1, WHOLE},   {GET, 3, SAME},    {GET, 3, SAME},     {GET, 3, SAME},
    {HEAD, 3, SAME},   {GET, 0, OTHER},   {GET, 0, WHOLE},   {GET, 0, OTHER},    {GET, 1, WHOLE},
    {GET, 4, NO_SIZE}, {GET, 4, NO_SIZE}, {GET, 4, NO_SIZE}, {HEAD, 4, NO_SIZE}, {HEAD, 4, NO_SIZE},
    {GET, 2, OTHER},   {GET, 2, OTHER},   {GET, 2, OTHER},   {GET, 1, WHOLE},    {GET, 1, WHOLE},
    {GET, 1, WHOLE},   {GET, 5, EMPTY},   {GET, 5, EMPTY},   {GET, 5, EMPTY},    {HEAD, 5, EMPTY},
    {HEAD, 5, EMPTY},  {GET, 5, EMPTY},   {CLOSE, 1, WHOLE},
};

static void answer(struct rig *rig, const struct row *row, uint64_t stamp)
{
    struct weft_http_turn turn;
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = row->status;
    head.content_length = row->length;
    head.fields = row->fields;
    head.field_count = row->field_count;
    head.stamp = stamp;
    rig_feed_text(rig, row->request, 0);
    CHECK_EQ(weft_h1_respond(rig->conn, rig->last_id, &head, row->ends), WEFT_OK);
    if (weft_h1_next_turn(rig->conn, 3, &turn)) {
        memcpy(turn.room, "abc", turn.size);
        weft_h1_commit(rig->conn, &turn, turn.size, true);
    }
    rig_run(rig);
}

static void check_both(void)
{
    const struct weft_http_totals *is = weft_h1_totals(stamped.conn);
    const struct weft_http_totals *should = weft_h1_totals(plain.conn);
    CHECK_SAME(rig_output(&stamped), rig_output(&plain));
    CHECK_SAME(weft_span_of(stamped.story), weft_span_of(plain.story));
    CHECK_EQ(is->field_wire_sent, should->field_wire_sent);
    CHECK_EQ(is->field_text_sent, should->field_text_sent);
    CHECK_EQ(is->content_sent, should->content_sent);
    CHECK_EQ(weft_h1_is_finished(stamped.conn), weft_h1_is_finished(plain.conn));
}

static void close_both(void)
{
    rig_close(&stamped);
    rig_close(&plain);
}

TEST(a_head_that_is_sent_again_is_the_same)
{
    open_both();
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        answer(&stamped, &rows[i], rows[i].stamp);
        answer(&plain, &rows[i], 0);
        check_both();
    }
    CHECK(weft_h1_is_finished(stamped.conn));
    close_both();
}

// RFC 9112 §9.6: the last answer says so, whatever was kept of those before.
TEST(the_last_answer_says_close_though_its_head_was_kept)
{
    open_both();
    stamped.limits.requests_per_connection = plain.limits.requests_per_connection = 5;
    for (size_t i = 0; i < 5; i++) {
        answer(&stamped, &rows[0], 1);
        answer(&plain, &rows[0], 0);
        check_both();
    }
    CHECK(weft_h1_is_finished(stamped.conn));
    close_both();
}

TEST(what_is_kept_counts_and_goes_with_idleness)
{
    open_both();
    for (size_t i = 0; i < 4; i++) {
        answer(&stamped, &rows[0], i < 2 ? 1 : 2);
        answer(&plain, &rows[0], 0);
        CHECK_EQ(weft_h1_memory(stamped.conn) > weft_h1_memory(plain.conn), i > 0);
        CHECK_EQ(stamped.memory.live, weft_h1_memory(stamped.conn));
    }
    rig_wait(&stamped, 2000000);
    rig_wait(&plain, 2000000);
    CHECK_EQ(weft_h1_memory(stamped.conn), weft_h1_memory(plain.conn));
    answer(&stamped, &rows[0], 2);
    answer(&plain, &rows[0], 0);
    check_both();
    close_both();
}

// Limit memory_budget: nothing is kept that would take more than half of it.
TEST(no_head_is_kept_beyond_the_budget)
{
    open_both();
    stamped.limits.memory_budget = plain.limits.memory_budget = 6000;
    for (size_t i = 0; i < 4; i++) {
        answer(&stamped, &rows[0], 1);
        answer(&plain, &rows[0], 0);
    }
    CHECK_EQ(weft_h1_memory(stamped.conn), weft_h1_memory(plain.conn));
    check_both();
    close_both();
}

TEST(a_head_that_finds_no_memory_to_be_kept_is_sent_all_the_same)
{
    open_both();
    for (size_t i = 0; i < 4; i++) {
        stamped.memory.fail_at = i == 1 ? stamped.memory.calls + 1 : 0;
        answer(&stamped, &rows[0], 1);
        answer(&plain, &rows[0], 0);
        check_both();
    }
    close_both();
}
