// session/shed.c: when descriptors run out, those go who have had nothing to do for the longest time.
#include "session/session.h"

#include "session/state.h"

enum {
    AFTER_US = 500000, // of idleness: who has just come is about to ask
    LOOKED_AT =
        512, // sessions each time, so that a crowd costs no more than a few microseconds a newcomer
};

/** The idlest so far, the idlest first. */
struct idlest {
    struct weft_session *sessions[WEFT_SESSION_SHED_MOST];
    size_t count;
    size_t most;
};

// Has nothing in flight, and has had nothing for a moment.
static bool is_idle(const struct weft_session *session)
{
    if (session->is_dying) return false;
    if (weft_session_now_us(session) - session->last_sent_us < AFTER_US) return false;
    if (session->phase == WEFT_SESSION_OPEN) return weft_conn_stream_count(session->conn) == 0;
    return session->phase == WEFT_SESSION_HANDSHAKING || session->phase == WEFT_SESSION_LINGERING;
}

static void consider(struct idlest *idlest, struct weft_session *session)
{
    size_t place = idlest->count;
    while (place > 0 && idlest->sessions[place - 1]->last_sent_us > session->last_sent_us) {
        place--;
    }
    if (place == idlest->most) return;
    if (idlest->count < idlest->most) idlest->count++;
    for (size_t i = idlest->count - 1; i > place; i--) {
        idlest->sessions[i] = idlest->sessions[i - 1];
    }
    idlest->sessions[place] = session;
}

size_t weft_session_hub_shed(struct weft_session_hub *hub, size_t count)
{
    struct idlest idlest = {.most =
                                count < WEFT_SESSION_SHED_MOST ? count : WEFT_SESSION_SHED_MOST};
    size_t looked_at = hub->count < LOOKED_AT ? hub->count : LOOKED_AT;
    for (size_t i = 0; i < looked_at && idlest.most > 0; i++) {
        struct weft_list *link = weft_list_pop_front(&hub->sessions);
        struct weft_session *session = WEFT_LIST_ENTRY(link, struct weft_session, link);
        weft_list_push_back(&hub->sessions, link); // the next time others are looked at
        if (is_idle(session)) consider(&idlest, session);
    }
    for (size_t i = 0; i < idlest.count; i++) {
        weft_session_break(idlest.sessions[i], "idle, and its descriptor was needed");
        idlest.sessions[i]->is_shed = true;
    }
    hub->shed_count += idlest.count;
    return idlest.count;
}

size_t weft_session_hub_shed_count(const struct weft_session_hub *hub)
{
    return hub->shed_count;
}
