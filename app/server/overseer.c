// server/overseer.c
#include "server/overseer.h"

#include "net/listener.h"
#include "net/memory.h"
#include "server/gather.h"
#include "server/overseer_pages.h"
#include "session/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { HAND_OVER_US = 2000000 }; // for those who have asked for nothing, to ask our successor

/** A listener, among the overseer's. */
struct door {
    struct weft_listener listener;
    struct weft_list link;
    struct weft_overseer *overseer;
};

/** That a reload came to nothing. */
struct failure {
    int64_t seconds; // when, since 1970
    char why[1024];
};

/** That a worker's run is over, as a message. */
struct ended {
    struct weft_overseer *overseer;
    size_t worker_index;
};

struct weft_overseer {
    struct weft_overseer_config config;
    struct weft_http_limits limits; // tighter than for those who are served
    struct weft_loop *loop;
    struct weft_session_hub *hub;
    struct weft_gather *gather;
    struct weft_list doors;
    struct weft_list waiting;           // requests, for the end of a round
    struct weft_overseer_text *metrics; // as of the last round; NULL: not written yet
    int memory_fd;                      // /proc/self/statm
    int64_t started_seconds;
    struct failure *failure;        // the last one; NULL: none
    _Atomic(struct failure *) news; // one that has not been looked at yet
    bool is_draining;
    struct ended ended[WEFT_THREADS_MOST]; // by worker
};

/** A connection's own. */
struct visit {
    struct weft_overseer *overseer;
    struct weft_list asks;
};

/** A request and its answer. */
struct ask {
    struct weft_list link;  // in `waiting`, or in none
    struct weft_list among; // those of its connection
    struct weft_session *session;
    uint64_t stream_id;
    enum weft_overseer_page page;
    bool is_head;
    struct weft_overseer_text *text; // NULL while it is waited for
    size_t at;                       // the next byte
};

static struct visit *visit_of(const struct weft_session *session)
{
    return weft_session_context(session);
}

// What is told

static uint64_t resident_size(int fd)
{
    char text[128];
    ssize_t size = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
    if (size <= 0) return 0;
    text[size] = 0;
    const char *second = strchr(text, ' ');
    return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t cpu_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0) return 0;
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void take_news(struct weft_overseer *overseer)
{
    struct failure *news = atomic_exchange(&overseer->news, NULL);
    if (!news) return;
    free(overseer->failure);
    overseer->failure = news;
}

static struct weft_metrics metrics_of(struct weft_overseer *overseer)
{
    const struct weft_overseer_config *config = &overseer->config;
    take_news(overseer);
    return (struct weft_metrics){
        .config = config->server,
        .learner = config->learner,
        .figures = weft_gather_figures(overseer->gather),
        .thread_count = config->worker_count,
        .silent_count = weft_gather_silent_count(overseer->gather),
        .is_draining = overseer->is_draining,
        .started_seconds = overseer->started_seconds,
        .generation = config->generation,
        .failure = overseer->failure ? overseer->failure->why : NULL,
        .failed_seconds = overseer->failure ? overseer->failure->seconds : 0,
        .certificate_expiry = config->tls ? weft_tls_context_expiry(config->tls, NULL) : INT64_MAX,
        .cpu_us = cpu_us(),
        .resident_size = resident_size(overseer->memory_fd),
    };
}

// All who ask for the metrics of one round share the text.
static struct weft_overseer_text *text_for(struct weft_overseer *overseer,
                                           enum weft_overseer_page page)
{
    struct weft_metrics metrics = metrics_of(overseer);
    if (page != WEFT_OVERSEER_METRICS) return weft_overseer_text_new(page, &metrics);
    if (!overseer->metrics) overseer->metrics = weft_overseer_text_new(page, &metrics);
    if (overseer->metrics) overseer->metrics->references++;
    return overseer->metrics;
}

// Requests

static void answer(struct weft_overseer *overseer, struct ask *ask)
{
    struct weft_conn *conn = weft_session_conn(ask->session);
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    ask->text = text_for(overseer, ask->page);
    if (!ask->text) {
        weft_conn_reset(conn, ask->stream_id, WEFT_HTTP_INTERNAL_ERROR);
        return;
    }
    struct weft_http_field fields[] = {
        WEFT_HTTP_FIELD(CONTENT_TYPE, ask->text->type),
        WEFT_HTTP_FIELD(CACHE_CONTROL, WEFT_SPAN("no-store")),
        WEFT_HTTP_FIELD(X_CONTENT_TYPE_OPTIONS, WEFT_SPAN("nosniff")),
        WEFT_HTTP_FIELD(ALLOW, WEFT_SPAN("GET, HEAD")), // last: only with 405
    };
    head.status = ask->text->status;
    head.fields = fields;
    head.field_count = WEFT_COUNT(fields) - (head.status != 405);
    head.content_length = (int64_t)ask->text->size;
    if (weft_conn_respond(conn, ask->stream_id, &head, ask->is_head) != WEFT_OK) {
        weft_conn_reset(conn, ask->stream_id, WEFT_HTTP_INTERNAL_ERROR);
    }
}

// Figures have come: everybody who waited is answered.
static void on_figures(void *context)
{
    struct weft_overseer *overseer = context;
    weft_overseer_text_release(overseer->metrics);
    overseer->metrics = NULL;
    while (!weft_list_is_empty(&overseer->waiting)) {
        struct ask *ask = WEFT_LIST_ENTRY(overseer->waiting.next, struct ask, link);
        weft_list_remove(&ask->link);
        answer(overseer, ask);
        weft_session_wake(ask->session);
    }
}

static void on_request(struct weft_session *session, const struct weft_http_event *event)
{
    struct weft_overseer *overseer = visit_of(session)->overseer;
    struct weft_conn *conn = weft_session_conn(session);
    struct ask *ask = calloc(1, sizeof(*ask));
    if (!ask) {
        weft_conn_reset(conn, event->stream_id, WEFT_HTTP_REFUSED_STREAM);
        return;
    }
    ask->session = session;
    ask->stream_id = event->stream_id;
    ask->is_head = event->head->method == WEFT_HTTP_HEAD;
    ask->page = weft_overseer_page_of(event->head, overseer->config.server->metrics.host);
    weft_list_push_back(&visit_of(session)->asks, &ask->among);
    weft_conn_set_user(conn, event->stream_id, ask);
    if (weft_overseer_page_needs_figures(ask->page) && !weft_gather_ask(overseer->gather)) {
        weft_list_push_back(&overseer->waiting, &ask->link);
        return;
    }
    answer(overseer, ask);
}

// It is no longer among those of its connection.
static void forget(struct ask *ask)
{
    if (weft_list_is_linked(&ask->link)) weft_list_remove(&ask->link);
    weft_overseer_text_release(ask->text);
    free(ask);
}

static void on_event(struct weft_session *session, const struct weft_http_event *event)
{
    struct ask *ask = event->user;
    switch (event->type) {
    case WEFT_HTTP_REQUEST: on_request(session, event); break;
    case WEFT_HTTP_DATA: // nobody wants it
        weft_conn_consume(weft_session_conn(session), event->stream_id, event->data.size);
        break;
    case WEFT_HTTP_STREAM_CLOSED:
        if (!ask) break;
        weft_list_remove(&ask->among);
        forget(ask);
        break;
    default: break;
    }
}

static ssize_t on_fill(struct weft_session *session, void *user, uint8_t *room, size_t size,
                       bool *ends)
{
    struct ask *ask = user;
    (void)session;
    if (!ask || !ask->text) return -EPIPE;
    size_t left = ask->text->size - ask->at;
    size_t part = size < left ? size : left;
    memcpy(room, ask->text->bytes + ask->at, part);
    ask->at += part;
    *ends = part == left;
    return (ssize_t)part;
}

// Streams that were open get no further event.
static void on_closed(struct weft_session *session)
{
    struct visit *visit = visit_of(session);
    struct weft_list *next;
    for (struct weft_list *link = visit->asks.next; link != &visit->asks; link = next) {
        next = link->next;
        forget(WEFT_LIST_ENTRY(link, struct ask, among));
    }
    free(visit);
}

static const struct weft_session_owner owner = {
    .event = on_event,
    .fill = on_fill,
    .closed = on_closed,
};

static void start_visit(struct weft_overseer *overseer, int fd, const struct weft_address *peer)
{
    struct visit *visit = malloc(sizeof(*visit));
    if (!visit) {
        close(fd);
        return;
    }
    visit->overseer = overseer;
    weft_list_init(&visit->asks);
    if (!weft_session_start(overseer->hub, fd, peer, WEFT_HTTP_SERVER, NULL, NULL,
                            WEFT_CONN_BY_FIRST_BYTES, &owner, visit)) {
        free(visit);
    }
}

// Connections

static struct door *of_listener(struct weft_listener *listener)
{
    return (struct door *)(void *)((char *)listener - offsetof(struct door, listener));
}

// Where there are too many, one that is idle goes; where none is, the newcomer.
static void on_accept(struct weft_listener *listener, int fd, const struct weft_address *peer)
{
    struct weft_overseer *overseer = of_listener(listener)->overseer;
    bool is_full = weft_session_hub_count(overseer->hub) >= WEFT_OVERSEER_CONNECTIONS_MOST;
    if (is_full && weft_session_hub_shed(overseer->hub, 1) == 0) {
        close(fd);
        return;
    }
    start_visit(overseer, fd, peer);
}

static bool on_full(struct weft_listener *listener)
{
    return weft_session_hub_shed(of_listener(listener)->overseer->hub, 1) > 0;
}

int weft_overseer_listen(struct weft_overseer *overseer, int fd)
{
    struct door *door = calloc(1, sizeof(*door));
    if (!door) {
        close(fd);
        return -ENOMEM;
    }
    door->overseer = overseer;
    door->listener = (struct weft_listener){.accepted_fd = on_accept, .makes_room = on_full};
    int result = weft_listener_start(&door->listener, overseer->loop, fd);
    if (result == 0) {
        weft_list_push_back(&overseer->doors, &door->link);
    } else {
        free(door);
    }
    return result;
}

static void close_doors(struct weft_overseer *overseer)
{
    struct weft_list *next;
    for (struct weft_list *link = overseer->doors.next; link != &overseer->doors; link = next) {
        struct door *door = WEFT_LIST_ENTRY(link, struct door, link);
        next = link->next;
        weft_listener_stop(&door->listener);
        free(door);
    }
    weft_list_init(&overseer->doors);
}

// Its life

static struct weft_http_limits tighter_limits(void)
{
    struct weft_http_limits limits = WEFT_HTTP_LIMITS_INIT;
    limits.concurrent_streams = 4;
    limits.pipeline_count = 4;
    limits.memory_budget = 256 << 10;
    limits.output_size = 64 << 10;
    limits.write_timeout_ms = 10000;
    limits.idle_timeout_ms = 120000; // scrapers come every minute
    return limits;
}

static bool open_gather(struct weft_overseer *overseer)
{
    struct weft_gather_config config = {
        .loop = overseer->loop,
        .server = overseer->config.server,
        .workers = overseer->config.workers,
        .worker_count = overseer->config.worker_count,
        .done = on_figures,
        .context = overseer,
    };
    overseer->gather = weft_gather_new(&config);
    return overseer->gather != NULL;
}

struct weft_overseer *weft_overseer_new(const struct weft_overseer_config *config)
{
    struct weft_overseer *overseer = calloc(1, sizeof(*overseer));
    if (!overseer) return NULL;
    overseer->config = *config;
    overseer->limits = tighter_limits();
    overseer->started_seconds = (int64_t)time(NULL);
    overseer->memory_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC); // without it there is 0
    weft_list_init(&overseer->waiting);
    weft_list_init(&overseer->doors);
    overseer->loop = weft_loop_new();
    if (!overseer->loop) goto failed;
    struct weft_session_hub_config hub = {
        .loop = overseer->loop, .alloc = weft_heap_alloc(), .limits = &overseer->limits};
    overseer->hub = weft_session_hub_new(&hub);
    if (overseer->hub && open_gather(overseer)) return overseer;

failed:
    weft_overseer_free(overseer);
    return NULL;
}

void weft_overseer_free(struct weft_overseer *overseer)
{
    if (!overseer) return;
    close_doors(overseer);
    weft_session_hub_free(overseer->hub);
    weft_gather_free(overseer->gather);
    weft_overseer_text_release(overseer->metrics);
    weft_loop_free(overseer->loop);
    if (overseer->memory_fd >= 0) close(overseer->memory_fd);
    take_news(overseer);
    free(overseer->failure);
    free(overseer);
}

int weft_overseer_run(struct weft_overseer *overseer)
{
    return weft_loop_run(overseer->loop);
}

void weft_overseer_stop(struct weft_overseer *overseer)
{
    weft_loop_stop(overseer->loop);
}

static void drain_here(void *context)
{
    struct weft_overseer *overseer = context;
    overseer->is_draining = true;
}

static void hand_over_here(void *context)
{
    struct weft_overseer *overseer = context;
    overseer->is_draining = true;
    close_doors(overseer);
    overseer->config.closed(overseer->config.context);
    weft_session_hub_drain(overseer->hub, HAND_OVER_US);
}

void weft_overseer_drain(struct weft_overseer *overseer, bool hands_over)
{
    // without memory it says so later
    (void)weft_loop_post(overseer->loop, hands_over ? hand_over_here : drain_here, overseer);
}

void weft_overseer_note_failure(struct weft_overseer *overseer, const char *why)
{
    struct failure *failure = malloc(sizeof(*failure));
    if (!failure) return;
    failure->seconds = (int64_t)time(NULL);
    snprintf(failure->why, sizeof(failure->why), "%s", why);
    free(atomic_exchange(&overseer->news, failure));
}

static void end_here(void *context)
{
    struct ended *ended = context;
    weft_gather_end_of(ended->overseer->gather, ended->worker_index);
}

void weft_overseer_end_of(struct weft_overseer *overseer, size_t worker_index)
{
    struct ended *ended = &overseer->ended[worker_index];
    *ended = (struct ended){overseer, worker_index};
    (void)weft_loop_post(overseer->loop, end_here, ended); // without memory it is a silent one
}
