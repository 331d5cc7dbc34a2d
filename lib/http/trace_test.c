// http/trace_test.c
#include "http/trace.h"

#include "check.h"

static void add(struct weft_trace *trace, uint64_t id, const char *name, const char *value)
{
    weft_trace_add(trace, &(struct weft_trace_record){.type = WEFT_TRACE_FIELD,
                                                      .stream_id = id,
                                                      .name = weft_span_of(name),
                                                      .value = weft_span_of(value)});
}

TEST(records_come_out_in_order_with_their_text)
{
    static uint8_t memory[4096];
    struct weft_trace trace;
    struct weft_trace_record record;
    weft_trace_init(&trace, memory, sizeof(memory));
    CHECK(!weft_trace_read(&trace, &record));
    add(&trace, 1, "name", "value");
    add(&trace, 2, "", "");
    CHECK(weft_trace_read(&trace, &record));
    CHECK_EQ(record.stream_id, 1);
    CHECK_SPAN(record.name, "name");
    CHECK_SPAN(record.value, "value");
    CHECK(weft_trace_read(&trace, &record));
    CHECK_EQ(record.stream_id, 2);
    CHECK_EQ(record.name.size, 0);
    CHECK(!weft_trace_read(&trace, &record));
    CHECK_EQ(trace.lost, 0);
}

// Rings of every size, records of many: what comes out is the newest run, whole, and the rest is counted.
TEST(the_oldest_give_way_and_are_counted)
{
    static uint8_t memory[3000];
    static const char text[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789";
    for (size_t size = 0; size < sizeof(memory); size += 7) {
        struct weft_trace trace;
        struct weft_trace_record record;
        weft_trace_init(&trace, memory, size);
        uint64_t next = 0;
        uint64_t read = 0;
        for (uint64_t i = 0; i < 300; i++) {
            add(&trace, i, text + i % 13, text + (i * 7) % 67);
            if (i % 5 != 0) continue;
            if (!weft_trace_read(&trace, &record)) continue;
            read++;
            CHECK(record.stream_id >= next);
            next = record.stream_id + 1;
            CHECK_SAME(record.name, weft_span_of(text + record.stream_id % 13));
            CHECK_SAME(record.value, weft_span_of(text + (record.stream_id * 7) % 67));
        }
        while (weft_trace_read(&trace, &record)) {
            read++;
            CHECK(record.stream_id >= next);
            next = record.stream_id + 1;
            CHECK_SAME(record.value, weft_span_of(text + (record.stream_id * 7) % 67));
        }
        if (size > 1000) CHECK_EQ(next, 300); // the newest is always there
        CHECK_EQ(read + trace.lost, 300);
    }
}
