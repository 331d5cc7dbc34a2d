// cmd/get_qlog.h: the trace of connections as a qlog file (http/qlog.h).
#ifndef WEFT_CMD_GET_QLOG_H
#define WEFT_CMD_GET_QLOG_H

#include "client/client.h"
#include "http/trace.h"

#include <stdio.h>

/** Begins a file. */
void weft_get_qlog_start(FILE *out, int64_t start_wall_us);

/** Adds a record; `start_us` is the moment, on the loop's clock, that times count from. Without memory it is left out. */
void weft_get_qlog_record(FILE *out, uint64_t start_us,
                          const struct weft_client_connection_info *info,
                          const struct weft_trace_record *record);

#endif
