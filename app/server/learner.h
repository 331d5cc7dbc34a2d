// server/learner.h: the thread that learns what pages need, and what it tells the threads that serve.
//
//     worker threads --notes--> learner --manifest--> worker threads
//                                  |
//                            --learned FILE
//
// Every so often it takes the notes of all threads, in the order in which they happened, has the sites' books learn from
// them, and hands out what these tell now. The serving threads pay a copy of some hundred bytes for a note, and one
// atomic load for each page.
#ifndef WEFT_SERVER_LEARNER_H
#define WEFT_SERVER_LEARNER_H

#include "server/config.h"
#include "server/learned.h"
#include "server/note.h"

struct weft_learner;

/**
 * Makes the books of all sites that learn or were told what was learned.
 *
 * config   borrowed for its life
 * returns  NULL where no site learns, and `error` is then empty; or without memory
 */
struct weft_learner *weft_learner_new(const struct weft_server_config *config, char *error,
                                      size_t error_size);

/** Starts its thread; returns 0 or a negative errno. */
int weft_learner_start(struct weft_learner *learner);

/** Has it learn from what is there, write that down, and end. NULL does nothing. */
void weft_learner_free(struct weft_learner *learner);

/** Where a thread writes its notes. */
struct weft_notebook *weft_learner_notebook(struct weft_learner *learner, unsigned thread);

/** NULL where the site does not learn and has learned nothing. */
struct weft_learned_shelf *weft_learner_shelf(struct weft_learner *learner, size_t site);

/** A key for what notes say of visitors; the same for all threads. */
uint64_t weft_learner_seed(const struct weft_learner *learner);

/** What was hinted and pushed, and what came of it, as JSON: {"lost_notes":0,"sites":[{"pages":{...}}]}. To be freed; NULL
 *  without memory. From any thread; it may wait for a lesson, so not for one that serves. */
char *weft_learner_status(struct weft_learner *learner);

#endif
