// server/overseer.h: the listener for those who run the server: its metrics, its health, its state.
//
// It has a thread, a loop and a listener of its own, over the same engine as all others, so that a scraper that is slow, or
// asks without end, takes nothing from those who are served. Nothing that it answers changes anything.
#ifndef WEFT_SERVER_OVERSEER_H
#define WEFT_SERVER_OVERSEER_H

#include "server/config.h"

enum { WEFT_OVERSEER_CONNECTIONS_MOST = 16 };

struct weft_learner;
struct weft_overseer;
struct weft_worker;

struct weft_overseer_config {
    const struct weft_server_config *server;
    struct weft_worker *const *workers; // they are there for longer than it
    size_t worker_count;
    const struct weft_tls_context *tls; // NULL for none
    struct weft_learner *learner;       // the same
    uint32_t generation;                // of the configuration
    /** In its thread: it takes no more connections. It may be called more than once. */
    void (*closed)(void *context);
    void *context; // of that
};

/** returns NULL without memory or descriptors */
struct weft_overseer *weft_overseer_new(const struct weft_overseer_config *config);

/** To be called when neither it nor the workers run. NULL does nothing. */
void weft_overseer_free(struct weft_overseer *overseer);

/** Adds a listening socket, which it takes over; before it runs. Returns 0 or a negative errno. */
int weft_overseer_listen(struct weft_overseer *overseer, int fd);

/** Runs in the calling thread until it is stopped. */
int weft_overseer_run(struct weft_overseer *overseer);

// From any thread; once it is stopped they do nothing:

void weft_overseer_stop(struct weft_overseer *overseer);

/** The server drains: it is not ready for new connections any more. Where another one takes over its sockets, so does that
 *  one's overseer. */
void weft_overseer_drain(struct weft_overseer *overseer, bool hands_over);

/** A reload came to nothing; `why` is a line. */
void weft_overseer_note_failure(struct weft_overseer *overseer, const char *why);

/** A worker's run is over. */
void weft_overseer_end_of(struct weft_overseer *overseer, size_t worker_index);

#endif
