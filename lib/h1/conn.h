// h1/conn.h: what a connection holds, for the files that make it: conn.c (birth, end, events), receive.c (what the
// peer sends), send.c (what we send), timeout.c (when it takes too long).
//
// An exchange is one request with its answer: a stream, in the words of the other versions. Its two halves, what is
// received and what is sent, end apart; when both are done, or the connection is, the exchange is over.
#ifndef WEFT_H1_CONN_H
#define WEFT_H1_CONN_H

#include "base/list.h"
#include "h1/chunked.h"
#include "h1/framing.h"
#include "h1/h1.h"
#include "h1/known_head.h"
#include "h1/sent_head.h"
#include "wire/queue.h"

/** How far the half that we send has come. */
enum weft_h1_sending {
    WEFT_H1_SENDING_HEAD, // the final head was not sent yet
    WEFT_H1_SENDING_CONTENT,
    WEFT_H1_SENDING_DONE,
};

struct weft_h1_exchange {
    struct weft_list link; // in `exchanges` or `over` of the connection
    uint64_t id;
    void *user;
    uint64_t start_mark; // client: bytes that went into the output before this request
    int64_t left;        // content still to be sent, where it has a length
    enum weft_http_method method;
    enum weft_h1_framing framing; // of what we send
    enum weft_h1_sending sending;
    bool is_received;     // the peer's half is done
    bool is_paused;       // the body source has nothing
    bool persists;        // the connection goes on behind it, as far as both sides have said
    bool says_keep_alive; // server: to a client of 1.0 that asked for it
    struct weft_http_error error; // once it is over
};

/** What is read next. */
enum weft_h1_phase {
    WEFT_H1_READING_HEAD,
    WEFT_H1_READING_CONTENT,
    WEFT_H1_READING_TRAILERS,
    WEFT_H1_AWAITING_ANSWER, // server: the next request comes when this one is answered
    WEFT_H1_CLOSED,          // nothing is read any more
};

/** Bytes over a span of time, for a least rate. */
struct weft_h1_meter {
    uint64_t since_us; // when the span began
    uint64_t last_us;  // when the last byte moved
    uint64_t size;     // bytes in the span
};

struct weft_h1_conn {
    enum weft_http_role role;
    bool speaks_1_0; // client: its requests are of HTTP/1.0
    const struct weft_alloc *alloc;
    const struct weft_http_limits *limits;
    struct weft_http_limit_counters *counters; // NULL for none
    struct weft_trace *trace;                  // NULL for none
    struct weft_http_totals totals;
    uint64_t now_us; // as the caller told last

    // The exchanges, the oldest first. A server has one at most.
    struct weft_list exchanges;
    struct weft_list over;  // those whose STREAM_CLOSED is to be pulled
    struct weft_list spare; // for use again
    size_t exchange_count;
    uint64_t last_id;
    size_t spare_count;

    // What is received
    struct weft_span in;    // not taken yet: in the caller's bytes, or at the end of `held`
    struct weft_queue held; // what the caller's bytes had left over
    bool is_holding;        // `in` is in `held`
    bool input_ended;       // the peer has closed its side
    enum weft_h1_phase phase;
    struct weft_h1_scan scan;
    bool is_scanning;        // `scan` has begun
    struct weft_arena arena; // heads, until their exchange is over
    bool arena_is_stale;
    enum weft_h1_framing framing; // of what we receive
    uint64_t left;                // content still to come, where it has a length
    struct weft_h1_chunked chunked;
    uint32_t field_count;   // of the head, charged to the trailers
    uint8_t peer_version;   // of the last head
    bool is_head;           // server: of the request that was parsed last, for answers of our own
    bool awaits_continue;   // server: 100 (Continue) is due when content is asked for
    uint32_t interim_count; // client: 1xx heads of this exchange
    struct weft_h1_known_head *known; // a head that came twice, one behind the other; or NULL
    uint64_t seen_hash;               // of the last head that could be known; 0 for none
    size_t unconsumed;                // content handed out and not consumed
    bool is_discarding;               // server: what is left of a request that was answered early
    uint64_t discarded;

    // What is sent
    struct weft_queue out;
    uint64_t fit_stamp;             // of the last head that was judged and found fit; 0 for none
    struct weft_h1_sent_head *sent; // server: a final head that was sent twice; or NULL
    uint64_t sent_stamp;            // server: of the last final head that has one
    uint32_t answered_count;        // server: since output left last
    bool is_draining;

    // Time
    uint64_t born_us;
    uint64_t idle_us;  // when the last exchange ended
    uint64_t drain_us; // while `is_draining`: when that began
    bool is_trimmed;   // since then
    uint64_t head_us;  // while `is_scanning`: when the head or trailer section began
    struct weft_h1_meter reading;
    struct weft_h1_meter writing;

    struct weft_http_error error;
    bool tells_failure; // the FAILED event is to be pulled
};

/** The oldest exchange, which is the one that is received; NULL for none. */
static inline struct weft_h1_exchange *weft_h1_front(const struct weft_h1_conn *conn)
{
    if (weft_list_is_empty(&conn->exchanges)) return NULL;
    return WEFT_LIST_ENTRY(conn->exchanges.next, struct weft_h1_exchange, link);
}

/** The newest exchange, which is the one that is sent; NULL for none. */
static inline struct weft_h1_exchange *weft_h1_back(const struct weft_h1_conn *conn)
{
    if (weft_list_is_empty(&conn->exchanges)) return NULL;
    return WEFT_LIST_ENTRY(conn->exchanges.prev, struct weft_h1_exchange, link);
}

// conn.c

enum {
    WEFT_H1_DISCARD_MOST = 65536
}; // of a request's content that is left when its answer is done (§9.3)

/** A new exchange at the end of the list, with the next id; NULL without memory. */
struct weft_h1_exchange *weft_h1_exchange_add(struct weft_h1_conn *conn);
/** Takes the newest exchange back: it was never made known. */
void weft_h1_exchange_undo(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange);
/** The open exchange with that id, or NULL. */
struct weft_h1_exchange *weft_h1_exchange_find(const struct weft_h1_conn *conn, uint64_t stream_id);

/** Looks whether an exchange is over, now that one half of it is done, and what that means for the connection. */
void weft_h1_exchange_settle(struct weft_h1_conn *conn, struct weft_h1_exchange *exchange);

/** Reads nothing more. Exchanges that are still open end unanswered: the peer said that it would not act on them. */
void weft_h1_conn_close(struct weft_h1_conn *conn);

/** Ends the connection as an error: every exchange with it, then FAILED. What waits to be sent still is. */
void weft_h1_conn_break(struct weft_h1_conn *conn, uint32_t code, const char *reason, bool by_peer);

/** The peer broke a rule or a limit: a server answers, where no answer has begun, and the connection breaks. */
void weft_h1_conn_refuse(struct weft_h1_conn *conn, struct weft_h1_error error);

/** Has nothing of a client's request left yet, so that the peer cannot have acted on it? */
bool weft_h1_exchange_is_unsent(const struct weft_h1_conn *conn,
                                const struct weft_h1_exchange *exchange);

/** Gives back the memory that a connection without anything to do does not need. */
void weft_h1_trim(struct weft_h1_conn *conn);

// receive.c

/** Does the server begin no request now because too much waits to be sent? */
bool weft_h1_is_held_back(const struct weft_h1_conn *conn);

/** Reads on until there is an event (true), or nothing more to read (false). */
bool weft_h1_receive(struct weft_h1_conn *conn, struct weft_http_event *event);

// send.c

/** Notes that there is more to send than the `before` bytes that were waiting. */
void weft_h1_note_queued(struct weft_h1_conn *conn, size_t before);

// trace.c: these do nothing without a trace

void weft_h1_trace_received(const struct weft_h1_conn *conn, uint64_t stream_id,
                            const struct weft_http_head *head);
/** `written`: the head as text, which has more fields than `head`: those of framing. */
void weft_h1_trace_sent(const struct weft_h1_conn *conn, uint64_t stream_id,
                        const struct weft_http_head *head, struct weft_span written);
void weft_h1_trace_error(const struct weft_h1_conn *conn);

// timeout.c

void weft_h1_meter_start(struct weft_h1_meter *meter, uint64_t now_us);
void weft_h1_meter_add(struct weft_h1_meter *meter, size_t size, uint64_t now_us);

#endif
