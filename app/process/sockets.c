// process/sockets.c
#include "process/sockets.h"

#include <errno.h>
#include <stdio.h>

enum { SLOTS = 2 * WEFT_LISTENS_MOST };

// What is open for the URL and not taken by another of the plan; else a free one.
static struct weft_sockets_slot *find(struct weft_sockets *sockets,
                                      const struct weft_listen_url *url)
{
    struct weft_sockets_slot *free = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct weft_sockets_slot *slot = &sockets->slots[i];
        if (!slot->listening.fds && !free) free = slot;
        if (!slot->is_planned && weft_listening_is_for(&slot->listening, url)) return slot;
    }
    return free;
}

static bool is_wanted(const struct weft_listening *listening, const struct weft_listen_url *urls,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (weft_listening_is_for(listening, &urls[i])) return true;
    }
    return false;
}

// Is the port held by a listener that the plan gives up? It stays open until the plan is served, and beside it the new one
// finds room only where both share the port: `*:80` that becomes `127.0.0.1:80`, and the other way round.
static bool is_given_up(const struct weft_sockets *sockets, uint16_t port,
                        const struct weft_listen_url *urls, size_t count)
{
    for (size_t i = 0; i < SLOTS; i++) {
        const struct weft_sockets_slot *slot = &sockets->slots[i];
        if (slot->held_per_address == 0 || slot->listening.port != port) continue;
        if (!is_wanted(&slot->listening, urls, count)) return true;
    }
    return false;
}

static int plan_one(struct weft_sockets *sockets, const struct weft_listen_url *url,
                    unsigned thread_count, bool is_ours, char *error, size_t error_size)
{
    int result;
    struct weft_sockets_slot *slot = find(sockets, url);
    if (!slot) {
        snprintf(error, error_size, "too many listeners at once");
        return -EMFILE;
    }
    if (slot->listening.fds) {
        slot->listening.url = *url; // the scheme may be another one
        result = weft_listening_grow(&slot->listening, thread_count, error, error_size);
    } else {
        result =
            weft_listening_open(&slot->listening, url, thread_count, is_ours, error, error_size);
    }
    if (result < 0) return result;
    slot->is_planned = true;
    sockets->order[sockets->order_count++] = (size_t)(slot - sockets->slots);
    return 0;
}

int weft_sockets_plan(struct weft_sockets *sockets, const struct weft_listen_url *urls,
                      size_t count, unsigned thread_count, char *error, size_t error_size)
{
    for (size_t i = 0; i < SLOTS; i++) {
        sockets->slots[i].is_planned = false;
    }
    sockets->order_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_ours = is_given_up(sockets, urls[i].port, urls, count);
        int result = plan_one(sockets, &urls[i], thread_count, is_ours, error, error_size);
        if (result == 0) continue;
        weft_sockets_undo(sockets);
        return result;
    }
    return 0;
}

bool weft_sockets_gives_up(const struct weft_sockets *sockets)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (sockets->slots[i].held_per_address > 0 && !sockets->slots[i].is_planned) return true;
    }
    return false;
}

void weft_sockets_commit(struct weft_sockets *sockets)
{
    for (size_t i = 0; i < SLOTS; i++) {
        struct weft_sockets_slot *slot = &sockets->slots[i];
        if (!slot->is_planned) weft_listening_close(&slot->listening);
        slot->held_per_address = slot->is_planned ? slot->listening.per_address : 0;
    }
    memcpy(sockets->held_order, sockets->order, sizeof(sockets->order));
    sockets->held_count = sockets->order_count;
}

void weft_sockets_undo(struct weft_sockets *sockets)
{
    for (size_t i = 0; i < SLOTS; i++) {
        struct weft_sockets_slot *slot = &sockets->slots[i];
        // Also those that joined others: nobody takes connections from them.
        weft_listening_shrink(&slot->listening, slot->held_per_address);
        slot->is_planned = slot->held_per_address > 0;
    }
    memcpy(sockets->order, sockets->held_order, sizeof(sockets->order));
    sockets->order_count = sockets->held_count;
}

bool weft_sockets_adopt(struct weft_sockets *sockets, const struct weft_listening *listening)
{
    if (sockets->held_count == WEFT_LISTENS_MOST) return false;
    for (size_t i = 0; i < SLOTS; i++) {
        struct weft_sockets_slot *slot = &sockets->slots[i];
        if (slot->listening.fds) continue;
        *slot = (struct weft_sockets_slot){*listening, listening->per_address, true};
        sockets->order[sockets->held_count] = sockets->held_order[sockets->held_count] = i;
        sockets->order_count = ++sockets->held_count;
        return true;
    }
    return false;
}

void weft_sockets_close(struct weft_sockets *sockets)
{
    for (size_t i = 0; i < SLOTS; i++) {
        weft_listening_close(&sockets->slots[i].listening);
    }
    *sockets = (struct weft_sockets){.order_count = 0};
}
