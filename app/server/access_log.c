// server/access_log.c
#include "server/access_log.h"

#include "server/log_line.h"

#include <unistd.h>

int weft_access_log_open(struct weft_access_log *log, const char *path, enum weft_log_format format,
                         struct weft_loop *loop)
{
    log->format = format;
    return weft_log_file_open(&log->file, path, STDOUT_FILENO, loop);
}

/** A line to be written. */
struct line {
    enum weft_log_format format;
    const struct weft_clock *clock;
    const struct weft_log_record *record;
};

static void write_line(struct weft_writer *out, const void *context)
{
    const struct line *line = context;
    weft_log_line_write(out, line->format, line->clock, line->record);
}

void weft_access_log_add(struct weft_access_log *log, const struct weft_clock *clock,
                         const struct weft_log_record *record)
{
    struct line line = {log->format, clock, record};
    weft_log_file_add(&log->file, write_line, &line);
}
