// http/trace.c
#include "http/trace.h"

// In memory: a record, its name, its value, rounded up. No record wraps; where the end of the memory has no
// room for one, what is left there is skipped.
enum { ROUND = 16 };

static size_t size_of(const struct weft_trace_record *record)
{
    size_t size = sizeof(*record) + record->name.size + record->value.size;
    return (size + ROUND - 1) / ROUND * ROUND;
}

void weft_trace_init(struct weft_trace *trace, void *memory, size_t size)
{
    *trace = (struct weft_trace){.memory = memory, .size = size};
}

// Where the record at `at` really stands: at the front, when it did not fit behind the one before.
static size_t settled(const struct weft_trace *trace, size_t at)
{
    struct weft_trace_record record;
    if (trace->size - at < sizeof(record)) return 0;
    memcpy(&record, trace->memory + at, sizeof(record));
    return record.type == UINT8_MAX ? 0 : at; // a mark: the rest was skipped
}

bool weft_trace_read(struct weft_trace *trace, struct weft_trace_record *record)
{
    if (trace->count == 0) return false;

    size_t at = trace->read;
    memcpy(record, trace->memory + at, sizeof(*record));
    record->name.data = trace->memory + at + sizeof(*record);
    record->value.data = record->name.data + record->name.size;
    at += size_of(record);
    trace->count--;
    if (trace->count > 0) trace->read = settled(trace, at); // now, while the mark is there
    return true;
}

static void drop_oldest(struct weft_trace *trace)
{
    struct weft_trace_record record;
    if (weft_trace_read(trace, &record)) trace->lost++;
}

// Is the run from `at` to `at + size` free of records?
static bool is_free(const struct weft_trace *trace, size_t at, size_t size)
{
    if (trace->count == 0) return true;
    if (trace->read < at) return true; // records end at `at`, and this run lies behind them
    return size <= trace->read - at;
}

static void mark_skipped(struct weft_trace *trace, size_t at)
{
    struct weft_trace_record mark = {.type = UINT8_MAX};
    if (trace->size - at >= sizeof(mark)) memcpy(trace->memory + at, &mark, sizeof(mark));
}

// Goes back to the front of the memory; records that stand behind `write` have to go first, so that all that
// are left begin at the front.
static void wrap(struct weft_trace *trace)
{
    while (trace->count > 0 && trace->read >= trace->write)
        drop_oldest(trace);
    mark_skipped(trace, trace->write);
    trace->write = 0;
}

void weft_trace_add(struct weft_trace *trace, const struct weft_trace_record *record)
{
    size_t size = size_of(record);
    if (size > trace->size) {
        trace->lost++;
        return;
    }
    if (size > trace->size - trace->write) wrap(trace);
    while (!is_free(trace, trace->write, size))
        drop_oldest(trace);
    if (trace->count == 0) trace->read = trace->write;

    uint8_t *to = trace->memory + trace->write;
    memcpy(to, record, sizeof(*record));
    if (record->name.size > 0) memcpy(to + sizeof(*record), record->name.data, record->name.size);
    if (record->value.size > 0) {
        memcpy(to + sizeof(*record) + record->name.size, record->value.data, record->value.size);
    }
    trace->write += size;
    trace->count++;
}
