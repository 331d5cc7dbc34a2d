// http/qlog_test.c
#include "http/qlog.h"

#include "check.h"
#include "http/head.h"
#include "http/scheduler.h"

static uint8_t room[4096];
static const struct weft_qlog_group group = {.id = 7, .version = WEFT_HTTP_2, .zero_us = 1000000};

static struct weft_span written(const struct weft_qlog_group *of,
                                const struct weft_trace_record *record)
{
    struct weft_writer out = weft_writer_over(room, weft_qlog_size(record));
    weft_qlog_record(&out, of, record);
    CHECK(!out.failed);
    return weft_written(&out);
}

TEST(a_file_begins_with_its_kind)
{
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_qlog_start(&out, "weft get", false, 1700000000123456);
    CHECK_SPAN(weft_written(&out),
               "\x1e{\"qlog_version\":\"0.4\",\"qlog_format\":\"JSON-SEQ\",\"title\":\"weft get\","
               "\"trace\":{\"vantage_point\":{\"type\":\"client\"},\"common_fields\":{"
               "\"time_format\":\"relative\",\"reference_time\":1700000000123.456}}}\n");
    out = weft_writer_over(room, sizeof(room));
    weft_qlog_start(&out, "weft serve", true, 0);
    CHECK_SPAN(
        weft_written(&out),
        "\x1e{\"qlog_version\":\"0.4\",\"qlog_format\":\"JSON-SEQ\",\"title\":\"weft serve\","
        "\"trace\":{\"vantage_point\":{\"type\":\"server\"},\"common_fields\":{"
        "\"time_format\":\"absolute\"}}}\n");
}

TEST(a_frame_is_told_with_its_type_and_flags)
{
    struct weft_trace_record record = {.type = WEFT_TRACE_FRAME,
                                       .at_us = 1002003,
                                       .stream_id = 3,
                                       .frame = {.type = 1, .flags = 5, .length = 21}};
    CHECK_SPAN(written(&group, &record),
               "\x1e{\"time\":2.003,\"group_id\":\"7\",\"name\":\"http2:frame_parsed\",\"data\":{"
               "\"stream_id\":3,\"length\":21,\"frame\":{\"frame_type\":\"HEADERS\","
               "\"type_value\":1,\"flags\":5}}}\n");
    record.at_us = 5; // before all began
    record.is_out = true;
    record.frame.type = 16;
    CHECK_SPAN(written(&group, &record),
               "\x1e{\"time\":0.000,\"group_id\":\"7\",\"name\":\"http2:frame_created\",\"data\":{"
               "\"stream_id\":3,\"length\":21,\"frame\":{\"frame_type\":\"PRIORITY_UPDATE\","
               "\"type_value\":16,\"flags\":5}}}\n");
}

TEST(a_field_is_told_with_its_representation_in_http_2)
{
    struct weft_qlog_group old = group;
    struct weft_trace_record record = {.type = WEFT_TRACE_FIELD,
                                       .at_us = 1000010,
                                       .stream_id = 1,
                                       .name = WEFT_SPAN(":path"),
                                       .value = WEFT_SPAN("/\"\n"),
                                       .field = {.representation = 1, .encoded_size = 6}};
    CHECK_SPAN(written(&group, &record),
               "\x1e{\"time\":0.010,\"group_id\":\"7\",\"name\":\"hpack:field_decoded\",\"data\":{"
               "\"stream_id\":1,\"name\":\":path\",\"value\":\"/\\\"\\u000a\",\"length\":6,"
               "\"representation\":\"literal_indexed\"}}\n");
    old.version = WEFT_HTTP_1_1;
    record.is_out = true;
    CHECK_SPAN(written(&old, &record),
               "\x1e{\"time\":0.010,\"group_id\":\"7\",\"name\":\"http1:field_encoded\",\"data\":{"
               "\"stream_id\":1,\"name\":\":path\",\"value\":\"/\\\"\\u000a\",\"length\":6}}\n");
}

TEST(what_authorises_is_left_out_where_secrets_are_hidden)
{
    static const char *const names[] = {"authorization", "Cookie", "set-cookie",
                                        "Proxy-Authorization"};
    struct weft_qlog_group discreet = group;
    struct weft_trace_record record = {.type = WEFT_TRACE_FIELD, .value = WEFT_SPAN("let-me-in")};
    discreet.hides_secrets = true;
    for (size_t i = 0; i < WEFT_COUNT(names); i++) {
        record.name = weft_span_of(names[i]);
        struct weft_span text = written(&group, &record);
        CHECK(memmem(text.data, text.size, "let-me-in", 9) != NULL);
        text = written(&discreet, &record);
        CHECK(memmem(text.data, text.size, "let-me-in", 9) == NULL);
        CHECK(memmem(text.data, text.size, "\"hidden\":true,", 14) != NULL);
    }
    record.name = WEFT_SPAN("cookies");
    struct weft_span text = written(&discreet, &record);
    CHECK(memmem(text.data, text.size, "let-me-in", 9) != NULL);
}

TEST(windows_tables_turns_and_errors_are_told)
{
    struct weft_trace_record record = {.type = WEFT_TRACE_WINDOW,
                                       .at_us = 1000000,
                                       .stream_id = 5,
                                       .window = {.change = INT64_MIN, .available = 70000}};
    CHECK_SPAN(written(&group, &record),
               "\x1e{\"time\":0.000,\"group_id\":\"7\",\"name\":\"http2:window_updated\",\"data\":{"
               "\"stream_id\":5,\"change\":-9223372036854775808,\"available\":70000}}\n");
    record = (struct weft_trace_record){.type = WEFT_TRACE_TABLE, .table = {4096}};
    CHECK_SPAN(written(&group, &record),
               "\x1e{\"time\":0.000,\"group_id\":\"7\",\"name\":\"hpack:table_resized\",\"data\":{"
               "\"size\":4096}}\n");
    record = (struct weft_trace_record){
        .type = WEFT_TRACE_SCHEDULE,
        .stream_id = 9,
        .schedule = {.urgency = 2, .reason = WEFT_HTTP_TURN_FLOOR, .size = 1400}};
    CHECK_SPAN(
        written(&group, &record),
        "\x1e{\"time\":0.000,\"group_id\":\"7\",\"name\":\"http2:stream_scheduled\",\"data\":{"
        "\"stream_id\":9,\"urgency\":2,\"incremental\":false,\"reason\":\"floor\","
        "\"length\":1400}}\n");
    record = (struct weft_trace_record){.type = WEFT_TRACE_ERROR,
                                        .is_out = true,
                                        .value = WEFT_SPAN("limit: ping_burst"),
                                        .error = {.code = 11}};
    CHECK_SPAN(written(&group, &record),
               "\x1e{\"time\":0.000,\"group_id\":\"7\",\"name\":\"http2:error\",\"data\":{"
               "\"stream_id\":0,\"owner\":\"local\",\"code\":\"ENHANCE_YOUR_CALM\","
               "\"reason\":\"limit: ping_burst\"}}\n");
}

TEST(a_connection_begins_and_ends)
{
    struct weft_writer out = weft_writer_over(room, WEFT_QLOG_RECORD_SIZE);
    weft_qlog_opened(&out, &group, 1000000, "[::1]:443", true);
    weft_qlog_closed(&out, &group, 1001500, 3);
    CHECK_SPAN(
        weft_written(&out),
        "\x1e{\"time\":0.000,\"group_id\":\"7\",\"name\":\"connectivity:connection_started\","
        "\"data\":{\"peer\":\"[::1]:443\",\"tls\":true}}\n"
        "\x1e{\"time\":1.500,\"group_id\":\"7\",\"name\":\"connectivity:connection_closed\","
        "\"data\":{\"records_lost\":3}}\n");
}

// The largest numbers, and texts all of which are escaped, fit in what weft_qlog_size() says.
TEST(room_is_told_beforehand)
{
    static uint8_t text[300];
    for (unsigned type = WEFT_TRACE_FRAME; type <= WEFT_TRACE_ERROR; type++) {
        struct weft_trace_record record;
        memset(&record, 0xff, sizeof(record));
        memset(text, 1, sizeof(text));
        record.type = (uint8_t)type;
        record.is_out = true;
        record.at_us = INT64_MAX;
        if (type == WEFT_TRACE_SCHEDULE) record.schedule.incremental = false;
        record.name = record.value = (struct weft_span){text, sizeof(text)};
        struct weft_qlog_group far = {.id = UINT64_MAX, .version = WEFT_HTTP_2};
        CHECK(written(&far, &record).size > 100);
    }
}
