// h2/stream.h: the streams of one connection: those that live, and what is remembered of those that are over.
#ifndef WEFT_H2_STREAM_H
#define WEFT_H2_STREAM_H

#include "base/arena.h"
#include "base/idmap.h"
#include "base/list.h"
#include "h2/flow.h"
#include "h2/known_heads.h"
#include "h2/state.h"
#include "http/scheduler.h"

struct weft_h2_stream {
    struct weft_list link; // in streams->open, ->over or ->pool
    struct weft_http_scheduled scheduled;
    struct weft_h2_stream_state state;
    uint32_t id;
    bool is_ours;            // we opened or promised it
    bool is_known;           // the user has heard of it, so it will hear STREAM_CLOSED
    bool is_over;            // nothing more happens but STREAM_CLOSED
    bool has_head_in;        // the request, or the final response, has come
    bool has_head_out;       // the same, sent
    bool is_head_request;    // the answer to HEAD has no content
    bool sends_content;      // the head is out, content or trailers are to come
    bool has_rank;           // somebody has said how urgent it is, or its request tells
    bool has_update;         // the client has chosen its priority, by a PRIORITY_UPDATE
    bool is_paused;          // the body source has nothing yet
    uint32_t interim_count;  // received
    uint32_t field_count_in; // of the head that came: trailers count on
    int64_t content_left_in; // by content-length; negative where not stated
    int64_t content_left_out;
    struct weft_h2_send_window send_window;
    struct weft_h2_receive_window receive_window;
    uint64_t received_us; // when content or a head came last
    uint64_t sent_us;     // when content was sent last, or could be sent
    uint64_t in_start_us; // what has come since, for the least rate
    uint64_t in_size;
    uint64_t out_start_us;
    uint64_t out_size;
    uint64_t late_size; // content that came after our whole answer
    void *user;
    struct weft_span authority; // client that accepts pushes: of the request
    struct weft_http_error error;
    struct weft_arena arena;          // heads live here
    struct weft_h2_known_head *known; // or here, where the same request came before
};

/** How a stream that is no longer kept has ended. */
enum weft_h2_past {
    WEFT_H2_PAST_UNKNOWN,       // so long ago that it is forgotten, or it never was opened
    WEFT_H2_PAST_ENDED,         // both sides said END_STREAM
    WEFT_H2_PAST_RESET_BY_US,   // what still comes was on its way: ignore it, §5.1
    WEFT_H2_PAST_RESET_BY_PEER, // nothing may come any more, §5.1
};

enum { WEFT_H2_PAST_COUNT = 32, WEFT_H2_POOL_COUNT = 16, WEFT_H2_POOLED_ARENA_SIZE = 4096 };

struct weft_h2_streams {
    const struct weft_alloc *alloc;
    struct weft_idmap map;
    struct weft_h2_stream *recent; // found last
    struct weft_list open;
    struct weft_list over; // STREAM_CLOSED is due
    struct weft_list pool; // kept for the next streams
    size_t pool_count;
    uint32_t peer_count; // open ones that the peer started
    uint32_t own_count;
    uint32_t last_peer_id; // the highest that the peer has opened or promised
    uint32_t last_own_id;
    uint32_t forgotten_resets; // ids up to this may have been reset by us, and be out of the ring
    uint32_t past_next;
    uint64_t past_how; // enum weft_h2_past, two bits of each
    uint32_t past_id[WEFT_H2_PAST_COUNT];
};

void weft_h2_streams_init(struct weft_h2_streams *streams, const struct weft_alloc *alloc);
void weft_h2_streams_deinit(struct weft_h2_streams *streams);

struct weft_h2_stream *weft_h2_streams_find(struct weft_h2_streams *streams, uint64_t id);

/** A new idle stream in streams->open; from the pool where there is one.
 *
 * arena_limit  the most that its heads may take
 * returns      NULL without memory */
WEFT_MUST_USE struct weft_h2_stream *
weft_h2_streams_add(struct weft_h2_streams *streams, uint32_t id, bool is_ours, size_t arena_limit);

/** Moves a stream from open to over; it no longer counts. */
void weft_h2_streams_end(struct weft_h2_streams *streams, struct weft_h2_stream *stream);

/** Forgets a stream that is over, but for how it ended. */
void weft_h2_streams_remove(struct weft_h2_streams *streams, struct weft_h2_stream *stream);

/** Writes down how a stream ended that never was, or no longer is, an object. */
void weft_h2_past_note(struct weft_h2_streams *streams, uint32_t id, enum weft_h2_past how);

/** How has a stream with an id that was used ended? */
enum weft_h2_past weft_h2_past_of(const struct weft_h2_streams *streams, uint32_t id);

/** Gives back what is only kept for speed. */
void weft_h2_streams_trim(struct weft_h2_streams *streams);

#endif
