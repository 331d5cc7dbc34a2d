// server/note.h: what a thread has seen of how pages are loaded, written down for the one that learns from it.
//
// A notebook is a thread's; whoever learns takes the notes out of it. Its lock is held for a copy of some hundred bytes,
// so nobody waits for learning. A full one loses notes: nothing waits for room.
#ifndef WEFT_SERVER_NOTE_H
#define WEFT_SERVER_NOTE_H

#include "base/span.h"

#include <pthread.h>
#include <stdbool.h>

enum { WEFT_NOTEBOOK_SIZE = 128 << 10 };

enum weft_note_kind {
    WEFT_NOTE_VIEW,   // a page was asked for
    WEFT_NOTE_FETCH,  // what a page needs was asked for, and is there
    WEFT_NOTE_GONE,   // the same, and is not there any more
    WEFT_NOTE_PUSH,   // promised with a page
    WEFT_NOTE_CANCEL, // a push that the client gave up
};

struct weft_note {
    uint64_t time_us; // monotonic
    uint64_t visitor; // whose browser: a keyed hash
    uint64_t network; // whose network: those that are counted apart; a keyed hash
    uint64_t size;    // bytes: of a fetch, or those that were sent of a push
    struct weft_span
        page; // its decoded path; of a FETCH what the Referer names, which may be a style sheet
    struct weft_span target; // of the resource: its path on the wire; empty for a VIEW
    uint16_t site;           // its index
    uint8_t kind;            // enum weft_note_kind
    uint8_t as;              // enum weft_manifest_as
    bool is_first; // VIEW: by somebody who holds nothing of the site, as far as can be seen
    bool is_told;  // VIEW: what the page needs was hinted, pushed or linked
};

struct weft_notebook {
    pthread_mutex_t lock;
    uint8_t *bytes; // of WEFT_NOTEBOOK_SIZE
    size_t size;    // that are written
    uint64_t lost;  // notes, for want of room
};

/** Notes that were taken out, in the order in which they were written. */
struct weft_notes {
    const uint8_t *bytes;
    size_t size;
    size_t at;
};

/** returns  false without memory */
WEFT_MUST_USE bool weft_notebook_init(struct weft_notebook *notebook);
void weft_notebook_deinit(struct weft_notebook *notebook);

/** Writes a note, with copies of its spans. */
void weft_notebook_add(struct weft_notebook *notebook, const struct weft_note *note);

/**
 * Takes out what is there.
 *
 * room     WEFT_NOTEBOOK_SIZE bytes, which becomes the notebook's; the notes are in what was the notebook's before
 */
struct weft_notes weft_notebook_take(struct weft_notebook *notebook, uint8_t **room);

/** The next note; its spans lie in the notes' bytes. */
bool weft_notes_next(struct weft_notes *notes, struct weft_note *note);

#endif
