// server/note.c
#include "server/note.h"

#include <stdlib.h>
#include <string.h>

bool weft_notebook_init(struct weft_notebook *notebook)
{
    *notebook = (struct weft_notebook){.bytes = malloc(WEFT_NOTEBOOK_SIZE)};
    if (!notebook->bytes) return false;
    if (pthread_mutex_init(&notebook->lock, NULL) == 0) return true;
    free(notebook->bytes);
    notebook->bytes = NULL;
    return false;
}

void weft_notebook_deinit(struct weft_notebook *notebook)
{
    if (!notebook->bytes) return;
    pthread_mutex_destroy(&notebook->lock);
    free(notebook->bytes);
    notebook->bytes = NULL;
}

static void put(struct weft_notebook *notebook, const void *bytes, size_t size)
{
    if (size > 0) memcpy(notebook->bytes + notebook->size, bytes, size);
    notebook->size += size;
}

void weft_notebook_add(struct weft_notebook *notebook, const struct weft_note *note)
{
    pthread_mutex_lock(&notebook->lock);
    size_t left = WEFT_NOTEBOOK_SIZE - notebook->size;
    bool fits = left >= sizeof(*note) && note->page.size <= left - sizeof(*note) &&
                note->target.size <= left - sizeof(*note) - note->page.size;
    if (fits) {
        put(notebook, note, sizeof(*note)); // a note, then its two texts
        put(notebook, note->page.data, note->page.size);
        put(notebook, note->target.data, note->target.size);
    } else {
        notebook->lost++;
    }
    pthread_mutex_unlock(&notebook->lock);
}

struct weft_notes weft_notebook_take(struct weft_notebook *notebook, uint8_t **room)
{
    pthread_mutex_lock(&notebook->lock);
    struct weft_notes notes = {.bytes = notebook->bytes, .size = notebook->size};
    uint8_t *bytes = notebook->bytes;
    notebook->bytes = *room;
    notebook->size = 0;
    pthread_mutex_unlock(&notebook->lock);
    *room = bytes;
    return notes;
}

bool weft_notes_next(struct weft_notes *notes, struct weft_note *note)
{
    if (notes->at == notes->size) return false;
    memcpy(note, notes->bytes + notes->at, sizeof(*note));
    notes->at += sizeof(*note);
    note->page.data = notes->bytes + notes->at;
    notes->at += note->page.size;
    note->target.data = notes->bytes + notes->at;
    notes->at += note->target.size;
    return true;
}
