// server/learned.h: the learned manifest of a site, which the one that learns lays down and those that serve pick up.
#ifndef WEFT_SERVER_LEARNED_H
#define WEFT_SERVER_LEARNED_H

#include "server/manifest.h"

#include <pthread.h>
#include <stdatomic.h>

/** A learned manifest, which goes once nobody holds it. */
struct weft_learned {
    struct weft_manifest *manifest;
    atomic_uint holders;
};

/** Where a site's newest learned manifest lies for those who serve. */
struct weft_learned_shelf {
    pthread_mutex_t lock;
    struct weft_learned *newest; // NULL: none yet
    atomic_uint edition;         // changes with each new one
};

/** What a serving thread holds of it. */
struct weft_learned_copy {
    struct weft_learned_shelf *shelf; // NULL: nothing is learned here
    struct weft_learned *held;
    unsigned edition;
};

/** The manifest as it is now, until the next call; NULL for none. */
const struct weft_manifest *weft_learned_manifest(struct weft_learned_copy *copy);

/** Lets go what is held. */
void weft_learned_drop(struct weft_learned_copy *copy);

/** returns  false where it cannot be made */
WEFT_MUST_USE bool weft_learned_shelf_init(struct weft_learned_shelf *shelf);
void weft_learned_shelf_deinit(struct weft_learned_shelf *shelf);

/** Lays a manifest down, which the shelf takes over; nothing new is laid down where it says what the last one did. Only for
 *  one thread at a time. */
void weft_learned_lay_down(struct weft_learned_shelf *shelf, struct weft_manifest *manifest);

#endif
