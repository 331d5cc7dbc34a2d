// cmd/get_qlog.c
#include "cmd/get_qlog.h"

#include "http/qlog.h"

#include <stdlib.h>

void weft_get_qlog_start(FILE *out, int64_t start_wall_us)
{
    uint8_t room[WEFT_QLOG_RECORD_SIZE];
    struct weft_writer text = weft_writer_over(room, sizeof(room));
    weft_qlog_start(&text, "weft get", false, start_wall_us);
    fwrite(room, 1, weft_writer_size(&text), out);
}

void weft_get_qlog_record(FILE *out, uint64_t start_us,
                          const struct weft_client_connection_info *info,
                          const struct weft_trace_record *record)
{
    struct weft_qlog_group group = {
        .id = info->id, .version = info->version, .zero_us = (int64_t)start_us};
    size_t size = weft_qlog_size(record);
    uint8_t *room = malloc(size);
    if (!room) return;
    struct weft_writer text = weft_writer_over(room, size);
    weft_qlog_record(&text, &group, record);
    fwrite(room, 1, weft_writer_size(&text), out);
    free(room);
}
