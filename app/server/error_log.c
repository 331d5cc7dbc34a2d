// server/error_log.c
#include "server/error_log.h"

#include "base/hash.h"
#include "wire/hex.h"
#include "wire/json_text.h"

#include <stdio.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "notice"};

/** A line to be written. */
struct line {
    const struct weft_error_log *log;
    const struct weft_error_record *record;
    uint64_t more; // lines like it that were held back; 0: it is one itself
};

static void write_text(struct weft_writer *out, const char *text)
{
    weft_write_bytes(out, weft_span_of(text));
}

// A text that others may have had a hand in: nothing in it ends the line or steers a terminal.
static void write_plain(struct weft_writer *out, const char *text)
{
    for (size_t i = 0; text[i] && i < WEFT_ERROR_TEXT_MOST; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (byte >= 0x20 && byte < 0x7f) {
            weft_write_u8(out, byte);
        } else {
            write_text(out, "\\x");
            weft_write_hex_byte(out, byte);
        }
    }
}

static const char *protocol_of(unsigned version)
{
    return version == WEFT_HTTP_2 ? "HTTP/2" : "HTTP/1";
}

static void write_whence(struct weft_writer *out, const struct weft_error_record *record)
{
    if (!record->peer) return;
    write_text(out, ", from ");
    write_text(out, record->peer);
    write_text(out, " (connection ");
    weft_write_decimal(out, record->connection);
    if (record->version) {
        write_text(out, ", ");
        write_text(out, protocol_of(record->version));
    }
    if (record->stream_id) {
        write_text(out, ", stream ");
        weft_write_decimal(out, record->stream_id);
    }
    weft_write_u8(out, ')');
}

// 2026-11-28T21:00:00Z warning: limit: ping_burst, from 127.0.0.1:5000 (connection 7, HTTP/2)
static void write_line(struct weft_writer *out, const void *context)
{
    const struct line *line = context;
    const struct weft_error_record *record = line->record;
    write_text(out, line->log->clock.iso_time);
    weft_write_u8(out, ' ');
    write_text(out, level_names[record->level]);
    write_text(out, ": ");
    write_plain(out, record->text);
    if (record->detail) {
        write_text(out, ": ");
        write_plain(out, record->detail);
    }
    write_whence(out, record);
    if (line->more > 0) {
        write_text(out, ": and ");
        weft_write_decimal(out, line->more);
        write_text(out, " more like it");
    }
    weft_write_u8(out, '\n');
}

static void write_json_text(struct weft_writer *out, const char *name, const char *value)
{
    if (!value) return;
    write_text(out, ",\"");
    write_text(out, name);
    write_text(out, "\":");
    weft_write_json_text(out, weft_span_part(weft_span_of(value), 0, WEFT_ERROR_TEXT_MOST));
}

static void write_json_number(struct weft_writer *out, const char *name, uint64_t value)
{
    if (value == 0) return;
    write_text(out, ",\"");
    write_text(out, name);
    write_text(out, "\":");
    weft_write_decimal(out, value);
}

static void write_json(struct weft_writer *out, const void *context)
{
    const struct line *line = context;
    const struct weft_error_record *record = line->record;
    write_text(out, "{\"time\":\"");
    write_text(out, line->log->clock.iso_time);
    weft_write_u8(out, '"');
    write_json_text(out, "level", level_names[record->level]);
    write_json_text(out, "text", record->text);
    if (strncmp(record->text, "limit: ", 7) == 0) write_json_text(out, "limit", record->text + 7);
    write_json_text(out, "detail", record->detail);
    write_json_text(out, "peer", record->peer);
    write_json_number(out, "connection", record->connection);
    if (record->version) write_json_text(out, "protocol", protocol_of(record->version));
    write_json_number(out, "stream", record->stream_id);
    write_json_number(out, "more", line->more);
    write_text(out, "}\n");
}

static void add_line(struct weft_error_log *log, const struct weft_error_record *record,
                     uint64_t more)
{
    struct line line = {log, record, more};
    weft_log_file_add(&log->file, log->is_json ? write_json : write_line, &line);
}

// Tells how many lines of a kind were held back, and begins anew.
static void tell_rest(struct weft_error_log *log, struct weft_error_kind *kind, uint64_t now_us)
{
    struct weft_error_record record = {.level = kind->level, .text = kind->text};
    if (kind->count > WEFT_ERROR_LINES_A_SPAN) {
        add_line(log, &record, kind->count - WEFT_ERROR_LINES_A_SPAN);
    }
    kind->count = 0;
    kind->since_us = now_us;
}

static void time_is_up(struct weft_timer *timer)
{
    struct weft_error_log *log =
        (struct weft_error_log *)(void *)((char *)timer - offsetof(struct weft_error_log, timer));
    uint64_t now_us = weft_loop_now_us(log->file.loop);
    uint64_t next_us = UINT64_MAX;
    weft_clock_set(&log->clock, weft_loop_now_seconds(log->file.loop));
    for (size_t i = 0; i < WEFT_ERROR_KINDS; i++) {
        struct weft_error_kind *kind = &log->kinds[i];
        if (kind->count <= WEFT_ERROR_LINES_A_SPAN) continue;
        uint64_t due_us = kind->since_us + WEFT_ERROR_SPAN_US;
        if (due_us <= now_us) {
            tell_rest(log, kind, now_us);
        } else if (due_us < next_us) {
            next_us = due_us;
        }
    }
    if (next_us != UINT64_MAX) (void)weft_loop_set_timer(log->file.loop, timer, next_us);
}

// The kind of a text; where another one has its place, that one is told and goes.
static struct weft_error_kind *kind_of(struct weft_error_log *log, uint64_t now_us,
                                       const struct weft_error_record *record)
{
    uint64_t hash = weft_hash_bytes(1, weft_span_of(record->text)) | 1;
    struct weft_error_kind *kind = &log->kinds[hash / 2 % WEFT_ERROR_KINDS];
    bool is_over = now_us - kind->since_us >= WEFT_ERROR_SPAN_US;
    if (kind->hash == hash && !is_over) return kind;
    tell_rest(log, kind, now_us);
    kind->hash = hash;
    kind->level = record->level;
    snprintf(kind->text, sizeof(kind->text), "%s", record->text);
    return kind;
}

void weft_error_log_add(struct weft_error_log *log, int64_t now_seconds, uint64_t now_us,
                        const struct weft_error_record *record)
{
    log->counts->errors[record->level]++;
    if (record->level > log->level || !log->file.path) return;
    weft_clock_set(&log->clock, now_seconds);
    struct weft_error_kind *kind = kind_of(log, now_us, record);
    if (++kind->count <= WEFT_ERROR_LINES_A_SPAN) {
        add_line(log, record, 0);
        return;
    }
    log->counts->errors_held_back++;
    if (!log->file.loop || log->timer.heap_index != 0) return;
    // without memory they are told with the next of the kind
    (void)weft_loop_set_timer(log->file.loop, &log->timer, kind->since_us + WEFT_ERROR_SPAN_US);
}

int weft_error_log_open(struct weft_error_log *log, const struct weft_server_config *config,
                        struct weft_counts *counts, struct weft_loop *loop)
{
    *log = (struct weft_error_log){
        .level = config->error_level,
        .is_json = config->error_format == WEFT_ERROR_JSON,
        .counts = counts,
        .timer = {.due = time_is_up},
    };
    weft_clock_init(&log->clock);
    return weft_log_file_open(&log->file, config->error_log, STDERR_FILENO, loop);
}

void weft_error_log_close(struct weft_error_log *log)
{
    if (!log->file.path || log->file.fd < 0) return;
    if (log->file.loop) weft_loop_cancel_timer(log->file.loop, &log->timer);
    for (size_t i = 0; i < WEFT_ERROR_KINDS; i++) {
        tell_rest(log, &log->kinds[i], 0);
    }
    weft_log_file_close(&log->file);
}
