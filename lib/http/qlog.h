// http/qlog.h: a trace as qlog (draft-ietf-quic-qlog-main-schema): JSON text sequences (RFC 7464), a record each.
//
// Frames are `http2:frame_created` and `http2:frame_parsed`, named as draft-ietf-quic-qlog-h3-events has those of
// HTTP/3; fields of a message come one by one, with what HPACK made of each.
#ifndef WEFT_HTTP_QLOG_H
#define WEFT_HTTP_QLOG_H

#include "http/trace.h"
#include "wire/writer.h"

/** Of whom a record tells, and how. */
struct weft_qlog_group {
    uint64_t id;      // of the connection
    unsigned version; // enum weft_http_version; 0 while it is not known
    int64_t zero_us;  // taken from a record's time to have the one that is written
    // Values of what authorises somebody are left out: Authorization, Cookie and their like.
    bool hides_secrets;
};

enum {
    WEFT_QLOG_RECORD_SIZE = 512, // bytes of a record at the most, beside its texts
    WEFT_QLOG_TEXT_FACTOR = 6,   // bytes that one of a text may take
};

/** Room that surely holds the record. */
size_t weft_qlog_size(const struct weft_trace_record *record);

/**
 * Begins a file.
 *
 * title         who writes it
 * reference_us  the moment that times count from, of 1970; 0: they count from 1970 themselves
 */
void weft_qlog_start(struct weft_writer *out, const char *title, bool is_server,
                     int64_t reference_us);

/** Adds a record of the connection's trace. */
void weft_qlog_record(struct weft_writer *out, const struct weft_qlog_group *group,
                      const struct weft_trace_record *record);

/** Tells where a connection begins: who the peer is. */
void weft_qlog_opened(struct weft_writer *out, const struct weft_qlog_group *group, uint64_t at_us,
                      const char *peer, bool is_secure);

/** Tells where it ends, and how many of its records had no room (weft_trace's `lost`). */
void weft_qlog_closed(struct weft_writer *out, const struct weft_qlog_group *group, uint64_t at_us,
                      uint64_t lost);

/** "HEADERS", "DATA", ... or "unknown type" (RFC 9113 §6, RFC 9218 §7.1). */
const char *weft_qlog_frame_name(uint8_t type);

#endif
