// h2/settings.h: what the two sides tell each other about themselves (RFC 9113 §6.5).
#ifndef WEFT_H2_SETTINGS_H
#define WEFT_H2_SETTINGS_H

#include "base/span.h"
#include "h2/error.h"

/** X(name, field, id, default, least, most, code of a value outside): RFC 9113 §6.5.2, RFC 9218 §2.1,
 *  RFC 8441 §3. */
// clang-format off
#define WEFT_H2_SETTINGS_LIST(X)                                                                               \
    X(HEADER_TABLE_SIZE,       header_table_size,       0x1, 4096,       0,     UINT32_MAX, PROTOCOL_ERROR)     \
    X(ENABLE_PUSH,             enable_push,             0x2, 1,          0,     1,          PROTOCOL_ERROR)     \
    X(MAX_CONCURRENT_STREAMS,  max_concurrent_streams,  0x3, UINT32_MAX, 0,     UINT32_MAX, PROTOCOL_ERROR)     \
    X(INITIAL_WINDOW_SIZE,     initial_window_size,     0x4, 65535,      0,     INT32_MAX,  FLOW_CONTROL_ERROR) \
    X(MAX_FRAME_SIZE,          max_frame_size,          0x5, 16384,      16384, 16777215,   PROTOCOL_ERROR)     \
    X(MAX_HEADER_LIST_SIZE,    max_header_list_size,    0x6, UINT32_MAX, 0,     UINT32_MAX, PROTOCOL_ERROR)     \
    X(ENABLE_CONNECT_PROTOCOL, enable_connect_protocol, 0x8, 0,          0,     1,          PROTOCOL_ERROR)     \
    X(NO_RFC7540_PRIORITIES,   no_rfc7540_priorities,   0x9, 0,          0,     1,          PROTOCOL_ERROR)
// clang-format on

enum weft_h2_setting_id {
#define X(name, field, id, standard, least, most, code) WEFT_H2_SETTING_##name = (id),
    WEFT_H2_SETTINGS_LIST(X)
#undef X
};

struct weft_h2_settings {
#define X(name, field, id, standard, least, most, code) uint32_t field;
    WEFT_H2_SETTINGS_LIST(X)
#undef X
};

enum { WEFT_H2_SETTING_SIZE = 6 }; // Identifier (16), Value (32)

/** What holds before any SETTINGS frame came. */
struct weft_h2_settings weft_h2_settings_initial(void);

/**
 * Takes over one setting of the peer; unknown ones are ignored (§6.5.2).
 *
 * role      ours: only a client may hear ENABLE_PUSH 0 and no 1 (§6.5.2)
 * is_first  the frame is the peer's first; RFC 9218 §2.1 forbids later changes of NO_RFC7540_PRIORITIES
 */
struct weft_http_error weft_h2_settings_apply(struct weft_h2_settings *settings,
                                              enum weft_http_role role, bool is_first, uint16_t id,
                                              uint32_t value);

#endif
