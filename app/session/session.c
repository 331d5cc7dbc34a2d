// session/session.c: the life of sessions, from a socket to its lingering end.
#include "session/session.h"

#include "session/state.h"

#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HANDSHAKE_TIMEOUT_MS = 10000,
    LINGER_MS = 2000,
    LEAST_WAIT_US = 1000, // between a connection's deadlines, should it name one that has passed
};

static struct weft_session *of_watch(struct weft_watch *watch)
{
    return (struct weft_session *)(void *)((char *)watch - offsetof(struct weft_session, watch));
}

static struct weft_session *of_timer(struct weft_timer *timer)
{
    return (struct weft_session *)(void *)((char *)timer - offsetof(struct weft_session, timer));
}

static struct weft_session *of_task(struct weft_task *task)
{
    return (struct weft_session *)(void *)((char *)task - offsetof(struct weft_session, task));
}

void weft_session_wake(struct weft_session *session)
{
    weft_loop_defer(session->hub->config.loop, &session->task);
}

void weft_session_break(struct weft_session *session, const char *error)
{
    if (!session->error) session->error = error;
    session->is_dying = true;
    session->is_reset = true;
    weft_session_wake(session);
}

void weft_session_abort(struct weft_session *session)
{
    weft_session_break(session, "ended from our side");
}

// Frees all but what the owner's `closed` still may ask for.
static void leave_loop(struct weft_session *session)
{
    struct weft_loop *loop = session->hub->config.loop;
    weft_loop_cancel_timer(loop, &session->timer);
    weft_loop_cancel_task(loop, &session->task);
    if (session->is_reset) {
        // What waits in the kernel would stay there until the peer takes it: RST in place of that.
        struct linger none = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(session->watch.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    }
    weft_loop_close(loop, &session->watch);
}

static void release(struct weft_session *session)
{
    weft_conn_free(session->conn);
    weft_tls_free(session->tls);
    weft_release(session->hub->config.alloc, session, sizeof(*session));
}

static void end(struct weft_session *session)
{
    struct weft_session_hub *hub = session->hub;
    leave_loop(session);
    session->owner->closed(session);
    weft_list_remove(&session->link);
    hub->count--;
    if (session->is_shed) hub->shed_count--;
    release(session);
    if (hub->is_draining && hub->count == 0 && hub->empty) hub->empty(hub->empty_context);
}

// While all end, nobody who has asked for nothing is waited for.
static bool is_left_over(const struct weft_session *session)
{
    if (!session->hub->is_draining) return false;
    if (session->phase == WEFT_SESSION_OPEN) return weft_conn_stream_count(session->conn) == 0;
    return session->phase != WEFT_SESSION_CLOSING;
}

static uint64_t usual_deadline(const struct weft_session *session)
{
    uint64_t stall_us =
        session->last_sent_us + (uint64_t)session->hub->config.limits->write_timeout_ms * 1000;
    if (session->phase != WEFT_SESSION_OPEN) return session->phase_deadline_us;

    uint64_t conn_us = weft_conn_deadline(session->conn);
    bool is_last = weft_conn_is_finished(session->conn);
    return is_last && stall_us < conn_us ? stall_us : conn_us;
}

// When something is to be done if nothing happens before.
static uint64_t deadline(const struct weft_session *session)
{
    uint64_t usual_us = usual_deadline(session);
    uint64_t drain_us = session->hub->drain_deadline_us;
    return is_left_over(session) && drain_us < usual_us ? drain_us : usual_us;
}

// The timer only moves when it would come too late: most deadlines are put off before they are reached.
static void set_timer(struct weft_session *session)
{
    uint64_t due_us = deadline(session);
    if (due_us == UINT64_MAX) return;
    if (session->timer.heap_index != 0 && session->timer.due_us <= due_us) return;
    uint64_t least_us = weft_session_now_us(session) + LEAST_WAIT_US;
    if (due_us < least_us) due_us = least_us;
    if (weft_loop_set_timer(session->hub->config.loop, &session->timer, due_us) < 0) {
        weft_session_break(session, "no memory for a timer");
    }
}

// A connection that drops what waits to leave has given its peer up: it took nothing (write_timeout_ms) or too little
// (write_rate). What the kernel holds goes with it, where else it would stay for as long as the peer answers probes.
static void tick(struct weft_session *session, uint64_t now_us)
{
    bool had_output = weft_conn_output_size(session->conn) > 0;
    weft_conn_tick(session->conn, now_us);
    weft_session_give_events(session);
    if (!had_output || weft_conn_output_size(session->conn) > 0) return;
    if (weft_conn_is_finished(session->conn)) {
        weft_session_break(session, weft_conn_last_error(session->conn).reason);
    }
}

static void timer_is_due(struct weft_timer *timer)
{
    struct weft_session *session = of_timer(timer);
    uint64_t now_us = weft_session_now_us(session);
    if (now_us < deadline(session)) {
        set_timer(session);
        return;
    }
    if (is_left_over(session) && now_us >= session->hub->drain_deadline_us) {
        // Not by RST: what the kernel still holds for the peer is to reach it.
        if (!session->error) session->error = "nothing was asked before the end";
        session->is_dying = true;
        weft_session_wake(session);
        return;
    }
    switch (session->phase) {
    case WEFT_SESSION_CONNECTING: weft_session_break(session, "connecting took too long"); return;
    case WEFT_SESSION_HANDSHAKING:
        WEFT_HTTP_COUNT(session->hub->config.counters, handshake_timeout_ms);
        weft_session_break(session, session->role == WEFT_HTTP_SERVER
                                        ? "limit: handshake_timeout_ms"
                                        : "the TLS handshake took too long");
        return;
    case WEFT_SESSION_CLOSING:
        WEFT_HTTP_COUNT(session->hub->config.counters, write_timeout_ms);
        weft_session_break(session, "limit: write_timeout_ms");
        return;
    case WEFT_SESSION_LINGERING:
        session->is_dying = true; // RFC 9112 §9.6: long enough
        break;
    case WEFT_SESSION_OPEN:
        if (now_us >= weft_conn_deadline(session->conn)) {
            tick(session, now_us);
        } else {
            WEFT_HTTP_COUNT(session->hub->config.counters, write_timeout_ms);
            weft_session_break(session, "limit: write_timeout_ms");
        }
        break;
    }
    weft_session_wake(session);
}

void weft_session_close(struct weft_session *session)
{
    session->phase = WEFT_SESSION_CLOSING;
    // In all, however little the peer takes at a time: what waits is small.
    session->phase_deadline_us = weft_session_now_us(session) +
                                 (uint64_t)session->hub->config.limits->write_timeout_ms * 1000;
}

// Shuts our side, once all has left.
static void close_when_done(struct weft_session *session)
{
    if (session->phase == WEFT_SESSION_OPEN && weft_conn_is_finished(session->conn) &&
        !weft_session_has_output(session)) {
        weft_session_close(session);
    }
    if (session->phase != WEFT_SESSION_CLOSING || weft_session_has_output(session)) return;

    if (session->has_eof || session->input_ended || shutdown(session->watch.fd, SHUT_WR) < 0) {
        session->is_dying = true;
        return;
    }
    // Closing now would answer what the peer still sends with RST, and that could overtake our last bytes.
    session->phase = WEFT_SESSION_LINGERING;
    session->phase_deadline_us =
        weft_session_now_us(session) + (uint64_t)session->hub->config.linger_ms * 1000;
    session->may_read = true;
    weft_session_take_input(session);
}

// Is there something to do, though no edge will tell?
static bool is_worth_a_turn(const struct weft_session *session)
{
    if (session->may_read && weft_session_wants_input(session)) return true;
    if (!session->may_write) return false;
    if (session->has_more || weft_session_has_output(session)) return true;
    // What has left makes room in limits and in memory for streams that got no turn.
    return session->has_sent && session->conn && weft_conn_stream_count(session->conn) > 0;
}

static void run(struct weft_task *task)
{
    struct weft_session *session = of_task(task);
    if (session->phase == WEFT_SESSION_CONNECTING && session->may_write && !session->is_dying) {
        weft_session_begin(session);
    }
    session->has_sent = false;
    weft_session_take_input(session);
    if (session->phase == WEFT_SESSION_OPEN) weft_session_fill_output(session);
    weft_session_send_output(session);
    if (session->owner->turned) session->owner->turned(session);
    if (!session->is_dying) close_when_done(session);
    if (!session->is_dying) set_timer(session);
    if (session->is_dying) {
        end(session);
        return;
    }
    if (is_worth_a_turn(session)) weft_session_wake(session);
}

static void ready(struct weft_watch *watch, unsigned events)
{
    struct weft_session *session = of_watch(watch);
    if (events & WEFT_LOOP_READABLE) session->may_read = true;
    if (events & WEFT_LOOP_WRITABLE) session->may_write = true;
    if (events & WEFT_LOOP_ENDED) session->peer_ended = true;
    if (session->is_dying) return; // its task waits

    if (session->phase == WEFT_SESSION_CONNECTING && session->may_write) {
        weft_session_begin(session);
    }
    weft_session_take_input(session);
    // Reset by the peer, while we read nothing: no answer will reach it.
    if ((events & WEFT_LOOP_CLOSED) && session->phase == WEFT_SESSION_OPEN && session->may_read &&
        !weft_session_wants_input(session)) {
        weft_session_break(session, "reset by the peer");
    }
    // Its answers leave at once, while what they are made of is in the processor's cache.
    weft_loop_cancel_task(session->hub->config.loop, &session->task);
    run(&session->task);
}

static struct weft_session *session_new(struct weft_session_hub *hub, int fd,
                                        const struct weft_address *peer, enum weft_http_role role)
{
    struct weft_session *session = weft_allocate_zeroed(hub->config.alloc, sizeof(*session));
    if (!session) return NULL;
    session->hub = hub;
    session->watch = (struct weft_watch){.fd = fd, .ready = ready};
    session->timer.due = timer_is_due;
    session->task.run = run;
    session->role = role;
    session->may_write = role == WEFT_HTTP_SERVER; // a client may still be connecting
    session->burst = WEFT_SESSION_BURST_LEAST;
    weft_pace_init(&session->pace);
    session->last_sent_us = weft_session_now_us(session);
    session->phase_deadline_us =
        session->last_sent_us + (uint64_t)hub->config.handshake_timeout_ms * 1000;
    if (peer) session->peer = *peer;
    return session;
}

struct weft_session *weft_session_start(struct weft_session_hub *hub, int fd,
                                        const struct weft_address *peer, enum weft_http_role role,
                                        struct weft_tls_context *tls, const char *server_name,
                                        enum weft_conn_protocol protocol,
                                        const struct weft_session_owner *owner, void *context)
{
    struct weft_session *session = session_new(hub, fd, peer, role);
    if (!session) goto no_session;
    session->owner = owner;
    session->context = context;
    session->protocol = protocol;
    if (tls) {
        session->tls = weft_tls_new(tls, server_name, hub->config.alloc);
        if (!session->tls) goto no_tls;
    }
    unsigned events = WEFT_LOOP_READABLE | WEFT_LOOP_WRITABLE;
    if (weft_loop_watch(hub->config.loop, &session->watch, events) < 0) goto no_tls;
    weft_list_push_back(&hub->sessions, &session->link);
    hub->count++;
    weft_session_wake(session);
    return session;

no_tls:
    release(session);
no_session:
    close(fd);
    return NULL;
}

struct weft_session_hub *weft_session_hub_new(const struct weft_session_hub_config *config)
{
    struct weft_session_hub *hub = weft_allocate(config->alloc, sizeof(*hub));
    if (!hub) return NULL;
    hub->config = *config;
    if (hub->config.handshake_timeout_ms == 0) {
        hub->config.handshake_timeout_ms = HANDSHAKE_TIMEOUT_MS;
    }
    if (hub->config.linger_ms == 0) hub->config.linger_ms = LINGER_MS;
    weft_list_init(&hub->sessions);
    hub->count = 0;
    hub->shed_count = 0;
    hub->is_draining = false;
    hub->drain_deadline_us = UINT64_MAX;
    hub->empty = NULL;
    hub->empty_context = NULL;
    hub->seed_count = 0;
    weft_queue_init(&hub->spare, config->alloc);
    return hub;
}

void weft_session_hub_free(struct weft_session_hub *hub)
{
    if (!hub) return;
    hub->empty = NULL;
    while (!weft_list_is_empty(&hub->sessions)) {
        struct weft_session *session =
            WEFT_LIST_ENTRY(hub->sessions.next, struct weft_session, link);
        if (!session->error) session->error = "ended from our side";
        end(session);
    }
    weft_queue_deinit(&hub->spare);
    weft_release(hub->config.alloc, hub, sizeof(*hub));
}

void weft_session_hub_drain(struct weft_session_hub *hub, uint64_t patience_us)
{
    uint64_t now_us = weft_loop_now_us(hub->config.loop);
    uint64_t deadline_us = patience_us < UINT64_MAX - now_us ? now_us + patience_us : UINT64_MAX;
    hub->is_draining = true;
    if (deadline_us < hub->drain_deadline_us) hub->drain_deadline_us = deadline_us;
    WEFT_LIST_EACH(link, &hub->sessions)
    {
        struct weft_session *session = WEFT_LIST_ENTRY(link, struct weft_session, link);
        if (session->phase == WEFT_SESSION_OPEN && !session->is_dying) {
            weft_conn_drain(session->conn, now_us);
            if (deadline_us < UINT64_MAX && session->owner->hurry) session->owner->hurry(session);
        }
        weft_session_wake(session); // others are told when they open
    }
}

void weft_session_hub_each(struct weft_session_hub *hub,
                           void (*visit)(struct weft_session *session, void *context),
                           void *context)
{
    WEFT_LIST_EACH(link, &hub->sessions)
    {
        visit(WEFT_LIST_ENTRY(link, struct weft_session, link), context);
    }
}

size_t weft_session_hub_count(const struct weft_session_hub *hub)
{
    return hub->count;
}

void weft_session_hub_when_empty(struct weft_session_hub *hub, void (*empty)(void *context),
                                 void *context)
{
    hub->empty = empty;
    hub->empty_context = context;
}

struct weft_conn *weft_session_conn(struct weft_session *session)
{
    return session->conn;
}

void *weft_session_context(const struct weft_session *session)
{
    return session->context;
}

struct weft_loop *weft_session_loop(const struct weft_session *session)
{
    return session->hub->config.loop;
}

const struct weft_address *weft_session_peer(const struct weft_session *session)
{
    return &session->peer;
}

const struct weft_tls *weft_session_tls(const struct weft_session *session)
{
    return session->tls;
}

bool weft_session_resume(struct weft_session *session, struct weft_span saved)
{
    return session->tls && weft_tls_resume(session->tls, saved);
}

size_t weft_session_save(struct weft_session *session, uint8_t *room, size_t room_size)
{
    return session->tls ? weft_tls_save(session->tls, room, room_size) : 0;
}

uint64_t weft_session_received_size(const struct weft_session *session)
{
    return session->received_size;
}

uint64_t weft_session_sent_size(const struct weft_session *session)
{
    return session->sent_size;
}

const char *weft_session_error(const struct weft_session *session)
{
    return session->error ? session->error : "";
}
