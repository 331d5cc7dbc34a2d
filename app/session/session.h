// session/session.h: a connection of lib/ driven over a transport of net/. The one joint between the two.
//
// A session reads the socket until it is dry, feeds the connection, gives its events to the owner, then offers turns and
// fills them from the owner's body sources, and sends all that came together in one system call. It
// does the TLS handshake, its timeout, the closing with half-close and linger, and keeps the connection's deadlines.
#ifndef WEFT_SESSION_H
#define WEFT_SESSION_H

#include "conn/conn.h"
#include "net/loop.h"
#include "net/socket.h"
#include "net/tls.h"

struct weft_session;

/** What the sessions of one thread share: buffers, and the list of all of them. */
struct weft_session_hub;

/** What the owner of sessions does; called in the thread of the loop. */
struct weft_session_owner {
    /** Client: the transport is connected; the handshake, if any, begins. May be NULL. Never called inside of
     *  weft_session_start(). */
    void (*connected)(struct weft_session *session);
    /** The handshake is over and the protocol is known; `weft_session_conn` works from here on (before, it is NULL, also in
     *  `closed` of a session that never came so far). May be NULL. Never called inside of weft_session_start(). */
    void (*ready)(struct weft_session *session);
    /** What the connection is made with may be changed here: its trace, whether pushes are taken, the version. May be NULL. */
    void (*configure)(struct weft_session *session, struct weft_http_engine_config *config);
    /** An event of the connection. Every call on the connection is allowed here, no call that frees the session. */
    void (*event)(struct weft_session *session, const struct weft_http_event *event);
    /** All that was read in this turn has been told, so what the peer took back at once is known to be: the time to start
     *  work. Called whether or not there were events; may be NULL. Every call on the connection is allowed. */
    void (*settled)(struct weft_session *session);
    /**
     * Fills a stream's turn from its body source.
     *
     * user     what was set for the stream
     * ends     set to true where the content ends with these bytes
     * returns  bytes put into `room`; 0 that do not end: nothing yet (weft_conn_resume() later, then
     *          weft_session_wake()); negative: the source is broken, the stream is reset
     */
    ssize_t (*fill)(struct weft_session *session, void *user, uint8_t *room, size_t size,
                    bool *ends);
    /** Everything is to end, and soon (weft_session_hub_drain() with little patience): what is of no use is not to be waited for
     *  any more. Every call on the connection is allowed, which has been told to drain. May be NULL. */
    void (*hurry)(struct weft_session *session);
    /** A turn is over: what was to be read is read, what could be sent has left. For readers of traces; may be NULL. */
    void (*turned)(struct weft_session *session);
    /** The transport is gone; streams that were still open get no further event. The last call for this session,
     *  which is freed after it. */
    void (*closed)(struct weft_session *session);
};

struct weft_session_hub_config {
    struct weft_loop *loop;
    const struct weft_alloc *alloc;
    const struct weft_http_limits *limits;
    struct weft_http_limit_counters *counters; // NULL for none
    struct weft_http_end_counters *ends;       // NULL for none
    uint32_t handshake_timeout_ms;             // 10000 where 0
    uint32_t linger_ms; // how long a closing side reads on, for the answer's sake; 2000 where 0
};

struct weft_session_hub *weft_session_hub_new(const struct weft_session_hub_config *config);
/** Closes all sessions at once, then frees the hub. NULL does nothing. */
void weft_session_hub_free(struct weft_session_hub *hub);

/** Lets every session finish what is in flight (weft_conn_drain), and new ones at once. It may be called again with less
 *  patience.
 *
 *  patience_us  how long those are waited for who have asked for nothing; UINT64_MAX: as long as the limits let them */
void weft_session_hub_drain(struct weft_session_hub *hub, uint64_t patience_us);
/** The most that are shed at once. */
enum { WEFT_SESSION_SHED_MOST = 8 };
/** Ends up to `count` sessions, at the end of this turn: their descriptors are needed. Those go that have waited for a request
 *  for some time, the longest first; of a large crowd the longest of a part of it, another one each time. Returns how many. */
size_t weft_session_hub_shed(struct weft_session_hub *hub, size_t count);
/** How many of those alive leave at the end of this turn because they were shed. */
size_t weft_session_hub_shed_count(const struct weft_session_hub *hub);
/** Calls `visit` for each session; it may not end any. */
void weft_session_hub_each(struct weft_session_hub *hub,
                           void (*visit)(struct weft_session *session, void *context),
                           void *context);
/** Sessions alive. */
size_t weft_session_hub_count(const struct weft_session_hub *hub);
/** Called each time the count falls to 0 while draining (not where it is 0 already); NULL for none. It may free the hub
 *  only outside of this call. */
void weft_session_hub_when_empty(struct weft_session_hub *hub, void (*empty)(void *context),
                                 void *context);

/**
 * Takes over a connected (or connecting) socket.
 *
 * fd        closed by the session, also where this fails
 * tls       NULL for clear text; the session takes its own reference
 * server_name  client with TLS: the name to ask for and verify
 * protocol  for clear text; with TLS it is ALPN's
 * context   the owner's, had again by weft_session_context()
 * returns   NULL without memory
 */
struct weft_session *weft_session_start(struct weft_session_hub *hub, int fd,
                                        const struct weft_address *peer, enum weft_http_role role,
                                        struct weft_tls_context *tls, const char *server_name,
                                        enum weft_conn_protocol protocol,
                                        const struct weft_session_owner *owner, void *context);

/** Client with TLS, before the loop's next turn: tries to resume what weft_session_save() gave; false where it is no such
 *  thing. */
bool weft_session_resume(struct weft_session *session, struct weft_span saved);

/** Client with TLS: copies what a later session to the same name needs to resume this one, as weft_tls_save(). */
size_t weft_session_save(struct weft_session *session, uint8_t *room, size_t room_size);

/** Asks the session to offer turns and send at the end of this turn of the loop. To be called after calls on the
 *  connection from outside the owner's functions. */
void weft_session_wake(struct weft_session *session);

/** Ends it, at the end of this turn at the latest and never inside of this call; `closed` is called then, and what the
 *  peer has not taken is dropped (RST). */
void weft_session_abort(struct weft_session *session);

struct weft_conn *weft_session_conn(struct weft_session *session);
void *weft_session_context(const struct weft_session *session);
struct weft_loop *weft_session_loop(const struct weft_session *session);
const struct weft_address *weft_session_peer(const struct weft_session *session);
/** NULL for clear text. */
const struct weft_tls *weft_session_tls(const struct weft_session *session);
/** Bytes that the socket gave and took, TLS with them. */
uint64_t weft_session_received_size(const struct weft_session *session);
uint64_t weft_session_sent_size(const struct weft_session *session);
/** Why the transport or the handshake ended: static text or lent from TLS; empty after a good end. */
const char *weft_session_error(const struct weft_session *session);

#endif
