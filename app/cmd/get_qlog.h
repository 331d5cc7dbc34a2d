// cmd/get_qlog.h: the trace of connections as qlog: JSON text sequences (RFC 7464).
//
// Frames are `http2:frame_created` and `http2:frame_parsed`, named as draft-ietf-quic-qlog has those of HTTP/3; fields of a message
// come one by one, with what HPACK made of each.
#ifndef WEFT_CMD_GET_QLOG_H
#define WEFT_CMD_GET_QLOG_H

#include "client/client.h"
#include "http/trace.h"

#include <stdio.h>

/** "HEADERS", "DATA", ... or "unknown type" (RFC 9113 §6, RFC 9218 §7.1). */
const char *weft_get_frame_name(uint8_t type);

/** Begins a file. */
void weft_get_qlog_start(FILE *out, int64_t start_wall_us);

/** Adds a record; `start_us` is the moment, on the loop's clock, that times count from. */
void weft_get_qlog_record(FILE *out, uint64_t start_us,
                          const struct weft_client_connection_info *info,
                          const struct weft_trace_record *record);

#endif
