// server/trace_log.c
#include "server/trace_log.h"

#include "http/qlog.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** A record to be written. */
struct line {
    struct weft_qlog_group group;
    const struct weft_trace_record *record;
    uint64_t at_us;
    uint64_t lost;
    const char *peer;
    bool is_secure;
};

static void write_start(struct weft_writer *out, const void *context)
{
    (void)context;
    weft_qlog_start(out, "weft serve", true, 0);
}

static void write_record(struct weft_writer *out, const void *context)
{
    const struct line *line = context;
    weft_qlog_record(out, &line->group, line->record);
}

static void write_opened(struct weft_writer *out, const void *context)
{
    const struct line *line = context;
    weft_qlog_opened(out, &line->group, line->at_us, line->peer, line->is_secure);
}

static void write_closed(struct weft_writer *out, const void *context)
{
    const struct line *line = context;
    weft_qlog_closed(out, &line->group, line->at_us, line->lost);
}

// An empty file gets its first record, at once: other threads look for it.
static void begin(struct weft_trace_log *log)
{
    struct stat status;
    if (!log->file.path || fstat(log->file.fd, &status) != 0) return;
    bool lacks_start = S_ISREG(status.st_mode) ? status.st_size == 0 : log->begins;
    if (!lacks_start) return;
    weft_log_file_add(&log->file, write_start, NULL);
    weft_log_file_flush(&log->file);
}

int weft_trace_log_open(struct weft_trace_log *log, const char *path, bool begins,
                        struct weft_loop *loop)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t wall_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    log->begins = begins;
    log->zero_us = (int64_t)weft_loop_now_us(loop) - wall_us;
    int result = weft_log_file_open(&log->file, path, STDOUT_FILENO, loop);
    if (result == 0) begin(log);
    return result;
}

int weft_trace_log_reopen(struct weft_trace_log *log)
{
    int result = weft_log_file_reopen(&log->file);
    log->begins = false; // what is no file was not opened anew
    if (result == 0) begin(log);
    return result;
}

static struct line line_of(const struct weft_tap *tap)
{
    struct weft_qlog_group group = {.id = tap->number,
                                    .version = tap->version,
                                    .zero_us = tap->log->zero_us,
                                    .hides_secrets = true};
    return (struct line){.group = group, .at_us = weft_loop_now_us(tap->log->file.loop)};
}

struct weft_tap *weft_tap_open(struct weft_trace_log *log, uint64_t number, const char *peer,
                               bool is_secure)
{
    if (!log->file.path) return NULL;
    struct weft_tap *tap = malloc(sizeof(*tap) + WEFT_TAP_SIZE);
    if (!tap) return NULL;
    tap->log = log;
    tap->number = number;
    tap->version = 0;
    weft_trace_init(&tap->trace, tap->memory, WEFT_TAP_SIZE);
    struct line line = line_of(tap);
    line.peer = peer;
    line.is_secure = is_secure;
    weft_log_file_add(&log->file, write_opened, &line);
    return tap;
}

void weft_tap_drain(struct weft_tap *tap)
{
    struct weft_trace_record record;
    struct line line = line_of(tap);
    line.record = &record;
    while (weft_trace_read(&tap->trace, &record)) {
        weft_log_file_add(&tap->log->file, write_record, &line);
    }
}

void weft_tap_close(struct weft_tap *tap)
{
    if (!tap) return;
    struct line line = line_of(tap);
    line.lost = tap->trace.lost;
    weft_log_file_add(&tap->log->file, write_closed, &line);
    free(tap);
}
