// session/state.h: what is inside of a session and its hub; only for the files of this folder.
#ifndef WEFT_SESSION_STATE_H
#define WEFT_SESSION_STATE_H

#include "session/pace.h"
#include "session/session.h"

enum {
    WEFT_SESSION_INPUT_SIZE = 65536,
    WEFT_SESSION_PLAIN_SIZE = 16384, // one record, RFC 8446 §5.1
    WEFT_SESSION_BURST_LEAST = 16384,
    WEFT_SESSION_BURST_MOST = 65536,
    WEFT_SESSION_SEED_COUNT = 64,
};

struct weft_session_hub {
    struct weft_session_hub_config config;
    struct weft_list sessions;
    size_t count;
    size_t shed_count; // of those, how many leave at the end of this turn because they were shed
    bool is_draining;
    uint64_t drain_deadline_us; // of those who have asked for nothing
    void (*empty)(void *context);
    void *empty_context;
    struct weft_queue spare; // memory for the output of the next TLS session that sends
    uint64_t seeds[WEFT_SESSION_SEED_COUNT];
    size_t seed_count;                      // not used yet
    uint8_t input[WEFT_SESSION_INPUT_SIZE]; // as received
    uint8_t plain[WEFT_SESSION_PLAIN_SIZE]; // as decrypted
};

/** Where a session is; it only goes forward. */
enum weft_session_phase {
    WEFT_SESSION_CONNECTING, // also a server's before its first turn
    WEFT_SESSION_HANDSHAKING,
    WEFT_SESSION_OPEN,      // the connection of lib/ is there
    WEFT_SESSION_CLOSING,   // the last bytes leave
    WEFT_SESSION_LINGERING, // our side is shut; what still comes is read and thrown away
};

struct weft_session {
    struct weft_watch watch;
    struct weft_timer timer;
    struct weft_task task;
    struct weft_list link; // in the hub
    struct weft_session_hub *hub;
    const struct weft_session_owner *owner;
    void *context;
    struct weft_conn *conn; // from OPEN on
    struct weft_tls *tls;   // NULL for clear text
    const char *error;      // NULL: none
    enum weft_http_role role;
    enum weft_conn_protocol protocol;
    enum weft_session_phase phase;
    bool may_read;         // there may be more than what was read
    bool may_write;        // the socket has not refused bytes since it was last writable
    bool peer_ended;       // the loop saw the peer's end (or an error) behind what there is to read
    bool has_eof;          // recv() returned 0
    bool input_ended;      // no more input in order: end of file, or close_notify
    bool has_begun;        // bytes of the peer have come
    bool has_said_end;     // close_notify was put into the output
    bool has_more;         // more could be sent now than was put together in this turn
    bool has_sent;         // the kernel took bytes in this turn
    bool is_dying;         // to be freed at the end of this turn
    bool is_shed;          // counted as such
    bool is_reset;         // what the kernel has not sent yet is not worth sending
    size_t burst;          // the most bytes put together in a turn
    size_t sealed_plain;   // bytes at the front of the connection's output that the TLS queue has
    size_t sealed_cipher;  // what that queue held when they were
    size_t warm_size;      // bytes sent since the connection was last idle
    uint64_t last_sent_us; // when the kernel last took bytes, or a backlog began
    uint64_t phase_deadline_us; // of all phases but OPEN
    struct weft_pace pace;
    size_t sent_since;      // bytes since the link was measured
    uint64_t measured_us;   // when
    uint64_t received_size; // by the socket
    uint64_t sent_size;
    struct weft_address peer;
};

static inline uint64_t weft_session_now_us(const struct weft_session *session)
{
    return weft_loop_now_us(session->hub->config.loop);
}

/** The transport is of no use any more: ends the session at the end of this turn. `error` is static or lent from TLS;
 *  the first one counts. */
void weft_session_break(struct weft_session *session, const char *error);

/** Starts what follows the connecting: the TLS handshake or the connection. */
void weft_session_begin(struct weft_session *session);

/** Reads until the socket is dry, the connection wants no more, or others should have their turn. */
void weft_session_take_input(struct weft_session *session);

/** Hands what the connection has to tell to the owner; was there anything? */
bool weft_session_give_events(struct weft_session *session);

/** Tells the owner that all events have been given. */
static inline void weft_session_settle(struct weft_session *session)
{
    if (session->owner->settled && session->phase == WEFT_SESSION_OPEN && !session->is_dying) {
        session->owner->settled(session);
    }
}

/** Nothing more is taken from the peer; the last bytes leave, within write_timeout_ms in all. */
void weft_session_close(struct weft_session *session);

/** Would weft_session_take_input() read? */
bool weft_session_wants_input(const struct weft_session *session);

/** Fills turns, with the events that come of it, up to a burst. */
void weft_session_fill_output(struct weft_session *session);

/** Sends what there is, in one system call. */
void weft_session_send_output(struct weft_session *session);

/** Are there bytes that the kernel has not taken? */
bool weft_session_has_output(const struct weft_session *session);

#endif
