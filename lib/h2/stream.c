// h2/stream.c
#include "h2/stream.h"

void weft_h2_streams_init(struct weft_h2_streams *streams, const struct weft_alloc *alloc)
{
    *streams = (struct weft_h2_streams){.alloc = alloc};
    weft_idmap_init(&streams->map, alloc);
    weft_list_init(&streams->open);
    weft_list_init(&streams->over);
    weft_list_init(&streams->pool);
}

static struct weft_h2_stream *entry(struct weft_list *link)
{
    return link ? WEFT_LIST_ENTRY(link, struct weft_h2_stream, link) : NULL;
}

static void release_known(struct weft_h2_streams *streams, struct weft_h2_stream *stream)
{
    weft_h2_known_head_release(stream->known, streams->alloc);
    stream->known = NULL;
}

static void free_stream(struct weft_h2_streams *streams, struct weft_h2_stream *stream)
{
    release_known(streams, stream);
    weft_arena_deinit(&stream->arena);
    weft_release(streams->alloc, stream, sizeof(*stream));
}

static void free_list(struct weft_h2_streams *streams, struct weft_list *list)
{
    struct weft_h2_stream *stream;
    while ((stream = entry(weft_list_pop_front(list))))
        free_stream(streams, stream);
}

void weft_h2_streams_deinit(struct weft_h2_streams *streams)
{
    free_list(streams, &streams->open);
    free_list(streams, &streams->over);
    free_list(streams, &streams->pool);
    weft_idmap_deinit(&streams->map);
}

struct weft_h2_stream *weft_h2_streams_find(struct weft_h2_streams *streams, uint64_t id)
{
    if (streams->recent && streams->recent->id == id) return streams->recent;

    struct weft_h2_stream *stream = weft_idmap_find(&streams->map, id);
    if (stream) streams->recent = stream;
    return stream;
}

static struct weft_h2_stream *take_pooled(struct weft_h2_streams *streams)
{
    struct weft_h2_stream *stream = entry(weft_list_pop_front(&streams->pool));
    if (stream) streams->pool_count--;
    return stream;
}

static struct weft_h2_stream *allocate(struct weft_h2_streams *streams, size_t arena_limit)
{
    struct weft_h2_stream *stream = weft_allocate(streams->alloc, sizeof(*stream));
    if (!stream) return NULL;
    weft_arena_init(&stream->arena, streams->alloc, arena_limit);
    stream->known = NULL;
    return stream;
}

struct weft_h2_stream *weft_h2_streams_add(struct weft_h2_streams *streams, uint32_t id,
                                           bool is_ours, size_t arena_limit)
{
    struct weft_h2_stream *stream = take_pooled(streams);
    if (!stream) stream = allocate(streams, arena_limit);
    if (!stream) return NULL;

    *stream = (struct weft_h2_stream){
        .id = id,
        .is_ours = is_ours,
        .state = weft_h2_stream_idle(),
        .content_left_in = -1,
        .content_left_out = -1,
        .arena = stream->arena,
    };
    if (weft_idmap_add(&streams->map, id, stream) != WEFT_OK) {
        free_stream(streams, stream);
        return NULL;
    }
    weft_list_push_back(&streams->open, &stream->link);
    *(is_ours ? &streams->own_count : &streams->peer_count) += 1;
    streams->recent = stream;
    return stream;
}

void weft_h2_streams_end(struct weft_h2_streams *streams, struct weft_h2_stream *stream)
{
    if (stream->is_over) return;

    stream->is_over = true;
    weft_list_remove(&stream->link);
    weft_list_push_back(&streams->over, &stream->link);
    *(stream->is_ours ? &streams->own_count : &streams->peer_count) -= 1;
}

static enum weft_h2_past past_from(const struct weft_http_error *error)
{
    if (error->scope == WEFT_HTTP_FINE) return WEFT_H2_PAST_ENDED;
    return error->by_peer ? WEFT_H2_PAST_RESET_BY_PEER : WEFT_H2_PAST_RESET_BY_US;
}

void weft_h2_streams_remove(struct weft_h2_streams *streams, struct weft_h2_stream *stream)
{
    weft_h2_streams_end(streams, stream);
    weft_list_remove(&stream->link);
    weft_idmap_remove(&streams->map, stream->id);
    if (streams->recent == stream) streams->recent = NULL;
    weft_h2_past_note(streams, stream->id, past_from(&stream->error));

    release_known(streams, stream);
    weft_arena_reset(&stream->arena);
    if (streams->pool_count >= WEFT_H2_POOL_COUNT ||
        stream->arena.held > WEFT_H2_POOLED_ARENA_SIZE) {
        free_stream(streams, stream);
        return;
    }
    weft_list_push_front(&streams->pool, &stream->link);
    streams->pool_count++;
}

static enum weft_h2_past past_at(const struct weft_h2_streams *streams, size_t at)
{
    return (enum weft_h2_past)(streams->past_how >> 2 * at & 3);
}

void weft_h2_past_note(struct weft_h2_streams *streams, uint32_t id, enum weft_h2_past how)
{
    uint32_t at = streams->past_next;
    uint32_t old_id = streams->past_id[at];
    if (past_at(streams, at) == WEFT_H2_PAST_RESET_BY_US && old_id > streams->forgotten_resets) {
        streams->forgotten_resets = old_id;
    }
    streams->past_id[at] = id;
    streams->past_how &= ~(UINT64_C(3) << 2 * at);
    streams->past_how |= (uint64_t)how << 2 * at;
    streams->past_next = (at + 1) % WEFT_H2_PAST_COUNT;
}

enum weft_h2_past weft_h2_past_of(const struct weft_h2_streams *streams, uint32_t id)
{
    for (size_t i = 0; i < WEFT_H2_PAST_COUNT; i++) {
        if (streams->past_id[i] == id) return past_at(streams, i);
    }
    return id <= streams->forgotten_resets ? WEFT_H2_PAST_RESET_BY_US : WEFT_H2_PAST_UNKNOWN;
}

void weft_h2_streams_trim(struct weft_h2_streams *streams)
{
    free_list(streams, &streams->pool);
    streams->pool_count = 0;
    if (streams->map.count == 0) weft_idmap_deinit(&streams->map);
}
